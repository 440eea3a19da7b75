"""Pictures of how many medoids are enough: the elbow, and distances to the closest medoid."""

from __future__ import annotations

from collections.abc import Sequence

import holoviews as hv
import numpy as np
from bokeh.models import FixedTicker

from jetexplore.distances.references import Elbow, Peak
from jetexplore.views.planeplots import PLOT
from jetexplore.views.plots import GREY
from jetexplore.views.scoresigns import CHOSEN


def elbow_plot(elbow: Elbow, unit: str = "") -> hv.Overlay:
    """Draw the peak position against k with the two lines (figure 7 of Fraser et al., 2021, right).

    Parameters
    ----------
    elbow : Elbow
        From ``distances.elbow``.
    unit : str
        Of the distance.

    Returns
    -------
    holoviews.Overlay
        Points, lines, and a dashed line where the elbow suggests k.
    """
    label = f"peak of the distances{f' [{unit}]' if unit else ''}"
    axes = hv.Dimension("k", label="number of medoids k"), hv.Dimension("peak", label=label)
    low, high = float(min(elbow.peaks.min(), elbow.fit.min())), float(max(elbow.peaks.max(), elbow.fit.max()))
    room = 0.1 * (high - low) or 1.0
    layers = [
        hv.Curve((elbow.k, elbow.fit), *axes).opts(color="#E69F00", line_width=2),
        hv.Points((elbow.k, elbow.peaks), list(axes)).opts(size=8, color="#0072B2"),
        hv.VLine(elbow.n_medoids).opts(color=GREY, line_dash="dashed", line_width=2),
    ]
    return hv.Overlay([
        layer.opts(
            xlim=(float(elbow.k[0]) - 0.5, float(elbow.k[-1]) + 0.5), ylim=(low - room, high + room), framewise=True,
            xticks=FixedTicker(ticks=[int(k) for k in elbow.k]), yformatter="%.3g", **PLOT,
        )
        for layer in layers
    ])  # fmt: skip


def chosen_k(elbow: Elbow, k: int) -> hv.Points:
    """Ring the chosen number of medoids on the peak positions; a click anywhere in the plot can be listened to.

    Parameters
    ----------
    elbow : Elbow
        From ``distances.elbow``.
    k : int
        The number chosen.

    Returns
    -------
    holoviews.Points
        One open ring.
    """
    places = [(k, float(peak)) for at, peak in zip(elbow.k, elbow.peaks, strict=True) if at == k]
    return hv.Points(places, ["k", "peak"]).opts(
        size=19, fill_alpha=0.0, line_width=3.5, color=CHOSEN, tools=["tap"], framewise=True
    )


def other_histograms(peaks: Sequence[Peak], unit: str = "") -> hv.Overlay:
    """Draw the distance to the closest medoid for every k, thin and grey (figure 7 of Fraser et al., 2021, left).

    Parameters
    ----------
    peaks : sequence of Peak
        For k = 1, 2, ...
    unit : str
        Of the distance.

    Returns
    -------
    holoviews.Overlay
        One outline a k, lighter for larger k.
    """
    label = f"distance to the closest medoid{f' [{unit}]' if unit else ''}"
    layers = [
        hv.Curve(_outline(one), hv.Dimension("distance", label=label), "jets").opts(
            color=GREY, alpha=0.9 - 0.6 * number / max(len(peaks) - 1, 1), line_width=1, framewise=True, **PLOT
        )
        for number, one in enumerate(peaks)
    ]
    return hv.Overlay(layers).opts(xformatter="%.3g", framewise=True, show_legend=False)


def chosen_histogram(peaks: Sequence[Peak], k: int) -> hv.Area:
    """Draw the histogram of the chosen k, bold and filled.

    Parameters
    ----------
    peaks : sequence of Peak
        For k = 1, 2, ...
    k : int
        The number chosen.

    Returns
    -------
    holoviews.Area
        One outline.
    """
    return hv.Area(_outline(peaks[k - 1]), "distance", "jets").opts(
        color=CHOSEN, line_color=CHOSEN, fill_alpha=0.2, line_width=3, framewise=True
    )


def _outline(one: Peak) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat(one.edges, 2), np.concatenate([[0], np.repeat(one.counts, 2), [0]])
