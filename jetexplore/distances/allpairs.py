"""How are all pairs of very many jets made? Tile by tile into a folder, by threads or by a cluster, ever resumable.

A tile is a pure function of the folder's manifest and its place; so it comes out the same bytes wherever it is made,
and a run that was stopped in any way goes on where it was. `store` tells what lies in the folder, `tiles` reads it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jetexplore.distances import compilation, inputs
from jetexplore.distances import store as folders
from jetexplore.distances.folder import room
from jetexplore.distances.store import Store
from jetexplore.distances.tiles import Summary, summary
from jetexplore.errors import InputError, choose
from jetexplore.jets.constituents import Jets

if TYPE_CHECKING:
    from distributed import Client

    from jetexplore.distances.metrics import Metric

SCHEMA = 1  # of the store; raise it when the same request gives other bytes
TILE = 1024  # rows of a tile: some seconds of work, 8 MB
PAIRS = 1 << 18  # pairs in one call of the metric


def write(
    x: np.ndarray | Jets, name: str, metric: Metric, path: str | Path, *, client: Client | None = None,
    tile: int = TILE, progress: bool = False, threads: int | None = None, **options: Any,
) -> Summary:  # fmt: skip
    """Compute what is missing of a store of all pairs; `pairwise` with ``out`` comes here.

    Parameters
    ----------
    x : ndarray, shape (n, npix, npix), or Jets
        At least two.
    name : str
        Of the metric.
    metric : Metric
        The metric.
    path : str or pathlib.Path
        The folder; made if missing, gone on with if it holds the same request.
    client : distributed.Client, optional
        A cluster whose workers see the folder; by default threads of this process.
    tile : int
        Rows and columns of a tile.
    progress : bool
        Show a progress bar.
    threads : int, optional
        Threads for one tile; on a cluster 1 by default.
    **options
        Passed on to the metric.

    Returns
    -------
    Summary
        Of the finished store.

    Raises
    ------
    InputError
        As `pairwise`.
    ChildProcessError
        If workers of the cluster died again and again.

    Notes
    -----
    One process writes to a folder: a second one is told ``E_LOCKED`` and by whom. Bits can differ between
    processors of different make, whose vector instructions add in another order: use like machines in one cluster.
    """
    if client is not None:
        _check_client(client)
        threads = 1 if threads is None else threads
    sharing = {"threads": threads} if threads is not None and "threads" in _named(metric) else {}
    wanted, arrays = _request(x, name, metric, path, tile, options, sharing)
    with folders.opened(wanted) as place:
        inputs.keep(place, arrays)
        missing = [at for at in place.grid() if folders.verified(place, *at) is None]
        room(place.path, len(missing) * (8 * place.tile**2 + 8192))
        make = partial(make_tile, place, metric, {**options, **sharing})
        made = (make(*at) for at in missing) if client is None else _spread(client, make, missing)
        _follow(place, missing, made, progress)
        found = summary(place.path, check=False)
    if found.done < found.total:
        where = f"{found.total - found.done} of {found.total} tiles that workers wrote elsewhere"
        raise InputError("E_FOLDER", where, "a folder that all workers see", where=str(path))
    return found


def make_tile(place: Store, metric: Metric, options: Mapping, a: int, b: int) -> int:
    """Compute and write one tile, a pure function of the manifest.

    Parameters
    ----------
    place : Store
        The store.
    metric : Metric
        The metric of its manifest.
    options : mapping
        The metric's options, and its ``threads``, on which the tile does not depend.
    a, b : int
        Blocks of rows and columns, a <= b.

    Returns
    -------
    int
        Number of pairs.
    """
    if metric.certified is not None:
        compilation.wait(
            "clouds" if metric.inputs == "jets" else "images"
        )  # meanwhile POT would solve the first pairs, to other last bits
    jets = inputs.known(place.path, place.manifest["inputs"])
    x = inputs.part(jets, *place.block(a))
    y = x if a == b else inputs.part(jets, *place.block(b))
    values, facts = _distances(metric, x, y, options)
    folders.write_tile(place, a, b, values, facts)
    return facts["pairs"]


def parameters(metric: Metric) -> dict:
    """Give the options that change a metric's distances, with their defaults.

    Parameters
    ----------
    metric : Metric
        The metric.

    Returns
    -------
    dict
        Name to default.

    Examples
    --------
    >>> from jetexplore.distances.metrics import METRICS
    >>> parameters(METRICS["Wass(2)"])
    {'p': 2, 'width': 3.2, 'periodic': False}
    """
    return {name: some.default for name, some in _named(metric).items() if name not in {"threads", "certified"}}


def _named(metric: Metric) -> dict[str, inspect.Parameter]:
    return dict(list(inspect.signature(metric.distance).parameters.items())[4:])  # after x, y, i, j


def _request(
    x: np.ndarray | Jets, name: str, metric: Metric, path: str | Path, tile: int, options: dict, sharing: dict
) -> tuple[Store, dict[str, np.ndarray]]:
    if not isinstance(tile, int | np.integer) or isinstance(tile, bool) or tile < 1:
        raise InputError("E_RANGE_TILE", f"tile = {tile!r}", "a whole number >= 1")
    if len(x) < 2:
        raise InputError("E_SHAPE", f"{len(x)} jets", "at least two")
    known = parameters(metric)
    for option in options:
        choose(f"option of {name}", option, known, "E_OPTION")
    none = np.zeros(0, np.int64)
    metric.distance(x[:1], x[:1], none, none, **options, **sharing)  # refuses options before a folder is made
    arrays = inputs.packed(x)
    manifest = {
        "schema": SCHEMA,
        "jetexplore": version("jetexplore"),
        "metric": name,
        "options": {option: _plain(options.get(option, default)) for option, default in known.items()},
        "n": len(x),
        "tile": min(int(tile), len(x)),
        "inputs": inputs.fingerprint(arrays),
    }
    return folders.store(Path(path).absolute(), manifest), arrays  # workers may run in another folder


def _plain(value: object) -> object:
    if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
        return float(value)  # so that 1 and 1.0 are the same request
    return value if isinstance(value, bool | str | None) else repr(value)


def _distances(metric: Metric, x: np.ndarray | Jets, y: np.ndarray | Jets, options: Mapping) -> tuple[np.ndarray, dict]:
    # A tile, some rows at a time; on the diagonal each distinct pair once, as in `condensed`
    out = np.zeros((len(x), len(y)))
    pairs, gap, error, pivots, most, fallbacks = 0, 0.0, 0.0, 0, 0, 0
    step = max(1, PAIRS // len(y))
    for lo in range(0, len(x), step):
        hi = min(lo + step, len(x))
        i, j = np.triu_indices(hi - lo, 1 + lo, len(y)) if x is y else np.indices((hi - lo, len(y))).reshape(2, -1)
        i = i + lo
        pairs += len(i)
        if metric.certified is None:
            out[i, j] = metric.distance(x, y, i, j, **options)
        else:
            found = metric.certified(x, y, i, j, **options)
            out[i, j] = found.distance
            gap, error = max(gap, found.gap.max(initial=0.0)), max(error, found.error.max(initial=0.0))
            pivots, most = pivots + int(found.pivots.sum()), max(most, int(found.pivots.max(initial=0)))
            fallbacks += found.fallbacks
        if x is y:
            out[j, i] = out[i, j]
    facts = {"gap": float(gap), "error": float(error), "pivots": pivots, "most_pivots": most, "fallbacks": fallbacks}
    return out, {"pairs": pairs, **(dict.fromkeys(facts) if metric.certified is None else facts)}


def _check_client(client: object) -> None:
    try:
        from distributed import Client
    except ImportError as error:
        found = "a cluster, but distributed is not installed"
        raise InputError("E_CLIENT", found, "pip install 'jetexplore[distributed]'") from error
    if not isinstance(client, Client) or client.asynchronous:
        raise InputError("E_CLIENT", f"a client of {type(client).__name__}", "a distributed.Client")


def _spread(client: Client, make: Callable, missing: list[tuple[int, int]]) -> Iterator[int]:
    from concurrent.futures import CancelledError

    from distributed import KilledWorker, as_completed

    futures = [client.submit(make, a, b, pure=False) for a, b in missing]
    try:
        for future in as_completed(futures):
            yield future.result()
    except (KilledWorker, CancelledError) as error:
        message = f"the cluster was lost, perhaps for want of memory; finished tiles are kept ({error})"
        raise ChildProcessError(message) from error
    finally:
        client.cancel(futures)  # a tile in work may still end, whole or not at all


def _follow(place: Store, missing: list[tuple[int, int]], made: Iterable[int], progress: bool) -> None:
    if not progress:  # even a silent bar takes a lock that forked processes share, and a killed one keeps
        for _ in made:
            pass
        return
    from tqdm.auto import tqdm

    total = place.n * (place.n - 1) // 2
    done = total - sum(_pairs(place, *at) for at in missing)
    with tqdm(total=total, initial=done, unit="pair", unit_scale=True) as bar:
        for pairs in made:
            bar.update(pairs)


def _pairs(place: Store, a: int, b: int) -> int:
    rows, columns = (last - first for first, last in (place.block(a), place.block(b)))
    return rows * (rows - 1) // 2 if a == b else rows * columns
