"""How do particles hear of those that are like them? Dynamic edge convolution, Wang et al. (2018).

The neighbours of a particle are those nearest in its features, found anew for every layer. Graphs of any sizes lie one
behind the other. On a processor `graphkernels` does the work; arrays of edges, for other devices, give the same.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from jetexplore.errors import InputError
from jetexplore.models import graphkernels

NEIGHBOURS = 16
MOMENTUM = 0.1  # of running means
EPSILON = 1e-5


class Norm(nn.Module):
    """Batch norm whose state is floating-point numbers only, so that safetensors of ours hold it.

    Parameters
    ----------
    channels : int
        How many.

    Examples
    --------
    >>> Norm(2)(torch.tensor([[1.0, 0.0], [-1.0, 4.0]])).round().tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise the columns of x, shape (n, channels)."""
        return nn.functional.batch_norm(
            x, self.mean, self.variance, self.weight, self.bias, self.training, MOMENTUM, EPSILON
        )

    def track(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Remember the mean and the variance, both (channels,), of ``count`` values, as torch does."""
        with torch.no_grad():
            self.mean.lerp_(mean.to(self.mean), MOMENTUM)
            self.variance.lerp_((variance * (count / max(count - 1, 1))).to(self.variance), MOMENTUM)


class DynamicEdgeConv(nn.Module):
    r"""Dynamic edge convolution, eq. (1) of Tsan et al. (2021) over the nearest neighbours in feature space.

    :math:`h_i = \langle \phi(x_i, x_j - x_i) \rangle_j`, whose first linear layer is
    :math:`(W_a - W_b) x_i + W_b x_j`: computed per particle, not per edge.

    Parameters
    ----------
    inputs, outputs : int
        Features of a particle.
    linears : int
        Linear layers of phi, 2 or 3; all but the last are followed by batch norm and ReLU.
    neighbours : int
        Neighbours of a particle, itself included.
    plain : bool
        Compute with arrays of edges: slower on a processor, the only way elsewhere.

    Raises
    ------
    InputError
        ``E_RANGE`` for another number of layers.

    Examples
    --------
    >>> layer = DynamicEdgeConv(4, 32)
    >>> layer(torch.rand(7, 4), torch.tensor([0, 3, 7])).shape
    torch.Size([7, 32])
    """

    def __init__(
        self, inputs: int, outputs: int, linears: int = 2, neighbours: int = NEIGHBOURS, plain: bool = False
    ) -> None:
        super().__init__()
        if linears not in (2, 3):
            raise InputError("E_RANGE", f"{linears} linear layers", "2 or 3", where="linears")
        self.neighbours, self.plain = neighbours, plain
        self.edge = nn.Linear(2 * inputs, outputs, bias=False)  # a batch norm follows, which takes any bias away
        self.norm = Norm(outputs)
        self.middle = nn.Linear(outputs, outputs, bias=False) if linears == 3 else None
        self.middle_norm = Norm(outputs) if linears == 3 else None
        self.last = nn.Linear(outputs, outputs)

    def forward(self, x: Tensor, offsets: Tensor, near: Tensor | None = None) -> Tensor:
        """Pass messages once.

        Parameters
        ----------
        x : Tensor, shape (t, inputs)
            Features of all particles.
        offsets : Tensor of int, shape (n + 1,)
            Of graphs.
        near : Tensor of int, shape (t, k), optional
            Neighbours, if they are known.

        Returns
        -------
        Tensor, shape (t, outputs)
            New features.
        """
        plain = self.plain or x.device.type != "cpu"
        near = nearest(x, offsets, self.neighbours, plain) if near is None else near
        own, other = self.edge.weight.chunk(2, 1)
        p, q = nn.functional.linear(x, own - other), nn.functional.linear(x, other)
        if plain or self.middle is not None:
            found = edges_plain(p, q, near, self.norm, self.middle, self.middle_norm)
        else:
            found, mean, variance, count = _Edges.apply(p, q, near, self.norm, self.norm.weight, self.norm.bias)
            if self.training:
                self.norm.track(mean, variance, int(count))
        return self.last(found)


