"""Which score finds both signals, and who could have known? All scores in the plane of their two areas."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import holoviews as hv
import numpy as np
import panel as pn

from jetexplore import anomaly
from jetexplore.views import autoencoders, planeplots, planetables, scoresigns
from jetexplore.views.curves import WIDE
from jetexplore.views.live import after
from jetexplore.views.scores import SCORED
from jetexplore.views.state import Choice
from jetexplore.views.wrapping import wrapped

if TYPE_CHECKING:
    from jetexplore.anomaly.labelfree.opening import Opened
    from jetexplore.anomaly.plane import Point


class Content(NamedTuple):
    """What does not depend on the selections."""

    points: Sequence[Point]
    front: Sequence[Point]  # of scores without labels
    ceilings: Mapping[str, float]  # supervised, by signal
    published: tuple[float, float]  # the best printed areas for W and Top, reference QCD
    opened: Sequence[Opened]


class PlaneView(pn.viewable.Viewer):
    """Area for Top jets against area for W jets of every score, and what each criterion without labels would choose.

    Parameters
    ----------
    choice : Choice
        The selections; listens to the reference events, the network and its score.
    content : Content, optional
        From `prepare`.

    Examples
    --------
    >>> _ = hv.extension("bokeh", logo=False)
    >>> view = PlaneView(content=Content([], [], {}, (0.71, 0.87), []))
    >>> f"AUC Top {view.here['event to ensemble'][1]:.2f}"
    'AUC Top 0.86'
    """

    def __init__(self, choice: Choice | None = None, content: Content | None = None) -> None:
        super().__init__()
        self.choice = choice or Choice()
        self.content = content or prepare(self.choice)["content"]
        self.points = self.content.points
        self.told = pn.pane.HTML(sizing_mode="stretch_width", margin=(0, 10))
        self._stream = hv.streams.Counter()
        self._load()
        names = [*SCORED, "network", "score"]
        after(self.choice, names, lambda: _prepare_choice(self.choice), self._reload, "Placing the choice")
        marks = [
            hv.DynamicMap(lambda counter, name=name: self._mark(name), streams=[self._stream])  # noqa: ARG005
            for name in scoresigns.HERE
        ]
        pane = pn.pane.HoloViews(
            (self._still() * marks[0] * marks[1]).opts(hv.opts.Overlay(show_legend=False, show_grid=True)),
            height=480,
            min_width=280,
            **WIDE,
        )
        side = pn.pane.HTML(
            planetables.opened_table(self.content.opened) + planetables.criteria_table(self.points),
            sizing_mode="stretch_width",
            margin=(4, 10),
        )
        self._layout = pn.Column(
            self.told,
            pn.pane.HTML(
                planetables.legend(self.points, self.content.published),
                sizing_mode="stretch_width",
                margin=(6, 10),
            ),
            wrapped(
                pn.Column(pane, styles={"flex": "2 1 420px"}),
                pn.Column(side, styles={"flex": "1 1 300px", "overflow-x": "auto"}),
                sizing_mode="stretch_width",
            ),
            sizing_mode="stretch_width",
        )

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def _load(self) -> None:
        choice = self.choice
        curves = anomaly.sample_rocs(*(getattr(choice, name) for name in SCORED))
        self.here = {"event to ensemble": (curves["W"].auc, curves["Top"].auc)}
        title = f"{autoencoders.shown(choice)}, {choice.score}"
        network = next((one for one in self.points if one.title == title), None)
        self.here["network"] = (network.w, network.top) if network else None
        events = "the average" if choice.kind == "average" else f"{choice.kind}, k = {choice.k}, {choice.combine}"
        rows = [
            (f"{choice.reference} {events}, {choice.metric}", self.here["event to ensemble"]),
            (title, self.here["network"]),
        ]
        self.told.object = "<br>".join(
            f"{scoresigns.sign(mark)}<b>{html.escape(said)}</b>: "
            + (f"AUC Top {place[1]:.3f}, W {place[0]:.3f}" if place else "its card holds no areas of this score")
            for mark, (said, place) in zip(scoresigns.HERE.values(), rows, strict=True)
        )

    def _reload(self) -> None:
        self._load()
        self._stream.event()

    def _mark(self, name: str) -> hv.Points:
        return planeplots.plane_mark(self.here[name], name)

    def _still(self) -> hv.Overlay:
        families = {
            family: (*_places(some).T, [one.title for one in some])
            for family in scoresigns.FAMILIES
            if (some := [one for one in self.points if one.family == family])
        }
        criteria = {
            name: tuple(_places(some).T)
            for name in scoresigns.CRITERIA
            if (some := [one for one in self.points if name in one.chosen_by])
        }
        return planeplots.plane_points(
            families, criteria, _places(self.content.front), self.content.published, self.content.ceilings
        )


def prepare(choice: Choice) -> dict[str, Content]:
    """Read what `PlaneView` shows; may run in any thread.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    dict
        For `PlaneView`.
    """
    from jetexplore.anomaly import plane
    from jetexplore.anomaly.labelfree import opening

    points = plane.plane()
    front = plane.front(point for point in points if point.family != "supervised")
    try:
        opened = opening.read_opened()
    except FileNotFoundError:  # they have not been opened
        opened = []
    printed = plane.best_printed()
    best = printed["W"], printed["Top"]
    _prepare_choice(choice)
    return {"content": Content(points, front, plane.ceilings(), best, opened)}


def _prepare_choice(choice: Choice) -> None:
    anomaly.sample_rocs(*(getattr(choice, name) for name in SCORED))


def _places(points: Iterable[Point]) -> np.ndarray:
    return np.array([(one.w, one.top) for one in points], dtype=float).reshape(-1, 2)
