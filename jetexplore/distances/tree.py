"""Where does the simplex start? A greedy spanning tree of rows and columns, its subtrees and its potentials.

Nodes are numbered: rows first, then columns from ``base``, the number of rows rounded up to whole words. Each node
but the root has a parent on the other side, a flow on the arc between, and the set of nodes below it as bits.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from jetexplore.distances.vectors import BIG, LANES, lowest_of_row

BLOCK = LANES  # rows priced before a pivot is taken

compiled = njit(nogil=True, cache=True, error_model="numpy", fastmath={"nnan", "nsz", "arcp", "contract"})


class Work(NamedTuple):
    """Scratch arrays; after `solve` they hold the optimal tree of the last problem."""

    rank: np.ndarray  # rows by ascending mass
    order: np.ndarray  # nodes of the starting tree, children before parents
    parent: np.ndarray  # unsigned, which spares a test on each access; the root's is itself
    path: np.ndarray  # (2, n_nodes) from both ends of the new arc to their join
    flow: np.ndarray  # between a node and its parent
    potential: np.ndarray  # rows, then columns from ``base``
    left: np.ndarray  # columns: mass not yet allocated
    best: np.ndarray  # columns: lowest cost, -BIG once crossed out
    subtree: np.ndarray  # bits, as many words a node as all nodes need


def work(rows: int, columns: int) -> Work:
    """Make scratch arrays for problems of at most so many rows and columns.

    Parameters
    ----------
    rows, columns : int
        The largest numbers, > 0.

    Returns
    -------
    Work
        Arrays that `solve` fills.

    Examples
    --------
    >>> work(65, 3).flow.shape  # two words of rows and one of columns
    (192,)
    """
    words = (rows + 63) // 64 + (columns + 63) // 64
    nodes = 64 * words
    whole = [np.zeros(nodes, np.int64), np.zeros(nodes, np.int64), np.zeros(nodes, np.uint32)]
    real = [np.zeros(nodes) for _ in range(4)]
    return Work(*whole, np.zeros((2, nodes), np.uint32), *real, np.zeros(nodes * words, np.uint64))


@compiled
def padded(rows: int, columns: int) -> tuple[int, int]:
    """Give the shape of a cost matrix in memory.

    Parameters
    ----------
    rows, columns : int
        Numbers of sources and targets.

    Returns
    -------
    tuple of int
        The rows in whole blocks and the columns in whole vectors.
    """
    return (rows + BLOCK - 1) // BLOCK * BLOCK, (columns + LANES - 1) // LANES * LANES


@compiled
def plant(cost: np.ndarray, a: np.ndarray, b: np.ndarray, base: int, w: Work, subtree: np.ndarray) -> None:
    """Build the starting tree in ``w`` and ``subtree``.

    Parameters
    ----------
    cost : ndarray, shape `padded`
        Costs, with ``BIG`` in the padding.
    a, b : ndarray
        Masses of rows and of columns.
    base : int
        Number of the first column.
    w : Work
        Filled.
    subtree : ndarray of uint64, shape (n_nodes, n_words)
        Filled.
    """
    _ascending(a, w.rank)
    _allocate(cost, a, b, base, w)
    _hang(cost, len(a), len(b), base, w, subtree)


@compiled
def _ascending(mass: np.ndarray, rank: np.ndarray) -> None:
    # Shell sort: light rows are allocated first, which leaves the heaviest as the root
    n, gap = len(mass), 1
    while 3 * gap < n:
        gap = 3 * gap + 1
    for k in range(n):
        rank[k] = k
    while gap > 0:
        for k in range(gap, n):
            row, q = rank[k], k
            while q >= gap and mass[rank[q - gap]] > mass[row]:
                rank[q] = rank[q - gap]
                q -= gap
            rank[q] = row
        gap //= 3


@compiled
def _allocate(cost: np.ndarray, a: np.ndarray, b: np.ndarray, base: int, w: Work) -> None:
    # Each row in turn fills the columns where it is worth most compared with the column's lowest cost. Every
    # allocation crosses out exactly one line, whose parent is the other line: so the arcs span a tree, in
    # order from the leaves to the root.
    n, m, wide, flat = len(a), len(b), cost.shape[1], cost.reshape(cost.size)
    best, left, zero = w.best, w.left, w.potential
    zero[0] = 0.0
    for k in range(wide):
        best[k] = BIG if k < m else -BIG
    for i in range(n):
        for k in range(m):
            best[k] = cost[i, k] if cost[i, k] < best[k] else best[k]
    for k in range(m):
        left[k] = b[k]
    open_columns, count = m, 0
    for rank in range(n):
        i = w.rank[rank]
        mass, last = a[i], rank == n - 1
        while True:
            _, j = lowest_of_row(flat, i * wide, wide, zero, 0, best)
            if not last and (open_columns == 1 or mass < left[j]):
                w.order[count], w.parent[i], w.flow[i] = i, base + j, mass
                left[j] = max(left[j] - mass, 0.0)
                count += 1
                break
            w.order[count], w.parent[base + j], w.flow[base + j] = base + j, i, left[j]
            mass = max(mass - left[j], 0.0)
            best[j] = -BIG
            open_columns -= 1
            count += 1
            if open_columns == 0:
                break
    w.order[count] = i
    w.parent[i] = i


@compiled
def _hang(cost: np.ndarray, n: int, m: int, base: int, w: Work, subtree: np.ndarray) -> None:
    # Subtrees are gathered from the leaves up, potentials given from the root down
    words, one = subtree.shape[1], np.uint64(1)
    for k in range(n + m):
        x = w.order[k]
        for q in range(words):
            subtree[x, q] = 0
    for k in range(n + m):
        x = w.order[k]
        subtree[x, x >> 6] |= one << np.uint64(x & 63)
        up = w.parent[x]
        if up != x:
            for q in range(words):
                subtree[up, q] |= subtree[x, q]
    for k in range(cost.shape[1]):
        w.potential[base + k] = -BIG  # the padding is never worth taking
    w.potential[w.order[n + m - 1]] = 0.0
    for k in range(n + m - 2, -1, -1):
        x = w.order[k]
        w.potential[x] = arc(cost, x, w.parent[x], base) - w.potential[w.parent[x]]


@compiled
def renew(cost: np.ndarray, n: int, m: int, base: int, w: Work) -> None:
    """Take the potentials of all nodes anew from the tree, free of the rounding of many small changes.

    Parameters
    ----------
    cost : ndarray
        Costs.
    n, m, base : int
        Rows, columns, number of the first column.
    w : Work
        Its ``potential`` is filled.
    """
    # Climb from each node to one whose potential is known, and give potentials on the way back
    known, root = w.rank, w.order[n + m - 1]
    for k in range(base + m):
        known[k] = 0
    known[root] = 1
    for k in range(n + m):
        x, steps = np.uint32(k if k < n else base + k - n), 0
        while known[x] == 0:
            w.path[0, steps] = x
            steps += 1
            x = w.parent[x]
        for step in range(steps - 1, -1, -1):
            x = w.path[0, step]
            w.potential[x] = arc(cost, x, w.parent[x], base) - w.potential[w.parent[x]]
            known[x] = 1


@compiled
def arc(cost: np.ndarray, x: int, up: int, base: int) -> float:
    """Cost of the arc between a node and its parent.

    Parameters
    ----------
    cost : ndarray
        Costs.
    x, up, base : int
        The node, its parent, number of the first column.

    Returns
    -------
    float
        Cost.
    """
    return cost[x, up - base] if x < base else cost[up, x - base]
