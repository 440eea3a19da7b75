"""How sure is a correlation over pairs, when every jet is in many of them?

Pearson's r with the jackknife over jets, Spearman's rho. Lists of distances run over distinct pairs as in
``distances.condensed``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jetexplore.distances.pairs import correlation, n_items
from jetexplore.errors import InputError


class Centred(NamedTuple):
    """A list of distances made ready for `correlate`."""

    square: np.ndarray  # (n, n) distances less their mean, in units of their largest deviation; 0 on the diagonal
    sums: np.ndarray  # (n,) of rows
    squares: np.ndarray  # (n,) of squares of rows


class Correlation(NamedTuple):
    """A Pearson correlation over pairs of jets."""

    r: float
    error: float  # jackknife over jets
    without: np.ndarray  # (n,) r without all pairs of each jet


def centred(distances: np.ndarray) -> Centred:
    """Make a list of distances ready to be correlated with many others.

    Parameters
    ----------
    distances : ndarray, shape (n (n - 1) / 2,)
        Distances of all distinct pairs.

    Returns
    -------
    Centred
        What `correlate` takes instead of the list.

    Raises
    ------
    InputError
        ``E_SHAPE`` unless it is a list for at least four jets: without one of them there must be three pairs.
    """
    distances = np.asarray(distances, dtype=np.float64)
    if distances.ndim != 1 or n_items(len(distances)) < 4:
        raise InputError("E_SHAPE", f"distances of shape {distances.shape}", "all pairs of four jets or more")
    with np.errstate(invalid="ignore"):
        apart = distances - distances.mean()
    scale = np.abs(apart).max()
    # Equal numbers may differ from their mean by a rounding error, which must not pass for a variation
    from scipy.spatial.distance import squareform

    square = squareform(np.full_like(apart, np.nan) if np.ptp(distances) == 0 else apart / scale, checks=False)
    return Centred(square, square.sum(1), np.einsum("ij,ij->i", square, square))


def correlate(x: np.ndarray | Centred, y: np.ndarray | Centred) -> Correlation:
    r"""Pearson correlation over pairs of jets, with an error that knows that pairs share jets.

    Each jet is in n - 1 pairs, so pairs are not independent and errors from their number would be far too small. The
    jackknife leaves out one jet with all its pairs,
    :math:`\sigma^2 = \frac{n - 1}{n} \sum_k (r_{(k)} - \overline{r_{(\cdot)}})^2`, from sums over rows.

    Parameters
    ----------
    x, y : ndarray, shape (n (n - 1) / 2,), or Centred
        Two kinds of distances of the same pairs.

    Returns
    -------
    Correlation
        r, its error, and r without each jet; NaN if a list does not vary or is not finite.

    Raises
    ------
    InputError
        ``E_SHAPE`` for lists of different length, and that of `centred`.

    Examples
    --------
    >>> found = correlate(np.arange(6.0), 2 * np.arange(6.0))
    >>> round(found.r, 12), round(found.error, 12)
    (1.0, 0.0)
    """
    x, y = (side if isinstance(side, Centred) else centred(side) for side in (x, y))
    if x.square.shape != y.square.shape:
        raise InputError("E_SHAPE", f"distances of {len(x.sums)} and of {len(y.sums)} jets", "of the same jets")
    n = len(x.sums)
    products = np.einsum("ij,ij->i", x.square, y.square)
    # Every pair is in two rows: half the sum of all rows is the sum over pairs, a row is what its jet takes away
    columns = np.stack([x.sums, y.sums, x.squares, y.squares, products])
    whole = columns.sum(1, keepdims=True) / 2
    r = float(_pearson(whole, n * (n - 1) // 2)[0])
    without = _pearson(whole - columns, (n - 1) * (n - 2) // 2)
    return Correlation(r, jackknife_error(without), without)


def jackknife_error(without: np.ndarray) -> float:
    """Error of a quantity from its values without each jet.

    For the difference of two quantities take the difference of their values: what they have in common cancels.

    Parameters
    ----------
    without : ndarray, shape (n,)
        The quantity without jet 0, 1, ...

    Returns
    -------
    float
        Standard error.

    Examples
    --------
    >>> x = np.array([1.0, 2.0, 4.0, 9.0])
    >>> means = (x.sum() - x) / 3  # the error of a mean is known
    >>> bool(np.isclose(jackknife_error(means), x.std(ddof=1) / 2))
    True
    """
    n = len(without)
    return float(np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum()))


def rank_correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Spearman correlation, that of ranks: the same for a distance and its root.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Two lists.

    Returns
    -------
    float
        rho; NaN if one of them does not vary or is not a number.

    Examples
    --------
    >>> round(rank_correlation(np.array([1.0, 2.0, 3.0]), np.array([1.0, 4.0, 9.0])), 12)
    1.0
    """
    from scipy.stats import rankdata

    if np.isnan(x).any() or np.isnan(y).any():
        return float("nan")
    return correlation(rankdata(x), rankdata(y))


def _pearson(sums: np.ndarray, n: int) -> np.ndarray:
    x, y, xx, yy, xy = sums / n
    with np.errstate(invalid="ignore", divide="ignore"):
        return (xy - x * y) / np.sqrt((xx - x * x) * (yy - y * y))
