"""Does a jet vary as background jets do, in the space that the transport distance spans? Whitened kernel components.

Kernel principal components of exp(-W / (s median)); the squared Mahalanobis distance within the first q. Its residual
twin, the reconstruction error in the same space, is that of Hoffmann, Pattern Recognition 40 (2007) 863.
"""

from __future__ import annotations

import numpy as np

from jetexplore.anomaly.labelfree import kept
from jetexplore.anomaly.labelfree.recipes import Scorer
from jetexplore.anomaly.labelfree.scaledw import N_PER_CALL, N_REFERENCE, scaled_images
from jetexplore.errors import InputError, choose
from jetexplore.jets import Jets

STATISTICS = ("T2", "Q")


def kernel_mahalanobis(
    background: Jets, metric: str = "Wass(1)", by: str = "none", s: float = 1.0, q: int = 60, statistic: str = "T2",
    n_reference: int = N_REFERENCE,
) -> Scorer:  # fmt: skip
    r"""Score jets by :math:`T^2 = \sum_{i \le q} z_i^2 / \lambda_i` of kernel components, or by the residual.

    :math:`k(x, y) = \exp(-W(x, y) / (s \tilde W))` with the median :math:`\tilde W` of the background's distances;
    :math:`z_i` are the components of the centred kernel, of variance :math:`\lambda_i` over the background, and
    :math:`Q = \tilde k(x, x) - \sum_i z_i^2`.

    Parameters
    ----------
    background : Jets
        Background jets, more than q.
    metric : str
        Of images.
    by : str
        Scale of the jets as in `scaledw.scale`; ``"none"`` leaves them as they are.
    s : float
        Width of the kernel.
    q : int
        Components.
    statistic : str
        ``"T2"`` or ``"Q"``.
    n_reference : int
        The first so many background jets span the space.

    Returns
    -------
    callable
        Jets to scores, shape (n,).

    Raises
    ------
    InputError
        ``E_CHOICE`` or ``E_RANGE`` for options that cannot be, those of the metric.

    Examples
    --------
    >>> from jetexplore import jets
    >>> some = jets.load()["QCD"]
    >>> kernel_mahalanobis(some[:30], q=5)(some[30:33]).shape
    (3,)
    """
    from sklearn.decomposition import KernelPCA

    choose("statistic", statistic, STATISTICS, "E_CHOICE")
    events = scaled_images(background[:n_reference], by)
    if not s > 0 or not 1 <= q < len(events):
        raise InputError("E_RANGE", f"s = {s!r}, q = {q!r}", f"s > 0 and 1 <= q < {len(events)}", where="s, q")
    within = kept.cross(events, events, metric).astype(np.float64)
    unit = s * float(np.median(within[np.triu_indices(len(within), 1)]))
    kernel = np.exp(-within / unit)
    model = KernelPCA(q, kernel="precomputed", eigen_solver="dense").fit(kernel)
    variance = model.eigenvalues_ / len(events)
    mean = kernel.mean()

    def statistics(some: np.ndarray) -> np.ndarray:
        near = np.exp(-kept.cross(some, events, metric) / unit)
        z = model.transform(near)
        if statistic == "T2":
            return (z**2 / variance).sum(1)
        return 1.0 - 2 * near.mean(1) + mean - (z**2).sum(1)

    def score(jets: Jets) -> np.ndarray:
        parts = (jets[n : n + N_PER_CALL] for n in range(0, len(jets), N_PER_CALL))
        found = [statistics(scaled_images(part, by)) for part in parts]
        return np.concatenate(found).astype(np.float64) if found else np.zeros(0)

    return score
