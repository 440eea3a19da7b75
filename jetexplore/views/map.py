"""Where do jets lie? Two thousand of them in a plane that keeps neighbours, each with its image, to choose from."""

from __future__ import annotations

import holoviews as hv
import numpy as np
import panel as pn
import panel_material_ui as pmui
from bokeh.models import LassoSelectTool

from jetexplore import anomaly
from jetexplore.anomaly import mapjets
from jetexplore.errors import InputError
from jetexplore.views import mapplots, selected
from jetexplore.views.frozen import frozen
from jetexplore.views.hoverimage import HoverImage
from jetexplore.views.lasso import drawn, strokes
from jetexplore.views.live import after, together
from jetexplore.views.scores import SCORED
from jetexplore.views.selected import SelectedView
from jetexplore.views.state import Choice
from jetexplore.views.weakly import weakly
from jetexplore.views.wrapping import wrapped

MODES = {"choose": "replace", "add": "add", "take away": "subtract"}
PALE, BRIGHT = 0.15, 0.8
HINT = (
    "**Drag on the map** to draw a line round jets: they are chosen here, and their pairs in the plot of all pairs. "
    "Point at a jet to see it; press it, or use the arrows below its image, to mark it."
)


class MapView(pn.viewable.Viewer):
    """Jets in a plane (section 4.2 of Fraser et al., 2021), the image of the one pointed at, and a lasso.

    Parameters
    ----------
    choice : Choice
        The selections; listens to the space, the colour, the lines drawn, the marked jet, the score.

    Examples
    --------
    >>> _ = hv.extension("bokeh", logo=False)
    >>> view = MapView()
    >>> view.choice.lasso = "da-99_-99~99_-99~99_99~-99_99"
    >>> int(view.selected.mask.sum())
    2000
    """

    def __init__(self, choice: Choice | None = None) -> None:
        super().__init__()
        self.choice = choice or Choice()
        self.jets = mapjets.map_jets()
        self.told = pn.pane.Markdown(margin=(0, 10))
        self.legend = pn.pane.HTML(sizing_mode="stretch_width", margin=(2, 10))
        self.hover = HoverImage(self.jets, at=self.choice.at, margin=(0, 10), styles={"flex": "0 1 auto"})
        self.mode = pmui.RadioButtonGroup(label="A drawn line will", options=list(MODES), value="choose", width=330)
        self._base, self._bright, self._ring = (
            hv.streams.Counter().rename(counter=name) for name in ("base", "bright", "ring")
        )
        self._load_scores()
        self._load_places()
        layers = [
            self._layer(lambda: self._points(np.ones(len(self.jets.names), bool), PALE), self._base),
            self._layer(lambda: self._points(self._chosen(), BRIGHT), self._bright),
            *(self._layer(lambda sign=sign: self._outline(sign), self._bright) for sign in mapjets.SIGNS),
            self._layer(lambda: mapplots.ring(self._places[self.choice.at]), self._ring),
        ]
        self.lasso = hv.streams.Lasso(source=layers[0])
        self.lasso.add_subscriber(self._draw)
        axes = tuple(f"{self._method} {number} [arbitrary unit]" for number in (1, 2))
        shown = mapplots.frame(hv.Overlay(layers).collate(), axes).opts(hv.opts.Overlay(hooks=[weakly(self._dress)]))
        self._follow()
        plot = pn.pane.HoloViews(shown, height=mapplots.HEIGHT, min_width=300, sizing_mode="stretch_width")
        self.selected = SelectedView(self.choice)
        selected.warm()
        self._layout = pn.Column(
            self._controls(), self.told,
            wrapped(pn.Column(plot, self.legend, styles={"flex": "1 1 320px"}), self.hover,
                       sizing_mode="stretch_width"),
            self.selected,
            sizing_mode="stretch_width",
        )  # fmt: skip

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def _layer(self, draw, stream: hv.streams.Counter) -> hv.DynamicMap:  # noqa: ANN001
        return hv.DynamicMap(lambda **_: draw(), streams=[stream])

    def _controls(self) -> pn.Column:
        space, colour = (
            pmui.Select.from_param(self.choice.param[name], label=label, width=230, margin=(6, 10))
            for name, label in (("space", "Neighbours by"), ("colour", "Colour by"))
        )
        clear = pmui.Button(label="Clear selection", variant="outlined", margin=(6, 10))
        clear.on_click(lambda _: self.choice.param.update(lasso=""))
        clear.disabled = self.choice.param.lasso.rx() == ""
        lasso = wrapped(self.mode, clear, align_items="flex-end")
        return pn.Column(wrapped(space, colour), lasso, pn.pane.Markdown(HINT, margin=(0, 10)))

    def _follow(self) -> None:
        choice = self.choice
        after(choice, ["space"], lambda: anomaly.space_embedding(choice.space), self._move, "Placing 2,000 jets")
        after(choice, SCORED, self._scores_of, self._rescore, "Scoring the test jets")
        choice.on_change(["colour"], self._recolour)
        choice.on_change(["lasso"], self._bright.event)
        choice.on_change(["at"], self._mark)
        self.hover.param.watch(lambda event: choice.param.update(at=event.new), "at")

    def _scores_of(self) -> np.ndarray:
        return mapjets.on_map(anomaly.sample_scores(*(getattr(self.choice, name) for name in SCORED)))

    def _load_scores(self) -> None:
        choice, self._scores = self.choice, self._scores_of()
        self._scored = f"{choice.metric} to {choice.reference}: {choice.kind}, k = {choice.k}, {choice.combine}"

    def _load_places(self) -> None:
        found, self._space = anomaly.space_embedding(self.choice.space), self.choice.space
        self._places, self._method = found.places.astype(np.float64), found.method
        self.told.object = (
            f"{len(self._places):,} test jets, placed by {found.method} so that neighbours by **{self._space}** stay "
            f"neighbours: trustworthiness **{found.trust:.3f}** (1: all do; 0.5: as by chance). Only relative places "
            "mean anything: the axes have no unit, and distances between far groups tell little."
        )
        self._paint()

    def _paint(self) -> None:
        values = {"score": self._scores, "mass": self.jets.mass, "multiplicity": self.jets.multiplicity}
        labels = {"score": self._scored, "mass": "jet mass [GeV]", "multiplicity": "particles in the jet"}
        colour = self.choice.colour
        self._colours, ends = mapplots.paint(self.jets.names, values.get(colour))
        self.scale = None if colour == "class" else (labels.get(colour, ""), ends)  # of the colours
        self.legend.object = mapplots.legend(labels.get(colour, ""), self.scale and ends)
        self.hover.describe(self._places, self._scores, self._scored)

    def _move(self) -> None:
        self._load_places()
        together(self._base, self._bright, self._ring)

    def _recolour(self) -> None:
        self._paint()
        together(self._base, self._bright)

    def _rescore(self) -> None:
        self._load_scores()
        self._recolour()

    def _mark(self) -> None:
        self.hover.at = self.choice.at
        self._ring.event()

    def _chosen(self) -> np.ndarray:
        return mapjets.chosen(strokes(self.choice.lasso))

    def _points(self, mask: np.ndarray, alpha: float) -> hv.Points:
        return mapplots.points(self._places[mask], self.jets.names[mask], self._colours[mask], alpha)

    def _outline(self, sign: str) -> hv.Path:
        return mapplots.outline([one for one in strokes(self.choice.lasso) if one.space == self._space], sign)

    def _draw(self, geometry: np.ndarray | None) -> None:
        if geometry is None:
            return
        try:
            with frozen():  # three views follow
                self.choice.lasso = drawn(self.choice.lasso, MODES[self.mode.value], self._space, geometry)
        except InputError as error:
            self.choice.notify(f"This line was not used: {error}")

    def _dress(self, plot: object, _element: object) -> None:
        """Send one event a line, and let the browser draw what is pointed at."""
        figure = plot.state
        figure.toolbar.active_scroll = None  # a wheel scrolls the page
        for tool in figure.tools:
            if isinstance(tool, LassoSelectTool):
                tool.update(continuous=False, persistent=False, renderers=[])  # what is chosen is ours to say
        self.hover.attach(figure)


def prepare(choice: Choice) -> dict[str, object]:
    """Compute what `MapView` shows, for a thread.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    dict
        Empty: the library remembers it.
    """
    anomaly.space_embedding(choice.space)
    mapjets.map_jets()
    anomaly.sample_scores(*(getattr(choice, name) for name in SCORED))
    selected.prepare_pictures(choice)
    return {}
