"""What does the map show of each jet? Its place, its score and its colour, for the present selections."""

from __future__ import annotations

import numpy as np

from jetexplore import anomaly
from jetexplore.anomaly import mapjets
from jetexplore.views import mapcolours, maptext
from jetexplore.views.scores import SCORED
from jetexplore.views.state import Choice


class Mapped:
    """Jets of the map with what is known of them; follows the selections when it is told to.

    Parameters
    ----------
    choice : Choice
        The selections: the space, the colour, the score.

    Attributes
    ----------
    jets : MapJets
        Classes, masses and more.
    places : ndarray, shape (n, 2)
        On the map.
    space, method : str
        What makes neighbours, and how they were placed.
    scores : ndarray, shape (n,)
        Bigger is more anomalous.
    scored : str
        What the score is.
    colours : ndarray, shape (n,)
        As text.
    scale : tuple or None
        What the colours tell, and the numbers at their ends; None for classes.

    Examples
    --------
    >>> Mapped(Choice()).places.shape
    (2000, 2)
    """

    def __init__(self, choice: Choice) -> None:
        self.choice, self.jets = choice, mapjets.map_jets()
        self.score()
        self.place()
        self.paint()

    def score(self) -> None:
        """Follow the score that is chosen."""
        choice, self.scores = self.choice, scores_of(self.choice)
        self.scored = f"{choice.metric} to {choice.reference}: {choice.kind}, k = {choice.k}, {choice.combine}"

    def place(self) -> None:
        """Follow the space that is chosen."""
        found, self.space = anomaly.space_embedding(self.choice.space), self.choice.space
        self.places, self.method, self._trust = found.places.astype(np.float64), found.method, found.trust

    def paint(self) -> None:
        """Follow the colouring that is chosen, and what it tells."""
        values = {"score": self.scores, "mass": self.jets.mass, "multiplicity": self.jets.multiplicity}
        labels = {"score": self.scored, "mass": "jet mass [GeV]", "multiplicity": "particles in the jet"}
        colour = self.choice.colour
        self.colours, ends = mapcolours.paint(self.jets.names, values.get(colour))
        self.scale = None if colour == "class" else (labels.get(colour, ""), ends)

    def told(self) -> str:
        """Tell how the jets were placed, as Markdown."""
        return (
            f"{len(self.places):,} test jets, placed by {self.method} so that neighbours by **{self.space}** stay "
            f"neighbours: trustworthiness **{self._trust:.3f}** (1: all do; 0.5: as by chance). Only relative places "
            "mean anything: the axes have no unit, and distances between far groups tell little."
        )

    def legend(self) -> str:
        """Tell what the colours mean, as HTML."""
        return maptext.legend(*(self.scale or ("", None)))


def scores_of(choice: Choice) -> np.ndarray:
    """Give the scores of the jets of the map; long where nobody asked for them yet.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    ndarray, shape (n,)
        Bigger is more anomalous.
    """
    return mapjets.on_map(anomaly.sample_scores(*(getattr(choice, name) for name in SCORED)))
