"""A picture of a transport plan: where each piece of pT goes."""

from __future__ import annotations

import holoviews as hv
import numpy as np

from jetexplore.distances.transport import ImagePlan
from jetexplore.views.plots import ANGLES, COLOURS, FACET, GREY, OTHER


def transport_plan(plan: ImagePlan, first: str = "first", second: str = "second", title: str = "") -> hv.Overlay:
    """Draw the optimal plan between two jets: where each piece of pT goes.

    Parameters
    ----------
    plan : ImagePlan
        Arcs with coordinates and flow.
    first, second : str
        Class of each jet, for its colour.
    title : str
        Above the picture.

    Returns
    -------
    holoviews.Overlay
        Circles that grow with the root of pT, filled for the first jet and open for the second, and one line an arc of
        width rising with the flow.
    """
    arcs = {"x0": plan.start[:, 0], "y0": plan.start[:, 1], "x1": plan.end[:, 0], "y1": plan.end[:, 1]}
    lines = hv.Segments(
        {**arcs, "width": 1 + 12 * np.sqrt(plan.flow), "flow": plan.flow}, list(arcs), ["width", "flow"]
    ).opts(line_width="width", color=GREY, alpha=0.75)
    circles = [
        _circles(places, plan.flow, name, filled)
        for places, name, filled in ((plan.start, first, True), (plan.end, second, False))
    ]
    return hv.Overlay([lines, *circles]).opts(
        title=title, xlabel=ANGLES[0], ylabel=ANGLES[1], **{**FACET, "frame_width": 270, "frame_height": 270}
    )


def _circles(places: np.ndarray, flow: np.ndarray, name: str, filled: bool) -> hv.Points:
    points, which = np.unique(places, axis=0, return_inverse=True)
    mass = np.bincount(which.reshape(-1), weights=flow)
    columns = {"x": points[:, 0], "y": points[:, 1], "size": 4 + 34 * np.sqrt(mass), "mass": mass}
    return hv.Points(columns, ["x", "y"], ["size", "mass"]).opts(
        size="size", color=COLOURS.get(name, OTHER), fill_alpha=0.75 if filled else 0.0, line_width=2
    )
