"""Which transport problems do pairs of jets pose? Sparse images and particle clouds, for the kernel and for POT."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jetexplore.distances import gather
from jetexplore.distances.problems import Pairs
from jetexplore.jets.constituents import wrap


class Supports(NamedTuple):
    """Sparse images: image k has its pixels at ``offsets[k]:offsets[k + 1]``."""

    offsets: np.ndarray  # (n + 1,)
    pixels: np.ndarray  # row * npix + column, ascending
    mass: np.ndarray  # of unit sum for each image


class Clouds(NamedTuple):
    """Weighted points in the (eta, phi) plane: cloud k has its points at ``offsets[k]:offsets[k + 1]``."""

    offsets: np.ndarray  # (n + 1,)
    eta: np.ndarray
    phi: np.ndarray  # rad, any branch
    weight: np.ndarray  # GeV, or of unit sum for each cloud


def supports(images: np.ndarray) -> Supports:
    """Reduce images to their non-zero pixels, each normalised in float64.

    Parameters
    ----------
    images : ndarray, shape (n, npix, npix)
        Not negative, each with a positive sum.

    Returns
    -------
    Supports
        Non-zero pixels and masses.

    Examples
    --------
    >>> image = np.zeros((1, 3, 3))
    >>> image[0, 1, 2], image[0, 0, 0] = 3.0, 1.0
    >>> found = supports(image)
    >>> found.pixels.tolist(), found.mass.tolist()
    ([0, 5], [0.25, 0.75])
    """
    flat = np.asarray(images).reshape(len(images), images.shape[1] * images.shape[2])
    place = np.flatnonzero(flat != 0)  # five times as fast as the nonzero of two dimensions
    row, pixels = np.divmod(place, flat.shape[1])
    mass = flat.ravel()[place].astype(np.float64)
    offsets = np.searchsorted(row, np.arange(len(flat) + 1))
    mass /= np.bincount(row, mass, minlength=len(flat))[row]
    return Supports(offsets, pixels, mass)


def offset_costs(p: float, pitch: float, npix: int, periodic: bool = False) -> np.ndarray:
    """Cost of moving from pixel to pixel, for every offset between two.

    Parameters
    ----------
    p : float
        Power of the distance, > 0.
    pitch : float
        Side of a pixel, rad.
    npix : int
        Pixels along a side.
    periodic : bool
        The first row is next to the last: the image goes around the circle in phi.

    Returns
    -------
    ndarray, shape ((2 * npix - 1)^2,)
        Distance to the power of p, rad^p; no offset is in the middle.

    Examples
    --------
    >>> offset_costs(1, 0.1, 2).reshape(3, 3).round(3).tolist()
    [[0.141, 0.1, 0.141], [0.1, 0.0, 0.1], [0.141, 0.1, 0.141]]
    """
    column = np.arange(2 * npix - 1) - (npix - 1.0)
    row = np.minimum(np.abs(column), npix - np.abs(column)) if periodic else column
    return ((pitch * np.hypot(row[:, None], column)) ** p).ravel()


def pixel_codes(pixels: np.ndarray, npix: int) -> np.ndarray:
    """Number pixels such that the difference of two, counted from the middle, is their place in `offset_costs`.

    Parameters
    ----------
    pixels : ndarray of int
        ``row * npix + column``.
    npix : int
        Pixels along a side.

    Returns
    -------
    ndarray of int
        ``row * (2 * npix - 1) + column``.
    """
    return pixels + (npix - 1) * (pixels // npix)


def image_problems(
    x: Supports, y: Supports, i: np.ndarray, j: np.ndarray, p: float, pitch: float, npix: int, periodic: bool = False
) -> Pairs:
    """Pose the transport problems of pairs of images.

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
    periodic : bool
        The first row is next to the last.

    Returns
    -------
    Pairs
        What `problems.costs` solves.
    """
    table = offset_costs(p, pitch, npix, periodic)
    sources = pixel_codes(x.pixels, npix)
    targets = sources if y is x else pixel_codes(y.pixels, npix)
    data = (i, j, x.offsets, sources, x.mass, y.offsets, targets, y.mass, table, p <= 1)

    def problem(k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows, columns = (slice(*side.offsets[at : at + 2]) for side, at in ((x, i[k]), (y, j[k])))
        codes, a, b = (sources[rows], targets[columns]), x.mass[rows], y.mass[columns]
        if p <= 1:
            stays = np.intersect1d(*codes, assume_unique=True, return_indices=True)
            a, b = a.copy(), b.copy()
            common = np.minimum(a[stays[1]], b[stays[2]])
            a[stays[1]] -= common
            b[stays[2]] -= common
            codes = codes[0][a > 0], codes[1][b > 0]
            a, b = a[a > 0], b[b > 0]
        return a, b, table[len(table) // 2 + codes[0][:, None] - codes[1]]

    sizes = np.diff(x.offsets)[i], np.diff(y.offsets)[j]
    rounding = np.finfo(float).eps * table.max() if p <= 1 else 0.0  # nearly equal images leave little to move
    return Pairs(gather.solve_images, data, np.maximum(*sizes), np.minimum(*sizes), problem, "images", rounding)


def cloud_problems(x: Clouds, y: Clouds, i: np.ndarray, j: np.ndarray, R: float, beta: float, balanced: bool) -> Pairs:
    """Pose the transport problems of pairs of particle clouds.

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

    Returns
    -------
    Pairs
        What `problems.costs` solves.
    """
    x, y = (cloud._replace(phi=wrap(cloud.phi)) for cloud in (x, y))
    data = (i, j, *x, *y, float(R), float(beta), balanced)

    def problem(k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows, columns = (slice(*side.offsets[at : at + 2]) for side, at in ((x, i[k]), (y, j[k])))
        a, b = x.weight[rows], y.weight[columns]
        phi = np.abs(x.phi[rows, None] - y.phi[columns])
        cost = (np.hypot(x.eta[rows, None] - y.eta[columns], np.minimum(phi, 2 * np.pi - phi)) / R) ** beta
        excess = 0.0 if balanced else a.sum() - b.sum()
        if excess > 0:
            b, cost = np.append(b, excess), np.pad(cost, ((0, 0), (0, 1)), constant_values=1.0)
        if excess < 0:
            a, cost = np.append(a, -excess), np.pad(cost, ((0, 1), (0, 0)), constant_values=1.0)
        return a, b, cost

    sizes = np.diff(x.offsets)[i], np.diff(y.offsets)[j]
    return Pairs(gather.solve_clouds, data, sizes[0] + 1, sizes[1] + 1, problem, "clouds")
