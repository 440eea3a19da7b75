"""How do jets lie to each other? Two dimensions that keep neighbours, of a latent space or of the Wasserstein space.

UMAP (McInnes, Healy, Melville, 2018) where it is installed, else principal components. UMAP compiles for many seconds
in each process, so pictures that are shown often are stored once (`space_embedding`).
"""

from __future__ import annotations

import contextlib
import importlib.util
import re
import warnings
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from jetexplore import jets
from jetexplore.anomaly import named, samples
from jetexplore.anomaly.networkimages import images_for
from jetexplore.distances import matrices, metrics
from jetexplore.errors import InputError, choose
from jetexplore.files import digest, stored

VERSION = 1  # of what is stored; raise it when a stored place would come out differently
NEIGHBOURS = 15  # jets that UMAP looks at around each
SIZES: Mapping[str, int] = {"QCD": 1000, "Top": 500, "W": 500}


class Embedding(NamedTuple):
    """Jets in a plane."""

    places: np.ndarray  # (n, 2) float32; only relative places mean anything
    names: np.ndarray  # (n,) class of each jet
    method: str  # how it was made
    trust: float  # trustworthiness: 1 if neighbours in the plane are neighbours in the space, about 0.5 by chance


def embed(x: np.ndarray, method: str | None = None, *, precomputed: bool = False, seed: int = 0) -> np.ndarray:
    """Place points in a plane.

    Parameters
    ----------
    x : ndarray, shape (n, d), or (n, n)
        Points, or all their distances from each other.
    method : {"UMAP", "PCA"}, optional
        UMAP if it is installed, by default. PCA of distances is classical scaling (Torgerson, 1952).
    precomputed : bool
        Whether ``x`` holds distances.
    seed : int
        Of UMAP, which then runs in one thread: same seed, same places.

    Returns
    -------
    ndarray, shape (n, 2), float32
        Places.

    Raises
    ------
    InputError
        ``E_METHOD``; ``E_SHAPE`` for fewer than four points, or distances that are not square.
    ModuleNotFoundError
        If UMAP is asked for and not installed.

    Examples
    --------
    >>> embed(np.diag([3.0, 2.0, 1.0, 0.0]), "PCA").shape
    (4, 2)
    """
    method = usual_method() if method is None else choose("method", method, METHODS, "E_METHOD")
    x = np.asarray(x)
    if x.ndim != 2 or len(x) < 4 or x.shape[1] < 1 or (precomputed and x.shape[0] != x.shape[1]):
        wanted = "(n, n) distances of four points or more" if precomputed else "(n, d) of four points or more"
        raise InputError("E_SHAPE", f"an array of shape {x.shape}", wanted)
    return METHODS[method](x, precomputed, seed).astype(np.float32)


def usual_method() -> str:
    """Name the best method there is, without importing it.

    Returns
    -------
    str
        "UMAP" if it is installed, else "PCA".
    """
    return "UMAP" if importlib.util.find_spec("umap") else "PCA"


def _umap(x: np.ndarray, precomputed: bool, seed: int) -> np.ndarray:
    import umap

    with warnings.catch_warnings():
        # that no inverse transform is to be had, and that few points have few neighbours
        warnings.filterwarnings("ignore", module="umap")
        made = umap.UMAP(
            n_neighbors=min(NEIGHBOURS, len(x) - 1),
            metric="precomputed" if precomputed else "euclidean",
            init="random" if len(x) <= NEIGHBOURS else "spectral",
            random_state=seed,
            n_jobs=1,
        )
        return made.fit_transform(x.astype(np.float32))


def _principal(x: np.ndarray, precomputed: bool, _seed: int) -> np.ndarray:
    x = x.astype(np.float64)
    if precomputed:
        inner = -0.5 * x**2
        inner -= inner.mean(0)
        inner -= inner.mean(1, keepdims=True)
        values, vectors = np.linalg.eigh(inner)
        places = vectors[:, [-1, -2]] * np.sqrt(np.maximum(values[[-1, -2]], 0))
    else:
        left, sizes, _ = np.linalg.svd(x - x.mean(0), full_matrices=False)
        places = np.zeros((len(x), 2))
        places[:, : len(sizes[:2])] = left[:, :2] * sizes[:2]
    # The sign of an axis is arbitrary: its farthest point is on the positive side
    farthest = places[np.abs(places).argmax(0), [0, 1]]
    return places * np.where(farthest < 0, -1, 1)


