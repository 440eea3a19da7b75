"""How far apart are two jets, and what does that mean? All pairs in the plane of two distances; one and its plan."""

from __future__ import annotations

import holoviews as hv
import panel as pn

from jetexplore import anomaly, distances, jets
from jetexplore.distances.pairs import correlation, nearest_pair, pair_index
from jetexplore.views import plots, raster
from jetexplore.views.live import after
from jetexplore.views.state import Choice

SHAPE = (220, 300)  # rows and columns of the density
NEAR = 8.0  # pixels; a click farther than this from any pair selects nothing
SHOWN = ["sample", "x", "y"]


class PairsView(pn.viewable.Viewer):
    """Datashaded pair distances (figure 1 of Fraser et al., 2021); a click shows the two jets and their plan.

    Parameters
    ----------
    choice : Choice
        The selections; listens to the class, the two metrics and the pair.

    Examples
    --------
    >>> view = PairsView()
    >>> view.choice.pair = (3, 141)
    >>> "3 and 141" in view.told.object
    True
    """

    def __init__(self, choice: Choice | None = None) -> None:
        """Load the distances of the first picture and draw it."""
        super().__init__()
        self.choice = choice or Choice()
        self._stream, self._picked = hv.streams.Counter(), hv.streams.Counter()
        self._range = hv.streams.RangeXY()
        self.told = pn.pane.Markdown(margin=(0, 10))
        self.correlation = pn.pane.Markdown(margin=(0, 10))
        self._load()
        after(self.choice, SHOWN, self._prepare, self._reload, "Computing the distances of 499,500 pairs")
        self.choice.on_change(["pair"], self._pick)
        pairs = hv.DynamicMap(self._density, streams=[self._stream, self._range])
        self._range.source = pairs
        hv.streams.Tap(source=pairs).add_subscriber(self._click)
        marker, plan, *ends = (
            hv.DynamicMap(lambda counter, draw=draw: draw(), streams=[self._picked])  # noqa: ARG005
            for draw in (self._marker, self._plan, lambda: self._jet(0), lambda: self._jet(1))
        )
        plot = pn.pane.HoloViews(pairs * marker, height=430, min_width=300, sizing_mode="stretch_width")
        facets = [pn.pane.HoloViews(one, margin=2, width=250, height=280) for one in ends]
        self._layout = pn.Column(
            self.correlation,
            pn.FlexBox(
                pn.Column(plot, styles={"flex": "1 1 320px"}),
                pn.pane.HoloViews(plan, margin=2, width=345, height=365),
                pn.FlexBox(*facets, width=254, flex_direction="column"),
                sizing_mode="stretch_width",
            ),
            self.told,
            sizing_mode="stretch_width",
        )

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def _prepare(self) -> None:
        for metric in (self.choice.x, self.choice.y):
            anomaly.pairs(self.choice.sample, metric)

    def _load(self) -> None:
        choice = self.choice
        self._x, self._y = anomaly.pairs(choice.sample, choice.x), anomaly.pairs(choice.sample, choice.y)
        self._shown = choice.sample, choice.x, choice.y  # what is drawn, while others may be on their way
        self._full = (0.0, 0.0, float(self._x.max()) * 1.02, float(self._y.max()) * 1.02)
        r = correlation(self._x, self._y)
        self.correlation.object = (
            f"**Pearson r = {r:.3f}** between {choice.x} and {choice.y} over {len(self._x):,} distinct pairs of "
            f"{distances.n_items(len(self._x)):,} {choice.sample} jets. Click a point to see its two jets."
        )
        self._tell()

    def _reload(self) -> None:
        self._load()
        self._range.update(x_range=None, y_range=None)
        self._stream.event()
        self._picked.event()

    def _pick(self) -> None:
        self._tell()
        self._picked.event()

    def _density(self, counter: int, x_range: tuple | None, y_range: tuple | None) -> hv.Image:  # noqa: ARG002
        self._bounds = raster.window(x_range, y_range, self._full)
        counts = raster.counts(self._x, self._y, self._bounds, SHAPE)
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
        pair, away = nearest_pair(self._x, self._y, (x, y), pixel)
        if away <= NEAR:
            self.choice.pair = pair

    def _tell(self) -> None:
        i, j = self.choice.pair
        values = ", ".join(_valued(*one) for one in zip(self._shown[1:], self._place(), strict=True))
        self.told.object = (
            f"**{self._shown[0]} jets {i} and {j}**: {values}. "
            "Lines show where the optimal plan moves the transverse momentum of the first jet (filled) "
            "to become the second (open)."
        )

    def _jet(self, end: int) -> hv.Image:
        name, number = self._shown[0], self.choice.pair[end]
        return plots.jet_image(anomaly.images()[name][number], jets.pixel_centres(), f"{name} jet {number}")

    def _plan(self) -> hv.Overlay:
        name, _, vertical = self._shown
        metric = vertical if vertical.startswith("Wass") else "Wass(1)"
        first, second = (anomaly.images()[name][number] for number in self.choice.pair)
        plan = distances.optimal_plan(first, second, metric)
        title = f"jet {self.choice.pair[0]} to jet {self.choice.pair[1]}: {metric} = {plan.distance:.6f} rad"
        return plots.transport_plan(plan, name, "other", title)


def _label(metric: str) -> str:
    unit = distances.METRICS[metric].unit
    return f"{metric} [{unit}]" if unit else metric


def _valued(metric: str, value: float) -> str:
    unit = distances.METRICS[metric].unit
    return f"{metric} = {value:.6g}{f' {unit}' if unit else ''}"
