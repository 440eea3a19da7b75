"""Which events are outliers? Scores of their jets made one, and a cut at a quantile."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from jetexplore.errors import InputError, choose

# (n, jets) -> (n,), bigger is more anomalous; all on the scale of one jet but the sum
COMBINE: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "min": lambda scores: scores.min(axis=1),
    "max": lambda scores: scores.max(axis=1),
    "sum": lambda scores: scores.sum(axis=1),
    "mean": lambda scores: scores.mean(axis=1),
}


class Outliers(NamedTuple):
    """Events beyond a threshold."""

    mask: np.ndarray  # (n,) bool
    threshold: float  # of the event score
    scores: np.ndarray  # (n,) event scores


def jet_scores(score: Callable[..., np.ndarray], *jets: object) -> np.ndarray:
    """Score the jets of events, rank by rank, with any score of jets.

    Parameters
    ----------
    score : callable
        Jets (or images, whatever it takes) to scores, shape (n,): of ``labelfree.fit``, of a network, ...
    *jets : object
        The leading jets of all events, then the second ones, and so on.

    Returns
    -------
    ndarray, shape (n, jets)
        Bigger is more anomalous.

    Raises
    ------
    InputError
        ``E_EMPTY`` without jets, ``E_SHAPE`` if ranks differ in number or a score is not one number a jet.

    Examples
    --------
    >>> from jetexplore import jets
    >>> some = jets.load()["W"]
    >>> jet_scores(lambda jets: jets.momenta().mass, some[:4], some[4:8]).shape
    (4, 2)
    """
    if not jets:
        raise InputError("E_EMPTY", "no jets", "those of at least one rank")
    columns = [np.asarray(score(some), dtype=np.float64) for some in jets]
    shapes = {column.shape for column in columns}
    if len(shapes) > 1 or columns[0].ndim != 1:
        raise InputError("E_SHAPE", f"scores of shapes {sorted(shapes)}", "one score a jet, as many jets of each rank")
    return np.column_stack(columns)


def event_scores(scores: np.ndarray, combine: str = "min") -> np.ndarray:
    """Make one score of those of the jets of an event.

    The minimum asks all jets to be anomalous, as Tsan et al. (2021), section 4, do of both.

    Parameters
    ----------
    scores : array_like, shape (n, jets) or (n,)
        Jet scores, two or more an event; or event scores, which stay as they are.
    combine : str
        A name in `COMBINE`: "min", "max", "sum" or "mean".

    Returns
    -------
    ndarray, shape (n,)
        Bigger is more anomalous.

    Raises
    ------
    InputError
        ``E_SHAPE``, ``E_EMPTY``, ``E_NONFINITE`` or ``E_COMBINE``.

    Examples
    --------
    >>> event_scores([[1.0, 3.0], [2.0, 2.0]], "min").tolist(), event_scores([[1.0, 3.0, 5.0]], "mean").tolist()
    ([1.0, 2.0], [3.0])
    """
    choose("combination", combine, COMBINE, "E_COMBINE")
    checked = _checked(scores)
    return checked if checked.ndim == 1 else COMBINE[combine](checked)


def outliers(
    scores: np.ndarray, quantile: float = 0.7, combine: str = "min", evaluation: np.ndarray | None = None
) -> Outliers:
    """Tell events that lie beyond a quantile of the **jet** scores.

    As in section 4 of Tsan et al. (2021) and their code, the quantile is of all jets of all events pooled: with "min",
    an event is an outlier if each of its jets lies above. The sum is compared to as many times the quantile.

    Parameters
    ----------
    scores : array_like, shape (n, jets) or (n,)
        Jet scores (or event scores, of which the quantile is then taken).
    quantile : float
        0 < quantile < 1.
    combine : str
        A name in `COMBINE`.
    evaluation : array_like, optional
        Scores of other events, of which the quantile is taken instead.

    Returns
    -------
    Outliers
        Mask, threshold of the event score, event scores.

    Raises
    ------
    InputError
        ``E_QUANTILE``, and those of `event_scores`.

    Examples
    --------
    >>> outliers([[1.0, 9.0], [8.0, 7.0], [2.0, 3.0], [4.0, 5.0]], quantile=0.6).mask.tolist()
    [False, True, False, False]
    """
    if not isinstance(quantile, (int, float, np.floating)) or not 0 < quantile < 1:
        raise InputError("E_QUANTILE", f"quantile {quantile!r}", "0 < quantile < 1")
    combined = event_scores(scores, combine)
    of = _checked(scores if evaluation is None else evaluation)
    n_jets = np.shape(scores)[1] if np.ndim(scores) == 2 else 1
    if np.ndim(scores) != of.ndim:
        raise InputError("E_SHAPE", f"evaluation scores of shape {of.shape}", f"{np.ndim(scores)} dimensions")
    threshold = float(np.quantile(of, quantile)) * (n_jets if combine == "sum" else 1)
    return Outliers(combined > threshold, threshold, combined)


def _checked(scores: np.ndarray) -> np.ndarray:
    checked = np.asarray(scores, dtype=np.float64)
    if checked.ndim not in {1, 2} or (checked.ndim == 2 and checked.shape[1] < 2):
        raise InputError("E_SHAPE", f"scores of shape {checked.shape}", "(events, jets) with two jets or more")
    if len(checked) == 0:
        raise InputError("E_EMPTY", "no scores", "those of at least one event")
    if not np.isfinite(checked).all():
        raise InputError("E_NONFINITE", f"{int((~np.isfinite(checked)).sum())} scores not finite", "finite scores")
    return checked
