"""Would another score have been better? Two scores on the same jets: areas, their difference, where they disagree.

Errors of a difference are paired: both scores see the same draws of jets, so what they have in common cancels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from jetexplore.anomaly.curves import N_BOOTSTRAP, Auc
from jetexplore.errors import InputError


class Difference(NamedTuple):
    """Areas of two scores for one signal, and by how much the first is larger."""

    left: Auc
    right: Auc
    value: float  # left minus right
    error: float  # standard deviation over bootstrap draws, the same jets for both


class Disagreement(NamedTuple):
    """One jet that two scores see differently."""

    name: str  # its class
    number: int  # its place among the test jets of the class
    left: float  # fraction of background jets that the score calls less anomalous
    right: float


def difference(
    left: Mapping[str, np.ndarray], right: Mapping[str, np.ndarray], signal: str, background: str = "QCD",
    n_bootstrap: int = N_BOOTSTRAP, seed: int = 0,
) -> Difference:  # fmt: skip
    r"""Compare the areas under the ROC curves of two scores, :math:`A_l - A_r`, on the same jets.

    Parameters
    ----------
    left, right : mapping of str to array_like
        Scores by class, of the same jets in the same order; bigger is more anomalous.
    signal, background : str
        Classes.
    n_bootstrap, seed
        As in ``curves.auc``, whose areas and errors these are.

    Returns
    -------
    Difference
        Both areas, the difference and its error.

    Raises
    ------
    InputError
        ``E_EMPTY`` without jets or draws, ``E_NONFINITE``, ``E_SHAPE`` where one score has other jets than the other.

    Examples
    --------
    >>> jets = {"QCD": np.arange(4.0), "W": np.array([2.5, 3.5])}
    >>> difference(jets, {name: -some for name, some in jets.items()}, "W").value
    0.75
    >>> difference(jets, {name: 2 * some for name, some in jets.items()}, "W")[2:]
    (0.0, 0.0)
    """
    sides = [_levels(_of(some, background), _of(some, signal)) for some in (left, right)]
    (at_background, at_signal, _), (other_background, other_signal, _) = sides
    if (len(at_background), len(at_signal)) != (len(other_background), len(other_signal)):
        raise InputError("E_SHAPE", f"{len(at_background)} and {len(other_background)} background jets, "
                         f"{len(at_signal)} and {len(other_signal)} signal jets", "the same jets for both")  # fmt: skip
    if n_bootstrap < 1:
        raise InputError("E_RANGE", f"{n_bootstrap!r} bootstrap draws", "at least one")
    rng = np.random.default_rng(seed)
    drawn = np.empty((n_bootstrap, 2))
    for row in drawn:
        which = (rng.integers(len(some), size=len(some)) for some in (at_background, at_signal))
        b, s = which  # in this order, as `curves.auc` draws
        row[:] = [_area(one[b], other[s], many) for one, other, many in sides]
    values = [_area(*side) for side in sides]
    areas = [Auc(value, float(np.std(some))) for value, some in zip(values, drawn.T, strict=True)]
    return Difference(*areas, areas[0].value - areas[1].value, float(np.std(drawn[:, 0] - drawn[:, 1])))


def background_ranks(scores: Mapping[str, np.ndarray], background: str = "QCD") -> dict[str, np.ndarray]:
    r"""Rank jets among the background, :math:`P(s_B < s) + \frac12 P(s_B = s)`, whatever the scale of the score.

    Parameters
    ----------
    scores : mapping of str to array_like
        Scores by class; bigger is more anomalous.
    background : str
        The class that ranks.

    Returns
    -------
    dict of str to ndarray
        By class, 0 to 1. A cut at :math:`r` keeps :math:`\epsilon_B = 1 - r` of the background.

    Raises
    ------
    InputError
        ``E_EMPTY`` or ``E_NONFINITE``.

    Examples
    --------
    >>> background_ranks({"QCD": np.arange(4.0), "W": np.array([-1.0, 2.0, 9.0])})["W"].tolist()
    [0.0, 0.625, 1.0]
    """
    levels = np.sort(_of(scores, background))
    found = {}
    for name in scores:
        some = _of(scores, name)
        found[name] = (np.searchsorted(levels, some) + np.searchsorted(levels, some, "right")) / (2 * len(levels))
    return found


def rank_correlation(left: np.ndarray, right: np.ndarray) -> float:
    """Spearman's correlation of two scores of the same jets.

    Parameters
    ----------
    left, right : array_like, shape (n,)
        Scores.

    Returns
    -------
    float
        -1 to 1; NaN if one of them does not vary.

    Examples
    --------
    >>> rank_correlation([1.0, 2.0, 9.0], [0.1, 0.2, 0.3])
    1.0
    """
    from scipy.stats import rankdata

    from jetexplore.distances.pairs import correlation

    return round(correlation(rankdata(left), rankdata(right)), 12)


def disagreements(
    left: Mapping[str, np.ndarray], right: Mapping[str, np.ndarray], names: Sequence[str], most: int = 3,
    among: int | None = None,
) -> list[Disagreement]:  # fmt: skip
    """List the jets that one of two scores calls anomalous and the other does not.

    Parameters
    ----------
    left, right : mapping of str to ndarray
        From `background_ranks`, of the same jets.
    names : sequence of str
        Classes to look among.
    most : int
        How many of each: those that the left calls more anomalous come first, by falling difference of the ranks,
        then those that the right does.
    among : int, optional
        Only so many first jets of each class.

    Returns
    -------
    list of Disagreement
        At most ``2 * most``; a jet that both see alike is none.

    Examples
    --------
    >>> ranks = {"W": np.array([0.1, 0.9, 0.5])}, {"W": np.array([0.8, 0.3, 0.5])}
    >>> [(one.number, one.left) for one in disagreements(*ranks, ["W"], most=1)]
    [(1, 0.9), (0, 0.1)]
    """
    jets = [
        Disagreement(name, number, float(one), float(other))
        for name in names
        for number, (one, other) in enumerate(zip(left[name][:among], right[name][:among], strict=True))
    ]
    apart = [one for one in sorted(jets, key=lambda one: one.right - one.left) if one.left != one.right]
    first = [one for one in apart[:most] if one.left > one.right]
    return first + [one for one in apart[::-1][:most] if one.left < one.right]


def nearest_jet(
    left: np.ndarray, right: np.ndarray, at: tuple[float, float], among: int | None = None
) -> tuple[int, float]:
    """Find the jet whose two ranks lie nearest to a point of their plane.

    Parameters
    ----------
    left, right : ndarray, shape (n,)
        Ranks of the jets of one class.
    at : tuple of float
        The point.
    among : int, optional
        Only so many first jets.

    Returns
    -------
    tuple of int and float
        Its number, and how far it lies from the point.

    Examples
    --------
    >>> nearest_jet(np.array([0.1, 0.9]), np.array([0.2, 0.8]), (0.9, 0.9))
    (1, 0.1)
    """
    away = np.hypot(left[:among] - at[0], right[:among] - at[1])
    return int(away.argmin()), round(float(away.min()), 6)


def _of(scores: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    some = np.asarray(scores[name], dtype=np.float64)
    if some.ndim != 1 or not len(some):
        raise InputError("E_EMPTY", f"scores of shape {some.shape}", "at least one in one dimension", where=name)
    if not np.isfinite(some).all():
        raise InputError("E_NONFINITE", f"{int((~np.isfinite(some)).sum())} scores not finite", "finite", where=name)
    return some


def _levels(background: np.ndarray, signal: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    levels, at = np.unique(np.concatenate([background, signal]), return_inverse=True)
    return at[: len(background)], at[len(background) :], len(levels)


def _area(background: np.ndarray, signal: np.ndarray, n_levels: int) -> float:
    below = np.bincount(background, minlength=n_levels).astype(np.float64)
    wins = np.cumsum(below) - below / 2  # background below each level, ties half
    return float(wins[signal].sum() / (len(background) * len(signal)))
