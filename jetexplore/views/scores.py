"""Which jets does the score call anomalous, and is that any good? Histograms with a cut, and the ROC curves."""

from __future__ import annotations

import holoviews as hv
import numpy as np
import panel as pn

from jetexplore import anomaly
from jetexplore.anomaly import namedscores
from jetexplore.views import compareplots, plots, rocplots, scoretext
from jetexplore.views.curves import WIDE, Curves
from jetexplore.views.drag import Drag
from jetexplore.views.live import after, together
from jetexplore.views.movable import Movable
from jetexplore.views.state import Choice
from jetexplore.views.weakly import weakly
from jetexplore.views.wrapping import wrapped

SCORED = ["reference", "metric", "kind", "k", "combine"]


class ScoresView(pn.viewable.Viewer):
    """Event-to-ensemble scores of every class, a movable cut, and how well it separates (table 2 of Fraser et al.).

    Parameters
    ----------
    choice : Choice
        The selections; listens to the reference, how distances are combined, the signal and the cut.

    Examples
    --------
    >>> view = ScoresView()
    >>> view.choice.efficiency = 0.3
    >>> view.working().signal_efficiency >= 0.3
    True
    """

    def __init__(self, choice: Choice | None = None) -> None:
        """Score the sample and draw."""
        super().__init__()
        self.choice = choice or Choice()
        self.told = pn.pane.Markdown(margin=(0, 10))
        # of the histograms, the cut on them, the curves and the cut on these
        self._streams = [hv.streams.Counter().rename(counter=f"drawn{number}") for number in range(4)]
        self._drag, self._held = Drag(self._dragged, "score"), False
        self._marks = {1: Movable(), 3: Movable()}
        self._load()
        after(self.choice, SCORED, self._prepare, self._reload, "Scoring the test jets")
        self.choice.on_change(["signal", "efficiency"], self._move)
        histograms, line, roc, mark = (
            hv.DynamicMap(lambda draw=draw, **_: draw(), streams=[stream])
            for draw, stream in zip((self._histograms, self._line, self._roc, self._mark), self._streams, strict=True)
        )
        sic = hv.DynamicMap(lambda **_: self._sic(), streams=[self._streams[2]])
        roc = (roc * mark).opts(hv.opts.Overlay(**compareplots.ROC))
        hv.streams.Tap(source=line).add_subscriber(self._click)
        pane = pn.pane.HoloViews(histograms * line, height=376, min_width=300, **WIDE)
        curves = Curves(self.choice, {"ROC": roc, "SIC": sic}, "Curve")
        self._layout = pn.Column(
            self.told,
            wrapped(
                *(pn.Column(pane, styles={"flex": "1 1 340px"}) for pane in (pane, curves)), sizing_mode="stretch_width"
            ),
            sizing_mode="stretch_width",
        )

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def cut(self) -> float:
        """Score at which the chosen fraction of the signal is kept.

        Returns
        -------
        float
            The threshold.
        """
        return self.curves[self.choice.signal].cut(self.choice.efficiency)

    def working(self) -> anomaly.Working:
        """Tell what the cut keeps.

        Returns
        -------
        Working
            Efficiencies, rejection and improvement for the chosen signal.
        """
        return anomaly.working_point(self.scores["QCD"], self.scores[self.choice.signal], self.cut())

    def _prepare(self) -> None:
        prepare(self.choice)

    def _load(self) -> None:
        chosen = [getattr(self.choice, name) for name in SCORED]
        self.scores, self.curves = anomaly.sample_scores(*chosen), anomaly.sample_rocs(*chosen)
        self._binned = anomaly.histograms(self.scores)
        self._label, self._shown = scoretext.label(self.choice), self.choice.signal
        self._tell()

    def _reload(self) -> None:
        self._load()
        together(*self._streams)

    def _move(self) -> None:
        self._tell()
        signal, self._shown = self._shown, self.choice.signal
        if signal != self._shown:
            together(*self._streams[1:])
            return
        if not self._held:  # else it is where the browser has it
            self._place(1)
        self._place(3)

    def _place(self, which: int) -> None:
        """Put the cut on the histograms (1) or on the curves (3) to where it is now."""
        self._streams[which].update()  # for a figure that is made later
        element = {1: self._cut_line, 3: self._cut_mark}[which]()
        columns = {dimension.name: element.dimension_values(dimension) for dimension in element.dimensions()}
        if not self._marks[which].move(**columns):
            self._streams[which].event()

    def _tell(self) -> None:
        self.told.object = scoretext.told(self.curves, self.choice.signal, self.cut(), self.working())

    def _histograms(self) -> hv.Overlay:
        return rocplots.score_histograms(self._binned, self._label)

    def _cut_line(self) -> hv.Curve:
        return rocplots.cut_line(self.cut(), max(float(some.max()) for some in self._binned.fractions.values()))

    def _line(self) -> hv.Curve:
        return self._cut_line().opts(hooks=[weakly(self._drag.hook), weakly(self._marks[1].hook)])

    def _roc(self) -> hv.Overlay:
        return rocplots.roc_curves(self.curves, self.choice.signal) * compareplots.beside(self._baselines())

    def _cut_mark(self) -> hv.Points:
        signal = self.choice.signal
        return rocplots.roc_mark(self.curves[signal], self.choice.efficiency, plots.COLOURS[signal])

    def _mark(self) -> hv.Points:
        return self._cut_mark().opts(hooks=[weakly(self._marks[3].hook)])

    def _sic(self) -> hv.Overlay:
        many = {name: len(self.scores[name]) for name in self.curves}
        styles = compareplots.class_styles(list(many))
        return compareplots.improvements(self.curves, styles, self._baselines(), self.choice.signal, many)

    def _baselines(self) -> dict[str, anomaly.Roc]:
        return {name: curves[self.choice.signal] for name, curves in _untrained().items()}

    def _dragged(self, place: float, done: bool) -> None:
        self._held = not done
        self._click(place, None)
        if done:
            self._place(1)  # to where the efficiency is a whole per cent

    def _click(self, x: float | None, y: float | None) -> None:  # noqa: ARG002
        if x is not None:
            kept = float(np.mean(self.scores[self.choice.signal] >= x))
            self.choice.efficiency = round(min(max(kept, 0.01), 1.0), 2)


def prepare(choice: Choice) -> dict[str, object]:
    """Compute what `ScoresView` shows; may run in any thread.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    dict
        Empty: the library remembers it.
    """
    anomaly.sample_rocs(*(getattr(choice, name) for name in SCORED))
    _untrained()
    return {}


def _untrained() -> dict[str, dict[str, anomaly.Roc]]:
    return {name: namedscores.named_rocs(f"no training: {name}", n_bootstrap=0) for name in namedscores.UNTRAINED}
