"""Pictures of a score: its histograms by class, a cut on it, and ROC curves."""

from __future__ import annotations

from collections.abc import Mapping

import holoviews as hv
import numpy as np

from jetexplore.anomaly.curves import Histograms, Roc
from jetexplore.views.plots import COLOURS, DASHES, GREY, OTHER


def score_histograms(histograms: Histograms, label: str) -> hv.Overlay:
    """Draw the score of every class, each of unit sum.

    Parameters
    ----------
    histograms : Histograms
        From ``anomaly.histograms``; the last bin holds what lies beyond.
    label : str
        Of the score axis.

    Returns
    -------
    holoviews.Overlay
        One filled outline a class.
    """
    axes = hv.Dimension("score", label=label), hv.Dimension("fraction", label="fraction of jets")
    layers = []
    for name, fractions in histograms.fractions.items():
        steps = np.repeat(histograms.edges, 2), np.concatenate([[0], np.repeat(fractions, 2), [0]])
        colour = COLOURS.get(name, OTHER)
        layers.append(
            hv.Area(steps, *axes, label=name).opts(
                color=colour, line_color=colour, fill_alpha=0.15, line_width=2, line_dash=DASHES.get(name, "dotted"),
                framewise=True, xformatter="%.3g", active_tools=[],
                default_tools=["pan", "wheel_zoom", "reset", "save"],
            )
        )  # fmt: skip
    return hv.Overlay(layers).opts(framewise=True, legend_position="top_right")


def cut_line(cut: float, top: float) -> hv.Curve:
    """Draw a cut on a score: jets at or right of it are called anomalous.

    Parameters
    ----------
    cut : float
        The threshold.
    top : float
        Height of the line.

    Returns
    -------
    holoviews.Curve
        Vertical.
    """
    line = hv.Curve([(cut, 0.0), (cut, top)], "score", "fraction")
    return line.opts(color=GREY, line_width=4, tools=["tap"], framewise=True)


def roc_curves(curves: Mapping[str, Roc], chosen: str, efficiency: float | None = None) -> hv.Overlay:
    """Draw background rejection against signal efficiency.

    Parameters
    ----------
    curves : mapping of str to Roc
        One curve a signal.
    chosen : str
        The signal drawn bold.
    efficiency : float, optional
        Signal efficiency of a cut, marked on the chosen curve.

    Returns
    -------
    holoviews.Overlay
        Curves with their area in the legend, marks at 0.3, 0.5 and at the cut, and what guessing gives.
    """
    layers = []
    grid = np.linspace(0.01, 1.0, 199)
    for name, curve in curves.items():
        rejection = np.array([curve.rejection(value) for value in grid])
        finite = np.isfinite(rejection)
        label = f"{name}: AUC {curve.auc:.3f} ± {curve.auc_error:.3f}"
        layers.append(
            hv.Curve((grid[finite], rejection[finite]), "signal", "rejection", label=label).opts(
                color=COLOURS.get(name, OTHER),
                line_width=3.5 if name == chosen else 1.5,
                line_dash=DASHES.get(name, "dotted"),
            )
        )
    guess = hv.Curve((grid, 1 / grid), "signal", "rejection", label="guessing").opts(
        color=GREY, line_width=1, line_dash="dotted"
    )
    marks = [(value, curves[chosen].rejection(value)) for value in (0.3, 0.5)]
    colour = COLOURS.get(chosen, OTHER)
    shown = [point for point in marks if np.isfinite(point[1])]
    layers += [
        guess,
        hv.Points(shown, ["signal", "rejection"]).opts(color=colour, size=7, marker="circle"),
        *([] if efficiency is None else [roc_mark(curves[chosen], efficiency, colour)]),
    ]
    return hv.Overlay(layers).opts(
        logy=True, xlim=(0, 1), ylim=(0.8, None), xlabel="signal efficiency ε_S", ylabel="background rejection 1/ε_B",
        legend_position="top_right", show_grid=True, framewise=True, active_tools=[],
        default_tools=["pan", "wheel_zoom", "reset", "save"],
    )  # fmt: skip


def roc_mark(curve: Roc, efficiency: float, colour: str) -> hv.Points:
    """Mark a cut on a curve of `roc_curves`.

    Parameters
    ----------
    curve : Roc
        The curve.
    efficiency : float
        Signal efficiency of the cut.
    colour : str
        Of the mark.

    Returns
    -------
    holoviews.Points
        A diamond, or nothing where the rejection is infinite.
    """
    here = efficiency, curve.rejection(efficiency)
    return hv.Points([here] if np.isfinite(here[1]) else [], ["signal", "rejection"]).opts(
        color=colour, size=13, marker="diamond", line_color="white"
    )
