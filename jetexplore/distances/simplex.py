"""How is mass moved at least cost? The exact kernel: a network simplex for dense transport problems.

A transport problem has rows (sources) and columns (targets). A basis is a spanning tree of all of them: each
node but the root has a parent on the other side, and a flow on the arc between. A pivot takes in an arc of
negative reduced cost ``cost - potential[row] - potential[column]`` and drops an arc of the cycle it closes.
Each node keeps its subtree as bits, so the common ancestor of two nodes is a bit test and the change of
potentials a walk over set bits.

Nodes are numbered: rows first, then columns from ``base``, the number of rows rounded up to whole words.
Ties leave as in Cunningham's strongly feasible trees, but the starting tree is not proven to be one: hence
the limit on pivots, which the caller answers with another solver.
"""

from __future__ import annotations

import numpy as np

from jetexplore.distances.tree import BLOCK, Work, arc, compiled, padded, plant, renew
from jetexplore.distances.vectors import BIG, lowest_bit, lowest_of_block

TOLERANCE = 4e-16  # of the largest potential: p = 5 costs span nine orders of magnitude


@compiled
def solve(
    shape: np.ndarray, cost: np.ndarray, supply: np.ndarray, demand: np.ndarray, w: Work, result: np.ndarray
) -> None:
    """Solve transport problems that lie one after the other in flat arrays.

    Parameters
    ----------
    shape : ndarray of int, shape (n, 2)
        Rows and columns of each problem; 0, 0 where no mass has to move.
    cost : ndarray
        Cost matrices, each of the shape `padded` gives, padding of any value; it is overwritten.
    supply, demand : ndarray
        Masses of the rows and columns of each problem, with equal sums to rounding.
    w : Work
        Scratch arrays, large enough for the largest problem.
    result : ndarray, shape (n, 4)
        Filled with the least cost, its dual (a certificate: equal at the optimum), the number of pivots, which
        is -1 where the limit was reached, and the largest potential times the mass, the scale of rounding.
    """
    at_cost, at_row, at_column = 0, 0, 0
    for problem in range(len(shape)):
        n, m = shape[problem]
        for k in range(4):
            result[problem, k] = 0.0
        if n == 0:
            continue
        tall, wide = padded(n, m)
        table = cost[at_cost : at_cost + tall * wide].reshape((tall, wide))
        a, b = supply[at_row : at_row + n], demand[at_column : at_column + m]
        at_cost, at_row, at_column = at_cost + tall * wide, at_row + n, at_column + m
        base = (n + 63) // 64 * 64
        words = base // 64 + (m + 63) // 64
        subtree = w.subtree[: 64 * words * words].reshape((64 * words, words))
        for i in range(tall):
            for j in range(m if i < n else 0, wide):
                table[i, j] = BIG
        plant(table, a, b, base, w, subtree)
        result[problem, 2] = _pivots(table, n, m, base, w, subtree)
        result[problem, 0] = _primal(table, n, m, base, w)
        result[problem, 1], result[problem, 3] = _dual(a, b, base, w)


@compiled
def _pivots(cost: np.ndarray, n: int, m: int, base: int, w: Work, subtree: np.ndarray) -> int:
    # Potentials that have shrunk still carry the rounding of the large ones they came from: then they are
    # taken anew from the tree, and arcs priced again with the finer tolerance
    u, v = w.potential[: cost.shape[0]], w.potential[base : base + cost.shape[1]]
    for k in range(n, len(u)):
        u[k] = 0.0
    scale, limit, block = _largest(u[:n], v[:m]), 50 * (n + m) + 1000, 0
    for pivot in range(limit):
        row, column, reduced, block = _price(cost, u, v, -TOLERANCE * scale, block)
        while row < 0:
            now = _largest(u[:n], v[:m])
            if now > 0.5 * scale or now == 0:
                return pivot
            scale = now
            renew(cost, n, m, base, w)
            row, column, reduced, block = _price(cost, u, v, -TOLERANCE * scale, block)
        _pivot(np.uint32(row), np.uint32(base + column), reduced, base, w, subtree)
    return -1


@compiled
def _largest(u: np.ndarray, v: np.ndarray) -> float:
    largest = 0.0
    for k in range(len(u)):
        largest = max(largest, abs(u[k]))
    for k in range(len(v)):
        largest = max(largest, abs(v[k]))
    return largest


