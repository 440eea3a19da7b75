"""How rare is a score among background jets that nobody fitted on?"""

from __future__ import annotations

import numpy as np

from jetexplore.errors import InputError


def pvalue(calibration: np.ndarray, scores: np.ndarray) -> np.ndarray:
    r"""Turn scores into background p-values by a held-out background sample.

    :math:`p(x) = (1 + \#\{c : s(c) \ge s(x)\}) / (1 + n)`, which is never zero, and for background jets uniform up to
    steps of :math:`1 / (1 + n)`; jets that tie with calibration jets get the larger value.

    Parameters
    ----------
    calibration : ndarray, shape (n,)
        Scores of background jets that took no part in the fit.
    scores : ndarray, shape (m,)
        Scores of the jets in question; bigger is more anomalous.

    Returns
    -------
    ndarray, shape (m,)
        Numbers from 1 / (1 + n) to 1; small is anomalous.

    Raises
    ------
    InputError
        ``E_EMPTY`` without calibration jets, ``E_NAN`` if a score is no number.

    Examples
    --------
    >>> pvalue(np.array([0.0, 1.0, 2.0]), np.array([-1.0, 1.0, 5.0])).tolist()
    [1.0, 0.75, 0.25]
    """
    calibration, scores = np.asarray(calibration, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    if not len(calibration):
        raise InputError("E_EMPTY", "no calibration jets", "at least one")
    if np.isnan(calibration).any() or np.isnan(scores).any():
        raise InputError("E_NAN", "scores that are no numbers", "numbers")
    above = len(calibration) - np.searchsorted(np.sort(calibration), scores, side="left")
    return (1.0 + above) / (1.0 + len(calibration))
