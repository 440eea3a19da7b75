"""How much work turns one jet into another? Exact p-Wasserstein transport, eq. (3.3) of Fraser et al. (2021).

Images are reduced to their non-zero pixels, particle clouds are taken as they are; the kernel of `simplex` solves
both, with a dual value as certificate. Threads share out the pairs; the result of a pair does not depend on them. The
plan of a single pair is POT's network simplex, unless it is large.
"""

from __future__ import annotations

import contextlib
from typing import NamedTuple

import numpy as np

from jetexplore.distances import checks, compilation, gather, problems
from jetexplore.distances.basis import basis, padded
from jetexplore.distances.jetproblems import (
    Clouds,
    Supports,
    cloud_problems,
    image_problems,
    offset_costs,
    pixel_codes,
    supports,
)
from jetexplore.distances.problems import Costs
from jetexplore.errors import InputError


class Plan(NamedTuple):
    """Optimal plan of one pair: ``flow[k]`` goes from ``source[k]`` to ``target[k]``."""

    source: np.ndarray  # (n_arcs,)
    target: np.ndarray  # (n_arcs,)
    flow: np.ndarray  # (n_arcs,) > 0
    cost: float  # sum of flow times cost
    dual: float
    source_potential: np.ndarray  # (n,)
    target_potential: np.ndarray  # (m,)


class ImagePlan(NamedTuple):
    """Optimal plan of two images, with the mass that stays in its pixel."""

    source: np.ndarray  # (n_arcs, 2) row and column of the pixel
    target: np.ndarray  # (n_arcs, 2)
    start: np.ndarray  # (n_arcs, 2) eta, phi of the pixel's centre
    end: np.ndarray  # (n_arcs, 2)
    flow: np.ndarray  # (n_arcs,) > 0, sums to one
    cost: np.ndarray  # (n_arcs,) |end - start|^p
    distance: float  # (sum of flow times cost)^(1/p)
    gap: float  # |cost - dual| / cost of the whole plan; no more than rounding where images are nearly equal


def transport_costs(
    x: Supports, y: Supports, i: np.ndarray, j: np.ndarray, p: float, pitch: float, npix: int,
    threads: int | None = None, *, periodic: bool = False,
) -> Costs:  # fmt: skip
    """Transport images onto images at least cost, W_p^p of eq. (3.3) of Fraser et al. (2021).

    Parameters
    ----------
    x, y : Supports
        Sparse images on the same grid.
    i, j : ndarray of int, shape (n_pairs,)
        Pairs ``x[i], y[j]``.
    p : float
        Power of the distance, > 0.
    pitch : float
        Side of a pixel, rad.
    npix : int
        Pixels along a side.
    threads : int, optional
        Default: ``NUMBA_NUM_THREADS`` or the number of processors. The result does not depend on it.
    periodic : bool
        The first row is next to the last: images that go around the circle in phi.

    Returns
    -------
    Costs
        Costs in rad^p with their certificates.

    Raises
    ------
    InputError
        ``E_RANGE_P`` if distances to the power of p leave the range of numbers, ``E_INDEX``, ``E_PRECISION``.

    Notes
    -----
    For p <= 1 the mass both images have in a pixel stays there, which is exact because then distance^p is
    itself a distance; for p > 1 it would be wrong.

    Examples
    --------
    >>> image = np.zeros((2, 40, 40))
    >>> image[0, 20, 20], image[1, 20, 25] = 1.0, 1.0
    >>> sparse = supports(image)
    >>> transport_costs(sparse, sparse, np.array([0]), np.array([1]), 2, 0.08, 40).cost.round(6).tolist()
    [0.16]
    """
    checks.power(p, pitch, npix)
    i, j = checks.indices(x.offsets[1:], y.offsets[1:], i, j)
    for side in (x, y):
        if len(side.pixels) and not (side.pixels.min() >= 0 and side.pixels.max() < npix * npix):
            found = f"pixels {side.pixels.min()} to {side.pixels.max()}"
            raise InputError("E_INDEX", found, f"0 to {npix * npix - 1}, npix = {npix}")
    found = problems.costs(image_problems(x, y, i, j, p, pitch, npix, periodic), threads)
    checks.resolved(found.cost, found.error, p, pitch)
    return found


