"""Would another choice have been better? Two scores side by side on the same jets, and where they disagree."""

from __future__ import annotations

import html
from collections.abc import Callable

import holoviews as hv
import panel as pn

from jetexplore import anomaly
from jetexplore.anomaly import comparison, namedscores
from jetexplore.views import compareplots, comparetables, plots, rankplots, sides
from jetexplore.views.apart import Apart
from jetexplore.views.curves import WIDE, Curves
from jetexplore.views.live import after, together
from jetexplore.views.sides import DEPENDS, Side
from jetexplore.views.state import Choice
from jetexplore.views.wrapping import wrapped

MOST = 3  # jets of each side that are shown
NEAR = 0.03  # of the plane of ranks; a click farther than this from any jet selects nothing
SHOWN = Choice.param.example.bounds[1] + 1  # jets of a class that the page can show

TOLD = (
    f"<p>Among the first {SHOWN:,} jets of each class these are seen most differently: the first {MOST} are ranked "
    "higher by left, the others by right. A rank is the fraction of QCD jets below. Press the line under a picture, or "
    "click near a jet in the planes of ranks, and the page shows that jet; a ring marks it.</p>"
)


class CompareView(pn.viewable.Viewer):
    """Two scores: their curves beside what needs no training, ranks of all jets, and the jets they see differently.

    Parameters
    ----------
    choice : Choice
        The selections; listens to both sides and what they follow, the signal and the example.

    Examples
    --------
    >>> _ = hv.extension("bokeh", logo=False)
    >>> view = CompareView(Choice(left="no training: tau21", right="no training: jet mass", signal="W"))
    >>> view.found["W"].value > 0.3
    True
    """

    def __init__(self, choice: Choice | None = None) -> None:
        super().__init__()
        self.choice = choice or Choice()
        self.told = pn.pane.HTML(sizing_mode="stretch_width", margin=(0, 10))
        self.table = pn.pane.HTML(sizing_mode="stretch_width", margin=(6, 10))
        self._drawn, self._marked = hv.streams.Counter(), hv.streams.Counter().rename(counter="marked")
        self.apart = Apart(self._choose)
        self._load()
        after(self.choice, DEPENDS, lambda: prepare(self.choice), self._reload, "Comparing two scores")
        self.choice.on_change(["signal"], self._reload)
        self.choice.on_change(["example"], self._marked.event)
        curves = Curves(self.choice, {"ROC": self._live(self._rocs), "SIC": self._live(self._sics)}, "Curve")
        planes = [self._plane(lambda: "QCD"), self._plane(lambda: self.choice.signal)]
        self._layout = pn.Column(
            wrapped(*(Side(self.choice, side) for side in sides.SIDES), sizing_mode="stretch_width"),
            self.told,
            wrapped(
                pn.Column(curves, styles={"flex": "1 1 320px"}),
                pn.Column(self.table, styles={"flex": "1 1 320px", "min-width": "0"}),
                sizing_mode="stretch_width",
            ),
            wrapped(*(pn.Column(plane, styles={"flex": "1 1 300px"}) for plane in planes), sizing_mode="stretch_width"),
            pn.pane.HTML(TOLD, sizing_mode="stretch_width", margin=(6, 10)),
            pn.Column(self.apart, sizing_mode="stretch_width", styles={"max-width": "800px"}),  # the three of a side
            sizing_mode="stretch_width",
        )

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def _live(self, draw: Callable[[], hv.Element], stream: hv.streams.Counter | None = None) -> hv.DynamicMap:
        return hv.DynamicMap(lambda **_: draw(), streams=[stream or self._drawn])

    def _plane(self, name: Callable[[], str]) -> pn.pane.HoloViews:
        density = self._live(lambda: rankplots.ranks(*self._ranks(name()), f"{name()} jets"))
        ring = self._live(
            lambda: plots.mark(*(some[self.choice.example] for some in self._ranks(name()))), self._marked
        )
        hv.streams.Tap(source=density).add_subscriber(lambda x, y: self._click(name(), x, y))
        return pn.pane.HoloViews(density * ring, height=370, min_width=280, **WIDE)

    def _load(self) -> None:
        self.names, missing = sides.both(self.choice)
        scores = {side: namedscores.named_scores(name) for side, name in self.names.items()}
        self.curves = {side: namedscores.named_rocs(name) for side, name in self.names.items()}
        self.baselines = {name: namedscores.named_rocs(f"no training: {name}") for name in namedscores.UNTRAINED}
        self.found = namedscores.named_differences(*self.names.values())
        self.ranks = {side: comparison.background_ranks(some) for side, some in scores.items()}
        shown = "QCD", self.choice.signal
        self.apart.tell(comparison.disagreements(*self.ranks.values(), shown, MOST, SHOWN))
        alike = ", ".join(
            f"<b>{comparison.rank_correlation(*self._ranks(name)):.3f}</b> of {name} jets" for name in shown
        )
        self.told.object = "<br>".join([*map(html.escape, missing), f"Rank correlation of left and right: {alike}."])
        self.table.object = comparetables.areas(self.names, self.curves, self.found, self.baselines, shown[1])

    def _reload(self) -> None:
        self._load()
        together(self._drawn, self._marked)

    def _ranks(self, name: str) -> tuple:
        return tuple(some[name] for some in self.ranks.values())

    def _rocs(self) -> hv.Overlay:
        signal = self.choice.signal
        curves = [self.curves[side][signal] for side in sides.SIDES]
        return compareplots.two_rocs(*curves, {name: some[signal] for name, some in self.baselines.items()})

    def _sics(self) -> hv.Overlay:
        signal = self.choice.signal
        curves = {side: some[signal] for side, some in self.curves.items()}
        many = dict.fromkeys(curves, len(self.ranks["left"][signal]))
        baselines = {name: some[signal] for name, some in self.baselines.items()}
        return compareplots.improvements(curves, compareplots.SIDES, baselines, n_signal=many)

    def _click(self, name: str, x: float | None, y: float | None) -> None:
        if x is not None and y is not None:
            number, away = comparison.nearest_jet(*self._ranks(name), (x, y), SHOWN)
            if away <= NEAR:
                self._choose(name, number)

    def _choose(self, name: str, number: int) -> None:
        self.choice.param.update(example=number, passing=name)


def prepare(choice: Choice) -> dict[str, object]:
    """Compute what `CompareView` shows; may run in any thread.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    dict
        Nothing: the library remembers it.
    """
    names, _ = sides.both(choice)
    for name in (*names.values(), *(f"no training: {one}" for one in namedscores.UNTRAINED)):
        namedscores.named_rocs(name)
    namedscores.named_differences(*names.values())
    anomaly.images()
    return {}
