"""What are two stacks of sparse images, and the Wasserstein distance between them? Made ready once for all pairs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jetexplore.distances import checks, jetproblems, transport
from jetexplore.distances.transport import Supports


class ImagePairs(NamedTuple):
    """Two stacks of sparse images, and the distance between them."""

    x: Supports
    y: Supports
    p: float
    pitch: float  # rad
    npix: int
    threads: int | None
    periodic: bool = False  # the first row is next to the last


def image_pairs(
    x: np.ndarray, y: np.ndarray, *, p: float, width: float = 3.2, threads: int | None = None, periodic: bool = False
) -> ImagePairs:  # fmt: skip
    """Reduce two stacks of images to their non-zero pixels, once for all their pairs.

    Parameters
    ----------
    x, y : ndarray, shape (n, npix, npix), (m, npix, npix)
        Images that `checks.images` has let pass.
    p : float
        Power of the distance, > 0.
    width : float
        Side of the image, rad.
    threads : int, optional
        As in `formulas.wasserstein`.
    periodic : bool
        The first row is next to the last.

    Returns
    -------
    ImagePairs
        Both sides.

    Raises
    ------
    InputError
        ``E_RANGE_P`` or ``E_RANGE_WIDTH``.

    Examples
    --------
    >>> x = np.zeros((2, 40, 40))
    >>> x[0, 20, 20], x[1, 20, 25] = 1.0, 1.0
    >>> distances(image_pairs(x, x, p=2), np.array([0]), np.array([1])).round(6).tolist()
    [0.4]
    """
    checks.positive("p", p)
    checks.positive("width", width)
    npix = x.shape[-1]
    if len(x) and len(y):
        checks.power(p, width / npix, npix)
    left = transport.supports(x)
    return ImagePairs(left, left if y is x else transport.supports(y), p, width / npix, npix, threads, periodic)


def rows(pairs: ImagePairs, which: np.ndarray) -> ImagePairs:
    """Take some images of x.

    Parameters
    ----------
    pairs : ImagePairs
        Both sides.
    which : ndarray of int, shape (b,)
        Rows of x.

    Returns
    -------
    ImagePairs
        With them as x.
    """
    sizes = np.diff(pairs.x.offsets)[which]
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    at = np.repeat(pairs.x.offsets[:-1][which] - offsets[:-1], sizes) + np.arange(offsets[-1])
    return pairs._replace(x=Supports(offsets, pairs.x.pixels[at], pairs.x.mass[at]))


def distances(pairs: ImagePairs, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """p-Wasserstein distances, bit for bit those of `formulas.wasserstein`.

    Parameters
    ----------
    pairs : ImagePairs
        Both sides.
    i, j : ndarray of int, shape (n_pairs,)
        Pairs ``x[i], y[j]``.

    Returns
    -------
    ndarray, shape (n_pairs,)
        rad.

    Raises
    ------
    InputError
        ``E_RANGE_P``, ``E_RANGE_THREADS`` or ``E_PRECISION``.
    """
    found = transport.transport_costs(
        pairs.x, pairs.y, i, j, pairs.p, pairs.pitch, pairs.npix, pairs.threads, periodic=pairs.periodic
    )
    return found.cost ** (1 / pairs.p)


def arcs(pairs: ImagePairs) -> tuple[np.ndarray, np.ndarray]:
    """Give the cost of every arc between two pixels as a table.

    Parameters
    ----------
    pairs : ImagePairs
        Both sides.

    Returns
    -------
    table : ndarray, shape ((2 * npix - 1)^2,)
        Distance to the power of p for each offset, rad^p.
    code : ndarray of int, shape (npix * npix,)
        The difference of two pixels' codes, counted from the middle of ``table``, is their place there.
    """
    table = jetproblems.offset_costs(pairs.p, pairs.pitch, pairs.npix, pairs.periodic)
    return table, jetproblems.pixel_codes(np.arange(pairs.npix * pairs.npix), pairs.npix)
