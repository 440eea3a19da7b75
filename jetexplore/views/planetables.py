"""What do the signs of the plane mean, and what is behind it? Short tables of HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jetexplore.views import scoresigns

if TYPE_CHECKING:
    from jetexplore.anomaly.labelfree.opening import Opened
    from jetexplore.anomaly.plane import Point

CAVEAT = (
    "Tuned on development signals, frozen, then measured on jets that nobody had looked at. The study that suggested "
    "which scores to try had top and W jets in view."
)
UNOPENED = "The frozen label-free scores have not been opened on unseen jets here."
STYLE = (
    "<style>table {border-collapse: collapse} .rows {overflow: auto; max-height: 340px; font-size: 13px} "
    "th, td {padding: 2px 12px 2px 0; text-align: left; vertical-align: top; overflow-wrap: anywhere} "
    "td:nth-last-child(-n+2) {white-space: nowrap} summary {cursor: pointer; padding: 6px 0} "
    "p, summary {font-size: 13px; margin: 6px 0} .key span {display: inline-block; margin: 0 14px 4px 0; "
    "font-size: 13px}</style>"
)


def legend(points: Sequence[Point], published: tuple[float, float]) -> str:
    """Say what the signs of the plane mean.

    Parameters
    ----------
    points : sequence of Point
        What is shown; families and criteria that are not there are left out.
    published : tuple of float
        The best printed areas for W and Top.

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> "best printed in table 2: Top 0.87, W 0.71" in legend([], (0.71, 0.87))
    True
    """
    there = {one.family for one in points}
    chosen = {name for one in points for name in one.chosen_by}
    keys = [f"{scoresigns.sign(m)}{name}" for name, m in scoresigns.FAMILIES.items() if name in there]
    keys += [
        f"{scoresigns.sign(mark, False)}chosen by {name}"
        for name, mark in scoresigns.CRITERIA.items()
        if name in chosen
    ]
    w, top = published
    keys += ["— no score without labels is better for both", f"- - best printed in table 2: Top {top:.2f}, W {w:.2f}"]
    keys += ["··· best supervised"]
    return f'{STYLE}<div class="key">{"".join(f"<span>{key}</span>" for key in keys)}</div>'


def opened_table(rows: Sequence[Opened]) -> str:
    """Lay out what the frozen scores are worth, with what has to be known about them.

    Parameters
    ----------
    rows : sequence of Opened
        From ``opening.read_opened``; none if they have not been opened.

    Returns
    -------
    str
        HTML; nothing in a title acts as markup.

    Examples
    --------
    >>> UNOPENED in opened_table([])
    True
    """
    if not rows:
        return f"{STYLE}<p>{UNOPENED}</p>"
    from jetexplore.anomaly.labelfree.opening import ranked

    signals = list(dict.fromkeys(row.signal for row in rows))
    lines = [
        [html.escape(title), *(f"{some[s].auc:.3f} ± {some[s].uncertainty:.3f}" if s in some else "" for s in signals)]
        for title, some in ranked(rows).items()
    ]
    first = rows[0]
    return (
        f"{STYLE}<b>Frozen scores, opened</b><p>{CAVEAT} Mean over {first.draws} draws of the background ± spread or "
        f"bootstrap error, whichever is larger; {first.n_background:,} QCD test jets, {first.n_signal:,} of each "
        f"signal.</p>{_table(['score', *(f'AUC {html.escape(signal)}' for signal in signals)], lines)}"
    )


def criteria_table(points: Sequence[Point]) -> str:
    """List what each criterion that needs no label chooses.

    Parameters
    ----------
    points : sequence of Point
        All scores.

    Returns
    -------
    str
        HTML that is folded at first.

    Examples
    --------
    >>> criteria_table([]).count("<tr>")
    1
    """
    lines = [
        [name, html.escape(one.title), f"{one.top:.3f}", f"{one.w:.3f}"]
        for name in scoresigns.CRITERIA
        for one in points
        if name in one.chosen_by
    ]
    table = _table(["criterion", "chooses", "AUC Top", "AUC W"], lines)
    return f"<details><summary>What each criterion chooses</summary>{table}</details>"


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in line)}</tr>" for line in lines)
    return f'<div class="rows" tabindex="0"><table><tr>{head}</tr>{body}</table></div>'
