"""Is that what was published? Table 2 as a live grid: ours beside print, and a row sets the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import panel as pn
import panel_material_ui as pmui

from jetexplore.anomaly import table2, table2study
from jetexplore.views.grid import Grid
from jetexplore.views.notices import alert
from jetexplore.views.scores import SCORED
from jetexplore.views.state import Choice
from jetexplore.views.wrapping import wrapped

EDGES = (1, 2, 3)  # of |pull|, where the colour changes
LEVELS = ("at most 1", "1 to 2", "2 to 3", "more than 3")
DOTS = ("•", "••", "•••", "••••")
COLOURS = ("rgba(0,158,115,.16)", "rgba(240,228,66,.18)", "rgba(230,159,0,.34)", "rgba(213,94,0,.5)")
COLUMNS = ["ours ± error", "spread", "published", "pull"]
NONE = "Table 2 has not been run on these jets. 'jetexplore table 2' does."


class Table2View(pn.viewable.Viewer):
    """Areas of table 2 of Fraser et al. (2021) on our jets beside the printed ones.

    Parameters
    ----------
    choice : Choice
        The selections; listens to the filters and marks the rows that the page shows. A row chosen sets them.
    records : sequence of mapping, optional
        From `prepare`.

    Examples
    --------
    >>> view = Table2View()
    >>> view.choose(next(i for i, row in enumerate(view.shown) if (row["metric"], row["method"]) == ("MAE", "average")))
    >>> view.choice.metric, view.choice.kind
    ('MAE', 'average')
    """

    def __init__(self, choice: Choice | None = None, records: Sequence[Mapping[str, object]] | None = None) -> None:
        super().__init__()
        self.choice = choice or Choice()
        self.records = prepare(self.choice)["records"] if records is None else records
        self.shown: list[Mapping[str, object]] = []  # of each row, its first record
        self.grid = Grid(corner="reference, metric, events", sizing_mode="stretch_width", margin=(4, 10))
        self.grid.on_choose(self.choose)
        self._filter()
        self.choice.on_change(["table_reference", "table_signal"], self._filter)
        self.choice.on_change(SCORED, self._mark)
        select = pmui.Select.from_param
        self._layout = pn.Column(
            wrapped(
                select(self.choice.param.table_reference, label="Reference of the rows", width=190),
                select(self.choice.param.table_signal, label="Signal of the columns", width=190),
                sizing_mode="stretch_width",
            ),
            pn.pane.HTML(_legend(self.records), sizing_mode="stretch_width", margin=(0, 10)),
            self.grid if self.records else alert(NONE, "info"),
            sizing_mode="stretch_width",
        )

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def choose(self, number: int) -> None:
        """Let the page show a row.

        Parameters
        ----------
        number : int
            Of the row, as it is shown.
        """
        self.choice.param.update(**settings(self.shown[number]))

    def _filter(self) -> None:
        choice = self.choice
        signals = list(table2.SIGNALS) if choice.table_signal == "both" else [choice.table_signal]
        by_row: dict[tuple, dict[str, Mapping[str, object]]] = {}
        for record in self.records:
            if choice.table_reference in ("all", record["reference"]):
                key = tuple(record[name] for name in table2.Row._fields)
                by_row.setdefault(key, {})[str(record["signal"])] = record
        self.shown = [next(iter(some.values())) for some in by_row.values()]
        self.grid.param.update(
            label="Table 2: area under the ROC curve, ours and published",
            groups=[[f"{signal} against QCD", len(COLUMNS)] for signal in signals],
            columns=COLUMNS * len(signals),
            rows=[[_title(row), [cell for s in signals for cell in _cells(some.get(s))]]
                  for row, some in zip(self.shown, by_row.values(), strict=True)],
            current=self._current(),
        )  # fmt: skip

    def _mark(self) -> None:
        self.grid.current = self._current()

    def _current(self) -> list[int]:
        now = self.choice.param.values()
        return [
            number
            for number, row in enumerate(self.shown)
            if all(now[name] == value for name, value in settings(row).items())
        ]


def prepare(choice: Choice) -> dict[str, list[dict[str, object]]]:  # noqa: ARG001
    """Read table 2 of the jets that are shown; may run in any thread.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    dict
        For `Table2View`: records as `table2.compare` gives them; none if it was not run on these jets.
    """
    return {"records": table2.read_table_2(table2study.key_of())}


def settings(record: Mapping[str, object]) -> dict[str, object]:
    """Tell what the page has to be set to in order to show a row.

    Parameters
    ----------
    record : mapping
        Of table 2.

    Returns
    -------
    dict
        Names and values of selections; those that do not matter are left out.

    Examples
    --------
    >>> settings({"reference": "Top", "metric": "Wass(5)", "method": "sum", "n_medoids": 3})
    {'reference': 'Top', 'metric': 'Wass(5)', 'kind': 'medoids', 'k': 3, 'combine': 'sum'}
    """
    method = str(record["method"])
    found = {
        "reference": "QCD" if record["reference"] == table2.BOTH else record["reference"],
        "metric": record["metric"],
        "kind": "medoids" if method in ("min", "sum", "elbow") else method,
    }
    k = record["elbow"] if method == "elbow" else record["n_medoids"]
    if k is not None:
        found |= {"k": k, "combine": "sum" if method == "sum" else "min"}
    return found


def _title(record: Mapping[str, object]) -> str:
    events = table2.events_of(record).replace(" = ", "\u00a0=\u00a0")  # a phone may not break the line there
    return f"{record['reference']}, {record['metric']}, {events}"


def _cells(record: Mapping[str, object] | None) -> Sequence[tuple[str, int]]:
    if record is None:
        return [("", -1)] * len(COLUMNS)
    ours = (f"{record['ours']:.3f} ± {record['error']:.3f}", -1), (f"{record['spread']:.3f}", -1)
    if np.isnan(record["published"]):
        return [*ours, ("not printed", -1), ("", -1)]
    level = int(np.searchsorted(EDGES, abs(record["pull"])))
    return [*ours, (f"{record['published']:.2f}", -1), (f"{record['pull']:+.1f} {DOTS[level]}", level)]


def _legend(records: Sequence[Mapping[str, object]]) -> str:
    marks = "".join(
        f'<span style="background:{colour};padding:1px 8px;border-radius:3px;margin:0 6px 4px 0;display:inline-block">'
        f"{dots} {said}</span>"
        for dots, said, colour in zip(DOTS, LEVELS, COLOURS, strict=True)
    )
    many = max((int(record["n"]) for record in records), default=0)
    return (
        f'<div style="font-size:13px">Size of the pull: {marks}<br>Ours is the mean area over the reference draws (10 '
        f"subsets; {many} choices of random jets), the error a bootstrap over test jets, the spread a standard "
        "deviation over draws. The page shows the scores of one draw, so its area differs by about the spread.</div>"
    )
