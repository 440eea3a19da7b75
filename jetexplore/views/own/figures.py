"""What do one's own jets look like beside the sample's? Scores, curves, places, and the most anomalous ones."""

from __future__ import annotations

import holoviews as hv
import numpy as np
import panel as pn

from jetexplore import anomaly, jets
from jetexplore.anomaly import mapjets, namedscores, ownsummary
from jetexplore.anomaly.ownjets import Rated
from jetexplore.anomaly.ownplaces import Placed
from jetexplore.views import compareplots, mapcolours, mapplots, maptext, rocplots
from jetexplore.views.curves import WIDE
from jetexplore.views.own import scoretext
from jetexplore.views.own.files import Held
from jetexplore.views.pictures import Pictures
from jetexplore.views.wrapping import wrapped

PICTURES = 6


class OwnFigures(pn.viewable.Viewer):
    """The figures of one file; made when there is one, later only data travel.

    Their places are there from the start, and filled when there is a file.

    Examples
    --------
    >>> OwnFigures().curves
    {}
    """

    def __init__(self) -> None:
        super().__init__()
        self.curves, self._filled = {}, False
        self.told, self.placed, self._head, self._legend = (pn.pane.HTML(margin=(0, 10)) for _ in range(4))
        self._streams = [hv.streams.Counter() for _ in range(3)]
        self.pictures = Pictures()
        self._scores, self._curves = (pn.Column(styles={"flex": "1 1 340px"}) for _ in range(2))
        self._where = pn.Column(sizing_mode="stretch_width", styles={"max-width": "640px"})  # a map is not stretched
        self._layout = pn.Column(
            self.told, wrapped(self._scores, self._curves, sizing_mode="stretch_width"),
            self._head, self.pictures,
            self.placed, self._where, self._legend,
            sizing_mode="stretch_width",
        )  # fmt: skip

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def show(self, held: Held, name: str, space: str, found: tuple[Rated, Placed]) -> None:
        """Show a file.

        Parameters
        ----------
        held : Held
            The file.
        name, space : str
            The score, and the space of the map.
        found : tuple of Rated and Placed
            What was computed.
        """
        self._load(held, name, space, found)
        self._curves.visible = bool(self.curves)
        if self._filled:
            for stream in self._streams:
                stream.event()
        else:
            self._fill()

    def _fill(self) -> None:
        draws = self._histograms, self._roc, self._map
        for place, draw, stream, height in zip(
            (self._scores, self._curves, self._where), draws, self._streams, (376, 376, 420), strict=True
        ):
            live = hv.DynamicMap(draw, streams=[stream])
            place.objects = [pn.pane.HoloViews(live, height=height, min_width=300, **WIDE)]
        self._head.object = "<b>The most anomalous of your jets</b>"
        self._legend.object, self._filled = maptext.legend("", None) + maptext.own_legend(), True

    def _load(self, held: Held, name: str, space: str, found: tuple[Rated, Placed]) -> None:
        self._own, self._name, self._space, (self._rated, self._placed) = held.own, name, space, found
        self._binned = ownsummary.beside(name, self._rated)
        self.curves, why = ownsummary.rocs(self._rated.scores, self._own.names)
        highest = [int(place) for place in ownsummary.highest(self._rated, PICTURES)]
        titles = [f"yours, number {rank}" for rank in range(1, len(highest) + 1)]
        images = jets.images(self._own.jets[highest]) if highest else []
        self.pictures.show(titles, images, [scoretext.picture(self._own, self._rated, place) for place in highest])
        self.told.object = scoretext.told(name, self._rated, self.curves, why)
        self.placed.object = scoretext.places(self._placed, space)

    def _histograms(self, counter: int) -> hv.Overlay:  # noqa: ARG002
        return rocplots.score_histograms(self._binned, self._name)

    def _roc(self, counter: int) -> hv.Overlay:  # noqa: ARG002
        sample = {f"{one} of the sample": roc for one, roc in namedscores.named_rocs(self._name, n_bootstrap=0).items()}
        shown = self.curves or namedscores.named_rocs(self._name, n_bootstrap=0)  # a hidden figure is valid, too
        drawn = rocplots.roc_curves(shown, next(iter(shown)), 0.5) * compareplots.beside(sample)
        return drawn.opts(**compareplots.ROC)

    def _map(self, counter: int) -> hv.Overlay:  # noqa: ARG002
        some, places = mapjets.map_jets(), anomaly.space_embedding(self._space).places.astype(np.float64)
        pale = mapplots.points(places, some.names, mapcolours.paint(some.names)[0], 0.18)
        return mapplots.yours(pale, self._placed.places, self._placed.unlike)
