"""What does the network look like? Figure 2 of Fraser et al. (2021), drawn from the shapes of a network itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import holoviews as hv
import numpy as np

from jetexplore.views.plots import GREY

if TYPE_CHECKING:
    from jetexplore.models.vae import Layer

KINDS = {  # Okabe and Ito; every kind is named beside its colour
    "image": "#999999",
    "convolution": "#0072B2",
    "pooling": "#E69F00",
    "dense": "#009E73",
    "latent": "#CC79A7",
    "upsampling": "#D55E00",
}
STEP, SHIFT = 1.5, 0.22  # between layers; between the channels of one


def architecture(layers: Sequence[Layer], title: str = "") -> hv.Overlay:
    """Draw a network from left to right: arrays as stacked squares, dense layers as bars, blocks framed.

    Parameters
    ----------
    layers : sequence of Layer
        From ``Autoencoder.layers``.
    title : str
        Above the picture.

    Returns
    -------
    holoviews.Overlay
        One rectangle a channel, named by shape below and by kind above.
    """
    rectangles, names, frames = [], [], {}
    for place, layer in enumerate(layers):
        x, (half, wide, channels) = place * STEP, _extent(layer)
        for channel in range(channels):
            dx, dy = SHIFT * channel / 2, SHIFT * channel
            rectangles.append((x - wide + dx, -half + dy, x + wide + dx, half + dy, layer.kind))
        shape = " x ".join(str(size) for size in layer.shape)
        names.append((x, -3.1, f"{shape}{' = 64 means, 64 variances' if layer.kind == 'latent' else ''}"))
        if layer.block:
            frames.setdefault((layer.part, layer.block), []).append(x)
    boxes = [(min(xs) - 0.62, -2.75, max(xs) + 0.95, 3.2) for xs in frames.values()]
    titles = [
        ((box[0] + box[2]) / 2, 3.5, f"{part} block {block}") for box, (part, block) in zip(boxes, frames, strict=True)
    ]
    drawn = [
        hv.Rectangles([r[:4] for r in rectangles if r[4] == kind], label=kind).opts(
            color=colour, alpha=0.55, line_color="white", line_width=0.5
        )
        for kind, colour in KINDS.items()
    ]
    style = {"text_font_size": "8pt", "text_color": GREY}
    return hv.Overlay([
        hv.Rectangles(boxes).opts(fill_alpha=0, line_color=GREY, line_dash="dashed"),
        *drawn,
        hv.Labels(names, ["x", "y"], "text").opts(**style, angle=60, text_align="right"),
        hv.Labels(titles, ["x", "y"], "text").opts(**style),
    ]).opts(
        width=1000, height=360, xaxis=None, yaxis=None, show_grid=False, title=title, legend_position="right",
        xlim=(-1.5, len(layers) * STEP), ylim=(-7.5, 4.2), default_tools=["save"], toolbar="above",
    )  # fmt: skip


def _extent(layer: Layer) -> tuple[float, float, int]:
    """Half height, half width and channels to draw."""
    if len(layer.shape) == 1:
        return 0.25 * np.log2(layer.shape[0] + 1), 0.12, 1
    return 0.05 * layer.shape[1], 0.28, layer.shape[0]
