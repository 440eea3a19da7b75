"""Which score is meant? Every score of the sample's test jets under one name, whatever it comes from.

A name is a kind and what is meant within it: ``"events: QCD, Wass(1), medoids, 3, min"``,
``"network: vae-MSE-d3-b1e-7, Loss"``, ``"label-free: WhitenedPCA"``, ``"no training: jet mass"``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np

from jetexplore import jets
from jetexplore.anomaly import baselines, curves, networkscores, reconstruction, samples, study
from jetexplore.anomaly.comparison import Difference, difference
from jetexplore.anomaly.curves import Roc
from jetexplore.anomaly.ensembles import K_MAX, REFERENCE_KINDS
from jetexplore.anomaly.named import trained_names, untrained_names, weights_of
from jetexplore.anomaly.scores import COMBINE
from jetexplore.distances.metrics import METRICS
from jetexplore.errors import InputError, choose
from jetexplore.files import digest

VERSION = 1  # of what is stored; raise it when a stored number would come out differently
OBSERVED = ("multiplicity", "tau21", "tau32")  # of `labelfree.SCORES`; the signs are theirs
UNTRAINED = tuple([*baselines.BASELINES, *OBSERVED])
COMBINED = ("Fisher, no prior", "Fisher, physics prior", "Fisher, all members", "no selection")  # what was frozen


class Kind(NamedTuple):
    """Scores that have an origin in common."""

    names: Callable[[], list[str]]
    scores: Callable[[str, str], Mapping[str, np.ndarray]]  # name, source -> scores by class


def named_scores(name: str, source: str = "sample") -> Mapping[str, np.ndarray]:
    """Score every test jet of every class by the score of a name.

    Parameters
    ----------
    name : str
        A kind of `KINDS`, a colon, and one of its names.
    source : str
        Data set.

    Returns
    -------
    mapping of str to ndarray
        Scores by class; bigger is more anomalous. What was computed once is read.

    Raises
    ------
    InputError
        ``E_SCORE`` for an unknown name, and those of the score.

    Examples
    --------
    >>> named_scores("no training: jet mass")["W"][:2].round().tolist()
    [122.0, 73.0]
    """
    kind, within = split(name)
    return KINDS[kind].scores(within, source)


@lru_cache(maxsize=64)
def named_rocs(name: str, source: str = "sample", n_bootstrap: int = curves.N_BOOTSTRAP) -> dict[str, Roc]:
    """ROC curves of a named score for every signal against QCD jets.

    Parameters
    ----------
    name, source
        As in `named_scores`.
    n_bootstrap : int
        As in ``curves.roc``; with none the errors of the areas are NaN.

    Returns
    -------
    dict of str to Roc
        One curve for each class but "QCD".

    Raises
    ------
    InputError
        As `named_scores`.

    Examples
    --------
    >>> named_rocs("no training: jet mass")["Top"].auc > 0.7
    True
    """
    found = named_scores(name, source)
    return {title: curves.roc(found["QCD"], some, n_bootstrap) for title, some in found.items() if title != "QCD"}


@lru_cache(maxsize=64)
def named_differences(left: str, right: str, source: str = "sample") -> dict[str, Difference]:
    """Compare the areas of two named scores for every signal, on the same jets.

    Parameters
    ----------
    left, right, source
        As in `named_scores`.

    Returns
    -------
    dict of str to Difference
        One for each class but "QCD".

    Raises
    ------
    InputError
        As `named_scores`.

    Examples
    --------
    >>> found = named_differences("no training: tau21", "no training: jet mass")
    >>> found["W"].value > 0.3 > found["Top"].value
    True
    """
    both = named_scores(left, source), named_scores(right, source)
    return {title: difference(*both, title) for title in both[0] if title != "QCD"}


def split(name: str) -> tuple[str, str]:
    """Take a name apart.

    Parameters
    ----------
    name : str
        As in `named_scores`.

    Returns
    -------
    tuple of str
        Kind, and name within it.

    Raises
    ------
    InputError
        ``E_SCORE`` for a kind that there is not.

    Examples
    --------
    >>> split("label-free: jet mass")
    ('label-free', 'jet mass')
    """
    kind, _, within = name.partition(": ")
    return choose("kind of score", kind, KINDS, "E_SCORE"), within


def exists(name: str) -> bool:
    """Tell whether there is a score of that name, without computing it.

    Parameters
    ----------
    name : str
        As in `named_scores`.

    Returns
    -------
    bool
        Whether it can be asked for.

    Examples
    --------
    >>> exists("no training: jet mass"), exists("network: vae-never, Loss"), exists("magic: 8 ball")
    (True, False, False)
    """
    kind, _, within = name.partition(": ")
    return kind in KINDS and within in KINDS[kind].names()


def events_name(reference: str, metric: str, kind: str, k: int, combine: str) -> str:
    """Name a score by distances from reference events.

    Parameters
    ----------
    reference, metric, kind, k, combine
        As in ``study.sample_scores``.

    Returns
    -------
    str
        For `named_scores`.

    Examples
    --------
    >>> events_name("QCD", "MAE", "average", 3, "min")
    'events: QCD, MAE, average, 3, min'
    """
    return f"events: {reference}, {metric}, {kind}, {k}, {combine}"


def _events(name: str, source: str) -> Mapping[str, np.ndarray]:
    parts = name.rsplit(", ", 4)  # a file of reference jets may have any name
    if len(parts) != 5 or not parts[3].isdigit():
        raise InputError("E_SCORE", f"the score of events {name!r}", "reference, metric, kind, k, combination")
    return study.sample_scores(parts[0], parts[1], parts[2], int(parts[3]), parts[4], source=source)


def _network(name: str, source: str) -> Mapping[str, np.ndarray]:
    network, _, score = name.rpartition(", ")
    weights_of(network)  # an unknown one is told before a file is asked for
    return networkscores.network_scores(network, score, source)


@lru_cache(maxsize=64)
def _labelfree(name: str, source: str) -> Mapping[str, np.ndarray]:
    def compute() -> dict[str, np.ndarray]:
        from jetexplore.anomaly import labelfree
        from jetexplore.anomaly.labelfree import choosing, opening

        background, tests = jets.load(source, "reference")["QCD"], jets.load(source)
        if name in COMBINED:
            found = opening.scores_of_frozen(labelfree.SCORES, opening.read_frozen(), background, tests)[name]
        else:  # the same split as of everything that was studied, so that the areas are the same
            held = round(len(background) * (1 - choosing.HELD_OUT))
            everything = {**tests, "_calibration": background[held:]}
            variant = choosing.Variant(name, {})
            found = choosing.scores_of(labelfree.SCORES, variant, background[:held], everything)
        return {title: np.asarray(found[title], np.float32) for title in tests}

    choose("label-free score", name, _labelfree_names(), "E_SCORE")
    return samples.kept(f"scores label-free {name}", _key(source, "label-free", name), compute)


def _labelfree_names() -> list[str]:
    from jetexplore.anomaly import labelfree

    return [name for name in labelfree.SCORES if name != "Fisher" and name not in UNTRAINED] + list(COMBINED)


@lru_cache(maxsize=16)
def _untrained(name: str, source: str) -> Mapping[str, np.ndarray]:
    choose("score without training", name, UNTRAINED, "E_SCORE")

    def compute() -> dict[str, np.ndarray]:
        if name in OBSERVED:
            from jetexplore.anomaly import labelfree

            background = jets.load(source, "reference")["QCD"]
            score = labelfree.SCORES[name].fit(background)
            return {title: np.asarray(score(some), np.float32) for title, some in jets.load(source).items()}
        average = samples.images(source, "reference")["QCD"].mean(0)
        return {
            title: np.asarray(baselines.BASELINES[name](some, samples.images(source)[title], average), np.float32)
            for title, some in jets.load(source).items()
        }

    return samples.kept(
        f"scores no training {name.replace('%', 'percent')}", _key(source, "no training", name), compute
    )


def _key(source: str, *what: str) -> str:
    return digest(VERSION, jets.provenance(source).key, jets.provenance(source, "reference").key, *what)


def _event_names() -> list[str]:
    metrics = [name for name, metric in METRICS.items() if metric.inputs == "images"]
    chosen = product(("QCD", "Top"), metrics, REFERENCE_KINDS, range(1, K_MAX + 1), COMBINE)
    return [events_name(*one).partition(": ")[2] for one in chosen]


def _network_names() -> list[str]:
    return [f"{name}, {score}" for name in (*trained_names(), *untrained_names([0])) for score in reconstruction.SCORES]


KINDS: dict[str, Kind] = {
    "events": Kind(_event_names, _events),
    "network": Kind(_network_names, _network),
    "label-free": Kind(_labelfree_names, _labelfree),
    "no training": Kind(lambda: list(UNTRAINED), _untrained),
}


def precompute(source: str = "sample") -> None:
    """Compute the scores whose number is small, so that the explorer shows them at once.

    Parameters
    ----------
    source : str
        Data set.
    """
    for kind in ("label-free", "no training"):
        for name in KINDS[kind].names():
            named_scores(f"{kind}: {name}", source)
