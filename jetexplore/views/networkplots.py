"""Pictures of networks: plain arrays and cards in, one HoloViews element out.

Depths are told apart by colour and marker together. A network that collapsed is drawn as a cross.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import holoviews as hv
import numpy as np

from jetexplore.anomaly.curves import Roc
from jetexplore.models.cards import Card
from jetexplore.views.plots import ANGLES, COLOURS, FACET, GREY, NIGHT, OTHER

DEPTHS = {1: ("#E69F00", "circle"), 2: ("#56B4E9", "square"), 3: ("#CC79A7", "triangle")}
LESS, MORE = "#4DB6FF", "#FF9A3D"  # a pixel that a reconstruction makes fainter, brighter
DIFFERENCE = 0.02  # fraction of pT at the ends of the colour scale
NO_BETA = 1e-11  # where beta = 0 stands on a logarithmic axis
BASELINES = {"average image": "dashed", "untrained network": "dotted"}
PLOT = {"active_tools": [], "default_tools": ["pan", "wheel_zoom", "reset", "save"], "framewise": True}
SMALL = {"toolbar": None, "default_tools": [], "framewise": True}


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


def learning_curves(card: Card) -> hv.Overlay:
    """Draw the loss, eq. (3.5) of Fraser et al. (2021), of every epoch.

    Parameters
    ----------
    card : Card
        Of the network; one that was never trained gives empty curves.

    Returns
    -------
    holoviews.Overlay
        Training and validation, the epoch whose weights were kept, and what the average image would give.
    """
    epochs = np.arange(1, len(card.curve) + 1)
    kept = [(card.best_epoch, card.curve[card.best_epoch - 1])] if 0 < card.best_epoch <= len(card.curve) else []
    # it has no divergence, so its loss is known; other training metrics would need its distance
    average = (1 - card.beta) * card.mean_image_mse if card.training_metric == "MSE" else float("nan")
    line = [(epochs[0], average), (epochs[-1], average)] if len(epochs) and np.isfinite(average) else []
    layers = [
        hv.Curve((epochs, np.array(card.curve)), "epoch", "loss", label="validation").opts(
            color=COLOURS["QCD"], line_width=2.5
        ),
        hv.Curve((epochs[: len(card.curve_train)], np.array(card.curve_train)), "epoch", "loss", label="training").opts(
            color=GREY, line_width=1.5
        ),
        hv.Points(kept, ["epoch", "loss"]).opts(color=COLOURS["QCD"], size=9),
    ]
    if card.kind == "vae":  # networks of clouds know no average image
        layers.insert(2, hv.Curve(line, "epoch", "loss", label="average image").opts(
            color=COLOURS["Top"], line_dash="dashed"
        ))  # fmt: skip
    some = [value for value in card.curve + card.curve_train if value > 0] or [1.0]
    return hv.Overlay(layers).opts(
        ylim=(0.8 * min(some), 4 * max(some)),  # room for the legend, which a phone has not beside or above
        logy=True, xlabel="epoch", ylabel="loss per jet", title="Learning curve", legend_position="top_right",
        show_grid=True, yticks=_one_two_five(card.curve + card.curve_train), **SMALL,
    )  # fmt: skip


def loss_scan(scans: Mapping[int, Sequence[Card]], chosen: str = "") -> hv.Overlay:
    """Draw the validation loss over beta for every depth (figure 3 of Fraser et al., 2021, left).

    Parameters
    ----------
    scans : mapping of int to sequence of Card
        Networks by depth, by beta.
    chosen : str
        The network that is ringed.

    Returns
    -------
    holoviews.Overlay
        One line a depth.
    """
    return _scan(scans, lambda card: card.loss, chosen, "").opts(
        ylabel="validation loss",
        title="Validation loss",
        logy=True,
        yticks=_one_two_five([card.loss for some in scans.values() for card in some]),
        legend_opts={"location": "top_center"},
    )


def area_scan(scans: Mapping[int, Sequence[Card]], score: str, signal: str, chosen: str = "") -> hv.Overlay:
    """Draw the area under the ROC curve over beta for every depth (figure 3 of Fraser et al., 2021).

    Parameters
    ----------
    scans : mapping of int to sequence of Card
        Networks by depth, by beta.
    score : str
        Anomaly score.
    signal : str
        Class of the signal.
    chosen : str
        The network that is ringed.

    Returns
    -------
    holoviews.Overlay
        One line a depth, of the networks whose card has that area.
    """

    def area(card: Card) -> float:
        found = card.areas.get(score, {}).get(signal)
        return float("nan") if found is None else found.auc

    values = [value for some in scans.values() for value in map(area, some) if np.isfinite(value)] or [0.5]
    return _scan(scans, area, chosen, signal).opts(
        ylabel=f"AUC of {score}", title=f"{signal} against QCD", show_legend=False,
        ylim=(min(values) - 0.03, max(values) + 0.03),
    )  # fmt: skip


def _scan(scans: Mapping[int, Sequence[Card]], value: object, chosen: str, name: str) -> hv.Overlay:
    layers, ring = [], []
    axes = "beta", f"value {name}".strip()
    for depth, (colour, marker) in DEPTHS.items():
        cards = [card for card in scans.get(depth, ()) if np.isfinite(value(card))]
        label = f"{depth} block{'s' if depth > 1 else ''}"
        places = [(card.beta or NO_BETA, value(card)) for card in cards]
        whole = [place for place, card in zip(places, cards, strict=True) if not card.collapsed]
        broken = [place for place, card in zip(places, cards, strict=True) if card.collapsed]
        ring += [place for place, card in zip(places, cards, strict=True) if card.name == chosen]
        layers += [
            hv.Curve(places, *axes, label=label).opts(color=colour, line_width=2),
            hv.Points(whole, list(axes), label=label).opts(color=colour, marker=marker, size=8),
            hv.Points(broken, list(axes)).opts(color=colour, marker="x", size=10, line_width=3),
        ]
    layers.append(
        hv.Points(ring, list(axes)).opts(size=18, fill_alpha=0.0, line_width=2.5, color=GREY, line_color=GREY)
    )
    ticks = [(NO_BETA, "0"), *((10.0**power, f"1e{power}") for power in range(-9, -2, 2))]
    return hv.Overlay(layers).opts(logx=True, xlim=(4e-12, 3e-3), xticks=ticks, xlabel="β", show_grid=True, **SMALL)


def network_rocs(curves: Mapping[str, Roc], baselines: Mapping[str, Mapping[str, Roc]], chosen: str) -> hv.Overlay:
    """Draw background rejection against signal efficiency, the network's curves beside what needs no training.

    Parameters
    ----------
    curves : mapping of str to Roc
        Of the network, one a signal; solid.
    baselines : mapping of str to mapping of str to Roc
        "average image" and "untrained network", signal, curve; drawn for the chosen signal, broken.
    chosen : str
        The signal drawn bold.

    Returns
    -------
    holoviews.Overlay
        Curves, marks at 0.3 and 0.5, and what guessing gives. Its lines are always the same ones, empty if need be.
    """
    layers = [
        _rejections(curve, name).opts(color=COLOURS.get(name, OTHER), line_width=3.5 if name == chosen else 1.5)
        for name, curve in curves.items()
    ]
    for name, dash in BASELINES.items():
        curve = baselines.get(name, {}).get(chosen)
        line = hv.Curve([], "signal", "rejection", label=name) if curve is None else _rejections(curve, name)
        layers.append(line.opts(color=COLOURS.get(chosen, OTHER), line_width=2, line_dash=dash))
    grid = np.linspace(0.01, 1.0, 199)
    marks = [(at, curves[chosen].rejection(at)) for at in (0.3, 0.5)]
    layers += [
        hv.Curve((grid, 1 / grid), "signal", "rejection", label="guessing").opts(color=GREY, line_width=1),
        hv.Points([mark for mark in marks if np.isfinite(mark[1])], ["signal", "rejection"]).opts(
            color=COLOURS.get(chosen, OTHER), size=7
        ),
    ]
    return hv.Overlay(layers).opts(
        logy=True, xlim=(0, 1), ylim=(0.8, None), xlabel="signal efficiency ε_S", ylabel="background rejection 1/ε_B",
        legend_position="top_right", show_grid=True, **PLOT,
    )  # fmt: skip


def _one_two_five(values: Sequence[float]) -> list[tuple[float, str]]:
    """Ticks of a logarithmic axis over less than a few decades, where Bokeh writes one over the other."""
    some = [value for value in values if np.isfinite(value) and value > 0] or [1.0]
    low, high = np.floor(np.log10(min(some))), np.ceil(np.log10(max(some)))
    steps = (1, 2, 5) if high - low <= 3 else (1,)
    powers = np.arange(int(low) - 1, int(high) + 1)
    return [(step * 10.0**power, f"{step}e{power}") for power in powers for step in steps]


def _rejections(curve: Roc, label: str) -> hv.Curve:
    grid = np.linspace(0.01, 1.0, 199)
    rejection = np.array([curve.rejection(value) for value in grid])
    finite = np.isfinite(rejection)
    return hv.Curve((grid[finite], rejection[finite]), "signal", "rejection", label=label)
