"""How does matplotlib draw what has an inside? One function a glyph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jetexplore.views.paper.inks import area, colour_map

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


def patch(looks: dict, axes: Axes, order: float) -> Artist | None:
    """Fill what a line goes round."""
    x = np.asarray(looks["x"], dtype=float)
    drawn = axes.fill(x, looks["y"], zorder=order, **{**area(looks), "facecolor": area(looks)["facecolor"][0]})
    return drawn[0] if drawn else None


def quads(looks: dict, axes: Axes, order: float) -> Artist:
    """Draw boxes between their sides."""
    sides = (np.asarray(looks[name], dtype=float) for name in ("left", "bottom", "right", "top"))
    return _boxes(np.stack(np.broadcast_arrays(*sides)), looks, axes, order)


def band(looks: dict, axes: Axes, order: float) -> Artist:
    """Draw a box that may reach to the frame's sides."""
    limits = (*axes.get_xlim(), *axes.get_ylim())
    given = (looks["left"], looks["right"], looks["bottom"], looks["top"])
    left, right, bottom, top = (
        float(one) if isinstance(one, int | float | np.number) else limit
        for one, limit in zip(given, limits, strict=True)
    )
    if not looks.get("line_alpha") or looks.get("line_color") is None:
        looks = {**looks, "line_color": None}
    return _boxes(np.array([[left], [bottom], [right], [top]]), looks, axes, order)


def _boxes(corners: np.ndarray, looks: dict, axes: Axes, order: float) -> Artist:
    from matplotlib.collections import PolyCollection

    left, bottom, right, top = corners
    whole = np.stack([[left, bottom], [right, bottom], [right, top], [left, top]]).transpose(2, 0, 1)
    look = area(looks)
    named = {"facecolors": look["facecolor"], "edgecolors": look["edgecolor"], "linewidths": look["linewidth"],
             "linestyles": look["linestyle"]}  # fmt: skip
    return axes.add_collection(PolyCollection(whole, zorder=order, **named), autolim=False)


def image(looks: dict, axes: Axes, order: float) -> Artist | None:
    """Draw numbers as colours, a box each."""
    table, norm = colour_map(looks["color_mapper"])
    drawn = None
    for x, y, across, up, values in zip(*(looks[name] for name in ("x", "y", "dw", "dh", "image")), strict=True):
        drawn = axes.imshow(
            np.ma.masked_invalid(np.asarray(values, dtype=float)), origin="lower", cmap=table, norm=norm, zorder=order,
            extent=(float(x), float(x + across), float(y), float(y + up)), aspect="auto", interpolation="nearest",
            alpha=looks.get("global_alpha", 1.0),
        )  # fmt: skip
    return drawn
