"""Pictures of particle graph autoencoders: particles before and after, and how they are distributed."""

from __future__ import annotations

from collections.abc import Mapping

import holoviews as hv
import numpy as np

from jetexplore.anomaly.curves import Roc
from jetexplore.anomaly.graphstudy import COMPONENTS, Cloud, Components
from jetexplore.views.plots import COLOURS, DASHES, GREY

SIGNALS = {"signal": "Top", "box1": "W"}  # whose colours and dashes they take

BEFORE, AFTER = COLOURS["QCD"], COLOURS["Top"]
ANGLES = "Δη", "Δφ [rad]"  # from the jet's axis, not turned
BIGGEST = 26.0  # diameter in pixels of a particle that has all of the pT


def distributions(found: Components, component: str) -> hv.Overlay:
    """Draw a component of the momenta of all particles, put in and reconstructed: figure 1 of Tsan et al. (2021), left.

    Parameters
    ----------
    found : Components
        Both distributions.
    component : str
        Its name.

    Returns
    -------
    holoviews.Overlay
        Fractions per bin on a logarithmic scale.
    """
    low = 1e-6
    corners = np.repeat(found.edges, 2)[1:-1]
    steps = [np.repeat(np.maximum(some, low), 2) for some in (found.before, found.after)]
    axes = "p", ["fraction"]
    layers = [
        hv.Area((corners, np.full(len(corners), low), steps[0]), "p", ["low", "fraction"], label="put in").opts(
            color=BEFORE, alpha=0.3, line_alpha=0.0
        ),
        hv.Curve((corners, steps[1]), *axes, label="reconstructed").opts(color=AFTER, line_width=2),
    ]
    top = 3 * float(max(found.before.max(), found.after.max()))
    return hv.Overlay(layers).opts(
        xlabel=COMPONENTS[component], ylabel="fraction of particles", logy=True, ylim=(low, top), framewise=True,
        xlim=(float(found.edges[0]), float(found.edges[-1])), legend_position="top_right", show_grid=True,
        active_tools=[], default_tools=["pan", "wheel_zoom", "reset", "save"],
    )  # fmt: skip


def clouds(found: Cloud, title: str = "") -> hv.Overlay:
    """Draw a jet's particles and where each is reconstructed.

    Parameters
    ----------
    found : Cloud
        Before and after.
    title : str
        Above the picture.

    Returns
    -------
    holoviews.Overlay
        Circles whose area grows with pT, filled before, open after, and a line from each to its reconstruction.
    """
    scale = BIGGEST / np.sqrt(max(found.pt[0], 1e-9))
    sides = []
    for points, colour, filled, name in (
        (found.before, BEFORE, 0.55, "particle"), (found.after, AFTER, 0.0, "reconstruction")
    ):  # fmt: skip
        pt = np.clip(points[:, 0], 0, None)
        columns = (points[:, 1], points[:, 2], pt, 2 + scale * np.sqrt(pt))
        sides.append(
            hv.Points(columns, list(ANGLES), ["pT", "size"], label=name).opts(
                size="size", color=colour, fill_alpha=filled, line_color=colour, line_width=1.5, tools=["hover"]
            )
        )
    lines = hv.Segments(
        (found.before[:, 1], found.before[:, 2], found.after[:, 1], found.after[:, 2]), ["x0", "y0", "x1", "y1"]
    ).opts(color=GREY, alpha=0.5)
    return hv.Overlay([lines, *sides]).opts(
        title=title, xlabel=ANGLES[0], ylabel=ANGLES[1], xlim=(-1.05, 1.05), ylim=(-1.05, 1.05), show_grid=True,
        legend_position="top_right", frame_width=300, frame_height=300, active_tools=[],
        default_tools=["pan", "wheel_zoom", "reset", "save"],
    )  # fmt: skip


def event_rocs(curves: Mapping[str, Roc]) -> hv.Overlay:
    """Draw the rejection of background events against the efficiency for signal events: figure 1, centre.

    Parameters
    ----------
    curves : mapping of str to Roc
        By class of signal; may be empty.

    Returns
    -------
    holoviews.Overlay
        Always the same layers, so that a live figure can follow.
    """
    grid = np.linspace(0.01, 1.0, 100)
    layers = [hv.Curve((grid, 1 / grid), "signal", "rejection", label="guessing").opts(color=GREY, line_dash="dotted")]
    for name, like in SIGNALS.items():
        curve = curves.get(name)
        rejection = np.array([curve.rejection(value) for value in grid]) if curve else np.full(len(grid), np.nan)
        some = np.isfinite(rejection)
        label = f"{name}: AUC {curve.auc:.3f} ± {curve.auc_error:.3f}" if curve else f"{name}: not scored"
        layers.append(
            hv.Curve((grid[some], rejection[some]), "signal", "rejection", label=label).opts(
                color=COLOURS[like], line_dash=DASHES[like], line_width=2.5
            )
        )
    return hv.Overlay(layers).opts(
        logy=True, xlim=(0, 1), ylim=(0.8, None), xlabel="signal efficiency ε_S", ylabel="background rejection 1/ε_B",
        legend_position="top_right", show_grid=True, framewise=True, active_tools=[],
        default_tools=["pan", "wheel_zoom", "reset", "save"],
    )  # fmt: skip
