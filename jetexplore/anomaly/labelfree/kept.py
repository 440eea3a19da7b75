"""Distances that several scores share are computed once."""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np

from jetexplore.distances import matrices
from jetexplore.files import digest

MOST = 256 << 20  # bytes kept

_kept: OrderedDict[str, np.ndarray] = OrderedDict()
_lock = threading.Lock()


def cross(x: np.ndarray, y: np.ndarray, metric: str) -> np.ndarray:
    """Give the distances of images x from images y; those asked for last stay in memory.

    Parameters
    ----------
    x, y : ndarray, shape (n, npix, npix), (m, npix, npix)
        Images.
    metric : str
        A metric of images.

    Returns
    -------
    ndarray, shape (n, m), float32
        Read-only.

    Examples
    --------
    >>> image = np.zeros((2, 40, 40))
    >>> image[0, 20, 20] = image[1, 20, 25] = 1.0
    >>> cross(image, image[:1], "Wass(1)").round(3).tolist()
    [[0.0], [0.4000000059604645]]
    """
    key = digest(x, y, metric)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    found = matrices.cross(x, y, metric).astype(np.float32)
    found.setflags(write=False)
    with _lock:
        _kept[key] = found
        while len(_kept) > 1 and sum(some.nbytes for some in _kept.values()) > MOST:
            _kept.popitem(last=False)
    return found
