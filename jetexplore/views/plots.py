"""Pictures of arrays: plain arrays in, one HoloViews element out, in the app and in notebooks alike.

Classes are told apart by colour (Okabe and Ito) and line style together. One logarithmic colour scale, 1e-4 to 1 of
the jet's pT, serves every jet; pixels with less are night blue, which no faint pixel is.
"""

from __future__ import annotations

import holoviews as hv
import numpy as np

COLOURS = {"QCD": "#0072B2", "Top": "#D55E00", "W": "#009E73"}
DASHES = {"QCD": "solid", "Top": "dashed", "W": "dotdash", "yours": "solid"}
NIGHT = "#171628"  # an empty pixel
FAINTEST = 1e-4  # fraction of pT at the lower end of the colour scale
JET_PALETTE = "inferno"
DENSITY_PALETTE = "viridis"
ANGLES = ["Δη′ [rad]", "Δφ′ [rad]"]  # after the rotation: across and along the principal axis
VIEW = 1.2  # rad; what is shown of the 3.2 rad wide image at first
GREY = "#8a8a99"  # seen on white and on black
OTHER = "#CC79A7"  # any class without a colour of its own
FACET = {
    "frame_width": 180,
    "frame_height": 180,
    "xlim": (-VIEW, VIEW),
    "ylim": (-VIEW, VIEW),
    "xticks": [-1, 0, 1],
    "yticks": [-1, 0, 1],
    "toolbar": None,
    "default_tools": [],
    "fontsize": {"title": "10pt", "labels": "9pt", "ticks": "8pt"},
}


def palette(name: str, first: int = 30) -> list[str]:
    """Colours of a perceptual map without its darkest end, which would merge with an empty pixel.

    Parameters
    ----------
    name : str
        A Bokeh map of 256 colours, such as "inferno".
    first : int
        How many of the darkest to leave out.

    Returns
    -------
    list of str
        Hexadecimal colours, darkest first.

    Examples
    --------
    >>> len(palette("inferno"))
    226
    """
    from bokeh import palettes

    return list(getattr(palettes, name)(256))[first:]


def jet_image(image: np.ndarray, centres: np.ndarray, title: str = "") -> hv.Image:
    """Draw one jet on the common logarithmic scale.

    Parameters
    ----------
    image : ndarray, shape (npix, npix)
        Fraction of pT, [vertical, horizontal].
    centres : ndarray, shape (npix,)
        Pixel centres in rad.
    title : str
        Above the picture.

    Returns
    -------
    holoviews.Image
        Pixels of less than 1e-4 are NaN.
    """
    bright = np.where(image >= FAINTEST, image, np.nan)
    half = (centres[1] - centres[0]) / 2
    bounds = (centres[0] - half, centres[0] - half, centres[-1] + half, centres[-1] + half)
    fraction = hv.Dimension("fraction", label="fraction of pT", range=(FAINTEST, 1.0))
    return hv.Image(bright[::-1], kdims=ANGLES, vdims=[fraction], bounds=bounds).opts(
        title=title,
        cmap=palette(JET_PALETTE),
        cnorm="log",
        clim=(FAINTEST, 1.0),
        clipping_colors={"NaN": NIGHT},
        **FACET,
    )


def density(counts: np.ndarray, bounds: tuple[float, float, float, float], labels: tuple[str, str]) -> hv.Image:
    """Draw how many pairs fall in each pixel of the plane of two distances.

    Parameters
    ----------
    counts : ndarray, shape (rows, columns)
        Pairs in each pixel, lowest row first.
    bounds : tuple of float
        Left, bottom, right, top.
    labels : tuple of str
        Of the two axes.

    Returns
    -------
    holoviews.Image
        Empty pixels are NaN.
    """
    shown = np.where(counts > 0, counts, np.nan).astype(np.float32)
    top = max(float(counts.max()), 2.0) if counts.size else 2.0
    dimension = hv.Dimension("pairs", range=(1.0, top))
    image = hv.Image(shown[::-1], kdims=[hv.Dimension("x", label=labels[0]), hv.Dimension("y", label=labels[1])],
                     vdims=[dimension], bounds=bounds)  # fmt: skip
    return image.opts(
        cmap=palette(DENSITY_PALETTE, 0),
        cnorm="log",
        clim=(1.0, top),
        clipping_colors={"NaN": "transparent"},
        colorbar=True,
        colorbar_opts={"title": "pairs", "width": 10, "padding": 4},
        tools=["tap"],
        active_tools=["tap", "wheel_zoom"],
        default_tools=["pan", "wheel_zoom", "box_zoom", "reset", "save"],
        xformatter="%.2g",
        yformatter="%.2g",
        xticks=3,  # more would run into each other on a phone
        framewise=True,
    )


def mark(x: float, y: float) -> hv.Points:
    """Ring one point of a density.

    Parameters
    ----------
    x, y : float
        Where.

    Returns
    -------
    holoviews.Points
        One open ring, seen on any colour.
    """
    ring = {"size": 16, "fill_alpha": 0.0, "line_width": 3, "line_color": COLOURS["Top"]}
    return hv.Points([(x, y)], ["x", "y"]).opts(marker="circle", color=COLOURS["Top"], **ring)
