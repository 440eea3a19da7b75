"""What is one observable worth as a score? No fit at all: a number of the jet, with a sign that physics gives it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from jetexplore.anomaly.labelfree.recipes import Scorer
from jetexplore.anomaly.labelfree.substructure import observables
from jetexplore.errors import choose
from jetexplore.jets import Jets

# the sign that makes it bigger for jets of several prongs
SIGNS: dict[str, float] = {
    "D2": -1.0,  # small for two prongs
    "N2": -1.0,  # small for two prongs
    "tau21": -1.0,  # small for two prongs or more
    "tau32": -1.0,  # small for three prongs
    "multiplicity": 1.0,  # more prongs radiate more
    "mass": 1.0,  # a heavy particle decays to a heavy jet
    "isotropy": -1.0,  # the uniform disc is at zero
}


def single(name: str) -> Callable[..., Scorer]:
    """Make the recipe's function for one observable.

    Parameters
    ----------
    name : str
        A key of `SIGNS`.

    Returns
    -------
    callable
        Background jets to a scorer, (n,) signed values; the background is not looked at.

    Raises
    ------
    InputError
        ``E_OBSERVABLE``.

    Examples
    --------
    >>> two = Jets(pt=[300.0, 300.0], eta=[0.0, 0.2], phi=[0.0, 0.0], offsets=[0, 2])
    >>> single("multiplicity")(two)(two).tolist()
    [2.0]
    """
    choose("observable", name, SIGNS, "E_OBSERVABLE")
    return partial(_fit, name=name)


def _fit(background: Jets, name: str) -> Scorer:
    def score(jets: Jets) -> np.ndarray:
        return SIGNS[name] * observables(jets, [name])[name]

    return score
