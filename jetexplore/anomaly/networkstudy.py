"""What does one network do with the sample? One jet on its way through it, and its latent space.

With `networkpairs` and `networkscores`, every number the explorer shows of a network comes from here. Networks are
named as in ``latentstudy.network_of``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jetexplore import models
from jetexplore.anomaly import areas, latentstudy, reconstruction, samples
from jetexplore.anomaly.networkimages import images_for
from jetexplore.errors import InputError, choose
from jetexplore.files import digest, stored
from jetexplore.models.cards import ACTIVE, Card

if TYPE_CHECKING:
    from jetexplore.models.autoencoder import Autoencoder

VERSION = 1  # of what is stored; raise it when a stored number would come out differently


class Activity(NamedTuple):
    """How much each latent dimension tells QCD jets apart."""

    order: np.ndarray  # (latent,) dimensions, the most active first
    spread: np.ndarray  # (latent,) standard deviation of the latent mean over jets
    active: int  # dimensions whose variance is above 0.01


class Passage(NamedTuple):
    """One jet on its way through a network."""

    image: np.ndarray  # (npix, npix)
    reconstruction: np.ndarray  # (npix, npix) as the network gives it, negative pixels and all
    mean: np.ndarray  # (latent,)
    scores: dict[str, float]


def network(name: str) -> Autoencoder:
    """Load a network, or make an untrained one, once.

    Parameters
    ----------
    name : str
        As in ``latentstudy.network_of``.

    Returns
    -------
    Autoencoder
        The network.

    Raises
    ------
    InputError
        Those of ``models.load``.
    """
    return _network(name, key_of(name))


@lru_cache(maxsize=8)
def _network(name: str, _key: str) -> Autoencoder:
    return latentstudy.network_of(name)


def card(name: str) -> Card:
    """Read the card of a network without loading it.

    Parameters
    ----------
    name : str
        As in ``latentstudy.network_of``.

    Returns
    -------
    Card
        What is known of it; of an untrained one only its depth.

    Raises
    ------
    InputError
        ``E_NETWORK`` for an unknown name.

    Examples
    --------
    >>> card("untrained-d2").downsamplings
    2
    """
    untrained = re.fullmatch(r"untrained-d([123])(?:-s(\d+))?", name)
    if untrained:
        return Card(name, "vae", int(untrained[1]), seed=int(untrained[2] or 0), training_metric="none")
    known = models.networks()
    return known[choose("network", name, known, "E_NETWORK")]


def passage(name: str, title: str = "QCD", number: int = 0, source: str = "sample") -> Passage:
    """Follow one test jet through a network.

    Parameters
    ----------
    name : str
        Network.
    title : str
        Class of the jet.
    number : int
        Which test jet.
    source : str
        Data set.

    Returns
    -------
    Passage
        Image, reconstruction of the mean latent point, that point, and every score in ``reconstruction.SCORES``.

    Raises
    ------
    InputError
        ``E_NETWORK``, ``E_CLASS``, or ``E_JET`` if there is no such jet.
    """
    available = images_for(card(name), source)
    some = available[choose("class", title, available, "E_CLASS")]
    if not 0 <= number < len(some):
        raise InputError("E_JET", f"{title} jet {number}", f"0 to {len(some) - 1}")
    seen = reconstruction.see(network(name), some[number : number + 1], _background(name, key_of(name), source))
    found = {score: float(measure(seen)[0]) for score, measure in reconstruction.SCORES.items()}
    return Passage(seen.images[0], seen.reconstruction[0], seen.mean[0], found)


@lru_cache(maxsize=8)
def _background(name: str, _key: str, source: str) -> reconstruction.Background:
    reference = images_for(card(name), source, "reference")["QCD"][: areas.N_REFERENCE]
    return reconstruction.background_of(network(name), reference)


def activity(name: str, source: str = "sample") -> Activity:
    """Sort latent dimensions by how much they differ between QCD jets.

    Parameters
    ----------
    name : str
        Network.
    source : str
        Data set, whose first 1000 QCD test jets are taken.

    Returns
    -------
    Activity
        Order, spread and the number of active dimensions.
    """
    return _activity(name, key_of(name), source)


@lru_cache(maxsize=64)
def _activity(name: str, _key: str, source: str) -> Activity:
    some = images_for(card(name), source)["QCD"][: samples.N_PAIRED]
    variance = network(name).encode(some).mean.var(0, dtype=np.float64)
    return Activity(np.argsort(-variance, kind="stable"), np.sqrt(variance), int((variance > ACTIVE).sum()))


def moved(name: str, mean: np.ndarray, rank: int, shift: float, source: str = "sample") -> np.ndarray:
    """Decode a latent point that was moved along one dimension.

    Parameters
    ----------
    name : str
        Network.
    mean : ndarray, shape (latent,)
        The point.
    rank : int
        Which dimension, 0 for the most active one.
    shift : float
        How far, in standard deviations of that dimension over QCD jets.

    Returns
    -------
    ndarray, shape (npix, npix)
        The image.
    """
    about = activity(name, source)
    dimension = about.order[rank]
    point = np.array(mean, dtype=np.float32)
    point[dimension] += shift * about.spread[dimension]
    return network(name).decode(point[None])[0]


def key_of(name: str) -> str:
    """Digest of the weights of a network.

    Parameters
    ----------
    name : str
        Network.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    return digest(VERSION, latentstudy.weights_of(name))


def keep(name: str, key: str, compute: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Store a result as `files.stored` does, read-only, under a file name that a network's name cannot spoil.

    Parameters
    ----------
    name, key, compute
        As in `files.stored`.

    Returns
    -------
    dict of str to ndarray
        The arrays.
    """
    found = stored(re.sub(r"[^\w.-]", "", name.replace(" ", "_")), key, compute)  # nothing leads out of the folder
    for values in found.values():
        values.setflags(write=False)  # callers share them
    return found
