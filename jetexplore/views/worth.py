"""Does this network find anything? Its scores, ROC curves beside what needs no training, and the scan over beta."""

from __future__ import annotations

import holoviews as hv
import panel as pn
import panel_material_ui as pmui

from jetexplore import anomaly
from jetexplore.anomaly import networkscores, networkstudy, table1
from jetexplore.anomaly.curves import Roc
from jetexplore.views import autoencoders, betaplots, networkplots, rocplots
from jetexplore.views.curves import WIDE
from jetexplore.views.live import after
from jetexplore.views.state import Choice
from jetexplore.views.wrapping import wrapped

DEPENDS = ["network", "score"]
UNITS = {"KLD": " [nats]", "Mahalanobis": " [σ]", "Wass": " [rad]"}


class WorthView(pn.viewable.Viewer):
    """Scores of a network, their ROC curves, and how both depend on beta (table 1, figure 3 of Fraser et al., 2021).

    Parameters
    ----------
    choice : Choice
        The selections; listens to the network, the score and the signal.
    """

    def __init__(self, choice: Choice) -> None:
        super().__init__()
        self.choice = choice
        self._streams = [hv.streams.Counter() for _ in range(5)]
        self.told, self.scan = pn.pane.HTML(margin=(0, 10)), pn.pane.Markdown(margin=(10, 10, 0, 10))
        self._load()
        after(choice, DEPENDS, self.prepare, self._reload, "Scoring the test jets by the network")
        choice.on_change(["signal"], self._streams[1].event)
        draws = (self._histograms, self._rocs, self._losses, lambda: self._areas("Top"), lambda: self._areas("W"))
        panes = [
            pn.Column(
                pn.pane.HoloViews(
                    hv.DynamicMap(lambda counter, draw=draw: draw(), streams=[stream]),  # noqa: ARG005
                    height=height, min_width=280, **WIDE,
                ),
                styles={"flex": f"1 1 {width}px"},
            )
            for draw, stream, height, width in zip(
                draws, self._streams, (340, 340, 290, 290, 290), (340, 340, 290, 290, 290), strict=True
            )
        ]  # fmt: skip
        self._layout = pn.Column(
            pmui.Select.from_param(choice.param.score, label="Anomaly score", width=200),
            self.told,
            wrapped(*panes[:2], sizing_mode="stretch_width"),
            self.scan,
            wrapped(*panes[2:], sizing_mode="stretch_width"),
            sizing_mode="stretch_width",
        )

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def prepare(self) -> None:
        """Compute what is shown; may run in any thread."""
        prepare(self.choice)

    def _load(self) -> None:
        choice, name = self.choice, autoencoders.shown(self.choice)
        self._name, self._score = name, choice.score
        self.curves = networkscores.network_rocs(name, choice.score)
        self.baselines = networkscores.baseline_rocs(name, choice.score)
        self._binned = anomaly.histograms(networkscores.network_scores(name, choice.score))
        self.told.object = self._table()
        metric = networkstudy.card(name).training_metric
        self._metric = metric if metric != "none" else "MSE"
        cards = autoencoders.trained()
        self._scans = {depth: table1.scanned(cards, self._metric, depth) for depth in (1, 2, 3)}
        there = sum(len(some) for some in self._scans.values())
        self.scan.object = (
            f"**Would another β have been better?** Networks trained with {self._metric}: {there} of the scan are "
            "here. The β of least validation loss need not be the best one for either signal. A cross: collapsed."
        )

    def _table(self) -> str:
        card = networkstudy.card(self._name)
        metric = networkscores.compared_by(card, self._score)
        alike = metric if self._score == "Loss" else self._score
        titles = {"average image": f"average image, {metric}", "untrained network": f"untrained network, {alike}"}
        rows = {f"this network, {self._score}": self.curves, **{titles[n]: c for n, c in self.baselines.items()}}
        cells = "".join(
            f"<tr><td>{title}</td>{''.join(f'<td>{_area(some[name])}</td>' for name in self.curves)}</tr>"
            for title, some in rows.items()
        )
        names = "".join(f"<th>AUC {name}</th>" for name in self.curves)
        style = "<style>td, th {padding: 1px 14px 1px 0; text-align: left} td + td {white-space: nowrap}</style>"
        return f"{style}<table><tr><th></th>{names}</tr>{cells}</table>"

    def _reload(self) -> None:
        if not autoencoders.exists(autoencoders.shown(self.choice)):
            return
        self._load()
        for stream in self._streams:
            stream.event()

    def _histograms(self) -> hv.Overlay:
        unit = UNITS.get(self._score.partition("(")[0], "")
        return rocplots.score_histograms(self._binned, f"{self._score} of the network{unit}")

    def _rocs(self) -> hv.Overlay:
        return networkplots.network_rocs(self.curves, self.baselines, self.choice.signal)

    def _losses(self) -> hv.Overlay:
        return betaplots.loss_scan(self._scans, self._name)

    def _areas(self, signal: str) -> hv.Overlay:
        return betaplots.area_scan(self._scans, self._score, signal, self._name)


def prepare(choice: Choice) -> None:
    """Compute what `WorthView` shows of a network that exists; may run in any thread.

    Parameters
    ----------
    choice : Choice
        The selections.
    """
    name = autoencoders.shown(choice)
    if autoencoders.exists(name):
        networkscores.network_rocs(name, choice.score)
        networkscores.baseline_rocs(name, choice.score)


def _area(curve: Roc) -> str:
    return f"<b>{curve.auc:.3f}</b> ± {curve.auc_error:.3f}"
