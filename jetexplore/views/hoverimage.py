"""What does a point of the map look like? Its jet's image, drawn by the browser from bytes that it was sent once."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import param
from bokeh.models import CustomJS, Plot
from panel.custom import JSComponent

from jetexplore.anomaly import mapjets
from jetexplore.views import atlas, plots

_keys = itertools.count()
EVENTS = ("mousemove", "mouseleave", "tap")
# of a figure: says where the pointer is, in the figure's units, and how large a pixel of the screen is in them
POINTED = """
const {x_range, y_range, inner_width, inner_height} = figure
window.dispatchEvent(new CustomEvent(key, {detail: {
    kind, x: cb_obj.x, y: cb_obj.y,
    pixel: [(x_range.end - x_range.start) / inner_width, (y_range.end - y_range.start) / inner_height],
}}))
"""


class HoverImage(JSComponent):
    """The image of the jet at the pointer, of the one marked otherwise, with buttons to the next and previous one.

    Pointing asks nothing of the server; pressing a point, a button or typing a number marks a jet, which is ``at``.

    Parameters
    ----------
    jets : MapJets
        Of the map.
    **options
        Of the component.

    Examples
    --------
    >>> len(HoverImage(mapjets.map_jets()).atlas) < 200_000
    True
    """

    atlas = param.Bytes(default=b"", doc="images, from atlas.packed")
    places = param.Bytes(default=b"", doc="(n, 2) little-endian float32")
    facts = param.Bytes(default=b"", doc="(n, 4) little-endian float32: mass, pT, constituents, score")
    numbers = param.List(default=[], doc="[class, how many], in order")
    palette = param.List(default=[], doc="colours from 1e-4 to 1, after that of an empty pixel")
    at = param.Integer(default=0, doc="the jet that is marked")
    key = param.String(default="", doc="name of the window's event that tells where the pointer is")
    told = param.String(default="", doc="what the score is")

    _esm = Path(__file__).with_suffix(".js").read_text("utf-8")

    def __init__(self, jets: mapjets.MapJets, **options: object) -> None:
        names, many = np.unique(jets.names, return_counts=True)
        self._about = np.stack([jets.mass, jets.pt, jets.multiplicity]).astype(np.float32)
        super().__init__(
            atlas=atlas.packed(mapjets.images()),
            numbers=[[name, int(many[names == name][0])] for name in dict.fromkeys(jets.names.tolist())],
            palette=[plots.NIGHT, *plots.palette(plots.JET_PALETTE)],
            key=f"jetexplore-pointed-{next(_keys)}",
            **options,
        )

    def describe(self, places: np.ndarray, scores: np.ndarray, told: str) -> None:
        """Tell where the jets are, and what they score.

        Parameters
        ----------
        places : ndarray, shape (n, 2)
            On the map.
        scores : ndarray, shape (n,)
            Of the jets of the map.
        told : str
            What the score is.
        """
        facts = np.vstack([self._about, scores]).T
        self.param.update(
            places=places.astype("<f4").tobytes(), facts=np.ascontiguousarray(facts, "<f4").tobytes(), told=told
        )

    def attach(self, figure: Plot) -> None:
        """Let a figure tell where the pointer is, in the browser alone.

        Parameters
        ----------
        figure : bokeh.models.Plot
            The map; attached once, however often it is redrawn.
        """
        for kind in EVENTS:
            known = figure.js_event_callbacks.get(kind, [])
            if not any(isinstance(one, CustomJS) and one.args.get("key") == self.key for one in known):
                figure.js_on_event(kind, CustomJS(args={"figure": figure, "key": self.key, "kind": kind}, code=POINTED))
