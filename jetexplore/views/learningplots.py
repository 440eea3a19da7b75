"""A picture of how a network learned: the loss of every epoch."""

from __future__ import annotations

from collections.abc import Sequence

import holoviews as hv
import numpy as np

from jetexplore.models.cards import Card
from jetexplore.views.networkplots import SMALL
from jetexplore.views.plots import COLOURS, GREY


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
        show_grid=True, yticks=one_two_five(card.curve + card.curve_train), **SMALL,
    )  # fmt: skip


def one_two_five(values: Sequence[float]) -> list[tuple[float, str]]:
    """Place ticks on a logarithmic axis of a few decades, where Bokeh would write one over the other.

    Parameters
    ----------
    values : sequence of float
        That are drawn.

    Returns
    -------
    list of tuple of float and str
        At 1, 2 and 5 times powers of ten; at these powers only if there are more than three.

    Examples
    --------
    >>> one_two_five([0.12, 0.7])[3:6]
    [(0.1, '1e-1'), (0.2, '2e-1'), (0.5, '5e-1')]
    """
    some = [value for value in values if np.isfinite(value) and value > 0] or [1.0]
    low, high = np.floor(np.log10(min(some))), np.ceil(np.log10(max(some)))
    steps = (1, 2, 5) if high - low <= 3 else (1,)
    powers = np.arange(int(low) - 1, int(high) + 1)
    return [(float(f"{step}e{power}"), f"{step}e{power}") for power in powers for step in steps]
