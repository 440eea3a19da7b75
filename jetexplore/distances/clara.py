"""Which events stand for an ensemble whose distances do not fit into memory? Medoids of samples, judged by all."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from jetexplore.distances import references, tiles
from jetexplore.distances.tiles import Tiles
from jetexplore.errors import InputError

SAMPLE = 1000  # events of a sample by default: 8 MB of distances


class Clara(NamedTuple):
    """Medoids found on samples, as `references.Medoids`, and how the samples compare."""

    indices: np.ndarray  # (k,) rows of the distances, by falling size of their cluster
    loss: float  # mean distance of all events to the nearest medoid
    labels: np.ndarray  # (n,) the nearest medoid of each event, 0 to k - 1
    losses: np.ndarray  # (n_samples,) loss of the medoids of each sample over all events; their spread tells the risk


def clara(
    distances: str | Path | np.ndarray, k: int, *, n_samples: int = 5, sample_size: int | None = None, seed: int = 0
) -> Clara:
    """Find k medoids on samples of the events and keep those nearest to all of them (CLARA with FasterPAM).

    From the second sample on, a sample holds the best medoids so far, so that they can only be improved on. Only the
    distances among a sample and those to its medoids are read.

    Parameters
    ----------
    distances : str, pathlib.Path or ndarray, shape (n, n)
        A store that `pairwise` finished, or a symmetric matrix, which may be a memory map.
    k : int
        Number of medoids, 1 to ``sample_size``.
    n_samples : int
        Number of samples, > 0.
    sample_size : int, optional
        Events in a sample; by default 1000, or more if k needs it: 80 + 4 k.
    seed : int
        Of the samples.

    Returns
    -------
    Clara
        Indices, mean distance of all events to the nearest, labels, and the loss of each sample.

    Raises
    ------
    FileNotFoundError
        If there is no such store.
    InputError
        ``E_K``, ``E_RANGE_N_SAMPLES`` or ``E_RANGE_SAMPLE_SIZE`` for numbers out of range, ``E_SHAPE`` or
        ``E_NONFINITE`` for an unusable matrix, ``E_INCOMPLETE`` for a store that is not finished.

    References
    ----------
    L. Kaufman and P. J. Rousseeuw, "Finding Groups in Data" (1990), chapter 3. E. Schubert and P. J. Rousseeuw, "Fast
    and eager k-medoids clustering" (2021), section 4.4.

    Examples
    --------
    >>> x = np.array([0.0, 1.0, 2.0, 10.0, 11.0])
    >>> found = clara(abs(x[:, None] - x), k=2)
    >>> found.indices.tolist(), found.loss
    ([1, 3], 0.6)
    """
    source = tiles.maps(distances) if isinstance(distances, str | Path) else _matrix(distances)
    n = source.n if isinstance(source, Tiles) else len(source)
    k = _whole("k", k, n, "E_K")
    size = min(n, max(SAMPLE, 80 + 4 * k)) if sample_size is None else _whole("sample_size", sample_size, n)
    _whole("k", k, size, "E_K")
    n_samples = _whole("n_samples", n_samples) if size < n else 1  # a sample of all is the same every time
    random, best, losses = np.random.default_rng(seed), None, []
    for _ in range(n_samples):
        sample = _draw(random, n, size, np.zeros(0, np.int64) if best is None else best.indices)
        chosen = sample[references.medoids(_take(source, sample, sample), k, seed).indices]
        found = _assigned(source, np.sort(chosen), n)
        losses.append(found.loss)
        best = found if best is None or found.loss < best.loss else best
    return Clara(*best, np.array(losses))


def excess(distances: np.ndarray, k: int, **options: int) -> float:
    """Tell by how much the loss of `clara` exceeds that of FasterPAM on all events, where both can run.

    Parameters
    ----------
    distances : ndarray, shape (n, n)
        As in `references.medoids`.
    k : int
        Number of medoids.
    **options
        Of `clara`.

    Returns
    -------
    float
        Relative excess; negative if the samples happened upon better medoids.

    Examples
    --------
    >>> x = np.random.default_rng(1).normal(size=300)
    >>> excess(abs(x[:, None] - x), k=3, sample_size=300)
    0.0
    """
    whole = references.medoids(distances, k, options.get("seed", 0))
    return clara(distances, k, **options).loss / whole.loss - 1


def _assigned(source: Tiles | np.ndarray, medoids: np.ndarray, n: int) -> references.Medoids:
    # By symmetry the rows of the medoids, which lie together, are their columns
    nearest = _take(source, medoids, np.arange(n)).T
    order = np.argsort(-np.bincount(nearest.argmin(axis=1), minlength=len(medoids)), kind="stable")
    nearest = nearest[:, order]
    return references.Medoids(medoids[order], float(nearest.min(axis=1).mean()), nearest.argmin(axis=1))


def _draw(random: np.random.Generator, n: int, size: int, kept: np.ndarray) -> np.ndarray:
    others = np.setdiff1d(np.arange(n), kept)
    return np.sort(np.concatenate([kept, random.choice(others, size - len(kept), replace=False)]))


def _matrix(distances: np.ndarray) -> np.ndarray:
    if np.ndim(distances) != 2 or len(distances) != np.shape(distances)[1] or not len(distances):
        raise InputError("E_SHAPE", f"distances of shape {np.shape(distances)}", "a square matrix (n, n) with n > 0")
    return distances if isinstance(distances, np.ndarray) else np.asarray(distances)


def _take(source: Tiles | np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    found = tiles.take(source, rows, columns) if isinstance(source, Tiles) else source[np.ix_(rows, columns)]
    if not np.isfinite(found).all():
        raise InputError("E_NONFINITE", "distances that are not finite", "finite numbers")
    return np.asarray(found, dtype=np.float64)


def _whole(name: str, value: int, most: int | None = None, code: str = "") -> int:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < 1 or (most is not None and value > most):
        allowed = "a whole number >= 1" if most is None else f"a whole number from 1 to {most}"
        raise InputError(code or f"E_RANGE_{name.upper()}", f"{name} = {value!r}", allowed)
    return int(value)
