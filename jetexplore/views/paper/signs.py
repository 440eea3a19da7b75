"""How does matplotlib draw points and words? In the same colours and sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jetexplore.views.paper.inks import POINT, rgba, stroke

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


MARKERS = {
    "circle": "o", "square": "s", "diamond": "D", "triangle": "^", "inverted_triangle": "v", "star": "*", "x": "x",
    "cross": "+", "plus": "P", "hex": "h", "dash": "_", "dot": ".", "square_x": "sx", "circle_x": "ox",
    "diamond_cross": "D+", "square_cross": "s+", "circle_cross": "o+",
}  # fmt: skip
OPEN = "x+_"  # markers without an inside
MANY = 1000  # points; more of them are an image within the lines, for each one is 500 bytes of an SVG


def points(looks: dict, axes: Axes, order: float) -> tuple[Artist, ...]:
    """Draw signs, each kind at once."""
    x, y = np.asarray(looks["x"], dtype=float), np.asarray(looks["y"], dtype=float)
    marker = np.broadcast_to(np.asarray(looks.get("marker", "circle")), x.shape)
    size = np.broadcast_to(np.asarray(looks.get("size", 4), dtype=float) * POINT, x.shape)
    line = stroke(looks)
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
                rasterized=len(x) > MANY, linewidths=line["linewidth"], zorder=order, **looked,
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


def words(looks: dict, axes: Axes, order: float) -> None:
    """Write words."""
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
