"""How far apart are many jets? Distances of pairs, of all with all, of each from the nearest, by any metric's name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from jetexplore.distances import checks, imagepairs, search, transport
from jetexplore.distances.imagepairs import ImagePairs
from jetexplore.distances.metrics import metric as metric_of
from jetexplore.errors import InputError, choose
from jetexplore.jets.constituents import Jets

if TYPE_CHECKING:
    from pathlib import Path

    from distributed import Client

    from jetexplore.distances.tiles import Summary
    from jetexplore.distances.transport import ImagePlan

PAIRS = 1 << 18  # pairs solved before progress is told
REDUCE: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "min": lambda distances: distances.min(axis=1),
    "argmin": lambda distances: distances.argmin(axis=1),
    "sum": lambda distances: distances.sum(axis=1),
}


class Sides(NamedTuple):
    """Two stacks of jets, checked and made ready for a metric once."""

    n: int
    m: int
    solve: Callable  # (first, last, i, j) -> distances of x[first:last][i], y[j]
    pairs: ImagePairs | None  # what bounds are taken of, if the metric has any


def paired(
    x: np.ndarray | Jets, y: np.ndarray | Jets, metric: str, *, progress: bool = False, **options: Any
) -> np.ndarray:
    """Distance of each jet in ``x`` from the jet at the same place in ``y``.

    Parameters
    ----------
    x, y : ndarray, shape (n, npix, npix), or Jets
        As many jets in each, as images or constituents, whatever the metric takes. One image without the
        first axis counts as a stack of one.
    metric : str
        A name that `metric` knows.
    progress : bool
        Show a progress bar.
    **options
        Passed on to the metric: ``width``, ``R``, ``threads`` ...

    Returns
    -------
    ndarray, shape (n,)
        Distances.

    Raises
    ------
    InputError
        ``E_METRIC``, ``E_OPTION``, ``E_SHAPE`` and those of the metric.

    Examples
    --------
    >>> x = np.zeros((2, 40, 40))
    >>> x[0, 20, 20], x[1, 20, 25] = 1.0, 1.0
    >>> paired(x, x[[1, 1]], "Wass(1)").round(6).tolist()
    [0.4, 0.0]
    """
    x, y, distance = _sides(x, y, metric, options)
    if len(x) != len(y):
        raise InputError("E_SHAPE", f"{len(x)} and {len(y)} jets", "as many in both")
    out = np.empty(len(x))
    for lo, hi in _blocks(np.ones(len(x)), progress):
        index = np.arange(hi - lo)
        out[lo:hi] = distance(x[lo:hi], y[lo:hi], index, index, **options)
    return out


def cross(
    x: np.ndarray | Jets, y: np.ndarray | Jets, metric: str, *, reduce: str | None = None, progress: bool = False,
    **options: Any,
) -> np.ndarray:  # fmt: skip
    """Distance of every jet in ``x`` from every jet in ``y``, or from the nearest of them, or from all together.

    Parameters
    ----------
    x, y : ndarray, shape (n, npix, npix), (m, npix, npix), or Jets
        Images or constituents, whatever the metric takes. One image without the first axis, such as an average,
        counts as a stack of one.
    metric : str
        A name that `metric` knows.
    reduce : {"min", "argmin", "sum"}, optional
        What is wanted of each row, bit for bit that of the whole table, which is never stored. The nearest is found
        without most of the distances where the metric has bounds (`nearest` tells how many were computed).
    progress : bool
        Show a progress bar.
    **options
        Passed on to the metric: ``width``, ``R``, ``threads`` ...

    Returns
    -------
    ndarray, shape (n, m), or (n,) if reduced
        Distances; indices for ``"argmin"``, the first of equally near ones.

    Raises
    ------
    InputError
        ``E_METRIC``, ``E_OPTION``, ``E_REDUCE``, ``E_EMPTY`` for the nearest of no jets, and those of the metric.

    Examples
    --------
    >>> x = np.zeros((2, 40, 40))
    >>> x[0, 20, 20], x[1, 20, 25] = 1.0, 1.0
    >>> cross(x, x[0], "Wass(1)").round(6).tolist()
    [[0.0], [0.4]]
    >>> cross(x, x, "Wass(1)", reduce="argmin").tolist()
    [0, 1]
    """
    if reduce is not None:
        choose("reduction", reduce, REDUCE, "E_REDUCE")
    both = sides(x, y, metric, **options)
    if reduce in ("min", "argmin"):
        if both.m == 0:
            raise InputError("E_EMPTY", "no jets to be near to", "at least one")
        if both.pairs is not None and both.m > 1:
            steps = search.search(both.pairs, 1, values=reduce == "min")
            found = search.gathered(steps, both.n, both.m, 1, progress)
            return (found.distance if reduce == "min" else found.index)[:, 0]
    out = np.empty((both.n, both.m) if reduce is None else both.n, np.intp if reduce == "argmin" else np.float64)
    for lo, hi in _blocks(np.full(both.n, both.m), progress):
        i, j = np.divmod(np.arange((hi - lo) * both.m), max(both.m, 1))
        distance = both.solve(lo, hi, i, j).reshape(hi - lo, both.m)
        out[lo:hi] = distance if reduce is None else REDUCE[reduce](distance)
    return out


def sides(x: np.ndarray | Jets, y: np.ndarray | Jets, metric: str, **options: Any) -> Sides:
    """Check two stacks of jets against a metric and make them ready for it, once for all their pairs.

    Parameters
    ----------
    x, y : ndarray, shape (n, npix, npix), (m, npix, npix), or Jets
        As in `cross`.
    metric : str
        A name that `metric` knows.
    **options
        Passed on to the metric.

    Returns
    -------
    Sides
        How pairs of them are solved.

    Raises
    ------
    InputError
        ``E_METRIC``, ``E_OPTION`` and those of the metric.
    """
    x, y, distance = _sides(x, y, metric, options)
    chosen = metric_of(metric)
    if chosen.pairs is None:
        return Sides(len(x), len(y), lambda lo, hi, i, j: distance(x[lo:hi], y, i, j, **options), None)
    pairs = chosen.pairs(x, y, **options)

    def solve(lo: int, hi: int, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        return imagepairs.distances(imagepairs.rows(pairs, np.arange(lo, hi)), i, j)

    return Sides(len(x), len(y), solve, pairs)


def condensed(x: np.ndarray | Jets, metric: str, *, progress: bool = False, **options: Any) -> np.ndarray:
    """Distances of all distinct pairs, in the order of ``np.triu_indices(n, 1)`` and of scipy's ``pdist``.

    Parameters
    ----------
    x : ndarray, shape (n, npix, npix), or Jets
        Images or constituents, whatever the metric takes.
    metric : str
        A name that `metric` knows.
    progress : bool
        Show a progress bar.
    **options
        Passed on to the metric: ``width``, ``R``, ``threads`` ...

    Returns
    -------
    ndarray, shape (n * (n - 1) / 2,)
        Distances.

    Raises
    ------
    InputError
        ``E_METRIC``, ``E_OPTION`` and those of the metric.

    Examples
    --------
    >>> x = np.zeros((3, 40, 40))
    >>> x[0, 20, 20] = x[1, 20, 25] = x[2, 20, 30] = 1.0
    >>> condensed(x, "Wass(1)").round(6).tolist()
    [0.4, 0.8, 0.4]
    """
    x, _, distance = _sides(x, x, metric, options, single=False)
    n, at = len(x), 0
    out = np.empty(n * (n - 1) // 2)
    for lo, hi in _blocks(np.arange(n - 1, -1, -1), progress):
        i, j = np.triu_indices(hi - lo, 1, n - lo)
        rest = x[lo:]
        out[at : at + len(i)] = distance(rest, rest, i, j, **options)
        at += len(i)
    return out


def pairwise(
    x: np.ndarray | Jets, metric: str, *, out: str | Path | None = None, client: Client | None = None,
    tile: int = 1024, progress: bool = False, **options: Any,
) -> np.ndarray | Summary:  # fmt: skip
    """Distances of all pairs; each distinct pair is computed once.

    With ``out`` they go tile by tile into a folder and need not fit into memory; what was stopped in any way goes on
    where it was when the same is called again. `jetexplore.distances.tiles` reads them.

    Parameters
    ----------
    x : ndarray, shape (n, npix, npix), or Jets
        Images or constituents, whatever the metric takes.
    metric : str
        A name that `metric` knows.
    out : str or pathlib.Path, optional
        A folder for the distances; a zarr array of the upper triangle.
    client : distributed.Client, optional
        A Dask cluster that computes the tiles, one thread each unless ``threads`` says otherwise; its workers must
        see the folder. By default threads of this process.
    tile : int
        Rows and columns of a tile of the folder. The distances do not depend on it.
    progress : bool
        Show a progress bar.
    **options
        Passed on to the metric: ``width``, ``R``, ``threads`` ...

    Returns
    -------
    ndarray, shape (n, n), or Summary
        Distances, symmetric, zero on the diagonal; with ``out`` the `Summary` of the finished folder.

    Raises
    ------
    InputError
        ``E_METRIC``, ``E_OPTION`` and those of the metric; with ``out`` also ``E_RANGE_TILE``, ``E_CLIENT``,
        ``E_FOLDER`` if nothing can be written there, ``E_LOCKED`` if another process is at work there, ``E_VERSION``
        if it holds other distances, ``E_DISK`` if the disk is full.
    ChildProcessError
        If the cluster was lost.

    Examples
    --------
    >>> x = np.zeros((2, 40, 40))
    >>> x[0, 20, 20], x[1, 20, 25] = 1.0, 1.0
    >>> pairwise(x, "MSE").tolist()
    [[0.0, 0.00125], [0.00125, 0.0]]
    """
    if out is not None:
        from jetexplore.distances import allpairs

        x = _sides(x, x, metric, {}, single=False)[0]
        return allpairs.write(x, metric, metric_of(metric), out, client=client, tile=tile, progress=progress, **options)
    if client is not None:
        raise InputError("E_CLIENT", "a cluster but no folder", "out=, a folder that all its workers see")
    values = condensed(x, metric, progress=progress, **options)
    n, at = len(x), 0
    out = np.zeros((n, n))
    for i in range(n):  # row by row: the indices of all pairs would take more memory than their distances
        out[i, i + 1 :] = out[i + 1 :, i] = values[at : at + n - 1 - i]
        at += n - 1 - i
    return out


def optimal_plan(x1: np.ndarray, x2: np.ndarray, metric: str = "Wass(1)", **options: Any) -> ImagePlan:
    """Optimal plan that turns one image into another.

    Parameters
    ----------
    x1, x2 : ndarray, shape (npix, npix) or (1, npix, npix)
        Images.
    metric : str
        A ``"Wass(p)"``.
    **options
        ``width`` of the image, rad.

    Returns
    -------
    ImagePlan
        Arcs between pixels with their flow; ``distance`` is the distance of the pair.

    Raises
    ------
    InputError
        ``E_METRIC`` if the metric has no plan between images, and those of `wasserstein`.

    Examples
    --------
    >>> x = np.zeros((2, 40, 40))
    >>> x[0, 20, 20], x[1, 20, 25] = 1.0, 1.0
    >>> optimal_plan(x[0], x[1]).flow.tolist()
    [1.0]
    """
    chosen = getattr(metric_of(metric).distance, "keywords", {})
    if "p" not in chosen:
        raise InputError("E_METRIC", f"no plan between images for {metric!r}", "Wass(p) with p > 0")
    return transport.image_plan(x1, x2, **chosen, **options)


def _sides(x: object, y: object, name: str, options: dict, single: bool = True) -> tuple[object, object, Callable]:
    chosen = metric_of(name)
    known = dict(list(inspect.signature(chosen.distance).parameters.items())[4:])  # after x, y, i, j
    if all(one.kind is not inspect.Parameter.VAR_KEYWORD for one in known.values()):
        fixed = {"certified", *getattr(chosen.distance, "keywords", {})}
        for option in options:
            choose(f"option of {name}", option, [one for one in known if one not in fixed], "E_OPTION")
    if chosen.inputs == "jets":
        checks.jets(x, y, name)
        return x, y, chosen.distance
    if isinstance(x, Jets) or isinstance(y, Jets):
        raise InputError("E_INPUTS", "Jets", "images (n, npix, npix), as jets.images makes them", where=name)
    x, y = checks.images(x, y, single)
    return x, y, chosen.distance


def _blocks(pairs: np.ndarray, progress: bool) -> Iterable[tuple[int, int]]:
    # Ranges of jets with about `PAIRS` pairs each
    ends = np.cumsum(pairs)
    cuts = np.unique(np.searchsorted(ends, np.arange(PAIRS, ends[-1], PAIRS)) if len(ends) else [])
    edges = np.unique(np.concatenate([[0], cuts, [len(pairs)]])).astype(int)
    blocks = list(zip(edges[:-1], edges[1:], strict=True))
    return _told(blocks, pairs) if progress else blocks


def _told(blocks: list[tuple[int, int]], pairs: np.ndarray) -> Iterator[tuple[int, int]]:
    from tqdm.auto import tqdm

    with tqdm(total=int(pairs.sum()), unit="pair", unit_scale=True) as bar:
        for lo, hi in blocks:
            yield lo, hi
            bar.update(int(pairs[lo:hi].sum()))
