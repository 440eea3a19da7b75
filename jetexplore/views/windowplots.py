"""How surprising is the least likely window? All windows with an excess, and what chance alone would do."""

from __future__ import annotations

import holoviews as hv
import numpy as np

from jetexplore.anomaly.resonance import Search
from jetexplore.views.plots import GREY
from jetexplore.views.resonanceplots import FOUND, MASS_LABEL, OBSERVED, PREDICTED, SIZE, TEV


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
    told = title or f"global p {sign} {search.global_p:.2g}; the line is what was observed"
    return (shown * line).opts(
        title=told, xlabel="t = -log of the smallest local p", ylabel="pseudo-experiments", logy=True,
        ylim=(0.5, height), height=280, show_legend=False, **SIZE,
    )  # fmt: skip
