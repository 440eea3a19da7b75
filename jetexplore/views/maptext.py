"""What is told in words and numbers below the map of jets? Pieces of HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from jetexplore.anomaly.mapjets import Summary
from jetexplore.views.mapcolours import colour_scale
from jetexplore.views.mapplots import MARKERS, UNLIKE
from jetexplore.views.plots import COLOURS, OTHER

SIGNS = {"circle": "●", "triangle": "▲", "square": "■"}


def legend(label: str, ends: tuple[float, float] | None) -> str:
    """Tell what shapes and colours mean.

    Parameters
    ----------
    label : str
        What the colour tells; nothing in it acts as markup.
    ends : tuple of float or None
        Ends of the colour scale, or None where colours tell the class as shapes do.

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> "▲" in legend("class", None)
    True
    """
    shapes = "".join(
        f'<span style="margin-right:14px;white-space:nowrap">'
        f'<span style="color:{COLOURS[name] if ends is None else "inherit"}">{SIGNS[marker]}</span> {name}</span>'
        for name, marker in MARKERS.items()
    )
    if ends is None:
        return f'<div style="font-size:13px">{shapes}</div>'
    colours = ", ".join(colour_scale()[::15])
    return (
        f'<div style="font-size:13px">{shapes}<div style="max-width:480px;margin-top:4px"><div style="height:10px;'
        f'border-radius:3px;background:linear-gradient(to right, {colours})"></div>'
        f'<div style="display:flex;justify-content:space-between;gap:8px"><span>{ends[0]:.4g}</span>'
        f"<span>{html.escape(label)}</span><span>{ends[1]:.4g}</span></div></div></div>"
    )


def own_legend() -> str:
    """Tell what the signs of `yours` mean; Bokeh's own legend would lie over the jets.

    Returns
    -------
    str
        HTML.
    """
    signs = (OTHER, "◆", "yours"), (UNLIKE, "✖", "yours, unlike anything in the map")
    return (
        '<div style="font-size:13px">'
        + "".join(
            f'<span style="margin-right:14px"><span style="color:{colour}">{sign}</span> {said}</span>'
            for colour, sign, said in signs
        )
        + "</div>"
    )


def table(found: Sequence[Summary], unit: str) -> str:
    """Write what chosen jets are like.

    Parameters
    ----------
    found : sequence of Summary
        A row each.
    unit : str
        Of the score; empty for none.

    Returns
    -------
    str
        HTML; scrolls sideways where it is too wide.
    """
    heads = (
        "class", "jets", "of", f"score{f' [{unit}]' if unit else ''}: median", "mean", "mass [GeV]: median", "mean",
        "particles: median",
    )  # fmt: skip
    rows = [
        (one.name, f"{one.jets:,}", f"{one.of:,}", _number(one.median_score, ".4g"), _number(one.mean_score, ".4g"),
         _number(one.median_mass, ".1f"), _number(one.mean_mass, ".1f"), _number(one.median_multiplicity, ".0f"))
        for one in found
    ]  # fmt: skip
    cell = "padding:2px 10px;text-align:right;white-space:nowrap"
    head = "".join(f'<th scope="col" style="{cell};font-weight:600">{html.escape(one)}</th>' for one in heads)
    body = "".join(
        f'<tr><th scope="row" style="{cell}">{row[0]}</th>'
        + "".join(f'<td style="{cell};font-variant-numeric:tabular-nums">{one}</td>' for one in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        '<div class="rows" tabindex="0" role="region" aria-label="Chosen jets by class" '
        'style="overflow-x:auto;font-size:13px">'
        f'<table style="border-collapse:collapse"><tr>{head}</tr>{body}</table></div>'
    )


def _number(value: float, how: str) -> str:
    return format(value, how) if np.isfinite(value) else "–"
