"""How far apart are two jets, and what does that mean? All pairs in the plane of two distances; one and its plan."""

from __future__ import annotations

from contextlib import suppress

import holoviews as hv
import numpy as np
import panel as pn
import param

from jetexplore import distances
from jetexplore.anomaly import livepairs, mapjets
from jetexplore.distances.pairs import correlation, nearest_pair, pair_index, pairs_among
from jetexplore.views import plots, raster
from jetexplore.views.axes import AXES, axis, back, distances_of
from jetexplore.views.curves import WIDE
from jetexplore.views.lasso import strokes
from jetexplore.views.live import after, together
from jetexplore.views.pairview import PairView
from jetexplore.views.power import COMPUTING, Power
from jetexplore.views.state import Choice
from jetexplore.views.wrapping import wrapped

SHAPE = (220, 300)  # rows and columns of the density
NEAR = 8.0  # pixels; a click farther than this from any pair selects nothing
SHOWN = ["sample", "x", "y", "power"]


class PairsView(pn.viewable.Viewer):
    """Datashaded pair distances (figure 1 of Fraser et al., 2021); a click shows the two jets and their plan.

    Parameters
    ----------
    choice : Choice
        The selections; listens to the class, the two metrics, the pair, and the jets chosen on the map.

    Examples
    --------
    >>> view = PairsView()
    >>> view.choice.pair = (3, 141)
    >>> "3 and 141" in view.pair.told.object
    True
    """

    def __init__(self, choice: Choice | None = None) -> None:
        """Load the distances of the first picture and draw it."""
        super().__init__()
        self.choice = choice or Choice()
        self._stream, self._picked = hv.streams.Counter(), hv.streams.Counter().rename(counter="picked")
        self._range = hv.streams.RangeXY()
        self.pair = PairView()
        self.correlation = pn.pane.Markdown(margin=(0, 10))
        self.power = Power(self.choice, lambda: self.choice.param.update(**back(self._shown)))
        self._load(first=True)
        begin = after(self.choice, SHOWN, self._prepare, self._reload, COMPUTING)
        if self._shown != self.power.asked():  # nobody waits for an open p to see the page
            for act in (begin, self.power.follow):
                if self.choice.ready:
                    param.parameterized.async_executor(act)
                else:
                    self.choice.on_change(["ready"], act)
        self.choice.on_change(["pair"], self._pick)
        self.choice.on_change(["lasso"], self._choose)
        pairs = hv.DynamicMap(self._density, streams=[self._stream, self._range])
        self._range.source = pairs
        hv.streams.Tap(source=pairs).add_subscriber(self._click)
        marker = hv.DynamicMap(lambda picked: self._marker(), streams=[self._picked])  # noqa: ARG005
        plot = pn.pane.HoloViews(pairs * marker, height=430, min_width=300, **WIDE)
        self._layout = pn.Column(
            self.power,
            self.correlation,
            wrapped(
                pn.Column(plot, styles={"flex": "1 1 320px"}),
                self.pair.plan,
                self.pair.ends,
                sizing_mode="stretch_width",
            ),
            self.pair.told,
            sizing_mode="stretch_width",
        )

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def _prepare(self) -> None:
        wanted = self.power.wanted()
        with suppress(livepairs.Stopped):  # what is asked for instead has its own turn
            name, *metrics = self.power.asked()
            for metric in metrics:
                distances_of(name, metric, wanted)

    def _load(self, first: bool = False) -> None:
        name, *metrics = self.power.asked()
        if first:  # an open p would take seconds
            metrics = [metric if livepairs.known(name, metric) else "Wass(1)" for metric in metrics]
        self._x, self._y = (distances_of(name, metric) for metric in metrics)
        self._shown = name, *metrics  # what is drawn, while others may be on their way
        self._full = (0.0, 0.0, float(self._x.max()) * 1.02, float(self._y.max()) * 1.02)
        self._filter()
        if first:
            self._correlate()
            self._tell()

    def _filter(self) -> None:
        """Keep the pairs of which both jets are chosen on the map; of all jets if no line is drawn there."""
        name, total = self._shown[0], distances.n_items(len(self._x))
        self._kept, self._among = None, (total, f"{name} jets")
        if self.choice.lasso:
            chosen, known = mapjets.chosen_of_class(strokes(self.choice.lasso), name, total)
            self._kept = pairs_among(chosen)
            self._among = int(chosen.sum()), f"{name} jets chosen among {known:,} on the map"

    def _correlate(self) -> None:
        shown, (_, x, y), (many, which) = self._pairs(), self._shown, self._among
        r = correlation(*shown) if len(shown[0]) > 1 else float("nan")
        self.correlation.object = (
            f"**Pearson r = {r:.3f}** between {x} and {y} over {len(shown[0]):,} distinct pairs of "
            f"{many:,} {which}. Click a point to see its two jets."
        )

    def _pairs(self) -> tuple[np.ndarray, np.ndarray]:
        return (self._x, self._y) if self._kept is None else (self._x[self._kept], self._y[self._kept])

    def _choose(self) -> None:
        self._filter()
        self._stream.event()
        self._correlate()

    def _reload(self) -> None:
        self._load()
        self._range.update(x_range=None, y_range=None)
        together(self._stream, self._picked)  # what a person waits for goes first
        self._correlate()
        self._tell()

    def _pick(self) -> None:
        self._tell()
        self._picked.event()

    def _density(self, counter: int, x_range: tuple | None, y_range: tuple | None) -> hv.Image:  # noqa: ARG002
        self._bounds = raster.window(x_range, y_range, self._full)
        counts = raster.counts(*self._pairs(), self._bounds, SHAPE)
        return plots.density(counts, self._bounds, tuple(map(_label, self._shown[1:])))

    def _marker(self) -> hv.Points:
        return plots.mark(*self._place())

    def _place(self) -> tuple[float, float]:
        place = pair_index(*self.choice.pair, distances.n_items(len(self._x)))
        return float(self._x[place]), float(self._y[place])

    def _click(self, x: float | None, y: float | None) -> None:
        if x is None or y is None:
            return
        left, bottom, right, top = self._bounds
        pixel = (right - left) / SHAPE[1], (top - bottom) / SHAPE[0]
        shown = np.full(self._x.shape, np.inf) if self._kept is not None else self._x
        if self._kept is not None:
            shown[self._kept] = self._x[self._kept]  # others lie infinitely far away
        pair, away = nearest_pair(shown, self._y, (x, y), pixel)
        if away <= NEAR:
            self.choice.pair = pair

    def _tell(self) -> None:
        self.pair.show(self._shown, self.choice.pair, self._place())


def prepare(choice: Choice) -> dict[str, object]:
    """Compute what `PairsView` shows first; may run in any thread.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    dict
        Empty: the library remembers it.
    """
    for name in AXES:
        metric = axis(choice, name)
        distances_of(choice.sample, metric if livepairs.known(choice.sample, metric) else "Wass(1)")
    return {}


def _label(metric: str) -> str:
    unit = distances.metric(metric).unit
    return f"{metric} [{unit}]" if unit else metric
