"""How well does a dijet search do on toys? Its calibration without a signal and its power with one, by recipe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import holoviews as hv
import numpy as np

from jetexplore.anomaly.resonance import Power, Trial
from jetexplore.anomaly.resonance.summaries import NEAR, THREE_SIGMA
from jetexplore.views.plots import GREY, OTHER
from jetexplore.views.resonanceplots import SIZE, TEV, bars

RECIPE_COLOURS = {"refitted": "#0072B2", "fixed": "#009E73", "authors": "#D55E00"}
RECIPE_DASHES = {"refitted": "solid", "fixed": "dotdash", "authors": "dashed"}


def global_p_values(trials: Iterable[Trial], title: str = "", bins: int = 20) -> hv.Overlay:
    """Draw how global p is distributed over signal-free toys, for every recipe; it ought to be flat.

    Parameters
    ----------
    trials : iterable of Trial
        Those with a signal are left out.
    title : str
        Above the picture.
    bins : int
        From 0 to 1.

    Returns
    -------
    holoviews.Overlay
        Fractions of the toys, and a band of one binomial standard deviation about the flat line.
    """
    by_recipe: dict[str, list[float]] = {}
    for one in trials:
        if one.n_signal == 0 and np.isfinite(one.global_p):
            by_recipe.setdefault(one.recipe, []).append(one.global_p)
    edges, flat = np.linspace(0, 1, bins + 1), 1 / bins
    number = min((len(some) for some in by_recipe.values()), default=1)
    sigma = np.sqrt(flat * (1 - flat) / number)
    ends = np.array([0.0, 1.0])
    band = hv.Area((ends, np.full(2, flat - sigma), np.full(2, flat + sigma)), "p", ["low", "high"], label="flat ± 1σ")
    layers = [band.opts(color=GREY, alpha=0.4, line_alpha=0.0)]
    for recipe, some in by_recipe.items():
        fraction = np.histogram(some, edges)[0] / len(some)
        steps = hv.Curve(((edges[1:] + edges[:-1]) / 2, fraction), "p", "fraction", label=recipe)
        layers.append(steps.opts(interpolation="steps-mid", line_width=2, **_style(recipe)))
    return hv.Overlay(layers).opts(
        title=title, xlabel="global p", ylabel="fraction of signal-free toys", xlim=(0, 1), height=300,
        legend_position="top_right", **SIZE,
    )  # fmt: skip


def power_curve(rows: Sequence[Power], title: str = "") -> hv.Overlay:
    """Draw how often an injected signal is found with three standard deviations, against its size.

    Parameters
    ----------
    rows : sequence of Power
        From ``resonance.power``.
    title : str
        Above the picture.

    Returns
    -------
    holoviews.Overlay
        One line a recipe with binomial bars, one of those found near the true mass, and the rate without a signal.
    """
    layers = []
    for recipe in dict.fromkeys(row.recipe for row in rows):
        some = sorted((row for row in rows if row.recipe == recipe), key=lambda row: row.n_signal)
        x, found, near = (
            np.array([getattr(row, name) for row in some], float) for name in ("n_signal", "found", "near")
        )
        error = np.sqrt(found * (1 - found) / np.array([row.toys for row in some]))
        layers += [
            hv.ErrorBars((x, found, error), "n", ["found", "error"]).opts(**bars(RECIPE_COLOURS.get(recipe, OTHER))),
            hv.Curve((x, found), "n", "found", label=recipe).opts(line_width=2, **_style(recipe)),
            hv.Points((x, found * np.nan_to_num(near)), ["n", "near"], label=f"{recipe}, within {NEAR / TEV} TeV").opts(
                color=RECIPE_COLOURS.get(recipe, OTHER), size=7, fill_alpha=0.0
            ),
        ]
    chance = hv.HLine(THREE_SIGMA).opts(color=GREY, line_dash="dotted")
    return hv.Overlay([*layers, chance]).opts(
        title=title, xlabel="signal events injected", ylabel="found with 3σ", ylim=(-0.03, 1.05), height=320,
        legend_position="top_left", **SIZE,
    )  # fmt: skip


def _style(recipe: str) -> dict[str, str]:
    return {"color": RECIPE_COLOURS.get(recipe, OTHER), "line_dash": RECIPE_DASHES.get(recipe, "solid")}