METHODS: dict[str, Callable[[np.ndarray, bool, int], np.ndarray]] = {"UMAP": _umap, "PCA": _principal}


def trustworthiness(x: np.ndarray, places: np.ndarray, *, precomputed: bool = False) -> float:
    """Trustworthiness of a picture (Venna and Kaski, 2001): are neighbours in the plane neighbours in the space?

    Parameters
    ----------
    x : ndarray, shape (n, d), or (n, n)
        Points or distances, as in `embed`.
    places : ndarray, shape (n, 2)
        Places.
    precomputed : bool
        Whether ``x`` holds distances.

    Returns
    -------
    float
        1 if all are, about 0.5 for random places.
    """
    from sklearn.manifold import trustworthiness

    neighbours = max(1, min(NEIGHBOURS, len(x) // 2 - 1))
    metric = "precomputed" if precomputed else "euclidean"
    return float(trustworthiness(x, places, n_neighbors=neighbours, metric=metric))


def space_embedding(
    space: str = "Wass(1)",
    sizes: Mapping[str, int] = SIZES,
    method: str | None = None,
    *,
    source: str = "sample",
    seed: int = 0,
) -> Embedding:
    """Place test jets of all classes in a plane, by an optimal-transport distance or by a network's latent means.

    Parameters
    ----------
    space : str
        A metric on images, such as "Wass(1)", or a network, as in ``named.network_of``.
    sizes : mapping of str to int
        How many of the first test jets of each class.
    method : {"UMAP", "PCA"}, optional
        As in `embed`. Where UMAP is not installed and no method is asked for, what was stored with it is still shown.
    source : str
        Data set.
    seed : int
        Of UMAP.

    Returns
    -------
    Embedding
        Kept with the results: from ``data/results`` if it is there, else computed once.

    Raises
    ------
    InputError
        ``E_CLASS``, ``E_TOO_FEW``, ``E_METRIC``, ``E_NETWORK`` for what is not there, ``E_METHOD``.
    """
    available = samples.images(source)
    for name, size in sizes.items():
        choose("class", name, available, "E_CLASS")
        if not 0 < size <= len(available[name]):
            raise InputError("E_TOO_FEW", f"{size} jets", f"1 to {len(available[name])}", where=name)
    if method is not None:
        choose("method", method, METHODS, "E_METHOD")
    is_metric = space in metrics.METRICS
    title, weights = (space, space) if is_metric else (named.title_of(space), named.weights_of(space))

    def look(chosen: str, compute: Callable[[str], dict[str, np.ndarray]]) -> Embedding:
        about = (VERSION, jets.provenance(source).key, tuple(sizes.items()), chosen, seed, NEIGHBOURS, weights)
        # A card may be a user's: nothing in its name may lead out of the folder
        file = re.sub(r"[^\w.-]", "", f"embedding_{title}_{chosen}")
        found = stored(file, digest(*about), lambda: compute(chosen))
        return Embedding(found["places"], np.repeat(list(sizes), list(sizes.values())), chosen, float(found["trust"]))

    def compute(chosen: str) -> dict[str, np.ndarray]:
        network = None if is_metric else named.network_of(space)
        some = available if network is None else images_for(network.card, source)
        images = np.concatenate([some[name][:size] for name, size in sizes.items()])
        x = matrices.pairwise(images, space) if network is None else network.encode(images).mean
        places = embed(x, chosen, precomputed=is_metric, seed=seed)
        return {"places": places, "trust": np.float32(trustworthiness(x, places, precomputed=is_metric))}

    if method is None and usual_method() != "UMAP":
        with contextlib.suppress(_NotThere):
            return look("UMAP", _not_there)
    return look(method or usual_method(), compute)


class _NotThere(Exception):
    pass


def _not_there(method: str) -> dict[str, np.ndarray]:
    raise _NotThere(method)
