"""What do pictures in the plane of a jet show? Those that the browser draws itself, as plain arrays and words."""

from __future__ import annotations

import numpy as np

from jetexplore.views import plots
from jetexplore.views.paper.frames import Colours, Frame, Layer, Scale
from jetexplore.views.pictures import Pictures
from jetexplore.views.planpicture import PlanPicture

SIDE, LARGE = (208, 208), (287, 287)  # px of the data area
TICKS = [-1.0, 0.0, 1.0]  # rad
ACROSS, UP = (Scale(label, -plots.VIEW, plots.VIEW, False, True, TICKS, {}, "") for label in plots.ANGLES)


def pictures(row: Pictures) -> list[Frame]:
    """Copy a row of jet images.

    Parameters
    ----------
    row : Pictures
        As it is on the page.

    Returns
    -------
    list of Frame
        One a picture, what is written below it as part of its title; the last of each scale has its bar of colours.

    Examples
    --------
    >>> row = Pictures()
    >>> row.show(["one jet"], np.full((1, 40, 40), 1 / 1600))
    >>> frame = pictures(row)[0]
    >>> frame.title, frame.layers[0].looks["image"][0].shape
    ('one jet', (40, 40))
    """
    log = Colours(list(row.colours[1:]), *map(float, row.scale), True, row.colours[0])
    both_ways = Colours(list(row.signed_colours), -row.span, row.span, False, "transparent")
    captions = [*row.captions, *[""] * (len(row.titles) - len(row.captions))]
    found = []
    for place, (title, caption, image) in enumerate(zip(row.titles, captions, row.images, strict=True)):
        signed = place in row.signed
        shown = image.astype(float) if signed else np.where(image >= row.scale[0], image, np.nan)
        side = row.npix * row.pitch
        looks = {"x": [row.edge], "y": [row.edge], "dw": [side], "dh": [side], "image": [shown],
                 "color_mapper": both_ways if signed else log}  # fmt: skip
        named = f"{title}\n{caption}" if caption else title
        found.append(Frame(named, SIDE, ACROSS, UP, [Layer("Image", looks, "")], "", None))
    for colours, label, members in (
        (log, "fraction of pT", [one for one in range(len(found)) if one not in row.signed]),
        (both_ways, "difference", [one for one in row.signed if one < len(found)]),
    ):
        if members:
            found[members[-1]] = found[members[-1]]._replace(bar=(colours, label))
    return found


def plan(picture: PlanPicture) -> list[Frame]:
    """Copy a transport plan.

    Parameters
    ----------
    picture : PlanPicture
        As it is on the page.

    Returns
    -------
    list of Frame
        One, or none before there is a plan.

    Examples
    --------
    >>> plan(PlanPicture())
    []
    """
    arcs = np.frombuffer(picture.arcs, "<f4").reshape(-1, 5).astype(float)
    if not len(arcs):
        return []
    flow = arcs[:, 4]
    lines = dict(zip(("x0", "y0", "x1", "y1"), arcs[:, :4].T, strict=True))
    looks = {"line_color": plots.GREY, "line_alpha": 0.75, "line_width": 0.8 + 9.6 * np.sqrt(flow)}
    layers = [Layer("Segment", {**lines, **looks}, "")]
    for first, colour, opacity in zip((0, 2), picture.colours, (0.75, 0.0), strict=True):
        places, which = np.unique(arcs[:, first : first + 2], axis=0, return_inverse=True)
        mass = np.bincount(which.reshape(-1), weights=flow)
        columns = {"x": places[:, 0], "y": places[:, 1], "size": 2 * (2 + 18 * np.sqrt(mass))}
        inks = {"fill_color": colour, "fill_alpha": opacity, "line_color": colour, "line_width": 2}
        layers.append(Layer("Scatter", {**columns, **inks}, ""))
    return [Frame(picture.title, LARGE, ACROSS, UP, layers, "", None)]
