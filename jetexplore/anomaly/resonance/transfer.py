"""How many outliers are expected at each mass? The spectrum of all other events times a smooth transfer factor.

Outliers o_i and others n_i of bin i are joined by a polynomial t of the mass: o_i ~ Poisson(n_i t(m_i)). Tsan et al.
(2021), section 4, write the ratio the other way round; only outliers over others makes "others times t" an estimate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.polynomial import legendre

from jetexplore.anomaly.resonance.edges import EDGES, checked_edges
from jetexplore.errors import InputError, choose

ORDER = 4
# An empty bin would allow t = 0 there, where the logarithm ends; so little moves no other number that is shown
LEAST = 1e-3
MAX_STEPS = 60
DECREMENT = 1e-12  # twice the gain in log-likelihood that is still to be had when a fit is done


class Transfer(NamedTuple):
    """Transfer factor, and the background it predicts among outliers."""

    coefficients: np.ndarray  # (order + 1,) of Legendre polynomials of the bin centre, scaled to -1 ... 1
    factor: np.ndarray  # (bins,)
    factor_error: np.ndarray  # (bins,)
    background: np.ndarray  # (bins,) others times factor
    background_error: np.ndarray  # (bins,) of the factor and of the counts of others together


def basis(edges: np.ndarray = EDGES, order: int = ORDER) -> np.ndarray:
    """Legendre polynomials at the bin centres; powers of a mass in GeV would be ill-conditioned.

    Parameters
    ----------
    edges : array_like, shape (bins + 1,)
        GeV.
    order : int
        Of the polynomial, >= 0.

    Returns
    -------
    ndarray, shape (bins, order + 1)
        Values.

    Raises
    ------
    InputError
        ``E_EDGES``, or ``E_ORDER`` if there are not more bins than coefficients.

    Examples
    --------
    >>> basis([0.0, 1.0, 3.0, 4.0], 1).round(3).tolist()  # centres 0.5, 2, 3.5 in 0 ... 4
    [[1.0, -0.75], [1.0, 0.0], [1.0, 0.75]]
    """
    edges = checked_edges(edges)
    if not isinstance(order, (int, np.integer)) or isinstance(order, bool) or not 0 <= order <= len(edges) - 3:
        allowed = f"a whole number, 0 up to {len(edges) - 3} for {len(edges) - 1} bins"
        raise InputError("E_ORDER", f"a polynomial of order {order!r}", allowed)
    centres = (edges[1:] + edges[:-1]) / 2
    return legendre.legvander(2 * (centres - edges[0]) / (edges[-1] - edges[0]) - 1, order)


def poisson_fit(
    outliers: np.ndarray, others: np.ndarray, basis: np.ndarray, start: np.ndarray | None = None
) -> np.ndarray:
    r"""Fit many spectra at once by Poisson maximum likelihood.

    Minimises :math:`\sum_i n_i t_i - o_i \log(n_i t_i)` over the coefficients of t, by Newton steps that stay where
    t > 0: the function is convex, so there is one minimum. Bins without other events tell nothing of t.

    Parameters
    ----------
    outliers, others : ndarray, shape (rows, bins)
        Counts of each spectrum.
    basis : ndarray, shape (bins, p)
        From `basis`.
    start : ndarray, shape (p,), optional
        Coefficients to begin with, which must give t > 0.

    Returns
    -------
    ndarray, shape (rows, p)
        Coefficients.

    Examples
    --------
    >>> others = np.array([[400.0, 300.0, 200.0, 100.0]])
    >>> poisson_fit(others * 0.25, others, basis([0, 1, 2, 3, 4], 1)).round(6).tolist()
    [[0.25, 0.0]]
    """
    n = np.asarray(others, dtype=np.float64)
    seen = n > 0
    o = np.where(seen, np.maximum(outliers, LEAST), 0.0)
    coefficients = np.zeros((len(n), basis.shape[1]))
    if start is None:
        coefficients[:, 0] = o.sum(1) / np.maximum(n.sum(1), 1.0)  # a constant; the first column is one everywhere
    else:
        coefficients[:] = start
    products = (basis[:, :, None] * basis[:, None, :]).reshape(len(basis), -1)
    rows = np.flatnonzero(seen.any(1))
    for _ in range(MAX_STEPS):
        c, at, against, filled = coefficients[rows], o[rows], n[rows], seen[rows]
        t = np.where(filled, c @ basis.T, 1.0)
        gradient = (against - at / t) @ basis
        step, decrement = _newton(gradient, (at / t**2) @ products)
        change = np.where(filled, step @ basis.T, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            room = np.where(change > 0, t / change, np.inf).min(1)  # how far t stays positive
        size = np.minimum(1.0, 0.95 * room)
        for _ in range(40):  # halve until the likelihood rises enough
            grown = 1 - size[:, None] * change / t
            gain = (at * np.log(grown) + size[:, None] * against * change).sum(1)
            poor = gain < 1e-4 * size * decrement - 1e-11 * (1 + at.sum(1))  # rounding must not stop the last step
            if not poor.any():
                break
            size[poor] /= 2
        coefficients[rows] = c - size[:, None] * step
        rows = rows[decrement > DECREMENT]
        if len(rows) == 0:
            break
    return coefficients


def unweighted_fit(
    outliers: np.ndarray, others: np.ndarray, basis: np.ndarray, start: np.ndarray | None = None
) -> np.ndarray:
    """Fit the ratios of many spectra by least squares in which every bin counts alike, as the authors' code does.

    A bin with two events pulls as strongly as one with ten thousand.

    Parameters
    ----------
    outliers, others, basis, start
        As in `poisson_fit`; the start is not needed.

    Returns
    -------
    ndarray, shape (rows, p)
        Coefficients; t may be negative.

    Examples
    --------
    >>> others = np.array([[400.0, 300.0, 200.0, 100.0]])
    >>> unweighted_fit(others * 0.25, others, basis([0, 1, 2, 3, 4], 1)).round(6).tolist()
    [[0.25, 0.0]]
    """
    seen = (np.asarray(others) > 0).astype(np.float64)
    ratio = seen * outliers / np.maximum(others, 1)
    products = (basis[:, :, None] * basis[:, None, :]).reshape(len(basis), -1)
    return _newton(ratio @ basis, seen @ products)[0]


FITS: dict[str, Callable[..., np.ndarray]] = {"poisson": poisson_fit, "unweighted": unweighted_fit}


def transfer(
    outliers: np.ndarray, others: np.ndarray, edges: np.ndarray = EDGES, order: int = ORDER, fit: str = "poisson"
) -> Transfer:
    r"""Predict the background among outliers from the spectrum of the other events.

    :math:`b_i = n_i t(m_i)` with a polynomial t, section 4 of Tsan et al. (2021). Errors are those of linear
    propagation of both counts: a change of :math:`o_j - t_j n_j` moves :math:`t_i` by :math:`G_{ij}`, and
    :math:`n_i` moves :math:`b_i` directly, too.

    Parameters
    ----------
    outliers, others : array_like, shape (bins,)
        Counts.
    edges : array_like, shape (bins + 1,)
        GeV.
    order : int
        Of the polynomial.
    fit : str
        ``"poisson"`` (maximum likelihood) or ``"unweighted"`` (least squares of the ratio, as in the authors' code).

    Returns
    -------
    Transfer
        Factor and background with errors.

    Raises
    ------
    InputError
        ``E_FIT``, ``E_EDGES``, ``E_ORDER``, ``E_SHAPE``, ``E_COUNT`` for counts that are none, ``E_FEW`` for a bin
        without other events or hardly any outliers, ``E_NEGATIVE`` if a background comes out negative.

    Examples
    --------
    >>> found = transfer([40, 30, 20, 10], [400, 300, 200, 100], [0, 1, 2, 3, 4], order=1)
    >>> found.background.round(3).tolist(), found.background_error.round(1).tolist()
    ([40.0, 30.0, 20.0, 10.0], [5.7, 3.3, 3.0, 2.3])
    """
    functions = FITS[choose("fit", fit, FITS, "E_FIT")]
    v = basis(edges, order)
    o, n = (_counts(name, some, len(v)) for name, some in (("outliers", outliers), ("others", others)))
    if (n < 1).any() or o.sum() <= order + 1:
        found = f"{int((n < 1).sum())} bins without non-outliers and {o.sum():g} outliers in all"
        expected = f"a non-outlier in every bin and more than {order + 1} outliers"
        raise InputError("E_FEW", found, expected, mend="join bins, leave some out, or take a lower quantile")
    c = functions(o[None], n[None], v)[0]
    t = v @ c
    if (t <= 0).any():
        found = f"a negative background in {int((t <= 0).sum())} of {len(t)} bins"
        raise InputError("E_NEGATIVE", found, "a transfer factor above zero", mend="fit='poisson' keeps it positive")
    pull = 1 / t if fit == "poisson" else 1 / n  # how a bin's residual enters the normal equations
    response = v @ np.linalg.solve(v.T @ (v * (pull * n)[:, None]), v.T) * pull
    spread = (response**2) @ (n * t + t**2 * n)
    variance = n**2 * spread + t**2 * n - 2 * (n * t) ** 2 * np.diag(response)
    return Transfer(c, t, np.sqrt(spread), n * t, np.sqrt(np.maximum(variance, 0.0)))


def _newton(gradient: np.ndarray, curvature: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    size = gradient.shape[1]
    matrices = curvature.reshape(-1, size, size)
    ridge = 1e-13 * np.trace(matrices, axis1=1, axis2=2)[:, None, None] * np.eye(size)  # fewer filled bins than terms
    step = np.linalg.solve(matrices + ridge, gradient[..., None])[..., 0]
    return step, (gradient * step).sum(1)


def _counts(name: str, counts: np.ndarray, bins: int) -> np.ndarray:
    checked = np.asarray(counts, dtype=np.float64)
    if checked.shape != (bins,):
        raise InputError("E_SHAPE", f"counts of shape {checked.shape}", f"({bins},), one a bin", where=name)
    if not np.isfinite(checked).all() or (checked < 0).any():
        raise InputError("E_COUNT", "counts that are negative or not finite", "0 or more events a bin", where=name)
    return checked
