"""What costs the time in a dynamic graph network on a processor? Neighbours, and sums over edges that no one stores.

A graph of n particles with k neighbours each has n k edges, and every pass over an array of them is a trip to memory
and back. Here edges only live in registers: the first linear layer of an edge is a sum of two numbers kept per
particle, its batch norm is a scale and a shift, and what leaves is summed at once. Graphs of any sizes lie one behind
the other, so nothing is padded. `dynamicedge.edges_plain` does the same with arrays of edges: for other devices, as a
check.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_FAST = {"nogil": True, "cache": True, "error_model": "numpy", "fastmath": True}


@njit(**_FAST)
def neighbours(x: np.ndarray, offsets: np.ndarray, k: int, out: np.ndarray) -> None:
    """Find the k nearest particles of each one in its own graph; a particle is its own nearest.

    Parameters
    ----------
    x : ndarray, shape (t, f)
        Features, the squared differences of which are summed.
    offsets : ndarray of int, shape (g + 1,)
        Graph i has the rows ``offsets[i]:offsets[i + 1]``.
    k : int
        How many; fewer in a graph that has fewer particles.
    out : ndarray of int, shape (t, k)
        Filled with rows of ``x``, nearest first, -1 behind the last; the first of equally near ones comes first.

    Examples
    --------
    >>> out = np.empty((3, 2), np.int64)
    >>> neighbours(np.array([[0.0], [5.0], [1.0]]), np.array([0, 3]), 2, out)
    >>> out.tolist()
    [[0, 2], [1, 2], [2, 0]]
    """
    longest = 0
    for g in range(len(offsets) - 1):
        longest = max(longest, offsets[g + 1] - offsets[g])
    apart = np.empty((longest, longest), x.dtype)
    near = np.empty(k + 1, x.dtype)
    features = x.shape[1]
    for g in range(len(offsets) - 1):
        at, n = offsets[g], offsets[g + 1] - offsets[g]
        for i in range(n):
            apart[i, i] = -1.0  # itself before a twin
            left = x[at + i]
            for j in range(i):
                right, total = x[at + j], x.dtype.type(0)
                for f in range(features):
                    total += (left[f] - right[f]) * (left[f] - right[f])
                apart[i, j] = apart[j, i] = total
        for i in range(n):
            found, row, chosen = 0, apart[i], out[at + i]
            for j in range(n):
                value = row[j]
                if found == k and value >= near[k - 1]:
                    continue
                place = found if found < k else k - 1
                while place > 0 and near[place - 1] > value:
                    near[place], chosen[place] = near[place - 1], chosen[place - 1]
                    place -= 1
                near[place], chosen[place] = value, at + j
                found = min(found + 1, k)
            for place in range(found, k):
                chosen[place] = -1


@njit(**_FAST)
def moments(p: np.ndarray, q: np.ndarray, near: np.ndarray, total: np.ndarray, squares: np.ndarray) -> int:
    """Sum ``p[i] + q[j]`` and its square over all edges.

    Parameters
    ----------
    p, q : ndarray, shape (t, c)
        Parts of an edge from the particle it ends at, and from its neighbour.
    near : ndarray of int, shape (t, k)
        As from `neighbours`.
    total, squares : ndarray of float64, shape (c,)
        Filled.

    Returns
    -------
    int
        The number of edges.
    """
    channels, edges = p.shape[1], 0
    one, two = np.empty(channels, p.dtype), np.empty(channels, p.dtype)
    total[:], squares[:] = 0.0, 0.0
    for i in range(len(p)):
        one[:], two[:] = 0.0, 0.0
        own = p[i]
        for s in range(near.shape[1]):
            if near[i, s] < 0:
                break
            other = q[near[i, s]]
            for c in range(channels):
                value = own[c] + other[c]
                one[c] += value
                two[c] += value * value
            edges += 1
        for c in range(channels):
            total[c] += one[c]
            squares[c] += two[c]
    return edges


@njit(**_FAST)
def means(
    p: np.ndarray, q: np.ndarray, near: np.ndarray, scale: np.ndarray, shift: np.ndarray, out: np.ndarray
) -> None:
    """Average ``max(0, scale * (p[i] + q[j]) + shift)`` over the neighbours j of each particle i.

    Parameters
    ----------
    p, q, near
        As in `moments`.
    scale, shift : ndarray, shape (c,)
        A batch norm.
    out : ndarray, shape (t, c)
        Filled.
    """
    channels = p.shape[1]
    for i in range(len(p)):
        row, own, count = out[i], p[i], 0
        row[:] = 0.0
        for s in range(near.shape[1]):
            if near[i, s] < 0:
                break
            other = q[near[i, s]]
            for c in range(channels):
                row[c] += max(scale[c] * (own[c] + other[c]) + shift[c], p.dtype.type(0))
            count += 1
        for c in range(channels):
            row[c] /= count


@njit(**_FAST)
def reductions(
    p: np.ndarray, q: np.ndarray, near: np.ndarray, scale: np.ndarray, shift: np.ndarray, above: np.ndarray,
    total: np.ndarray, product: np.ndarray,
) -> None:  # fmt: skip
    """Sum over edges the gradient behind the ReLU, and its product with ``p[i] + q[j]``.

    Parameters
    ----------
    p, q, near, scale, shift
        As in `means`.
    above : ndarray, shape (t, c)
        Gradient by what `means` gave.
    total, product : ndarray of float64, shape (c,)
        Filled.
    """
    channels = p.shape[1]
    one, two = np.empty(channels, p.dtype), np.empty(channels, p.dtype)
    total[:], product[:] = 0.0, 0.0
    for i in range(len(p)):
        own, count = p[i], 0
        one[:], two[:] = 0.0, 0.0
        for s in range(near.shape[1]):
            if near[i, s] < 0:
                break
            other = q[near[i, s]]
            for c in range(channels):
                value = own[c] + other[c]
                active = p.dtype.type(1) if scale[c] * value + shift[c] > 0 else p.dtype.type(0)
                one[c] += active
                two[c] += active * value
            count += 1
        for c in range(channels):
            total[c] += one[c] * above[i, c] / count
            product[c] += two[c] * above[i, c] / count


@njit(**_FAST)
def gradients(
    p: np.ndarray, q: np.ndarray, near: np.ndarray, scale: np.ndarray, shift: np.ndarray, above: np.ndarray,
    constant: np.ndarray, slope: np.ndarray, by_p: np.ndarray, by_q: np.ndarray,
) -> None:  # fmt: skip
    """Carry a gradient back to both parts of the edges.

    Parameters
    ----------
    p, q, near, scale, shift, above
        As in `reductions`.
    constant, slope : ndarray, shape (c,)
        ``constant + slope * (p[i] + q[j])`` is what an edge contributes through the mean and variance of the batch.
    by_p, by_q : ndarray, shape (t, c)
        Filled.
    """
    channels = p.shape[1]
    from_above = np.empty(channels, p.dtype)
    by_p[:], by_q[:] = 0.0, 0.0
    for i in range(len(p)):
        own, mine, count = p[i], by_p[i], 0
        for s in range(near.shape[1]):
            count += near[i, s] >= 0
        for c in range(channels):
            from_above[c] = scale[c] * above[i, c] / count
        for s in range(count):
            other, its = q[near[i, s]], by_q[near[i, s]]
            for c in range(channels):
                value = own[c] + other[c]
                found = constant[c] + slope[c] * value
                found += from_above[c] if scale[c] * value + shift[c] > 0 else p.dtype.type(0)
                mine[c] += found
                its[c] += found
