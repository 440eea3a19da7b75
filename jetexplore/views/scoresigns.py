"""By which sign is a kind of score known, in the plane of all scores and in its legend?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jetexplore.views.plots import GREY

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
