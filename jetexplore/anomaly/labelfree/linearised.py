"""What does a jet look like from one fixed reference? Linearised optimal transport, whitened.

Cai, Cheng, Craig and Craig (arXiv:2008.08604): transport every jet to the same reference and keep where each point of
the reference is sent to. These vectors live in a tangent space of the transport metric, where Euclid's geometry holds.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from jetexplore.anomaly.labelfree.isotropy import disc
from jetexplore.anomaly.labelfree.recipes import Scorer
from jetexplore.errors import InputError, choose
from jetexplore.jets import Jets, aligned
from jetexplore.jets.clustering import RADIUS

POINTS = 100  # of the reference
STATISTICS = ("mahalanobis", "knn")


def embedded(jets: Jets, points: int = POINTS) -> np.ndarray:
    r"""Send each point of a uniform disc to the mean place of what is transported there.

    :math:`v_g = \frac{1}{a_g} \sum_i f_{gi} x_i`, the barycentric projection of the optimal plan f for the squared
    distance, with :math:`a_g` the weight of a point (Cai et al., arXiv:2008.08604).

    Parameters
    ----------
    jets : Jets
        Jets; they are centred, rotated and flipped as images are.
    points : int
        Points of the reference.

    Returns
    -------
    ndarray, shape (n, 2 * points)
        rad, over the root of the number of points: Euclidean distances approximate Wass(2).

    Examples
    --------
    >>> one = Jets([300.0], [0.7], [3.0], [0, 1])
    >>> float(abs(embedded(one)).max())  # all is sent to the one constituent, at the origin
    0.0
    """
    import ot

    target = disc(RADIUS, points)
    grid = np.stack([target.eta, target.phi], axis=1)
    weight = np.full(points, 1.0 / points)
    some = aligned(jets, "flipped")
    out = np.empty((len(some), points, 2))
    for n in range(len(some)):
        rows = slice(some.offsets[n], some.offsets[n + 1])
        place = np.stack([some.eta[rows], some.phi[rows]], axis=1)
        share = some.pt[rows] / some.pt[rows].sum()
        plan = ot.emd(weight, share, ot.dist(grid, place), center_dual=False, check_marginals=False)
        out[n] = plan @ place * points
    return out.reshape(len(some), -1) / np.sqrt(points)


def linearised_transport(
    background: Jets, statistic: str = "mahalanobis", q: int = 20, k: int = 5, points: int = POINTS
) -> Scorer:
    """Score jets in the tangent space of optimal transport, within the first q principal components.

    Parameters
    ----------
    background : Jets
        Background jets, more than q.
    statistic : str
        ``"mahalanobis"``, the squared distance from the background's mean in components of unit variance, or
        ``"knn"``, the mean distance from the k nearest background jets in components as they are.
    q : int
        Components.
    k : int
        Neighbours.
    points : int
        Points of the reference.

    Returns
    -------
    callable
        Jets to scores, shape (n,).

    Raises
    ------
    InputError
        ``E_CHOICE`` for the statistic, ``E_RANGE`` for q, ``E_K`` for k.

    Examples
    --------
    >>> from jetexplore import jets
    >>> some = jets.load()["QCD"]
    >>> linearised_transport(some[:30], q=5, points=20)(some[30:33]).shape
    (3,)
    """
    from sklearn.decomposition import PCA
    from sklearn.neighbors import NearestNeighbors

    choose("statistic", statistic, STATISTICS, "E_CHOICE")
    most = min(len(background) - 1, 2 * points)
    if not isinstance(q, int | np.integer) or not 1 <= q <= most:
        raise InputError("E_RANGE", f"q = {q!r}", f"a whole number from 1 to {most}", where="q")
    if not isinstance(k, int | np.integer) or not 1 <= k <= len(background):
        raise InputError("E_K", f"the {k!r} nearest of {len(background)} jets", "a whole number of them")
    vectors = partial(embedded, points=points)
    model = PCA(q, svd_solver="full", whiten=statistic == "mahalanobis")
    z = model.fit_transform(vectors(background))
    found = NearestNeighbors(n_neighbors=k).fit(z)

    def score(jets: Jets) -> np.ndarray:
        if not len(jets):
            return np.zeros(0)
        z = model.transform(vectors(jets))
        return (z**2).sum(1) if statistic == "mahalanobis" else found.kneighbors(z)[0].mean(1)

    return score
