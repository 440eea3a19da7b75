"""Pictures of the curves of several scores: plain arrays in, one HoloViews element out, as in `plots`."""

from __future__ import annotations

from collections.abc import Mapping

import holoviews as hv
import numpy as np

from jetexplore.anomaly.curves import Roc
from jetexplore.anomaly.improvement import improvement
from jetexplore.views.plots import COLOURS, DASHES, GREY, OTHER

GRID = np.linspace(0.01, 1.0, 100)
MARKS = (0.3, 0.5)  # signal efficiencies at which papers quote rejections
SIDES = {"left": (OTHER, "solid"), "right": ("#56B4E9", "dashed")}  # told apart from the classes and on any page
TOOLS = {"active_tools": [], "default_tools": ["pan", "wheel_zoom", "box_zoom", "reset", "save"]}

ROC = {
    "logy": True, "xlim": (0, 1), "ylim": (0.8, None), "xlabel": "signal efficiency ε_S",
    "ylabel": "background rejection 1/ε_B", "legend_position": "top_right", "show_grid": True, "framewise": True,
    **TOOLS,
}  # fmt: skip


def beside(baselines: Mapping[str, Roc], curve: str = "ROC") -> hv.Contours:
    """Draw thin curves of scores that need no training, for any curve to be read beside.

    Parameters
    ----------
    baselines : mapping of str to Roc
        By name.
    curve : {"ROC", "SIC"}
        Background rejection or significance improvement.

    Returns
    -------
    holoviews.Contours
        One line each; hover names it.
    """
    lines = []
    for name, one in baselines.items():
        x, y = _rejection(one) if curve == "ROC" else _improvement(one)[:2]
        lines.append({"signal": x, "value": y, "score": name})
    # not a Path: with a hover tool that is sent as a line from each point to the next
    return hv.Contours(lines, ["signal", "value"], "score").opts(color=GREY, line_width=1.2, alpha=0.8, tools=["hover"])


def two_rocs(left: Roc, right: Roc, baselines: Mapping[str, Roc]) -> hv.Overlay:
    """Draw background rejection of two scores against signal efficiency, beside scores that need no training.

    Parameters
    ----------
    left, right : Roc
        For one signal.
    baselines : mapping of str to Roc
        By name.

    Returns
    -------
    holoviews.Overlay
        With marks at signal efficiencies of 0.3 and 0.5 and what guessing gives.
    """
    layers: list[hv.Element] = [beside(baselines)]
    layers.append(hv.Curve((GRID, 1 / GRID), "signal", "value", label="guessing").opts(color=GREY, line_dash="dotted"))
    for (side, (colour, dash)), one in zip(SIDES.items(), (left, right), strict=True):
        layers.append(
            hv.Curve(_rejection(one), "signal", "value", label=side).opts(color=colour, line_dash=dash, line_width=3.5)
        )
    for (colour, _), one in zip(SIDES.values(), (left, right), strict=True):
        marks = [(at, one.rejection(at)) for at in MARKS if np.isfinite(one.rejection(at))]
        layers.append(hv.Points(marks, ["signal", "value"]).opts(color=colour, size=9, line_color="white"))
    return hv.Overlay(layers).opts(**ROC)


def improvements(
    curves: Mapping[str, Roc], styles: Mapping[str, tuple[str, str]], baselines: Mapping[str, Roc], chosen: str = "",
    n_signal: Mapping[str, int] | None = None,
) -> hv.Overlay:  # fmt: skip
    """Draw the significance improvement of scores against signal efficiency, with bands of one standard deviation.

    Parameters
    ----------
    curves : mapping of str to Roc
        By what the legend calls them.
    styles : mapping of str to tuple of str
        Colour and dashes of each.
    baselines : mapping of str to Roc
        Thin, without a band.
    chosen : str
        The one drawn bold; all if empty.
    n_signal : mapping of str to int, optional
        Signal jets of each curve; by default bands know the background's error only.

    Returns
    -------
    holoviews.Overlay
        Only where at least 25 background jets are left; the improvement of no cut at all is 1.
    """
    lines, bands = [], []
    for name, one in curves.items():
        x, value, error = _improvement(one, (n_signal or {}).get(name))
        colour, dash = styles[name]
        bands.append(
            hv.Area((x, value - error, value + error), "signal", ["value", "upper"]).opts(
                color=colour, fill_alpha=0.2, line_alpha=0
            )
        )
        lines.append(
            hv.Curve((x, value), "signal", "value", label=name).opts(
                color=colour, line_dash=dash, line_width=3.5 if chosen in ("", name) else 1.5
            )
        )
    none = hv.Curve(([0.0, 1.0], [1.0, 1.0]), "signal", "value", label="no cut").opts(color=GREY, line_dash="dotted")
    return hv.Overlay([*bands, beside(baselines, "SIC"), none, *lines]).opts(
        xlim=(0, 1), ylim=(0, None), xlabel="signal efficiency ε_S", ylabel="significance improvement ε_S/√ε_B",
        legend_position="top_left", show_grid=True, framewise=True, **TOOLS,
    )  # fmt: skip


def class_styles(names: list[str]) -> dict[str, tuple[str, str]]:
    """Give the colour and dashes of classes.

    Parameters
    ----------
    names : list of str
        Classes.

    Returns
    -------
    dict of str to tuple of str
        As `improvements` takes them.
    """
    return {name: (COLOURS.get(name, OTHER), DASHES.get(name, "dotted")) for name in names}


def _rejection(curve: Roc) -> tuple[np.ndarray, np.ndarray]:
    at = np.searchsorted(curve.signal_efficiency, GRID - 1e-12)
    left = curve.background_efficiency[at]
    some = left > 0
    return GRID[some], 1 / left[some]


def _improvement(curve: Roc, n_signal: int | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    found = improvement(curve, n_signal, len(GRID))
    some = np.isfinite(found.value)
    return found.signal_efficiency[some], found.value[some], found.error[some]
