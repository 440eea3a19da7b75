"""Which events stand for an ensemble of jets? Medoids of a draw for every k, their elbow, and the other references.

Section 5 of Fraser et al. (2021); figures 7 and 8.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from jetexplore import jets
from jetexplore.anomaly.samples import N_REFERENCE, VERSION, draw, kept, known, title_of
from jetexplore.distances import matrices, metrics, references
from jetexplore.distances.barycentre import barycentre
from jetexplore.errors import InputError, choose
from jetexplore.files import digest

K_MAX = 10  # medoids
# "contrast": medoids of the reference beside as many of the other class, top jets for a background, QCD for a signal
REFERENCE_KINDS = ("medoids", "average", "random", "barycentre", "contrast")


class Ensemble(NamedTuple):
    """Medoids of one reference draw for every k, with the histograms the elbow is read from."""

    medoids: list[np.ndarray]  # k = 1 ... K_MAX: indices into the reference images
    losses: np.ndarray  # (K_MAX,) mean distance to the nearest medoid
    peaks: list[references.Peak]
    elbow: references.Elbow


@lru_cache(maxsize=64)
def ensemble(reference: str = "QCD", metric: str = "Wass(1)", number: int = 0, source: str = "sample") -> Ensemble:
    """Medoids for k = 1 to 10 of one reference draw, their histograms and the elbow (figures 7 and 8).

    Parameters
    ----------
    reference, number, source
        As in `draw`.
    metric : str
        The medoid metric.

    Returns
    -------
    Ensemble
        Medoids, mean distances to the nearest, histograms and elbow.

    Raises
    ------
    InputError
        For unknown names.
    """
    metrics.metric(metric)
    some = draw(reference, number, source=source)
    key = digest(
        VERSION, jets.provenance(source, "reference").key, known(reference), metric, number, N_REFERENCE, K_MAX
    )

    def compute() -> dict[str, np.ndarray]:
        distances = matrices.pairwise(some, metric)
        fits = [references.medoids(distances, k) for k in range(1, K_MAX + 1)]
        histograms = references.peaks(distances, [fit.indices for fit in fits])
        return {
            "medoids": np.concatenate([fit.indices for fit in fits]),
            "losses": np.array([fit.loss for fit in fits]),
            "edges": histograms[0].edges,
            "counts": np.stack([histogram.counts for histogram in histograms]),
            "positions": np.array([histogram.position for histogram in histograms]),
        }

    found = kept(f"medoids {title_of(reference)} {metric} {number}", key, compute)
    chosen = np.split(found["medoids"], np.cumsum(np.arange(1, K_MAX)))
    histograms = [
        references.Peak(counts, found["edges"], float(position))
        for counts, position in zip(found["counts"], found["positions"], strict=True)
    ]
    return Ensemble(chosen, found["losses"], histograms, references.elbow(found["positions"]))


@lru_cache(maxsize=64)
def cluster_sizes(
    reference: str = "QCD", metric: str = "Wass(1)", number: int = 0, source: str = "sample"
) -> list[np.ndarray]:
    """Count the jets of a reference draw that are nearest to each of its medoids, the medoids themselves among them.

    Parameters
    ----------
    reference, metric, number, source
        As in `ensemble`.

    Returns
    -------
    list of ndarray, shape (k,)
        For k = 1 to 10: jets by medoid, in the order of `ensemble`, ``N_REFERENCE`` in sum.

    Raises
    ------
    InputError
        For unknown names.

    Examples
    --------
    >>> sizes = cluster_sizes("QCD", "MAE")
    >>> len(sizes), sizes[0].tolist(), int(sizes[4].sum())
    (10, [700], 700)
    """
    chosen = ensemble(reference, metric, number, source).medoids
    some = draw(reference, number, source=source)
    key = digest(VERSION, "clusters", metric, some, *chosen)

    def compute() -> dict[str, np.ndarray]:
        needed = np.unique(np.concatenate(chosen))
        table = matrices.cross(some, some[needed], metric)
        nearest = [table[:, np.searchsorted(needed, indices)].argmin(axis=1) for indices in chosen]
        sizes = [np.bincount(one, minlength=len(indices)) for one, indices in zip(nearest, chosen, strict=True)]
        return {"sizes": np.concatenate(sizes)}

    sizes = kept(f"clusters {title_of(reference)} {metric} {number}", key, compute)["sizes"]
    return np.split(sizes, np.cumsum([len(indices) for indices in chosen])[:-1])


def reference_images(
    reference: str = "QCD",
    metric: str = "Wass(1)",
    kind: str = "medoids",
    k: int = 3,
    number: int = 0,
    source: str = "sample",
) -> np.ndarray:
    """Images of the events that stand for an ensemble.

    Parameters
    ----------
    reference, metric, number, source
        As in `ensemble`.
    kind : str
        One of `REFERENCE_KINDS`: ``"medoids"``, ``"average"`` or ``"barycentre"`` (one image, whatever k),
        ``"random"``, ``"contrast"`` (medoids of this reference; `sample_scores` takes those of the other class, too).
    k : int
        How many, 1 to 10.

    Returns
    -------
    ndarray, shape (k, 40, 40)
        The reference images, medoids by falling size of their cluster.

    Raises
    ------
    InputError
        For unknown names or k out of range.
    """
    choose("reference kind", kind, REFERENCE_KINDS, "E_REFERENCE")
    if not isinstance(k, (int, np.integer)) or not 1 <= k <= K_MAX:
        raise InputError("E_K", f"k = {k!r}", f"a whole number from 1 to {K_MAX}")
    some = draw(reference, number, source=source)
    if kind == "average":
        return references.average(some)
    if kind == "random":
        return some[references.random(len(some), k, seed=number)]
    if kind == "barycentre":
        key = digest(VERSION, "barycentre", some)
        return kept(f"barycentre {title_of(reference)} {number}", key, lambda: {"image": barycentre(some)})["image"]
    return some[ensemble(reference, metric, number, source).medoids[k - 1]]