def cloud_costs(
    x: Clouds, y: Clouds, i: np.ndarray, j: np.ndarray, R: float = 1.0, beta: float = 1.0, balanced: bool = False,
    threads: int | None = None,
) -> Costs:  # fmt: skip
    """Transport particle clouds onto clouds at least cost; a difference in weight costs one a unit.

    Parameters
    ----------
    x, y : Clouds
        Weighted points.
    i, j : ndarray of int, shape (n_pairs,)
        Pairs ``x[i], y[j]``.
    R : float
        Distance at which moving costs as much as creating, rad.
    beta : float
        Power of the distance, > 0.
    balanced : bool
        All clouds have the same weight to rounding, so there is no difference to pay for.
    threads : int, optional
        As in `transport_costs`.

    Returns
    -------
    Costs
        Costs in the unit of the weights.

    Raises
    ------
    InputError
        ``E_RANGE_R`` if distances over R to the power of beta leave the range of numbers, ``E_PRECISION``.

    Examples
    --------
    >>> one = Clouds(np.array([0, 1]), np.array([0.0]), np.array([0.0]), np.array([10.0]))
    >>> two = Clouds(np.array([0, 1]), np.array([0.0]), np.array([0.5]), np.array([12.0]))
    >>> cloud_costs(one, two, np.array([0]), np.array([0])).cost.tolist()  # 10 * 0.5 + 2
    [7.0]
    """
    checks.scale(np.concatenate([x.eta, y.eta]), R, beta)
    return problems.costs(cloud_problems(x, y, i, j, R, beta, balanced), threads)


def plan(a: np.ndarray, b: np.ndarray, cost: np.ndarray) -> Plan:
    """Find the optimal plan of one transport problem.

    Parameters
    ----------
    a : array_like, shape (n,)
        Masses to move, not negative.
    b : array_like, shape (m,)
        Masses to arrive, not negative, of the same sum; rescaled to it exactly.
    cost : array_like, shape (n, m)
        Cost of moving one unit, not negative.

    Returns
    -------
    Plan
        The arcs with flow, and the dual potentials.

    Raises
    ------
    InputError
        ``E_DTYPE``, ``E_SHAPE``, ``E_NONFINITE``, ``E_NEGATIVE``, ``E_RANGE_A``, ``E_RANGE_B`` or ``E_RANGE_COST`` for
        numbers beyond 1e150, ``E_BALANCE`` or ``E_PRECISION``.

    Examples
    --------
    >>> found = plan([0.5, 0.5], [1.0], [[1.0], [3.0]])
    >>> found.source.tolist(), found.flow.tolist(), found.cost
    ([0, 1], [0.5, 0.5], 2.0)
    """
    a, b, cost = (np.asarray(values) for values in (a, b, cost))
    checks.problem(a, b, cost)
    a, b, cost = (np.ascontiguousarray(values, dtype=np.float64) for values in (a, b, cost))
    return _plan(a, b * (a.sum() / b.sum()), cost)


