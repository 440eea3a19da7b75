r"""Can a network be trained with a learned distance? The use of EMD-GNN that Tsan et al. (2021) name for the future.

The network knows jets by shares of pT. A reconstruction need not have the pT of its jet, so what is created or vanishes
is paid for as in the EMD itself: with sums of weights A and B and R = 1,
:math:`\min(A, B) \, \mathrm{EMD}(\text{shares}) + |A - B|`, which moves shape for shape, is an upper bound of the EMD.
"""

from __future__ import annotations

import torch
from torch import Tensor

from jetexplore.errors import InputError
from jetexplore.models.emdgraphs import UNITS, Graphs
from jetexplore.models.learnedemd import LearnedEMD, load_emdgnn

NETWORK = "emdgnn-share-n1000"  # of those that come with jetexplore


def learned_emd(
    clouds: Tensor, reconstructions: Tensor, counts: Tensor, network: LearnedEMD | None = None
) -> Tensor:  # fmt: skip
    """Energy mover's distance as a trained EMD-GNN sees it, differentiable by the reconstructions.

    Parameters
    ----------
    clouds, reconstructions : Tensor, shape (n, longest, 3)
        Particles as (weight, eta, phi), phi in rad; the first not negative. A negative weight of the second moves
        nothing, and costs what it lacks to zero.
    counts : Tensor, shape (n,)
        Particles of each jet.
    network : LearnedEMD, optional
        `NETWORK` by default; its weights stay as they are.

    Returns
    -------
    Tensor, shape (n,)
        In the units of the weights, for R = 1.

    Raises
    ------
    InputError
        ``E_NETWORK`` if `NETWORK` is not there, ``E_CHOICE`` for a network of another reading of pT.

    Examples
    --------
    >>> from jetexplore.models import EMDGNN, Card
    >>> network = LearnedEMD(EMDGNN(), Card("unknown", "emdgnn", 0, inputs="share-raw-2"))
    >>> x = torch.tensor([[[60.0, 0.1, 0.0], [40.0, 0.0, 0.1]]])
    >>> learned_emd(x, x, torch.tensor([2]), network).shape
    torch.Size([1])
    """
    network = load_emdgnn(NETWORK) if network is None else network
    if network.weights != "share":
        raise InputError("E_CHOICE", f"weights {network.weights!r}", "a network of shares of pT", network.card.name)
    with torch.autocast(clouds.device.type, enabled=False):
        here = torch.arange(clouds.shape[1], device=clouds.device) < counts[:, None]
        x, y = (torch.where(here[..., None], some, 0).float() for some in (clouds, reconstructions))
        axis = _axis(x)
        first, second = _relative(x, axis), _relative(y, axis)
        sums = [some[..., 0].clamp_min(0).sum(1) for some in (x, y)]
        lacking = (-y[..., 0]).clamp_min(0).sum(1)
        moved = network.module(*_graphs(first, second, counts)).mean(0) * UNITS["share"]
        return torch.minimum(*sums) * moved + (sums[0] - sums[1]).abs() + lacking


def _axis(x: Tensor) -> Tensor:
    """Direction (eta, phi) of the momentum of each cloud, shape (n, 1, 2)."""
    weight, eta, phi = x.unbind(2)
    across = [(weight * function(phi)).sum(1) for function in (torch.cos, torch.sin)]
    along = (weight * torch.sinh(eta)).sum(1)
    return torch.stack([torch.asinh(along / torch.hypot(*across)), torch.atan2(across[1], across[0])], 1)[:, None]


def _relative(x: Tensor, axis: Tensor) -> Tensor:
    weight = x[..., :1].clamp_min(0)
    share = weight / weight.sum(1, keepdim=True).clamp_min(torch.finfo(x.dtype).tiny)
    eta, phi = (x[..., 1:] - axis).unbind(2)
    return torch.stack([share[..., 0], eta, torch.remainder(phi + torch.pi, 2 * torch.pi) - torch.pi], 2)


def _graphs(x: Tensor, y: Tensor, counts: Tensor) -> Graphs:
    signs = x.new_tensor([1.0, -1.0])[None, :, None, None].expand(len(x), 2, x.shape[1], 1)
    nodes = torch.cat([torch.stack([x, y], 1), signs], 3)
    here = (torch.arange(x.shape[1], device=x.device) < counts[:, None])[:, None].expand(-1, 2, -1)
    return Graphs(nodes[here], torch.cat([counts.new_zeros(1), 2 * counts]).cumsum(0))
