"""Does a jet vary as background jets do? Whitened principal components of images, without any network.

Images to a power (Finke et al., arXiv:2104.09051, remap intensities so that faint pixels count), in the principal
components of background images. T^2, the squared Mahalanobis distance within the first q components, asks whether a jet
lies where background jets lie; Q, the squared residual outside of them, whether it can be built from them at all
(Jackson and Mudholkar, Technometrics 21 (1979) 341). Q alone finds complex jets and misses simple ones.
"""

from __future__ import annotations

import numpy as np

from jetexplore import jets as jets_room
from jetexplore.anomaly.labelfree.recipes import Scorer
from jetexplore.errors import InputError, choose
from jetexplore.jets import Jets

STATISTICS = ("T2", "Q", "both")


def features(jets: Jets, power: float, width: float) -> np.ndarray:
    """Give images to a power as vectors of unit sum.

    Parameters
    ----------
    jets : Jets
        Jets.
    power : float
        Of the intensities, > 0.
    width : float
        Side of the image in rad.

    Returns
    -------
    ndarray, shape (n, 1600), float64
        Vectors.
    """
    x = jets_room.images(jets, width=width).reshape(len(jets), jets_room.NPIX**2).astype(np.float64) ** power
    return x / x.sum(1, keepdims=True)


def whitened_pca(
    background: Jets, power: float = 0.5, q: int = 30, statistic: str = "T2", width: float = jets_room.WIDTH
) -> Scorer:
    r"""Score jets by :math:`T^2 = \sum_{i \le q} z_i^2 / \lambda_i`, by the residual :math:`Q`, or by both.

    :math:`z_i` are the principal components of the background, of variance :math:`\lambda_i`. "both" is
    :math:`\log T^2 + \log Q`, each less its background mean and over its background standard deviation.

    Parameters
    ----------
    background : Jets
        Background jets, more than q.
    power : float
        Of the intensities.
    q : int
        Components.
    statistic : str
        ``"T2"``, ``"Q"`` or ``"both"``.
    width : float
        Side of the images in rad.

    Returns
    -------
    callable
        Jets to scores, shape (n,).

    Raises
    ------
    InputError
        ``E_RANGE`` for a power or q that cannot be, ``E_CHOICE`` for the statistic.

    Examples
    --------
    >>> some = jets_room.load()["QCD"]
    >>> whitened_pca(some[:100], q=5)(some[100:103]).shape
    (3,)
    """
    from sklearn.decomposition import PCA

    choose("statistic", statistic, STATISTICS, "E_CHOICE")
    if not power > 0:
        raise InputError("E_RANGE", f"{power!r}", "a number > 0", where="power")
    x = features(background, power, width)
    most = min(x.shape[0] - 1, x.shape[1] - 1)
    if not 1 <= q <= most:
        raise InputError("E_RANGE", f"q = {q!r}", f"a whole number from 1 to {most}", where="q")
    model = PCA(q, svd_solver="randomized" if q < 200 else "full", random_state=0).fit(x)

    def both(some: np.ndarray) -> np.ndarray:
        z = model.transform(some)
        t2 = (z**2 / model.explained_variance_).sum(1)
        left = ((some - model.mean_) ** 2).sum(1) - (z**2).sum(1)
        return np.stack([t2, np.maximum(left, 1e-300)], 1)

    logs = np.log(both(x))
    mean, deviation = logs.mean(0), logs.std(0)

    def score(jets: Jets) -> np.ndarray:
        if not len(jets):
            return np.zeros(0)
        found = both(features(jets, power, width))
        if statistic == "both":
            return ((np.log(found) - mean) / deviation).sum(1)
        return found[:, STATISTICS.index(statistic)]

    return score
