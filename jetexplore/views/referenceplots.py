"""Pictures of references and of the plane of all scores: plain arrays in, one HoloViews element out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import holoviews as hv
import numpy as np
from bokeh.models import FixedTicker, HoverTool

from jetexplore.distances.references import Elbow, Peak
from jetexplore.views.plots import GREY

PLOT = {"active_tools": [], "default_tools": ["pan", "wheel_zoom", "box_zoom", "reset", "save"]}
CHOSEN = "#D55E00"


class Mark(NamedTuple):
    """How a kind of score is drawn: seen without colour, too."""

    marker: str  # of Bokeh
    colour: str  # of Okabe and Ito
    size: int


FAMILIES = {
    "autoencoder": Mark("circle", "#56B4E9", 5),
    "event to ensemble": Mark("square", "#E69F00", 7),
    "label-free": Mark("diamond", "#CC79A7", 8),
    "no training": Mark("triangle", "#009E73", 9),
    "supervised": Mark("star", "#0072B2", 13),
}
OTHER_FAMILY = Mark("hex", GREY, 6)
CRITERIA = {  # open signs around what a criterion chooses; larger ones lie outside when two choose the same
    "validation loss": Mark("circle", GREY, 14),
    "elbow": Mark("square", GREY, 18),
    "stability": Mark("inverted_triangle", GREY, 23),
    "development signals": Mark("diamond", GREY, 26),
}
HERE = {"event to ensemble": Mark("square_x", CHOSEN, 17), "network": Mark("circle_x", CHOSEN, 17)}


def elbow_plot(elbow: Elbow, unit: str = "") -> hv.Overlay:
    """Draw the peak position against k with the two lines (figure 7 of Fraser et al., 2021, right).

    Parameters
    ----------
    elbow : Elbow
        From ``distances.elbow``.
    unit : str
        Of the distance.

    Returns
    -------
    holoviews.Overlay
        Points, lines, and a dashed line where the elbow suggests k.
    """
    label = f"peak of the distances{f' [{unit}]' if unit else ''}"
    axes = hv.Dimension("k", label="number of medoids k"), hv.Dimension("peak", label=label)
    low, high = float(min(elbow.peaks.min(), elbow.fit.min())), float(max(elbow.peaks.max(), elbow.fit.max()))
    room = 0.1 * (high - low) or 1.0
    layers = [
        hv.Curve((elbow.k, elbow.fit), *axes).opts(color="#E69F00", line_width=2),
        hv.Points((elbow.k, elbow.peaks), list(axes)).opts(size=8, color="#0072B2"),
        hv.VLine(elbow.n_medoids).opts(color=GREY, line_dash="dashed", line_width=2),
    ]
    return hv.Overlay([
        layer.opts(
            xlim=(float(elbow.k[0]) - 0.5, float(elbow.k[-1]) + 0.5), ylim=(low - room, high + room), framewise=True,
            xticks=FixedTicker(ticks=[int(k) for k in elbow.k]), yformatter="%.3g", **PLOT,
        )
        for layer in layers
    ])  # fmt: skip


def chosen_k(elbow: Elbow, k: int) -> hv.Points:
    """Ring the chosen number of medoids on the peak positions; a click anywhere in the plot can be listened to.

    Parameters
    ----------
    elbow : Elbow
        From ``distances.elbow``.
    k : int
        The number chosen.

    Returns
    -------
    holoviews.Points
        One open ring.
    """
    places = [(k, float(peak)) for at, peak in zip(elbow.k, elbow.peaks, strict=True) if at == k]
    return hv.Points(places, ["k", "peak"]).opts(
        size=19, fill_alpha=0.0, line_width=3.5, color=CHOSEN, tools=["tap"], framewise=True
    )


def other_histograms(peaks: Sequence[Peak], unit: str = "") -> hv.Overlay:
    """Draw the distance to the closest medoid for every k, thin and grey (figure 7 of Fraser et al., 2021, left).

    Parameters
    ----------
    peaks : sequence of Peak
        For k = 1, 2, ...
    unit : str
        Of the distance.

    Returns
    -------
    holoviews.Overlay
        One outline a k, lighter for larger k.
    """
    label = f"distance to the closest medoid{f' [{unit}]' if unit else ''}"
    layers = [
        hv.Curve(_outline(one), hv.Dimension("distance", label=label), "jets").opts(
            color=GREY, alpha=0.9 - 0.6 * number / max(len(peaks) - 1, 1), line_width=1, framewise=True, **PLOT
        )
        for number, one in enumerate(peaks)
    ]
    return hv.Overlay(layers).opts(xformatter="%.3g", framewise=True, show_legend=False)


def chosen_histogram(peaks: Sequence[Peak], k: int) -> hv.Area:
    """Draw the histogram of the chosen k, bold and filled.

    Parameters
    ----------
    peaks : sequence of Peak
        For k = 1, 2, ...
    k : int
        The number chosen.

    Returns
    -------
    holoviews.Area
        One outline.
    """
    return hv.Area(_outline(peaks[k - 1]), "distance", "jets").opts(
        color=CHOSEN, line_color=CHOSEN, fill_alpha=0.2, line_width=3, framewise=True
    )


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


def sign(mark: Mark, filled: bool = True) -> str:
    """Write a marker as a small picture for a legend outside of the plot.

    Parameters
    ----------
    mark : Mark
        As it is drawn.
    filled : bool
        Whether it is filled.

    Returns
    -------
    str
        SVG; its meaning has to stand beside it.

    Examples
    --------
    >>> sign(Mark("circle", "#000000", 5)).count("<circle")
    1
    """
    star = " ".join(
        f"{8 + r * np.sin(turn):.1f},{8 - r * np.cos(turn):.1f}"
        for turn, r in zip(np.arange(10) * np.pi / 5, [7, 3] * 5, strict=True)
    )
    cross = '<path d="M4 4L12 12M12 4L4 12"/>'
    shapes = {
        "circle": '<circle cx="8" cy="8" r="5.5"/>',
        "square": '<rect x="3" y="3" width="10" height="10"/>',
        "diamond": '<path d="M8 1.5L13 8L8 14.5L3 8Z"/>',
        "triangle": '<path d="M8 2.5L14 13H2Z"/>',
        "inverted_triangle": '<path d="M8 13.5L14 3H2Z"/>',
        "star": f'<polygon points="{star}"/>',
        "hex": '<path d="M8 2L13 5V11L8 14L3 11V5Z"/>',
        "square_x": f'<rect x="2.5" y="2.5" width="11" height="11"/>{cross}',
        "circle_x": f'<circle cx="8" cy="8" r="6"/>{cross}',
    }
    fill = mark.colour if filled else "none"
    return (
        '<svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" '
        'style="vertical-align:-3px;margin-right:4px"'
        f' fill="{fill}" fill-opacity="0.55" stroke="{mark.colour}" stroke-width="1.6">{shapes[mark.marker]}</svg>'
    )


def _outline(one: Peak) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat(one.edges, 2), np.concatenate([[0], np.repeat(one.counts, 2), [0]])
