"""What is the score, and what does the cut keep? Sentences about the selected distances to reference events."""

from __future__ import annotations

from collections.abc import Mapping

from jetexplore import anomaly
from jetexplore.anomaly.samples import orientation_of
from jetexplore.distances import METRICS
from jetexplore.views.state import Choice

KINDS = {"average": "the average", "barycentre": "the barycentre"}


def label(choice: Choice) -> str:
    """Name the score for an axis.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    str
        With its sign and unit.

    Examples
    --------
    >>> label(Choice(reference="Top", k=5))
    '− Wass(1) to Top, min over 5 medoids [rad]'
    """
    near = orientation_of(choice.reference) == "near"
    unit = METRICS[choice.metric].unit
    told = {**KINDS, "contrast": f"less that to the other class, {choice.combine} over {choice.k} medoids each"}
    target = told.get(choice.kind, f"{choice.combine} over {choice.k} {choice.kind}")
    return f"{'− ' if near else ''}{choice.metric} to {choice.reference}, {target}{f' [{unit}]' if unit else ''}"


def told(curves: Mapping[str, anomaly.Roc], signal: str, cut: float, working: anomaly.Working) -> str:
    """Tell areas and what a cut keeps.

    Parameters
    ----------
    curves : mapping of str to Roc
        By signal.
    signal : str
        The one that is looked for.
    cut : float
        Threshold.
    working : Working
        What it keeps.

    Returns
    -------
    str
        Markdown.
    """
    areas = ", ".join(f"AUC {name} **{one.auc:.3f} ± {one.auc_error:.3f}**" for name, one in curves.items())
    usual = " and ".join(f"{curves[signal].rejection(kept):.1f}" for kept in (0.3, 0.5))
    return (
        f"{areas}. At the cut, score ≥ {cut:.4g}: **{working.signal_efficiency:.1%}** of {signal} "
        f"and **{working.background_efficiency:.2%}** of QCD jets are kept "
        f"(1/ε<sub>B</sub> = {working.rejection:.1f}); "
        f"at ε<sub>S</sub> = 0.3 and 0.5, 1/ε<sub>B</sub> = {usual}. "
        "Drag the line or click the histogram to move the cut. Grey: scores that need no training."
    )
