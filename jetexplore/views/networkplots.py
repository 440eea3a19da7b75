"""A picture of what a network is worth: its ROC curves beside what needs no training."""

from __future__ import annotations

from collections.abc import Mapping

import holoviews as hv
import numpy as np

from jetexplore.anomaly.curves import Roc
from jetexplore.views.plots import COLOURS, GREY, OTHER

BASELINES = {"average image": "dashed", "untrained network": "dotted"}
PLOT = {"active_tools": [], "default_tools": ["pan", "wheel_zoom", "reset", "save"], "framewise": True}
SMALL = {"toolbar": None, "default_tools": [], "framewise": True}


def network_rocs(curves: Mapping[str, Roc], baselines: Mapping[str, Mapping[str, Roc]], chosen: str) -> hv.Overlay:
    """Draw background rejection against signal efficiency, the network's curves beside what needs no training.

    Parameters
    ----------
    curves : mapping of str to Roc
        Of the network, one a signal; solid.
    baselines : mapping of str to mapping of str to Roc
        "average image" and "untrained network", signal, curve; drawn for the chosen signal, broken.
    chosen : str
        The signal drawn bold.

    Returns
    -------
    holoviews.Overlay
        Curves, marks at 0.3 and 0.5, and what guessing gives. Its lines are always the same ones, empty if need be.
    """
    layers = [
        _rejections(curve, name).opts(color=COLOURS.get(name, OTHER), line_width=3.5 if name == chosen else 1.5)
        for name, curve in curves.items()
    ]
    for name, dash in BASELINES.items():
        curve = baselines.get(name, {}).get(chosen)
        line = hv.Curve([], "signal", "rejection", label=name) if curve is None else _rejections(curve, name)
        layers.append(line.opts(color=COLOURS.get(chosen, OTHER), line_width=2, line_dash=dash))
    grid = np.linspace(0.01, 1.0, 199)
    marks = [(at, curves[chosen].rejection(at)) for at in (0.3, 0.5)]
    layers += [
        hv.Curve((grid, 1 / grid), "signal", "rejection", label="guessing").opts(color=GREY, line_width=1),
        hv.Points([mark for mark in marks if np.isfinite(mark[1])], ["signal", "rejection"]).opts(
            color=COLOURS.get(chosen, OTHER), size=7
        ),
    ]
    return hv.Overlay(layers).opts(
        logy=True, xlim=(0, 1), ylim=(0.8, None), xlabel="signal efficiency ε_S", ylabel="background rejection 1/ε_B",
        legend_position="top_right", show_grid=True, **PLOT,
    )  # fmt: skip


def _rejections(curve: Roc, label: str) -> hv.Curve:
    grid = np.linspace(0.01, 1.0, 199)
    rejection = np.array([curve.rejection(value) for value in grid])
    finite = np.isfinite(rejection)
    return hv.Curve((grid[finite], rejection[finite]), "signal", "rejection", label=label)
