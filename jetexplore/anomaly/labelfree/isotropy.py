"""How evenly does a jet fill its disc? Event isotropy for jets: the work that turns a jet into a uniform disc.

Cesarotti and Thaler (arXiv:2004.06125) compare whole events with a uniform sphere, cylinder or ring; here a jet is
compared with a uniform disc around its axis, by the exact transport kernel of `jetexplore.distances`.
"""

from __future__ import annotations

import numpy as np

from jetexplore.distances import matrices
from jetexplore.errors import InputError
from jetexplore.jets import Jets, aligned
from jetexplore.jets.clustering import RADIUS

N_POINTS = 200  # of the disc; 1,500 move the isotropies of 500 QCD jets by 0.6 % at most


def disc(radius: float = RADIUS, n: int = N_POINTS) -> Jets:
    """Lay points of equal weight evenly over a disc, along a sunflower's spiral (Vogel, 1979).

    Parameters
    ----------
    radius : float
        rad, > 0.
    n : int
        Points.

    Returns
    -------
    Jets
        One jet of n constituents of 1 GeV.

    Examples
    --------
    >>> points = disc(1.0, 400)
    >>> float(np.hypot(points.eta, points.phi).mean().round(3))  # 2/3 of the radius
    0.667
    """
    if not (radius > 0 and n >= 1):
        raise InputError("E_RANGE", f"{n!r} points within {radius!r} rad", "n >= 1 and a radius > 0")
    k = np.arange(n) + 0.5
    r, angle = radius * np.sqrt(k / n), np.pi * (1 + np.sqrt(5)) * k
    x, y = r * np.cos(angle), r * np.sin(angle)
    return Jets(np.ones(n), x - x.mean(), y - y.mean(), [0, n])


def isotropy(jets: Jets, radius: float = RADIUS) -> np.ndarray:
    r"""Transport jets to a uniform disc of radius R around their axes: 0 for a disc, 1 for a single direction.

    :math:`I = \frac{2}{R^2} \min_f \sum_{ij} f_{ij} \theta_{ij}^2`, the energy mover's distance with
    :math:`\beta = 2` of Cesarotti and Thaler (arXiv:2004.06125), of unit weights; :math:`R^2 / 2` is what
    turns one direction into the disc. Jets wider than the disc can give more than 1.

    Parameters
    ----------
    jets : Jets
        Jets; each is moved to its pT-weighted centroid, so position and total pT do not matter.
    radius : float
        R in rad.

    Returns
    -------
    ndarray, shape (n,)
        Isotropies; small is isotropic.

    Examples
    --------
    >>> isotropy(Jets([300.0], [0.7], [3.0], [0, 1])).round(3).tolist()
    [1.0]
    """
    if not len(jets):
        return np.zeros(0)
    # R cancels: for jets of unit weight the cost is a sum of (distance / R)^beta
    cost = matrices.cross(aligned(jets, "centred"), disc(radius), "EMD", R=radius, beta=2.0, norm=True)
    return 2 * cost[:, 0]
