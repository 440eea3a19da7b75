"""What do signs mean that the page tells beside a figure? A legend, for where there is no page."""

from __future__ import annotations

from collections.abc import Sequence

import panel as pn

from jetexplore.views import mapcolours, mapplots, plots, scoresigns
from jetexplore.views.later import Later
from jetexplore.views.paper.frames import Colours, Frame, Layer
from jetexplore.views.paper.shown import frames

LINES = {
    "solid": "no score without labels is better for both",
    "dashed": "best printed in table 2",
    "dotted": "best supervised",
}


def shown(anchor: str, content: pn.viewable.Viewable | pn.viewable.Viewer) -> list[Frame]:
    """Copy the figures of a card, with a legend where the page has it beside them.

    Parameters
    ----------
    anchor : str
        Of the card.
    content : panel.viewable.Viewable or Viewer
        What it shows.

    Returns
    -------
    list of Frame
        As `shown.frames`.

    Examples
    --------
    >>> shown("jets", pn.Spacer())
    []
    """
    found = frames(content)
    view = content.view if isinstance(content, Later) else content
    if anchor == "map" and found:
        scale = view.mapped.scale if hasattr(view, "mapped") else None
        found[0] = _classes(found[0], None if scale is None else str(scale[0]))
        if scale is not None:
            colours = Colours(mapcolours.colour_scale(), *scale[1], False, "transparent")
            found[0] = found[0]._replace(bar=(colours, str(scale[0])))
    if anchor == "plane":
        found = [_families(one) for one in found]
    return found


def _classes(frame: Frame, coloured: str | None) -> Frame:
    """Name the classes, whose points are one glyph."""
    keys = []
    for name, marker in mapplots.MARKERS.items():
        colour = plots.COLOURS[name] if coloured is None else plots.GREY
        looks = {"x": [], "y": [], "marker": marker, "size": 7, "fill_color": colour, "line_color": colour}
        keys.append(Layer("Scatter", looks, name))
    return frame._replace(layers=[*frame.layers, *keys], legend="top")


def _families(frame: Frame) -> Frame:
    """Name kinds of scores, and the criteria that would choose them, by their signs."""
    signs = {(mark.marker, mark.colour): name for name, mark in scoresigns.FAMILIES.items()}
    signs |= {(mark.marker, mark.colour): f"chosen by {name}" for name, mark in scoresigns.CRITERIA.items()}
    signs |= {(mark.marker, mark.colour): f"here: {name}" for name, mark in scoresigns.HERE.items()}
    layers, seen = [], set()
    for layer in frame.layers:
        name = ""
        if layer.kind == "Scatter" and len(layer.looks["x"]):
            name = signs.get((layer.looks["marker"], layer.looks["line_color"]), "")
        elif layer.kind in ("Line", "Span"):
            name = LINES.get(_dash(layer.looks.get("line_dash")), "")
        layers.append(layer._replace(name="" if name in seen else name))
        seen.add(name)
    return frame._replace(layers=layers, legend="right")


def _dash(dash: Sequence[int] | str | None) -> str:
    if isinstance(dash, str):
        return dash
    return {(): "solid", (6,): "dashed", (2, 4): "dotted"}.get(tuple(dash or ()), "")
