"""Which events stand for the ensemble? Random events, the average image, k medoids, and how many: the elbow.

Fraser et al. (2021), section 5.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jetexplore.errors import InputError

N_BINS = 40  # of the nearest-medoid histogram, from 0 to the largest distance at k = 1
PEAK_BINS = 5  # bins around the highest one through which a parabola is fitted


class Medoids(NamedTuple):
    """The k events with the smallest sum of distances of all events to the nearest of them."""

    indices: np.ndarray  # (k,) rows of the distance matrix, by falling size of their cluster
    loss: float  # mean distance to the nearest medoid
    labels: np.ndarray  # (n,) the nearest medoid of each event, 0 to k - 1


class Peak(NamedTuple):
    """Histogram of the distance to the closest medoid, for one k (figure 7, left)."""

    counts: np.ndarray  # (bins,)
    edges: np.ndarray  # (bins + 1,)
    position: float  # where the histogram is highest


class Elbow(NamedTuple):
    """Two straight lines through the peak positions against k (figure 7, right)."""

    n_medoids: int  # first integer after the kink
    kink: float
    k: np.ndarray  # (m,)
    peaks: np.ndarray  # (m,) peak positions, as given
    fit: np.ndarray  # (m,) the two lines at k


def random(n: int, k: int, seed: int = 0) -> np.ndarray:
    """Draw k different events at random, the simplest reference and the one that scatters most.

    Parameters
    ----------
    n : int
        Number of events to choose from.
    k : int
        How many, 1 to n.
    seed : int
        Of the draw.

    Returns
    -------
    ndarray, shape (k,)
        Indices.

    Raises
    ------
    InputError
        ``E_K`` if k is out of range.

    Examples
    --------
    >>> len(set(random(10, 10).tolist()))
    10
    """
    _check_k(k, n)
    return np.random.default_rng(seed).choice(n, size=k, replace=False)


def average(images: np.ndarray) -> np.ndarray:
    """Average every pixel over all events.

    Parameters
    ----------
    images : ndarray, shape (n, npix, npix)
        Of unit sum.

    Returns
    -------
    ndarray, shape (1, npix, npix), float64
        One image, of unit sum if the images are.

    Raises
    ------
    InputError
        ``E_EMPTY`` if there is no image.

    Examples
    --------
    >>> average(np.eye(2).reshape(2, 1, 2)).tolist()
    [[[0.5, 0.5]]]
    """
    if len(images) == 0:
        raise InputError("E_EMPTY", "no images", "at least one")
    return np.mean(images, axis=0, dtype=np.float64)[None]


def medoids(distances: np.ndarray, k: int, seed: int = 0, n_init: int = 10) -> Medoids:
    r"""Find the k medoids, the events :math:`M` that minimise :math:`\sum_j \min_{m \in M} d(x_j, x_m)`.

    For k = 1 this is exact: the event with the least sum of distances. Otherwise FasterPAM from the
    greedy start and from ``n_init`` random ones; the best is returned.

    Parameters
    ----------
    distances : ndarray, shape (n, n)
        Symmetric, finite, zero on the diagonal.
    k : int
        Number of medoids, 1 to n.
    seed : int
        Of the random starts.
    n_init : int
        Number of random starts.

    Returns
    -------
    Medoids
        Indices, mean distance to the nearest, labels. For k = 1 ties go to the lowest index.

    Raises
    ------
    InputError
        ``E_K`` if k is out of range, ``E_SHAPE`` or ``E_NONFINITE`` for an unusable matrix.

    References
    ----------
    E. Schubert and P. J. Rousseeuw, "Fast and eager k-medoids clustering" (2021).

    Examples
    --------
    >>> x = np.array([0.0, 1.0, 2.0, 10.0, 11.0])
    >>> found = medoids(abs(x[:, None] - x), k=2)
    >>> found.indices.tolist(), found.loss
    ([1, 3], 0.6)
    """
    distances = _square(distances)
    n = len(distances)
    _check_k(k, n)
    if k == 1:
        indices = np.array([int(distances.sum(axis=1).argmin())])
    else:
        import kmedoids

        start = np.random.default_rng(seed)
        fits = [kmedoids.fasterpam(distances, k, init="build")] + [
            kmedoids.fasterpam(distances, k, init="random", random_state=int(start.integers(2**31)))
            for _ in range(n_init)
        ]
        best = min(fits, key=lambda fit: fit.loss).medoids.astype(np.int64)
        rest = np.setdiff1d(np.arange(n), best)  # the greedy start stops early where further medoids gain nothing
        indices = np.sort(np.concatenate([best, rest[: k - len(best)]]))
    size = np.bincount(distances[:, indices].argmin(axis=1), minlength=k)
    indices = indices[np.argsort(-size, kind="stable")]
    nearest = distances[:, indices]
    return Medoids(indices, float(nearest.min(axis=1).mean()), nearest.argmin(axis=1))


def peak(nearest: np.ndarray, edges: np.ndarray) -> Peak:
    """Histogram the distances to the closest medoid and find where the histogram is highest.

    The paper does not say how the peak is taken. Here: the maximum of the parabola fitted by least squares to
    the five bins around the highest one (the highest bin's centre where the parabola opens upwards), which moves
    less from one bin to the next than the bin itself.

    Parameters
    ----------
    nearest : ndarray, shape (n,)
        Distance of each event to its closest medoid; medoids themselves (distance 0) left out.
    edges : ndarray, shape (bins + 1,)
        Equal bins.

    Returns
    -------
    Peak
        Counts, edges and the position.

    Examples
    --------
    >>> peak(np.array([1.5, 2.5, 2.5, 2.5, 3.5]), np.arange(6.0)).position
    2.5
    """
    counts, edges = np.histogram(nearest, bins=edges)
    centres = (edges[:-1] + edges[1:]) / 2
    top = int(counts.argmax())
    first = min(max(top - PEAK_BINS // 2, 0), max(len(counts) - PEAK_BINS, 0))
    window = slice(first, first + PEAK_BINS)
    position = centres[top]
    if len(counts[window]) >= 3 and edges[-1] > edges[0]:
        curvature, slope, _ = np.polyfit(centres[window] - centres[top], counts[window], 2)
        if curvature < 0:
            shift = -slope / (2 * curvature)
            reach = centres[window] - centres[top]
            position = centres[top] + float(np.clip(shift, reach[0], reach[-1]))
    return Peak(counts, edges, float(position))


def peaks(distances: np.ndarray, chosen: list[np.ndarray], n_bins: int = N_BINS) -> list[Peak]:
    """Histogram the distance to the closest medoid for several sets of medoids (figure 7, left).

    Parameters
    ----------
    distances : ndarray, shape (n, n)
        As in `medoids`.
    chosen : list of ndarray
        Medoid indices, one array for each k, smallest k first.
    n_bins : int
        Equal bins from 0 to the largest distance at the first k, the same for every k.

    Returns
    -------
    list of Peak
        One for each set; the medoids themselves, at distance 0, are left out.

    Examples
    --------
    >>> x = np.linspace(0.0, 1.0, 101)
    >>> found = peaks(abs(x[:, None] - x), [np.array([50]), np.array([25, 75])])
    >>> [int(histogram.counts.sum()) for histogram in found]
    [100, 99]
    """
    distances = _square(distances)
    edges = np.linspace(0.0, distances[:, chosen[0]].min(axis=1).max(), n_bins + 1)
    others = [np.setdiff1d(np.arange(len(distances)), indices) for indices in chosen]
    return [
        peak(distances[np.ix_(rest, indices)].min(axis=1), edges) for rest, indices in zip(others, chosen, strict=True)
    ]


def elbow(positions: np.ndarray, k: np.ndarray | None = None) -> Elbow:
    r"""Fit two straight lines that meet at a kink to the peak positions and take the first integer after it.

    .. math:: f(k) = a + b \min(k - k_0, 0) + c \max(k - k_0, 0)

    is linear in (a, b, c) for a given kink :math:`k_0`, so the least-squares kink is found on a fine grid between
    the second and the last but one k. The result depends on the largest k given, as the paper says.

    Parameters
    ----------
    positions : array_like, shape (m,)
        Peak position for each k, at least four.
    k : array_like, shape (m,), optional
        Number of medoids, 1 to m if omitted.

    Returns
    -------
    Elbow
        The suggested number of medoids, the kink and the lines.

    Raises
    ------
    InputError
        ``E_K`` for fewer than four points, ``E_NONFINITE`` for positions that are not finite.

    Examples
    --------
    >>> bent = elbow([10.0, 6.0, 2.0, 1.9, 1.8, 1.7])
    >>> bent.n_medoids, round(bent.kink, 2)
    (4, 3.0)
    """
    positions = np.asarray(positions, dtype=np.float64)
    k = np.arange(1, len(positions) + 1) if k is None else np.asarray(k)
    if len(positions) < 4 or len(k) != len(positions):
        raise InputError("E_K", f"{len(positions)} peaks for {len(k)} values of k", "at least 4, one for each k")

    if not np.isfinite(positions).all():
        raise InputError("E_NONFINITE", "peaks that are not finite", "finite numbers")

    def lines(kink: float) -> tuple[float, np.ndarray]:
        basis = np.stack([np.ones(len(k)), np.minimum(k - kink, 0), np.maximum(k - kink, 0)], axis=1)
        fit = basis @ np.linalg.lstsq(basis, positions, rcond=None)[0]
        return float(((fit - positions) ** 2).sum()), fit

    grid = np.linspace(k[1], k[-2], 50 * (len(k) - 3) + 1)
    kink = float(grid[int(np.argmin([lines(value)[0] for value in grid]))])
    return Elbow(int(np.floor(kink + 1e-9)) + 1, kink, k, positions, lines(kink)[1])


def _square(distances: np.ndarray) -> np.ndarray:
    matrix = np.ascontiguousarray(distances, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) == 0:
        raise InputError("E_SHAPE", f"distances of shape {matrix.shape}", "a square matrix (n, n) with n > 0")
    if not np.isfinite(matrix).all():
        raise InputError("E_NONFINITE", "distances that are not finite", "finite numbers")
    return matrix


def _check_k(k: int, n: int) -> None:
    if not isinstance(k, (int, np.integer)) or isinstance(k, bool) or not 1 <= k <= n:
        raise InputError("E_K", f"{k!r} medoids of {n} events", f"a whole number from 1 to {n}")
