"""Does a jet look like a decay? Trees that tell background jets from pseudo-jets made of them.

Self-supervised: the second class is made of the first (`pseudojets`), no signal is ever simulated. What goes in is the
guess that new particles decay to two to four prongs inside a jet; a generic multi-prong tagger learns the same from
simulated decays (Aguilar-Saavedra et al., arXiv:2008.12792).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jetexplore.anomaly.labelfree.pseudojets import pseudojets
from jetexplore.anomaly.labelfree.recipes import Scorer
from jetexplore.anomaly.labelfree.substructure import table
from jetexplore.jets import Jets

# free of scale, and none that counts constituents: pseudo-jets get their multiplicity by hand
OBSERVED = ("m/pT", "msd/pT", "tau21", "tau32", "tau43", "D2", "N2", "C2", "kT1", "kT2", "kT3")
PER_JET = 2  # pseudo-jets for each background jet


def pseudo_prong(background: Jets, prongs: Sequence[int] = (2, 3, 4), seed: int = 0) -> Scorer:
    r"""Score jets by :math:`\log p(\text{pseudo} | x) / p(\text{background} | x)` of boosted trees.

    Parameters
    ----------
    background : Jets
        Background jets.
    prongs : sequence of int
        Of the pseudo-jets.
    seed : int
        Of the pseudo-jets and the trees.

    Returns
    -------
    callable
        Jets to scores, shape (n,).

    Raises
    ------
    InputError
        ``E_PRONGS``, ``E_EMPTY``.

    Examples
    --------
    >>> from jetexplore import jets
    >>> some = jets.load()["QCD"]
    >>> pseudo_prong(some[:60])(some[60:63]).shape
    (3,)
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    made = pseudojets(background, PER_JET * len(background), tuple(prongs), seed=seed)
    x = np.concatenate([table(background, OBSERVED), table(made, OBSERVED)])
    y = np.repeat([0, 1], [len(background), len(made)])
    model = HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=100, max_leaf_nodes=15, min_samples_leaf=40, l2_regularization=1.0,
        early_stopping=False, class_weight="balanced", random_state=seed,
    ).fit(x, y)  # fmt: skip

    def score(jets: Jets) -> np.ndarray:
        return model.decision_function(table(jets, OBSERVED)) if len(jets) else np.zeros(0)

    return score
