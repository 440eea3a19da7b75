"""Which pixels does a card show? Jets, and the events that stand for an ensemble."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jetexplore import anomaly, jets
from jetexplore.anomaly.ensembles import cluster_sizes
from jetexplore.views import ensemble
from jetexplore.views.export.columns import Columns
from jetexplore.views.state import CLASSES, Choice


def pictures(choice: Choice) -> Columns:
    """List the pixels of the pictures of one jet of each class and of what stands for the background.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    mapping of str to array
        A row a pixel that is not empty: title of the picture, eta, phi (rad), fraction of the transverse momentum.
    """
    shown = [(f"{name} jet {choice.example}", anomaly.images()[name][choice.example]) for name in CLASSES]
    return _pixels([*shown, *ensemble.events(choice)])


def events(choice: Choice) -> Columns:
    """List the pixels of the events that stand for the ensemble.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    mapping of str to array
        As in `pictures`.
    """
    return _pixels(ensemble.events(choice))


def medoids(choice: Choice) -> Columns:
    """List the medoids for every k, with what the elbow is read from.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    mapping of str to array
        A row a medoid: k, place among the reference jets, number of jets nearest to it, and for its k the most frequent
        and the mean distance to the nearest medoid, in the units of the metric.
    """
    found = anomaly.ensemble(choice.reference, choice.metric)
    sizes = cluster_sizes(choice.reference, choice.metric)
    many = [len(some) for some in found.medoids]
    return {
        "k": np.repeat(np.arange(1, len(many) + 1), many),
        "jet": np.concatenate(found.medoids),
        "nearest_jets": np.concatenate(sizes),
        "peak_distance": np.repeat([one.position for one in found.peaks], many),
        "mean_distance": np.repeat(found.losses, many),
    }


def _pixels(shown: Sequence[tuple[str, np.ndarray]]) -> Columns:
    centres = jets.pixel_centres()
    found: dict[str, list] = {"picture": [], "eta": [], "phi": [], "fraction": []}
    for title, image in shown:
        row, column = np.nonzero(image)
        parts = [title] * len(row), centres[column], centres[row], image[row, column]  # rows run along phi
        for values, part in zip(found.values(), parts, strict=True):
            values.extend(part)
    return found
