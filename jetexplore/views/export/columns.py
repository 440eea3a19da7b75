"""Of what shape are numbers in a file? Columns of plain arrays, a row a jet, a pair or a threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from jetexplore import distances
from jetexplore.anomaly.curves import Roc

Columns = Mapping[str, Sequence | np.ndarray]


def of_pairs(n_pairs: int) -> Columns:
    """Name the two jets of every pair.

    Parameters
    ----------
    n_pairs : int
        Of all pairs of some jets.

    Returns
    -------
    mapping of str to array
        The two numbers, the first below the second.

    Examples
    --------
    >>> {name: some.tolist() for name, some in of_pairs(3).items()}
    {'i': [0, 0, 1], 'j': [1, 2, 2]}
    """
    i, j = np.triu_indices(distances.n_items(n_pairs), 1)
    return {"i": i, "j": j}


def by_class(found: Mapping[str, np.ndarray]) -> Columns:
    """List scores of several classes below each other.

    Parameters
    ----------
    found : mapping of str to array
        Scores by class.

    Returns
    -------
    mapping of str to array
        A row a jet: class, number, score.
    """
    many = [len(some) for some in found.values()]
    number = np.concatenate([np.arange(n) for n in many])
    return {"class": np.repeat(list(found), many), "jet": number, "score": np.concatenate(list(found.values()))}


def of_curves(found: Mapping[str, Roc]) -> Columns:
    """List the ROC curves of several signals below each other.

    Parameters
    ----------
    found : mapping of str to Roc
        By signal.

    Returns
    -------
    mapping of str to array
        A row a threshold: signal, threshold, what is kept of signal and background.
    """
    many = [len(one.threshold) for one in found.values()]
    columns = {"signal": np.repeat(list(found), many)}
    for name in ("threshold", "signal_efficiency", "background_efficiency"):
        columns[name] = np.concatenate([getattr(one, name) for one in found.values()])
    return columns
