"""Pictures of the map of jets: plain arrays in, one HoloViews element or a piece of HTML out."""

from __future__ import annotations

import html
from collections.abc import Sequence

import holoviews as hv
import numpy as np

from jetexplore.anomaly.mapjets import Stroke, Summary
from jetexplore.views.plots import COLOURS, DENSITY_PALETTE, GREY, OTHER, mark, palette

MARKERS = {"QCD": "circle", "Top": "triangle", "W": "square"}
SIGNS = {"circle": "●", "triangle": "▲", "square": "■"}
SPREAD = 0.02, 0.98  # quantiles at the ends of the colour scale
AXES = ["x", "y"]
HEIGHT = 460  # pixels of the map
UNLIKE = "#E53935"


def paint(names: np.ndarray, values: np.ndarray | None = None) -> tuple[np.ndarray, tuple[float, float]]:
    """Choose the colour of every jet.

    Parameters
    ----------
    names : ndarray, shape (n,)
        Class of each.
    values : ndarray, shape (n,), optional
        What the colour tells, instead of the class.

    Returns
    -------
    colours : ndarray of str, shape (n,)
        Hexadecimal.
    ends : tuple of float
        Values of the first and the last colour; those beyond share them. NaN for classes.

    Examples
    --------
    >>> paint(np.array(["QCD", "W"]))[0].tolist()
    ['#0072B2', '#009E73']
    """
    if values is None:
        return np.array([COLOURS.get(name, OTHER) for name in names.tolist()]), (float("nan"), float("nan"))
    low, high = np.quantile(values, SPREAD)
    scale = np.array(colour_scale())
    place = np.clip((values - low) / (high - low or 1.0), 0, 1) * (len(scale) - 1)
    return scale[place.round().astype(int)], (float(low), float(high))


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


def legend(label: str, ends: tuple[float, float] | None) -> str:
    """Tell what shapes and colours mean.

    Parameters
    ----------
    label : str
        What the colour tells; nothing in it acts as markup.
    ends : tuple of float or None
        Ends of the colour scale, or None where colours tell the class as shapes do.

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> "▲" in legend("class", None)
    True
    """
    shapes = "".join(
        f'<span style="margin-right:14px;white-space:nowrap">'
        f'<span style="color:{COLOURS[name] if ends is None else "inherit"}">{SIGNS[marker]}</span> {name}</span>'
        for name, marker in MARKERS.items()
    )
    if ends is None:
        return f'<div style="font-size:13px">{shapes}</div>'
    colours = ", ".join(colour_scale()[::15])
    return (
        f'<div style="font-size:13px">{shapes}<div style="max-width:480px;margin-top:4px"><div style="height:10px;'
        f'border-radius:3px;background:linear-gradient(to right, {colours})"></div>'
        f'<div style="display:flex;justify-content:space-between;gap:8px"><span>{ends[0]:.4g}</span>'
        f"<span>{html.escape(label)}</span><span>{ends[1]:.4g}</span></div></div></div>"
    )


def own_legend() -> str:
    """Tell what the signs of `yours` mean; Bokeh's own legend would lie over the jets.

    Returns
    -------
    str
        HTML.
    """
    signs = (OTHER, "◆", "yours"), (UNLIKE, "✖", "yours, unlike anything in the map")
    return (
        '<div style="font-size:13px">'
        + "".join(
            f'<span style="margin-right:14px"><span style="color:{colour}">{sign}</span> {said}</span>'
            for colour, sign, said in signs
        )
        + "</div>"
    )


def table(found: Sequence[Summary], unit: str) -> str:
    """Write what chosen jets are like.

    Parameters
    ----------
    found : sequence of Summary
        A row each.
    unit : str
        Of the score; empty for none.

    Returns
    -------
    str
        HTML; scrolls sideways where it is too wide.
    """
    heads = (
        "class", "jets", "of", f"score{f' [{unit}]' if unit else ''}: median", "mean", "mass [GeV]: median", "mean",
        "particles: median",
    )  # fmt: skip
    rows = [
        (one.name, f"{one.jets:,}", f"{one.of:,}", _number(one.median_score, ".4g"), _number(one.mean_score, ".4g"),
         _number(one.median_mass, ".1f"), _number(one.mean_mass, ".1f"), _number(one.median_multiplicity, ".0f"))
        for one in found
    ]  # fmt: skip
    cell = "padding:2px 10px;text-align:right;white-space:nowrap"
    head = "".join(f'<th scope="col" style="{cell};font-weight:600">{html.escape(one)}</th>' for one in heads)
    body = "".join(
        f'<tr><th scope="row" style="{cell}">{row[0]}</th>'
        + "".join(f'<td style="{cell};font-variant-numeric:tabular-nums">{one}</td>' for one in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        '<div class="rows" tabindex="0" role="region" aria-label="Chosen jets by class" '
        'style="overflow-x:auto;font-size:13px">'
        f'<table style="border-collapse:collapse"><tr>{head}</tr>{body}</table></div>'
    )


def colour_scale() -> list[str]:
    """Give the colours of the map from low to high, where they do not tell the class.

    Returns
    -------
    list of str
        Hexadecimal.
    """
    return palette(DENSITY_PALETTE, 20)


def _number(value: float, how: str) -> str:
    return format(value, how) if np.isfinite(value) else "–"
