"""What is a particle to a network of clouds? Its momentum, or where it is in its jet, by name in `INPUTS`.

"momenta" are those of Tsan et al. (2021), section 3, in GeV: the loss of a jet then grows with the square of its pT.
"standardised" are the same in units of the training set's spread. "relative" and "transverse" do not know the jet's
pT: the first counts the errors of soft and hard particles alike, the second those of the hard ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from jetexplore.jets import Jets
from jetexplore.jets.constituents import wrap


class Inputs(NamedTuple):
    """What a particle is to the network, and in which units errors are counted."""

    features: Callable[[Jets], np.ndarray]  # to (n_constituents, 3)
    points: Callable[[Tensor], Tensor]  # features (..., 3) to (weight, eta, phi)
    unit: tuple[float, float, float] | None  # of outputs and losses; None: standard deviations of the training set
    names: tuple[str, str, str] = ("px", "py", "pz")
    about_axis: bool = False  # weights are shares, angles those from the axis


def momenta(some: Jets) -> np.ndarray:
    """Give the momenta (px, py, pz) of all particles, those of section 3 of Tsan et al. (2021).

    Parameters
    ----------
    some : Jets
        Jets.

    Returns
    -------
    ndarray of float32, shape (n_constituents, 3)
        GeV.

    Examples
    --------
    >>> momenta(Jets([2.0], [0.0], [0.0], [0, 1])).tolist()
    [[2.0, 0.0, 0.0]]
    """
    pt, phi = some.pt, some.phi
    return np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(some.eta)], 1).astype(np.float32)


def relative(some: Jets) -> np.ndarray:
    """Give the share in the jet's pT and the angles about its axis, of all particles.

    Parameters
    ----------
    some : Jets
        Jets.

    Returns
    -------
    ndarray of float32, shape (n_constituents, 3)
        pT / jet pT, eta - jet eta, phi - jet phi (rad).

    Examples
    --------
    >>> relative(Jets([2.0], [0.5], [3.0], [0, 1])).round(6).tolist()
    [[1.0, 0.0, 0.0]]
    """
    whole, jet = some.momenta(), some.jet
    found = [some.pt / whole.pt[jet], some.eta - whole.eta[jet], wrap(some.phi - whole.phi[jet])]
    return np.stack(found, 1).astype(np.float32)


def transverse(some: Jets) -> np.ndarray:
    """Give the share in the jet's pT and the momentum across the jet's axis in parts of it, of all particles.

    Parameters
    ----------
    some : Jets
        Jets.

    Returns
    -------
    ndarray of float32, shape (n_constituents, 3)
        z = pT / jet pT, z (eta - jet eta), z (phi - jet phi).

    Examples
    --------
    >>> transverse(Jets([2.0, 2.0], [0.0, 0.0], [0.1, -0.1], [0, 2])).round(3).tolist()[0]
    [0.503000020980835, 0.0, 0.05000000074505806]
    """
    found = relative(some)
    found[:, 1:] *= found[:, :1]
    return found


def points_of_transverse(features: Tensor) -> Tensor:
    """Turn what `transverse` gives into (share, eta, phi) about the jet's axis, differentiably.

    Parameters
    ----------
    features : Tensor, shape (..., 3)
        z, z eta, z phi.

    Returns
    -------
    Tensor, shape (..., 3)
        z, eta, phi in rad; angles are at most 3 in magnitude, whatever a network gives for a share near 0.

    Examples
    --------
    >>> points_of_transverse(torch.tensor([0.5, 0.05, 0.0])).tolist()
    [0.5, 0.10000000149011612, 0.0]
    """
    share = features[..., :1]
    return torch.cat([share, (features[..., 1:] / share.clamp(min=1e-5)).clamp(-3, 3)], -1)


def points_of_momenta(features: Tensor) -> Tensor:
    """Turn momenta into (pT, eta, phi), differentiably.

    Parameters
    ----------
    features : Tensor, shape (..., 3)
        px, py, pz in GeV.

    Returns
    -------
    Tensor, shape (..., 3)
        pT in GeV, eta, phi in rad. What has no transverse momentum is given 1 keV of it.

    Examples
    --------
    >>> points_of_momenta(torch.tensor([0.0, 3.0, 0.0])).tolist()
    [3.0, 0.0, 1.5707963705062866]
    """
    px, py, pz = features.unbind(-1)
    px = torch.where((px == 0) & (py == 0), 1e-6, px)
    pt = torch.hypot(px, py)
    return torch.stack([pt, torch.asinh(pz / pt), torch.atan2(py, px)], -1)


# fixed units are of the order of the spreads in background jets of 1 to 2 TeV with R = 1; those of "transverse" count
# errors of the share more (spreads across the axis are 0.003)
INPUTS: dict[str, Inputs] = {
    "momenta": Inputs(momenta, points_of_momenta, (1.0, 1.0, 1.0)),  # the paper
    "standardised": Inputs(momenta, points_of_momenta, None),
    "relative": Inputs(relative, lambda features: features, (0.05, 0.3, 0.3), ("share", "eta", "phi"), True),
    "transverse": Inputs(transverse, points_of_transverse, (0.05, 0.01, 0.01), ("share", "z eta", "z phi"), True),
}
