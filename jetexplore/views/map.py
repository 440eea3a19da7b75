"""Where do jets lie? Two thousand of them in a plane that keeps neighbours, each with its image, to choose from."""

from __future__ import annotations

import numpy as np
import panel as pn
import panel_material_ui as pmui

from jetexplore import anomaly
from jetexplore.anomaly import mapjets
from jetexplore.errors import InputError
from jetexplore.views import selected
from jetexplore.views.frozen import frozen
from jetexplore.views.hoverimage import HoverImage
from jetexplore.views.lasso import drawn
from jetexplore.views.live import after
from jetexplore.views.mapfigure import MapFigure
from jetexplore.views.mapped import Mapped, scores_of
from jetexplore.views.scores import SCORED
from jetexplore.views.selected import SelectedView
from jetexplore.views.state import Choice
from jetexplore.views.wrapping import wrapped

MODES = {"choose": "replace", "add": "add", "take away": "subtract"}
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
    >>> import holoviews
    >>> _ = holoviews.extension("bokeh", logo=False)
    >>> view = MapView()
    >>> view.choice.lasso = "da-99_-99~99_-99~99_99~-99_99"
    >>> int(view.selected.mask.sum())
    2000
    """

    def __init__(self, choice: Choice | None = None) -> None:
        super().__init__()
        self.choice = choice or Choice()
        self.mapped = Mapped(self.choice)
        self.told = pn.pane.Markdown(margin=(0, 10))
        self.legend = pn.pane.HTML(sizing_mode="stretch_width", margin=(2, 10))
        self.hover = HoverImage(self.mapped.jets, at=self.choice.at, margin=(0, 10), styles={"flex": "0 1 auto"})
        self.mode = pmui.RadioButtonGroup(label="A drawn line will", options=list(MODES), value="choose", width=330)
        self._tell()
        self.figure = MapFigure(self.choice, self.mapped, self.hover.attach)
        self.figure.lasso.add_subscriber(self._draw)
        self._follow()
        self.selected = SelectedView(self.choice)
        selected.warm()
        self._layout = pn.Column(
            self._controls(), self.told,
            wrapped(pn.Column(self.figure, self.legend, styles={"flex": "1 1 320px"}), self.hover,
                       sizing_mode="stretch_width"),
            self.selected,
            sizing_mode="stretch_width",
        )  # fmt: skip

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

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
        after(choice, SCORED, lambda: scores_of(choice), self._rescore, "Scoring the test jets")
        choice.on_change(["colour"], self._recolour)
        choice.on_change(["lasso"], self.figure.choose)
        choice.on_change(["at"], self._mark)
        self.hover.param.watch(lambda event: choice.param.update(at=event.new), "at")

    def _tell(self) -> None:
        found = self.mapped
        self.told.object, self.legend.object = found.told(), found.legend()
        self.hover.describe(found.places, found.scores, found.scored)

    def _move(self) -> None:
        self.mapped.place()
        self._tell()
        self.figure.move()

    def _recolour(self) -> None:
        self.mapped.paint()
        self._tell()
        self.figure.recolour()

    def _rescore(self) -> None:
        self.mapped.score()
        self._recolour()

    def _mark(self) -> None:
        self.hover.at = self.choice.at
        self.figure.mark()

    def _draw(self, geometry: np.ndarray | None) -> None:
        if geometry is None:
            return
        try:
            with frozen():  # three views follow
                self.choice.lasso = drawn(self.choice.lasso, MODES[self.mode.value], self.mapped.space, geometry)
        except InputError as error:
            self.choice.notify(f"This line was not used: {error}")


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
