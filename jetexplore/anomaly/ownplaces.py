"""Where would these jets lie on the map? Between the sample's jets that are nearest to them, told as such.

The map's picture is stored and takes no new jets: a place is the mean place of the nearest jets, and says nothing
where even these are far. So the distance of the nearest comes with it, and a warning.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from jetexplore import jets
from jetexplore.anomaly import mapjets, samples
from jetexplore.anomaly.embedding import SIZES, space_embedding
from jetexplore.anomaly.networkimages import images_for
from jetexplore.anomaly.networkstudy import card, key_of, network
from jetexplore.anomaly.ownjets import BLOCK, Stopped
from jetexplore.anomaly.ownscores import images_of
from jetexplore.distances import nearest
from jetexplore.distances.metrics import METRICS
from jetexplore.errors import InputError, choose
from jetexplore.files import digest
from jetexplore.jets import Jets

VERSION = 1  # of what is stored; raise it when a stored number would come out differently
K = 5  # jets of the map whose mean place is taken
HELD = 150  # test jets a class that are not on the map, whose distances tell what is usual
USUAL = 0.99  # of them have a jet of the map as near as this, within their class


class Placed(NamedTuple):
    """Places of jets on a map that was made without them."""

    places: np.ndarray  # (n, 2) mean place of the nearest; NaN where there is no image
    nearest: np.ndarray  # (n,) distance of the nearest jet of the map, in the space's unit
    limit: float  # beyond it a jet is unlike anything in the map
    k: int

    @property
    def unlike(self) -> np.ndarray:
        """Whether even the nearest jet of the map is farther than is usual, shape (n,)."""
        return self.nearest > self.limit


def placed(
    some: Jets, space: str = "Wass(1)", source: str = "sample", k: int = K,
    progress: Callable[[int], None] | None = None, stopped: Callable[[], bool] | None = None,
) -> Placed:  # fmt: skip
    """Place jets on the map of a space, at the mean place of the k jets of the map that are nearest in the space.

    Parameters
    ----------
    some : Jets
        Jets.
    space : str
        One of `mapjets.SPACES`.
    source : str
        Data set of the map.
    k : int
        How many of the nearest.
    progress : callable, optional
        Told how many jets are done.
    stopped : callable, optional
        Asked between blocks whether to stop.

    Returns
    -------
    Placed
        Places, distances, and from where on a jet is unlike anything in the map.

    Raises
    ------
    InputError
        ``E_SPACE`` for an unknown space.
    Stopped
        If it was told to stop.

    Examples
    --------
    >>> found = placed(jets.load()["W"][:1], k=1)  # a jet that is on the map lies at its own place
    >>> float(found.nearest[0]), bool(found.unlike[0])
    (0.0, False)
    """
    choose("space", space, mapjets.SPACES, "E_SPACE")
    places = space_embedding(space, source=source).places.astype(np.float64)
    found, away = np.full((len(some), 2), np.nan), np.full(len(some), np.nan)
    for start in range(0, len(some), BLOCK):
        if stopped is not None and stopped():
            raise Stopped
        block = some[start : start + BLOCK]
        seen, images = _images(block, space)
        if len(images):
            index, distance = _neighbours(images, space, k, source)
            found[start + seen], away[start + seen] = places[index].mean(1), distance[:, 0]
        if progress is not None:
            progress(min(start + BLOCK, len(some)))
    return Placed(found, away, usual_distance(space, source), k)


@lru_cache(maxsize=8)
def usual_distance(space: str = "Wass(1)", source: str = "sample") -> float:
    """Tell how far test jets that are not on the map are from the nearest jet that is, at most.

    Parameters
    ----------
    space, source
        As in `placed`.

    Returns
    -------
    float
        99 % of such jets of the class that lies farthest are as near; in the space's unit.
    """
    weights = space if space in METRICS else key_of(space)
    key = digest(VERSION, jets.provenance(source).key, space, weights, HELD, tuple(SIZES.items()))

    def compute() -> dict[str, np.ndarray]:
        found = []
        for name, size in SIZES.items():
            block = jets.load(source)[name][size : size + HELD]
            seen, images = _images(block, space)
            if len(seen):
                found.append(np.quantile(_neighbours(images, space, 1, source)[1], USUAL))
        return {"distance": np.array(max(found, default=np.inf))}

    return float(samples.kept(f"usual distance {space}", key, compute)["distance"])


def _images(some: Jets, space: str) -> tuple[np.ndarray, np.ndarray]:
    """Make images as the space wants them, of those jets that fit."""
    made = jets.images if space in METRICS else lambda block: images_of(card(space), block)
    try:
        return np.arange(len(some)), made(some)
    except InputError as error:
        if error.code != "E_WINDOW":
            raise
    if len(some) == 1:
        return np.zeros(0, dtype=np.int64), np.zeros((0, 1, 1))
    half = len(some) // 2
    (left, first), (right, second) = _images(some[:half], space), _images(some[half:], space)
    images = [one for one in (first, second) if len(one)]
    return np.concatenate([left, half + right]), np.concatenate(images) if images else first


def _neighbours(images: np.ndarray, space: str, k: int, source: str) -> tuple[np.ndarray, np.ndarray]:
    if space in METRICS:
        found = nearest(images, mapjets.images(source), space, k)
        return found.index, found.distance
    distance, index = _tree(space, source).kneighbors(network(space).encode(images).mean, k)
    return index, distance


@lru_cache(maxsize=4)
def _tree(space: str, source: str) -> object:
    from sklearn.neighbors import NearestNeighbors

    means = network(space).encode(mapjets.on_map(images_for(card(space), source))).mean
    return NearestNeighbors(algorithm="brute").fit(means)
