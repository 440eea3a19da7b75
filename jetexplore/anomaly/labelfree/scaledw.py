"""How far is a jet from background jets once its own size no longer counts? Wasserstein distances of scaled images.

Distances between jets as they are measure how much they radiate: heavy jets are far, and light ones with structure lie
inside the background. Here the offsets of each jet from its centroid are divided by 2 m / pT, the angle at which a
particle of its mass and pT decays, before the image is made: the planar version of the rescaling and boosting of Roy
and Vijay, arXiv:1903.02032. The distances are those of section 5 of Fraser et al. (2021).
"""

from __future__ import annotations

import numpy as np

from jetexplore import jets as jets_room
from jetexplore.anomaly.labelfree import kept
from jetexplore.anomaly.labelfree.recipes import Scorer
from jetexplore.distances import references
from jetexplore.errors import InputError, choose
from jetexplore.jets import Jets

SCALES = ("mass", "rms", "none")
REDUCTIONS = ("medoid", "mean", "KDE")
LEAST = 0.02  # rad; no jet is magnified more than this scale does
N_REFERENCE = 500  # jets of the background that distances are taken to
N_PER_CALL = 4000  # events at a time, so that their distances fit in memory


def scale(jets: Jets, by: str = "mass") -> np.ndarray:
    r"""Give the angular size of each jet: :math:`2 m / p_T`, or the pT-weighted root mean square distance.

    Parameters
    ----------
    jets : Jets
        Jets.
    by : str
        ``"mass"``, ``"rms"`` (twice it), or ``"none"`` for 1.

    Returns
    -------
    ndarray, shape (n,)
        rad, at least 0.02.

    Examples
    --------
    >>> two = Jets(pt=[50.0, 50.0], eta=[-0.1, 0.1], phi=[0.0, 0.0], offsets=[0, 2])
    >>> scale(two, "mass").round(3).tolist(), scale(two, "rms").round(3).tolist()
    ([0.2], [0.2])
    """
    choose("scale", by, SCALES, "E_CHOICE")
    if by == "none":
        return np.ones(len(jets))
    if by == "mass":
        found = jets.momenta()
        size = 2 * found.mass / found.pt
    else:
        around = jets_room.aligned(jets, "centred")
        n = len(jets)
        square = np.bincount(jets.jet, jets.pt * (around.eta**2 + around.phi**2), n) / np.bincount(jets.jet, jets.pt, n)
        size = 2 * np.sqrt(square)
    return np.maximum(np.nan_to_num(size), LEAST)


def scaled_images(jets: Jets, by: str = "mass") -> np.ndarray:
    """Make images of 3.2 x 3.2 in units of each jet's own size.

    Parameters
    ----------
    jets : Jets
        Jets.
    by : str
        As in `scale`.

    Returns
    -------
    ndarray, shape (n, 40, 40), float32
        Of unit sum; a jet with nothing inside has all in the central pixel.
    """
    made, kept = jets_room.images_and_kept(jets, width=jets_room.WIDTH * scale(jets, by))
    middle = jets_room.NPIX // 2
    made[kept == 0, middle, middle] = 1.0
    return made


def scaled_w(
    background: Jets, p: float = 1.0, by: str = "mass", reduce: str = "KDE", bandwidth: float = 0.25,
    n_reference: int = N_REFERENCE,
) -> Scorer:  # fmt: skip
    r"""Score jets by Wass(p) of scaled images to background jets: to their medoid, on average, or by a density.

    The density is :math:`\hat p(x) \propto \sum_j \exp(-W_p(x, x_j) / (b \tilde W))`, with the median
    :math:`\tilde W` of the distances within the reference; the score is :math:`-\log \hat p`.

    Parameters
    ----------
    background : Jets
        Background jets.
    p : float
        Of Wass(p).
    by : str
        As in `scale`.
    reduce : str
        ``"medoid"``, ``"mean"`` or ``"KDE"``.
    bandwidth : float
        b.
    n_reference : int
        The first so many background jets are the reference.

    Returns
    -------
    callable
        Jets to scores, shape (n,).

    Raises
    ------
    InputError
        ``E_CHOICE`` or ``E_RANGE`` for options that cannot be, those of the metric for p.

    Examples
    --------
    >>> some = jets_room.load()["QCD"]
    >>> scaled_w(some[:20], reduce="medoid")(some[20:23]).shape
    (3,)
    """
    choose("reduction", reduce, REDUCTIONS, "E_CHOICE")
    if not bandwidth > 0 or n_reference < 1:
        found = f"bandwidth = {bandwidth!r}, n_reference = {n_reference!r}"
        raise InputError("E_RANGE", found, "numbers > 0", where="bandwidth, n_reference")
    metric, events = f"Wass({p:g})", scaled_images(background[:n_reference], by)
    within = kept.cross(events, events, metric) if reduce != "mean" else np.zeros((1, 1))
    if reduce == "medoid":
        events = events[references.medoids(within, 1).indices]
    others = within[np.triu_indices(len(within), 1)]
    unit = bandwidth * (float(np.median(others)) if len(others) else 1.0)

    def reduced(some: np.ndarray) -> np.ndarray:
        distances = kept.cross(some, events, metric)
        if reduce == "KDE":
            from scipy.special import logsumexp

            return np.log(len(events)) - logsumexp(-distances / unit, axis=1)
        return distances.mean(1)

    def score(jets: Jets) -> np.ndarray:
        parts = (jets[n : n + N_PER_CALL] for n in range(0, len(jets), N_PER_CALL))
        found = [reduced(scaled_images(part, by)) for part in parts]
        return np.concatenate(found).astype(np.float64) if found else np.zeros(0)

    return score
