"""A picture of the distances to the closest medoid for every k (figure 7 of Fraser et al., 2021, left)."""

from __future__ import annotations

import holoviews as hv
import numpy as np

from jetexplore.distances.references import Peak
from jetexplore.views.plots import DENSITY_PALETTE, palette


def nearest_histograms(peaks: list[Peak], unit: str = "rad") -> hv.Overlay:
    """Draw the distance to the closest medoid for every k (figure 7 of Fraser et al., 2021, left).

    Parameters
    ----------
    peaks : list of Peak
        For k = 1, 2, ...
    unit : str
        Of the distance.

    Returns
    -------
    holoviews.Overlay
        One outline a k.
    """
    colours = palette(DENSITY_PALETTE, 0)
    layers = []
    for number, histogram in enumerate(peaks):
        steps = np.repeat(histogram.edges, 2), np.concatenate([[0], np.repeat(histogram.counts, 2), [0]])
        colour = colours[int(number * (len(colours) - 30) / max(len(peaks) - 1, 1))]
        layers.append(hv.Curve(steps, "distance", "jets", label=f"k = {number + 1}").opts(color=colour, line_width=1.5))
    label = f"distance to the closest medoid{f' [{unit}]' if unit else ''}"
    return hv.Overlay(layers).opts(xlabel=label, ylabel="jets", legend_position="right")
