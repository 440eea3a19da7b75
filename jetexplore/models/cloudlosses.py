"""How far is a reconstructed cloud of particles from its jet? Distances that a graph autoencoder can be trained with.

A loss is one function of two batches of clouds and one line in `CLOUD_LOSSES`. Those in `OF_POINTS` are given clouds
of (weight, eta, phi), the others whatever the network reconstructs, in its own units.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from jetexplore.distances import problems
from jetexplore.errors import InputError, choose
from jetexplore.models.emdgnnloss import learned_emd

Distance = Callable[[Tensor, Tensor, Tensor], Tensor]  # clouds (n, longest, k), reconstructions, counts -> (n,)


def mse(clouds: Tensor, reconstructions: Tensor, counts: Tensor) -> Tensor:
    """Mean squared error over the particles of a jet and their components, section 2.1 of Tsan et al. (2021).

    Parameters
    ----------
    clouds, reconstructions : Tensor, shape (n, longest, k)
        Particles in the same order.
    counts : Tensor, shape (n,)
        Particles of each jet; what stands behind them does not count.

    Returns
    -------
    Tensor, shape (n,)
        In the squared units of the clouds.

    Examples
    --------
    >>> x = torch.zeros(1, 3, 2)
    >>> mse(x, x + 2, torch.tensor([2])).tolist()
    [4.0]
    """
    difference = torch.where(real(clouds, counts)[..., None], reconstructions - clouds, 0.0)
    return _sum(difference.square()) / (counts * clouds.shape[2])


def chamfer(clouds: Tensor, reconstructions: Tensor, counts: Tensor) -> Tensor:
    r"""Chamfer distance: the mean squared distance to the nearest particle of the other cloud, both ways.

    .. math:: \frac1N \sum_i \min_j |x_i - y_j|^2 + \frac1N \sum_j \min_i |x_i - y_j|^2,

    Fan, Su and Guibas (2016), which Tsan et al. (2021) name in section 2.1.

    Parameters
    ----------
    clouds, reconstructions : Tensor, shape (n, longest, k)
        Particles in any order.
    counts : Tensor, shape (n,)
        Particles of each jet.

    Returns
    -------
    Tensor, shape (n,)
        In the squared units of the clouds.

    Examples
    --------
    >>> x = torch.tensor([[[0.0], [5.0], [99.0]]])
    >>> chamfer(x, torch.tensor([[[5.0], [1.0], [-99.0]]]), torch.tensor([2])).tolist()
    [1.0]
    """
    here = real(clouds, counts)
    with torch.no_grad():
        apart = clouds.square().sum(2)[:, :, None] + reconstructions.square().sum(2)[:, None]
        apart = apart - 2 * clouds @ reconstructions.transpose(1, 2)
        apart = apart.masked_fill(~(here[:, :, None] & here[:, None]), torch.inf)
        of_clouds, of_reconstructions = apart.argmin(2), apart.argmin(1)
    total = 0.0
    for mine, others, nearest in (
        (clouds, reconstructions, of_clouds), (reconstructions, clouds, of_reconstructions)
    ):  # fmt: skip
        partner = others.gather(1, nearest[..., None].expand_as(mine))
        total = total + _sum(torch.where(here[..., None], mine - partner, 0.0).square())
    return total / counts


def emd(clouds: Tensor, reconstructions: Tensor, counts: Tensor, R: float = 1.0) -> Tensor:
    r"""Energy mover's distance, exact, with its exact gradient by weights and positions of the reconstruction.

    .. math:: \min_f \sum_{ij} f_{ij} \theta_{ij} / R + \Big| \sum_i w_i - \sum_j w'_j \Big|,

    Komiske, Metodiev and Thaler (2019). The gradient by positions follows from the plan, that by weights from the
    optimal potentials. A network may reconstruct a negative weight: it moves nothing, and costs what it lacks to zero.

    Parameters
    ----------
    clouds, reconstructions : Tensor, shape (n, longest, 3)
        Particles as (weight, eta, phi), phi in rad on any branch. No gradient is taken by the clouds.
    counts : Tensor, shape (n,)
        Particles of each jet.
    R : float
        Distance at which moving costs as much as creating, rad.

    Returns
    -------
    Tensor, shape (n,)
        In the units of the weights; of the reconstructions' type and device. Solved on the processor in float64.

    Raises
    ------
    InputError
        ``E_NONFINITE`` or ``E_RANGE``.

    Examples
    --------
    >>> x = torch.tensor([[[100.0, 0.0, 0.0]]])
    >>> emd(x, torch.tensor([[[90.0, 0.5, 0.0]]]), torch.tensor([1])).tolist()  # 90 GeV move, 10 GeV are created
    [55.0]
    """
    if not R > 0:
        raise InputError("E_RANGE", f"R = {R}", "a number > 0")
    return _Emd.apply(clouds, reconstructions, counts, R)


CLOUD_LOSSES: dict[str, Distance] = {"MSE": mse, "Chamfer": chamfer, "EMD": emd, "EMD-GNN": learned_emd}
OF_POINTS = {"EMD", "EMD-GNN"}  # those that are given (weight, eta, phi)


def cloud_loss(name: str) -> Distance:
    """Find a loss by its name.

    Parameters
    ----------
    name : str
        A key of `CLOUD_LOSSES`.

    Returns
    -------
    callable
        Clouds, reconstructions and counts to distances, (n,).

    Raises
    ------
    InputError
        ``E_LOSS`` if there is none of this name.

    Examples
    --------
    >>> cloud_loss("MSE").__name__
    'mse'
    """
    return CLOUD_LOSSES[choose("loss", name, CLOUD_LOSSES, "E_LOSS")]


def real(clouds: Tensor, counts: Tensor) -> Tensor:
    """Tell which places hold particles.

    Parameters
    ----------
    clouds : Tensor, shape (n, longest, k)
        Clouds.
    counts : Tensor, shape (n,)
        Particles of each jet.

    Returns
    -------
    Tensor of bool, shape (n, longest)
        True up to the last particle.

    Examples
    --------
    >>> real(torch.zeros(1, 3, 1), torch.tensor([2])).tolist()
    [[True, True, False]]
    """
    return torch.arange(clouds.shape[1], device=clouds.device) < counts[:, None]


def _sum(terms: Tensor) -> Tensor:
    # in float64, so that the number of empty places does not show in the last bit of a float32
    return terms.sum((1, 2), dtype=torch.float64).to(terms.dtype)


class _Emd(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, clouds: Tensor, reconstructions: Tensor, counts: Tensor, R: float) -> Tensor:
        x, y = (some.detach().to("cpu", torch.float64).numpy() for some in (clouds, reconstructions))
        value, slope = np.zeros(len(x)), np.zeros(y.shape)
        for k, n in enumerate(counts.tolist()):
            if not (np.isfinite(x[k, :n]).all() and np.isfinite(y[k, :n]).all()):
                raise InputError("E_NONFINITE", f"no finite numbers in jet {k}", "finite weights and positions")
            value[k], slope[k, :n] = _one(x[k, :n], y[k, :n], R)
        ctx.save_for_backward(torch.from_numpy(slope).to(reconstructions))
        return torch.from_numpy(value).to(reconstructions)

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, outer: Tensor) -> tuple[None, Tensor, None, None]:
        (slope,) = ctx.saved_tensors
        return None, outer[:, None, None] * slope, None, None


def _one(x: np.ndarray, y: np.ndarray, R: float) -> tuple[float, np.ndarray]:
    """Distance of one pair, and its gradient by weights and positions of the second cloud."""
    a, b = x[:, 0].clip(0), y[:, 0].clip(0)
    lacking = -y[:, 0].clip(max=0).sum()
    eta = y[:, 1] - x[:, 1, None]
    phi = (y[:, 2] - x[:, 2, None] + np.pi) % (2 * np.pi) - np.pi
    angle = np.hypot(eta, phi)
    excess = float(a.sum() - b.sum())
    slope = np.zeros_like(y)
    slope[:, 0] = np.where(y[:, 0] < 0, -1.0, 0.0)
    if b.sum() == 0 or a.sum() == 0:  # all is created, and more weight means less or more of that
        slope[:, 0] += np.where(y[:, 0] < 0, 0.0, -1.0 if a.sum() else 1.0)
        return abs(excess) + lacking, slope
    # what is created comes from a place at a distance of R from every particle, on the lighter side
    cost = np.pad(angle / R, ((0, int(excess < 0)), (0, int(excess >= 0))), constant_values=1.0)
    a, b = np.append(a, [-excess] * (excess < 0)), np.append(b, [excess] * (excess >= 0))
    plan, distance, u, v = problems.pot(a, b, cost)
    v = np.where(b > 0, v, (cost - u[:, None])[a > 0].min(0))  # nothing tells POT of those without weight
    m = len(y)
    slope[:, 0] += np.where(y[:, 0] < 0, 0.0, v[:m] - v[m] if excess >= 0 else v[:m] + u[-1])
    with np.errstate(invalid="ignore", divide="ignore"):
        pull = np.where(angle > 0, plan[: len(x), :m] / angle, 0.0) / R
    slope[:, 1], slope[:, 2] = (pull * eta).sum(0), (pull * phi).sum(0)
    return distance + lacking, slope
