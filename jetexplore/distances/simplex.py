"""How is mass moved at least cost? The exact kernel: a network simplex for dense transport problems.

A transport problem has rows (sources) and columns (targets). A basis is a spanning tree of all of them; a pivot takes
in an arc of negative reduced cost ``cost - potential[row] - potential[column]`` and drops an arc of the cycle it
closes. `vogel` gives the first tree, `basis` knows how to change it, here is what arc to take and when to stop.

When no arc of negative reduced cost is left, the potentials are feasible for the dual problem and their value bounds
every plan from below: the certificate. Arcs may remain that are negative by less than the tolerance; rows are lowered
to them before the value is taken, so that it is a bound whatever the tree, and the gap to the cost measures what is
left.

What was tried, on pairs of QCD images (28 pixels each; p = 1 / p = 5) and of truth-level ones (48 pixels; p = 5):

- Where to start, by the pivots that are left: Vogel 18 / 16 / 53, the choice. Rows in turn by mass, each to the lowest
  cost above its column's lowest, 32 / 42 / 118; Russell 23 / 58 / 156; the cheapest arc first 29 / 56 / 144; Vogel with
  regrets of rows alone 19 / 28 / 79, with regret times the mass that would move 26 / 24 / 80, with regrets taken once
  30 / 27 / 84 or renewed only when a line's turn comes 25 / 28 / 87.
- Three lowest costs kept a line instead of two: two thirds of the new looks, 5 % of the time.
- Paths as bits instead of subtrees as bits with parents and flows above each node: nothing is followed from node to
  node, half of the time a pivot.
- Numbers tagged with their place, so that a minimum needs no second search; costs read one by one, put together
  instead of gathered by one instruction, and transposed in blocks instead of scattered: 0.3 us of 9.
- Inner functions inlined: handing over the arrays counts references, 4 % of the time.
- Not tried: prices in float32 (p = 5 spans nine orders of magnitude), a list of candidate arcs, nearest arcs first,
  warm starts along a row of the distance matrix (they would make last bits depend on the order of pairs).

Of the 8.5 us of a QCD pair at p = 1 about 0.9 go into the costs, 3.5 into Vogel's start, 3 into the 18 pivots. What
limits both is waiting, not arithmetic: each step needs the lowest of the step before, a chain of about a hundred
cycles, and branches on it that cannot be foretold. Two pairs at a time, interleaved, would fill the wait.

On a GPU nothing was measured; by arithmetic a warp a pair would have its problem (5 kB) in shared memory, some 6,000
pairs in flight at perhaps 100 us each. Prices and paths would be the same operations 32 lanes wide.
"""

from __future__ import annotations

import numpy as np

from jetexplore.distances.basis import Basis, padded, pivot, plant, renew
from jetexplore.distances.compilation import inlined
from jetexplore.distances.vectors import LANES, SPAN, bits_of, lower, lowest_of_block
from jetexplore.distances.vogel import allocate

TOLERANCE = 4e-16  # of the largest potential: p = 5 costs span nine orders of magnitude


@inlined
def solve(n: int, m: int, w: Basis, result: np.ndarray) -> None:
    """Solve a transport problem.

    Parameters
    ----------
    n, m : int
        Rows and columns; 0, 0 if no mass has to move.
    w : Basis
        Its ``cost``, ``turned`` and ``mass`` are the problem; its other arrays will hold the optimal tree.
    result : ndarray, shape (4,)
        Filled with the least cost, its dual (a lower bound of every plan: equal at the optimum, to rounding), the
        number of pivots, which is -1 where the limit was reached, and the largest potential times the mass, the
        scale of rounding.
    """
    for k in range(4):
        result[k] = 0.0
    if n == 0:
        return
    base, wide = padded(n, m)
    top = allocate(n, m, base, wide, w)
    plant(n, m, base, wide, top, _heaviest(n, m, base, w), w)
    result[2] = _pivots(n, m, base, wide, w)
    values(n, m, base, wide, w, result)


@inlined
def _heaviest(n: int, m: int, base: int, w: Basis) -> int:
    # As the root: then the potentials of most mass are small, and with them their rounding
    node = 0
    for k in range(n):
        node = k if w.mass[k] > w.mass[node] else node
    for k in range(base, base + m):
        node = k if w.mass[k] > w.mass[node] else node
    return node


@inlined
def _pivots(n: int, m: int, base: int, wide: int, w: Basis) -> int:
    # Potentials that have shrunk still carry the rounding of the large ones they came from: then they are
    # taken anew from the tree, and arcs priced again with the finer tolerance
    words, nodes, limit, tags = (n + m + 62) >> 6, base + wide, 50 * (n + m) + 1000, np.uint64(LANES * SPAN - 1)
    spans = (wide + SPAN - 1) // SPAN
    scale, row, column, quiet, pivots = _largest(n, m, base, w), 0, 0, 0, 0
    while True:
        while quiet < base // LANES * spans:
            length = min(SPAN, wide - column)
            least = lowest_of_block(w.cost, row * wide + column, wide, w.potential, row, base + column, length)
            quiet += 1
            if least < -TOLERANCE * scale:
                if pivots == limit:
                    return -1
                place = np.int64(bits_of(least) & tags)
                i, j = row + (place & 7), column + (place >> 3)
                reduced = w.cost[i * wide + j] - w.potential[base + j] - w.potential[i]
                pivot(i, base + j, reduced, words, base, nodes, w)
                quiet, pivots = 0, pivots + 1
            column += SPAN
            if column >= wide:
                column, row = 0, row + LANES if row + LANES < base else 0
        now = _largest(n, m, base, w)
        if now > 0.5 * scale or now == 0:
            return pivots
        scale, quiet = now, 0
        renew(n, m, base, wide, w)


@inlined
def _largest(n: int, m: int, base: int, w: Basis) -> float:
    largest = 0.0
    for k in range(n):
        largest = max(largest, abs(w.potential[k]))
    for k in range(base, base + m):
        largest = max(largest, abs(w.potential[k]))
    return largest


@inlined
def values(n: int, m: int, base: int, wide: int, w: Basis, result: np.ndarray) -> None:
    """Take the cost of a tree, and the best bound its potentials give of any plan's cost.

    Parameters
    ----------
    n, m, base, wide : int
        Rows and columns, and the same in whole vectors.
    w : Basis
        A tree; the potentials of its rows are lowered where a reduced cost is below zero.
    result : ndarray, shape (4,)
        Its first, second and last number are filled as by `solve`.
    """
    primal, dual, mass = 0.0, 0.0, 0.0
    for k in range(n + m - 1):
        primal += w.flow[k] * w.cost[w.source[k] * wide + w.target[k]]
    for k in range(0, base, LANES):
        lower(w.turned, k, base, m, w.potential, k, base)
    for k in range(n):
        dual += w.potential[k] * w.mass[k]
        mass += w.mass[k]
    for k in range(base, base + m):
        dual += w.potential[k] * w.mass[k]
    result[0], result[1], result[3] = primal, dual, mass * _largest(n, m, base, w)
