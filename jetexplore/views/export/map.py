"""Which jets are chosen on the map? Columns of plain arrays."""

from __future__ import annotations

import numpy as np

from jetexplore import anomaly
from jetexplore.anomaly import mapjets
from jetexplore.views.export.columns import Columns
from jetexplore.views.lasso import strokes
from jetexplore.views.scores import SCORED
from jetexplore.views.state import Choice


def mapped(choice: Choice) -> Columns:
    """List the jets chosen on the map.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    mapping of str to array
        A row a chosen jet, of all of them if no line is drawn: number on the map, class, number among the test jets of
        its class, place on the map, score (bigger is more anomalous), mass and pT (GeV), constituents.
    """
    some, mask = mapjets.map_jets(), mapjets.chosen(strokes(choice.lasso))
    x, y = anomaly.space_embedding(choice.space).places.T
    columns = {
        "at": np.arange(len(mask)), "class": some.names, "jet": some.numbers, "x": x, "y": y,
        "score": mapjets.on_map(anomaly.sample_scores(*(getattr(choice, name) for name in SCORED))),
        "mass": some.mass, "pt": some.pt, "constituents": some.multiplicity,
    }  # fmt: skip
    return {name: values[mask] for name, values in columns.items()}
