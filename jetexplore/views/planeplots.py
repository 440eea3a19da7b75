"""Pictures of the plane of all scores: plain arrays in, one HoloViews element out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import holoviews as hv
import numpy as np
from bokeh.models import HoverTool

from jetexplore.views.plots import GREY
from jetexplore.views.scoresigns import CRITERIA, FAMILIES, HERE, OTHER_FAMILY

PLOT = {"active_tools": [], "default_tools": ["pan", "wheel_zoom", "box_zoom", "reset", "save"]}


def plane_points(
    families: Mapping[str, tuple[np.ndarray, np.ndarray, Sequence[str]]],
    criteria: Mapping[str, tuple[np.ndarray, np.ndarray]],
    front: np.ndarray,
    published: tuple[float, float],
    ceilings: Mapping[str, float],
) -> hv.Overlay:
    """Draw every score in the plane of its two areas.

    Parameters
    ----------
    families : mapping of str to tuple
        W areas, Top areas and titles by family.
    criteria : mapping of str to tuple of ndarray
        W and Top areas of what each criterion chooses.
    front : ndarray, shape (n, 2)
        W and Top areas of scores that no other beats on both.
    published : tuple of float
        The best printed areas for W and Top, each of a score of its own.
    ceilings : mapping of str to float
        Largest supervised area by signal.

    Returns
    -------
    holoviews.Overlay
        One layer a family and criterion, titles on hover, lines for the front, the printed and the supervised areas.
    """
    axes = hv.Dimension("w", label="AUC for W jets"), hv.Dimension("top", label="AUC for Top jets")
    places = np.concatenate([np.ones((1, 2)), *(np.stack(some[:2], 1) for some in families.values())])
    limits = {"xlim": (places[:, 0].min() - 0.03, 1.0), "ylim": (places[:, 1].min() - 0.03, 1.0)}
    thin = {"color": GREY, "line_width": 1.5}
    layers = [
        hv.Curve(front, *axes).opts(color=GREY, line_width=1.5, **limits, **PLOT),
        hv.VLine(published[0]).opts(line_dash="dashed", **thin),
        hv.HLine(published[1]).opts(line_dash="dashed", **thin),
    ]
    if {"Top", "W"} <= set(ceilings):
        layers += [hv.VLine(ceilings["W"]).opts(line_dash="dotted", **thin)]
        layers += [hv.HLine(ceilings["Top"]).opts(line_dash="dotted", **thin)]
    for name, (w, top, titles) in families.items():
        mark = FAMILIES.get(name, OTHER_FAMILY)
        hover = HoverTool(tooltips=[(name, "@title"), ("AUC Top", "@top{0.000}"), ("AUC W", "@w{0.000}")])
        points = hv.Points({"w": w, "top": top, "title": list(titles)}, list(axes), ["title"], label=name)
        layers.append(points.opts(
            marker=mark.marker, color=mark.colour, size=mark.size, fill_alpha=0.55, tools=[hover],
        ))  # fmt: skip
    for name, (w, top) in criteria.items():
        mark = CRITERIA.get(name, OTHER_FAMILY)
        layers.append(hv.Points((w, top), ["w", "top"], label=f"chosen by {name}").opts(
            marker=mark.marker, color=mark.colour, size=mark.size, fill_alpha=0.0, line_width=2,
        ))  # fmt: skip
    return hv.Overlay(layers).opts(show_grid=True, show_legend=False)


def plane_mark(place: tuple[float, float] | None, name: str) -> hv.Points:
    """Mark what is chosen on the page.

    Parameters
    ----------
    place : tuple of float or None
        W and Top area; nothing is drawn for None.
    name : str
        A key of `HERE`.

    Returns
    -------
    holoviews.Points
        One bold sign or none.
    """
    mark = HERE[name]
    return hv.Points([place] if place else [], ["w", "top"]).opts(
        marker=mark.marker, color=mark.colour, size=mark.size, fill_alpha=0.15, line_width=3
    )
