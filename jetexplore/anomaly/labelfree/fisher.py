"""How are several label-free scores made one? Fisher's sum of logarithms of held-out background p-values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from jetexplore.anomaly.labelfree.pvalues import pvalue
from jetexplore.anomaly.labelfree.recipes import Scorer
from jetexplore.errors import InputError
from jetexplore.jets import Jets

HELD_OUT = 0.3  # of the background, for p-values only


def combined(calibration: Mapping[str, np.ndarray], scores: Mapping[str, np.ndarray]) -> np.ndarray:
    r"""Combine scores of the same jets: :math:`-\sum_i \log p_i`, Fisher's method.

    Parameters
    ----------
    calibration : mapping of str to ndarray, shape (n,)
        Scores of held-out background jets.
    scores : mapping of str to ndarray, shape (m,)
        The same scores of the jets in question.

    Returns
    -------
    ndarray, shape (m,)
        Bigger is more anomalous. Members are not independent, so it is a score, not a chi-squared.

    Raises
    ------
    InputError
        ``E_EMPTY`` without scores, ``E_SCORE`` if the two name different ones, those of `pvalue`.

    Examples
    --------
    >>> held = {"a": np.arange(9.0), "b": np.arange(9.0)}
    >>> combined(held, {"a": np.array([0.0, 9.0]), "b": np.array([0.0, 9.0])}).round(2).tolist()
    [-0.0, 4.61]
    """
    if not scores:
        raise InputError("E_EMPTY", "no scores", "at least one")
    if set(scores) != set(calibration):
        raise InputError("E_SCORE", f"scores {sorted(scores)}", f"those of the calibration, {sorted(calibration)}")
    return -np.sum([np.log(pvalue(calibration[name], some)) for name, some in scores.items()], axis=0)


def fisher(background: Jets, members: Sequence[tuple[str, Mapping[str, object]]] = ()) -> Scorer:
    """Fit several scores on one part of the background, and take their p-values from the rest.

    Parameters
    ----------
    background : Jets
        Background jets; the last 30 % are held out.
    members : sequence of (str, mapping)
        Names in ``labelfree.SCORES`` and their options.

    Returns
    -------
    callable
        Jets to scores, shape (n,).

    Raises
    ------
    InputError
        ``E_EMPTY`` without members or with too few jets, and those of the members.
    """
    from jetexplore.anomaly import labelfree

    kept = round(len(background) * (1 - HELD_OUT))
    if not members or not 0 < kept < len(background):
        raise InputError("E_EMPTY", f"{len(members)} scores, {len(background)} jets", "at least one score and 3 jets")
    first, rest = background[:kept], background[kept:]
    scorers = {
        f"{n} {name}": labelfree.fit(labelfree.SCORES, name, first, **options)
        for n, (name, options) in enumerate(members)
    }
    held = {name: scorer(rest) for name, scorer in scorers.items()}

    def score(jets: Jets) -> np.ndarray:
        if not len(jets):
            return np.zeros(0)
        return combined(held, {name: scorer(jets) for name, scorer in scorers.items()})

    return score
