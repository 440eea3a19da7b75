"""Pictures of a dijet resonance search: the spectrum beyond the cut, its pulls, and the transfer factor."""

from __future__ import annotations

import holoviews as hv
import numpy as np

from jetexplore.anomaly.resonance import Search
from jetexplore.views.plots import COLOURS, GREY

TEV = 1000.0
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
                     "m", ["outliers", "down", "up"]).opts(**bars(OBSERVED)),
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
    heights = hv.Histogram((edges, search.pulls)).opts(color=OBSERVED, alpha=0.7)
    limit = max(3.5, 1.1 * float(np.abs(search.pulls).max()))
    return (heights * _window(search)).opts(
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
        hv.ErrorBars((centres, ratio, error), "m", ["ratio", "error"]).opts(**bars(OBSERVED)),
        hv.Points((centres, ratio), ["m", "ratio"], label="outliers / others").opts(color=OBSERVED, size=6),
    ]
    return (hv.Overlay(layers) * _window(search)).opts(
        title=title, xlabel=MASS_LABEL, ylabel="outliers / others", ylim=(min(0.0, float(low.min())), top), height=300,
        xlim=(search.edges[0] / TEV, search.edges[-1] / TEV), legend_position="bottom_left", **SIZE,
    )  # fmt: skip


def bars(colour: str) -> dict[str, object]:
    """Give the looks of error bars; by themselves they are black, which is not seen on a dark page.

    Parameters
    ----------
    colour : str
        Of the line.

    Returns
    -------
    dict
        Options of ``holoviews.ErrorBars``.
    """
    return {"line_color": colour, "upper_head": None, "lower_head": None}


def _centres(search: Search) -> np.ndarray:
    return (search.edges[1:] + search.edges[:-1]) / 2 / TEV


def _window(search: Search) -> hv.VSpan:
    return hv.VSpan(search.low / TEV, search.high / TEV).opts(color=FOUND, alpha=0.18)
