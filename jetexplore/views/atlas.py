"""How do thousands of jet images travel to a browser at once? One byte a pixel on a logarithmic scale, deflated.

Most pixels are empty, so 2,000 images take about 0.14 MB, and none of them is text in the document.
"""

from __future__ import annotations

import zlib

import numpy as np

from jetexplore.views.plots import FAINTEST

LEVELS = 255  # of pixels that are not empty: from 1e-4 to 1 of the pT in steps of 3.7 %


def levels(images: np.ndarray) -> np.ndarray:
    """Round pixels to 255 logarithmic levels.

    Parameters
    ----------
    images : ndarray, shape (n, npix, npix)
        Fractions of pT.

    Returns
    -------
    ndarray of uint8, shape (n, npix, npix)
        0 for less than 1e-4 of the pT, as in every picture of a jet; 1 for 1e-4; 255 for all of it.

    Examples
    --------
    >>> levels(np.array([[[0.0, 1e-4], [1e-2, 1.0]]])).tolist()
    [[[0, 1], [128, 255]]]
    """
    decades = np.log10(np.maximum(images, FAINTEST)) / -np.log10(FAINTEST)  # -1 to 0
    return np.where(images >= FAINTEST, np.round(1 + (LEVELS - 1) * (1 + decades)), 0).astype(np.uint8)


def fractions(found: np.ndarray) -> np.ndarray:
    """Give the fraction of pT that a level stands for.

    Parameters
    ----------
    found : ndarray of uint8
        From `levels`.

    Returns
    -------
    ndarray of float64
        Within 1.9 % of what was rounded; 0 for level 0.

    Examples
    --------
    >>> fractions(np.uint8([0, 1, 255])).round(9).tolist()
    [0.0, 0.0001, 1.0]
    """
    exponent = np.log10(FAINTEST) * (1 - (found.astype(np.float64) - 1) / (LEVELS - 1))
    return np.where(found > 0, 10**exponent, 0.0)


def packed(images: np.ndarray) -> bytes:
    """Write images as one block of bytes.

    Parameters
    ----------
    images : ndarray, shape (n, npix, npix)
        Fractions of pT.

    Returns
    -------
    bytes
        All `levels` in C order, in the zlib format (RFC 1950) that browsers unpack themselves.

    Examples
    --------
    >>> len(packed(np.zeros((1000, 40, 40)))) < 2000
    True
    """
    return zlib.compress(levels(images).tobytes(), 6)
