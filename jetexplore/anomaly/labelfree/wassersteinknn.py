"""How far is a jet from its nearest background jets, by exact optimal transport?"""

from __future__ import annotations

import numpy as np

from jetexplore import jets as jets_room
from jetexplore.anomaly.labelfree.recipes import Scorer
from jetexplore.distances import metric, nearest
from jetexplore.errors import InputError
from jetexplore.jets import Jets


def wasserstein_knn(background: Jets, p: float = 1.0, k: int = 5, references: int = 500) -> Scorer:
    r"""Score jets by the mean Wass(p) distance from the k nearest of some background jets, eq. (3.3) of Fraser et al.

    Most distances are decided by bounds and never computed (`jetexplore.distances.nearest`).

    Parameters
    ----------
    background : Jets
        Background jets.
    p : float
        Power, > 0.
    k : int
        Neighbours.
    references : int
        How many background jets to compare with, the first ones.

    Returns
    -------
    callable
        Jets to scores in rad, shape (n,).

    Raises
    ------
    InputError
        ``E_METRIC`` for p, ``E_K`` if there are fewer than k references.

    Examples
    --------
    >>> from jetexplore import jets
    >>> some = jets.load()["QCD"]
    >>> wasserstein_knn(some[:8], k=2)(some[8:10]).shape
    (2,)
    """
    name = f"Wass({p:g})"
    metric(name)
    chosen = jets_room.images(background[:references])
    if not isinstance(k, int | np.integer) or not 1 <= k <= len(chosen):
        raise InputError("E_K", f"the {k!r} nearest of {len(chosen)} jets", f"a whole number from 1 to {len(chosen)}")

    def score(jets: Jets) -> np.ndarray:
        if not len(jets):
            return np.zeros(0)
        return nearest(jets_room.images(jets), chosen, name, k).distance.mean(1)

    return score
