"""How fast and how exact is the transport kernel? Timed against its peers in turn, pair by pair, on the same jets."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from tqdm.auto import tqdm

from jetexplore.distances import compilation, peers
from jetexplore.distances.cases import Case, all_pairs, drawn
from jetexplore.errors import InputError

LEAST = 0.02  # s; what is faster is repeated before the clock is read again
CHUNK = 10_000  # pairs compared with POT before progress is told


class Timing(NamedTuple):
    """One method over all rounds."""

    result: object
    median: float  # s
    least: float  # s


def interleaved(
    methods: Mapping[Hashable, Callable], rounds: int, *, clock: Callable[[], float] = time.process_time,
    progress: bool = False, title: str = "",
) -> dict[Hashable, Timing]:  # fmt: skip
    """Time methods in turn, so that whatever disturbs the machine disturbs all of them.

    Parameters
    ----------
    methods : mapping
        What to call, without arguments. Each is called once before, so that nothing is compiled or imported while
        the clock runs.
    rounds : int
        How often each has its turn.
    clock : callable
        ``time.process_time`` for the processor's time, ``time.perf_counter`` for that of the person who waits.
    progress : bool
        Show a progress bar.
    title : str
        In front of it.

    Returns
    -------
    dict
        Median and least time of one call, by method.

    Raises
    ------
    InputError
        ``E_RANGE_ROUNDS`` if there is no round.

    Examples
    --------
    >>> found = interleaved({"sum": lambda: sum(range(1000))}, 3)
    >>> found["sum"].result, found["sum"].least <= found["sum"].median
    (499500, True)
    """
    if rounds < 1:
        raise InputError("E_RANGE_ROUNDS", f"rounds = {rounds}", "at least 1")
    compilation.wait()  # or POT would be timed against itself
    results, repeats, spent = {}, {}, {name: [] for name in methods}
    with tqdm(total=(rounds + 1) * len(methods), desc=title, disable=not progress, leave=False) as bar:
        for name, method in methods.items():
            results[name] = method()
            start = clock()
            if rounds > 1:
                method()
            repeats[name] = max(1, math.ceil(LEAST / max(clock() - start, 1e-6))) if rounds > 1 else 1
            bar.update()
        for _ in range(rounds):
            for name, method in methods.items():
                start = clock()
                for _ in range(repeats[name]):
                    method()
                spent[name].append((clock() - start) / repeats[name])
                bar.update()
    return {name: Timing(results[name], float(np.median(some)), min(some)) for name, some in spent.items()}


def benchmark_transport(cases: Sequence[Case], rounds: int = 5, progress: bool = False) -> list[dict]:
    """Time the kernel against ``ot.emd2``, POT's bare solver and the wasserstein package, one thread, in turn.

    Parameters
    ----------
    cases : sequence of Case
        From `cases`; all their pairs are timed.
    rounds : int
        Rounds in which all methods on all cases take turns.
    progress : bool
        Show a progress bar.

    Returns
    -------
    list of dict
        One row a case: ``jets``, ``p``, ``pixels`` (mean number on each side), ``pairs``, ``us`` (processor time a
        pair in microseconds: the median; ``us_min`` the least), the same of each peer (``us_emd2``, ``us_emd_c``,
        ``us_wasserstein``), its ratio to ours (``ratio_emd2`` of medians, ``ratio_emd2_min`` of the least ...),
        ``error`` (largest relative difference from ``ot.emd2`` in W_p^p), ``error_wasserstein`` (of that package's),
        ``gap`` (largest relative gap between cost and dual), ``pivots`` (mean), ``fallbacks``. None where there is
        no such peer.

    Notes
    -----
    All see only non-zero pixels, as arrays made before the clock runs. ``ot.emd2`` is used as its users do, with costs
    from ``scipy.spatial.distance.cdist``; for images the bare solver reads them from a table as the kernel does.
    """
    methods, pairs = {}, [all_pairs(case) for case in cases]
    missing = bool(peers.wasserstein_missing())
    for at, (case, (i, j)) in enumerate(zip(cases, pairs, strict=True)):
        y = case.x if case.y is None else case.y
        methods[at, ""] = partial(case.ours, i, j)
        methods[at, "_emd2"] = partial(peers.each, peers.emd2, case.x, y, i, j, case.arcs)
        methods[at, "_emd_c"] = partial(peers.each, peers.emd_c, case.x, y, i, j, case.fast_arcs)
        if not missing:
            methods[at, "_wasserstein"] = peers.wasserstein_costs(case.x, case.y, case.p)
    found = interleaved(methods, rounds, progress=progress, title="kernel")
    return [_row(case, *pairs[at], {name[1]: some for name, some in found.items() if name[0] == at})
            for at, case in enumerate(cases)]  # fmt: skip


def certify(
    cases: Sequence[Case], n_pairs: int, *, pot: float = 0.01, seed: int = 0, progress: bool = False
) -> list[dict]:
    """Solve very many pairs, look at every certificate, and solve some or all again with POT.

    Parameters
    ----------
    cases : sequence of Case
        From `cases`; pairs are drawn at random.
    n_pairs : int
        Over all cases.
    pot : float
        Part of the pairs solved again, 0 to 1.
    seed : int
        Draws the pairs.
    progress : bool
        Show a progress bar.

    Returns
    -------
    list of dict
        One row a case: ``pairs``, ``gap`` (largest relative gap between cost and dual), ``fallbacks``,
        ``compared`` (pairs solved again), ``error`` (largest relative difference in W_p^p).

    Raises
    ------
    InputError
        ``E_RANGE`` if there are no pairs or the part is not from 0 to 1.
    """
    if n_pairs < 1 or not 0 <= pot <= 1:
        raise InputError("E_RANGE", f"{n_pairs} pairs, part {pot} of them", "at least 1 pair, a part from 0 to 1")
    compilation.wait()
    rng, rows, share = np.random.default_rng(seed), [], math.ceil(n_pairs / len(cases))
    with tqdm(total=share * len(cases), unit="pair", unit_scale=True, desc="certify", disable=not progress) as bar:
        for case in cases:
            row = {"jets": case.jets, "p": case.p, "pairs": 0, "compared": 0, "gap": 0.0, "error": 0.0, "fallbacks": 0}
            while row["pairs"] < share:
                i, j = drawn(case, min(CHUNK, share - row["pairs"]), rng)
                found = case.ours(i, j)
                again = slice(math.ceil(pot * len(i)))
                y = case.x if case.y is None else case.y
                exact = peers.each(peers.emd_c, case.x, y, i[again], j[again], case.fast_arcs)
                row["pairs"] += len(i)
                row["compared"] += len(exact)
                row["gap"] = max(row["gap"], _largest(found.cost, found.dual))
                row["error"] = max(row["error"], _largest(exact, found.cost[again]))
                row["fallbacks"] += found.fallbacks
                bar.update(len(i))
            rows.append(row)
    return rows


def _row(case: Case, i: np.ndarray, j: np.ndarray, timed: Mapping[str, Timing]) -> dict:
    costs, exact, y = timed[""].result, timed["_emd2"].result, case.x if case.y is None else case.y
    row = {
        "jets": case.jets,
        "p": case.p,
        "pixels": (float(np.diff(case.x.offsets)[i].mean()), float(np.diff(y.offsets)[j].mean())),
        "pairs": len(i),
    }
    for peer in ("", "_emd2", "_emd_c", "_wasserstein"):
        some = timed.get(peer)
        row[f"us{peer}"] = some and some.median / len(i) * 1e6
        row[f"us{peer}_min"] = some and some.least / len(i) * 1e6
        if peer:
            row[f"ratio{peer}"] = some and some.median / timed[""].median
            row[f"ratio{peer}_min"] = some and some.least / timed[""].least
    theirs = timed.get("_wasserstein")
    return row | {
        "error": _largest(exact, costs.cost),
        "error_wasserstein": theirs and _largest(exact, theirs.result[i, j]),
        "gap": _largest(costs.cost, costs.dual),
        "pivots": float(costs.pivots.mean()),
        "fallbacks": costs.fallbacks,
    }


def _largest(exact: np.ndarray, other: np.ndarray) -> float:
    # Relative difference; where nothing has to move both are 0, or it is infinite
    apart = np.abs(other - exact)
    return float(np.divide(apart, exact, out=np.where(apart > 0, np.inf, 0.0), where=exact > 0).max(initial=0.0))
