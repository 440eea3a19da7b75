"""How does matplotlib draw lines? One function a glyph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jetexplore.views.paper.inks import stroke

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


def line(looks: dict, axes: Axes, order: float) -> Artist:
    """Draw a line."""
    return axes.plot(looks["x"], looks["y"], zorder=order, solid_capstyle="butt", **stroke(looks))[0]


def lines(looks: dict, axes: Axes, order: float) -> Artist | None:
    """Draw several lines as one."""
    from matplotlib.collections import LineCollection

    lines = [np.column_stack([x, y]).astype(float) for x, y in zip(looks["xs"], looks["ys"], strict=True)]
    return axes.add_collection(LineCollection(lines, zorder=order, **stroke(looks, False)), autolim=False)


def segments(looks: dict, axes: Axes, order: float) -> Artist:
    """Draw straight lines between ends."""
    from matplotlib.collections import LineCollection

    ends = np.column_stack([looks[name] for name in ("x0", "y0", "x1", "y1")]).astype(float).reshape(-1, 2, 2)
    return axes.add_collection(LineCollection(ends, zorder=order, **stroke(looks, False)), autolim=False)


def span(looks: dict, axes: Axes, order: float) -> Artist:
    """Draw a line right through."""
    line = axes.axvline if looks["dimension"] == "height" else axes.axhline
    return line(float(looks["location"]), zorder=order, **stroke(looks))


def whiskers(looks: dict, axes: Axes, order: float) -> Artist:
    """Draw error bars."""
    draw_all = axes.vlines if looks.get("dimension", "height") == "height" else axes.hlines
    line = stroke(looks)
    return draw_all(looks["base"], looks["lower"], looks["upper"], zorder=order, colors=[line["color"]],
                    linewidths=line["linewidth"])  # fmt: skip
