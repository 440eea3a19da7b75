"""What is the average jet for optimal transport? The 2-Wasserstein barycentre of images, on free points."""

from __future__ import annotations

import numpy as np

from jetexplore.distances import checks
from jetexplore.errors import InputError
from jetexplore.jets.preprocessing import WIDTH, pixel_centres

N_POINTS = 50  # of equal weight: a jet of the sample has about 29 pixels
N_ITERATIONS = 30
STOP = 1e-6  # rad^2, sum of squared moves of all points


def barycentre(
    images: np.ndarray, n_points: int = N_POINTS, seed: int = 0, width: float = WIDTH, n_iterations: int = N_ITERATIONS
) -> np.ndarray:
    r"""Find points :math:`b` that minimise :math:`\sum_j W_2^2(b, x_j)`, and put them into an image.

    Where the average of pixels is a blob, this is an image about as sparse as a jet. The points have equal weights and
    free places: all are moved to where exact transport to the images sends them on average, until they rest
    (``ot.lp.free_support_barycenter``; Cuturi and Doucet, 2014, algorithm 2). This ends in a local minimum that depends
    on the start, points drawn from the average image. Each point is then shared by its four nearest pixels, so that
    its place is kept. No entropy, so nothing is blurred.

    Parameters
    ----------
    images : ndarray, shape (n, npix, npix)
        At least one, each with something in it; normalised here.
    n_points : int
        Points of weight ``1 / n_points``, >= 1.
    seed : int
        Of the start.
    width : float
        Of the images, rad.
    n_iterations : int
        At most.

    Returns
    -------
    ndarray, shape (1, npix, npix), float64
        One image of unit sum.

    Raises
    ------
    InputError
        ``E_EMPTY`` without images, ``E_RANGE`` for ``n_points`` or ``n_iterations`` below one, and those of images.

    Examples
    --------
    >>> image = np.zeros((2, 40, 40))
    >>> image[0, 10, 20] = image[1, 20, 30] = 1.0
    >>> np.argwhere(barycentre(image)[0] > 0.99).tolist()  # halfway
    [[15, 25]]
    """
    points = barycentre_points(images, n_points, seed, width, n_iterations)
    return _pixelate(points, np.shape(images)[-1], width)[None]


def barycentre_points(
    images: np.ndarray, n_points: int = N_POINTS, seed: int = 0, width: float = WIDTH, n_iterations: int = N_ITERATIONS
) -> np.ndarray:
    """Give the points of `barycentre` before they are put into pixels.

    Parameters
    ----------
    images, n_points, seed, width, n_iterations
        As in `barycentre`.

    Returns
    -------
    ndarray, shape (n_points, 2)
        Places along the two axes of an image, rad.

    Raises
    ------
    InputError
        As `barycentre`.

    Examples
    --------
    >>> image = np.zeros((2, 40, 40))
    >>> image[0, 20, 20] = image[1, 20, 30] = 1.0
    >>> barycentre_points(image, n_points=1).round(6).tolist()  # five pixels of 0.08 rad from either
    [[0.0, 0.4]]
    """
    from ot.lp import free_support_barycenter

    images, _ = checks.images(images, images, single=False)
    for name, value in (("n_points", n_points), ("n_iterations", n_iterations)):
        if not (isinstance(value, int | np.integer) and value >= 1):
            raise InputError("E_RANGE", f"{value!r}", "a whole number >= 1", where=name)
    if len(images) == 0:
        raise InputError("E_EMPTY", "no images", "at least one")
    centres = pixel_centres(images.shape[-1], width)
    places, weights = [], []
    for image in images:
        lit = np.argwhere(image > 0)
        share = image[tuple(lit.T)].astype(np.float64)
        places.append(centres[lit])
        weights.append(share / share.sum())
    rng = np.random.default_rng(seed)
    chance = np.mean([image / image.sum(dtype=np.float64) for image in images], axis=0).ravel()
    drawn = rng.choice(len(chance), size=n_points, p=chance / chance.sum())
    half = width / images.shape[-1] / 2  # points that start at the same place would never part
    start = centres[np.stack(np.divmod(drawn, images.shape[-1]), axis=1)] + rng.uniform(-half, half, (n_points, 2))
    return free_support_barycenter(places, weights, start, numItermax=n_iterations, stopThr=STOP)


def _pixelate(points: np.ndarray, npix: int, width: float) -> np.ndarray:
    # Averages of pixel centres lie between the outermost ones
    at = np.clip(points / (width / npix) + npix // 2, 0, npix - 1)
    low = np.minimum(np.floor(at + 1e-9).astype(int), npix - 2)
    part = np.clip(at - low, 0, 1)
    image = np.zeros((npix, npix))
    for i in (0, 1):
        for j in (0, 1):
            share = np.abs(1 - i - part[:, 0]) * np.abs(1 - j - part[:, 1])
            np.add.at(image, (low[:, 0] + i, low[:, 1] + j), share)
    return image / len(points)
