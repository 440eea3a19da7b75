"""What does the simplex know of its tree? For every node the arcs on its path to the root, as bits.

A basis is a spanning tree of rows and columns. Its arcs lie in numbered places, and each node keeps one bit a place:
whether the arc there is on the node's way to the root. With these bits a pivot has no pointers to follow. The cycle
that a new arc closes is the difference (exclusive or) of the bits of its two ends. The nodes that a leaving arc cuts
off are those with its bit; all of them change the same bits, those of the cycle with the new arc in the old one's
place. Nothing branches, and eight nodes change at a time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jetexplore.distances.compilation import inlined
from jetexplore.distances.vectors import (
    BIG,
    LANES,
    below,
    count_bits,
    flip_paths,
    lowest_bit,
    lowest_flow,
    raise_potentials,
    shift_flow,
)


class Basis(NamedTuple):
    """One transport problem and its tree, in arrays that serve one problem after the other.

    A node is a row, or a column counted from the number of rows in whole vectors. An arc lies in a place.
    """

    cost: np.ndarray  # row by row, of the shape `padded` gives; the padding costs `BIG`
    turned: np.ndarray  # the same with rows and columns exchanged; its padding may cost anything
    mass: np.ndarray  # (nodes,) of rows and columns, with equal sums to rounding
    source: np.ndarray  # (places,) row of the arc
    target: np.ndarray  # (places,) column of the arc
    flow: np.ndarray  # (places,)
    arc: np.ndarray  # (nodes,) place of the arc above a line in the starting tree
    hung: np.ndarray  # (words,) bits: the lower end of the arc is its row
    path: np.ndarray  # (words * nodes,) uint64, word by word
    potential: np.ndarray  # (nodes,)
    marked: np.ndarray  # (nodes / 8,) vectors of nodes some of which are cut off
    marks: np.ndarray  # (nodes / 8,) which of each
    cycle: np.ndarray  # (3 * words,) bits of the cycle, of its arcs that give, of arcs that gave all
    best: np.ndarray  # (3 * nodes,) uint64, three lowest costs of each line with their places in the last bits
    left: np.ndarray  # (nodes,) mass not yet allocated
    open: np.ndarray  # bits of rows, then of columns, that are not crossed out
    most: np.ndarray  # highest regret in each word of them


def basis(rows: int, columns: int) -> Basis:
    """Make scratch arrays for problems of at most so many rows and columns.

    Parameters
    ----------
    rows, columns : int
        The largest numbers, > 0.

    Returns
    -------
    Basis
        Arrays that `simplex.solve` fills.

    Examples
    --------
    >>> basis(65, 3).flow.shape  # 67 arcs in two words
    (128,)
    """
    tall, wide = padded(rows, columns)
    words, nodes = (rows + columns + 62) // 64, tall + wide
    costs = [np.full(tall * wide, BIG) for _ in range(2)]
    places = [np.zeros(64 * words, kind) for kind in (np.int64, np.int64, np.float64)]
    bits = [np.zeros(size, np.uint64) for size in (words, words * nodes)]
    marks = [np.zeros(nodes // LANES, kind) for kind in (np.int64, np.uint64)]
    lines = [np.zeros((rows + 63) // 64 + (columns + 63) // 64, np.uint64) for _ in range(2)]
    return Basis(
        *costs, np.zeros(nodes), *places, np.zeros(nodes, np.int64), *bits, np.zeros(nodes), *marks,
        np.zeros(3 * words, np.uint64),
        np.zeros(3 * nodes, np.uint64), np.zeros(nodes), *lines,
    )  # fmt: skip


@inlined
def padded(rows: int, columns: int) -> tuple[int, int]:
    """Give the shape of a cost matrix in memory.

    Parameters
    ----------
    rows, columns : int
        Numbers of sources and targets.

    Returns
    -------
    tuple of int
        The rows and the columns in whole vectors.
    """
    return (rows + LANES - 1) // LANES * LANES, (columns + LANES - 1) // LANES * LANES


@inlined
def plant(n: int, m: int, base: int, wide: int, top: int, root: int, w: Basis) -> None:
    """Give every node its path to the root and its potential, from arcs listed from the leaves up.

    Parameters
    ----------
    n, m : int
        Rows and columns.
    base, wide : int
        The same in whole vectors.
    top : int
        The node on which the listed arcs end.
    root : int
        The node to become the root.
    w : Basis
        Its ``source``, ``target``, ``arc`` and ``hung`` are read, and its ``path`` and ``potential`` filled.
    """
    nodes, arcs = base + wide, n + m - 1
    words = (arcs + 63) >> 6
    for k in range(words * nodes):
        w.path[k] = 0
    for k in range(arcs, 64 * words):
        w.flow[k] = BIG
    for k in range(n, base):
        w.potential[k] = 0.0
    for k in range(base + m, nodes):
        w.potential[k] = -BIG  # the padding is never worth taking
    w.potential[root] = 0.0
    x = root
    while x != top:  # the way from the new root to the old one hangs the other way round
        k = w.arc[x]
        w.hung[k >> 6] ^= np.uint64(1) << np.uint64(k & 63)
        x = _hang(k, base, wide, words, w)
    for k in range(arcs - 1, -1, -1):
        _hang(k, base, wide, words, w)


@inlined
def _hang(k: int, base: int, wide: int, words: int, w: Basis) -> int:
    # Path and potential of the lower end of an arc from those of its upper end
    nodes, bit = base + wide, np.uint64(1) << np.uint64(k & 63)
    row, column = w.source[k], base + w.target[k]
    hung = w.hung[k >> 6] & bit != 0
    lower, upper = (row, column) if hung else (column, row)
    for q in range(words):
        w.path[q * nodes + lower] = w.path[q * nodes + upper]
    w.path[(k >> 6) * nodes + lower] |= bit
    w.potential[lower] = w.cost[row * wide + column - base] - w.potential[upper]
    return lower


@inlined
def pivot(row: int, column: int, reduced: float, words: int, base: int, nodes: int, w: Basis) -> None:
    """Take in an arc and drop the one of its cycle that is emptied first.

    Parameters
    ----------
    row, column : int
        Ends of the new arc, as nodes.
    reduced : float
        Its reduced cost, < 0.
    words, base, nodes : int
        Words of bits, number of the first column, nodes in whole vectors.
    w : Basis
        The tree, changed in place.

    Notes
    -----
    Flow runs from row to column on the new arc, so it falls where a row hangs on a column above the new row, and
    where a column hangs on a row above the new column. Of several arcs emptied at once the one leaves that keeps
    trees strongly feasible (Cunningham 1976): above the column the nearest to the join, else above the row the
    nearest to the new arc.
    """
    cycle, gives, empty = 0, words, 2 * words  # parts of w.cycle
    delta = BIG
    for q in range(words):
        above_row, above_column = w.path[q * nodes + row], w.path[q * nodes + column]
        bits = above_row ^ above_column
        w.cycle[cycle + q] = bits
        giving = (above_row & bits & w.hung[q]) | (above_column & bits & ~w.hung[q])
        w.cycle[gives + q] = giving
        if giving != 0:
            delta = min(delta, lowest_flow(w.flow, 64 * q, giving))
    ties, leaving = 0, 0
    for q in range(words):
        bits, w.cycle[empty + q] = w.cycle[cycle + q], 0
        if bits != 0:
            giving = w.cycle[gives + q]
            emptied = shift_flow(w.flow, 64 * q, giving, bits & ~giving, delta)
            w.cycle[empty + q] = emptied
            if emptied != 0:
                ties += count_bits(emptied)
                leaving = 64 * q + lowest_bit(emptied)
    if ties > 1:
        leaving = _first_tied(words, base, nodes, w)
    at, bit = leaving >> 6, np.uint64(1) << np.uint64(leaving & 63)
    inner = row if w.path[at * nodes + row] & bit != 0 else column
    upper = base + w.target[leaving] if w.hung[at] & bit != 0 else w.source[leaving]
    for q in range(words):
        w.hung[q] ^= w.path[q * nodes + inner] ^ w.path[q * nodes + upper]
    w.hung[at] = w.hung[at] | bit if inner == row else w.hung[at] & ~bit
    w.source[leaving], w.target[leaving], w.flow[leaving] = row, column - base, delta
    step = reduced if inner == row else -reduced
    marked = below(w.path, at * nodes, nodes, bit, w.marked, w.marks)
    raise_potentials(w.potential, base, w.marked, w.marks, marked, step)
    w.cycle[cycle + at] ^= bit
    for q in range(words):
        if w.cycle[cycle + q] != 0:
            flip_paths(w.path, q * nodes, w.marked, w.marks, marked, w.cycle[cycle + q])


@inlined
def _first_tied(words: int, base: int, nodes: int, w: Basis) -> int:
    empty, best, leaving, columns = 2 * words, 0, -1, False
    for q in range(words):
        columns = columns or w.cycle[empty + q] & ~w.hung[q] != 0
    for q in range(words):
        bits = w.cycle[empty + q]
        if columns:
            bits &= ~w.hung[q]
        while bits != 0:
            k = 64 * q + lowest_bit(bits)
            bits &= bits - np.uint64(1)
            lower = base + w.target[k] if columns else w.source[k]
            depth = 0
            for z in range(words):
                depth += count_bits(w.path[z * nodes + lower])
            if leaving < 0 or (depth < best) == columns:
                best, leaving = depth, k
    return leaving


@inlined
def renew(n: int, m: int, base: int, wide: int, w: Basis) -> None:
    """Take the potentials of all nodes anew from the tree, free of the rounding of many small changes.

    Parameters
    ----------
    n, m, base, wide : int
        Rows and columns, and the same in whole vectors.
    w : Basis
        Its ``potential`` is filled.
    """
    nodes, arcs = base + wide, n + m - 1
    known = np.zeros(nodes, np.bool_)
    for k in range(nodes):
        known[k] = True
        for q in range((arcs + 63) >> 6):
            known[k] &= w.path[q * nodes + k] == 0  # the root
    more = True
    while more:
        more = False
        for k in range(arcs):
            row, column = w.source[k], base + w.target[k]
            if known[row] != known[column]:
                lower, upper = (column, row) if known[row] else (row, column)
                w.potential[lower] = w.cost[row * wide + column - base] - w.potential[upper]
                known[lower] = more = True
