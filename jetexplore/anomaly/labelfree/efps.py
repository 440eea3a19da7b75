"""Does a jet vary as background jets do, in a complete basis of observables? Energy flow polynomials, whitened."""

from __future__ import annotations

import numpy as np

from jetexplore.anomaly.labelfree.recipes import Scorer
from jetexplore.errors import InputError
from jetexplore.files import digest, stored
from jetexplore.jets import Jets, aligned

KEPT_FROM = 1000  # jets from which on polynomials are worth a file


def polynomials(jets: Jets, degree: int = 4) -> np.ndarray:
    r"""Compute the connected energy flow polynomials of up to a number of edges.

    :math:`\sum_{i_1} \dots \sum_{i_N} z_{i_1} \dots z_{i_N} \prod_{(k, l) \in G} \theta_{i_k i_l}` of Komiske,
    Metodiev and Thaler (arXiv:1712.07124), with energyflow; z are fractions of the pT and theta distances in rad.

    Parameters
    ----------
    jets : Jets
        Jets.
    degree : int
        Most edges of a graph, 1 to 5.

    Returns
    -------
    ndarray, shape (n, number of graphs)
        Polynomials; from 1,000 jets on they are kept in the user's cache.

    Raises
    ------
    InputError
        ``E_RANGE`` for the degree.

    Examples
    --------
    >>> two = Jets(pt=[300.0, 300.0], eta=[0.0, 0.2], phi=[0.0, 0.0], offsets=[0, 2])
    >>> polynomials(two, 1).round(6).tolist()  # both orders of the pair: 2 * 1/2 * 1/2 * 0.2
    [[0.1]]
    """
    if not isinstance(degree, int | np.integer) or not 1 <= degree <= 5:
        raise InputError("E_RANGE", f"{degree!r}", "a whole number from 1 to 5", where="degree")
    import energyflow

    basis = energyflow.EFPSet(f"d<={degree}", "p==1", "d>0", measure="hadr", beta=1, normed=True, verbose=0)
    if not len(jets):
        return np.zeros((0, basis.count()))
    some = aligned(jets, "centred")
    particles = np.stack([some.pt, some.eta, some.phi], axis=1)

    def compute() -> dict[str, np.ndarray]:
        return {"efps": basis.batch_compute(np.split(particles, some.offsets[1:-1]), n_jobs=1)}

    if len(jets) < KEPT_FROM:
        return compute()["efps"]
    key = digest(1, degree, jets.pt, jets.eta, jets.phi, jets.offsets)
    return stored(f"efps-{key}", key, compute)["efps"]


def energy_flow(background: Jets, degree: int = 4) -> Scorer:
    r"""Score jets by the squared Mahalanobis distance of their energy flow polynomials.

    :math:`(x - \mu)^T \Sigma^{-1} (x - \mu)` with mean and covariance of the background. Polynomials as they are, not
    their logarithms: they are a linear basis of all infrared- and collinear-safe observables, and so the distance
    weighs every observable that is linear in them by its spread.

    Parameters
    ----------
    background : Jets
        Background jets, more than there are polynomials.
    degree : int
        As in `polynomials`.

    Returns
    -------
    callable
        Jets to scores, shape (n,).

    Raises
    ------
    InputError
        ``E_RANGE`` for the degree, ``E_FEW`` for too few jets.

    Examples
    --------
    >>> from jetexplore import jets
    >>> some = jets.load()["QCD"]
    >>> energy_flow(some[:50], degree=2)(some[50:53]).shape
    (3,)
    """
    from sklearn.covariance import EmpiricalCovariance
    from sklearn.preprocessing import StandardScaler

    x = polynomials(background, degree)
    if len(x) <= x.shape[1] + 1:
        raise InputError("E_FEW", f"{len(x)} background jets", f"more than {x.shape[1] + 1}, for {x.shape[1]} graphs")
    scale = StandardScaler()  # powers of small angles span many orders; the inverse would lose the small ones
    model = EmpiricalCovariance().fit(scale.fit_transform(x))

    def score(jets: Jets) -> np.ndarray:
        return model.mahalanobis(scale.transform(polynomials(jets, degree))) if len(jets) else np.zeros(0)

    return score
