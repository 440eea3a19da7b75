"""A picture of where a reconstruction is brighter or fainter than its jet."""

from __future__ import annotations

import holoviews as hv
import numpy as np

from jetexplore.views.plots import ANGLES, FACET, NIGHT

LESS, MORE = "#4DB6FF", "#FF9A3D"  # a pixel that a reconstruction makes fainter, brighter
DIFFERENCE = 0.02  # fraction of pT at the ends of the colour scale


def difference_palette() -> list[str]:
    """Colours from fainter over equal to brighter; equal is the colour of an empty pixel.

    Returns
    -------
    list of str
        255 hexadecimal colours.

    Examples
    --------
    >>> difference_palette()[127] == NIGHT
    True
    """
    ends = [np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) for colour in (LESS, NIGHT, MORE)]
    steps = np.concatenate([
        np.linspace(ends[0], ends[1], 128)[:-1],
        np.linspace(ends[1], ends[2], 128),
    ])  # fmt: skip
    return ["#{:02X}{:02X}{:02X}".format(*np.rint(step).astype(int)) for step in steps]


def difference(image: np.ndarray, centres: np.ndarray, title: str = "") -> hv.Image:
    """Draw where a reconstruction is brighter or fainter than its jet.

    Parameters
    ----------
    image : ndarray, shape (npix, npix)
        Reconstruction less jet, fraction of pT, [vertical, horizontal].
    centres : ndarray, shape (npix,)
        Pixel centres in rad.
    title : str
        Above the picture.

    Returns
    -------
    holoviews.Image
        On one scale from -0.02 to 0.02.
    """
    half = (centres[1] - centres[0]) / 2
    bounds = (centres[0] - half, centres[0] - half, centres[-1] + half, centres[-1] + half)
    change = hv.Dimension("difference", label="difference of the fraction of pT", range=(-DIFFERENCE, DIFFERENCE))
    return hv.Image(image[::-1], kdims=ANGLES, vdims=[change], bounds=bounds).opts(
        title=title, cmap=difference_palette(), clim=(-DIFFERENCE, DIFFERENCE), **FACET
    )
