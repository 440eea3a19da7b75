"""What does EMD-GNN see of two jets? One graph: particles relative to their jets, and which jet they are of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from jetexplore.errors import InputError, choose
from jetexplore.jets import Jets
from jetexplore.jets.constituents import wrap

UNITS = {"share": 0.1, "GeV": 100.0}  # of the network's output: rad (for R = 1), GeV


class Clouds(NamedTuple):
    """Particles relative to their jets: jet i has the rows ``offsets[i]:offsets[i + 1]``."""

    particles: Tensor  # (t, 3) float32: share of pT, or pT in 100 GeV; eta and phi from the jet's axis, rad
    offsets: Tensor  # (n + 1,) int64


class Graphs(NamedTuple):
    """Pairs of jets as graphs: graph i has the rows ``offsets[i]:offsets[i + 1]``."""

    nodes: Tensor  # (t, 4): a particle and the channel, +1 or -1
    offsets: Tensor  # (n + 1,) int64


def relative(jets: Jets) -> Jets:
    """Move jets to their axes, what the EMD of relative coordinates is taken of.

    Parameters
    ----------
    jets : Jets
        Any jets.

    Returns
    -------
    Jets
        The same pT, GeV; eta and phi counted from the jet's momentum, phi in [-pi, pi].

    Examples
    --------
    >>> found = relative(Jets(pt=[100.0], eta=[1.2], phi=[3.0], offsets=[0, 1]))
    >>> abs(found.eta[0]) < 1e-12, abs(found.phi[0]) < 1e-12
    (True, True)
    """
    axis = jets.momenta()
    return Jets(jets.pt, jets.eta - axis.eta[jets.jet], wrap(jets.phi - axis.phi[jets.jet]), jets.offsets)


def clouds(jets: Jets, weights: str = "share") -> Clouds:
    """Write jets as the network takes them.

    Parameters
    ----------
    jets : Jets
        Any jets.
    weights : {"share", "GeV"}
        pT over the scalar sum of the jet, or in 100 GeV.

    Returns
    -------
    Clouds
        Their particles.

    Raises
    ------
    InputError
        ``E_CHOICE`` for other weights, ``E_INPUTS`` for something else than jets.

    Examples
    --------
    >>> clouds(Jets(pt=[30.0, 10.0], eta=[0.0, 0.0], phi=[0.1, 0.1], offsets=[0, 2])).particles[:, 0].tolist()
    [0.75, 0.25]
    """
    choose("weights", weights, UNITS, "E_CHOICE")
    if not isinstance(jets, Jets):
        raise InputError("E_INPUTS", type(jets).__name__, "Jets", where="EMD-GNN")
    some = relative(jets)
    total = np.bincount(some.jet, some.pt, len(some))[some.jet] if weights == "share" else UNITS["GeV"]
    stacked = np.stack([some.pt / total, some.eta, some.phi], 1).astype(np.float32)
    return Clouds(torch.from_numpy(stacked), torch.from_numpy(some.offsets.copy()))


def graphs(x: Clouds, y: Clouds, i: Tensor, j: Tensor) -> Graphs:
    """Put pairs of jets into graphs, the particles of the first before those of the second.

    Parameters
    ----------
    x, y : Clouds
        Jets.
    i, j : Tensor of int, shape (n,)
        Pairs ``x[i], y[j]``.

    Returns
    -------
    Graphs
        One graph a pair; differentiable by the particles.

    Examples
    --------
    >>> one = clouds(Jets(pt=[30.0, 10.0], eta=[0.0, 0.0], phi=[0.1, 0.1], offsets=[0, 2]))
    >>> found = graphs(one, one, torch.tensor([0]), torch.tensor([0]))
    >>> found.nodes[:, 3].tolist(), found.offsets.tolist()
    ([1.0, 1.0, -1.0, -1.0], [0, 4])
    """
    begin = torch.stack([x.offsets[i], y.offsets[j] + len(x.particles)], 1).flatten()
    count = torch.stack([x.offsets.diff()[i], y.offsets.diff()[j]], 1).flatten()
    ends = count.cumsum(0)
    take = torch.arange(int(ends[-1]) if len(ends) else 0, device=begin.device)
    take = take + torch.repeat_interleave(begin - ends + count, count)
    side = torch.tensor([1.0, -1.0], dtype=x.particles.dtype, device=begin.device).repeat(len(i))
    nodes = torch.cat([x.particles, y.particles])[take]
    sign = torch.repeat_interleave(side, count)[:, None]
    return Graphs(torch.cat([nodes, sign], 1), torch.cat([ends.new_zeros(1), ends[1::2]]))
