"""How does matplotlib draw what Bokeh draws? One function a glyph, in the same colours, widths and sizes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from jetexplore.errors import InputError
from jetexplore.views.paper.shown import Colours, Layer

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

POINT = 0.75  # points in a pixel of the screen, of which there are 96 in an inch
MARKERS = {
    "circle": "o", "square": "s", "diamond": "D", "triangle": "^", "inverted_triangle": "v", "star": "*", "x": "x",
    "cross": "+", "plus": "P", "hex": "h", "dash": "_", "dot": ".", "square_x": "sx", "circle_x": "ox",
    "diamond_cross": "D+", "square_cross": "s+", "circle_cross": "o+",
}  # fmt: skip
DASHED = {"solid": [], "dashed": [6], "dotted": [2, 4], "dotdash": [2, 4, 6, 4], "dashdot": [6, 4, 2, 4]}
OPEN = "x+_"  # markers without an inside


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


def rgba(colour: object, alpha: object = 1.0) -> np.ndarray:
    """Give colours with their opacity.

    Parameters
    ----------
    colour : str, tuple, None or sequence of them
        As Bokeh has them; None is no colour.
    alpha : float or array of float
        Opacity, on top of what the colour has.

    Returns
    -------
    ndarray, shape (n, 4)
        One row if all are the same.

    Examples
    --------
    >>> rgba("#ff0000", 0.5).tolist()
    [[1.0, 0.0, 0.0, 0.5]]
    """
    from matplotlib.colors import to_rgba_array

    if colour is None or (isinstance(colour, str) and colour == "transparent"):
        return np.zeros((1, 4))
    found = to_rgba_array([_named(one) for one in ([colour] if isinstance(colour, str | tuple) else colour)])
    alpha = np.atleast_1d(np.asarray(alpha, dtype=float))
    found = np.repeat(found, len(alpha), axis=0) if len(found) == 1 else found.copy()
    found[:, 3] *= alpha
    return found


def _named(colour: str | tuple) -> str | tuple:
    """Give a colour as matplotlib reads it: parts of 1, where browsers count to 255."""
    parts = re.findall(r"[\d.]+", colour) if isinstance(colour, str) and colour.startswith("rgb") else colour
    if isinstance(parts, str):
        return colour
    return (*(float(one) / 255 for one in parts[:3]), *map(float, parts[3:]))


def colour_map(colours: Colours) -> tuple[object, object]:
    """Make matplotlib's colour map and norm.

    Parameters
    ----------
    colours : Colours
        Of a figure.

    Returns
    -------
    tuple
        ``ListedColormap`` and ``LogNorm`` or ``Normalize``.
    """
    from matplotlib import colors

    table = colors.ListedColormap(colours.palette).with_extremes(bad=rgba(colours.empty)[0])
    return table, (colors.LogNorm if colours.log else colors.Normalize)(colours.low, colours.high)


def _stroke(looks: dict, scalar: bool = True) -> dict[str, object]:
    width = np.asarray(looks.get("line_width", 1), dtype=float) * POINT
    dash = looks.get("line_dash") or []
    dash = DASHED[dash] if isinstance(dash, str) else dash
    # matplotlib counts in widths of the line, and in pairs
    style = (0, [one * POINT / float(width.max()) for one in [*dash, *dash]]) if dash and width.any() else "solid"
    colour = rgba(looks.get("line_color"), looks.get("line_alpha", 1.0))
    if scalar:
        return {"color": colour[0], "linewidth": float(width.max(initial=0)), "linestyle": style}
    return {"colors": colour, "linewidths": np.atleast_1d(width), "linestyles": [style]}


def _area(looks: dict) -> dict[str, object]:
    edge = rgba(looks.get("line_color"), looks.get("line_alpha", 1.0))
    line = _stroke(looks)
    return {
        "facecolor": rgba(looks.get("fill_color"), looks.get("fill_alpha", 1.0)),
        "edgecolor": edge,
        "linewidth": line["linewidth"] if edge[:, 3].any() else 0.0,
        "linestyle": line["linestyle"],
    }


def _line(looks: dict, axes: Axes, order: float) -> Artist:
    return axes.plot(looks["x"], looks["y"], zorder=order, solid_capstyle="butt", **_stroke(looks))[0]


def _lines(looks: dict, axes: Axes, order: float) -> Artist | None:
    from matplotlib.collections import LineCollection

    lines = [np.column_stack([x, y]).astype(float) for x, y in zip(looks["xs"], looks["ys"], strict=True)]
    return axes.add_collection(LineCollection(lines, zorder=order, **_stroke(looks, False)), autolim=False)


def _segments(looks: dict, axes: Axes, order: float) -> Artist:
    from matplotlib.collections import LineCollection

    ends = np.column_stack([looks[name] for name in ("x0", "y0", "x1", "y1")]).astype(float).reshape(-1, 2, 2)
    return axes.add_collection(LineCollection(ends, zorder=order, **_stroke(looks, False)), autolim=False)


def _points(looks: dict, axes: Axes, order: float) -> tuple[Artist, ...]:
    x, y = np.asarray(looks["x"], dtype=float), np.asarray(looks["y"], dtype=float)
    marker = np.broadcast_to(np.asarray(looks.get("marker", "circle")), x.shape)
    size = np.broadcast_to(np.asarray(looks.get("size", 4), dtype=float) * POINT, x.shape)
    line = _stroke(looks)
    fill, edge = (
        np.broadcast_to(rgba(looks.get(f"{part}_color"), looks.get(f"{part}_alpha", 1.0)), (len(x), 4))
        for part in ("fill", "line")
    )
    for name in dict.fromkeys(marker.tolist()):
        some = marker == name
        for sign in MARKERS.get(name, "o"):
            looked = {"color": edge[some]} if sign in OPEN else {"facecolor": fill[some], "edgecolor": edge[some]}
            axes.scatter(
                x[some], y[some], s=size[some] ** 2 * (0.5 if sign == "D" else 1.0), marker=sign,
                linewidths=line["linewidth"], zorder=order, **looked,
            )  # fmt: skip
    return _key(looks, line["linewidth"])


def _key(looks: dict, width: float) -> tuple[Artist, ...]:
    """Draw the first point's sign for a legend, no larger than a line of it."""
    from matplotlib.lines import Line2D

    name = np.atleast_1d(looks.get("marker", "circle")).tolist()[0]
    size = min(float(np.atleast_1d(looks.get("size", 4))[0]) * POINT, 8.0)
    fill, edge = (rgba(looks.get(f"{part}_color"), looks.get(f"{part}_alpha", 1.0)) for part in ("fill", "line"))
    inks = {"markerfacecolor": fill[0], "markeredgecolor": edge[0], "markeredgewidth": min(width, 1.5)}
    return tuple(Line2D([], [], linestyle="", marker=sign, markersize=size, **inks) for sign in MARKERS.get(name, "o"))


