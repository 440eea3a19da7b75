"""How is a line dragged? The browser moves it at once and tells the server ten times a second, and at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from bokeh.events import Pan, PanEnd, PanStart
from bokeh.models import ColumnDataSource, CustomJS

if TYPE_CHECKING:
    from holoviews.plotting.bokeh import CurvePlot  # would bring matplotlib along

PERIOD = 100  # ms between two messages to the server
REACH = 14  # pixels; a gesture that begins farther from the line does not take it
CODE = """
const range = figure.x_range, across = line.data[column]
const tell = done => {
    clearTimeout(sent.later)
    sent.told = Date.now()
    sent.data = {place: [across[0]], done: [done]}
}
if (cb_obj.event_name == "panstart") {
    const away = Math.abs(cb_obj.x - across[0]) / (range.end - range.start) * figure.inner_width
    sent.held = away <= reach && !figure.toolbar.gestures.pan.active  // a chosen tool has the gesture
    sent.told = 0
} else if (sent.held && cb_obj.event_name == "pan") {
    const place = Math.min(Math.max(cb_obj.x, range.start), range.end)
    for (let i = 0; i < across.length; i++) across[i] = place  // in place: the server is told below
    line.change.emit()
    const wait = period - (Date.now() - sent.told)
    clearTimeout(sent.later)
    if (wait <= 0) tell(false)
    else sent.later = setTimeout(() => tell(false), wait)
} else if (sent.held) {
    tell(true)
    sent.held = false
}
"""


class Drag:
    """Lets a person drag a vertical line; an option of the element that draws it.

    Parameters
    ----------
    moved : callable
        Takes where the line is, and whether it was let go.
    column : str
        Dimension of the element along which it moves.

    Examples
    --------
    >>> drag = Drag(lambda place, done: print(place, done), "score")
    >>> drag.tell({"place": [0.25], "done": [True]})
    0.25 True
    """

    def __init__(self, moved: Callable[[float, bool], None], column: str) -> None:
        self.moved, self.column = moved, column

    def hook(self, plot: CurvePlot, element: object) -> None:  # noqa: ARG002
        """Listen to the figure of a line, once; for the option ``hooks``.

        Parameters
        ----------
        plot : holoviews.plotting.bokeh.CurvePlot
            Of the line.
        element : holoviews.Curve
            The line.
        """
        figure, line = plot.handles["plot"], plot.handles["source"]
        if "dragged" in plot.handles:
            return
        sent = plot.handles["dragged"] = ColumnDataSource(data={"place": [], "done": []})
        sent.on_change("data", lambda attr, old, new: self.tell(new))  # noqa: ARG005
        arguments = {
            "figure": figure, "line": line, "sent": sent, "column": self.column, "period": PERIOD, "reach": REACH,
        }  # fmt: skip
        act = CustomJS(args=arguments, code=CODE)
        for event in (PanStart, Pan, PanEnd):
            figure.js_on_event(event, act)

    def tell(self, data: dict) -> None:
        """Pass on what a browser says, if it says a place.

        Parameters
        ----------
        data : dict
            Columns ``place`` and ``done``.
        """
        place, done = (list(data.get(name, ())) for name in ("place", "done"))
        if len(place) == len(done) == 1 and isinstance(place[0], int | float) and np.isfinite(place[0]):
            self.moved(float(place[0]), bool(done[0]))
