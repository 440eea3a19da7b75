"""What are a few labelled signal jets worth? Areas against how many are known, for the known signal and for another.

Fraser et al. (2021), section 6, suggest it and do not do it. Their hint: a top reference finds W jets better than a QCD
reference, 0.84 against 0.71.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from jetexplore.anomaly import curves, ensembles, samples
from jetexplore.distances import matrices
from jetexplore.errors import InputError, choose

COUNTS = (1, 3, 10, 30, 100)
N_DRAWS = 5
SIGNALS = ("Top", "W")


class Hint(NamedTuple):
    """What n labelled jets of one signal are worth for finding another."""

    labelled: str  # class of the labelled jets
    n: int  # how many; 0: background medoids alone
    signal: str  # class that is looked for
    auc: float  # with the medoids: mean over draws of labelled jets
    spread: float  # standard deviation over draws; NaN for n = 0
    alone: float  # mean area of the distance to the labelled jets alone; NaN for n = 0
    alone_spread: float


def nearest_of_first(distances: np.ndarray, counts: Iterable[int]) -> dict[int, np.ndarray]:
    r"""Distance to the nearest of the first n references, for several n.

    Parameters
    ----------
    distances : ndarray, shape (jets, references)
        Distances of all.
    counts : iterable of int
        Each n, from 1 to the number of references.

    Returns
    -------
    dict of int to ndarray, shape (jets,)
        :math:`\min_{m < n} d(x, x_m)` by n.

    Raises
    ------
    InputError
        ``E_K`` for an n out of range.

    Examples
    --------
    >>> found = nearest_of_first(np.array([[3.0, 1.0, 2.0]]), [1, 3])
    >>> found[1].tolist(), found[3].tolist()
    ([3.0], [1.0])
    """
    best = np.minimum.accumulate(distances, axis=1)
    counts = list(counts)
    for n in counts:
        if not isinstance(n, int | np.integer) or not 1 <= n <= best.shape[1]:
            raise InputError("E_K", f"{n!r} labelled jets", f"a whole number from 1 to {best.shape[1]}")
    return {n: best[:, n - 1] for n in counts}


def hints(
    labelled: str = "Top",
    metric: str = "Wass(1)",
    k: int = 3,
    counts: Iterable[int] = COUNTS,
    n_draws: int = N_DRAWS,
    n_test: int | None = 1000,
    source: str = "sample",
) -> list[Hint]:
    r"""Areas of the score :math:`\min_b d(x, x_b) - \min_{s \le n} d(x, x_s)` against the number n of labelled jets.

    The :math:`x_b` are k QCD medoids; the :math:`x_s` are labelled jets, each draw with others, the first n of a draw.
    A class with reference jets is labelled among them, any other among its last test jets, which are not tested then.

    Parameters
    ----------
    labelled : str
        Class of the labelled jets.
    metric : str
        Of both distances.
    k : int
        QCD medoids, 1 to 10.
    counts : iterable of int
        Numbers of labelled jets, >= 1.
    n_draws : int
        Disjoint draws of labelled jets, >= 1.
    n_test : int, optional
        Test jets a class; all that are not labelled if omitted.
    source : str
        Data set.

    Returns
    -------
    list of Hint
        First without labels, then by n; "Top" before "W".

    Raises
    ------
    InputError
        ``E_CLASS``, ``E_METRIC``, ``E_K``, or ``E_DRAW`` where there are too few jets.
    """
    counts = list(counts)
    tests = samples.images(source)
    choose("class", labelled, [name for name in tests if name != "QCD"], "E_CLASS")
    if not counts or n_draws < 1 or min(counts) < 1:
        raise InputError("E_K", f"{n_draws} draws of {counts} jets", "at least one draw and whole numbers >= 1")
    known, needed = samples.images(source, "reference"), n_draws * max(counts)
    some = known.get(labelled, tests[labelled])
    limit = len(some) if labelled in known else len(some) - 1  # one is left to be tested
    if needed > limit:
        raise InputError("E_DRAW", f"{n_draws} draws of {max(counts)} jets", f"at most {limit} {labelled} jets")
    if labelled not in known:
        tests = {**tests, labelled: some[:-needed]}
    tests = {name: images[:n_test] for name, images in tests.items()}
    medoids = ensembles.reference_images("QCD", metric, "medoids", k, source=source)
    far = {name: matrices.cross(images, medoids, metric, reduce="min") for name, images in tests.items()}
    nothing = float("nan")
    found = [
        Hint(labelled, 0, signal, curves.auc(far["QCD"], far[signal], 0).value, nothing, nothing, nothing)
        for signal in SIGNALS
    ]
    areas = np.array(
        [
            _areas(far, tests, some[-needed:][draw * max(counts) : (draw + 1) * max(counts)], metric, counts)
            for draw in range(n_draws)
        ]
    )  # draws, counts, signals, with medoids or alone
    spread = areas.std(0, ddof=1) if n_draws > 1 else np.full(areas.shape[1:], nothing)
    for at, n in enumerate(counts):
        for which, signal in enumerate(SIGNALS):
            (both, alone), (both_spread, alone_spread) = areas.mean(0)[at, which], spread[at, which]
            found.append(Hint(labelled, n, signal, float(both), float(both_spread), float(alone), float(alone_spread)))
    return found


def _areas(
    far: dict[str, np.ndarray], tests: dict[str, np.ndarray], labelled: np.ndarray, metric: str, counts: list[int]
) -> list[list[tuple[float, float]]]:
    near = {name: nearest_of_first(matrices.cross(images, labelled, metric), counts) for name, images in tests.items()}
    return [
        [
            (
                curves.auc(far["QCD"] - near["QCD"][n], far[signal] - near[signal][n], 0).value,
                curves.auc(-near["QCD"][n], -near[signal][n], 0).value,
            )
            for signal in SIGNALS
        ]
        for n in counts
    ]
