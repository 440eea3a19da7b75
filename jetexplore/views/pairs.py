"""How far apart are two jets, and what does that mean? All pairs in the plane of two distances; one and its plan."""

from __future__ import annotations

import holoviews as hv
import numpy as np
import panel as pn

from jetexplore import anomaly, distances, jets
from jetexplore.distances.pairs import correlation, nearest_pair, pair_index
from jetexplore.views import plots, raster
from jetexplore.views.live import after, live
from jetexplore.views.state import Choice

SHAPE = (220, 300)  # rows and columns of the density
NEAR = 8.0  # pixels; a click farther than this from any pair selects nothing


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
        self._stream = hv.streams.Counter()
        self._range = hv.streams.RangeXY()
        self.told = pn.pane.Markdown(margin=(0, 10))
        self.correlation = pn.pane.Markdown(margin=(0, 10))
        self._load()
        shown = ["sample", "x", "y"]
        after(self.choice, shown, self._prepare, self._reload, "Computing the distances of 499,500 pairs")
        pairs = hv.DynamicMap(self._density, streams=[self._stream, self._range])
        self._range.source = pairs
        hv.streams.Tap(source=pairs).add_subscriber(self._click)
        marker_stream = hv.streams.Counter()
        self._mark = marker_stream.event
        marker = hv.DynamicMap(lambda counter: self._marker(), streams=[marker_stream])  # noqa: ARG005
        self.choice.on_change(["pair"], self._tell)
        plot = pn.pane.HoloViews(pairs * marker, height=430, min_width=300, sizing_mode="stretch_width")
        plan = live(self.choice, ["pair", "sample", "y"], self._plan)
        jets_of_pair = [live(self.choice, ["pair", "sample"], lambda end=end: self._jet(end)) for end in (0, 1)]
        facets = [pn.pane.HoloViews(one, margin=2, width=250, height=280) for one in jets_of_pair]
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
        self._shown = choice.x, choice.y
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
        self._mark()

    def _density(self, counter: int, x_range: tuple | None, y_range: tuple | None) -> hv.Image:  # noqa: ARG002
        self._bounds = _valid(x_range, y_range, self._full)
        counts = raster.counts(self._x, self._y, self._bounds, SHAPE)
        return plots.density(counts, self._bounds, tuple(map(_label, self._shown)))

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
        x, y = self._place()
        self.told.object = (
            f"**{self.choice.sample} jets {i} and {j}**: {self._shown[0]} = {x:.6g}, {self._shown[1]} = {y:.6g}. "
            "Lines show where the optimal plan moves the transverse momentum of the first jet (filled) "
            "to become the second (open)."
        )
        if hasattr(self, "_mark"):
            self._mark()

    def _jet(self, end: int) -> hv.Image:
        number = self.choice.pair[end]
        image = anomaly.images()[self.choice.sample][number]
        return plots.jet_image(image, jets.pixel_centres(), f"{self.choice.sample} jet {number}")

    def _plan(self) -> hv.Overlay:
        metric = self.choice.y if self.choice.y.startswith("Wass") else "Wass(1)"
        first, second = (anomaly.images()[self.choice.sample][number] for number in self.choice.pair)
        plan = distances.optimal_plan(first, second, metric)
        title = f"jet {self.choice.pair[0]} to jet {self.choice.pair[1]}: {metric} = {plan.distance:.6f} rad"
        return plots.transport_plan(plan, self.choice.sample, "other", title)


def _label(metric: str) -> str:
    unit = distances.METRICS[metric].unit
    return f"{metric} [{unit}]" if unit else metric


def _valid(x_range: tuple | None, y_range: tuple | None, full: tuple) -> tuple[float, float, float, float]:
    ranges = [x_range or (full[0], full[2]), y_range or (full[1], full[3])]
    (left, right), (bottom, top) = (
        pair if np.isfinite(pair).all() and pair[1] > pair[0] else (full[axis], full[axis + 2])
        for axis, pair in enumerate(ranges)
    )
    return left, bottom, right, top
