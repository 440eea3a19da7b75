"""What does a named score say of any jets? The same function that scored the sample, fitted on the same reference.

Names are those of `namedscores`; the jets of the sample, scored by `scorer`, get the numbers of `named_scores`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from jetexplore import jets
from jetexplore.anomaly import areas, baselines, namedscores, reconstruction, samples, scores
from jetexplore.anomaly.contrast import contrast
from jetexplore.anomaly.ensembles import reference_images
from jetexplore.anomaly.labelfree.fisher import HELD_OUT, combined
from jetexplore.anomaly.named import weights_of
from jetexplore.anomaly.networkimages import images_for
from jetexplore.anomaly.networkstudy import card, network
from jetexplore.errors import InputError, choose
from jetexplore.files import digest
from jetexplore.jets import Jets

if TYPE_CHECKING:
    from jetexplore.models.cards import Card

Scorer = Callable[[Jets], np.ndarray]  # jets -> (n,); bigger is more anomalous


@lru_cache(maxsize=16)
def scorer(name: str, source: str = "sample") -> Scorer:
    """Make the function behind a named score, fitted on the reference jets of a data set.

    Parameters
    ----------
    name : str
        As in `namedscores.named_scores`, such as ``"events: QCD, Wass(1), medoids, 3, min"``.
    source : str
        Data set whose reference jets stand for the background.

    Returns
    -------
    callable
        Jets to scores, shape (n,); bigger is more anomalous. Made once; some are trained then, which takes minutes.

    Raises
    ------
    InputError
        ``E_SCORE`` for an unknown name, and those of the score.

    Examples
    --------
    >>> scorer("no training: jet mass")(jets.load()["W"][:2]).round().tolist()
    [122.0, 73.0]
    """
    kind, within = namedscores.split(name)
    return MAKERS[kind](within, source)


@lru_cache(maxsize=64)
def identity(name: str, source: str = "sample") -> dict[str, str]:
    """Tell what a score stands on, so that a file of its values says where they come from.

    Parameters
    ----------
    name, source
        As in `scorer`.

    Returns
    -------
    dict of str to str
        The digests of test and reference jets; of a network the name and the digest of its file.

    Raises
    ------
    InputError
        ``E_SCORE`` or ``E_NETWORK`` for an unknown name.

    Examples
    --------
    >>> sorted(identity("no training: jet mass"))
    ['reference', 'test']
    """
    kind, within = namedscores.split(name)
    if not namedscores.exists(name):
        raise InputError("E_SCORE", f"unknown score {name!r}", "one that 'jetexplore score --list' shows")
    told = {"test": jets.provenance(source).key, "reference": jets.provenance(source, "reference").key}
    if kind == "network":
        title = within.rpartition(", ")[0]
        told |= {"network": title, "weights": digest(weights_of(title))}
    return told


def _events(within: str, source: str) -> Scorer:
    parts = within.rsplit(", ", 4)
    if len(parts) != 5 or not parts[3].isdigit():
        raise InputError("E_SCORE", f"the score of events {within!r}", "reference, metric, kind, k, combination")
    reference, metric, kind, k, combine = parts[0], parts[1], parts[2], int(parts[3]), parts[4]
    events, orientation = reference_images(reference, metric, kind, k, source=source), samples.orientation_of(reference)
    if kind != "contrast":
        return lambda some: scores.event_to_ensemble(jets.images(some), events, metric, combine, orientation)
    other = reference_images("Top" if orientation == "far" else "QCD", metric, "medoids", k, source=source)
    far, near = (events, other) if orientation == "far" else (other, events)
    return lambda some: contrast(jets.images(some), far, near, metric, combine)


def _network(within: str, source: str) -> Scorer:
    title, _, score = within.rpartition(", ")
    choose("score", score, reconstruction.SCORES, "E_SCORE")
    about, background = card(title), None
    if score == "Mahalanobis":
        background = reconstruction.background_of(
            network(title), images_for(about, source, "reference")["QCD"][: areas.N_REFERENCE]
        )
    return lambda some: reconstruction.SCORES[score](
        reconstruction.see(network(title), images_of(about, some), background)
    )


def images_of(about: Card, some: Jets) -> np.ndarray:
    """Make the images of jets as a network expects them.

    Parameters
    ----------
    about : Card
        Its width and power count.
    some : Jets
        Jets.

    Returns
    -------
    ndarray, shape (n, 40, 40)
        Of unit sum.

    Examples
    --------
    >>> images_of(card("untrained-d1"), jets.load()["W"][:2]).shape
    (2, 40, 40)
    """
    made = jets.images(some, width=about.width)
    return made if about.power == 1 else jets.remapped(made, about.power)


def _labelfree(within: str, source: str) -> Scorer:
    from jetexplore.anomaly import labelfree
    from jetexplore.anomaly.labelfree import choosing, opening

    choose("label-free score", within, namedscores.KINDS["label-free"].names(), "E_SCORE")
    background = jets.load(source, "reference")["QCD"]
    fitted = background[: round(len(background) * (1 - HELD_OUT))]  # as of everything that was studied
    if within not in namedscores.COMBINED:
        return labelfree.fit(labelfree.SCORES, within, fitted)
    frozen = opening.read_frozen()
    usual = [choosing.Variant(name, {}) for name in labelfree.SCORES if name != "Fisher"]
    variants = {one.title: one for one in (*frozen.singles, *usual)}
    titles = frozen.combined.get(within) or [one.title for one in usual]  # else the one that nobody selected
    members = {one: labelfree.fit(labelfree.SCORES, variants[one].name, fitted, **variants[one].options)
               for one in titles}  # fmt: skip
    rest = background[len(fitted) :]
    held = {title: score(rest) for title, score in members.items()}
    return lambda some: combined(held, {title: score(some) for title, score in members.items()})


def _untrained(within: str, source: str) -> Scorer:
    choose("score without training", within, namedscores.UNTRAINED, "E_SCORE")
    if within in namedscores.OBSERVED:
        from jetexplore.anomaly import labelfree

        return labelfree.SCORES[within].fit(jets.load(source, "reference")["QCD"])
    average = samples.images(source, "reference")["QCD"].mean(0)
    if within == "jet mass":
        return lambda some: np.asarray(some.momenta().mass, dtype=np.float64)  # needs no image
    return lambda some: baselines.BASELINES[within](some, jets.images(some), average)


MAKERS: dict[str, Callable[[str, str], Scorer]] = {
    "events": _events, "network": _network, "label-free": _labelfree, "no training": _untrained,
}  # fmt: skip
