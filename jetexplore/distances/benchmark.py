"""How fast and how exact is the transport kernel? Timed against POT, pair by pair, on the same images."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from jetexplore.distances import problems, transport
from jetexplore.distances.transport import Supports
from jetexplore.errors import InputError


def benchmark_transport(
    images: np.ndarray, references: np.ndarray | None = None, *, powers: Sequence[float] = (0.5, 1, 2, 5),
    n_pairs: int = 1225, rounds: int = 5, width: float = 3.2, seed: int = 0,
) -> list[dict]:  # fmt: skip
    """Time the kernel against a loop over ``ot.emd2`` and over POT's bare solver, one thread, interleaved.

    Parameters
    ----------
    images : ndarray, shape (n, npix, npix)
        At least two images.
    references : ndarray, shape (m, npix, npix), optional
        Second image of each pair, such as an average; default: other ``images``.
    powers : sequence of float
        Powers p of the distance.
    n_pairs : int
        Pairs drawn at random and timed by every method.
    rounds : int
        Rounds in which the methods take turns; the median counts.
    width : float
        Side of an image, rad.
    seed : int
        Draws the pairs.

    Returns
    -------
    list of dict
        One row a power: ``p``, ``pixels`` (mean number on each side), ``us`` (processor time a pair in
        microseconds), ``us_emd2``, ``us_emd_c``, ``ratio_emd2``, ``ratio_emd_c``, ``error`` (largest relative
        difference from POT in W_p^p), ``gap`` (largest relative gap between cost and dual), ``pivots`` (mean),
        ``fallbacks``, ``pairs``.

    Raises
    ------
    InputError
        ``E_SHAPE`` if there are no pairs.

    Notes
    -----
    Both loops use only non-zero pixels. ``ot.emd2`` is used as its users do, with costs from
    ``scipy.spatial.distance.cdist``; the bare solver reads them from a table as the kernel does. Compilation
    and imports happen before anything is timed.
    """
    others = images if references is None else references
    if len(images) < 1 or len(others) < (2 if references is None else 1):
        raise InputError("E_SHAPE", f"{len(images)} and {len(others)} images", "two images or one and a reference")
    x, y = transport.supports(images), transport.supports(others)
    i, j = _draw(len(images), None if references is None else len(others), n_pairs, seed)
    npix = images.shape[-1]
    return [_row(x, y, i, j, p, width / npix, npix, rounds) for p in powers]


def _draw(n: int, m: int | None, n_pairs: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    i = rng.integers(0, n, n_pairs)
    if m is None:
        return i, (i + rng.integers(1, n, n_pairs)) % n  # never an image with itself
    return i, rng.integers(0, m, n_pairs)


def _row(
    x: Supports, y: Supports, i: np.ndarray, j: np.ndarray, p: float, pitch: float, npix: int, rounds: int
) -> dict:
    methods: dict[str, Callable] = {
        "us": lambda: transport.transport_costs(x, y, i, j, p, pitch, npix, threads=1),
        "us_emd2": lambda: _loop(_emd2, x, y, i, j, p, pitch, npix),
        "us_emd_c": lambda: _loop(_emd_c, x, y, i, j, p, pitch, npix),
    }
    _loop(_emd2, x, y, i[:1], j[:1], p, pitch, npix)
    results, times = {"us": methods["us"]()}, {name: [] for name in methods}
    for _ in range(rounds):
        for name, method in methods.items():
            start = time.process_time()
            results[name] = method()
            times[name].append((time.process_time() - start) / len(i) * 1e6)
    row = {name: float(np.median(taken)) for name, taken in times.items()}
    found, exact = results["us"], results["us_emd2"]
    apart = exact > 0
    return {
        "p": p,
        "pixels": (float(np.diff(x.offsets)[i].mean()), float(np.diff(y.offsets)[j].mean())),
        **row,
        "ratio_emd2": row["us_emd2"] / row["us"],
        "ratio_emd_c": row["us_emd_c"] / row["us"],
        "error": float(np.max(np.abs(found.cost - exact)[apart] / exact[apart], initial=0.0)),
        "gap": float(np.max(np.abs(found.cost - found.dual)[apart] / exact[apart], initial=0.0)),
        "pivots": float(found.pivots.mean()),
        "fallbacks": found.fallbacks,
        "pairs": len(i),
    }


def _loop(
    solver: Callable, x: Supports, y: Supports, i: np.ndarray, j: np.ndarray, p: float, pitch: float, npix: int
) -> np.ndarray:
    costs = np.empty(len(i))
    reach = np.arange(1 - npix, npix)
    table = (pitch * np.hypot(reach[:, None], reach)) ** p
    for k in range(len(i)):
        a = slice(x.offsets[i[k]], x.offsets[i[k] + 1])
        b = slice(y.offsets[j[k]], y.offsets[j[k] + 1])
        first, second = np.divmod(x.pixels[a], npix), np.divmod(y.pixels[b], npix)
        costs[k] = solver(x.mass[a], y.mass[b], first, second, p, pitch, table)
    return costs


def _emd2(
    a: np.ndarray, b: np.ndarray, first: tuple, second: tuple, p: float, pitch: float, table: np.ndarray
) -> float:
    from scipy.spatial.distance import cdist

    ot = problems.pot_package()
    cost = cdist(pitch * np.stack(first, -1), pitch * np.stack(second, -1)) ** p
    return ot.emd2(a, b * (a.sum() / b.sum()), cost, numItermax=10_000_000)


def _emd_c(
    a: np.ndarray, b: np.ndarray, first: tuple, second: tuple, p: float, pitch: float, table: np.ndarray
) -> float:
    middle = len(table) // 2
    cost = table[first[0][:, None] - second[0] + middle, first[1][:, None] - second[1] + middle]
    return problems.pot(a, b, cost)[1]
