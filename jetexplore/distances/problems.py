"""How are many pairs solved? Gathered in chunks, by threads, each result checked and in doubt solved again by POT."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from types import ModuleType
from typing import NamedTuple

import numpy as np

from jetexplore.distances import simplex
from jetexplore.distances.tree import BLOCK, LANES, padded, work
from jetexplore.errors import InputError

CHUNK = 1 << 15  # costs gathered before they are solved: 256 kB stay in the cache
FEW = 256  # fewer are not worth a thread
GAP = 1e-11  # gap, relative to the cost, beyond which another solver is asked
ROUNDING = 1e-14  # gap, relative to the largest potential times the mass, that rounding alone can make


class Costs(NamedTuple):
    """Least costs of pairs, with their certificates."""

    cost: np.ndarray  # (n_pairs,)
    dual: np.ndarray  # (n_pairs,) value of the dual problem: equal to the cost at the optimum, to rounding
    pivots: np.ndarray  # (n_pairs,)
    fallbacks: int  # pairs solved by POT because the kernel's result was not certain


class Pairs(NamedTuple):
    """Pairs of jets as transport problems; problem k has at most ``rows[k]`` rows, ``columns[k]`` columns."""

    gather: Callable  # compiled
    data: tuple  # its first arguments
    rows: np.ndarray  # (n_pairs,)
    columns: np.ndarray  # (n_pairs,)


def costs(pairs: Pairs, threads: int | None = None) -> Costs:
    """Solve every pair.

    Parameters
    ----------
    pairs : Pairs
        The problems.
    threads : int, optional
        Default: ``NUMBA_NUM_THREADS`` or the number of processors. The result does not depend on it.

    Returns
    -------
    Costs
        Least costs and certificates.
    """
    result = np.zeros((len(pairs.rows), 4))
    each_part(len(result), threads, lambda first, last: _solve(pairs, first, last, result))
    doubtful = np.flatnonzero(uncertain(*result.T))
    for k in doubtful:
        result[k, :2] = _second_opinion(pairs, int(k))
    return Costs(result[:, 0].copy(), result[:, 1].copy(), result[:, 2].astype(np.int64), len(doubtful))


def each_part(n: int, threads: int | None, do: Callable[[int, int], None]) -> None:
    """Share out ``range(n)`` among threads.

    Parameters
    ----------
    n : int
        Number of things to do.
    threads : int, optional
        Default: ``NUMBA_NUM_THREADS`` or the number of processors.
    do : callable
        Called with the first and one past the last of each part; should run outside the interpreter's lock.

    Raises
    ------
    InputError
        ``E_RANGE_THREADS`` if the number of threads is not a whole number > 0.
    """
    if threads is None:
        threads = int(os.environ.get("NUMBA_NUM_THREADS", "0")) or os.cpu_count() or 1
    if not isinstance(threads, int | np.integer) or threads < 1:
        raise InputError("E_RANGE_THREADS", f"threads = {threads!r}", "a whole number >= 1")
    if threads == 1 or n < FEW:
        do(0, n)
        return
    edges = np.linspace(0, n, 8 * threads + 1).astype(int).tolist()  # 8: so that all end at about the same time
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(do, edges[:-1], edges[1:]))


def uncertain(cost: np.ndarray, dual: np.ndarray, pivots: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Tell which results need another solver.

    Parameters
    ----------
    cost, dual, pivots, scale : ndarray
        Columns of the result of `simplex.solve`.

    Returns
    -------
    ndarray of bool
        True where the limit on pivots was reached, or cost and dual differ by more than rounding.
    """
    return (pivots < 0) | ~(np.abs(cost - dual) <= np.maximum(GAP * cost, ROUNDING * scale))


def _solve(pairs: Pairs, first: int, last: int, result: np.ndarray) -> None:
    # Chunks of pairs in turn through the same arrays
    rows, columns = pairs.rows[first:last], pairs.columns[first:last]
    if not len(rows):
        return
    sizes = (rows + BLOCK) * (columns + LANES)
    ends = np.cumsum(sizes)
    size = int(max(CHUNK, sizes.max()))
    shape = np.empty((CHUNK, 2), np.int64)
    cost, supply, demand = np.empty(size), np.empty(size), np.empty(size)
    scratch = work(int(rows.max()), int(columns.max()))
    at = 0
    while at < len(rows):
        done = ends[at - 1] if at else 0
        to = max(at + 1, int(np.searchsorted(ends, done + size, "right")))
        pairs.gather(*pairs.data, first + at, first + to, shape, cost, supply, demand)
        simplex.solve(shape[: to - at], cost, supply, demand, scratch, result[first + at : first + to])
        at = to


def _second_opinion(pairs: Pairs, k: int) -> tuple[float, float]:
    rows, columns = int(pairs.rows[k]), int(pairs.columns[k])
    shape = np.empty((1, 2), np.int64)
    cost = np.empty((rows + BLOCK) * (columns + LANES))
    supply, demand = np.empty(rows), np.empty(columns)
    pairs.gather(*pairs.data, k, k + 1, shape, cost, supply, demand)
    n, m = shape[0]
    tall, wide = padded(n, m)
    table = np.ascontiguousarray(cost[: tall * wide].reshape(tall, wide)[:n, :m])
    _, value, u, v = pot(supply[:n], demand[:m], table)
    return value, float(u @ supply[:n] + v @ demand[:m])


def pot(a: np.ndarray, b: np.ndarray, cost: np.ndarray) -> tuple[np.ndarray, float, np.ndarray, np.ndarray]:
    """Solve one problem with POT's network simplex: the second opinion, and the oracle of the tests.

    Parameters
    ----------
    a, b : ndarray, shape (n,), (m,)
        Masses of equal sum.
    cost : ndarray, shape (n, m)
        Cost of each arc.

    Returns
    -------
    flow : ndarray, shape (n, m)
        The plan.
    value : float
        Its cost.
    u, v : ndarray, shape (n,), (m,)
        Potentials.
    """
    return pot_package().lp.emd_wrap.emd_c(a, b * (a.sum() / b.sum()), cost, 10_000_000, 1)[:4]


@cache
def pot_package() -> ModuleType:
    """Import POT without the array libraries it would load for seconds; numpy is enough here.

    Returns
    -------
    module
        ``ot``.
    """
    names = [f"POT_BACKEND_DISABLE_{name}" for name in ("PYTORCH", "JAX", "CUPY", "TENSORFLOW")]
    added = [name for name in names if name not in os.environ]
    os.environ.update(dict.fromkeys(added, "1"))
    try:
        import ot
    finally:
        for name in added:
            del os.environ[name]
    return ot
