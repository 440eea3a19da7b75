"""Can this be compared? What metrics are given is checked once and told in one sentence."""

from __future__ import annotations

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets.constituents import Jets

LARGEST = 1e150  # cost or mass: products stay finite, and sums of costs far below those of arcs that do not exist


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
    number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not (number and 0 < value < np.inf):
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


def power(p: float, pitch: float, npix: int) -> None:
    """Refuse powers for which costs between pixels would be zeros, or infinities that the kernel cannot price.

    Parameters
    ----------
    p : float
        Power of the distance.
    pitch : float
        Side of a pixel, rad.
    npix : int
        Pixels along a side.

    Raises
    ------
    InputError
        ``E_RANGE_P``.
    """
    low, high = (p * np.log10(pitch * reach) for reach in (1, 1.5 * npix))
    limit = np.log10(LARGEST)
    if not (-limit < low and high < limit):
        found = f"p = {p:g} with pixels of {pitch:g} rad, costs from 1e{low:.0f} to 1e{high:.0f}"
        raise InputError("E_RANGE_P", found, f"costs from 1e-{limit:.0f} to 1e{limit:.0f}")


def resolved(cost: np.ndarray, error: np.ndarray, p: float, pitch: float) -> None:
    """Refuse distances that rounding leaves uncertain by more than a pixel.

    Parameters
    ----------
    cost, error : ndarray, shape (n_pairs,)
        Costs W_p^p found, which may lie above the least by the error.
    p : float
        Power of the distance.
    pitch : float
        Side of a pixel, rad.

    Raises
    ------
    InputError
        ``E_PRECISION``.
    """
    # A cost of zero is the least there can be; p <= 1 leaves no mass in place whose costs could hide others
    unsure = (cost > 0) & (error > 0.5 * cost) & (p > 1)
    vague = unsure & ((cost + error) ** (1 / p) - np.maximum(cost - error, 0) ** (1 / p) > pitch)
    if vague.any():
        found = f"p = {p:g} for {vague.sum()} pairs of images too alike for it"
        raise InputError("E_PRECISION", found, "distances known to a pixel", mend="take a smaller power")


def scale(eta: np.ndarray, R: float, beta: float) -> None:
    """Refuse scales for which costs between particles would be infinities that the kernel cannot price.

    Parameters
    ----------
    eta : ndarray
        Of all particles.
    R : float
        Distance at which moving costs as much as creating, rad.
    beta : float
        Power of the distance.

    Raises
    ------
    InputError
        ``E_RANGE_R``.
    """
    high = beta * (np.log10(np.hypot(np.ptp(np.append(eta, 0)), np.pi)) - np.log10(R))
    if not high < np.log10(LARGEST):
        raise InputError("E_RANGE_R", f"R = {R:g} with beta = {beta:g}, costs up to 1e{high:.0f}", f"up to {LARGEST:g}")


def problem(a: np.ndarray, b: np.ndarray, cost: np.ndarray) -> None:
    """Refuse what is not a transport problem.

    Parameters
    ----------
    a, b : ndarray, shape (n,), (m,)
        Masses.
    cost : ndarray, shape (n, m)
        Cost of each arc.

    Raises
    ------
    InputError
        ``E_DTYPE``, ``E_SHAPE``, ``E_NONFINITE``, ``E_NEGATIVE``, ``E_RANGE_A``, ``E_RANGE_B``, ``E_RANGE_COST`` or
        ``E_BALANCE``.
    """
    for name, values in (("a", a), ("b", b), ("cost", cost)):
        if values.dtype.kind not in "biuf":
            raise InputError("E_DTYPE", f"{values.dtype}", "real numbers", where=name)
    if a.ndim != 1 or b.ndim != 1 or cost.shape != (len(a), len(b)) or not cost.size:
        found = f"masses of shape {a.shape} and {b.shape}, costs of shape {cost.shape}"
        raise InputError("E_SHAPE", found, "masses (n,) and (m,), costs (n, m), n and m at least 1")
    for name, values in (("a", a), ("b", b), ("cost", cost)):
        if not np.isfinite(values).all():
            raise InputError("E_NONFINITE", "values that are not finite", "finite numbers", where=name)
        if (values < 0).any():
            raise InputError("E_NEGATIVE", f"{values.min():g}", "numbers >= 0", where=name)
        if values.max() > LARGEST:
            raise InputError(f"E_RANGE_{name.upper()}", f"{values.max():g}", f"numbers up to {LARGEST:g}", where=name)
    if not a.sum() > 0 or abs(a.sum() - b.sum()) > 1e-9 * a.sum():
        raise InputError("E_BALANCE", f"masses of sum {a.sum():.12g} and {b.sum():.12g}", "equal sums > 0")


def _stack(images: object, single: bool) -> np.ndarray:
    if np.ma.isMaskedArray(images) and np.ma.is_masked(images):
        raise InputError("E_MASKED", "masked pixels", "numbers in all pixels", mend="images.filled(0)")
    array = np.asarray(images)
    if array.dtype.kind not in "biuf":
        raise InputError("E_DTYPE", f"images of {array.dtype}", "real numbers")
    if array.ndim == 2 and single:
        array = array[None]
    if array.ndim != 3 or array.shape[1] != array.shape[2] or not array.shape[2]:
        raise InputError("E_SHAPE", f"images of shape {array.shape}", "shape (n, npix, npix)")
    with np.errstate(over="ignore", invalid="ignore"):
        total = array.sum((1, 2), dtype=np.float64)  # by which images are normalised
    for bad, code, found, expected in (
        (~np.isfinite(total), "E_NONFINITE", "pixels or a sum that are not finite", "finite numbers"),
        (array.min((1, 2)) < 0, "E_NEGATIVE", "negative pixels", "pixels >= 0"),
        (array.max((1, 2)) <= 0, "E_EMPTY_IMAGE", "no mass", "at least one pixel > 0"),
    ):
        if bad.any():
            more = f" and {bad.sum() - 1} more" if bad.sum() > 1 else ""
            raise InputError(code, f"{found} in image {np.flatnonzero(bad)[0]}{more}", expected)
    return array
