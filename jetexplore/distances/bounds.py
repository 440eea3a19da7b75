r"""How far apart are two images at least, and at most? Bounds on W_p that cost a fraction of the distance itself.

From below: `potentials` that are the best ones for some pairs are good for those like them, so a few dozen, found once,
bound all pairs. An image's 30 pixels times a table bounds its distances to all references (1 to 3 us); for one pair the
best of them are then made as large as its own pixels allow (1 to 3 us). From above: the cost of a greedy plan (4 to
5 us). A distance took 9 to 15 us on the same processor, one thread.

What was tried with QCD images. First number: mean bound over :math:`W_p^p`; then the part of the pairs with 3 and with
20 medoids that it cannot tell from the nearest (which alone are 33.3 % and 5 %):

====================================  ====================  ====================  ====================
bound                                 p = 1                 p = 2                 p = 5
====================================  ====================  ====================  ====================
1-D :math:`W_p` of 4 projections      0.85, 38 %            0.74, 41 %            0.54, 43 %
the same of 8 projections             0.85, 38 %            0.74, 41 %            0.55, 43 %
128 potentials                        0.91, 34 %, 9.2 %     0.75, 37 %, 17 %      0.47, 44 %, 32 %
128, made larger on the pair          0.94, 34 %, 8.0 %     0.84, 36 %, 13 %      0.60, 41 %, 23 %
the same or 4 projections             0.95, 34 %, 7.7 %     0.86, 35 %, 12 %      0.67, 40 %, 15 %
====================================  ====================  ====================  ====================

Projections are left out: compared pixel by pixel in 2.6 us a pair, they save less than they cost but for large p and
many references. The greedy plan lies 5 % above :math:`W_1`, 11 % above :math:`W_2`, 21 % above :math:`W_5` (8 % above
:math:`W_1` if common mass does not stay); the better of two with prices from the best potentials, one from either side,
lies 3 % above :math:`W_1` for twice the time.
"""

from __future__ import annotations

import numpy as np

from jetexplore.distances.compilation import compiled
from jetexplore.distances.imagepairs import ImagePairs, arcs
from jetexplore.distances.potentials import NONE, Potentials, means
from jetexplore.distances.problems import each_part

SURE = 1e-9  # relative margin by which rounding of bounds and costs cannot matter
ROUNDING = 1e-13  # the same of the largest cost of an arc


def lower(pairs: ImagePairs, known: Potentials) -> tuple[np.ndarray, np.ndarray]:
    """Bound all distances from below.

    Parameters
    ----------
    pairs : ImagePairs
        Both sides.
    known : Potentials
        At least one.

    Returns
    -------
    bound : ndarray, shape (n, m)
        Not above any distance that `distances` gives, rad.
    mean : ndarray, shape (n, n_potentials)
        Of the source potential over each image of x, for `tighter`.
    """
    mean = means(pairs.x, known.source, pairs.threads)
    bound = np.empty((len(mean), len(known.mean)))
    each_part(len(mean), pairs.threads, lambda at, to: _highest(mean, known.mean, at, to, bound))
    return _below(pairs, bound), mean


