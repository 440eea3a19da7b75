"""How far is a jet from the average background image, pixel by pixel?"""

from __future__ import annotations

import numpy as np

from jetexplore import jets as jets_room
from jetexplore.anomaly.labelfree.recipes import Scorer
from jetexplore.distances import average, cross, metric
from jetexplore.jets import Jets


def average_image(background: Jets, metric_name: str = "MAE") -> Scorer:
    """Score jets by their distance from the average image, section 5 of Fraser et al. (2021).

    Parameters
    ----------
    background : Jets
        Background jets.
    metric_name : str
        Any metric of images, such as ``"MSE"`` or ``"MAE"``.

    Returns
    -------
    callable
        Jets to scores, shape (n,).

    Raises
    ------
    InputError
        ``E_METRIC``.

    Examples
    --------
    >>> from jetexplore import jets
    >>> some = jets.load()["QCD"]
    >>> average_image(some[:8])(some[8:10]).shape
    (2,)
    """
    metric(metric_name)
    reference = average(jets_room.images(background))

    def score(jets: Jets) -> np.ndarray:
        return cross(jets_room.images(jets), reference, metric_name)[:, 0] if len(jets) else np.zeros(0)

    return score
