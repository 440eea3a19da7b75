"""Pictures of the map of jets: plain arrays in, one HoloViews element out."""

from __future__ import annotations

from collections.abc import Sequence

import holoviews as hv
import numpy as np

from jetexplore.anomaly.mapjets import Stroke
from jetexplore.views.plots import GREY, OTHER, mark

MARKERS = {"QCD": "circle", "Top": "triangle", "W": "square"}
AXES = ["x", "y"]
HEIGHT = 460  # pixels of the map
UNLIKE = "#E53935"


def points(places: np.ndarray, names: np.ndarray, colours: np.ndarray, alpha: float) -> hv.Points:
    """Draw jets as points, the class by their shape.

    Parameters
    ----------
    places : ndarray, shape (n, 2)
        On the map.
    names, colours : ndarray of str, shape (n,)
        Class and colour of each.
    alpha : float
        Opacity.

    Returns
    -------
    holoviews.Points
        Axes have no unit and no ticks: only relative places mean anything.
    """
    markers = np.array([MARKERS.get(name, "diamond") for name in names.tolist()], dtype="<U12")
    columns = {"x": places[:, 0], "y": places[:, 1], "paint": colours.astype("<U7"), "marker": markers}
    return hv.Points(columns, AXES, ["paint", "marker"]).opts(color="paint", marker="marker", size=5, alpha=alpha)


def outline(strokes: Sequence[Stroke], sign: str) -> hv.Path:
    """Draw the lines that were drawn round jets.

    Parameters
    ----------
    strokes : sequence of Stroke
        Those of this map.
    sign : {"add", "subtract"}
        Which of them.

    Returns
    -------
    holoviews.Path
        Closed; dashed where jets are taken away.
    """
    lines = [np.array([*one.corners, one.corners[0]]) for one in strokes if one.sign == sign]
    dash = "solid" if sign == "add" else "dashed"
    return hv.Path(lines, AXES).opts(color=GREY, line_width=2, line_dash=dash)


def yours(pale: hv.Points, places: np.ndarray, unlike: np.ndarray) -> hv.Overlay:
    """Draw jets of a file over those of the map.

    Parameters
    ----------
    pale : holoviews.Points
        The map, from `points`.
    places : ndarray, shape (n, 2)
        Of the jets of the file; NaN is left out.
    unlike : ndarray of bool, shape (n,)
        Those unlike anything in the map, as crosses.

    Returns
    -------
    holoviews.Overlay
        Axes have no unit: only relative places mean anything.
    """
    known = np.isfinite(places).all(axis=1)
    none = [(1e9, "")]  # HoloViews fails on an empty list of ticks
    axis = {"xticks": none, "yticks": none, "framewise": True, "padding": 0.05, "active_tools": []}
    layers = [
        pale.opts(**axis),
        hv.Points(places[known & ~unlike], AXES, label="yours").opts(
            color=OTHER, marker="diamond", size=8, line_color="black", line_width=0.5, alpha=0.9, **axis
        ),
        hv.Points(places[known & unlike], AXES, label="yours, unlike anything in the map").opts(
            color=UNLIKE, marker="x", size=9, line_width=2.5, **axis
        ),
    ]
    labels = {"xlabel": "arbitrary unit", "ylabel": "arbitrary unit"}
    return hv.Overlay(layers).opts(show_legend=False, responsive=True, min_width=300, height=420, **labels)


def ring(place: np.ndarray) -> hv.Points:
    """Mark one jet.

    Parameters
    ----------
    place : ndarray, shape (2,)
        On the map.

    Returns
    -------
    holoviews.Points
        One open ring in a colour that no class has.
    """
    return mark(*map(float, place)).opts(color=OTHER, line_color=OTHER)


def frame(shown: hv.Overlay | hv.DynamicMap, axes: tuple[str, str]) -> hv.Overlay | hv.DynamicMap:
    """Give the map its axes and tools.

    Parameters
    ----------
    shown : holoviews.Overlay or holoviews.DynamicMap
        Points, outlines, marks.
    axes : tuple of str
        Names.

    Returns
    -------
    holoviews.Overlay or holoviews.DynamicMap
        The lasso is at hand.
    """
    none = [(1e9, "")]  # HoloViews fails on an empty list of ticks
    axis = {"xticks": none, "yticks": none, "framewise": True, "padding": 0.05, "active_tools": ["lasso_select"]}
    tools = {"tools": ["lasso_select"], "default_tools": ["pan", "wheel_zoom", "box_zoom", "reset", "save"]}
    return shown.opts(
        hv.opts.Points(**axis, **tools),
        # the size is told here, too: else the first redrawing would forget what the pane asked for
        hv.opts.Overlay(
            xlabel=axes[0], ylabel=axes[1], show_legend=False, responsive=True, min_width=300, height=HEIGHT, **axis
        ),
    )
