"""Which jets are on the map, which of them were chosen, and what are these like?

The map is ``space_embedding`` with its usual numbers of jets, so the same jet has the same number in every space.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from jetexplore import jets
from jetexplore.anomaly import samples
from jetexplore.anomaly.embedding import SIZES, space_embedding
from jetexplore.anomaly.region import inside
from jetexplore.distances import matrices, references
from jetexplore.errors import InputError, choose

SPACES = ("Wass(1)", "untrained-d3", "vae-MSE-d3-b1e-8")  # whose pictures are stored
SIGNS = ("add", "subtract")
COMPARED = 200  # jets of a choice among which medoids are sought: 19,900 distances


class MapJets(NamedTuple):
    """The jets of the map, in its order."""

    names: np.ndarray  # (n,) class
    numbers: np.ndarray  # (n,) place among the test jets of its class
    mass: np.ndarray  # (n,) GeV
    pt: np.ndarray  # (n,) GeV
    multiplicity: np.ndarray  # (n,) constituents


class Stroke(NamedTuple):
    """A line drawn round some jets."""

    space: str  # in which it was drawn
    sign: str  # what is done with the jets in it, of `SIGNS`
    corners: tuple[tuple[float, float], ...]  # of the polygon, in the coordinates of ``space_embedding``


class Summary(NamedTuple):
    """What jets of one class, or of all, are like; NaN where there are none."""

    name: str
    jets: int
    of: int  # how many there are on the map
    mean_score: float
    median_score: float
    mean_mass: float  # GeV
    median_mass: float  # GeV
    median_multiplicity: float


class Representatives(NamedTuple):
    """Jets that stand for some jets of the map."""

    medoids: np.ndarray  # (k,) places on the map
    among: int  # jets that were compared to find them


@lru_cache(maxsize=2)
def map_jets(source: str = "sample") -> MapJets:
    """List the jets of the map.

    Parameters
    ----------
    source : str
        Data set.

    Returns
    -------
    MapJets
        The first 1,000 QCD, 500 Top and 500 W test jets.

    Examples
    --------
    >>> map_jets().names[[0, 1000, 1999]].tolist(), int(map_jets().numbers[1000])
    (['QCD', 'Top', 'W'], 0)
    """
    some = {name: available[: SIZES[name]] for name, available in jets.load(source).items() if name in SIZES}
    momenta = [some[name].momenta() for name in SIZES]
    return MapJets(
        np.repeat(list(SIZES), list(SIZES.values())),
        np.concatenate([np.arange(size) for size in SIZES.values()]),
        np.concatenate([one.mass for one in momenta]),
        np.concatenate([one.pt for one in momenta]),
        np.concatenate([np.diff(some[name].offsets) for name in SIZES]),
    )


def on_map(by_class: Mapping[str, np.ndarray]) -> np.ndarray:
    """Take from arrays of all test jets what belongs to the jets of the map.

    Parameters
    ----------
    by_class : mapping of str to ndarray, shape (n_class, ...)
        Such as scores or images.

    Returns
    -------
    ndarray, shape (n, ...)
        In the order of the map.

    Examples
    --------
    >>> on_map(samples.images()).shape
    (2000, 40, 40)
    """
    return np.concatenate([by_class[name][:size] for name, size in SIZES.items()])


def chosen(strokes: tuple[Stroke, ...], source: str = "sample") -> np.ndarray:
    """Tell which jets of the map are chosen by lines drawn round them, one after the other.

    Parameters
    ----------
    strokes : tuple of Stroke
        The first one that subtracts does so from all jets, one that adds begins with none. Lines may have been drawn
        in different spaces: they choose jets, not places.
    source : str
        Data set.

    Returns
    -------
    ndarray of bool, shape (n,)
        All jets if there is no stroke. Read-only.

    Raises
    ------
    InputError
        ``E_SIGN``; ``E_SHAPE`` for no polygon; those of ``space_embedding``.

    Examples
    --------
    >>> all_of_it = ((-99.0, -99.0), (99.0, -99.0), (99.0, 99.0), (-99.0, 99.0))
    >>> int(chosen((Stroke("Wass(1)", "subtract", all_of_it),)).sum())
    0
    """
    return _chosen(tuple(strokes), source)


@lru_cache(maxsize=64)
def _chosen(strokes: tuple[Stroke, ...], source: str) -> np.ndarray:
    found = np.full(sum(SIZES.values()), not strokes or strokes[0].sign == "subtract")
    for stroke in strokes:
        choose("sign", stroke.sign, SIGNS, "E_SIGN")
        within = inside(_places(stroke.space, source), np.array(stroke.corners))
        found = found | within if stroke.sign == "add" else found & ~within
    found.setflags(write=False)
    return found


def chosen_of_class(
    strokes: tuple[Stroke, ...], name: str, size: int, source: str = "sample"
) -> tuple[np.ndarray, int]:
    """Tell which of the first test jets of a class are chosen.

    Parameters
    ----------
    strokes, source
        As in `chosen`.
    name : str
        Class.
    size : int
        How many of its jets; those that are not on the map are not chosen.

    Returns
    -------
    mask : ndarray of bool, shape (size,)
        Which are chosen.
    known : int
        How many of them are on the map.

    Raises
    ------
    InputError
        ``E_CLASS``, and as in `chosen`.

    Examples
    --------
    >>> mask, known = chosen_of_class((), "Top", 1000)
    >>> int(mask.sum()), known
    (500, 500)
    """
    choose("class", name, SIZES, "E_CLASS")
    here = chosen(strokes, source)[map_jets(source).names == name][:size]
    mask = np.zeros(size, dtype=bool)
    mask[: len(here)] = here
    return mask, len(here)


@lru_cache(maxsize=8)
def _places(space: str, source: str) -> np.ndarray:
    return space_embedding(space, source=source).places


def summaries(mask: np.ndarray, scores: np.ndarray, source: str = "sample") -> list[Summary]:
    """Describe chosen jets, class by class and all together.

    Parameters
    ----------
    mask : ndarray of bool, shape (n,)
        From `chosen`.
    scores : ndarray, shape (n,)
        Of the jets of the map.
    source : str
        Data set.

    Returns
    -------
    list of Summary
        One a class, then "all".

    Examples
    --------
    >>> found = summaries(np.arange(2000) < 3, np.arange(2000.0))
    >>> found[-1].jets, found[-1].mean_score, found[1].jets
    (3, 1.0, 0)
    """
    some = map_jets(source)
    every = np.ones(len(some.names), dtype=bool)
    groups = {name: some.names == name for name in SIZES} | {"all": every}
    return [_summary(name, mask & group, int(group.sum()), scores, some) for name, group in groups.items()]


def _summary(name: str, mask: np.ndarray, of: int, scores: np.ndarray, some: MapJets) -> Summary:
    if not mask.any():
        return Summary(name, 0, of, *[float("nan")] * 5)
    score, mass = scores[mask], some.mass[mask]
    found = np.mean(score), np.median(score), np.mean(mass), np.median(mass), np.median(some.multiplicity[mask])
    return Summary(name, int(mask.sum()), of, *map(float, found))


def average(mask: np.ndarray, source: str = "sample") -> np.ndarray:
    """Average the images of chosen jets.

    Parameters
    ----------
    mask : ndarray of bool, shape (n,)
        From `chosen`.
    source : str
        Data set.

    Returns
    -------
    ndarray, shape (40, 40)
        Of unit sum; empty if no jet is chosen.

    Examples
    --------
    >>> average(np.arange(2000) == 1000).shape
    (40, 40)
    """
    some = images(source)[mask]
    return references.average(some)[0] if len(some) else np.zeros(some.shape[1:])


@lru_cache(maxsize=2)
def images(source: str = "sample") -> np.ndarray:
    """Give the images of the jets of the map.

    Parameters
    ----------
    source : str
        Data set.

    Returns
    -------
    ndarray, shape (n, 40, 40)
        Read-only.

    Examples
    --------
    >>> images().shape
    (2000, 40, 40)
    """
    found = on_map(samples.images(source))
    found.setflags(write=False)
    return found


def representatives(mask: np.ndarray, metric: str = "Wass(1)", k: int = 3, source: str = "sample") -> Representatives:
    """Find k medoids of chosen jets.

    Parameters
    ----------
    mask : ndarray of bool, shape (n,)
        From `chosen`, at least one jet.
    metric : str
        A metric on images.
    k : int
        Medoids; fewer if there are fewer jets.
    source : str
        Data set.

    Returns
    -------
    Representatives
        Medoids are sought among at most 200 of them, evenly spaced in their order.

    Raises
    ------
    InputError
        ``E_TOO_FEW`` if no jet is chosen, ``E_METRIC``.

    Examples
    --------
    >>> representatives(np.arange(2000) < 2, "MSE").medoids.tolist()
    [0, 1]
    """
    if not np.any(mask):
        raise InputError("E_TOO_FEW", "no chosen jet", "one or more")
    return _representatives(np.packbits(mask).tobytes(), metric, k, source)


@lru_cache(maxsize=64)
def _representatives(packed: bytes, metric: str, k: int, source: str) -> Representatives:
    mask = np.unpackbits(np.frombuffer(packed, np.uint8))[: sum(SIZES.values())].astype(bool)
    places = np.flatnonzero(mask)
    tried = places[np.unique(np.linspace(0, len(places) - 1, min(len(places), COMPARED)).round().astype(int))]
    if len(tried) <= k:
        return Representatives(tried, len(tried))
    found = references.medoids(matrices.pairwise(images(source)[tried], metric), k)
    return Representatives(tried[np.sort(found.indices)], len(tried))
