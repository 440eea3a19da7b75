"""How far apart are all pairs by a distance that nobody computed before? Block by block, told and stopped between them.

Distances of `METRICS` are those of ``samples.pairs``, which are kept in files. Any other p is computed when asked for
and remembered while the process lives.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

import numpy as np

from jetexplore import jets
from jetexplore.anomaly import samples
from jetexplore.distances import matrices
from jetexplore.distances.metrics import METRICS
from jetexplore.files import digest

BLOCK = 1 << 14  # pairs between two looks at whether it is still wanted: about a tenth of a second on one core
MOST = 16  # lists of 499,500 pairs that are remembered, 2 MB each

_kept: OrderedDict[str, np.ndarray] = OrderedDict()
_lock = threading.Lock()
_computing: dict[str, threading.Lock] = {}


class Stopped(Exception):  # noqa: N818  nothing went wrong
    """The result is no longer wanted."""


def pairs(
    name: str = "QCD", metric: str = "Wass(1)", source: str = "sample", n: int = samples.N_PAIRED,
    wanted: Callable[[float], bool] | None = None,
) -> np.ndarray:  # fmt: skip
    """Distances of all distinct pairs of the first n test jets of a class, by any metric of images.

    Parameters
    ----------
    name, metric, source, n
        As in ``samples.pairs``; the metric may have any p, such as ``"Wass(1.3)"``.
    wanted : callable, optional
        Takes the fraction that is done, before each block; if it gives False the computation stops.

    Returns
    -------
    ndarray, shape (n (n - 1) / 2,), float32
        In the order of ``numpy.triu_indices(n, 1)``; read-only.

    Raises
    ------
    Stopped
        If it is no longer wanted.
    InputError
        For unknown names.

    Examples
    --------
    >>> pairs("QCD", "Wass(1.3)", n=3).shape
    (3,)
    """
    if metric in METRICS:
        return samples.pairs(name, metric, source, n)
    some = samples.of_class(name, source)[:n]
    key = _key(name, metric, source, n)
    with _lock:
        turn = _computing.setdefault(key, threading.Lock())
    with turn:  # another thread may be at the very same
        found = _remembered(key)
        if found is None:
            found = in_blocks(some, metric, wanted).astype(np.float32)
            found.setflags(write=False)
            _remember(key, found)
    return found


def known(name: str, metric: str, source: str = "sample", n: int = samples.N_PAIRED) -> bool:
    """Tell whether distances are there at once.

    Parameters
    ----------
    name, metric, source, n
        As in `pairs`.

    Returns
    -------
    bool
        True for a metric of `METRICS`, which is kept in a file or computed as a whole.

    Examples
    --------
    >>> known("QCD", "Wass(1)"), known("QCD", "Wass(1.2345)")
    (True, False)
    """
    if metric in METRICS:
        return True
    return _remembered(_key(name, metric, source, n)) is not None


def in_blocks(
    images: np.ndarray, metric: str, wanted: Callable[[float], bool] | None = None, block: int = BLOCK
) -> np.ndarray:
    """Distances of all distinct pairs as ``distances.condensed`` gives them, in blocks that can be stopped between.

    Parameters
    ----------
    images : ndarray, shape (n, npix, npix)
        Images.
    metric : str
        Metric of images.
    wanted : callable, optional
        As in `pairs`.
    block : int
        Pairs of a block; the result does not depend on it.

    Returns
    -------
    ndarray, shape (n (n - 1) / 2,)
        Distances.

    Raises
    ------
    Stopped
        If it is no longer wanted.
    InputError
        Those of the metric.

    Examples
    --------
    >>> x = np.zeros((3, 40, 40))
    >>> x[0, 20, 20] = x[1, 20, 25] = x[2, 20, 30] = 1.0
    >>> in_blocks(x, "Wass(1.3)", block=1).round(6).tolist()
    [0.4, 0.8, 0.4]
    """
    first, second = np.triu_indices(len(images), 1)
    both = matrices.sides(images, images, metric)
    out = np.empty(len(first))
    for low in range(0, len(out), block):
        if wanted is not None and not wanted(low / len(out)):
            raise Stopped
        i, j = first[low : low + block], second[low : low + block]
        out[low : low + block] = both.solve(i[0], i[-1] + 1, i - i[0], j)
    return out


def _key(name: str, metric: str, source: str, n: int) -> str:
    return digest(jets.provenance(source).key, name, metric, min(n, len(samples.of_class(name, source))))


def _remembered(key: str) -> np.ndarray | None:
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
        return _kept.get(key)


def _remember(key: str, found: np.ndarray) -> None:
    with _lock:
        _kept[key] = found
        while len(_kept) > MOST:
            _kept.popitem(last=False)
