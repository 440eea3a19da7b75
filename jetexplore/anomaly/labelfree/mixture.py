"""How likely is a jet under a mixture of Gaussians fitted to the background, in a few observables?"""

from __future__ import annotations

import numpy as np

from jetexplore.anomaly.labelfree.recipes import Scorer
from jetexplore.anomaly.labelfree.substructure import table
from jetexplore.errors import InputError
from jetexplore.jets import Jets

OBSERVED = ("m/pT", "soft-drop mass", "tau21", "multiplicity")


def gaussian_mixture(background: Jets, components: int = 10, seed: int = 0) -> Scorer:
    r"""Score jets by :math:`-\log \sum_k \pi_k N(x; \mu_k, \Sigma_k)` in standardised observables.

    Parameters
    ----------
    background : Jets
        Background jets, more than there are components.
    components : int
        Gaussians, each with a covariance of its own.
    seed : int
        Of the start of the fit.

    Returns
    -------
    callable
        Jets to scores, shape (n,).

    Raises
    ------
    InputError
        ``E_RANGE`` for a number of components that cannot be fitted.

    Examples
    --------
    >>> from jetexplore import jets
    >>> some = jets.load()["QCD"]
    >>> gaussian_mixture(some[:60], components=2)(some[60:63]).shape
    (3,)
    """
    from sklearn.mixture import GaussianMixture
    from sklearn.preprocessing import StandardScaler

    if not isinstance(components, int | np.integer) or not 1 <= components < len(background):
        raise InputError("E_RANGE", f"{components!r} components for {len(background)} jets", "1 or more, but fewer")
    scale = StandardScaler()
    x = scale.fit_transform(table(background, OBSERVED))
    model = GaussianMixture(components, reg_covar=1e-4, random_state=seed).fit(x)

    def score(jets: Jets) -> np.ndarray:
        return -model.score_samples(scale.transform(table(jets, OBSERVED))) if len(jets) else np.zeros(0)

    return score
