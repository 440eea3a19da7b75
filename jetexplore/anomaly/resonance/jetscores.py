"""How anomalous is each of the two jets? Scores that can drive a search, fitted on background jets only.

Particle graph autoencoders as in section 4 of Tsan et al. (2021), and beside them what else the library knows: an image
autoencoder, the nearest medoids, scores without labels, and plain properties of a jet that any method has to beat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np

from jetexplore import jets as jets_room
from jetexplore.anomaly import labelfree, scores
from jetexplore.anomaly.labelfree.recipes import only_jets
from jetexplore.anomaly.resonance.graphdensity import graph_density
from jetexplore.distances import matrices, references
from jetexplore.errors import InputError, choose
from jetexplore.jets import Jets

Scorer = Callable[[Jets], np.ndarray]
N_REFERENCE = 700  # jets whose medoids stand for the background
BLOCK = 20_000  # jets scored at a time


class JetScore(NamedTuple):
    """One way to score a jet."""

    fit: Callable[[Jets], Scorer]  # background jets -> scorer
    told: str  # what it is, in one line
    trivial: bool = False  # a plain property of a jet, which others have to beat


def graph_autoencoder(background: Jets, network: str) -> Scorer:  # noqa: ARG001 - nothing is left to fit
    """Score jets by the reconstruction loss of a particle graph autoencoder, Tsan et al. (2021), section 3.

    Parameters
    ----------
    background : Jets
        Not looked at; the network was trained before.
    network : str
        As in ``models.load_pgae``.

    Returns
    -------
    callable
        Jets to the loss that the network was trained with, shape (n,).

    Raises
    ------
    InputError
        ``E_NETWORK`` for an unknown network.
    """
    from jetexplore import models

    loaded = models.load_pgae(network)
    return only_jets(lambda some: loaded.jet_losses(some, loaded.card.training_metric))


def image_autoencoder(background: Jets, network: str) -> Scorer:  # noqa: ARG001 - nothing is left to fit
    """Score jets by the pixel-wise error of an image autoencoder, Fraser et al. (2021), section 3.2.

    Parameters
    ----------
    background : Jets
        Not looked at.
    network : str
        As in ``models.load``.

    Returns
    -------
    callable
        Jets to mean squared errors, shape (n,).

    Raises
    ------
    InputError
        ``E_NETWORK`` for an unknown network.
    """
    from jetexplore import models

    loaded = models.load(network)

    def score(some: Jets) -> np.ndarray:
        made = jets_room.remapped(jets_room.images(some, width=loaded.card.width), loaded.card.power)
        return ((loaded.reconstruct(made) - made) ** 2).mean(axis=(1, 2), dtype=np.float64)

    return only_jets(score)


def medoids(background: Jets, metric: str = "Wass(1)", k: int = 3) -> Scorer:
    """Score jets by the distance to the nearest of k medoids, Fraser et al. (2021), section 5.

    Parameters
    ----------
    background : Jets
        The medoids are those of its first 700 jets.
    metric : str
        Of images.
    k : int
        How many.

    Returns
    -------
    callable
        Jets to distances, shape (n,).

    Raises
    ------
    InputError
        ``E_METRIC``, ``E_K``.
    """
    some = jets_room.images(background[:N_REFERENCE])
    chosen = some[references.medoids(matrices.pairwise(some, metric), k).indices]
    return only_jets(lambda jets: scores.event_to_ensemble(jets_room.images(jets), chosen, metric))


def _labelfree(name: str) -> Callable[[Jets], Scorer]:
    return partial(labelfree.fit, labelfree.SCORES, name)


JET_SCORES: dict[str, JetScore] = {
    "PGAE MSE": JetScore(
        partial(graph_autoencoder, network="pgae-momenta-MSE"), "loss of a graph autoencoder of momenta in GeV"
    ),
    "PGAE MSE, transverse": JetScore(
        partial(graph_autoencoder, network="pgae-transverse-MSE"),
        "loss of a graph autoencoder of shares of the jet's pT, and of these times the angles from its axis",
    ),
    "PGAE density, transverse": JetScore(
        partial(graph_density, network="pgae-transverse-MSE"), "-log p of its codes and errors over background jets"
    ),
    "PGAE EMD, relative": JetScore(
        partial(graph_autoencoder, network="pgae-relative-EMD"),
        "one of shares and of the angles themselves, trained and judged by the exact EMD",
    ),
    "VAE MSE": JetScore(
        partial(image_autoencoder, network="vae-MSE-d3-b1e-7"), "image autoencoder, trained on softer QCD jets"
    ),
    "Wass(1), 3 medoids": JetScore(medoids, "distance of images to the nearest background medoid"),
    "WhitenedPCA": JetScore(_labelfree("WhitenedPCA"), "Mahalanobis distance of images"),
    "multiplicity": JetScore(_labelfree("multiplicity"), "number of constituents", trivial=True),
    "jet mass": JetScore(_labelfree("jet mass"), "mass of all constituents", trivial=True),
}


def score_jets(
    samples: Mapping[str, Jets], background: Jets, names: Iterable[str] | None = None, progress: bool = True
) -> dict[str, dict[str, np.ndarray]]:
    """Score the jets of several samples, a block at a time.

    Parameters
    ----------
    samples : mapping of str to Jets
        By class.
    background : Jets
        Background jets to fit on; none of them should be among the samples.
    names : iterable of str, optional
        Of `JET_SCORES`; all by default.
    progress : bool
        Show a bar on stderr.

    Returns
    -------
    dict of str to dict of str to ndarray, shape (n,)
        By score and class; float32.

    Raises
    ------
    InputError
        ``E_SCORE`` for an unknown name, ``E_EMPTY`` without background jets, and those of the score.

    Examples
    --------
    >>> some = jets_room.load()
    >>> found = score_jets({"W": some["W"][:10]}, some["QCD"][:50], ["jet mass"], progress=False)
    >>> found["jet mass"]["W"].shape
    (10,)
    """
    from tqdm import tqdm

    chosen = list(JET_SCORES if names is None else names)
    for name in chosen:
        choose("score", name, JET_SCORES, "E_SCORE")
    if not len(background):
        raise InputError("E_EMPTY", "no background jets", "some to fit scores on")
    total = len(chosen) * sum(map(len, samples.values()))
    found: dict[str, dict[str, np.ndarray]] = {}
    with tqdm(total=total, unit="jet", unit_scale=True, disable=not progress) as bar:
        for name in chosen:
            bar.set_description(name)
            score = JET_SCORES[name].fit(background)
            found[name] = {}
            for title, some in samples.items():
                parts = []
                for start in range(0, len(some), BLOCK):
                    block = some[start : start + BLOCK]
                    parts.append(np.asarray(score(block), dtype=np.float32))
                    bar.update(len(block))
                found[name][title] = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    return found
