"""Pictures of the scan over beta (figure 3 of Fraser et al., 2021).

Depths are told apart by colour and marker together. A network that collapsed is drawn as a cross.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import holoviews as hv
import numpy as np

from jetexplore.models.cards import Card
from jetexplore.views.learningplots import one_two_five
from jetexplore.views.networkplots import SMALL
from jetexplore.views.plots import GREY

DEPTHS = {1: ("#E69F00", "circle"), 2: ("#56B4E9", "square"), 3: ("#CC79A7", "triangle")}
NO_BETA = 1e-11  # where beta = 0 stands on a logarithmic axis


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
        yticks=one_two_five([card.loss for some in scans.values() for card in some]),
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
