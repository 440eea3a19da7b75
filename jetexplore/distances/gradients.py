r"""How does the distance of two images change with the pixels of one? Its gradient is the optimal potential: exact.

Kantorovich's dual of eq. (3.3) of Fraser et al. (2021): of all functions of the pixels with
:math:`u(x) + v(y) \le |x - y|^p`, the best ones give :math:`W_p^p(a, b) = \sum_x a(x) u(x) + \sum_y b(y) v(y)`. Change
b a little and the best ones stay the best, so v is the gradient of :math:`W_p^p` by the masses of b (envelope theorem),
up to a constant, which no change of a normalised image feels. The simplex knows v at no extra cost: a network is
trained with the Wasserstein distance itself, not with Sinkhorn's approximation of it.

A pair's potentials are known at the pixels that take part. Elsewhere v is the largest function that goes with u,
:math:`v(y) = \min_x |x - y|^p - u(x)`. Where p <= 1 the kernel leaves out common mass and knows u only where the first
image has more; then v is still the best one for the whole images: :math:`|x - y|^p` is a metric, v as a minimum of such
functions changes from pixel to pixel by no more than it, so -v goes with v, and is no lower than u where that is known.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jetexplore.distances import checks, compilation, jetproblems, problems
from jetexplore.distances.basis import Basis, basis, padded
from jetexplore.distances.compilation import compiled
from jetexplore.distances.gather import image_pair
from jetexplore.distances.problems import Pairs
from jetexplore.distances.simplex import solve
from jetexplore.distances.vectors import LANES
from jetexplore.errors import InputError

FEW = 4  # pairs that are worth a thread: one reconstruction has 1,600 pixels


class Gradients(NamedTuple):
    """Transport costs of pairs of images, and how they change with the second image's pixels."""

    cost: np.ndarray  # (n,) W_p^p of the normalised images, rad^p
    potential: np.ndarray  # (n, npix, npix) its gradient by the masses of the normalised second image, rad^p
    error: np.ndarray  # (n,) by which rounding may have left the cost above the least
    fallbacks: int  # pairs solved by POT because the kernel's result was not certain


def transport_gradients(
    images: np.ndarray, reconstructions: np.ndarray, p: float = 1, width: float = 3.2, threads: int | None = None
) -> Gradients:
    r"""Exact transport cost W_p^p, eq. (3.3) of Fraser et al. (2021), with its gradient by the second image's pixels.

    Parameters
    ----------
    images : ndarray, shape (n, npix, npix)
        Not negative, each with a positive sum; each is normalised in float64. Best with few pixels that are not zero.
    reconstructions : ndarray, shape (n, npix, npix)
        The same; any number of pixels that are not zero. Image k is compared with reconstruction k.
    p : float
        Power of the distance between pixels, > 0.
    width : float
        Side of the image, rad.
    threads : int, optional
        Default: ``NUMBA_NUM_THREADS`` or the number of processors. The result does not depend on it.

    Returns
    -------
    Gradients
        Costs and potentials. The constant of a potential is such that its mean, weighted by the normalised
        reconstruction b, is zero: divided by the sum of the reconstruction's pixels, it is the gradient by the pixels
        as they are, normalisation included.

    Raises
    ------
    InputError
        ``E_RANGE_P``, ``E_RANGE_WIDTH``, ``E_SHAPE``, ``E_NONFINITE``, ``E_NEGATIVE``, ``E_EMPTY_IMAGE``,
        ``E_RANGE_THREADS`` or ``E_PRECISION``.

    Notes
    -----
    Where several potentials are optimal, :math:`W_p^p` has a kink, and this is one of its subgradients: for instance
    between identical images (0 everywhere for p <= 1), and towards pixels without mass, where mass can only be added.

    Examples
    --------
    >>> x, y = np.zeros((2, 1, 40, 40))
    >>> x[0, 20, 20], y[0, 20, 25] = 1.0, 1.0
    >>> found = transport_gradients(x, y, p=1)
    >>> found.cost.round(6).tolist(), found.potential[0, 20, [20, 24, 25, 26]].round(6).tolist()
    ([0.4], [-0.4, -0.08, 0.0, 0.08])
    """
    checks.positive("p", p)
    checks.positive("width", width)
    x, y = checks.images(images, reconstructions)
    if len(x) != len(y):
        raise InputError("E_SHAPE", f"{len(x)} images and {len(y)} reconstructions", "one reconstruction an image")
    pitch, npix = width / x.shape[1], x.shape[1]
    checks.power(p, pitch, npix)
    pairs = image_by_image(x, y, p, pitch)
    result, potential = np.zeros((len(x), 4)), np.zeros((len(x), npix * npix))
    doubtful = np.zeros(0, np.int64)
    work = float((pairs.rows * pairs.columns + problems.OVERHEAD).sum())
    if work > problems.FIRST or compilation.ready("gradients") or not _all_by_pot(pairs, p, result, potential, threads):
        compilation.wait("gradients")
        problems.each_part(len(x), threads, lambda at, to: solve_part(pairs, at, to, result, potential), FEW)
        doubtful = np.flatnonzero(problems.uncertain(*result.T))
        for k in doubtful:
            _by_pot(pairs, p, int(k), result, potential)
    cost, dual, _, scale = result.T.copy()
    rounding = np.finfo(float).eps * scale + pairs.rounding
    error = np.maximum(cost - dual, 0) + np.where(cost > 0, rounding, 0)
    checks.resolved(cost, error, p, pitch)
    return Gradients(cost, potential.reshape(x.shape), error, len(doubtful))


