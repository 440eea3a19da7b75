"""How good is a score? ROC curve, area under it with its error, background rejection, significance improvement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from jetexplore.errors import InputError

N_BOOTSTRAP = 200
SIC_FLOOR = 25  # background events above the cut, below which the improvement is noise: 10 % from 1 / (2 sqrt(25))


class Auc(NamedTuple):
    """Area under the ROC curve; below 0.5 the score is reversed for that signal, which is information."""

    value: float
    error: float  # standard deviation over bootstrap draws


class Roc(NamedTuple):
    """ROC curve: what is kept by "score >= threshold", for falling thresholds."""

    threshold: np.ndarray  # (m,)
    signal_efficiency: np.ndarray  # (m,) rises from 0 to 1
    background_efficiency: np.ndarray  # (m,)
    auc: float
    auc_error: float
    n_background: int

    def rejection(self, signal_efficiency: float) -> float:
        r"""Background rejection :math:`1 / \epsilon_B` at a signal efficiency.

        Parameters
        ----------
        signal_efficiency : float
            0 < value <= 1.

        Returns
        -------
        float
            At the first threshold that keeps at least this much signal; infinite if no background is left.

        Raises
        ------
        InputError
            ``E_EFFICIENCY`` outside (0, 1].
        """
        kept = self.background_efficiency[self._at(signal_efficiency)]
        return float("inf") if kept == 0 else float(1 / kept)

    def cut(self, signal_efficiency: float) -> float:
        """Threshold that keeps at least this fraction of the signal.

        Parameters
        ----------
        signal_efficiency : float
            0 < value <= 1.

        Returns
        -------
        float
            The largest such threshold.

        Raises
        ------
        InputError
            ``E_EFFICIENCY`` outside (0, 1].
        """
        return float(self.threshold[self._at(signal_efficiency)])

    def significance_improvement(self) -> np.ndarray:
        r"""Significance improvement :math:`\epsilon_S / \sqrt{\epsilon_B}` along the curve.

        Returns
        -------
        ndarray, shape (m,)
            NaN where fewer than 25 background events are left, since the ratio is noise there.
        """
        enough = np.rint(self.background_efficiency * self.n_background) >= SIC_FLOOR  # 25 / 97 * 97 < 25
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(enough, self.signal_efficiency / np.sqrt(self.background_efficiency), np.nan)

    def _at(self, signal_efficiency: float) -> int:
        if not 0 < signal_efficiency <= 1:
            raise InputError("E_EFFICIENCY", f"a signal efficiency of {signal_efficiency!r}", "0 < efficiency <= 1")
        return int(np.searchsorted(self.signal_efficiency, signal_efficiency - 1e-12))


class Histograms(NamedTuple):
    """Scores of several classes in common bins."""

    edges: np.ndarray  # (bins + 1,)
    fractions: dict[str, np.ndarray]  # class -> (bins,), summing to one


class Working(NamedTuple):
    """What a cut on the score keeps."""

    signal_efficiency: float
    background_efficiency: float
    rejection: float  # 1 / background efficiency
    significance_improvement: float  # NaN below the floor


def auc(background: np.ndarray, signal: np.ndarray, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0) -> Auc:
    r"""Area under the ROC curve, :math:`P(s_S > s_B) + \frac12 P(s_S = s_B)`, with its bootstrap error.

    Parameters
    ----------
    background, signal : array_like, shape (n,), (m,)
        Scores; bigger is more anomalous.
    n_bootstrap : int
        Draws with replacement, each class on its own.
    seed : int
        Of the draws.

    Returns
    -------
    Auc
        Value and error.

    Raises
    ------
    InputError
        ``E_EMPTY`` or ``E_NONFINITE``.

    Examples
    --------
    >>> auc([0.0, 1.0, 2.0, 3.0], [2.5, 3.5]).value
    0.875
    """
    background, signal = _scores("background", background), _scores("signal", signal)
    levels, at = np.unique(np.concatenate([background, signal]), return_inverse=True)
    at_background, at_signal = at[: len(background)], at[len(background) :]

    def area(b: np.ndarray, s: np.ndarray) -> float:
        below = np.bincount(b, minlength=len(levels)).astype(np.float64)
        wins = np.cumsum(below) - below / 2  # background below each level, ties half
        return float(wins[s].sum() / (len(b) * len(s)))

    rng = np.random.default_rng(seed)
    draws = [
        area(at_background[rng.integers(len(background), size=len(background))],
             at_signal[rng.integers(len(signal), size=len(signal))])
        for _ in range(n_bootstrap)
    ]  # fmt: skip
    return Auc(area(at_background, at_signal), float(np.std(draws)) if draws else float("nan"))


def roc(background: np.ndarray, signal: np.ndarray, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0) -> Roc:
    """ROC curve of a score, with the area under it.

    Parameters
    ----------
    background, signal, n_bootstrap, seed
        As in `auc`.

    Returns
    -------
    Roc
        Thresholds, efficiencies, area and error.

    Raises
    ------
    InputError
        ``E_EMPTY`` or ``E_NONFINITE``.

    Examples
    --------
    >>> curve = roc([0.0, 1.0, 2.0, 3.0], [2.5, 3.5])
    >>> curve.auc, curve.rejection(0.5), curve.rejection(1.0)
    (0.875, inf, 4.0)
    """
    area = auc(background, signal, n_bootstrap, seed)
    levels, at = np.unique(np.concatenate([background, signal]), return_inverse=True)
    kept = [  # at each level and above, highest first; written out, since scikit-learn takes over a second to import
        np.cumsum(np.bincount(rows, minlength=len(levels))[::-1]) / len(rows)
        for rows in (at[: len(background)], at[len(background) :])
    ]
    false, true = (np.concatenate([[0.0], some]) for some in kept)
    threshold = np.concatenate([[np.inf], levels[::-1]])
    return Roc(threshold, true, false, area.value, area.error, len(background))


def working_point(background: np.ndarray, signal: np.ndarray, threshold: float) -> Working:
    """Tell what "score >= threshold" keeps.

    Parameters
    ----------
    background, signal : array_like
        Scores.
    threshold : float
        The cut.

    Returns
    -------
    Working
        Efficiencies, rejection, significance improvement.

    Examples
    --------
    >>> working_point(np.arange(100.0), np.arange(50.0, 150.0), 50.0)[:3]
    (1.0, 0.5, 2.0)
    """
    kept_signal = float(np.mean(_scores("signal", signal) >= threshold))
    background = _scores("background", background)
    kept = int(np.sum(background >= threshold))
    fraction = kept / len(background)
    rejection = float("inf") if kept == 0 else 1 / fraction
    improvement = kept_signal / np.sqrt(fraction) if kept >= SIC_FLOOR else float("nan")
    return Working(kept_signal, fraction, rejection, float(improvement))


def histograms(scores: Mapping[str, np.ndarray], bins: int = 60, quantile: float = 0.995) -> Histograms:
    """Histogram the scores of every class in common equal bins, as fractions of the class.

    Parameters
    ----------
    scores : mapping of str to ndarray
        Scores by class.
    bins : int
        How many, >= 1, from the smallest score to a high quantile of all of them.
    quantile : float
        Where the last bin ends, 0 to 1; it also holds all that lies beyond.

    Returns
    -------
    Histograms
        Edges, and the fraction of each class in each bin.

    Raises
    ------
    InputError
        ``E_EMPTY`` without a class or its scores, ``E_NONFINITE``, or ``E_RANGE`` for bins or quantile.

    Examples
    --------
    >>> histograms({"QCD": np.arange(4.0)}, bins=2, quantile=1.0).fractions["QCD"].tolist()
    [0.5, 0.5]
    """
    checked = {name: _scores(name, some) for name, some in scores.items()}
    if not checked:
        raise InputError("E_EMPTY", "no scores", "those of at least one class")
    if not bins >= 1 or not 0 <= quantile <= 1:
        raise InputError("E_RANGE", f"{bins!r} bins up to the quantile {quantile!r}", "bins >= 1, 0 <= quantile <= 1")
    together = np.concatenate(list(checked.values()))
    low, high = together.min(), np.quantile(together, quantile)
    edges = np.linspace(low, high if high > low else low + 1.0, bins + 1)
    fractions = {
        name: np.histogram(np.clip(some, edges[0], edges[-1]), bins=edges)[0] / len(some)
        for name, some in checked.items()
    }
    return Histograms(edges, fractions)


def _scores(name: str, values: np.ndarray) -> np.ndarray:
    scores = np.asarray(values, dtype=np.float64)
    if scores.ndim != 1 or len(scores) == 0:
        raise InputError(
            "E_EMPTY", f"scores of shape {scores.shape}", "at least one score in one dimension", where=name
        )
    if not np.isfinite(scores).all():
        raise InputError("E_NONFINITE", f"{int((~np.isfinite(scores)).sum())} scores not finite", "finite", where=name)
    return scores