def tighter(pairs: ImagePairs, known: Potentials, mean: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """Bound some distances from below, with the best potentials of each pair made as large as its pixels allow.

    Parameters
    ----------
    pairs : ImagePairs
        Both sides.
    known : Potentials
        At least one.
    mean : ndarray, shape (n, n_potentials)
        From `lower`.
    i, j : ndarray of int, shape (n_pairs,)
        Pairs ``x[i], y[j]``.

    Returns
    -------
    ndarray, shape (n_pairs,)
        Not above the distances, nor below the bound of `lower` but for rounding, rad.
    """
    table, code = arcs(pairs)
    bound = np.empty(len(i))
    data = (i, j, *pairs.x, *pairs.y, table, code, mean, *known)
    each_part(len(i), pairs.threads, lambda at, to: _tighten(*data, at, to, bound))
    return _below(pairs, bound)


def upper(pairs: ImagePairs, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """Bound some distances from above by the cost of a plan: small masses first, each to where it costs least.

    Parameters
    ----------
    pairs : ImagePairs
        Both sides.
    i, j : ndarray of int, shape (n_pairs,)
        Pairs ``x[i], y[j]``.

    Returns
    -------
    ndarray, shape (n_pairs,)
        Not below the distances that `distances` gives, rad.
    """
    table, code = arcs(pairs)
    bound = np.empty(len(i))
    data = (i, j, *pairs.x, *pairs.y, table, code)
    each_part(len(i), pairs.threads, lambda at, to: _greedy(*data, at, to, bound))
    return (bound * (1 + SURE) + ROUNDING * table.max()) ** (1 / pairs.p)


def _below(pairs: ImagePairs, bound: np.ndarray) -> np.ndarray:
    largest = arcs(pairs)[0].max()
    return np.maximum(bound * (1 - SURE) - ROUNDING * largest, 0.0) ** (1 / pairs.p)


@compiled
def _highest(left: np.ndarray, right: np.ndarray, first: int, last: int, bound: np.ndarray) -> None:
    for i in range(first, last):
        for j in range(len(right)):
            best = NONE
            for q in range(left.shape[1]):
                best = max(best, left[i, q] + right[j, q])
            bound[i, j] = best


@compiled
def _tighten(
    i: np.ndarray, j: np.ndarray, x_offsets: np.ndarray, x_pixels: np.ndarray, x_mass: np.ndarray,
    y_offsets: np.ndarray, y_pixels: np.ndarray, y_mass: np.ndarray, table: np.ndarray, code: np.ndarray,
    left: np.ndarray, source: np.ndarray, target: np.ndarray, right: np.ndarray,
    first: int, last: int, bound: np.ndarray,
) -> None:  # fmt: skip
    # Keep one side's potential and take the conjugate on the pixels of this pair only, either way round
    middle = len(table) // 2
    for k in range(first, last):
        a, b = slice(x_offsets[i[k]], x_offsets[i[k] + 1]), slice(y_offsets[j[k]], y_offsets[j[k] + 1])
        best, q = NONE, 0
        for other in range(left.shape[1]):
            value = left[i[k], other] + right[j[k], other]
            if value > best:
                best, q = value, other
        u, v = np.empty(a.stop - a.start), np.empty(b.stop - b.start)
        for s in range(len(u)):
            u[s] = source[x_pixels[a][s], q]
        forth, back = left[i[k], q], right[j[k], q]
        lowest = np.full(len(v), -NONE)
        for t in range(len(v)):
            v[t] = target[y_pixels[b][t], q]
        for s in range(len(u)):
            at, least = middle + code[x_pixels[a][s]], -NONE
            for t in range(len(v)):
                cost = table[at - code[y_pixels[b][t]]]
                least = min(least, cost - v[t])
                lowest[t] = min(lowest[t], cost - u[s])
            back += x_mass[a][s] * least
        for t in range(len(v)):
            forth += y_mass[b][t] * lowest[t]
        bound[k] = max(forth, back)


@compiled
def _greedy(
    i: np.ndarray, j: np.ndarray, x_offsets: np.ndarray, x_pixels: np.ndarray, x_mass: np.ndarray,
    y_offsets: np.ndarray, y_pixels: np.ndarray, y_mass: np.ndarray, table: np.ndarray, code: np.ndarray,
    first: int, last: int, bound: np.ndarray,
) -> None:  # fmt: skip
    middle = len(table) // 2
    for k in range(first, last):
        a, b = slice(x_offsets[i[k]], x_offsets[i[k] + 1]), slice(y_offsets[j[k]], y_offsets[j[k] + 1])
        x, y, left, room = code[x_pixels[a]], code[y_pixels[b]], x_mass[a].copy(), y_mass[b].copy()
        _cancel(x, y, left, room)
        cost, shut = np.empty((len(x), len(y))), np.full(len(y), -NONE)
        for s in range(len(x)):
            for t in range(len(y)):
                cost[s, t] = table[middle + x[s] - y[t]]
                if left[s] > 0:
                    shut[t] = min(shut[t], cost[s, t])
        for t in range(len(y)):  # what its nearest source pays is no reason to go elsewhere
            shut[t] = -shut[t] if room[t] > 0 else -NONE
        total = 0.0
        for s in _ascending(left):
            while left[s] > 0:
                least, where = -0.5 * NONE, -1
                for t in range(len(y)):
                    reduced = cost[s, t] + shut[t]
                    if reduced < least:
                        least, where = reduced, t
                if where < 0:  # the sums differ by rounding
                    break
                moved = min(left[s], room[where])
                total += moved * cost[s, where]
                left[s] -= moved
                room[where] -= moved
                if room[where] <= 0:
                    shut[where] = -NONE
        bound[k] = total


@compiled
def _cancel(x: np.ndarray, y: np.ndarray, left: np.ndarray, room: np.ndarray) -> None:
    # Mass that both have in a pixel stays there; both lists of pixels ascend
    s, t = 0, 0
    while s < len(x) and t < len(y):
        if x[s] == y[t]:
            common = min(left[s], room[t])
            left[s] -= common
            room[t] -= common
        s, t = s + (x[s] <= y[t]), t + (x[s] >= y[t])


@compiled
def _ascending(mass: np.ndarray) -> np.ndarray:
    # By insertion, which is faster than a general sort for so few
    order = np.arange(len(mass))
    for s in range(1, len(mass)):
        t, moved = s, order[s]
        while t > 0 and mass[order[t - 1]] > mass[moved]:
            order[t] = order[t - 1]
            t -= 1
        order[t] = moved
    return order