def image_by_image(x: np.ndarray, y: np.ndarray, p: float, pitch: float) -> Pairs:
    """Pose the transport problems of each image with the other of the same number.

    Parameters
    ----------
    x, y : ndarray, shape (n, npix, npix)
        Images.
    p : float
        Power of the distance.
    pitch : float
        Side of a pixel, rad.

    Returns
    -------
    Pairs
        What `solve_part` solves.
    """
    same = np.arange(len(x))
    left, right = jetproblems.supports(x), jetproblems.supports(y)
    return jetproblems.image_problems(left, right, same, same, p, pitch, x.shape[1])


def solve_part(pairs: Pairs, first: int, last: int, result: np.ndarray, potential: np.ndarray) -> None:
    """Solve some pairs by the kernel, in this thread.

    Parameters
    ----------
    pairs : Pairs
        The problems.
    first, last : int
        The first, and one past the last.
    result : ndarray, shape (n_pairs, 4)
        Filled as by `simplex.solve`.
    potential : ndarray, shape (n_pairs, npix * npix)
        Filled with the gradients.
    """
    if first < last:
        scratch = basis(int(pairs.rows[first:last].max()), int(pairs.columns[first:last].max()))
        _solve(*pairs.data, first, last, scratch, result, potential)


@compiled
def _solve(
    i: np.ndarray, j: np.ndarray, x_offsets: np.ndarray, x_codes: np.ndarray, x_mass: np.ndarray,
    y_offsets: np.ndarray, y_codes: np.ndarray, y_mass: np.ndarray, table: np.ndarray, cancel: bool,
    first: int, last: int, w: Basis, result: np.ndarray, potential: np.ndarray,
) -> None:  # fmt: skip
    # As `gather.solve_images`; then u of the tree gives v at every pixel
    longest = 0
    for k in range(first, last):
        longest = max(longest, x_offsets[i[k] + 1] - x_offsets[i[k]], y_offsets[j[k] + 1] - y_offsets[j[k]])
    codes, masses = np.empty(2 * (longest + LANES), np.int64), np.empty(2 * (longest + LANES))
    npix = np.int64(np.sqrt(potential.shape[1]) + 0.5)
    pitch = 2 * npix - 1  # from row to row of the table
    for k in range(first, last):
        n, m, turned = image_pair(
            i[k], j[k], x_offsets, x_codes, x_mass, y_offsets, y_codes, y_mass, table, cancel, codes, masses, w
        )
        solve(n, m, w, result[k])
        v = potential[k]
        if n == 0:
            v[:] = 0.0
            continue
        v[:] = np.inf
        start, many = (padded(n, m)[0], m) if turned else (0, n)
        for s in range(many):
            # the table is the same either way round, so that a row of pixels is a row of it
            corner, u = len(table) // 2 - codes[s], w.potential[start + s]
            for row in range(npix):
                at, to = corner + row * pitch, row * npix
                for column in range(npix):
                    v[to + column] = min(v[to + column], table[at + column] - u)
        mean, total = 0.0, 0.0
        for s in range(y_offsets[j[k]], y_offsets[j[k] + 1]):
            pixel = y_codes[s] // pitch * npix + y_codes[s] % pitch
            mean += y_mass[s] * v[pixel]
            total += y_mass[s]
        v -= mean / total


def _all_by_pot(pairs: Pairs, p: float, result: np.ndarray, potential: np.ndarray, threads: int | None) -> bool:
    # While the kernel is being compiled; whatever POT is not certain of waits for it
    def solve_some(first: int, last: int) -> None:
        for k in range(first, last):
            _by_pot(pairs, p, k, result, potential)

    compilation.start()
    try:
        problems.each_part(len(result), threads, solve_some, FEW)
    except InputError:
        return False
    return True


def _by_pot(pairs: Pairs, p: float, k: int, result: np.ndarray, potential: np.ndarray) -> None:
    i, j, x_offsets, x_codes, x_mass, y_offsets, y_codes, y_mass, table, _ = pairs.data
    npix = int(potential.shape[1] ** 0.5 + 0.5)
    code = jetproblems.pixel_codes(np.arange(npix * npix), npix)
    x, y = np.zeros((2, code[-1] + 1))
    left, right = (slice(*offsets[at : at + 2]) for offsets, at in ((x_offsets, i[k]), (y_offsets, j[k])))
    x[x_codes[left]], y[y_codes[right]] = x_mass[left], y_mass[right]
    a, b, cost = pairs.problem(k)
    if not cost.size:  # nothing has to move
        potential[k] = 0.0
        return
    _, value, dual, u, v = problems.second_opinion(a, b, cost)
    result[k] = value, dual, result[k, 2], a.sum() * max(np.abs(u).max(), np.abs(v).max())
    moved = np.flatnonzero(x - np.minimum(x, y) if p <= 1 else x)
    potential[k] = (table[len(table) // 2 + moved[:, None] - code] - u[:, None]).min(0)
    potential[k] -= y[code] @ potential[k] / y.sum()
