"""How unlike the ensemble is one event? Distances to reference events become anomaly scores; bigger is more anomalous.

Fraser et al. (2021), section 5.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from jetexplore.distances import matrices
from jetexplore.errors import InputError, choose

COMBINE: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "min": lambda distances: distances.min(axis=1),
    "sum": lambda distances: distances.sum(axis=1),
}

ORIENTATION = {"far": 1.0, "near": -1.0}


def event_to_ensemble(
    events: np.ndarray,
    references: np.ndarray,
    metric: str = "Wass(1)",
    combine: str = "min",
    orientation: str = "far",
    **options: float,
) -> np.ndarray:
    r"""Score events by their distance to reference events.

    :math:`s(x) = \pm \min_m d(x, x_m)` or :math:`\pm \sum_m d(x, x_m)` over the references :math:`x_m`.

    Parameters
    ----------
    events : ndarray, shape (n, npix, npix)
        What to score.
    references : ndarray, shape (k, npix, npix)
        The events that stand for the ensemble: medoids, the average, random ones.
    metric : str
        A name in ``distances.METRICS`` or of one of its families.
    combine : str
        ``"min"`` or ``"sum"`` over the references.
    orientation : str
        ``"far"``: far from the references is anomalous (a background reference). ``"near"``: close to them is, so
        the score is minus the distance; this is how table 2 uses its top reference, which stands for the signal.
    **options
        Passed to the metric, such as ``width``.

    Returns
    -------
    ndarray, shape (n,)
        Scores; bigger is more anomalous.

    Raises
    ------
    InputError
        ``E_EMPTY`` without references, ``E_METRIC``, ``E_COMBINE`` or ``E_ORIENTATION`` for an unknown name, and those
        of the metric.

    Examples
    --------
    >>> image = np.zeros((2, 40, 40))
    >>> image[0, 20, 20] = image[1, 20, 25] = 1.0
    >>> event_to_ensemble(image, image[:1], "Wass(1)").round(3).tolist()  # five pixels of 0.08 rad
    [0.0, 0.4]
    """
    if len(references) == 0:
        raise InputError("E_EMPTY", "no reference events", "at least one")
    choose("combination", combine, COMBINE, "E_COMBINE")
    sign = ORIENTATION[choose("orientation", orientation, ORIENTATION, "E_ORIENTATION")]
    return sign * matrices.cross(events, references, metric, reduce=combine, **options)
