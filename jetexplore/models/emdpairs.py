"""What does EMD-GNN learn from? All pairs of some jets with their exact distances, Tsan et al. (2021), section 4.

The paper splits pairs, 80 % to train, 10 % to validate, 10 % to test, so that every jet of a test pair was seen in
hundreds of training pairs. Pairs of jets that were never seen are kept beside them.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from jetexplore import distances, jets
from jetexplore.errors import InputError, choose
from jetexplore.files import digest, stored
from jetexplore.jets import Jets
from jetexplore.models.emdgraphs import UNITS, relative

SPLIT = (0.8, 0.1)  # of pairs, to train and to validate; the rest is for the test


class Pairs(NamedTuple):
    """Jets and the exact EMD of all their pairs, in the order of ``np.triu_indices(n, 1)``."""

    jets: Jets  # that are trained on
    emd: np.ndarray  # (n * (n - 1) / 2,) rad for shares (R = 1), GeV otherwise
    train: np.ndarray  # which of these pairs: the split by pair
    valid: np.ndarray
    test: np.ndarray
    unseen: Jets  # further jets, in no pair of the above
    unseen_emd: np.ndarray  # of their pairs among themselves
    weights: str  # "share" or "GeV"
    key: str  # digest of the file
    origin: str
    seconds: float  # that the exact solver took for all of this, when it was computed


def exact(x: Jets, weights: str = "share", progress: bool = False) -> np.ndarray:
    """Exact EMD of all pairs in coordinates relative to the jets, eq. (1) of Komiske et al. (2019) with R = 1.

    Parameters
    ----------
    x : Jets
        Any jets, moved to their axes here.
    weights : {"share", "GeV"}
        pT over its sum in the jet; or as it is, with the penalty for unequal sums.
    progress : bool
        Show a bar.

    Returns
    -------
    ndarray, shape (n * (n - 1) / 2,)
        rad for shares, GeV otherwise.

    Examples
    --------
    >>> x = Jets(pt=[50.0, 50.0, 80.0], eta=[-0.1, 0.1, 2.0], phi=[0.0, 0.0, 1.0], offsets=[0, 2, 3])
    >>> exact(x).round(3).tolist(), exact(x, "GeV").round(2).tolist()  # 0.1 rad * 80 GeV + 20 GeV
    ([0.1], [28.0])
    """
    choose("weights", weights, UNITS, "E_CHOICE")
    return distances.condensed(relative(x), "EMD", norm=weights == "share", progress=progress)


def pairs(
    source: str | Path, n: int = 1000, n_unseen: int = 200, weights: str = "share", seed: int = 0, *,
    progress: bool = False,
) -> Pairs:  # fmt: skip
    """Take jets from the front of a file and unseen ones from its end, with the EMD of their pairs.

    The distances are computed once and stored in the user's cache.

    Parameters
    ----------
    source : str or pathlib.Path
        As in `jets.load`, of one class, or with QCD among them.
    n, n_unseen : int
        Jets, at least 5 and 2.
    weights : {"share", "GeV"}
        As in `exact`.
    seed : int
        Of the split.
    progress : bool
        Show a bar.

    Returns
    -------
    Pairs
        Jets, distances and the split.

    Raises
    ------
    InputError
        ``E_TOO_FEW`` if the file holds fewer, ``E_CLASS`` if it holds several classes but no QCD, ``E_CHOICE``.
    """
    loaded = jets.load(source)
    if len(loaded) > 1 and "QCD" not in loaded:
        raise InputError("E_CLASS", f"classes {', '.join(loaded)}", "one class, or QCD among them", where=str(source))
    some = loaded["QCD"] if "QCD" in loaded else next(iter(loaded.values()))
    if n < 5 or n_unseen < 2 or n + n_unseen > len(some):
        found = f"{n} and {n_unseen} unseen jets of {len(some)}"
        raise InputError("E_TOO_FEW", found, "at least 5 and 2, and no more than there are", where=str(source))
    seen, unseen, about = some[:n], some[len(some) - n_unseen :], jets.provenance(source)

    def compute() -> dict[str, np.ndarray]:
        import time

        begin = time.perf_counter()
        found = {"seen": exact(seen, weights, progress), "unseen": exact(unseen, weights, progress)}
        return {**found, "seconds": time.perf_counter() - begin}

    key = digest("emdpairs-1", weights, *(getattr(x, part) for x in (seen, unseen) for part in seen.__annotations__))
    found = stored(f"emdpairs-{weights}-{n}-{key[:6]}", key, compute)
    order = np.random.default_rng([seed, 2111]).permutation(len(found["seen"]))
    parts = np.split(order, [int(SPLIT[0] * len(order)), int(sum(SPLIT) * len(order))])
    emd, seconds = (found["seen"], found["unseen"]), float(found["seconds"])
    return Pairs(seen, emd[0], *parts, unseen, emd[1], weights, about.key, about.origin, seconds)


def of(number: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Tell the jets of pairs that are numbered as in ``np.triu_indices(n, 1)``.

    Parameters
    ----------
    number : ndarray of int, shape (m,)
        Pairs.
    n : int
        Jets.

    Returns
    -------
    i, j : ndarray of int, shape (m,)
        The jets, i < j.

    Examples
    --------
    >>> [side.tolist() for side in of(np.array([0, 2, 5]), 4)]
    [[0, 0, 2], [1, 3, 3]]
    """
    first, second = np.triu_indices(n, 1)
    return first[number], second[number]
