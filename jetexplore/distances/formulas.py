"""How far apart are two jets? The formulas of Fraser et al. (2021), section 3.1, and the energy mover's distance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from jetexplore.distances import checks, transport
from jetexplore.distances.problems import Costs, each_part
from jetexplore.jets.constituents import Jets


class Certified(NamedTuple):
    """Distances with what the solver can say of them."""

    distance: np.ndarray  # (n_pairs,)
    gap: np.ndarray  # (n_pairs,) |cost - dual| / cost, 0 where nothing has to move
    error: np.ndarray  # (n_pairs,) by which rounding may have left the cost above the least
    pivots: np.ndarray  # (n_pairs,)
    fallbacks: int  # pairs solved by POT


def mean_power_error(
    x: np.ndarray, y: np.ndarray, i: np.ndarray, j: np.ndarray, *, alpha: float, threads: int | None = None
) -> np.ndarray:
    """Mean over all pixels of ``|x - y|^alpha``, eq. (3.1) of Fraser et al. (2021).

    Parameters
    ----------
    x, y : ndarray, shape (n, npix, npix), (m, npix, npix)
        Images on the same grid, not negative, each with a positive sum.
    i, j : ndarray of int, shape (n_pairs,)
        Pairs ``x[i], y[j]``.
    alpha : float
        Power, > 0; 2 gives the mean squared error (MSE), 1 the mean absolute error (MAE).
    threads : int, optional
        Default: ``NUMBA_NUM_THREADS`` or the number of processors. The result does not depend on it.

    Returns
    -------
    ndarray, shape (n_pairs,)
        Distances.

    Raises
    ------
    InputError
        ``E_RANGE_ALPHA``, ``E_SHAPE``, ``E_INDEX``, ``E_NONFINITE``, ``E_NEGATIVE`` or ``E_EMPTY_IMAGE``.

    Examples
    --------
    >>> x = np.zeros((2, 2, 2))
    >>> x[0, 0, 0], x[1, 1, 1] = 1.0, 1.0
    >>> mean_power_error(x, x, [0], [1], alpha=2).tolist()
    [0.5]
    """
    checks.positive("alpha", alpha)
    x, y = checks.images(x, y)
    i, j = checks.indices(x, y, i, j)
    out = np.empty(len(i))
    left, right = (np.ascontiguousarray(side, dtype=np.float64) for side in (x, y))
    each_part(len(i), threads, lambda at, to: _power_error(left, right, i, j, float(alpha), at, to, out))
    return out


def wasserstein(
    x: np.ndarray, y: np.ndarray, i: np.ndarray, j: np.ndarray, *,
    p: float, width: float = 3.2, periodic: bool = False, threads: int | None = None, certified: bool = False,
) -> np.ndarray | Certified:  # fmt: skip
    """p-Wasserstein distance between images, eq. (3.3) of Fraser et al. (2021), exact.

    Parameters
    ----------
    x, y : ndarray, shape (n, npix, npix), (m, npix, npix)
        Images on the same grid, not negative, each with a positive sum; each is normalised in float64.
    i, j : ndarray of int, shape (n_pairs,)
        Pairs ``x[i], y[j]``.
    p : float
        Power of the distance between pixels, > 0.
    width : float
        Side of the image, rad.
    periodic : bool
        The first row is next to the last: images that go around the circle in phi.
    threads : int, optional
        Default: ``NUMBA_NUM_THREADS`` or the number of processors. The result does not depend on it.
    certified : bool
        Give the certificates of the costs, too.

    Returns
    -------
    ndarray, shape (n_pairs,), or Certified
        ``min(sum flow * distance^p)^(1/p)``, rad.

    Raises
    ------
    InputError
        ``E_RANGE_P``, ``E_RANGE_WIDTH``, ``E_SHAPE``, ``E_INDEX``, ``E_NONFINITE``, ``E_NEGATIVE``,
        ``E_EMPTY_IMAGE`` or ``E_PRECISION``.

    Notes
    -----
    The root is taken for every p, as eq. (3.3) writes it. For p < 1 this rooted form breaks the triangle
    inequality (its p-th power obeys it), so it is not a metric there; the root never changes the ROC curve of
    a single distance.

    Costs of far pixels round to 4e-16 of themselves, which hides those of near ones when p is large (from about
    16) and most of the mass stays: a distance that this leaves uncertain by more than a pixel is refused with
    ``E_PRECISION``.

    Examples
    --------
    >>> x = np.zeros((2, 40, 40))
    >>> x[0, 20, 20], x[1, 20, 25] = 1.0, 1.0
    >>> wasserstein(x, x, [0], [1], p=1).round(6).tolist()
    [0.4]
    """
    checks.positive("p", p)
    checks.positive("width", width)
    x, y = checks.images(x, y)
    i, j = checks.indices(x, y, i, j)
    left = transport.supports(x)
    right = left if y is x else transport.supports(y)
    npix = x.shape[-1]
    found = transport.transport_costs(left, right, i, j, p, width / npix, npix, threads, periodic=periodic)
    distance = found.cost ** (1 / p)
    return _certified(distance, found) if certified else distance


def energy_movers(
    x: Jets, y: Jets, i: np.ndarray, j: np.ndarray, *,
    R: float = 1.0, beta: float = 1.0, norm: bool = False, threads: int | None = None, certified: bool = False,
) -> np.ndarray | Certified:  # fmt: skip
    """Energy mover's distance between jets, eq. (1) of Komiske, Metodiev and Thaler (2019), with weights pt.

    Parameters
    ----------
    x, y : Jets
        Constituents, taken as they are: centre or rotate them before, if that is meant.
    i, j : ndarray of int, shape (n_pairs,)
        Pairs ``x[i], y[j]``.
    R : float
        Distance at which moving costs as much as creating, rad.
    beta : float
        Power of the distance, > 0.
    norm : bool
        Normalise each jet to unit sum, which leaves no difference in energy to pay for.
    threads : int, optional
        Default: ``NUMBA_NUM_THREADS`` or the number of processors. The result does not depend on it.
    certified : bool
        Give the certificates of the costs, too.

    Returns
    -------
    ndarray, shape (n_pairs,), or Certified
        ``min sum flow * (distance / R)^beta + |difference of total pt|`` in GeV; a pure number if ``norm``.

    Raises
    ------
    InputError
        ``E_RANGE_R``, ``E_RANGE_BETA``, ``E_INPUTS``, ``E_INDEX`` or ``E_PRECISION``.

    Notes
    -----
    Differences in phi are taken around the circle. The triangle inequality needs beta <= 1 and R of at least
    half the largest distance.

    Examples
    --------
    >>> x = Jets(pt=[100.0, 110.0], eta=[0.0, 0.3], phi=[0.0, 0.4], offsets=[0, 1, 2])
    >>> energy_movers(x, x, [0], [1]).round(6).tolist()  # 100 GeV * 0.5 + 10 GeV
    [60.0]
    """
    checks.positive("R", R)
    checks.positive("beta", beta)
    checks.jets(x, y, "EMD")
    i, j = checks.indices(x, y, i, j)
    clouds = [_cloud(x, norm)]
    clouds.append(clouds[0] if y is x else _cloud(y, norm))
    found = transport.cloud_costs(*clouds, i, j, R, beta, balanced=norm, threads=threads)
    return _certified(found.cost, found) if certified else found.cost


def _certified(distance: np.ndarray, found: Costs) -> Certified:
    gap = np.zeros(len(distance))
    np.divide(np.abs(found.cost - found.dual), found.cost, out=gap, where=found.cost > 0)
    return Certified(distance, gap, found.error, found.pivots, found.fallbacks)


def _cloud(jets: Jets, norm: bool) -> transport.Clouds:
    weight = jets.pt / np.add.reduceat(jets.pt, jets.offsets[:-1])[jets.jet] if norm and len(jets) else jets.pt
    return transport.Clouds(jets.offsets, jets.eta, jets.phi, weight)


@njit(nogil=True, cache=True, error_model="numpy", fastmath=True)  # the order of a sum is free: pixels are finite
def _power_error(
    x: np.ndarray, y: np.ndarray, i: np.ndarray, j: np.ndarray, alpha: float, first: int, last: int, out: np.ndarray
) -> None:
    for k in range(first, last):
        left, right, total = x[i[k]].ravel(), y[j[k]].ravel(), 0.0
        if alpha == 1:
            for q in range(len(left)):
                total += abs(left[q] - right[q])
        elif alpha == 2:
            for q in range(len(left)):
                total += (left[q] - right[q]) ** 2
        else:
            for q in range(len(left)):
                if left[q] != right[q]:
                    total += abs(left[q] - right[q]) ** alpha
        out[k] = total / len(left)
