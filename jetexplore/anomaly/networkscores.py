"""What is one network worth as a detector? Its scores of every test jet, ROC curves, and what they are read beside."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from jetexplore import jets
from jetexplore.anomaly import areas, curves, networkpairs, reconstruction, samples, study
from jetexplore.anomaly.networkimages import images_for
from jetexplore.anomaly.networkstudy import card, keep, key_of, network
from jetexplore.errors import choose
from jetexplore.files import digest
from jetexplore.models.cards import Card

VERSION = 1  # of what is stored; raise it when a stored number would come out differently


def network_scores(name: str, score: str = "Loss", source: str = "sample") -> dict[str, np.ndarray]:
    """Score every test jet of every class by a network.

    Parameters
    ----------
    name : str
        Network.
    score : str
        A name in ``reconstruction.SCORES``.
    source : str
        Data set.

    Returns
    -------
    dict of str to ndarray
        Scores by class; bigger is more anomalous.

    Raises
    ------
    InputError
        ``E_NETWORK`` or ``E_SCORE``.
    """
    choose("score", score, reconstruction.SCORES, "E_SCORE")
    return _scores(name, score, key_of(name), source)


@lru_cache(maxsize=64)
def _scores(name: str, score: str, key: str, source: str) -> dict[str, np.ndarray]:
    together = _together(card(name), score)

    def compute() -> dict[str, np.ndarray]:
        reference = images_for(card(name), source, "reference")["QCD"][: areas.N_REFERENCE]
        found = reconstruction.scores(network(name), images_for(card(name), source), together, reference)
        return {f"{one} {title}": some for one, by_class in found.items() for title, some in by_class.items()}

    files = jets.provenance(source).key, jets.provenance(source, "reference").key
    kept = keep(f"network {name} {together[0]}", digest(VERSION, key, *files, together), compute)
    return {title: kept[f"{score} {title}"] for title in samples.images(source)}


def _together(about: Card, score: str) -> tuple[str, ...]:
    """Scores that cost little once a jet has passed are computed at once; each transport distance on its own."""
    transport = about.training_metric not in ("none", "MSE", "MAE")
    cheap = tuple(
        name for name in reconstruction.SCORES
        if not name.startswith("Wass") and not (name == "Loss" and transport)
    )  # fmt: skip
    return cheap if score in cheap else (score,)


@lru_cache(maxsize=64)
def _rocs(name: str, score: str, key: str, source: str) -> dict[str, curves.Roc]:
    found = _scores(name, score, key, source)
    return {title: curves.roc(found["QCD"], some) for title, some in found.items() if title != "QCD"}


def network_rocs(name: str, score: str = "Loss", source: str = "sample") -> dict[str, curves.Roc]:
    """ROC curves of the scores of `network_scores` for every signal against QCD jets.

    Parameters
    ----------
    name, score, source
        As in `network_scores`.

    Returns
    -------
    dict of str to Roc
        One curve for each class but "QCD".
    """
    choose("score", score, reconstruction.SCORES, "E_SCORE")
    return _rocs(name, score, key_of(name), source)


def baseline_rocs(name: str, score: str = "Loss", source: str = "sample") -> dict[str, dict[str, curves.Roc]]:
    """ROC curves that the network's have to be read beside: the average image, and the network before training.

    Parameters
    ----------
    name, score, source
        As in `network_scores`.

    Returns
    -------
    dict of str to dict of str to Roc
        Name, signal, curve. The average QCD image is compared by `compared_by`.
    """
    about = card(name)
    metric = compared_by(about, score)
    found = {"average image": study.sample_rocs("QCD", metric, "average", source=source)}
    if about.training_metric != "none":
        # its own loss would be of another metric
        alike = metric if score == "Loss" else score
        found["untrained network"] = network_rocs(f"untrained-d{about.downsamplings}", alike, source)
    return found


def compared_by(about: Card, score: str) -> str:
    """Name the image metric behind a score.

    Parameters
    ----------
    about : Card
        The network's card: its loss contains its training metric.
    score : str
        A name in ``reconstruction.SCORES``.

    Returns
    -------
    str
        A metric on images.

    Examples
    --------
    >>> compared_by(card("untrained-d1"), "Loss"), compared_by(card("untrained-d1"), "Wass(1)")
    ('MSE', 'Wass(1)')
    """
    if score in ("KLD", "Mahalanobis") or (score == "Loss" and about.training_metric == "none"):
        return "MSE"
    return re.sub(r"^Sinkhorn", "Wass", about.training_metric) if score == "Loss" else score


def precompute(names: Iterable[str], score: str = "Loss", source: str = "sample", progress: bool = True) -> None:
    """Compute what the explorer shows of networks at first, so that it is there at once.

    Parameters
    ----------
    names : iterable of str
        Networks; the untrained ones of the same depth are computed with them.
    score, source
        As in `network_scores`.
    progress : bool
        Show a bar.
    """
    from tqdm import tqdm

    bar = tqdm(list(names), disable=not progress, unit="network")
    for name in bar:
        bar.set_postfix_str(name)
        baseline_rocs(name, score, source)
        network_rocs(name, score, source)
        networkpairs.agreement(name, source=source)
        networkpairs.untrained_agreements(card(name).downsamplings, source=source)
