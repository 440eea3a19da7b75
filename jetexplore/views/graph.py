"""What did a particle graph autoencoder learn? Its card, its jets before and after, and whether it finds anything."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import holoviews as hv
import panel as pn
import panel_material_ui as pmui

from jetexplore.anomaly import graphstudy
from jetexplore.errors import InputError
from jetexplore.views import damaged, graphplots, learningplots
from jetexplore.views.cardtext import describe
from jetexplore.views.curves import WIDE
from jetexplore.views.live import after
from jetexplore.views.notices import alert
from jetexplore.views.state import Choice
from jetexplore.views.wrapping import wrapped

NONE = "No graph autoencoder is here yet; 'jetexplore train pgae' makes one."
SHOWN = ["graph", "cloud_class", "cloud", "component"]
TOLD = (
    "A jet is a cloud of particles, each linked to all others. The network has two numbers a particle to remember "
    "its momentum by; nothing else of the paper's networks passes through."
)


class GraphView(pn.viewable.Viewer):
    """One graph autoencoder of Tsan et al. (2021), sections 3 and 4.

    Parameters
    ----------
    choice : Choice
        The selections.
    """

    def __init__(self, choice: Choice | None = None) -> None:
        super().__init__()
        self.choice = choice or Choice()
        self._stream = hv.streams.Counter()
        self.about = pn.pane.HTML(sizing_mode="stretch_width", margin=(4, 10))
        self.told = pn.pane.HTML(sizing_mode="stretch_width", margin=(4, 10))
        if not graphstudy.graph_networks():
            self._layout = pn.Column(alert(NONE, "info"), pn.pane.HTML(damaged.told(graphs=True)))
            return
        self._load()
        after(self.choice, SHOWN, lambda: prepare(self.choice), self._reload, "Passing jets through the network")
        figures: list[tuple[Callable[[], hv.Overlay], int]] = [
            (self._curve, 270), (self._clouds, 390), (self._distributions, 340), (self._rocs, 340)
        ]  # fmt: skip
        panes = [
            pn.Column(
                pn.pane.HoloViews(self._live(draw), height=height, min_width=280, **WIDE),
                styles={"flex": "1 1 360px"},
            )
            for draw, height in figures
        ]
        facts = pn.Column(self.about, styles={"flex": "1 1 360px"})
        self._layout = pn.Column(
            self._controls(), wrapped(facts, panes[0], sizing_mode="stretch_width"), self.told,
            wrapped(*panes[1:], sizing_mode="stretch_width"), sizing_mode="stretch_width",
        )  # fmt: skip

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def _controls(self) -> pn.Column:
        names = list(graphstudy.graph_networks())
        options = dict(zip(names, names, strict=True))
        grey = [name for name in damaged.reasons() if name.startswith(damaged.GRAPH)]
        options |= {f"{name} · damaged": name for name in grey}
        network = pmui.Select(
            label="Graph autoencoder", options=options, disabled_options=grey, value=shown(self.choice), width=260
        )
        network.param.watch(lambda event: self.choice.param.update(graph=event.new), "value")
        self.choice.on_change(["graph"], lambda: network.param.update(value=shown(self.choice)))
        parameters = self.choice.param
        return wrapped(
            network,
            pmui.RadioButtonGroup.from_param(parameters.cloud_class, label="Class of the jet"),
            pmui.IntSlider.from_param(parameters.cloud, label="Jet number", width=220),
            pmui.RadioButtonGroup.from_param(parameters.component, label="Component"),
            pn.pane.HTML(damaged.told(graphs=True), sizing_mode="stretch_width"),
            sizing_mode="stretch_width", gap="6px 18px", align_items="center",
        )  # fmt: skip

    def _load(self) -> None:
        choice, name = self.choice, shown(self.choice)
        self._card = graphstudy.graph_networks()[name]
        self._cloud = graphstudy.cloud(name, choice.cloud_class, choice.cloud)
        self._components = graphstudy.component_histograms(name, choice.component, choice.cloud_class)
        score = graphstudy.score_of(name)
        try:
            self._curves = graphstudy.event_rocs(score) if score else {}
        except (InputError, FileNotFoundError):  # a table without this score
            self._curves = {}
        self.about.object = describe(self._card)
        one = self._cloud
        areas = ", ".join(f"{name} <b>{curve.auc:.3f}</b>" for name, curve in self._curves.items())
        self.told.object = (
            f"{TOLD}<br>{choice.cloud_class} jet {choice.cloud}: loss ({one.metric}) <b>{one.loss:.4g}</b>, mass "
            f"{one.mass[0]:.0f} → {one.mass[1]:.0f} GeV, pT {one.pt[0]:.0f} → {one.pt[1]:.0f} GeV."
            + (f" AUC of events by the smaller loss of their two jets: {areas}." if areas else "")
        )

    def _reload(self) -> None:
        self._load()
        self._stream.event()

    def _live(self, draw: Callable[[], hv.Overlay]) -> hv.DynamicMap:
        return hv.DynamicMap(lambda counter: draw(), streams=[self._stream])  # noqa: ARG005

    def _curve(self) -> hv.Overlay:
        return learningplots.learning_curves(self._card)

    def _clouds(self) -> hv.Overlay:
        return graphplots.clouds(self._cloud, f"{self.choice.cloud_class} jet {self.choice.cloud}")

    def _distributions(self) -> hv.Overlay:
        return graphplots.distributions(self._components, self.choice.component)

    def _rocs(self) -> hv.Overlay:
        return graphplots.event_rocs(self._curves)


def shown(choice: Choice) -> str:
    """Name the graph autoencoder that is shown.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    str
        The one chosen if there is such a network, else the first.
    """
    known = graphstudy.graph_networks()
    return choice.graph if choice.graph in known else next(iter(known), "")


def prepare(choice: Choice) -> dict[str, object]:
    """Compute what `GraphView` shows; may run in any thread.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    dict
        Nothing: the library remembers.
    """
    name = shown(choice)
    if name:
        graphstudy.cloud(name, choice.cloud_class, choice.cloud)
        graphstudy.component_histograms(name, choice.component, choice.cloud_class)
        score = graphstudy.score_of(name)
        with contextlib.suppress(InputError, FileNotFoundError):  # told where they would be shown
            if score:
                graphstudy.event_rocs(score)
    return {}
