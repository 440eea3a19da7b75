"""Can this be compared? What metrics are given is checked once and told in one sentence."""

from __future__ import annotations

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets.constituents import Jets


def positive(name: str, value: float) -> None:
    """Refuse what is not a number > 0.

    Parameters
    ----------
    name : str
        Of the argument.
    value : float
        Its value.

    Raises
    ------
    InputError
        ``E_RANGE_`` and the name.
    """
    if not (isinstance(value, int | float | np.integer | np.floating) and 0 < value < np.inf):
        raise InputError(f"E_RANGE_{name.upper()}", f"{name} = {value!r}", f"a number {name} > 0")


def indices(x: object, y: object, i: np.ndarray, j: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the indices of pairs as int64.

    Parameters
    ----------
    x, y : ndarray or Jets
        What they point into.
    i, j : array_like of int, shape (n_pairs,)
        Pairs ``x[i], y[j]``.

    Returns
    -------
    i, j : ndarray, shape (n_pairs,)
        The same.

    Raises
    ------
    InputError
        ``E_INDEX`` unless they are equally long and point at something.
    """
    i, j = np.asarray(i), np.asarray(j)
    if i.ndim != 1 or i.shape != j.shape or (len(i) and (i.dtype.kind not in "iu" or j.dtype.kind not in "iu")):
        found = f"{i.dtype} of shape {i.shape} and {j.dtype} of shape {j.shape}"
        raise InputError("E_INDEX", found, "two equally long rows of whole numbers", where="i, j")
    for index, n in ((i, len(x)), (j, len(y))):
        if len(index) and not (index.min() >= 0 and index.max() < n):
            raise InputError("E_INDEX", f"{index.min()} to {index.max()}", f"0 to {n - 1}", where="i, j")
    return i.astype(np.int64), j.astype(np.int64)


def jets(x: object, y: object, metric: str) -> None:
    """Refuse what is not `Jets`.

    Parameters
    ----------
    x, y : object
        Both sides of the pairs.
    metric : str
        Who asks.

    Raises
    ------
    InputError
        ``E_INPUTS``.
    """
    for side in (x, y):
        if not isinstance(side, Jets):
            raise InputError("E_INPUTS", type(side).__name__, "Jets", where=metric)


def images(x: object, y: object, single: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Give both sides as stacks of images that can be compared.

    Parameters
    ----------
    x, y : array_like, shape (n, npix, npix)
        Images.
    single : bool
        Whether one image without the first axis counts as a stack of one.

    Returns
    -------
    x, y : ndarray, shape (n, npix, npix)
        The same, one object if they were.

    Raises
    ------
    InputError
        ``E_DTYPE``, ``E_SHAPE``, ``E_NONFINITE``, ``E_NEGATIVE`` or ``E_EMPTY_IMAGE``.
    """
    left = _stack(x, single)
    right = left if y is x else _stack(y, single)
    if left.shape[1:] != right.shape[1:]:
        raise InputError("E_SHAPE", f"images of {left.shape[1:]} and of {right.shape[1:]} pixels", "the same grid")
    return left, right


def _stack(images: object, single: bool) -> np.ndarray:
    array = np.asarray(images)
    if array.dtype.kind not in "biuf":
        raise InputError("E_DTYPE", f"images of {array.dtype}", "real numbers")
    if array.ndim == 2 and single:
        array = array[None]
    if array.ndim != 3 or array.shape[1] != array.shape[2] or not array.shape[2]:
        raise InputError("E_SHAPE", f"images of shape {array.shape}", "shape (n, npix, npix)")
    for bad, code, found, expected in (
        (~np.isfinite(array).all((1, 2)), "E_NONFINITE", "pixels that are not finite", "finite numbers"),
        (array.min((1, 2)) < 0, "E_NEGATIVE", "negative pixels", "pixels >= 0"),
        (array.max((1, 2)) <= 0, "E_EMPTY_IMAGE", "no mass", "at least one pixel > 0"),
    ):
        if bad.any():
            more = f" and {bad.sum() - 1} more" if bad.sum() > 1 else ""
            raise InputError(code, f"{found} in image {np.flatnonzero(bad)[0]}{more}", expected)
    return array
