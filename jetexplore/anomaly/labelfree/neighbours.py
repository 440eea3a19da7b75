"""How far is a jet from its nearest background jets, in a few observables?"""

from __future__ import annotations

import numpy as np

from jetexplore.anomaly.labelfree.recipes import Scorer
from jetexplore.anomaly.labelfree.substructure import table
from jetexplore.errors import InputError
from jetexplore.jets import Jets

OBSERVED = ("m/pT", "soft-drop mass", "tau21", "tau32", "multiplicity")


def observables_knn(background: Jets, k: int = 20) -> Scorer:
    """Score jets by the mean distance from the k nearest background jets, in observables of unit variance.

    The anomaly score of Ramaswamy, Rastogi and Shim (ACM SIGMOD 29 (2000) 427), with the mean of the k distances in
    place of the last.

    Parameters
    ----------
    background : Jets
        Background jets, at least k.
    k : int
        Neighbours.

    Returns
    -------
    callable
        Jets to scores, shape (n,).

    Raises
    ------
    InputError
        ``E_K``.

    Examples
    --------
    >>> from jetexplore import jets
    >>> some = jets.load()["QCD"]
    >>> observables_knn(some[:50], k=3)(some[50:53]).shape
    (3,)
    """
    from sklearn.neighbors import NearestNeighbors
    from sklearn.preprocessing import StandardScaler

    if not isinstance(k, int | np.integer) or not 1 <= k <= len(background):
        raise InputError("E_K", f"the {k!r} nearest of {len(background)} jets", "a whole number of them")
    scale = StandardScaler()
    model = NearestNeighbors(n_neighbors=k).fit(scale.fit_transform(table(background, OBSERVED)))

    def score(jets: Jets) -> np.ndarray:
        if not len(jets):
            return np.zeros(0)
        return model.kneighbors(scale.transform(table(jets, OBSERVED)))[0].mean(1)

    return score
