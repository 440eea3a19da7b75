"""Which colours, widths and dashes? Bokeh's, in words of matplotlib."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jetexplore.views.paper.frames import Colours


POINT = 0.75  # points in a pixel of the screen, of which there are 96 in an inch
DASHED = {"solid": [], "dashed": [6], "dotted": [2, 4], "dotdash": [2, 4, 6, 4], "dashdot": [6, 4, 2, 4]}


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


def stroke(looks: dict, scalar: bool = True) -> dict[str, object]:
    """Tell how a line is drawn, in words of matplotlib's lines or of its collections."""
    width = np.asarray(looks.get("line_width", 1), dtype=float) * POINT
    dash = looks.get("line_dash") or []
    dash = DASHED[dash] if isinstance(dash, str) else dash
    # matplotlib counts in widths of the line, and in pairs
    style = (0, [one * POINT / float(width.max()) for one in [*dash, *dash]]) if dash and width.any() else "solid"
    colour = rgba(looks.get("line_color"), looks.get("line_alpha", 1.0))
    if scalar:
        return {"color": colour[0], "linewidth": float(width.max(initial=0)), "linestyle": style}
    return {"colors": colour, "linewidths": np.atleast_1d(width), "linestyles": [style]}


def area(looks: dict) -> dict[str, object]:
    """Tell how the inside and the edge of a shape are drawn."""
    edge = rgba(looks.get("line_color"), looks.get("line_alpha", 1.0))
    line = stroke(looks)
    return {
        "facecolor": rgba(looks.get("fill_color"), looks.get("fill_alpha", 1.0)),
        "edgecolor": edge,
        "linewidth": line["linewidth"] if edge[:, 3].any() else 0.0,
        "linestyle": line["linestyle"],
    }
