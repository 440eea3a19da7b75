"""A picture of what a few labelled jets are worth, for the notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import holoviews as hv
import numpy as np

from jetexplore.views.plots import COLOURS, DASHES, GREY, OTHER

if TYPE_CHECKING:
    from jetexplore.anomaly.semisupervised import Hint


def hint_curves(hints: Sequence[Hint], signal: str, alone: bool = False) -> hv.Overlay:
    """Draw the area for one signal against the number of labelled jets, one curve a labelled class.

    Parameters
    ----------
    hints : sequence of Hint
        From ``anomaly.semisupervised.hints``, of several labelled classes.
    signal : str
        Which signal is looked for.
    alone : bool
        The distance to the labelled jets alone, without background medoids.

    Returns
    -------
    holoviews.Overlay
        Bars are the spread over draws of labelled jets; dotted is what medoids give without labels.
    """
    layers = []
    for labelled in dict.fromkeys(hint.labelled for hint in hints):
        some = [hint for hint in hints if (hint.labelled, hint.signal) == (labelled, signal) and hint.n]
        n = [hint.n for hint in some]
        y, bar = np.array([hint[5:] if alone else hint[3:5] for hint in some]).T
        colour, said = COLOURS.get(labelled, OTHER), f"labelled {labelled}"
        layers += [
            hv.Curve((n, y), "n", "auc", label=said).opts(
                color=colour, line_width=2, line_dash=DASHES.get(labelled, "dotted")
            ),
            hv.ErrorBars((n, y, bar), "n", ["auc", "bar"]).opts(line_color=colour, upper_head=None, lower_head=None),
        ]
    without = [hint.auc for hint in hints if hint.n == 0 and hint.signal == signal]
    layers.append(
        hv.Curve((n, np.full(len(n), without[0])), "n", "auc", label="no labels, medoids").opts(
            color=GREY, line_dash="dotted", line_width=2
        )
    )
    what = "labelled jets alone" if alone else "medoids − labelled"
    return hv.Overlay(layers).opts(
        title=f"{signal} against QCD, {what}", xlabel="labelled jets", ylabel="AUC", logx=True, ylim=(0.1, 1.0),
        xticks=n, xlim=(0.8 * n[0], 1.25 * n[-1]), show_grid=True, legend_position="top", legend_cols=3, width=430,
        height=360,
    )  # fmt: skip
