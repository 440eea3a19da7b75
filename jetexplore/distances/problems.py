"""How are many pairs solved? By the kernel on all threads, each result checked and in doubt solved again by POT."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numba import config

from jetexplore.distances import compilation
from jetexplore.distances.basis import basis
from jetexplore.errors import InputError

FEW = 256  # fewer are not worth a thread
FIRST = 4e7  # costs, more of which are worth waiting for the compiler: POT would take as long
OVERHEAD = 400  # costs in whose time POT is called once
GAP = 1e-12  # gap, relative to the cost, beyond which another solver is asked
ROUNDING = 1e-14  # gap, relative to the largest potential times the mass, that rounding alone can make


class Costs(NamedTuple):
    """Least costs of pairs, with their certificates."""

    cost: np.ndarray  # (n_pairs,)
    dual: np.ndarray  # (n_pairs,) no plan costs less than this, to rounding: the cost itself, if it is the least
    pivots: np.ndarray  # (n_pairs,)
    error: np.ndarray  # (n_pairs,) by which rounding may have left the cost above the least
    fallbacks: int  # pairs solved by POT because the kernel's result was not certain


class Pairs(NamedTuple):
    """Pairs of jets as transport problems; problem k has at most ``rows[k]`` rows, ``columns[k]`` columns."""

    solve: Callable  # compiled, of `gather`
    data: tuple  # its first arguments
    rows: np.ndarray  # (n_pairs,)
    columns: np.ndarray  # (n_pairs,)
    problem: Callable[[int], tuple[np.ndarray, np.ndarray, np.ndarray]]  # masses and costs of a pair, for POT
    kind: str  # "images" or "clouds"
    rounding: float = 0.0  # of a cost, by that of the whole masses


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

    Notes
    -----
    While the kernel is not yet compiled, pairs of up to ``FIRST`` costs are solved by POT, to the same accuracy but not
    to the same last bits; `compilation.wait` before them makes sure of the bits.
    """
    result = np.zeros((len(pairs.rows), 4))
    doubtful = np.zeros(0, np.int64)
    work = float((pairs.rows * pairs.columns + OVERHEAD).sum())
    if work > FIRST or compilation.ready(pairs.kind) or not _solved_by_pot(pairs, result, threads):
        compilation.wait(pairs.kind)
        each_part(len(result), threads, lambda first, last: solve(pairs, first, last, result))
        doubtful = np.flatnonzero(uncertain(*result.T))
        for k in doubtful:
            result[k, :2] = second_opinion(*pairs.problem(int(k)))[1:3]
    cost, dual, pivots, scale = result.T.copy()
    rounding = np.finfo(float).eps * scale + pairs.rounding
    error = np.maximum(cost - dual, 0) + np.where(cost > 0, rounding, 0)
    return Costs(cost, dual, pivots.astype(np.int64), error, len(doubtful))


def solve(pairs: Pairs, first: int, last: int, result: np.ndarray) -> None:
    """Solve some pairs by the kernel, in this thread.

    Parameters
    ----------
    pairs : Pairs
        The problems.
    first, last : int
        The first, and one past the last.
    result : ndarray, shape (n_pairs, 4)
        Filled as by `simplex.solve`.
    """
    if first < last:
        scratch = basis(int(pairs.rows[first:last].max()), int(pairs.columns[first:last].max()))
        pairs.solve(*pairs.data, first, last, scratch, result)


def _solved_by_pot(pairs: Pairs, result: np.ndarray, threads: int | None) -> bool:
    # While the kernel is being compiled; whatever POT is not certain of waits for it
    def solve_part(first: int, last: int) -> None:
        for k in range(first, last):
            a, b, cost = pairs.problem(k)
            if cost.size:
                _, value, dual, u, v = second_opinion(a, b, cost)
                result[k] = value, dual, 0, a.sum() * max(np.abs(u).max(), np.abs(v).max())

    compilation.start()
    try:
        each_part(len(result), threads, solve_part)
    except InputError:
        return False
    return True


def each_part(n: int, threads: int | None, do: Callable[[int, int], None], few: int = FEW) -> None:
    """Share out ``range(n)`` among threads.

    Parameters
    ----------
    n : int
        Number of things to do.
    threads : int, optional
        Default: ``NUMBA_NUM_THREADS`` or the number of processors.
    do : callable
        Called with the first and one past the last of each part; should run outside the interpreter's lock.
    few : int
        Fewer are not worth a thread.

    Raises
    ------
    InputError
        ``E_RANGE_THREADS`` if the number of threads is not a whole number > 0.
    """
    if threads is None:
        threads = config.NUMBA_NUM_THREADS
    if not isinstance(threads, int | np.integer) or isinstance(threads, bool) or threads < 1:
        raise InputError("E_RANGE_THREADS", f"threads = {threads!r}", "a whole number >= 1")
    if threads == 1 or n < few:
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
    b = b * (a.sum() / b.sum())
    flow, value, u, v = pot(a, b, cost)
    u = (cost - v).min(1)  # no reduced cost is below zero
    dual = float(u @ a + v @ b)
    if not value - dual <= GAP * value:
        u, v = _potentials(flow, a, b, cost, v)
        dual = float(u @ a + v @ b)
    scale = a.sum() * max(np.abs(u).max(), np.abs(v).max())
    if uncertain(np.float64(value), np.float64(dual), np.int64(0), scale):
        least = cost[cost > 0].min(initial=np.inf)
        found = f"costs from {least:g} to {cost.max():g} whose best plan is not certain"
        raise InputError("E_PRECISION", found, "costs that double precision can weigh up", mend="take a smaller power")
    return flow, float(value), dual, u, v


def _potentials(
    flow: np.ndarray, a: np.ndarray, b: np.ndarray, cost: np.ndarray, v: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    # POT's carry the rounding of all pivots: taken anew along the arcs in use, from the heaviest node of each tree
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order, connected_components

    n, m = cost.shape
    mass, potential = np.concatenate([a, b]), np.concatenate([(cost - v).min(1), v])
    row, column = np.nonzero(flow)
    used = coo_array((np.ones(len(row)), (row, n + column)), shape=(n + m, n + m)).tocsr()
    number, tree = connected_components(used, directed=False)
    for k in range(number):
        root = int(np.argmax(np.where(tree == k, mass, -1.0)))
        order, before = breadth_first_order(used, root, directed=False)
        for x in order[1:]:
            up = before[x]
            potential[x] = cost[min(x, up), max(x, up) - n] - potential[up]
    return (cost - potential[n:]).min(1), potential[n:]  # no reduced cost is below zero


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
    hidden = "geomloss" not in sys.modules  # it imports torch; where it is missing POT does without
    if hidden:
        sys.modules["geomloss"] = None
    try:
        import ot
    finally:
        for name in added:
            os.environ.pop(name, None)  # another thread may have been faster
        if hidden:
            sys.modules.pop("geomloss", None)
    return ot
