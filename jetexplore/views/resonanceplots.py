"""Pictures of a dijet resonance search: spectrum, transfer factor, windows, significance, calibration, power."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import holoviews as hv
import numpy as np

from jetexplore.anomaly.resonance import Power, Search, Trial
from jetexplore.anomaly.resonance.summaries import NEAR, THREE_SIGMA
from jetexplore.views.plots import COLOURS, GREY, OTHER

TEV = 1000.0
RECIPE_COLOURS = {"refitted": "#0072B2", "fixed": "#009E73", "authors": "#D55E00"}
RECIPE_DASHES = {"refitted": "solid", "fixed": "dotdash", "authors": "dashed"}
OBSERVED, PREDICTED, FOUND = COLOURS["QCD"], COLOURS["Top"], "#E69F00"
MASS_LABEL = "m_jj [TeV]"
SIZE = {"width": 560, "show_grid": True}


def mass_spectrum(search: Search, title: str = "") -> hv.Layout:
    """Draw `outlier_spectrum` with `pulls` below.

    Parameters
    ----------
    search : Search
        What a search found.
    title : str
        Above the picture; of a toy it has to say so.

    Returns
    -------
    holoviews.Layout
        Events per bin on a logarithmic scale, and pulls.
    """
    return (outlier_spectrum(search, title) + pulls(search)).cols(1)


def outlier_spectrum(search: Search, title: str = "") -> hv.Overlay:
    """Draw outliers, the background predicted for them, and all other events; the window found is shaded.

    Parameters
    ----------
    search : Search
        What a search found.
    title : str
        Above the picture; of a toy it has to say so.

    Returns
    -------
    holoviews.Overlay
        Events per bin on a logarithmic scale.
    """
    centres, edges = _centres(search), search.edges / TEV
    predicted = search.transfer
    count = np.maximum(search.outliers, 0.1)  # empty bins lie on the frame of a logarithmic axis
    low, high = (np.maximum(predicted.background + sign * predicted.background_error, 0.1) for sign in (-1, 1))
    steps = {"interpolation": "steps-mid"}
    layers = [
        hv.Area((centres, low, high), "m", ["lowest", "highest"], label="predicted ± 1σ").opts(
            color=PREDICTED, alpha=0.3, line_alpha=0.0
        ),
        hv.Curve((centres, np.maximum(search.others, 0.1)), "m", "others", label="other events").opts(
            color=GREY, line_dash="dotted", **steps
        ),
        hv.Curve((centres, predicted.background), "m", "predicted", label="predicted").opts(
            color=PREDICTED, line_dash="dashed"
        ),
        hv.ErrorBars((centres, count, np.minimum(np.sqrt(search.outliers), count - 0.05), np.sqrt(search.outliers)),
                     "m", ["outliers", "down", "up"]).opts(color=OBSERVED),
        hv.Points((centres, count), ["m", "outliers"], label="outliers").opts(color=OBSERVED, size=6),
    ]  # fmt: skip
    frame = {"xlim": (edges[0], edges[-1]), "xlabel": MASS_LABEL, **SIZE}
    top = float(max(search.others.max(), search.outliers.max()))
    return (hv.Overlay(layers) * _window(search)).opts(
        title=title, ylabel="events per bin", logy=True, ylim=(0.3, 3 * top), height=340, legend_position="bottom_left",
        yticks=[10**power for power in range(7)], framewise=True, **frame,
    )  # fmt: skip


def pulls(search: Search) -> hv.Overlay:
    """Draw observed less predicted outliers in standard deviations; the window found is shaded.

    Parameters
    ----------
    search : Search
        What a search found.

    Returns
    -------
    holoviews.Overlay
        A bar a bin.
    """
    edges = search.edges / TEV
    bars = hv.Histogram((edges, search.pulls)).opts(color=OBSERVED, alpha=0.7)
    limit = max(3.5, 1.1 * float(np.abs(search.pulls).max()))
    return (bars * _window(search)).opts(
        xlim=(edges[0], edges[-1]), xlabel=MASS_LABEL, ylabel="pull", ylim=(-limit, limit), height=160, **SIZE
    )


def transfer_band(search: Search, title: str = "") -> hv.Overlay:
    """Draw the ratio of outliers to other events with the transfer factor that was fitted to it.

    Parameters
    ----------
    search : Search
        What a search found.
    title : str
        Above the picture.

    Returns
    -------
    holoviews.Overlay
        Ratios with their Poisson errors, the factor and its band of one standard deviation.
    """
    centres, predicted = _centres(search), search.transfer
    ratio = search.outliers / search.others
    error = np.sqrt(np.maximum(search.outliers, 1.0)) / search.others
    low, high = predicted.factor - predicted.factor_error, predicted.factor + predicted.factor_error
    top = 1.15 * float(np.max(ratio + error))
    layers = [
        hv.Area((centres, low, high), "m", ["lowest", "highest"], label="± 1σ").opts(
            color=PREDICTED, alpha=0.3, line_alpha=0.0
        ),
        hv.Curve((centres, predicted.factor), "m", "factor", label="transfer factor").opts(color=PREDICTED),
        hv.ErrorBars((centres, ratio, error), "m", ["ratio", "error"]).opts(color=OBSERVED),
        hv.Points((centres, ratio), ["m", "ratio"], label="outliers / others").opts(color=OBSERVED, size=6),
    ]
    return (hv.Overlay(layers) * _window(search)).opts(
        title=title, xlabel=MASS_LABEL, ylabel="outliers / others", ylim=(min(0.0, float(low.min())), top), height=300,
        legend_position="bottom_left", **SIZE,
    )  # fmt: skip


def tomography(search: Search, title: str = "") -> hv.Overlay:
    """Draw every window with an excess at the height of its local p.

    Parameters
    ----------
    search : Search
        What a search found.
    title : str
        Above the picture.

    Returns
    -------
    holoviews.Overlay
        A bar from the lower to the upper edge of each window at -log10 p, the smallest p marked; hover tells counts.
    """
    found, edges = search.windows, search.edges / TEV
    shown = found.p < 1
    low, high = edges[found.first[shown]], edges[(found.first + found.width)[shown]]
    height = -np.log10(np.maximum(found.p[shown], 1e-300))
    columns = (low, height, high, height, found.observed[shown], found.expected[shown], found.p[shown])
    bars = hv.Segments(columns, ["x0", "y0", "x1", "y1"], ["observed", "expected", "p"])
    best = slice(int(height.argmax()), int(height.argmax()) + 1) if len(height) else slice(0, 0)
    marked = hv.Segments((low[best], height[best], high[best], height[best]), ["x0", "y0", "x1", "y1"])
    layers = [
        bars.opts(color=OBSERVED, line_width=2, tools=["hover"]),
        marked.opts(color=FOUND, line_width=5),  # empty if there is no excess: a live figure keeps its layers
    ]
    top = max(1.0, 1.15 * float(height.max(initial=0.0)))
    return hv.Overlay(layers).opts(
        title=title, xlabel=MASS_LABEL, ylabel="-log10 of local p", xlim=(edges[0], edges[-1]), ylim=(0, top),
        height=280, **SIZE,
    )  # fmt: skip


def statistic_distribution(search: Search, title: str = "", bins: int = 60) -> hv.Overlay:
    """Draw how the test statistic is distributed without a signal, and what was observed.

    Parameters
    ----------
    search : Search
        What a search found.
    title : str
        Above the picture.
    bins : int
        Of the histogram.

    Returns
    -------
    holoviews.Overlay
        Pseudo-experiments on a logarithmic scale, and a line at the observation.
    """
    top = max(float(search.pseudo.max()), search.statistic, 1.0) * 1.05
    counts, edges = np.histogram(search.pseudo, bins=bins, range=(0.0, top))
    # Not a histogram, whose bars begin at zero, which no logarithmic axis has
    corners, heights = np.repeat(edges, 2)[1:-1], np.repeat(np.maximum(counts, 0.1), 2)
    shown = hv.Area((corners, np.full(len(corners), 0.1), heights), "t", ["low", "n"], label="pseudo-experiments").opts(
        color=GREY, alpha=0.6, line_alpha=0.0
    )
    height = 3.0 * max(int(counts.max()), 1)
    line = hv.Curve(([search.statistic, search.statistic], [0.3, height]), "t", "n", label="observed").opts(
        color=PREDICTED, line_width=3
    )
    sign = "≤" if search.at_floor else "="
    told = title or f"global p {sign} {search.global_p:.2g}"
    return (shown * line).opts(
        title=told, xlabel="t = -log of the smallest local p", ylabel="pseudo-experiments", logy=True,
        ylim=(0.5, height), height=280, legend_position="top_right", **SIZE,
    )  # fmt: skip


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
            hv.ErrorBars((x, found, error), "n", ["found", "error"]).opts(color=RECIPE_COLOURS.get(recipe, OTHER)),
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


def _centres(search: Search) -> np.ndarray:
    return (search.edges[1:] + search.edges[:-1]) / 2 / TEV


def _window(search: Search) -> hv.VSpan:
    return hv.VSpan(search.low / TEV, search.high / TEV).opts(color=FOUND, alpha=0.18)


def _style(recipe: str) -> dict[str, str]:
    return {"color": RECIPE_COLOURS.get(recipe, OTHER), "line_dash": RECIPE_DASHES.get(recipe, "solid")}
