"""What are two scores worth, beside what needs no training? A short table of HTML."""

from __future__ import annotations

import html
from collections.abc import Mapping

from jetexplore.anomaly.comparison import Difference
from jetexplore.anomaly.curves import Roc
from jetexplore.views.compareplots import MARKS, SIDES

STYLE = (
    "<style>table {border-collapse: collapse; font-size: 13px} th, td {padding: 2px 14px 2px 0; text-align: left} "
    "th {font-weight: 600} td:not(:first-child) {white-space: nowrap} .rows {overflow-x: auto} "
    "tr.line td {border-top: 1px solid rgba(128,128,140,.5)} "
    # on a phone a name stands above its numbers
    "@media (max-width: 600px) {tr {display: grid; grid-template-columns: 5fr 5fr 3fr 3fr} th:first-child {display: "
    "none} td:first-child {grid-column: 1 / -1; padding-top: 6px} th, td {padding-right: 4px}}</style>"
)


def areas(
    names: Mapping[str, str], curves: Mapping[str, Mapping[str, Roc]], found: Mapping[str, Difference],
    baselines: Mapping[str, Mapping[str, Roc]], signal: str,
) -> str:  # fmt: skip
    """Lay out areas, their difference, and background rejections.

    Parameters
    ----------
    names : mapping of str to str
        Score by side.
    curves : mapping of str to mapping of str to Roc
        Side, signal, curve.
    found : mapping of str to Difference
        By signal.
    baselines : mapping of str to mapping of str to Roc
        Score that needs no training, signal, curve.
    signal : str
        For which rejections are told.

    Returns
    -------
    str
        HTML; the scores without training by falling area for the signal.
    """
    signals = list(found)
    heads = ["", *(f"AUC {name}" for name in signals), *(f"1/ε<sub>B</sub>, {at:g} of {signal}" for at in MARKS)]
    rows = [f"<tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>"]
    for side, name in names.items():
        values = [getattr(found[one], side) for one in signals]
        cells = [f"<b>{one.value:.3f} ± {one.error:.3f}</b>" for one in values]
        rows.append(_row(f"{_sign(side)} <b>{side}</b>: {html.escape(name)}", cells, curves[side][signal]))
    cells = [f"<b>{one.value:+.3f} ± {one.error:.3f}</b>" for one in found.values()]
    rows.append(_row("left less right, the same jets for both", cells, None))
    order = sorted(baselines, key=lambda name: -baselines[name][signal].auc)
    for rank, name in enumerate(order):
        cells = [f"{baselines[name][one].auc:.3f} ± {baselines[name][one].auc_error:.3f}" for one in signals]
        rows.append(_row(html.escape(name), cells, baselines[name][signal], "line" if rank == 0 else ""))
    scrolled = 'class="rows" tabindex="0" role="region" aria-label="Areas"'  # by keyboard, too, on a phone
    return f"{STYLE}<div {scrolled}><table>{''.join(rows)}</table></div>"


def _row(name: str, cells: list[str], curve: Roc | None, kind: str = "") -> str:
    rejections = ["" if curve is None else f"{curve.rejection(at):.1f}" for at in MARKS]
    return f'<tr class="{kind}">{"".join(f"<td>{cell}</td>" for cell in (name, *cells, *rejections))}</tr>'


def _sign(side: str) -> str:
    colour, dash = SIDES[side]
    return f'<span style="display:inline-block;width:22px;border-top:3px {dash} {colour};vertical-align:middle"></span>'