def nearest(x: Tensor, offsets: Tensor, k: int, plain: bool = False) -> Tensor:
    """Find the k nearest neighbours in feature space, a particle's own graph only.

    Parameters
    ----------
    x : Tensor, shape (t, f)
        Features.
    offsets : Tensor of int, shape (n + 1,)
        Of graphs.
    k : int
        How many, itself included.
    plain : bool
        By `torch.cdist` and `torch.topk` of padded graphs, on any device.

    Returns
    -------
    Tensor of int, shape (t, k)
        Rows, nearest first; -1 behind the last in graphs of fewer particles.

    Examples
    --------
    >>> nearest(torch.tensor([[0.0], [5.0], [1.0]]), torch.tensor([0, 3]), 2).tolist()
    [[0, 2], [1, 2], [2, 0]]
    """
    if not plain:
        out = torch.empty((len(x), k), dtype=torch.int64)
        graphkernels.neighbours(x.detach().contiguous().numpy(), offsets.numpy(), k, out.numpy())
        return out
    count = offsets.diff()
    graph = torch.repeat_interleave(torch.arange(len(count), device=x.device), count)
    place = torch.arange(len(x), device=x.device) - offsets[graph]
    padded = x.new_zeros(len(count), int(count.max()), x.shape[1])
    padded[graph, place] = x.detach()
    there = torch.arange(padded.shape[1], device=x.device) < count[:, None]
    apart = torch.cdist(padded, padded, compute_mode="donot_use_mm_for_euclid_dist")
    apart = apart.masked_fill(~there[:, None, :], torch.inf)
    value, chosen = apart.topk(min(k, padded.shape[1]), largest=False)
    chosen = (chosen + offsets[:-1, None, None]).masked_fill(value.isinf(), -1)[graph, place]
    return nn.functional.pad(chosen, (0, k - chosen.shape[1]), value=-1)


def edges_plain(
    p: Tensor, q: Tensor, near: Tensor, norm: Norm, middle: nn.Linear | None = None, middle_norm: Norm | None = None
) -> Tensor:
    """Average ``ReLU(norm(p[i] + q[j]))`` over neighbours, with an array of all edges.

    Parameters
    ----------
    p, q : Tensor, shape (t, c)
        Parts of an edge from the particle it ends at, and from its neighbour.
    near : Tensor of int, shape (t, k)
        Neighbours, -1 for none.
    norm : Norm
        Batch norm over edges.
    middle, middle_norm : nn.Linear, Norm, optional
        A further layer.

    Returns
    -------
    Tensor, shape (t, c)
        Means.
    """
    there = near >= 0
    row = torch.arange(len(p), device=p.device)[:, None].expand_as(near)[there]
    edge = norm(p[row] + q[near[there]]).relu()
    if middle is not None:
        edge = middle_norm(middle(edge)).relu()
    return torch.zeros_like(p).index_add(0, row, edge) / there.sum(1, keepdim=True)


class _Edges(torch.autograd.Function):
    """`edges_plain` through the compiled kernels; also gives the mean and variance of the batch and its edges."""

    @staticmethod
    def forward(ctx, p: Tensor, q: Tensor, near: Tensor, norm: Norm, weight: Tensor, bias: Tensor):  # noqa: ANN001, ANN205
        p, q = p.detach().contiguous(), q.detach().contiguous()
        count = 0
        mean, variance = norm.mean.double(), norm.variance.double()
        if norm.training:
            total, squares = np.empty((2, p.shape[1]))
            count = graphkernels.moments(p.numpy(), q.numpy(), near.numpy(), total, squares)
            mean = torch.from_numpy(total / count)
            variance = (torch.from_numpy(squares / count) - mean**2).clamp_min(0)
        width = (variance + EPSILON).sqrt()
        scale = (weight.detach().double() / width).to(p.dtype)
        shift = (bias.detach().double() - mean * weight.detach().double() / width).to(p.dtype)
        out = torch.empty_like(p)
        graphkernels.means(p.numpy(), q.numpy(), near.numpy(), scale.numpy(), shift.numpy(), out.numpy())
        ctx.save_for_backward(p, q, near, scale, shift, mean, width)
        ctx.count = count
        edges = torch.tensor(count)
        ctx.mark_non_differentiable(mean, variance, edges)
        return out, mean, variance, edges

    @staticmethod
    @once_differentiable
    def backward(ctx, above: Tensor, *_: Tensor):  # noqa: ANN001, ANN205
        p, q, near, scale, shift, mean, width = ctx.saved_tensors
        arrays = [some.numpy() for some in (p, q, near, scale, shift, above.contiguous())]
        total, product = np.empty((2, p.shape[1]))
        graphkernels.reductions(*arrays, total, product)
        by_bias = torch.from_numpy(total)
        by_weight = (torch.from_numpy(product) - mean * by_bias) / width
        slope = constant = torch.zeros_like(mean)
        if ctx.count:  # the mean and the variance are of this batch, and change with it
            slope = -scale * by_weight / (ctx.count * width)
            constant = -scale * by_bias / ctx.count - slope * mean
        by_p, by_q = torch.empty_like(p), torch.empty_like(q)
        rest = [some.to(p.dtype).numpy() for some in (constant, slope)]
        graphkernels.gradients(*arrays, *rest, by_p.numpy(), by_q.numpy())
        return by_p, by_q, None, None, by_weight.to(p.dtype), by_bias.to(p.dtype)
