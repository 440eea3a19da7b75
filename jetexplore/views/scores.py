"""Which jets does the score call anomalous, and is that any good? Histograms with a cut, and the ROC curves."""

from __future__ import annotations

import holoviews as hv
import numpy as np
import panel as pn

from jetexplore import anomaly
from jetexplore.distances import METRICS
from jetexplore.views import plots
from jetexplore.views.live import after
from jetexplore.views.state import Choice

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
        self._streams = [hv.streams.Counter() for _ in range(3)]
        self._load()
        after(self.choice, SCORED, self._prepare, self._reload, "Scoring the test jets")
        self.choice.on_change(["signal", "efficiency"], self._move)
        histograms, line, roc = (
            hv.DynamicMap(draw, streams=[stream])
            for draw, stream in zip((self._histograms, self._line, self._roc), self._streams, strict=True)
        )
        hv.streams.Tap(source=line).add_subscriber(self._click)
        panes = [pn.pane.HoloViews(one, height=340, min_width=300, sizing_mode="stretch_width")
                 for one in (histograms * line, roc)]  # fmt: skip
        self._layout = pn.Column(
            self.told,
            pn.FlexBox(*(pn.Column(pane, styles={"flex": "1 1 340px"}) for pane in panes), sizing_mode="stretch_width"),
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
        anomaly.sample_rocs(*(getattr(self.choice, name) for name in SCORED))

    def _load(self) -> None:
        chosen = [getattr(self.choice, name) for name in SCORED]
        self.scores, self.curves = anomaly.sample_scores(*chosen), anomaly.sample_rocs(*chosen)
        self._binned = anomaly.histograms(self.scores)
        self._label = self._describe()
        self._tell()

    def _describe(self) -> str:
        choice = self.choice
        near = anomaly.samples.orientation_of(choice.reference) == "near"
        unit = METRICS[choice.metric].unit
        told = {
            "average": "the average",
            "barycentre": "the barycentre",
            "contrast": f"less that to the other class, {choice.combine} over {choice.k} medoids each",
        }
        target = told.get(choice.kind, f"{choice.combine} over {choice.k} {choice.kind}")
        return f"{'− ' if near else ''}{choice.metric} to {choice.reference}, {target}{f' [{unit}]' if unit else ''}"

    def _reload(self) -> None:
        self._load()
        for stream in self._streams:
            stream.event()

    def _move(self) -> None:
        self._tell()
        for stream in self._streams[1:]:
            stream.event()

    def _tell(self) -> None:
        working, signal = self.working(), self.choice.signal
        areas = ", ".join(f"AUC {name} **{one.auc:.3f} ± {one.auc_error:.3f}**" for name, one in self.curves.items())
        usual = " and ".join(f"{self.curves[signal].rejection(kept):.1f}" for kept in (0.3, 0.5))
        self.told.object = (
            f"{areas}. At the cut, score ≥ {self.cut():.4g}: **{working.signal_efficiency:.1%}** of {signal} "
            f"and **{working.background_efficiency:.2%}** of QCD jets are kept "
            f"(1/ε<sub>B</sub> = {working.rejection:.1f}); "
            f"at ε<sub>S</sub> = 0.3 and 0.5, 1/ε<sub>B</sub> = {usual}. Click the histogram to move the cut."
        )

    def _histograms(self, counter: int) -> hv.Overlay:  # noqa: ARG002
        return plots.score_histograms(self._binned, self._label)

    def _line(self, counter: int) -> hv.Curve:  # noqa: ARG002
        return plots.cut_line(self.cut(), max(float(some.max()) for some in self._binned.fractions.values()))

    def _roc(self, counter: int) -> hv.Overlay:  # noqa: ARG002
        return plots.roc_curves(self.curves, self.choice.signal, self.choice.efficiency)

    def _click(self, x: float | None, y: float | None) -> None:  # noqa: ARG002
        if x is not None:
            kept = float(np.mean(self.scores[self.choice.signal] >= x))
            self.choice.efficiency = round(min(max(kept, 0.01), 1.0), 2)
