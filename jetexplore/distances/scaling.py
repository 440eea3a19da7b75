"""How does the cost grow? With the pixels, with the jets, with references, threads and tiles."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jetexplore.distances import peers
from jetexplore.distances.benchmark import Timing, interleaved
from jetexplore.distances.cases import POWERS, all_pairs, image_cases
from jetexplore.distances.matrices import condensed, cross, pairwise
from jetexplore.distances.nearest import Neighbours, nearest
from jetexplore.distances.references import medoids

if TYPE_CHECKING:
    from distributed import Client

METRIC = "Wass(1)"


def by_references(
    images: np.ndarray, references: np.ndarray, *, k: Sequence[int] = (3, 7, 20), powers: Sequence[float] = POWERS,
    rounds: int = 5, progress: bool = False,
) -> list[dict]:  # fmt: skip
    """Time the search of the nearest of k medoids against solving all pairs, one thread, processor time.

    Parameters
    ----------
    images : ndarray, shape (n, npix, npix)
        Events.
    references : ndarray, shape (m, npix, npix)
        Jets of which medoids are taken, before the clock runs.
    k : sequence of int
        Numbers of medoids.
    powers : sequence of float
        Powers p of the distance.
    rounds : int
        Rounds in which all take turns.
    progress : bool
        Show a progress bar.

    Returns
    -------
    list of dict
        ``p``, ``k``, ``wanted`` ("min", and for p = 1 also "argmin"), ``events``, ``solved`` (part of the pairs solved
        exactly), ``us`` an event (median; ``us_min``), ``us_brute``, ``ratio``, ``different`` (events whose result is
        not bit for bit that of all pairs).
    """
    methods, keys = {}, []
    for p in powers:
        metric = f"Wass({p:g})"
        distance = pairwise(references, metric)
        for some in k:
            chosen = references[medoids(distance, some).indices]
            methods[p, some, "brute"] = partial(cross, images, chosen, metric, threads=1)
            for wanted in ("min", "argmin") if p == 1 else ("min",):
                only = wanted == "argmin"
                methods[p, some, wanted] = partial(nearest, images, chosen, metric, which_only=only, threads=1)
                keys.append((p, some, wanted))
    timed = interleaved(methods, rounds, progress=progress, title="nearest")
    return [_reference_row(len(images), *key, timed[key], timed[*key[:2], "brute"]) for key in keys]


def by_threads(images: np.ndarray, *, counts: Sequence[int], rounds: int = 5, progress: bool = False) -> list[dict]:
    """Time all pairs of images with more and more threads, by the clock on the wall.

    Parameters
    ----------
    images : ndarray, shape (n, npix, npix)
        Enough for a second of work.
    counts : sequence of int
        Numbers of threads, the first of them for comparison.
    rounds : int
        Rounds in which all take turns.
    progress : bool
        Show a progress bar.

    Returns
    -------
    list of dict
        ``threads``, ``pairs``, ``s`` (median; ``s_min``), ``speedup`` over the first.
    """
    methods = {n: partial(condensed, images, METRIC, threads=n) for n in counts}
    timed = interleaved(methods, rounds, clock=time.perf_counter, progress=progress, title="threads")
    first, pairs = timed[counts[0]], len(images) * (len(images) - 1) // 2
    return [
        {"threads": n, "pairs": pairs, "s": some.median, "s_min": some.least, "speedup": first.median / some.median}
        for n, some in timed.items()
    ]


def by_pixels(
    sizes: Sequence[int], *, powers: Sequence[float] = (1.0, 2.0), npix: int = 40, width: float = 3.2,
    rounds: int = 5, seed: int = 0, progress: bool = False,
) -> list[dict]:  # fmt: skip
    """Time pairs of images with more and more non-zero pixels at random places, one thread, processor time.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of pixels.
    powers : sequence of float
        Powers p of the distance.
    npix : int
        Pixels along a side.
    width : float
        Side of an image, rad.
    rounds : int
        Rounds in which all take turns.
    seed : int
        Draws the images.
    progress : bool
        Show a progress bar.

    Returns
    -------
    list of dict
        ``pixels``, ``p``, ``pairs``, ``us`` a pair (median; ``us_min``), ``us_emd2``, ``us_emd_c``, their ratios.
    """
    rng, methods, keys = np.random.default_rng(seed), {}, []
    for size in sizes:
        n = 10 if size < 400 else 3  # 45 pairs, or 3 that take peers a second each
        images = np.zeros((n, npix * npix))
        for image in images:
            image[rng.choice(npix * npix, size, replace=False)] = rng.exponential(size=size)
        for case in image_cases(str(size), images.reshape(n, npix, npix), powers=powers, width=width):
            i, j = all_pairs(case)
            key = size, case.p, len(i)
            keys.append(key)
            methods[key, ""] = partial(case.ours, i, j)
            methods[key, "_emd2"] = partial(peers.each, peers.emd2, case.x, case.x, i, j, case.arcs)
            methods[key, "_emd_c"] = partial(peers.each, peers.emd_c, case.x, case.x, i, j, case.fast_arcs)
    timed, rows = interleaved(methods, rounds, progress=progress, title="pixels"), []
    for key in keys:
        row = dict(zip(("pixels", "p", "pairs"), key, strict=True))
        for peer in ("", "_emd2", "_emd_c"):
            some = timed[key, peer]
            row |= {f"us{peer}": some.median / key[2] * 1e6, f"us{peer}_min": some.least / key[2] * 1e6}
            if peer:
                row[f"ratio{peer}"] = some.median / timed[key, ""].median
        rows.append(row)
    return rows


def by_jets(
    images: np.ndarray, numbers: Sequence[int], *, most: int = 200, counts: Sequence[int] = (1,), rounds: int = 5,
    progress: bool = False,
) -> list[dict]:  # fmt: skip
    """Time all pairs of more and more images, by the clock on the wall.

    Parameters
    ----------
    images : ndarray, shape (n, npix, npix)
        The jets.
    numbers : sequence of int
        How many of them are taken.
    most : int
        Peers are asked for all pairs of at most so many.
    counts : sequence of int
        Numbers of threads; peers have one.
    rounds : int
        Rounds in which all take turns.
    progress : bool
        Show a progress bar.

    Returns
    -------
    list of dict
        ``jets``, ``pairs``, ``method`` ("jetexplore", "ot.emd2" or "wasserstein"), ``threads``, ``s`` (median;
        ``s_min``).
    """
    methods = {}
    for n in numbers:
        for many in counts:
            methods[n, "jetexplore", many] = partial(condensed, images[:n], METRIC, threads=many)
        if n <= most:
            (case,) = image_cases("", images[:n], powers=(1,))
            methods[n, "ot.emd2", 1] = partial(peers.each, peers.emd2, case.x, case.x, *all_pairs(case), case.arcs)
            if not peers.wasserstein_missing():
                methods[n, "wasserstein", 1] = peers.wasserstein_costs(case.x, None, 1)
    timed = interleaved(methods, rounds, clock=time.perf_counter, progress=progress, title="jets")
    return [
        {"jets": n, "pairs": n * (n - 1) // 2, "method": method, "threads": many, "s": some.median, "s_min": some.least}
        for (n, method, many), some in timed.items()
    ]


def by_tiles(
    images: np.ndarray, sizes: Sequence[int], *, workers: int | None = None, rounds: int = 3, progress: bool = False
) -> list[dict]:
    """Time all pairs in tiles, by a Dask cluster on this machine and by threads, against all pairs in memory.

    Parameters
    ----------
    images : ndarray, shape (n, npix, npix)
        The jets.
    sizes : sequence of int
        Rows of a tile.
    workers : int, optional
        Processes of one thread, and threads; default: as many as processors.
    rounds : int
        Rounds in which all take turns.
    progress : bool
        Show a progress bar.

    Returns
    -------
    list of dict
        ``way`` ("cluster start" until each worker has computed some pairs, "memory", "threads", "dask"), ``tile``,
        ``tiles``, ``s`` on the wall (median; ``s_min``), ``cpu`` (processor time of all processes, s), ``overhead``
        (wall time over that of memory, less one).
    """
    from distributed import Client, LocalCluster

    workers, start = workers or os.cpu_count() or 1, time.perf_counter()
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
        tempfile.TemporaryDirectory() as folder,
    ):
        client.run(condensed, images[:20], METRIC, threads=1)  # imports and compiled code
        started = time.perf_counter() - start
        ways = {("memory", None): partial(condensed, images, METRIC, threads=workers)}
        for size in sizes:
            ways["threads", size] = partial(_stored, images, folder, size, threads=workers)
            ways["dask", size] = partial(_stored, images, folder, size, client=client)
        cpu = {key: [] for key in ways}
        methods = {key: partial(_clocked, way, client, cpu[key]) for key, way in ways.items()}
        timed = interleaved(methods, rounds, clock=time.perf_counter, progress=progress, title="tiles")
    memory = timed["memory", None].median
    rows = [{"way": "cluster start", "tile": None, "tiles": None, "s": started, "s_min": started, "cpu": None,
             "overhead": None}]  # fmt: skip
    for (way, size), some in timed.items():
        blocks = size and -(-len(images) // size)
        rows.append({
            "way": way, "tile": size, "tiles": size and blocks * (blocks + 1) // 2, "s": some.median,
            "s_min": some.least, "cpu": float(np.median(cpu[way, size][-rounds:])),
            "overhead": some.median / memory - 1,
        })  # fmt: skip
    return rows


def _reference_row(n: int, p: float, k: int, wanted: str, some: Timing, brute: Timing) -> dict:
    found, table = some.result, brute.result
    assert isinstance(found, Neighbours)
    which = wanted == "argmin"
    same = found.index[:, 0] == table.argmin(1) if which else found.distance[:, 0] == table.min(1)
    return {
        "p": p, "k": k, "wanted": wanted, "events": n, "solved": found.solved / found.pairs,
        "us": some.median / n * 1e6, "us_min": some.least / n * 1e6, "us_brute": brute.median / n * 1e6,
        "ratio": brute.median / some.median, "different": int((~same).sum()),
    }  # fmt: skip


def _stored(images: np.ndarray, folder: str, size: int, **options: Any) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        pairwise(images, METRIC, out=Path(place) / "all.zarr", tile=size, **options)


def _clocked(way: partial, client: Client, spent: list[float]) -> None:
    before = time.process_time() + sum(client.run(time.process_time).values())
    way()
    spent.append(time.process_time() + sum(client.run(time.process_time).values()) - before)
