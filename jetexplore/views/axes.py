"""Which distances span the plane of pairs? Those selected, an open p filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np

from jetexplore import anomaly
from jetexplore.anomaly import livepairs
from jetexplore.distances.metrics import METRICS
from jetexplore.views.state import POWER, Choice

AXES = ("x", "y")


def axis(choice: Choice, name: str) -> str:
    """Name the metric of an axis.

    Parameters
    ----------
    choice : Choice
        The selections.
    name : {"x", "y"}
        Which axis.

    Returns
    -------
    str
        For ``anomaly.livepairs.pairs``.

    Examples
    --------
    >>> axis(Choice(y="Wass(p)", power=1.3), "y")
    'Wass(1.3)'
    """
    metric = getattr(choice, name)
    return f"Wass({choice.power:g})" if metric == POWER else metric


def distances_of(name: str, metric: str, wanted: Callable[[float], bool] | None = None) -> np.ndarray:
    """Give the distances of all pairs along an axis, kept ones if there are any.

    Parameters
    ----------
    name : str
        Class.
    metric : str
        From `axis`.
    wanted : callable, optional
        As in ``livepairs.pairs``; does not stop what will be kept in a file.

    Returns
    -------
    ndarray, shape (499500,), float32
        Read-only.

    Examples
    --------
    >>> len(distances_of("QCD", "Wass(1)"))
    499500
    """
    return anomaly.pairs(name, metric) if metric in METRICS else livepairs.pairs(name, metric, wanted=wanted)


def back(shown: tuple[str, ...]) -> dict[str, object]:
    """Give the selections that ask for what is drawn.

    Parameters
    ----------
    shown : tuple of str
        Class and the metrics of both axes.

    Returns
    -------
    dict
        For ``Choice``.

    Examples
    --------
    >>> back(("W", "MAE", "Wass(1.3)"))
    {'sample': 'W', 'x': 'MAE', 'y': 'Wass(p)', 'power': 1.3}
    """
    found: dict[str, object] = {"sample": shown[0]}
    for name, metric in zip(AXES, shown[1:], strict=True):
        if metric in METRICS:
            found[name] = metric
        else:
            found |= {name: POWER, "power": float(metric[5:-1])}
    return found


def plan_metric(choice: Choice) -> str:
    """Name the metric of the transport plan: that of the vertical axis if it has one.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    str
        A ``"Wass(p)"``.

    Examples
    --------
    >>> plan_metric(Choice(y="MAE"))
    'Wass(1)'
    """
    vertical = axis(choice, "y")
    return vertical if vertical.startswith("Wass") else "Wass(1)"


def opened(texts: Mapping[str, str]) -> dict[str, str]:
    """Take the p out of axes that are written with a number, as a person writes a link.

    Parameters
    ----------
    texts : mapping of str to str
        Names and texts of a query.

    Returns
    -------
    dict of str to str
        Where x or y is ``"Wass(1.3)"`` and no other p is asked for, ``"Wass(p)"`` and a ``power``; the rest as it was.

    Examples
    --------
    >>> opened({"y": "Wass(1.3)", "k": "5"})
    {'y': 'Wass(p)', 'k': '5', 'power': '1.3'}
    """
    usual = Choice.param.x.objects
    free = {}
    for name in AXES:
        written = re.fullmatch(r"Wass\((\d{1,2}(?:\.\d{1,4})?)\)", texts.get(name, ""))
        if written and texts[name] not in usual:
            free[name] = written[1]
    if not free or len({*free.values(), *([texts["power"]] if "power" in texts else [])}) > 1:
        return dict(texts)
    return {**texts, **dict.fromkeys(free, POWER), "power": next(iter(free.values()))}
