"""What do these jets look like? One jet of each class, and the events that stand for the background."""

from __future__ import annotations

import panel as pn

from jetexplore import anomaly, jets
from jetexplore.views import plots
from jetexplore.views.pictures import Pictures
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
    >>> view.references.titles
    ['QCD average', 'QCD medoid 1 of 2', 'QCD medoid 2 of 2']
    """

    def __init__(self, choice: Choice | None = None) -> None:
        """Draw the first pictures."""
        super().__init__()
        self.choice = choice or Choice()
        self._jets = jets.load()
        self._momenta = {name: some.momenta() for name, some in self._jets.items()}
        self.examples, self.references = Pictures(), Pictures()
        self.told = pn.pane.Markdown(margin=(5, 10, 0, 10))
        self._show_examples()
        self._show_references()
        self._tell()
        self.choice.on_change(["example"], self._show_examples)
        self.choice.on_change(REFERENCE, self._show_references)
        self.choice.on_change(["reference", "metric"], self._tell)
        self._layout = pn.Column(
            self.examples,
            self.told,
            self.references,
            pn.pane.HTML(_scale(), sizing_mode="stretch_width", margin=(5, 10)),
            sizing_mode="stretch_width",
        )

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def _show_examples(self) -> None:
        number = self.choice.example
        titles = [f"{name} jet {number}, mass {self._momenta[name].mass[number]:.0f} GeV" for name in CLASSES]
        self.examples.show(titles, [anomaly.image(name, number) for name in CLASSES])

    def _show_references(self) -> None:
        """Show the average and the events in use, or medoids where those in use are the average itself."""
        choice = self.choice
        kind = "random" if choice.kind == "random" else "medoids"
        events = anomaly.reference_images(choice.reference, choice.metric, kind, choice.k)
        (average,) = anomaly.reference_images(choice.reference, kind="average")
        titles = [f"{choice.reference} {SINGULAR[kind]} {rank} of {len(events)}" for rank in range(1, len(events) + 1)]
        self.references.show([f"{choice.reference} average", *titles], [average, *events])

    def _tell(self) -> None:
        """Say what the pictures are, and where the elbow is."""
        choice = self.choice
        elbow = anomaly.ensemble(choice.reference, choice.metric).elbow.n_medoids
        self.told.object = (
            f"{TOLD} For {choice.metric} in {choice.reference} jets the elbow method suggests **k = {elbow}**."
        )


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
