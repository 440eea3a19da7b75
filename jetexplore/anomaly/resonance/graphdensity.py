"""How usual is what a graph autoencoder makes of a jet? A density of its codes and errors over background jets.

A reconstruction loss is large for what is complex, whether it is known or not. The network knows more: how particles
are encoded, and in which component they are missed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from jetexplore.anomaly.labelfree.recipes import only_jets
from jetexplore.errors import InputError
from jetexplore.jets import Jets

if TYPE_CHECKING:
    from jetexplore.models.cloudautoencoder import CloudAutoencoder

COMPONENTS = 10  # of the mixture
TINY = 1e-9  # added to squared errors before their logarithm


def summaries(network: CloudAutoencoder, some: Jets) -> np.ndarray:
    """Sum up what a graph autoencoder makes of each jet, in nine numbers that do not depend on the order of particles.

    Parameters
    ----------
    network : CloudAutoencoder
        Trained.
    some : Jets
        Jets.

    Returns
    -------
    ndarray, shape (n, 9)
        Logarithms of the mean squared errors of the three components; for both numbers of the code their mean over
        particles, their mean weighted with pT, and its spread.
    """
    from jetexplore.models.cloudinputs import INPUTS

    apart = (network.features(some).astype(np.float64) - INPUTS[network.card.inputs].features(some)) ** 2
    codes, jet, n = network.encode(some).astype(np.float64), some.jet, len(some)
    weight = some.pt / np.bincount(jet, some.pt, n)[jet]

    def mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return np.bincount(jet, values * weights, n)

    even = 1 / some.counts[jet]
    columns = [np.log(mean(error, even) + TINY) for error in apart.T]
    for code in codes.T:
        centre = mean(code, weight)
        columns += [mean(code, even), centre, np.sqrt(np.maximum(mean(code**2, weight) - centre**2, 0.0))]
    return np.stack(columns, axis=1)


def graph_density(background: Jets, network: str, components: int = COMPONENTS) -> Callable[[Jets], np.ndarray]:
    r"""Score jets by :math:`-\log p` of the `summaries` of a graph autoencoder, a mixture of Gaussians.

    Parameters
    ----------
    background : Jets
        Background jets to fit the mixture to.
    network : str
        As in ``models.load_pgae``.
    components : int
        Of the mixture.

    Returns
    -------
    callable
        Jets to scores, shape (n,).

    Raises
    ------
    InputError
        ``E_TOO_FEW`` for fewer than ten background jets a component, ``E_NETWORK`` for an unknown network.
    """
    from sklearn.mixture import GaussianMixture

    from jetexplore import models

    if len(background) < 10 * components:
        raise InputError("E_TOO_FEW", f"{len(background)} background jets", f"at least {10 * components}")
    loaded = models.load_pgae(network)
    known = summaries(loaded, background)
    centre, spread = known.mean(axis=0), np.maximum(known.std(axis=0), TINY)
    mixture = GaussianMixture(components, random_state=0).fit((known - centre) / spread)
    return only_jets(
        lambda some: -mixture.score_samples((summaries(loaded, some) - centre) / spread) if len(some) else np.zeros(0)
    )
