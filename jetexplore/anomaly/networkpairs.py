"""How far apart are two jets inside one network, and does that agree with optimal transport? The answers, kept.

Figures 4 to 6 of Fraser et al. (2021) for any network. An untrained one agrees, too, so every number of a trained one
is to be read beside `untrained_agreements`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from jetexplore.anomaly import jackknife, latent, latentrows, latentstudy, samples
from jetexplore.anomaly.networkimages import images_for
from jetexplore.anomaly.networkstudy import card, keep, key_of, network
from jetexplore.errors import choose
from jetexplore.files import digest

VERSION = 1  # of what is stored; raise it when a stored number would come out differently
SEEDS = 3  # untrained networks that a trained one is compared with
# what is compared of two jets, as `latent.inside` names it, and the power of it that is shown: 2 is quadratic
FEATURES = {
    "latent": 1,
    "block 1": 2,
    "block 2": 2,
    "block 3": 2,
    "latent Jeffreys": 2,
    "latent Bhattacharyya": 2,
    "latent Wass(2)": 1,
}


class Agreement(NamedTuple):
    """Pearson correlation of distances inside a network with Wass(p)."""

    r: float
    error: float  # jackknife over jets


def features_of(downsamplings: int) -> list[str]:
    """List what can be compared inside a network of this depth.

    Parameters
    ----------
    downsamplings : int
        Blocks.

    Returns
    -------
    list of str
        Names in `FEATURES`.

    Examples
    --------
    >>> features_of(1)[:3]
    ['latent', 'block 1', 'latent Jeffreys']
    """
    return [name for name in FEATURES if not name.startswith("block") or int(name[-1]) <= downsamplings]


def inner_distances(name: str, features: str = "latent", source: str = "sample") -> np.ndarray:
    """Distances inside a network of all pairs of the first 1000 QCD test jets, as in figures 4 and 5.

    Parameters
    ----------
    name : str
        Network.
    features : str
        A name in `FEATURES`: Euclidean between latent means, mean squared differences between what leaves a block
        (eq. 3.1 of Fraser et al., 2021, with alpha = 2), or between latent distributions.
    source : str
        Data set.

    Returns
    -------
    ndarray, shape (499500,), float32
        In the order of ``samples.pairs``.

    Raises
    ------
    InputError
        ``E_NETWORK``, or ``E_FEATURES`` for a block that the network does not have.
    """
    choose("features", features, features_of(card(name).downsamplings), "E_FEATURES")
    return _inner_distances(name, features, key_of(name), source)


@lru_cache(maxsize=24)
def _inner_distances(name: str, features: str, _key: str, source: str) -> np.ndarray:
    some = images_for(card(name), source)["QCD"][: samples.N_PAIRED]
    if features.startswith("block"):
        found = latent.mean_squared(network(name).activations(some)[int(features[-1]) - 1])
    else:
        measure = {
            "latent": lambda mean, _: latent.euclidean(mean),
            "latent Jeffreys": latent.jeffreys,
            "latent Bhattacharyya": latent.bhattacharyya,
            "latent Wass(2)": latent.gaussian_wasserstein,
        }[features]
        found = measure(*network(name).encode(some))
    found = found.astype(np.float32)
    found.setflags(write=False)
    return found


def agreement(name: str, features: str = "latent", p: float = 1.0, source: str = "sample") -> Agreement:
    """Correlate distances inside a network with Wass(p), as the study of all networks does, whose row is used if kept.

    Parameters
    ----------
    name : str
        Network.
    features : str
        As in `inner_distances`.
    p : float
        0.5, 1 or 2.
    source : str
        Data set.

    Returns
    -------
    Agreement
        Pearson's r over all pairs, with its error over jets.
    """
    choose("features", features, features_of(card(name).downsamplings), "E_FEATURES")
    return _agreement(name, features, float(p), key_of(name), source)


@lru_cache(maxsize=256)
def _agreement(name: str, features: str, p: float, _key: str, source: str) -> Agreement:
    key = latentstudy.key_of(name, samples.N_PAIRED, source)
    wanted = (name, features, FEATURES[features], p, key)
    for row in latentrows.read_latent_study():
        if (row.network, row.features, row.power, row.p, row.key) == wanted:
            return Agreement(row.r, row.error)

    def compute() -> dict[str, np.ndarray]:
        found = jackknife.correlate(
            inner_distances(name, features, source), samples.pairs("QCD", f"Wass({p:g})", source)
        )
        return {"r": np.array([found.r, found.error])}

    kept = keep(f"agreement {name} {features} {p:g}", digest(VERSION, key, features, p), compute)["r"]
    return Agreement(float(kept[0]), float(kept[1]))


def untrained_agreements(
    downsamplings: int, features: str = "latent", p: float = 1.0, source: str = "sample"
) -> list[Agreement]:
    """Correlate the same inside networks that learned nothing: what a trained one has to be compared with.

    Parameters
    ----------
    downsamplings : int
        Blocks.
    features, p, source
        As in `agreement`.

    Returns
    -------
    list of Agreement
        One a seed.
    """
    names = latentstudy.untrained_names(range(SEEDS), [downsamplings])
    return [_agreement(name, features, float(p), key_of(name), source) for name in names]
