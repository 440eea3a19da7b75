"""Which events stand for the ensemble? How many medoids, what they stand for, and what else could be taken."""

from __future__ import annotations

import holoviews as hv
import numpy as np
import panel as pn

from jetexplore import anomaly
from jetexplore.anomaly.ensembles import cluster_sizes
from jetexplore.anomaly.samples import N_REFERENCE
from jetexplore.distances import METRICS
from jetexplore.views import elbowplots
from jetexplore.views.curves import WIDE
from jetexplore.views.live import after, together
from jetexplore.views.pictures import Pictures
from jetexplore.views.state import Choice
from jetexplore.views.wrapping import wrapped

PARTS = ["reference", "metric"]
EVENTS = ["reference", "metric", "kind", "k"]
TOLD = {
    "medoids": "**Medoids** are the k real jets with the least total distance of all {n} {reference} jets to the "
    "nearest of them. The share is how many of the {n} are nearest to each.",
    "average": "**The average** is one picture: the mean of every pixel over {n} {reference} jets, smoother and "
    "rounder than any real jet. Neither k nor how distances are combined matters to it; the curves are of medoids.",
    "random": "**Random jets**: k of the {n} {reference} jets by lot, the simplest choice and the one that scatters "
    "most. The curves still show the medoids, which are chosen with care.",
    "barycentre": "**The barycentre** is one picture: the mean of {n} {reference} jets by transport, the least work "
    "from it to all of them, where the average only mixes pixels. Neither k nor the combination matters to it.",
    "contrast": "**Contrast** takes k medoids of QCD jets and k of Top jets: the score is the distance to the first "
    "less that to the second. It needs to know a signal, so it is a yardstick, not an unsupervised score.",
}


class EnsembleView(pn.viewable.Viewer):
    """The events that stand for a class and the elbow that suggests how many (figures 7 and 8 of Fraser et al., 2021).

    Parameters
    ----------
    choice : Choice
        The selections; listens to the reference, its kind, the metric and k.

    Examples
    --------
    >>> view = EnsembleView(Choice(kind="average"))
    >>> [title for title, _ in view.events]
    ['QCD average, in use']
    """

    def __init__(self, choice: Choice | None = None) -> None:
        super().__init__()
        self.choice = choice or Choice()
        self.told = pn.pane.Markdown(margin=(0, 10))
        self._curves, self._chosen = hv.streams.Counter(), hv.streams.Counter().rename(counter="chosen")
        self.pictures = Pictures()
        self._load()
        self._load_events()
        after(self.choice, PARTS, lambda: _prepare_curves(self.choice), self._reload, "Finding the medoids")
        after(self.choice, EVENTS, lambda: prepare(self.choice), self._reload_events, "Finding the reference events")
        self.choice.on_change(["k"], self._chosen.event)
        elbow, ring, others, bold = (
            hv.DynamicMap(lambda draw=draw, **_: draw(), streams=[stream])
            for draw, stream in (
                (self._elbow, self._curves),
                (self._ring, self._chosen),
                (self._others, self._curves),
                (self._bold, self._chosen),
            )
        )
        hv.streams.Tap(source=ring).add_subscriber(self._click)
        panes = [pn.pane.HoloViews(one, height=310, min_width=280, **WIDE)
                 for one in (elbow * ring, others * bold)]  # fmt: skip
        self._layout = pn.Column(
            wrapped(*(pn.Column(pane, styles={"flex": "1 1 320px"}) for pane in panes), sizing_mode="stretch_width"),
            self.told,
            self.pictures,
            sizing_mode="stretch_width",
        )

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def _load(self) -> None:
        self._unit = METRICS[self.choice.metric].unit
        self._found = anomaly.ensemble(self.choice.reference, self.choice.metric)

    def _load_events(self) -> None:
        choice = self.choice
        self.events = events(choice)
        suggested = anomaly.ensemble(choice.reference, choice.metric).elbow.n_medoids
        self.told.object = (
            f"The elbow suggests **k = {suggested}** for {choice.metric} and {choice.reference} jets; chosen is "
            f"**k = {choice.k}** (ringed; bold among the grey histograms). Click a k in the plot of peaks, "
            "or move the slider. " + TOLD[choice.kind].format(n=N_REFERENCE, reference=choice.reference)
        )
        self.pictures.show(*zip(*self.events, strict=True))

    def _reload(self) -> None:
        self._load()
        together(self._curves, self._chosen)

    def _reload_events(self) -> None:
        self._load_events()

    def _elbow(self) -> hv.Overlay:
        return elbowplots.elbow_plot(self._found.elbow, self._unit)

    def _ring(self) -> hv.Points:
        return elbowplots.chosen_k(self._found.elbow, self.choice.k)

    def _others(self) -> hv.Overlay:
        return elbowplots.other_histograms(self._found.peaks, self._unit)

    def _bold(self) -> hv.Area:
        return elbowplots.chosen_histogram(self._found.peaks, self.choice.k)

    def _click(self, x: float | None, y: float | None) -> None:  # noqa: ARG002
        if x is not None and np.isfinite(x):
            low, high = self.choice.param.k.bounds
            self.choice.k = min(max(round(x), low), high)


def events(choice: Choice) -> list[tuple[str, np.ndarray]]:
    """List what stands for the ensemble, the average first for comparison.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    list of tuple of str and ndarray, shape (40, 40)
        Title and image; k and k of two classes for a contrast.
    """
    name, kind, metric, k = choice.reference, choice.kind, choice.metric, choice.k  # once: they may change meanwhile
    (average,) = anomaly.reference_images(name, kind="average")
    if kind == "average":
        return [(f"{name} average, in use", average)]
    found = [(f"{name} average, to compare", average)]
    if kind in ("medoids", "contrast"):
        classes = [name] if kind == "medoids" else [name, "Top" if name == "QCD" else "QCD"]
        for one in classes:
            images = anomaly.reference_images(one, metric, "medoids", k)
            sizes = cluster_sizes(one, metric)[k - 1]
            found += [
                (f"{one} {rank}: {100 * size / N_REFERENCE:.0f} % of {N_REFERENCE} jets", image)
                for rank, (size, image) in enumerate(zip(sizes, images, strict=True), 1)
            ]
        return found
    images = anomaly.reference_images(name, metric, kind, k)
    titles = [f"{name} {kind}"] if len(images) == 1 and kind != "random" else [
        f"{name} by lot, {rank} of {len(images)}" for rank in range(1, len(images) + 1)
    ]  # fmt: skip
    return found + list(zip(titles, images, strict=True))


def prepare(choice: Choice) -> dict[str, object]:
    """Compute what `EnsembleView` shows; may run in any thread.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    dict
        Empty: the library remembers it.
    """
    _prepare_curves(choice)
    events(choice)
    return {}


def _prepare_curves(choice: Choice) -> None:
    anomaly.ensemble(choice.reference, choice.metric)
