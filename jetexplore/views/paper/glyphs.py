"""How does matplotlib draw what Bokeh draws? One function a glyph, in the same colours, widths and sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from jetexplore.errors import InputError
from jetexplore.views.paper import shapes, signs, strokes
from jetexplore.views.paper.frames import Layer

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

GLYPHS: dict[str, Callable[[dict, Axes, float], Artist | tuple | None]] = {
    "Line": strokes.line,
    "MultiLine": strokes.lines,
    "Segment": strokes.segments,
    "Span": strokes.span,
    "Whisker": strokes.whiskers,
    "Patch": shapes.patch,
    "Quad": shapes.quads,
    "BoxAnnotation": shapes.band,
    "Image": shapes.image,
    "Scatter": signs.points,
    "Text": signs.words,
}


def draw(layer: Layer, axes: Axes, order: float) -> Artist | tuple[Artist, ...] | None:
    """Draw a layer.

    Parameters
    ----------
    layer : Layer
        From `shown.frames`.
    axes : matplotlib.axes.Axes
        Where.
    order : float
        What is higher lies above.

    Returns
    -------
    matplotlib.artist.Artist, tuple of them or None
        For the legend; None if there is nothing to draw.

    Raises
    ------
    InputError
        ``E_FIGURE`` if it is of a kind that is not known here: a figure is never drawn without one of its parts.
    """
    if layer.kind not in GLYPHS:
        raise InputError("E_FIGURE", f"a figure with a {layer.kind}", f"figures of {', '.join(GLYPHS)}")
    return GLYPHS[layer.kind](layer.looks, axes, order)
