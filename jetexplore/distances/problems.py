"""How are many pairs solved? Gathered in chunks, by threads, each result checked and in doubt solved again by POT."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numba import config

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
    error: np.ndarray  # (n_pairs,) by which rounding may have left the cost above the least
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

    Raises
    ------
    InputError
        ``E_PRECISION`` if a pair's costs span more than two solvers in double precision can tell apart.
    """
    result = np.zeros((len(pairs.rows), 4))
    each_part(len(result), threads, lambda first, last: _solve(pairs, first, last, result))
    doubtful = np.flatnonzero(uncertain(*result.T))
    for k in doubtful:
        result[k, :2] = _second_opinion(pairs, int(k))
    cost, dual, pivots, scale = result.T.copy()
    return Costs(cost, dual, pivots.astype(np.int64), np.where(cost > 0, simplex.TOLERANCE * scale, 0.0), len(doubtful))


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
        threads = config.NUMBA_NUM_THREADS
    if not isinstance(threads, int | np.integer) or threads < 1:
        raise InputError("E_RANGE_THREADS", f"threads = {threads!r}", "a whole number >= 1")
    if threads == 1 or n < FEW:
        do(0, n)
        return
    parts = min(8 * int(threads), n)  # 8: so that all end at about the same time
    edges = np.linspace(0, n, parts + 1).astype(int).tolist()
    with ThreadPoolExecutor(min(int(threads), parts)) as pool:
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
    shape = np.empty((len(rows), 2), np.int64)
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
    _, value, dual, _, _ = second_opinion(supply[:n], demand[:m], table)
    return value, dual


def second_opinion(
    a: np.ndarray, b: np.ndarray, cost: np.ndarray
) -> tuple[np.ndarray, float, float, np.ndarray, np.ndarray]:
    """Solve with POT one problem of which the kernel is not certain, and check that answer too.

    Parameters
    ----------
    a, b, cost : ndarray
        As in `pot`.

    Returns
    -------
    flow : ndarray, shape (n, m)
        The plan.
    value, dual : float
        Its cost, and that of the dual problem.
    u, v : ndarray, shape (n,), (m,)
        Potentials.

    Raises
    ------
    InputError
        ``E_PRECISION`` if POT is not certain either.
    """
    flow, value, u, v = pot(a, b, cost)
    dual = float(u @ a + v @ b)
    scale = a.sum() * max(np.abs(u).max(), np.abs(v).max())
    if uncertain(np.float64(value), np.float64(dual), np.int64(0), scale):
        least = cost[cost > 0].min(initial=np.inf)
        found = f"costs from {least:g} to {cost.max():g} whose best plan is not certain"
        raise InputError("E_PRECISION", found, "costs that double precision can weigh up", mend="take a smaller power")
    return flow, float(value), dual, u, v


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
            os.environ.pop(name, None)  # another thread may have been faster
    return ot
