"""What does a sample say about its own references? Scores of its jets and their ROC curves, computed once.

Every number the explorer and the notebooks show of the committed sample comes from here.
"""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np

from jetexplore import jets
from jetexplore.anomaly import curves, samples, scores
from jetexplore.anomaly.contrast import contrast
from jetexplore.anomaly.ensembles import cluster_sizes, ensemble, reference_images
from jetexplore.anomaly.samples import VERSION, kept, known, orientation_of, pairs, title_of
from jetexplore.distances import metrics
from jetexplore.errors import choose
from jetexplore.files import digest


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
    key = digest(VERSION, *files, known(reference), metric, kind, k, combine, number)
    orientation = orientation_of(reference)

    def compute() -> dict[str, np.ndarray]:
        if kind == "contrast":
            other = reference_images("Top" if orientation == "far" else "QCD", metric, "medoids", k, number, source)
            far, near = (events, other) if orientation == "far" else (other, events)
            return {name: contrast(some, far, near, metric, combine) for name, some in samples.images(source).items()}
        return {
            name: scores.event_to_ensemble(some, events, metric, combine, orientation)
            for name, some in samples.images(source).items()
        }

    return kept(f"scores {title_of(reference)} {metric} {kind} {k} {combine} {number}", key, compute)


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
