"""Which colour has a jet on the map: that of its class, or of a number?"""

from __future__ import annotations

import numpy as np

from jetexplore.views.plots import COLOURS, DENSITY_PALETTE, OTHER, palette

SPREAD = 0.02, 0.98  # quantiles at the ends of the colour scale


def paint(names: np.ndarray, values: np.ndarray | None = None) -> tuple[np.ndarray, tuple[float, float]]:
    """Choose the colour of every jet.

    Parameters
    ----------
    names : ndarray, shape (n,)
        Class of each.
    values : ndarray, shape (n,), optional
        What the colour tells, instead of the class.

    Returns
    -------
    colours : ndarray of str, shape (n,)
        Hexadecimal.
    ends : tuple of float
        Values of the first and the last colour; those beyond share them. NaN for classes.

    Examples
    --------
    >>> paint(np.array(["QCD", "W"]))[0].tolist()
    ['#0072B2', '#009E73']
    """
    if values is None:
        return np.array([COLOURS.get(name, OTHER) for name in names.tolist()]), (float("nan"), float("nan"))
    low, high = np.quantile(values, SPREAD)
    scale = np.array(colour_scale())
    place = np.clip((values - low) / (high - low or 1.0), 0, 1) * (len(scale) - 1)
    return scale[place.round().astype(int)], (float(low), float(high))


def colour_scale() -> list[str]:
    """Give the colours of the map from low to high, where they do not tell the class.

    Returns
    -------
    list of str
        Hexadecimal.
    """
    return palette(DENSITY_PALETTE, 20)
