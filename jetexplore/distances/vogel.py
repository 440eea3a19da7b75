"""Where does the simplex start? Vogel's approximation: the line that would lose most by waiting is served first.

A line is a row or a column; its regret is the difference between its two lowest costs among the lines still open on the
other side. The line of highest regret sends as much as it can along its lowest cost, which crosses out one line; lines
that had it among their two lowest look again. Half as many pivots are left as after serving rows in turn.
"""

from __future__ import annotations

import numpy as np

from jetexplore.distances.basis import Basis
from jetexplore.distances.compilation import inlined
from jetexplore.distances.vectors import LANES, highest_regret, lowest_bit, strike, three_lowest, three_lowest_each


@inlined
def allocate(n: int, m: int, base: int, wide: int, w: Basis) -> int:
    """Choose the arcs of a spanning tree and their flows, from its leaves to its root.

    Parameters
    ----------
    n, m : int
        Rows and columns.
    base, wide : int
        Rows and columns in whole vectors; nodes are rows, then columns from ``base``.
    w : Basis
        Its ``cost``, ``turned`` and ``mass`` are read, and its ``source``, ``target``, ``flow``, ``hung`` and
        ``arc`` filled: one arc for every line but the last.

    Returns
    -------
    int
        The line that is left, the root of the tree.
    """
    rows, columns = (n + 63) >> 6, (m + 63) >> 6
    one, bits = np.uint64(1), 4
    while (1 << bits) <= base + wide:
        bits += 1
    places = (one << np.uint64(bits)) - one
    keep = ~places
    _open(n, w.open, 0)
    _open(m, w.open, rows)
    for k in range(base + wide):
        w.left[k] = w.mass[k]
    lines = base + wide
    for k in range(0, base, LANES):
        three_lowest_each(w.turned, k, base, m, keep, w.best, k, lines)
    for k in range(0, wide, LANES):
        three_lowest_each(w.cost, k, wide, n, keep, w.best, base + k, lines)
    for k in range(len(w.hung)):
        w.hung[k] = 0
    for q in range(rows):
        w.most[q] = highest_regret(w.best, 64 * q, min(64, base - 64 * q), lines, keep, w.open[q])
    for q in range(columns):
        at = base + 64 * q
        w.most[rows + q] = highest_regret(w.best, at, min(64, lines - at), lines, keep, w.open[rows + q])
    arcs = 0
    while n > 1 and m > 1:
        most = w.most[0]
        for q in range(1, rows + columns):
            most = max(most, w.most[q])
        line = np.int64(most & places) - 1
        other = np.int64(w.best[line] & places)
        i, j = (line, other) if line < base else (other, line - base)
        w.source[arcs], w.target[arcs] = i, j
        if w.left[i] < w.left[base + j]:
            w.flow[arcs] = w.left[i]
            w.left[base + j] -= w.left[i]
            w.hung[arcs >> 6] |= one << np.uint64(arcs & 63)
            w.open[i >> 6] &= ~(one << np.uint64(i & 63))
            w.arc[i] = arcs
            n -= 1
            q = i >> 6
            w.most[q] = highest_regret(w.best, 64 * q, min(64, base - 64 * q), lines, keep, w.open[q])
            for q in range(columns):
                at = base + 64 * q
                few = strike(w.best, at, min(64, lines - at), lines, np.uint64(i), places, w.open[rows + q])
                while few != 0 and n > 1:  # lines of whose three lowest two have been crossed out look again
                    line = at + lowest_bit(few)
                    few &= few - one
                    three_lowest(w.turned, (line - base) * base, base, w.open, 0, keep, w.best, line, lines)
                w.most[rows + q] = highest_regret(w.best, at, min(64, lines - at), lines, keep, w.open[rows + q])
        else:
            w.flow[arcs] = w.left[base + j]
            w.left[i] -= w.left[base + j]
            w.open[rows + (j >> 6)] &= ~(one << np.uint64(j & 63))
            w.arc[base + j] = arcs
            m -= 1
            q = j >> 6
            at = base + 64 * q
            w.most[rows + q] = highest_regret(w.best, at, min(64, lines - at), lines, keep, w.open[rows + q])
            for q in range(rows):
                few = strike(w.best, 64 * q, min(64, base - 64 * q), lines, np.uint64(j), places, w.open[q])
                while few != 0 and m > 1:
                    line = 64 * q + lowest_bit(few)
                    few &= few - one
                    three_lowest(w.cost, line * wide, wide, w.open, rows, keep, w.best, line, lines)
                w.most[q] = highest_regret(w.best, 64 * q, min(64, base - 64 * q), lines, keep, w.open[q])
        arcs += 1
    return _finish(rows, columns, base, n == 1, arcs, w)


@inlined
def _open(n: int, is_open: np.ndarray, first: int) -> None:
    for q in range((n + 63) >> 6):
        rest = n - 64 * q
        is_open[first + q] = ~np.uint64(0) if rest >= 64 else (np.uint64(1) << np.uint64(rest)) - np.uint64(1)


@inlined
def _finish(rows: int, columns: int, base: int, one_row: bool, arcs: int, w: Basis) -> int:
    # One line is left on one side: all that is open on the other side hangs on it
    hub = 0
    for q in range(rows if one_row else columns):
        bits = w.open[q if one_row else rows + q]
        if bits != 0:
            hub = 64 * q + lowest_bit(bits)
    for q in range(columns if one_row else rows):
        found = w.open[rows + q if one_row else q]
        while found != 0:
            line = 64 * q + lowest_bit(found)
            found &= found - np.uint64(1)
            if one_row:
                w.source[arcs], w.target[arcs], w.flow[arcs] = hub, line, w.left[base + line]
                w.arc[base + line] = arcs
            else:
                w.source[arcs], w.target[arcs], w.flow[arcs] = line, hub, w.left[line]
                w.arc[line] = arcs
                w.hung[arcs >> 6] |= np.uint64(1) << np.uint64(arcs & 63)
            arcs += 1
    return hub if one_row else base + hub
