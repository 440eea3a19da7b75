"""Pictures of scores in the plane of their areas for two signals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import holoviews as hv
import numpy as np

from jetexplore.anomaly.plane import CRITERIA, FAMILIES, Point, best_printed, front
from jetexplore.views import planeplots
from jetexplore.views.plots import COLOURS, GREY


def trail(tried: Sequence[tuple[float, float, str]], signals: Sequence[str]) -> hv.Overlay:
    """Draw the areas of everything that was tried, in order, the last one large.

    Parameters
    ----------
    tried : sequence of tuple of float, float and str
        AUC for the first and the second signal, and what it was.
    signals : sequence of str
        Names of the two.

    Returns
    -------
    holoviews.Overlay
        A path with points; hover tells what each was.
    """
    across, up = (f"AUC {name}" for name in signals)
    columns = {"x": [one[0] for one in tried], "y": [one[1] for one in tried], "choice": [one[2] for one in tried]}
    places = hv.Points(columns, ["x", "y"], ["choice"])
    last = hv.Points({name: some[-1:] for name, some in columns.items()}, ["x", "y"], ["choice"])
    return (
        hv.Curve((columns["x"], columns["y"])).opts(color=GREY, line_width=1, line_dash="dotted")
        * places.opts(color=GREY, size=7, tools=["hover"])
        * last.opts(color=COLOURS["Top"], size=13, tools=["hover"])
    ).opts(
        xlabel=across, ylabel=up, xlim=(0.45, 1.0), ylim=(0.45, 1.0), width=460, height=420, show_grid=True,
        title=f"{tried[-1][2]}: {tried[-1][0]:.3f} and {tried[-1][1]:.3f}",
    )  # fmt: skip


def plane(points: Sequence[Point], ceilings: Mapping[str, float]) -> hv.Overlay:
    """Draw every score in the plane of its two areas, with a legend.

    Parameters
    ----------
    points : sequence of Point
        From ``anomaly.plane.plane``.
    ceilings : mapping of str to float
        Largest supervised area by signal.

    Returns
    -------
    holoviews.Overlay
        One layer a family and criterion; hover tells what each point is.
    """

    def places(some: Sequence[Point]) -> np.ndarray:
        return np.array([(point.w, point.top) for point in some]).reshape(-1, 2)

    of = {name: [point for point in points if point.family == name] for name in FAMILIES}
    by = {name: places([point for point in points if name in point.chosen_by]) for name in CRITERIA}
    families = {name: (*places(some).T, [point.title for point in some]) for name, some in of.items()}
    best = places(front(point for point in points if point.family != "supervised"))
    criteria = {name: tuple(some.T) for name, some in by.items()}
    printed = best_printed()["W"], best_printed()["Top"]
    made = planeplots.plane_points(families, criteria, best, printed, ceilings)
    return made.opts(show_legend=True, legend_position="right", width=760, height=480)