def _patch(looks: dict, axes: Axes, order: float) -> Artist | None:
    x = np.asarray(looks["x"], dtype=float)
    drawn = axes.fill(x, looks["y"], zorder=order, **{**_area(looks), "facecolor": _area(looks)["facecolor"][0]})
    return drawn[0] if drawn else None


def _boxes(corners: np.ndarray, looks: dict, axes: Axes, order: float) -> Artist:
    from matplotlib.collections import PolyCollection

    left, bottom, right, top = corners
    whole = np.stack([[left, bottom], [right, bottom], [right, top], [left, top]]).transpose(2, 0, 1)
    area = _area(looks)
    named = {"facecolors": area["facecolor"], "edgecolors": area["edgecolor"], "linewidths": area["linewidth"],
             "linestyles": area["linestyle"]}  # fmt: skip
    return axes.add_collection(PolyCollection(whole, zorder=order, **named), autolim=False)


def _quads(looks: dict, axes: Axes, order: float) -> Artist:
    sides = (np.asarray(looks[name], dtype=float) for name in ("left", "bottom", "right", "top"))
    return _boxes(np.stack(np.broadcast_arrays(*sides)), looks, axes, order)


def _span(looks: dict, axes: Axes, order: float) -> Artist:
    line = axes.axvline if looks["dimension"] == "height" else axes.axhline
    return line(float(looks["location"]), zorder=order, **_stroke(looks))


def _band(looks: dict, axes: Axes, order: float) -> Artist:
    limits = (*axes.get_xlim(), *axes.get_ylim())
    given = (looks["left"], looks["right"], looks["bottom"], looks["top"])
    left, right, bottom, top = (
        float(one) if isinstance(one, int | float | np.number) else limit
        for one, limit in zip(given, limits, strict=True)
    )
    if not looks.get("line_alpha") or looks.get("line_color") is None:
        looks = {**looks, "line_color": None}
    return _boxes(np.array([[left], [bottom], [right], [top]]), looks, axes, order)


def _whiskers(looks: dict, axes: Axes, order: float) -> Artist:
    draw_all = axes.vlines if looks.get("dimension", "height") == "height" else axes.hlines
    line = _stroke(looks)
    return draw_all(looks["base"], looks["lower"], looks["upper"], zorder=order, colors=[line["color"]],
                    linewidths=line["linewidth"])  # fmt: skip


def _words(looks: dict, axes: Axes, order: float) -> None:
    size = str(looks.get("text_font_size", "9pt"))
    points = float(size.removesuffix("pt")) if size.endswith("pt") else 9.0
    up = {"middle": "center", "alphabetic": "baseline", "hanging": "top"}.get(
        looks["text_baseline"], looks["text_baseline"]
    )
    angle = np.broadcast_to(np.asarray(looks.get("angle", 0.0), dtype=float), len(looks["x"]))
    colour = rgba(looks.get("text_color"), looks.get("text_alpha", 1.0))
    for x, y, text, turned, one in zip(
        looks["x"], looks["y"], looks["text"], angle, np.broadcast_to(colour, (len(angle), 4)), strict=True
    ):
        axes.text(x, y, str(text), size=points, color=one, ha=looks["text_align"], va=up, clip_on=True, zorder=order,
                  rotation=np.degrees(turned), rotation_mode="anchor")  # fmt: skip


def _image(looks: dict, axes: Axes, order: float) -> Artist | None:
    table, norm = colour_map(looks["color_mapper"])
    drawn = None
    for x, y, across, up, values in zip(*(looks[name] for name in ("x", "y", "dw", "dh", "image")), strict=True):
        drawn = axes.imshow(
            np.ma.masked_invalid(np.asarray(values, dtype=float)), origin="lower", cmap=table, norm=norm, zorder=order,
            extent=(float(x), float(x + across), float(y), float(y + up)), aspect="auto", interpolation="nearest",
            alpha=looks.get("global_alpha", 1.0),
        )  # fmt: skip
    return drawn


GLYPHS: dict[str, Callable[[dict, Axes, float], Artist | tuple | None]] = {
    "Line": _line, "MultiLine": _lines, "Segment": _segments, "Scatter": _points, "Patch": _patch, "Quad": _quads,
    "Span": _span, "BoxAnnotation": _band, "Whisker": _whiskers, "Text": _words, "Image": _image,
}  # fmt: skip
