"""Which pair is it? Places of distinct pairs in a condensed list of distances, and the pair nearest to a point.

Condensed lists run over (0, 1), (0, 2), ..., (0, n - 1), (1, 2), ... as in ``scipy.spatial.distance.pdist`` and
``numpy.triu_indices(n, 1)``.
"""

from __future__ import annotations

import numpy as np

from jetexplore.errors import InputError


def n_items(n_pairs: int) -> int:
    """Number of items whose distinct pairs make a condensed list of this length.

    Parameters
    ----------
    n_pairs : int
        Length of the list, n (n - 1) / 2.

    Returns
    -------
    int
        n.

    Raises
    ------
    InputError
        ``E_SHAPE`` if no n gives that length.

    Examples
    --------
    >>> n_items(499_500)
    1000
    """
    n = round((1 + np.sqrt(1 + 8 * max(n_pairs, 0))) / 2)
    if n * (n - 1) // 2 != n_pairs:
        raise InputError("E_SHAPE", f"{n_pairs} distances", "n (n - 1) / 2 of them for some n")
    return n


def pair_index(i: int, j: int, n: int) -> int:
    """Place of the pair (i, j) in a condensed list.

    Parameters
    ----------
    i, j : int
        Two different items, in either order.
    n : int
        Number of items.

    Returns
    -------
    int
        The place.

    Raises
    ------
    InputError
        ``E_PAIR`` if they are not two different items of n.

    Examples
    --------
    >>> pair_index(2, 1, n=4)
    3
    """
    whole = all(isinstance(value, (int, np.integer)) and not isinstance(value, bool) for value in (i, j))
    if not whole or i == j or not (0 <= i < n and 0 <= j < n):
        raise InputError("E_PAIR", f"the pair ({i!r}, {j!r})", f"two different jets from 0 to {n - 1}")
    i, j = sorted((int(i), int(j)))
    return i * (2 * n - i - 1) // 2 + (j - i - 1)


def pair_at(index: int, n: int) -> tuple[int, int]:
    """Give the pair (i, j), i < j, at a place of a condensed list.

    Parameters
    ----------
    index : int
        The place.
    n : int
        Number of items.

    Returns
    -------
    tuple of int
        The pair.

    Raises
    ------
    InputError
        ``E_PAIR`` if there is no such place.

    Examples
    --------
    >>> pair_at(3, n=4)
    (1, 2)
    """
    if not isinstance(index, (int, np.integer)) or isinstance(index, bool) or not 0 <= index < n * (n - 1) // 2:
        raise InputError("E_PAIR", f"place {index!r} of the pairs of {n}", f"0 to {n * (n - 1) // 2 - 1}")
    before = np.concatenate([[0], np.cumsum(np.arange(n - 1, 0, -1))])  # pairs whose first item is below i
    i = int(np.searchsorted(before, index, side="right")) - 1
    return i, int(index - before[i] + i + 1)


def pairs_among(chosen: np.ndarray) -> np.ndarray:
    """Places of all pairs of which both items are chosen.

    Parameters
    ----------
    chosen : ndarray of bool, shape (n,)
        Which items.

    Returns
    -------
    ndarray of int, shape (m (m - 1) / 2,)
        Places in a condensed list, rising, for m chosen items.

    Examples
    --------
    >>> pairs_among(np.array([True, False, True, True])).tolist()
    [1, 2, 5]
    """
    items, n = np.flatnonzero(chosen), len(chosen)
    first, second = np.triu_indices(len(items), 1)
    i, j = items[first], items[second]
    return i * (2 * n - i - 1) // 2 + (j - i - 1)


def nearest_pair(
    x: np.ndarray, y: np.ndarray, at: tuple[float, float], scale: tuple[float, float]
) -> tuple[tuple[int, int], float]:
    """Find the pair whose two distances lie nearest to a point of their plane.

    Parameters
    ----------
    x, y : ndarray, shape (n (n - 1) / 2,)
        Two condensed lists of distances.
    at : tuple of float
        The point.
    scale : tuple of float
        Length that counts as one along each axis: the size of a pixel.

    Returns
    -------
    pair : tuple of int
        (i, j), i < j.
    distance : float
        How far it lies from the point, in pixels.

    Examples
    --------
    >>> nearest_pair(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]), at=(2.1, 2.0), scale=(0.1, 0.1))
    ((0, 2), 1.0)
    """
    square = ((x - at[0]) / scale[0]) ** 2 + ((y - at[1]) / scale[1]) ** 2
    index = int(square.argmin())
    return pair_at(index, n_items(len(x))), round(float(np.sqrt(square[index])), 6)


def correlation(x: np.ndarray, y: np.ndarray) -> float:
    r"""Pearson correlation, :math:`r = \operatorname{cov}(x, y) / (\sigma_x \sigma_y)`.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Two lists.

    Returns
    -------
    float
        r; NaN if one of them does not vary.

    Examples
    --------
    >>> round(correlation(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0])), 12)
    1.0
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if np.ptp(x) == 0 or np.ptp(y) == 0:  # the standard deviation of equal numbers may be a rounding error
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])
