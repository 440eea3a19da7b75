"""Pictures of arrays: plain arrays in, one HoloViews element out, in the app and in notebooks alike.

Classes are told apart by colour (Okabe and Ito) and line style together. One logarithmic colour scale, 1e-4 to 1 of
the jet's pT, serves every jet; pixels with less are night blue, which no faint pixel is.
"""

from __future__ import annotations

from collections.abc import Mapping

import holoviews as hv
import numpy as np

from jetexplore.anomaly.curves import Histograms, Roc
from jetexplore.distances.references import Peak
from jetexplore.distances.transport import ImagePlan

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


def transport_plan(plan: ImagePlan, first: str = "first", second: str = "second", title: str = "") -> hv.Overlay:
    """Draw the optimal plan between two jets: where each piece of pT goes.

    Parameters
    ----------
    plan : ImagePlan
        Arcs with coordinates and flow.
    first, second : str
        Class of each jet, for its colour.
    title : str
        Above the picture.

    Returns
    -------
    holoviews.Overlay
        Circles that grow with the root of pT, filled for the first jet and open for the second, and one line an arc of
        width rising with the flow.
    """
    arcs = {"x0": plan.start[:, 0], "y0": plan.start[:, 1], "x1": plan.end[:, 0], "y1": plan.end[:, 1]}
    lines = hv.Segments(
        {**arcs, "width": 1 + 12 * np.sqrt(plan.flow), "flow": plan.flow}, list(arcs), ["width", "flow"]
    ).opts(line_width="width", color=GREY, alpha=0.75)
    circles = [
        _circles(places, plan.flow, name, filled)
        for places, name, filled in ((plan.start, first, True), (plan.end, second, False))
    ]
    return hv.Overlay([lines, *circles]).opts(
        title=title, xlabel=ANGLES[0], ylabel=ANGLES[1], **{**FACET, "frame_width": 270, "frame_height": 270}
    )


def score_histograms(histograms: Histograms, label: str) -> hv.Overlay:
    """Draw the score of every class, each of unit sum.

    Parameters
    ----------
    histograms : Histograms
        From ``anomaly.histograms``; the last bin holds what lies beyond.
    label : str
        Of the score axis.

    Returns
    -------
    holoviews.Overlay
        One filled outline a class.
    """
    axes = hv.Dimension("score", label=label), hv.Dimension("fraction", label="fraction of jets")
    layers = []
    for name, fractions in histograms.fractions.items():
        steps = np.repeat(histograms.edges, 2), np.concatenate([[0], np.repeat(fractions, 2), [0]])
        colour = COLOURS.get(name, OTHER)
        layers.append(
            hv.Area(steps, *axes, label=name).opts(
                color=colour, line_color=colour, fill_alpha=0.15, line_width=2, line_dash=DASHES.get(name, "dotted"),
                framewise=True, xformatter="%.3g", active_tools=[],
                default_tools=["pan", "wheel_zoom", "reset", "save"],
            )
        )  # fmt: skip
    return hv.Overlay(layers).opts(framewise=True, legend_position="top_right")


def cut_line(cut: float, top: float) -> hv.Curve:
    """Draw a cut on a score: jets at or right of it are called anomalous.

    Parameters
    ----------
    cut : float
        The threshold.
    top : float
        Height of the line.

    Returns
    -------
    holoviews.Curve
        Vertical.
    """
    line = hv.Curve([(cut, 0.0), (cut, top)], "score", "fraction")
    return line.opts(color=GREY, line_width=4, tools=["tap"], framewise=True)


def roc_curves(curves: Mapping[str, Roc], chosen: str, efficiency: float | None = None) -> hv.Overlay:
    """Draw background rejection against signal efficiency.

    Parameters
    ----------
    curves : mapping of str to Roc
        One curve a signal.
    chosen : str
        The signal drawn bold.
    efficiency : float, optional
        Signal efficiency of a cut, marked on the chosen curve.

    Returns
    -------
    holoviews.Overlay
        Curves with their area in the legend, marks at 0.3, 0.5 and at the cut, and what guessing gives.
    """
    layers = []
    grid = np.linspace(0.01, 1.0, 199)
    for name, curve in curves.items():
        rejection = np.array([curve.rejection(value) for value in grid])
        finite = np.isfinite(rejection)
        label = f"{name}: AUC {curve.auc:.3f} ± {curve.auc_error:.3f}"
        layers.append(
            hv.Curve((grid[finite], rejection[finite]), "signal", "rejection", label=label).opts(
                color=COLOURS.get(name, OTHER),
                line_width=3.5 if name == chosen else 1.5,
                line_dash=DASHES.get(name, "dotted"),
            )
        )
    guess = hv.Curve((grid, 1 / grid), "signal", "rejection", label="guessing").opts(
        color=GREY, line_width=1, line_dash="dotted"
    )
    marks = [(value, curves[chosen].rejection(value)) for value in (0.3, 0.5)]
    colour = COLOURS.get(chosen, OTHER)
    shown = [point for point in marks if np.isfinite(point[1])]
    layers += [
        guess,
        hv.Points(shown, ["signal", "rejection"]).opts(color=colour, size=7, marker="circle"),
        *([] if efficiency is None else [roc_mark(curves[chosen], efficiency, colour)]),
    ]
    return hv.Overlay(layers).opts(
        logy=True, xlim=(0, 1), ylim=(0.8, None), xlabel="signal efficiency ε_S", ylabel="background rejection 1/ε_B",
        legend_position="top_right", show_grid=True, framewise=True, active_tools=[],
        default_tools=["pan", "wheel_zoom", "reset", "save"],
    )  # fmt: skip


def roc_mark(curve: Roc, efficiency: float, colour: str) -> hv.Points:
    """Mark a cut on a curve of `roc_curves`.

    Parameters
    ----------
    curve : Roc
        The curve.
    efficiency : float
        Signal efficiency of the cut.
    colour : str
        Of the mark.

    Returns
    -------
    holoviews.Points
        A diamond, or nothing where the rejection is infinite.
    """
    here = efficiency, curve.rejection(efficiency)
    return hv.Points([here] if np.isfinite(here[1]) else [], ["signal", "rejection"]).opts(
        color=colour, size=13, marker="diamond", line_color="white"
    )


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


def _circles(places: np.ndarray, flow: np.ndarray, name: str, filled: bool) -> hv.Points:
    points, which = np.unique(places, axis=0, return_inverse=True)
    mass = np.bincount(which.reshape(-1), weights=flow)
    columns = {"x": points[:, 0], "y": points[:, 1], "size": 4 + 34 * np.sqrt(mass), "mass": mass}
    return hv.Points(columns, ["x", "y"], ["size", "mass"]).opts(
        size="size", color=COLOURS.get(name, OTHER), fill_alpha=0.75 if filled else 0.0, line_width=2
    )
