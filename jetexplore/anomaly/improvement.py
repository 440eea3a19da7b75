"""How much does a cut improve the significance? The curve of a score, with what its statistics allow to say."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jetexplore.anomaly.curves import Roc


class Improvement(NamedTuple):
    """Significance improvement along a ROC curve; NaN where too little background is left."""

    signal_efficiency: np.ndarray  # (m,) rising
    value: np.ndarray  # (m,)
    error: np.ndarray  # (m,) one standard deviation, from the counts of background and signal jets


def improvement(curve: Roc, n_signal: int | None = None, points: int = 200) -> Improvement:
    r"""Significance improvement :math:`\epsilon_S / \sqrt{\epsilon_B}` with its statistical error.

    The background's part of the relative error is :math:`1 / (2 \sqrt{N_B})`, without a part of its own for the number
    of all background jets, which is larger; that of the signal is :math:`\sqrt{(1 - \epsilon_S) / (\epsilon_S n_S)}`.
    Below 25 background jets the value is noise, its largest most of all, and therefore NaN.

    Parameters
    ----------
    curve : Roc
        From ``curves.roc``.
    n_signal : int, optional
        Signal jets of the curve; without it only the background's error counts.
    points : int
        Signal efficiencies, evenly spaced from 1 / points to 1.

    Returns
    -------
    Improvement
        At each the value of the largest threshold that keeps at least as much of the signal.

    Examples
    --------
    >>> from jetexplore.anomaly import roc
    >>> found = improvement(roc(np.arange(100.0), np.arange(100.0) + 50), points=2)  # half: no background is left
    >>> found.value.round(3).tolist(), found.error.round(3).tolist()
    ([nan, 1.414], [nan, 0.1])
    """
    wanted = np.arange(1, points + 1) / points
    at = np.searchsorted(curve.signal_efficiency, wanted - 1e-12)
    kept, left = curve.signal_efficiency[at], curve.background_efficiency[at] * curve.n_background
    value = curve.significance_improvement()[at]
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = 1 / (4 * left) + (0.0 if n_signal is None else (1 - kept) / (kept * n_signal))
        return Improvement(kept, value, value * np.sqrt(relative))
