"""A picture of all jets in the plane of their ranks by two scores."""

from __future__ import annotations

import holoviews as hv
import numpy as np

from jetexplore.views import plots, raster

BINS = (48, 48)  # rows and columns of the plane of two ranks


def ranks(left: np.ndarray, right: np.ndarray, title: str) -> hv.Image:
    """Count jets in the plane of their ranks by two scores.

    Parameters
    ----------
    left, right : ndarray, shape (n,)
        Fractions of background jets that are less anomalous.
    title : str
        Above the picture.

    Returns
    -------
    holoviews.Image
        Background jets spread evenly along either axis; on the diagonal both scores agree.
    """
    bounds = (0.0, 0.0, 1.0, 1.0)
    counts = raster.counts(left.astype(np.float32), right.astype(np.float32), bounds, BINS)
    labels = "rank by left: QCD below", "rank by right: QCD below"
    drawn = plots.density(counts, bounds, labels).redim.label(pairs="jets")
    return drawn.opts(
        title=title, colorbar_opts={"title": "jets", "width": 10, "padding": 4}, active_tools=["tap"],
        fontsize={"title": "10pt"},
    )  # fmt: skip
