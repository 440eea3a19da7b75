"""What do these jets look like? One jet of each class, and the events that stand for the background."""

from __future__ import annotations

from collections.abc import Callable

import holoviews as hv
import panel as pn

from jetexplore import anomaly, jets
from jetexplore.views import plots
from jetexplore.views.live import live
from jetexplore.views.state import CLASSES, Choice

REFERENCE = ["reference", "metric", "kind", "k"]
SINGULAR = {"medoids": "medoid", "random": "random jet"}
TOLD = (
    "**What stands for the background.** The average of every pixel is smoother and rounder than any real jet; the k "
    "medoids are real jets, with the smallest total distance from all others to the nearest of them."
)


class JetsView(pn.viewable.Viewer):
    """Jet images on one logarithmic colour scale.

    Parameters
    ----------
    choice : Choice
        The selections; listens to the example, the reference, its kind and metric, and k.

    Examples
    --------
    >>> view = JetsView()
    >>> view.choice.k = 2
    >>> [figure.visible for figure in view.references]
    [True, True, False]
    """

    def __init__(self, choice: Choice | None = None) -> None:
        """Draw the first pictures."""
        super().__init__()
        self.choice = choice or Choice()
        self._centres = jets.pixel_centres()
        self._jets = jets.load()
        self._momenta = {name: some.momenta() for name, some in self._jets.items()}
        examples = [self._figure(["example"], lambda name=name: self._example(name)) for name in CLASSES]
        self.told = pn.pane.Markdown(margin=(5, 10, 0, 10))
        self.references: list[pn.FlexBox] = []
        self._row = pn.FlexBox(self._figure(["reference"], self._average), sizing_mode="stretch_width")
        self._show_references()
        self.choice.on_change(["k"], self._show_references)
        self._tell()
        self.choice.on_change(["reference", "metric"], self._tell)
        self._layout = pn.Column(
            pn.FlexBox(*examples, sizing_mode="stretch_width"),
            self.told,
            self._row,
            pn.pane.HTML(_scale(), sizing_mode="stretch_width", margin=(5, 10)),
            sizing_mode="stretch_width",
        )

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def _figure(self, names: list[str], draw: Callable[[], hv.Image]) -> pn.FlexBox:
        # a box around it, since a figure itself cannot be hidden; a column would stretch its frame
        return pn.FlexBox(
            pn.pane.HoloViews(live(self.choice, names, draw), margin=2, width=250, height=280),
            width=254,
            height=284,
            sizing_mode="fixed",
        )

    def _show_references(self) -> None:
        """Show as many figures as there are events; a figure once made is kept, and hidden when not needed."""
        for rank in range(len(self.references), self.choice.k):
            self.references.append(self._figure(REFERENCE, lambda rank=rank: self._reference(rank)))
            self._row.append(self.references[-1])
        for rank, figure in enumerate(self.references):
            figure.visible = rank < self.choice.k

    def _tell(self) -> None:
        """Say what the pictures are, and where the elbow is."""
        choice = self.choice
        elbow = anomaly.ensemble(choice.reference, choice.metric).elbow.n_medoids
        self.told.object = (
            f"{TOLD} For {choice.metric} in {choice.reference} jets the elbow method suggests **k = {elbow}**."
        )

    def _example(self, name: str) -> hv.Image:
        number = self.choice.example
        momenta = self._momenta[name]
        title = f"{name} jet {number}, mass {momenta.mass[number]:.0f} GeV"
        return plots.jet_image(anomaly.images()[name][number], self._centres, title)

    def _average(self) -> hv.Image:
        reference = self.choice.reference
        (event,) = anomaly.reference_images(reference, kind="average")
        return plots.jet_image(event, self._centres, f"{reference} average")

    def _reference(self, rank: int) -> hv.Image:
        choice = self.choice
        kind = "random" if choice.kind == "random" else "medoids"
        events = anomaly.reference_images(choice.reference, choice.metric, kind, choice.k)
        rank = min(rank, len(events) - 1)  # a hidden figure keeps a valid picture
        title = f"{choice.reference} {SINGULAR[kind]} {rank + 1} of {len(events)}"
        return plots.jet_image(events[rank], self._centres, title)


def _scale() -> str:
    colours = ", ".join(plots.palette(plots.JET_PALETTE)[::15])
    ticks = "".join(f"<span>{label}</span>" for label in ("10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "1"))
    return (
        '<div style="max-width:480px;font-size:12px"><div style="height:10px;border-radius:3px;'
        f'background:linear-gradient(to right, {colours})"></div>'
        f'<div style="display:flex;justify-content:space-between">{ticks}</div>'
        "fraction of the jet's transverse momentum in a pixel of 0.08 × 0.08 rad; night blue: less than 10⁻⁴. "
        "Shown: the middle 2.4 of the image's 3.2 rad</div>"
    )
