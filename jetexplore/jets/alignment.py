"""What does preprocessing do to the constituents? Each step on its own, before anything is pixelated.

Fraser et al. (2021), section 2: centre, rotate, flip. `images` does the same in one fast loop; here every step can be
looked at, and the aligned constituents compared as particles.
"""

from __future__ import annotations

import numpy as np

from jetexplore.errors import choose
from jetexplore.jets.constituents import Jets, wrap

STEPS = ("centred", "rotated", "flipped")


def aligned(jets: Jets, step: str = "flipped") -> Jets:
    r"""Give the constituents after a step of the preprocessing.

    Centred: relative to the pT-weighted centroid, with :math:`\phi` on the branch of the hardest constituent.
    Rotated: the principal axis is vertical, so ``eta`` holds the position across it and ``phi`` that along it.
    Flipped: the sides with more pT are right and up.

    Parameters
    ----------
    jets : Jets
        The jets.
    step : str
        One of `STEPS`; the steps before it are taken too.

    Returns
    -------
    Jets
        The same pt in GeV at the new places in rad.

    Raises
    ------
    InputError
        ``E_STEP`` for an unknown step.

    Examples
    --------
    >>> two = Jets(pt=[75.0, 25.0], eta=[1.0, 1.4], phi=[3.0, 3.0], offsets=[0, 2])
    >>> aligned(two, "centred").eta.round(6).tolist()
    [-0.1, 0.3]
    >>> aligned(two).phi.round(6).tolist()
    [0.1, -0.3]
    """
    choose("step", step, STEPS, "E_STEP")
    across, along = jets.eta, wrap(jets.phi - _of_hardest(jets))
    across, along = across - _mean(jets, across), along - _mean(jets, along)
    if step != "centred":
        across, along = _upright(jets, across, along)
    if step == "flipped":
        across, along = (np.where(_mean(jets, np.sign(side)) < 0, -side, side) for side in (across, along))
    return Jets(jets.pt, across, along, jets.offsets)


def _upright(jets: Jets, eta: np.ndarray, phi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turn the principal axis, at theta from the eta axis, onto the vertical."""
    asymmetry = _mean(jets, eta * eta - phi * phi)
    theta = np.arctan2(2 * _mean(jets, eta * phi), asymmetry) / 2  # 0 where all is at one place
    cos, sin = np.cos(theta), np.sin(theta)
    return cos * phi - sin * eta, cos * eta + sin * phi


def _of_hardest(jets: Jets) -> np.ndarray:
    """Azimuth of each jet's hardest constituent, the first of equals, for every constituent."""
    order = np.lexsort((-jets.pt, jets.jet))  # stable; within a jet by falling pt
    return jets.phi[order[jets.offsets[:-1]]][jets.jet]


def _mean(jets: Jets, values: np.ndarray) -> np.ndarray:
    """Mean of each jet weighted by pt, for every constituent."""
    n = len(jets)
    total = np.bincount(jets.jet, jets.pt, n)
    return (np.bincount(jets.jet, jets.pt * values, n) / total)[jets.jet]
