"""Which of many jets is most like this one? The nearest neighbours by any metric, most distances never computed."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from jetexplore.distances import matrices, search
from jetexplore.errors import InputError
from jetexplore.jets.constituents import Jets


class Neighbours(NamedTuple):
    """The k nearest of each jet, nearest first; of equally near ones the first."""

    index: np.ndarray  # (n, k)
    distance: np.ndarray  # (n, k)
    solved: int  # distances computed
    pairs: int  # distances there are


def nearest(
    x: np.ndarray | Jets, y: np.ndarray | Jets, metric: str, k: int = 1, *, exclude: str | np.ndarray | None = None,
    which_only: bool = False, progress: bool = False, **options: Any,
) -> Neighbours:  # fmt: skip
    """Find the k jets of ``y`` that are nearest to each jet of ``x``.

    Parameters
    ----------
    x, y : ndarray, shape (n, npix, npix), (m, npix, npix), or Jets
        Images or constituents, whatever the metric takes.
    metric : str
        A name that `metric` knows.
    k : int
        How many.
    exclude : "self" or array_like of int, shape (n,), optional
        One jet of ``y`` to leave out for each of ``x``, -1 for none; ``"self"`` leaves out the one at the same place,
        as is meant where both are the same jets.
    which_only : bool
        Only the indices are wanted. For k = 1 this spares more distances; those not computed are given as nan.
    progress : bool
        Show a progress bar.
    **options
        Passed on to the metric: ``width``, ``R``, ``threads`` ...

    Returns
    -------
    Neighbours
        Indices and distances, bit for bit those of sorting all that `cross` gives, and how many were computed.

    Raises
    ------
    InputError
        ``E_K`` if there are fewer than k, ``E_INDEX``, ``E_METRIC`` and those of the metric, the latter only for pairs
        that are computed.

    Notes
    -----
    For images and Wasserstein distances of any p most pairs are decided by bounds (`bounds`, `search`); other
    metrics compute all pairs, block by block. Neither stores n x m numbers.

    Examples
    --------
    >>> x = np.zeros((3, 40, 40))
    >>> x[0, 20, 20] = x[1, 20, 25] = x[2, 20, 32] = 1.0
    >>> found = nearest(x, x, "Wass(1)", exclude="self")
    >>> found.index.ravel().tolist(), found.distance.ravel().round(6).tolist()
    ([1, 0, 1], [0.4, 0.4, 0.56])
    """
    sides = matrices.sides(x, y, metric, **options)
    left_out = _left_out(exclude, sides.n, sides.m)
    _check_k(k, sides.m - (left_out is not None and bool((left_out >= 0).any())))
    if sides.pairs is None:
        steps = search.without_bounds(sides.solve, sides.n, sides.m, k, left_out)
    else:
        steps = search.search(sides.pairs, k, left_out, values=not which_only)
    found = search.gathered(steps, sides.n, sides.m, k, progress)
    left_out = 0 if left_out is None else int((left_out >= 0).sum())
    return Neighbours(*found, sides.n * sides.m - left_out)


def _left_out(exclude: str | np.ndarray | None, n: int, m: int) -> np.ndarray | None:
    if exclude is None:
        return None
    if isinstance(exclude, str) and exclude == "self":
        if n != m:
            raise InputError("E_SHAPE", f"{n} and {m} jets", "the same in both", where="exclude='self'")
        return np.arange(n)
    left_out = np.asarray(exclude)
    if left_out.shape != (n,) or left_out.dtype.kind not in "iu" and n:
        raise InputError("E_INDEX", f"{left_out.dtype} of shape {left_out.shape}", f"{n} whole numbers", "exclude")
    if n and not (left_out.min() >= -1 and left_out.max() < m):
        raise InputError("E_INDEX", f"{left_out.min()} to {left_out.max()}", f"-1 to {m - 1}", where="exclude")
    return left_out.astype(np.int64)


def _check_k(k: int, most: int) -> None:
    if most < 1:
        raise InputError("E_EMPTY", "no jets to be near to", "at least one")
    if not isinstance(k, int | np.integer) or isinstance(k, bool) or not 1 <= k <= most:
        raise InputError("E_K", f"the {k!r} nearest of {most} jets", f"a whole number from 1 to {most}")
