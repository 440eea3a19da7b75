"""What are the chosen jets like? Numbers by class, their average and medoids, after a line was drawn round them."""

from __future__ import annotations

import threading
from functools import cache

import numpy as np
import panel as pn

from jetexplore import anomaly, distances
from jetexplore.anomaly import mapjets
from jetexplore.views import maptext
from jetexplore.views.lasso import strokes
from jetexplore.views.live import after
from jetexplore.views.pictures import Pictures
from jetexplore.views.scores import SCORED
from jetexplore.views.state import Choice

MEDOIDS = 3


class SelectedView(pn.viewable.Viewer):
    """Counts, scores, masses, average and medoids of the jets chosen on the map.

    Parameters
    ----------
    choice : Choice
        The selections; listens to the lines drawn, the score and the metric.

    Examples
    --------
    >>> view = SelectedView()
    >>> view.count()
    'All 2,000 jets: 1,000 QCD, 500 Top, 500 W'
    """

    def __init__(self, choice: Choice | None = None) -> None:
        super().__init__()
        self.choice = choice or Choice()
        self.told = pn.pane.Markdown(margin=(4, 10, 0, 10))
        self.table = pn.pane.HTML(sizing_mode="stretch_width", margin=(2, 10))
        self.found = pn.pane.Markdown(margin=(4, 10, 0, 10))
        self.pictures = Pictures()
        self._score()
        self._stand()
        self._show()
        self.choice.on_change(["lasso"], self._count)
        after(self.choice, SCORED, self._prepare_scores, self._score, "Scoring the test jets")
        after(self.choice, ["lasso", "metric"], self._prepare, self._redraw, "Finding medoids of the chosen jets")
        self._layout = pn.Column(
            self.told, self.table, self.found, self.pictures,
            sizing_mode="stretch_width",
        )  # fmt: skip

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def count(self) -> str:
        """Say how many jets of which class are chosen.

        Returns
        -------
        str
            Part of a sentence.
        """
        *classes, every = self.summaries
        counts = ", ".join(f"{one.jets:,} {one.name}" for one in classes)
        start = f"{every.jets:,} jets" if self.choice.lasso else f"All {every.jets:,} jets"
        return f"{start}: {counts}"

    def _prepare_scores(self) -> None:
        anomaly.sample_scores(*(getattr(self.choice, name) for name in SCORED))

    def _prepare(self) -> None:
        prepare_pictures(self.choice)

    def _score(self) -> None:
        found = anomaly.sample_scores(*(getattr(self.choice, name) for name in SCORED))
        self._scores, self._unit = mapjets.on_map(found), distances.METRICS[self.choice.metric].unit
        self._tell()

    def _tell(self) -> None:
        self.mask = mapjets.chosen(strokes(self.choice.lasso))
        self.summaries = mapjets.summaries(self.mask, self._scores)
        self.table.object = maptext.table(self.summaries, self._unit)
        hint = "" if self.choice.lasso else " Draw a line round some of them to see what they have in common."
        self.told.object = f"**{self.count()}.**{hint}"

    def _count(self) -> None:
        """Show what is quick at once; medoids follow."""
        self._tell()
        self._show()

    def _stand(self) -> None:
        self._medoids, every = np.zeros(0, dtype=int), int(self.mask.sum())
        if not self.choice.lasso or not every:
            self.found.object = "No jet is chosen." if self.choice.lasso else ""
            return
        found = mapjets.representatives(self.mask, self.choice.metric, MEDOIDS)
        self._medoids = found.medoids
        whom = "all of them" if found.among == every else f"{found.among} of them, evenly spaced"
        self.found.object = f"Their average, and medoids by {self.choice.metric} among {whom}."

    def _redraw(self) -> None:
        self._stand()
        self._show()

    def _show(self) -> None:
        """Show the average of those chosen, and the medoids found last, which may be those of the line before."""
        if not (self.choice.lasso and self.mask.any()):
            self.pictures.show([], [])
            return
        some = mapjets.map_jets()
        titles, images = [f"average of {int(self.mask.sum()):,} jets"], [mapjets.average(self.mask)]
        for rank, place in enumerate(self._medoids, 1):
            name, number = some.names[place], some.numbers[place]
            titles.append(f"medoid {rank}: {name} jet {number}")
            images.append(anomaly.image(name, number))
        self.pictures.show(titles, images)


@cache
def warm() -> threading.Thread:
    """Import what medoids need, which takes seconds once in a process, before a line is drawn.

    Returns
    -------
    threading.Thread
        Already started; the same one at every call.
    """
    thread = threading.Thread(target=lambda: distances.medoids(1 - np.eye(4), 1), daemon=True, name="medoids-warm")
    thread.start()
    return thread


def prepare_pictures(choice: Choice) -> None:
    """Compute what is long: which jets are chosen, and what stands for them.

    Parameters
    ----------
    choice : Choice
        The selections.
    """
    mask = mapjets.chosen(strokes(choice.lasso))
    if choice.lasso and mask.any():
        mapjets.representatives(mask, choice.metric, MEDOIDS)
