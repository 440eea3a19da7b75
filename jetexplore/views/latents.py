"""Pictures of what a network has learned: plain arrays in, one HoloViews element out, as in `plots`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import holoviews as hv
import numpy as np

from jetexplore.views import plots, raster
from jetexplore.views.figures import METRIC_COLOURS, METRIC_DASHES
from jetexplore.views.plots import COLOURS, GREY, OTHER

PANEL = (90, 110)  # rows, columns of pixels


def plane(x: np.ndarray, y: np.ndarray, labels: tuple[str, str], title: str = "") -> hv.Image:
    """Count pairs in the plane of two distances, both from zero, as in figures 4 to 6 of Fraser et al. (2021).

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Distances of the same pairs.
    labels : tuple of str
        Of the axes.
    title : str
        Above the picture.

    Returns
    -------
    holoviews.Image
        Without the farthest thousandth of the pairs along x, which would squeeze all others.
    """
    right = float(np.quantile(x, 0.999)) if np.isfinite(x).all() else float(np.nanquantile(x[np.isfinite(x)], 0.999))
    bounds = (0.0, 0.0, right or 1.0, float(y.max()))
    drawn = plots.density(raster.binned(x, y, bounds, PANEL), bounds, labels)
    return drawn.opts(title=title, width=255, height=250, xticks=3, colorbar=False, fontsize={"title": "9pt"})


def against_beta(
    curves: Mapping[str, Sequence[tuple[float, float, float, int]]], baseline: tuple[float, float]
) -> hv.Overlay:
    """Draw correlations against beta, and the range of those of untrained networks.

    Parameters
    ----------
    curves : mapping of str to sequence of tuple
        By name: beta, r, its error and the number of active latent dimensions.
    baseline : tuple of float
        Lowest and highest r of untrained networks.

    Returns
    -------
    holoviews.Overlay
        On a logarithmic axis; beta = 0 stands a decade before the smallest other. Circles are open where no latent
        dimension is active.
    """
    betas = sorted({point[0] for points in curves.values() for point in points})
    positive = [beta for beta in betas if beta > 0] or [1e-8]
    zero = positive[0] / 10
    layers = [hv.HSpan(*baseline).opts(color=GREY, alpha=0.25)]
    for rank, (name, points) in enumerate(curves.items()):
        x, r, error, active = (np.array(column, dtype=float) for column in zip(*sorted(points), strict=True))
        x[x == 0] = zero
        colour, dash = METRIC_COLOURS[rank % len(METRIC_COLOURS)], METRIC_DASHES[rank % len(METRIC_DASHES)]
        layers += [
            hv.Curve((x, r), "beta", "r", label=name).opts(color=colour, line_dash=dash, line_width=2),
            hv.Segments((x, r - error, x, r + error), ["beta", "r", "x1", "y1"]).opts(color=colour, line_width=2),
            hv.Points((x[active > 0], r[active > 0]), ["beta", "r"]).opts(color=colour, size=7),
            hv.Points((x[active == 0], r[active == 0]), ["beta", "r"]).opts(
                fill_color="white", line_color=colour, line_width=2, size=8
            ),
        ]
    ticks = [(zero, "0")] * (0.0 in betas) + [(beta, f"{beta:.0e}".replace("e-0", "e-")) for beta in positive]
    return hv.Overlay(layers).opts(
        logx=True, xlabel="β", ylabel="Pearson r", xticks=ticks, xlim=(zero / 2, positive[-1] * 2),
        legend_position="right", show_grid=True, width=640, height=340,
    )  # fmt: skip


def by_stage(curves: Mapping[str, Mapping[str, tuple[float, float]]], ylabel: str = "Pearson r") -> hv.Overlay:
    """Draw correlations stage by stage, one line a network or metric.

    Parameters
    ----------
    curves : mapping of str to mapping of str to tuple of float
        By name: r and its error at each stage, the same stages for all.
    ylabel : str
        Of the axis.

    Returns
    -------
    holoviews.Overlay
        Stages from left to right.
    """
    stages = list(dict.fromkeys(stage for points in curves.values() for stage in points))
    layers = []
    for rank, (name, points) in enumerate(curves.items()):
        x = np.array([stages.index(stage) for stage in points]) + 0.05 * (rank - (len(curves) - 1) / 2)
        r, error = np.array(list(points.values())).T
        colour, dash = METRIC_COLOURS[rank % len(METRIC_COLOURS)], METRIC_DASHES[rank % len(METRIC_DASHES)]
        layers += [
            hv.Curve((x, r), "stage", "r", label=name).opts(color=colour, line_dash=dash, line_width=2.5),
            hv.Segments((x, r - error, x, r + error), ["stage", "r", "x1", "y1"]).opts(color=colour, line_width=2),
        ]
    return hv.Overlay(layers).opts(
        xlabel="", ylabel=ylabel, xticks=list(enumerate(stages)), xlim=(-0.3, len(stages) - 0.7),
        legend_position="bottom_left", show_grid=True, width=460, height=340,
    )  # fmt: skip


def jet_map(places: np.ndarray, names: np.ndarray, title: str = "") -> hv.Overlay:
    """Draw jets as points, coloured by class.

    Parameters
    ----------
    places : ndarray, shape (n, 2)
        From ``anomaly.embed``.
    names : ndarray, shape (n,)
        Class of each.
    title : str
        Above the picture.

    Returns
    -------
    holoviews.Overlay
        Without ticks: only relative places mean anything.
    """
    layers = [
        hv.Points(places[names == name], ["x", "y"], label=str(name)).opts(
            color=COLOURS.get(name, OTHER), size=3.5, alpha=0.6
        )
        for name in dict.fromkeys(names.tolist())
    ]
    return hv.Overlay(layers).opts(
        title=title, xaxis=None, yaxis=None, legend_position="top_left", width=380, height=360,
        fontsize={"title": "10pt"},
    )  # fmt: skip