@compiled
def _price(cost: np.ndarray, u: np.ndarray, v: np.ndarray, tolerance: float, block: int) -> tuple[int, int, float, int]:
    # The most negative arc of the first block that has any
    blocks, wide, flat = cost.shape[0] // BLOCK, cost.shape[1], cost.reshape(cost.size)
    for _ in range(blocks):
        row = block * BLOCK
        least, column = lowest_of_block(flat, row * wide, wide, u, row, v)
        block = block + 1 if block + 1 < blocks else 0
        if least < tolerance:
            while cost[row, column] - u[row] - v[column] != least:
                row += 1
            return row, column, least, block
    return -1, 0, 0.0, block


@compiled
def _pivot(row: int, column: int, reduced: float, base: int, w: Work, subtree: np.ndarray) -> None:
    parent, flow, path = w.parent, w.flow, w.path
    word, bit = column >> 6, np.uint64(1) << np.uint64(column & 63)
    # Flow runs row -> column on the new arc, so it falls where a row hangs on a column (above the new row)
    # or a column hangs on a row (above the new column): at every other node of both paths to the join
    delta, side, last, steps_row, steps_column = 10 * BIG, 0, 0, 0, 0
    x = row
    while subtree[x, word] & bit == 0:
        path[0, steps_row] = x
        if flow[x] < delta and steps_row & 1 == 0:
            delta, last = flow[x], steps_row
        steps_row += 1
        x = parent[x]
    join, x = x, column
    while x != join:
        path[1, steps_column] = x
        if flow[x] <= delta and steps_column & 1 == 0:
            delta, last, side = flow[x], steps_column, 1
        steps_column += 1
        x = parent[x]
    for k in range(steps_row):
        flow[path[0, k]] += delta if k & 1 else -delta
    for k in range(steps_column):
        flow[path[1, k]] += delta if k & 1 else -delta
    steps = steps_column if side else steps_row
    _move(path[side], last, steps, path[1 - side], steps_row + steps_column - steps, subtree)
    inner = column if side else row
    _turn(path[side], last, row if side else column, delta, parent, flow)
    step = -reduced if side else reduced
    for q in range(subtree.shape[1]):
        moved = subtree[inner, q]
        change = step if q < base // 64 else -step
        while moved != 0:
            w.potential[64 * q + lowest_bit(moved)] += change
            moved &= moved - np.uint64(1)


@compiled
def _turn(path: np.ndarray, last: int, outer: int, delta: float, parent: np.ndarray, flow: np.ndarray) -> None:
    # The path up to where the tree is cut now hangs the other way round
    for k in range(last, 0, -1):
        parent[path[k]] = path[k - 1]
        flow[path[k]] = flow[path[k - 1]]
    parent[path[0]] = outer
    flow[path[0]] = delta


@compiled
def _move(inner: np.ndarray, last: int, steps: int, outer: np.ndarray, others: int, subtree: np.ndarray) -> None:
    # The subtree of ``inner[last]`` leaves all above it and joins all above the other end of the new arc;
    # within it, what lay above a node now lies below
    for q in range(subtree.shape[1]):
        moved = subtree[inner[last], q]
        for k in range(last + 1, steps):
            subtree[inner[k], q] &= ~moved
        for k in range(others):
            subtree[outer[k], q] |= moved
        for k in range(last, 0, -1):
            subtree[inner[k], q] = moved & ~subtree[inner[k - 1], q]
        subtree[inner[0], q] = moved


@compiled
def _primal(cost: np.ndarray, n: int, m: int, base: int, w: Work) -> float:
    total = 0.0
    for k in range(n + m):
        x = k if k < n else base + k - n
        if w.parent[x] != x:
            total += w.flow[x] * arc(cost, x, w.parent[x], base)
    return total


@compiled
def _dual(a: np.ndarray, b: np.ndarray, base: int, w: Work) -> tuple[float, float]:
    total, mass, largest = 0.0, 0.0, 0.0
    for i in range(len(a)):
        total += w.potential[i] * a[i]
        mass += a[i]
        largest = max(largest, abs(w.potential[i]))
    for j in range(len(b)):
        total += w.potential[base + j] * b[j]
    return total, mass * largest