def image_plan(
    image1: np.ndarray, image2: np.ndarray, p: float = 1, width: float = 3.2, *, periodic: bool = False
) -> ImagePlan:
    """Find the optimal plan that turns one image into another, eq. (3.3) of Fraser et al. (2021).

    Parameters
    ----------
    image1, image2 : ndarray, shape (npix, npix) or (1, npix, npix)
        Not negative, each with a positive sum; rows run along phi, columns along eta.
    p : float
        Power of the distance, > 0.
    width : float
        Side of the image, rad.
    periodic : bool
        The first row is next to the last.

    Returns
    -------
    ImagePlan
        Arcs between pixels; their total cost is that of `transport_costs`.

    Raises
    ------
    InputError
        Those of `wasserstein`; ``E_SHAPE`` if it is not one image on each side.

    Examples
    --------
    >>> first, second = np.zeros((40, 40)), np.zeros((40, 40))
    >>> first[20, 20], second[20, 25] = 1.0, 1.0
    >>> found = image_plan(first, second)
    >>> found.start.round(6).tolist(), found.end.round(6).tolist(), round(found.distance, 6)
    ([[0.0, 0.0]], [[0.4, 0.0]], 0.4)
    """
    checks.positive("p", p)
    checks.positive("width", width)
    image1, image2 = checks.images(image1, image2)
    for images in (image1, image2):
        if len(images) != 1:
            raise InputError("E_SHAPE", f"{len(images)} images", "one image on each side")
    npix = image1.shape[-1]
    checks.power(p, width / npix, npix)
    sparse = supports(np.concatenate([image1, image2]))
    a, b = (np.zeros(npix * npix) for _ in range(2))
    for k, dense in enumerate((a, b)):
        pick = slice(sparse.offsets[k], sparse.offsets[k + 1])
        dense[sparse.pixels[pick]] = sparse.mass[pick]
    stays = np.minimum(a, b) if p <= 1 else np.zeros_like(a)
    rows, columns = np.flatnonzero(a - stays), np.flatnonzero(b - stays)
    pitch = width / npix
    table = offset_costs(p, pitch, npix, periodic)
    cost = table[len(table) // 2 + pixel_codes(rows, npix)[:, None] - pixel_codes(columns, npix)]
    moved = _plan((a - stays)[rows], (b - stays)[columns], cost)
    largest = np.abs(np.concatenate([moved.source_potential, moved.target_potential])).max(initial=0.0)
    checks.resolved(
        np.array([moved.cost]), np.array([max(moved.cost - moved.dual, 0.0) + np.finfo(float).eps * largest]), p, pitch
    )
    kept = np.flatnonzero(stays)
    source, target = np.append(rows[moved.source], kept), np.append(columns[moved.target], kept)
    arcs = np.append(cost[moved.source, moved.target], np.zeros(len(kept)))
    gap = abs(moved.cost - moved.dual) / moved.cost if moved.cost > 0 else 0.0
    return ImagePlan(
        np.stack(np.divmod(source, npix), -1),
        np.stack(np.divmod(target, npix), -1),
        _centres(source, npix, width),
        _centres(target, npix, width),
        np.append(moved.flow, stays[kept]),
        arcs,
        moved.cost ** (1 / p),
        gap,
    )


def _plan(a: np.ndarray, b: np.ndarray, cost: np.ndarray) -> Plan:
    n, m = cost.shape
    if n == 0 or m == 0:  # nothing has to move
        return Plan(*np.zeros((2, 0), np.int64), np.zeros(0), 0.0, 0.0, np.zeros(n), np.zeros(m))
    if not compilation.ready("table"):  # its compiler would take longer
        with contextlib.suppress(InputError):  # what POT is not certain of the kernel may be
            return _pots_plan(a, b, cost)
    scratch, result = basis(n, m), np.zeros((1, 4))
    gather.solve_table(a, b, cost, scratch, result[0])
    base = padded(n, m)[0]
    u, v = scratch.potential[:n].copy(), scratch.potential[base : base + m].copy()
    used = np.flatnonzero(scratch.flow[: n + m - 1] > 0)
    source, target, flow = (part[used] for part in (scratch.source, scratch.target, scratch.flow))
    if problems.uncertain(*result.T)[0]:
        return _pots_plan(a, b, cost)
    value, dual = result[0, :2]
    return Plan(source, target, flow, float(value), float(dual), u, v)


def _pots_plan(a: np.ndarray, b: np.ndarray, cost: np.ndarray) -> Plan:
    dense, value, dual, u, v = problems.second_opinion(a, b, cost)
    source, target = np.nonzero(dense)
    return Plan(source, target, dense[source, target], value, dual, u, v)


def _centres(pixels: np.ndarray, npix: int, width: float) -> np.ndarray:
    from jetexplore.jets.preprocessing import pixel_centres

    centres = pixel_centres(npix, width)
    return np.stack([centres[pixels % npix], centres[pixels // npix]], -1)
