"""Pictures that explain the papers in notebooks: plain arrays in, one HoloViews element out, as in `plots`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import holoviews as hv
import numpy as np

from jetexplore.anomaly.table2 import events_of
from jetexplore.jets.constituents import Jets
from jetexplore.views.plots import ANGLES, COLOURS, FACET, GREY, OTHER

if TYPE_CHECKING:
    from bokeh.model import Model


METRIC_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8a8a99")  # Okabe and Ito
METRIC_DASHES = ("solid", "dashed", "dotdash", "dotted", "dashdot", "solid", "dashed")


def offline() -> None:
    """Let figures in notebooks carry their style sheets, so that none is asked of the internet.

    HoloViews wraps every figure in a Panel layout whose style sheets lie on a server; Panel has copies of them.
    """
    from bokeh.models import UIElement
    from panel.io.notebook import patch_inline_stylesheets
    from panel.viewable import Viewable

    def inline_styles(_: object, root: Model) -> None:
        for model in root.select({"type": UIElement}):
            patch_inline_stylesheets(model)

    Viewable._preprocessing_hooks.append(inline_styles)


def show_in(output: object, drawn: object) -> None:
    """Replace what an output widget of a notebook shows.

    Parameters
    ----------
    output : ipywidgets.Output
        The widget.
    drawn : object
        Whatever can be displayed.

    Notes
    -----
    ``with output: display(...)`` does the same, but every now and then a notebook that is run without a screen then
    stops for ever: nbclient answers the widget on the very channel it waits on, and misses the reply
    (https://github.com/jupyter/nbclient/issues/312).
    """
    with output.hold_sync():  # one message: nothing is empty in between
        output.outputs = ()
        output.append_display_data(drawn)


def constituents(jet: Jets, title: str = "", name: str = "QCD") -> hv.Points:
    """Draw the constituents of one jet as circles that grow with the root of pT.

    Parameters
    ----------
    jet : Jets
        One jet whose eta and phi are relative to something near it, in rad.
    title : str
        Above the picture.
    name : str
        Class, for the colour.

    Returns
    -------
    holoviews.Points
        In the same view as a jet image.
    """
    columns = {"x": jet.eta, "y": jet.phi, "size": 3 + 36 * np.sqrt(jet.pt / jet.pt.sum()), "pt": jet.pt}
    circles = hv.Points(columns, ["x", "y"], ["size", "pt"])
    return circles.opts(
        size="size", color=COLOURS.get(name, OTHER), fill_alpha=0.35, line_width=1.5, title=title,
        xlabel=ANGLES[0], ylabel=ANGLES[1], **FACET,
    )  # fmt: skip


def metric_curves(x: np.ndarray, curves: Mapping[str, np.ndarray], xlabel: str, ylabel: str) -> hv.Overlay:
    """Draw one line a metric.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Common horizontal places.
    curves : mapping of str to ndarray, shape (n,)
        Heights by metric.
    xlabel, ylabel : str
        Of the axes.

    Returns
    -------
    holoviews.Overlay
        Lines told apart by colour and style, earlier ones wider, so that equal ones are all seen.
    """
    layers = [
        hv.Curve((x, y), "x", "y", label=name).opts(
            color=METRIC_COLOURS[rank % len(METRIC_COLOURS)],
            line_dash=METRIC_DASHES[rank % len(METRIC_DASHES)],
            line_width=2 + 1.5 * (len(curves) - 1 - rank),
        )
        for rank, (name, y) in enumerate(curves.items())
    ]
    return hv.Overlay(layers).opts(
        xlabel=xlabel, ylabel=ylabel, legend_position="top_left", width=380, height=300, show_grid=True
    )


def beside_published(records: Sequence[Mapping[str, object]], signal: str) -> hv.Overlay:
    """Draw areas of table 2 beside the published ones, one row a configuration.

    Parameters
    ----------
    records : sequence of mapping
        From ``anomaly.compare``.
    signal : str
        "Top" or "W".

    Returns
    -------
    holoviews.Overlay
        Circles with a bar from the lowest to the highest reference draw; diamonds for the printed values.
    """
    rows = [record for record in records if record["signal"] == signal][::-1]
    height = np.arange(len(rows), dtype=float)
    ours, low, high, printed = (
        np.array([row[name] for row in rows], dtype=float) for name in ("ours", "lowest", "highest", "published")
    )
    bars = hv.Segments((low, height, high, height), ["x0", "y0", "x1", "y1"])
    colour = COLOURS.get(signal, OTHER)
    layers = [
        bars.opts(color=colour, line_width=3),
        hv.Points((ours, height), ["auc", "row"], label="ours").opts(color=colour, size=9),
        hv.Points((printed, height), ["auc", "row"], label="published").opts(
            color=GREY, size=11, marker="diamond", fill_alpha=0.0, line_width=2
        ),
    ]
    ticks = [(place, _row_label(row)) for place, row in zip(height, rows, strict=True)]
    return hv.Overlay(layers).opts(
        title=f"{signal} against QCD", xlabel="AUC", ylabel="", yticks=ticks, ylim=(-0.7, len(rows) - 0.3),
        legend_position="top", show_grid=True, width=430, height=140 + 26 * len(rows),
    )  # fmt: skip


def _row_label(row: Mapping[str, object]) -> str:
    return f"{row['metric']} {events_of(row)}"
