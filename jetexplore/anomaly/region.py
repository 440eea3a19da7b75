"""Which points lie in a region that was drawn? Polygons by the even-odd rule, and with fewer corners."""

from __future__ import annotations

import numpy as np

from jetexplore.errors import InputError

READ = 1000  # corners of a drawn line that are looked at; a hand draws fewer in a second


def inside(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Tell which points lie in a polygon: those from which a ray to the right crosses its edges an odd number of times.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Anywhere.
    corners : ndarray, shape (m, 2)
        In order; the last is joined to the first. Where the polygon crosses itself, what is enclosed twice is outside.

    Returns
    -------
    ndarray of bool, shape (n,)
        False where a coordinate is not a number.

    Raises
    ------
    InputError
        ``E_SHAPE`` for fewer than three corners, or if they are not finite.

    Examples
    --------
    >>> inside(np.array([[0.2, 0.2], [0.8, 0.8]]), np.array([[0, 0], [1, 0], [0, 1]])).tolist()
    [True, False]
    """
    x, y = np.asarray(points, dtype=np.float64).reshape(-1, 2).T[:, :, None]
    x0, y0 = _checked(corners).T
    x1, y1 = np.roll(x0, -1), np.roll(y0, -1)
    crossed = (y0 > y) != (y1 > y)  # a level edge is never crossed, so what it is divided by does not matter
    rise = np.where(y1 == y0, 1.0, y1 - y0)
    return (crossed & (x < x0 + (y - y0) * (x1 - x0) / rise)).sum(1) % 2 == 1


def simplified(corners: np.ndarray, most: int) -> np.ndarray:
    """Leave out the corners of a polygon that matter least, by the area they add (Visvalingam and Whyatt, 1993).

    Parameters
    ----------
    corners : ndarray, shape (m, 2)
        In order. Of more than 1,000 every second, third, ... is looked at.
    most : int
        How many to keep, 3 or more.

    Returns
    -------
    ndarray, shape (min(m, most), 2)
        Some of them, in the same order.

    Raises
    ------
    InputError
        ``E_SHAPE`` as in `inside`.

    Examples
    --------
    >>> simplified(np.array([[0, 0], [1, 0.01], [2, 0], [2, 2], [0, 2]]), 4).tolist()
    [[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]]
    """
    left = _checked(corners)
    left = left[:: -(-len(left) // READ)]
    while len(left) > max(most, 3):
        before, after = np.roll(left, 1, axis=0) - left, np.roll(left, -1, axis=0) - left
        area = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0])
        left = np.delete(left, int(area.argmin()), axis=0)
    return left


def _checked(corners: np.ndarray) -> np.ndarray:
    found = np.asarray(corners, dtype=np.float64)
    if found.ndim != 2 or found.shape[1] != 2 or len(found) < 3 or not np.isfinite(found).all():
        raise InputError("E_SHAPE", f"corners of shape {found.shape}", "(m, 2) finite numbers, three corners or more")
    return found
