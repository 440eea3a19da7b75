"""How rare is the mass of a jet among background jets? A kernel density of one number."""

from __future__ import annotations

import numpy as np

from jetexplore.anomaly.labelfree.recipes import Scorer
from jetexplore.anomaly.labelfree.substructure import observables
from jetexplore.errors import InputError
from jetexplore.jets import Jets


def mass_density(background: Jets, bandwidth: float | None = None) -> Scorer:
    r"""Score jets by :math:`-\log p(m / p_T)`, a Gaussian kernel density of the background.

    Parameters
    ----------
    background : Jets
        Background jets of at least two different masses.
    bandwidth : float, optional
        In standard deviations of the background; Scott's rule :math:`n^{-1/5}` if omitted.

    Returns
    -------
    callable
        Jets to scores, shape (n,).

    Raises
    ------
    InputError
        ``E_FEW`` if all masses are the same, ``E_RANGE`` for the bandwidth.

    Examples
    --------
    >>> from jetexplore import jets
    >>> some = jets.load()["QCD"]
    >>> mass_density(some[:50])(some[50:53]).shape
    (3,)
    """
    from scipy.stats import gaussian_kde

    if bandwidth is not None and not bandwidth > 0:
        raise InputError("E_RANGE", f"{bandwidth!r}", "a number > 0, or None", where="bandwidth")
    masses = observables(background, ["m/pT"])["m/pT"]
    if not np.ptp(masses) > 0:
        raise InputError("E_FEW", f"{len(background)} background jets of one mass", "jets of different masses")
    density = gaussian_kde(masses, bandwidth)

    def score(jets: Jets) -> np.ndarray:
        return -density.logpdf(observables(jets, ["m/pT"])["m/pT"]) if len(jets) else np.zeros(0)

    return score
