"""What does a sample say about its own references? Images, pair distances, medoids, elbow and scores, computed once.

Every number the explorer and the notebooks show of the committed sample comes from here. Results are kept under a
digest of all they depend on, first looked for in ``data/results``, then in the user's cache, else computed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jetexplore import jets
from jetexplore.anomaly import curves, scores
from jetexplore.anomaly.contrast import contrast
from jetexplore.distances import matrices, metrics, references
from jetexplore.distances.barycentre import barycentre
from jetexplore.errors import InputError, choose
from jetexplore.files import digest, stored

VERSION = 1  # of what is stored; raise it when a stored number would come out differently
N_PAIRED = 1000  # jets of a class whose 499,500 distinct pairs are compared
N_REFERENCE = 700  # jets of one reference draw
K_MAX = 10  # medoids
# "contrast": medoids of the reference beside as many of the other class, top jets for a background, QCD for a signal
REFERENCE_KINDS = ("medoids", "average", "random", "barycentre", "contrast")


class Ensemble(NamedTuple):
    """Medoids of one reference draw for every k, with the histograms the elbow is read from."""

    medoids: list[np.ndarray]  # k = 1 ... K_MAX: indices into the reference images
    losses: np.ndarray  # (K_MAX,) mean distance to the nearest medoid
    peaks: list[references.Peak]
    elbow: references.Elbow


@lru_cache(maxsize=8)
def images(source: str = "sample", split: str = "test", width: float = jets.WIDTH) -> dict[str, np.ndarray]:
    """Images of every class of a data set.

    Parameters
    ----------
    source, split
        As in `jets.load`.
    width : float
        Of the image in rad.

    Returns
    -------
    dict of str to ndarray, shape (n, 40, 40)
        Read-only.

    Examples
    --------
    >>> images()["QCD"].shape[1:]
    (40, 40)
    """
    made = {name: jets.images(some, width=width) for name, some in jets.load(source, split).items()}
    for some in made.values():
        some.setflags(write=False)
    return made


def draw(reference: str, number: int = 0, size: int = N_REFERENCE, source: str = "sample") -> np.ndarray:
    """Reference images of one draw; draws of the same size are disjoint.

    Parameters
    ----------
    reference : str
        A class that has reference jets ("QCD", "Top"), or the path of a native file (.npz) of jets of one class.
    number : int
        Which draw, from 0.
    size : int
        Jets in a draw.
    source : str
        A data set with a reference split.

    Returns
    -------
    ndarray, shape (size, 40, 40)
        The jets ``number * size`` up to ``(number + 1) * size`` of the reference split.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        ``E_CLASS``, or ``E_DRAW`` if the split or the file has not that many jets.

    Examples
    --------
    >>> draw("QCD", 1).shape
    (700, 40, 40)
    """
    if _is_file(reference):
        (some,) = images(reference).values()
    else:
        available = images(source, "reference")
        some = available[choose("reference", reference, available, "E_CLASS")]
    if number < 0 or size < 1 or (number + 1) * size > len(some):
        found = f"draw {number} of {size} jets"
        raise InputError(
            "E_DRAW", found, f"{len(some) // max(size, 1)} disjoint draws from {len(some)} {class_of(reference)} jets"
        )
    return some[number * size : (number + 1) * size]


@lru_cache(maxsize=32)
def pairs(name: str = "QCD", metric: str = "Wass(1)", source: str = "sample", n: int = N_PAIRED) -> np.ndarray:
    """Distances of all distinct pairs of the first n test jets of a class (figure 1 of Fraser et al., 2021).

    Parameters
    ----------
    name : str
        Class.
    metric : str
        Metric on images.
    source : str
        Data set.
    n : int
        Number of jets, at most as many as there are.

    Returns
    -------
    ndarray, shape (n (n - 1) / 2,), float32
        In the order of ``numpy.triu_indices(n, 1)``.

    Raises
    ------
    InputError
        For unknown names.
    """
    some = _of_class(name, source)[:n]
    key = digest(VERSION, jets.provenance(source).key, name, metric, len(some))

    def compute() -> dict[str, np.ndarray]:
        return {"distance": matrices.condensed(some, metric).astype(np.float32)}

    return _stored(f"pairs {name} {metric}", key, compute)["distance"]


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
        VERSION, jets.provenance(source, "reference").key, _known(reference), metric, number, N_REFERENCE, K_MAX
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

    found = _stored(f"medoids {_title(reference)} {metric} {number}", key, compute)
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

    sizes = _stored(f"clusters {_title(reference)} {metric} {number}", key, compute)["sizes"]
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
        return _stored(f"barycentre {_title(reference)} {number}", key, lambda: {"image": barycentre(some)})["image"]
    return some[ensemble(reference, metric, number, source).medoids[k - 1]]


@lru_cache(maxsize=128)
def sample_scores(
    reference: str = "QCD",
    metric: str = "Wass(1)",
    kind: str = "medoids",
    k: int = 3,
    combine: str = "min",
    number: int = 0,
    source: str = "sample",
) -> dict[str, np.ndarray]:
    """Scores of every test jet of every class against one reference.

    A reference of the class "QCD" is the background, so far is anomalous; any other stands for a signal, so near is.
    For the kind "contrast" the score is the distance from k QCD medoids less that from k medoids of the signal.

    Parameters
    ----------
    reference, metric, kind, k, number, source
        As in `reference_images`.
    combine : str
        ``"min"`` or ``"sum"`` over the k events.

    Returns
    -------
    dict of str to ndarray
        Scores by class; bigger is more anomalous.

    Raises
    ------
    InputError
        For unknown names or k out of range.
    """
    choose("combination", combine, scores.COMBINE, "E_COMBINE")
    events = reference_images(reference, metric, kind, k, number, source)
    files = jets.provenance(source).key, jets.provenance(source, "reference").key
    key = digest(VERSION, *files, _known(reference), metric, kind, k, combine, number)
    orientation = orientation_of(reference)

    def compute() -> dict[str, np.ndarray]:
        if kind == "contrast":
            other = reference_images("Top" if orientation == "far" else "QCD", metric, "medoids", k, number, source)
            far, near = (events, other) if orientation == "far" else (other, events)
            return {name: contrast(some, far, near, metric, combine) for name, some in images(source).items()}
        return {
            name: scores.event_to_ensemble(some, events, metric, combine, orientation)
            for name, some in images(source).items()
        }

    return _stored(f"scores {_title(reference)} {metric} {kind} {k} {combine} {number}", key, compute)


@lru_cache(maxsize=128)
def sample_rocs(
    reference: str = "QCD",
    metric: str = "Wass(1)",
    kind: str = "medoids",
    k: int = 3,
    combine: str = "min",
    number: int = 0,
    source: str = "sample",
) -> dict[str, curves.Roc]:
    """ROC curves of the scores of `sample_scores` for every signal against QCD jets.

    Parameters
    ----------
    reference, metric, kind, k, combine, number, source
        As in `sample_scores`.

    Returns
    -------
    dict of str to Roc
        One curve for each class but "QCD".

    Raises
    ------
    InputError
        For unknown names or k out of range.
    """
    found = sample_scores(reference, metric, kind, k, combine, number, source)
    return {name: curves.roc(found["QCD"], some) for name, some in found.items() if name != "QCD"}


def precompute(source: str = "sample", progress: bool = True) -> None:
    """Compute what the explorer shows at first, so that it opens at once; ``jetexplore precompute`` stores it in data/.

    Parameters
    ----------
    source : str
        Data set.
    progress : bool
        Show a bar.
    """
    from tqdm import tqdm

    on_images = [name for name, metric in metrics.METRICS.items() if metric.inputs == "images"]
    work = [partial(pairs, "QCD", metric, source) for metric in ("MSE", "Wass(1)")]
    work += [partial(ensemble, name, metric, 0, source) for name in ("QCD", "Top") for metric in on_images]
    work += [partial(cluster_sizes, name, metric, 0, source) for name in ("QCD", "Top") for metric in on_images]
    work += [partial(sample_scores, "QCD", "Wass(1)", "medoids", k, source=source) for k in (1, 3, 5, 7)]
    work += [partial(sample_scores, "QCD", "Wass(1)", "average", 3, source=source)]
    work += [partial(reference_images, name, kind="barycentre", source=source) for name in ("QCD", "Top")]
    for unit in tqdm(work, disable=not progress, unit="result"):
        unit()


def orientation_of(reference: str) -> str:
    """Which side of a reference is anomalous: far from the background, near a signal.

    Parameters
    ----------
    reference : str
        Class of the reference events, or the path of a file of them.

    Returns
    -------
    str
        ``"far"`` for "QCD", else ``"near"``.

    Examples
    --------
    >>> orientation_of("Top")
    'near'
    """
    return "far" if class_of(reference) == "QCD" else "near"


def class_of(reference: str) -> str:
    """Tell the class of a reference.

    Parameters
    ----------
    reference : str
        A class, or the path of a native file of jets of one class.

    Returns
    -------
    str
        The class itself, or that the file says.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it is damaged.

    Examples
    --------
    >>> class_of("Top")
    'Top'
    """
    return next(iter(images(reference))) if _is_file(reference) else reference


def _is_file(reference: object) -> bool:
    return isinstance(reference, str) and reference.endswith(".npz")


def _known(reference: str) -> str:
    # What a stored result depends on: a file by its content
    return jets.provenance(reference).key if _is_file(reference) else reference


def _title(reference: str) -> str:
    return Path(reference).stem if _is_file(reference) else reference


def _of_class(name: str, source: str) -> np.ndarray:
    available = images(source)
    return available[choose("class", name, available, "E_CLASS")]


def _stored(name: str, key: str, compute: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    # A class name may come from a user's file: nothing in it may lead out of the folder
    found = stored(re.sub(r"[^\w.-]", "", name.replace(" ", "_")), key, compute)
    for values in found.values():
        values.setflags(write=False)  # callers share them
    return found
