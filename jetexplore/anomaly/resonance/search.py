"""Is there a resonance among the outliers, and how surprising is it? The dijet search of Tsan et al. (2021), section 4.

Outlier events, the background that all other events predict, the least likely window, and how often as little likely a
window is found where there is no signal. The background is fitted again in every pseudo-experiment: it was fitted to
the data, too, and without that the global significance is not calibrated.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from jetexplore.anomaly.resonance.bumphunt import WIDTHS, Windows, checked_widths, statistic, windows
from jetexplore.anomaly.resonance.edges import EDGES, checked_edges, checked_masses, spectrum
from jetexplore.anomaly.resonance.outliers import outliers
from jetexplore.anomaly.resonance.transfer import FITS, ORDER, Transfer, basis, transfer
from jetexplore.errors import InputError

N_PSEUDO = 10_000


class Search(NamedTuple):
    """What a search found."""

    edges: np.ndarray  # (bins + 1,) GeV
    outliers: np.ndarray  # (bins,) events in the signal region
    others: np.ndarray  # (bins,) events from which the background is predicted
    transfer: Transfer  # factor and background, with errors
    windows: Windows  # every window with its local p
    low: float  # GeV, the window found
    high: float
    local_p: float
    global_p: float  # (S + 1) / (pseudo-experiments + 1), S of them at least as extreme
    z: float  # standard deviations, one-sided; where global_p is at its floor, a lower limit
    at_floor: bool  # no pseudo-experiment was as extreme
    statistic: float  # -log local_p
    pseudo: np.ndarray  # (n_pseudo,) statistics without a signal
    threshold: float  # of the event score; NaN where counts were given

    @property
    def centre(self) -> float:
        """Middle of the window found, GeV."""
        return (self.low + self.high) / 2

    @property
    def pulls(self) -> np.ndarray:
        """Observed less expected, over Poisson variance and the background's error in quadrature.

        The background was fitted to the same counts, so pulls scatter by a little less than one.
        """
        predicted = self.transfer
        return (self.outliers - predicted.background) / np.hypot(
            np.sqrt(predicted.background), predicted.background_error
        )


def search(
    m_jj: np.ndarray,
    scores: np.ndarray,
    quantile: float = 0.7,
    combine: str = "min",
    edges: np.ndarray = EDGES,
    order: int = ORDER,
    fit: str = "poisson",
    widths: tuple[int, int] = WIDTHS,
    n_pseudo: int = N_PSEUDO,
    refit: bool = True,
    seed: int | tuple[int, ...] = 0,
    evaluation: np.ndarray | None = None,
) -> Search:
    """Look for a dijet resonance among the events that a score calls outliers.

    Parameters
    ----------
    m_jj : array_like, shape (n,)
        Dijet masses, GeV.
    scores : array_like, shape (n, jets) or (n,)
        Scores of the jets of each event, bigger is more anomalous, from anywhere; or of the events.
    quantile, combine, evaluation
        What makes an outlier, as in `outliers`.
    edges, order, fit, widths, n_pseudo, refit, seed
        As in `search_counts`.

    Returns
    -------
    Search
        Spectra, background, window, local and global p, all windows and pseudo-experiments.

    Raises
    ------
    InputError
        ``E_SHAPE`` if masses and scores differ in number, and those of `outliers`, `spectrum`, `search_counts`.

    Examples
    --------
    >>> from jetexplore.anomaly.resonance.toys import toy_events
    >>> toy = toy_events(100_000, 400, seed=1)
    >>> found = search(toy.m_jj, toy.scores, n_pseudo=200)
    >>> bool(found.low < 3700 < found.high), found.global_p < 0.1
    (True, True)
    """
    masses = checked_masses(m_jj)
    if len(masses) != len(scores):
        raise InputError("E_SHAPE", f"{len(masses)} masses and {len(scores)} events with scores", "one mass an event")
    chosen = outliers(scores, quantile, combine, evaluation)
    if not chosen.mask.any() or chosen.mask.all():
        found = f"{int(chosen.mask.sum())} outliers among {len(masses)} events"
        raise InputError("E_FEW", found, "outliers and others", mend="take another quantile")
    counted = [spectrum(masses[mask], edges) for mask in (chosen.mask, ~chosen.mask)]
    found = search_counts(*counted, edges, order, fit, widths, n_pseudo, refit, seed)
    return found._replace(threshold=chosen.threshold)


def search_counts(
    outliers: np.ndarray,
    others: np.ndarray,
    edges: np.ndarray = EDGES,
    order: int = ORDER,
    fit: str = "poisson",
    widths: tuple[int, int] = WIDTHS,
    n_pseudo: int = N_PSEUDO,
    refit: bool = True,
    seed: int | tuple[int, ...] = 0,
) -> Search:
    r"""Look for a resonance in two spectra that are already counted.

    Pseudo-experiments draw :math:`o^*_i \sim \mathrm{Poisson}(b_i)` and :math:`n^*_i \sim \mathrm{Poisson}(n_i)`, fit
    the transfer factor to them and look for the best window against their **own** background. With ``refit=False``
    they are compared to the background of the data, as in the authors' code: not calibrated.

    Parameters
    ----------
    outliers, others : array_like, shape (bins,)
        Events.
    edges : array_like, shape (bins + 1,)
        GeV.
    order : int
        Of the polynomial.
    fit : str
        A name in ``transfer.FITS``: ``"poisson"``, or ``"unweighted"`` as in the authors' code.
    widths : tuple of int
        Narrowest and widest window, bins.
    n_pseudo : int
        Pseudo-experiments.
    refit : bool
        Fit the transfer factor again in each.
    seed : int or tuple of int
        Of the pseudo-experiments.

    Returns
    -------
    Search
        As of `search`.

    Raises
    ------
    InputError
        ``E_PSEUDO`` for less than one pseudo-experiment, and those of `transfer` and `windows`.

    Examples
    --------
    >>> others = (10_000 * np.exp(-np.arange(21) / 4)).round()
    >>> found = search_counts(others / 10, others, n_pseudo=50)
    >>> bool(found.local_p > 0.4), found.global_p > 0.5
    (True, True)
    """
    edges = checked_edges(edges)
    if not isinstance(n_pseudo, (int, np.integer)) or isinstance(n_pseudo, bool) or n_pseudo < 1:
        raise InputError("E_PSEUDO", f"{n_pseudo!r} pseudo-experiments", "a whole number, 1 or more")
    checked_widths(widths, len(edges) - 1)
    predicted = transfer(outliers, others, edges, order, fit)
    judged = windows(outliers, predicted.background, widths)
    best = judged.best
    local_p = float(judged.p[best])
    observed = float(statistic(outliers, predicted.background, widths)[0])
    rng = np.random.default_rng(seed)
    pseudo_outliers = rng.poisson(predicted.background, (n_pseudo, len(edges) - 1))
    expected = predicted.background[None]
    if refit:
        pseudo_others = rng.poisson(others, pseudo_outliers.shape)
        v = basis(edges, order)
        coefficients = FITS[fit](pseudo_outliers, pseudo_others, v, predicted.coefficients)
        expected = pseudo_others * np.maximum(coefficients @ v.T, 0.0)
    pseudo = statistic(pseudo_outliers, expected, widths)
    extreme = int((pseudo >= observed).sum())
    global_p = (extreme + 1) / (n_pseudo + 1)
    low, high = (float(edges[place]) for place in (judged.first[best], judged.first[best] + judged.width[best]))
    return Search(
        edges, np.asarray(outliers), np.asarray(others), predicted, judged, low, high, local_p, global_p,
        float(-ndtri(global_p)), extreme == 0, observed, pseudo, float("nan"),
    )  # fmt: skip
