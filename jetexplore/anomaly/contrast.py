"""Nearer to the signal than to the background? The difference of two distances as an anomaly score.

For medoids of two classes, and for a few labelled jets (Fraser et al., 2021, section 6, on semi-supervised learning).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jetexplore.anomaly.scores import event_to_ensemble


def contrast(
    events: np.ndarray,
    background: np.ndarray,
    signal: np.ndarray,
    metric: str = "Wass(1)",
    combine: str = "min",
    **options: Any,
) -> np.ndarray:
    r"""Score events by how much farther they are from background events than from signal events.

    :math:`s(x) = \min_b d(x, x_b) - \min_s d(x, x_s)`, or with sums.

    Parameters
    ----------
    events : ndarray, shape (n, npix, npix)
        What to score.
    background, signal : ndarray, shape (k, npix, npix), (m, npix, npix)
        The events that stand for the background and for the signal.
    metric, combine, **options
        As in `event_to_ensemble`.

    Returns
    -------
    ndarray, shape (n,)
        Scores; bigger is more anomalous.

    Raises
    ------
    InputError
        Those of `event_to_ensemble`.

    Examples
    --------
    >>> image = np.zeros((3, 40, 40))
    >>> image[0, 20, 20] = image[1, 20, 25] = image[2, 20, 30] = 1.0
    >>> contrast(image, image[:1], image[2:]).round(3).tolist()  # five pixels of 0.08 rad apart
    [-0.8, 0.0, 0.8]
    """
    far = event_to_ensemble(events, background, metric, combine, **options)
    return far + event_to_ensemble(events, signal, metric, combine, "near", **options)
