"""Who else solves these problems? POT, with and without its Python, and the wasserstein package, on the same points."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from jetexplore.distances import problems
from jetexplore.distances.transport import Clouds, Supports

MOST_PIVOTS = 10_000_000

Solver = Callable[[np.ndarray, np.ndarray, np.ndarray], float]  # masses, masses, costs of the arcs -> least cost
Arcs = Callable[[slice, slice], np.ndarray]  # points of one jet, points of the other -> costs of the arcs


class Points(NamedTuple):
    """Weighted points in the plane: jet k has its points at ``offsets[k]:offsets[k + 1]``."""

    offsets: np.ndarray  # (n + 1,)
    mass: np.ndarray  # of unit sum for each jet
    place: np.ndarray  # (n_points, 2) rad


def pixel_points(images: Supports, pitch: float, npix: int) -> Points:
    """Take the non-zero pixels of images as points.

    Parameters
    ----------
    images : Supports
        Sparse images.
    pitch : float
        Side of a pixel, rad.
    npix : int
        Pixels along a side.

    Returns
    -------
    Points
        At multiples of the pitch.
    """
    return Points(images.offsets, images.mass, pitch * np.stack(np.divmod(images.pixels, npix), -1))


def cloud_points(clouds: Clouds) -> Points:
    """Take particles as points.

    Parameters
    ----------
    clouds : Clouds
        Of unit sum, on one branch of phi.

    Returns
    -------
    Points
        At (eta, phi).
    """
    return Points(clouds.offsets, clouds.weight, np.stack([clouds.eta, clouds.phi], -1))


def arcs_between(x: Points, y: Points, p: float) -> Arcs:
    """Compute the costs of a pair's arcs as users of POT do, with ``scipy.spatial.distance.cdist``.

    Parameters
    ----------
    x, y : Points
        Both sides.
    p : float
        Power of the distance.

    Returns
    -------
    callable
        ``(points of x, points of y) -> costs``, both as slices.
    """
    from scipy.spatial.distance import cdist

    return lambda a, b: cdist(x.place[a], y.place[b]) ** p


def arcs_from_table(x: Supports, y: Supports, p: float, pitch: float, npix: int) -> Arcs:
    """Look up the costs of a pair's arcs in a table of all offsets of two pixels, as the kernel does.

    Parameters
    ----------
    x, y : Supports
        Both sides.
    p : float
        Power of the distance.
    pitch : float
        Side of a pixel, rad.
    npix : int
        Pixels along a side.

    Returns
    -------
    callable
        ``(pixels of x, pixels of y) -> costs``, both as slices.
    """
    side, reach = 2 * npix - 1, np.arange(1 - npix, npix)
    table = ((pitch * np.hypot(reach[:, None], reach)) ** p).ravel()
    first, second = (s.pixels // npix * side + s.pixels % npix for s in (x, y))
    first = first + len(table) // 2
    return lambda a, b: table[first[a][:, None] - second[b]]


def emd2(a: np.ndarray, b: np.ndarray, cost: np.ndarray) -> float:
    """Solve one problem with ``ot.emd2``, POT's documented way.

    Parameters
    ----------
    a, b : ndarray, shape (n,), (m,)
        Masses of equal sum.
    cost : ndarray, shape (n, m)
        Cost of each arc.

    Returns
    -------
    float
        Least cost.
    """
    return problems.pot_package().emd2(a, b * (a.sum() / b.sum()), cost, numItermax=MOST_PIVOTS)


def emd_c(a: np.ndarray, b: np.ndarray, cost: np.ndarray) -> float:
    """Solve one problem with POT's bare solver, without the Python around it.

    Parameters
    ----------
    a, b, cost
        As in `emd2`.

    Returns
    -------
    float
        Least cost.
    """
    return problems.pot(a, b, cost)[1]


def each(
    solver: Solver, x: Points | Supports, y: Points | Supports, i: np.ndarray, j: np.ndarray, arcs: Arcs
) -> np.ndarray:
    """Solve pairs one by one, in a loop of Python, for want of a function that takes many.

    Parameters
    ----------
    solver : callable
        `emd2` or `emd_c`.
    x, y : Points or Supports
        Both sides.
    i, j : ndarray of int, shape (n_pairs,)
        Pairs ``x[i], y[j]``.
    arcs : callable
        From `arcs_between` or `arcs_from_table`.

    Returns
    -------
    ndarray, shape (n_pairs,)
        Least costs.

    Examples
    --------
    >>> x = Points(np.array([0, 1, 2]), np.ones(2), np.array([[0.0, 0.0], [0.3, 0.4]]))
    >>> each(emd_c, x, x, np.array([0]), np.array([1]), arcs_between(x, x, 2)).round(6).tolist()
    [0.25]
    """
    costs = np.empty(len(i))
    for k in range(len(i)):
        a = slice(x.offsets[i[k]], x.offsets[i[k] + 1])
        b = slice(y.offsets[j[k]], y.offsets[j[k] + 1])
        costs[k] = solver(x.mass[a], y.mass[b], arcs(a, b))
    return costs


def wasserstein_costs(x: Points, y: Points | None, p: float) -> Callable[[], np.ndarray]:
    """Prepare ``wasserstein.PairwiseEMDFloat64``, the solver behind energyflow, on one thread.

    Parameters
    ----------
    x : Points
        One side.
    y : Points or None
        The other; None for all distinct pairs of ``x``.
    p : float
        Power of the distance.

    Returns
    -------
    callable
        Solves all pairs and gives their costs, shape (n, m); raises `ArithmeticError` if a pair could not be solved.
    """
    events = [_events(side) for side in (x, y) if side is not None]

    def solve() -> np.ndarray:
        pairs = wasserstein_solver()(num_threads=1, R=1.0, beta=float(p), norm=False, verbose=0, print_every=0)
        pairs(*events)
        if pairs.errored():
            raise ArithmeticError("; ".join(map(str, pairs.error_messages())))
        return np.asarray(pairs.emds())

    return solve


@cache
def wasserstein_missing() -> str:
    """Tell why the wasserstein package cannot be used, such as for want of numpy 1.

    Returns
    -------
    str
        One line; empty if it can be used.
    """
    try:
        wasserstein_solver()
    except (ImportError, AttributeError) as error:  # lazy, or an empty version for want of a wheel
        return f"wasserstein.PairwiseEMDFloat64 is not compared: {str(error).strip().splitlines()[-1]}"
    return ""


def wasserstein_solver() -> type:
    """Import the solver of the wasserstein package.

    Returns
    -------
    type
        ``wasserstein.PairwiseEMDFloat64``.
    """
    from wasserstein import PairwiseEMDFloat64

    return PairwiseEMDFloat64


def _events(some: Points) -> list[np.ndarray]:
    rows = np.column_stack([some.mass, some.place])
    return [np.ascontiguousarray(rows[a:b]) for a, b in zip(some.offsets[:-1], some.offsets[1:], strict=True)]
