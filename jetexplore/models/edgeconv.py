r"""What do the particles of a jet tell each other? Edge convolution over fully connected graphs of any size.

A particle i of N receives the mean of messages from all others,

.. math:: h_i = \frac{1}{N - 1} \sum_{j \ne i} \phi(x_i, x_j - x_i),

Wang et al., *Dynamic graph CNN* (2018), as section 3 of Tsan et al. (2021) uses it. On the processor and in float32 a
compiled kernel computes it edge by edge (`edgekernel`); everywhere else, in float64 and for second derivatives,
`edgeconv_dense` does, which is the formula written out.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx, once_differentiable

from jetexplore.distances.problems import each_part
from jetexplore.errors import InputError, choose
from jetexplore.models.edgekernel import HIDDEN, ROWS, SHARE

LASTS = ("ReLU", "linear")


class EdgeConv(nn.Module):
    r"""Edge convolution with messages of three layers, \phi = MLP(2F -> hidden, hidden, out).

    Parameters
    ----------
    features : int
        F, numbers of a particle.
    out : int
        Numbers of a particle afterwards.
    last : {"ReLU", "linear"}
        What follows the last layer.
    hidden : int
        Nodes of the two layers before; the kernel is for 32.

    Attributes
    ----------
    dense : bool
        Never use the kernel; set it for second derivatives.

    Raises
    ------
    InputError
        ``E_CHOICE`` or ``E_RANGE``.

    Examples
    --------
    >>> layer = EdgeConv(3, 2)
    >>> layer(torch.randn(4, 10, 3), torch.tensor([10, 7, 2, 1])).shape
    torch.Size([4, 10, 2])
    >>> sum(weights.numel() for weights in layer.parameters())
    1346
    """

    def __init__(self, features: int, out: int, last: str = "ReLU", hidden: int = HIDDEN) -> None:
        super().__init__()
        choose("last", last, LASTS, "E_CHOICE")
        for name, value in (("features", features), ("out", out), ("hidden", hidden)):
            if value < 1:
                raise InputError("E_RANGE", f"{value}", "a whole number >= 1", where=name)
        self.last, self.hidden, self.dense = last, hidden, False
        layers = [nn.Linear(2 * features, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU()]
        layers += [nn.Linear(hidden, out)] + ([nn.ReLU()] if last == "ReLU" else [])
        self.phi = nn.Sequential(*layers)

    def forward(self, x: Tensor, counts: Tensor) -> Tensor:
        """Give each particle the mean of its messages.

        Parameters
        ----------
        x : Tensor, shape (n, longest, F)
            Features of particles; what stands behind the last particle of a jet is not looked at.
        counts : Tensor of int64, shape (n,)
            Particles of each jet, 1 to ``longest``.

        Returns
        -------
        Tensor, shape (n, longest, out)
            0 behind the last particle, and for a particle that is alone.

        Raises
        ------
        InputError
            ``E_SHAPE`` or ``E_RANGE``.
        """
        features = self.phi[0].in_features // 2
        if x.ndim != 3 or x.shape[2] != features or counts.shape != x.shape[:1]:
            found = f"particles of shape {tuple(x.shape)}, counts of shape {tuple(counts.shape)}"
            raise InputError("E_SHAPE", found, f"(n, longest, {features}) and (n,)")
        weights = [self.phi[k].__getattr__(name) for k in (0, 2, 4) for name in ("weight", "bias")]
        plain = all(some.device.type == "cpu" and some.dtype == torch.float32 for some in (x, *weights))
        if self.dense or self.hidden != HIDDEN or not plain:
            return edgeconv_dense(x, counts, self.phi)
        if len(counts) and not (int(counts.min()) >= 1 and int(counts.max()) <= x.shape[1]):
            raise InputError("E_RANGE", f"{int(counts.min())} to {int(counts.max())}", f"1 to {x.shape[1]}", "counts")
        return _EdgeConv.apply(x, counts, self.last == "ReLU", *weights)


def edgeconv_dense(x: Tensor, counts: Tensor, phi: Callable[[Tensor], Tensor]) -> Tensor:
    """Write the edge convolution out as it stands, for any messages, device and precision.

    Parameters
    ----------
    x : Tensor, shape (n, longest, F)
        Features of particles.
    counts : Tensor of int64, shape (n,)
        Particles of each jet.
    phi : callable
        Pairs of particles (..., 2 F) to messages (..., out).

    Returns
    -------
    Tensor, shape (n, longest, out)
        0 behind the last particle, and for a particle that is alone.

    Examples
    --------
    >>> x = torch.tensor([[[1.0], [2.0], [6.0]]])
    >>> edgeconv_dense(x, torch.tensor([3]), lambda pair: pair[..., 1:]).flatten().tolist()  # the mean of x_j - x_i
    [3.0, 1.5, -4.5]
    """
    longest = x.shape[1]
    real = torch.arange(longest, device=x.device) < counts[:, None]
    x = torch.where(real[..., None], x, 0.0)
    receiver = x[:, :, None].expand(-1, -1, longest, -1)
    sender = x[:, None].expand(-1, longest, -1, -1)
    messages = phi(torch.cat([receiver, sender - receiver], -1))
    edges = real[:, :, None] & real[:, None] & ~torch.eye(longest, dtype=torch.bool, device=x.device)
    total = torch.where(edges[..., None], messages, 0.0).sum(2)
    return total / (counts - 1).clamp(min=1)[:, None, None]


class _EdgeConv(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, counts: Tensor, relu: bool, *weights: Tensor) -> Tensor:
        from jetexplore.models import edgekernel

        w1, b1, w2, b2, w3, b3 = (_array(some) for some in weights)
        n, longest, features = x.shape
        cloud, many = _array(x).reshape(-1, features), np.ascontiguousarray(counts.detach().numpy(), dtype=np.int64)
        own, other = (np.empty((n * longest, HIDDEN), np.float32) for _ in range(2))
        y = np.zeros((n * longest, len(b3)), np.float32)
        mean = y if relu else np.zeros((n * longest + ROWS, HIDDEN), np.float32)
        last = (w3.ravel(), b3) if relu else (b3[:0], b3[:0])
        turned = np.ascontiguousarray(w2.T).ravel()

        def some_jets(first: int, end: int) -> None:
            place = (many, first, end, longest)
            edgekernel.give(*place, cloud, w1, b1, own, other)
            edgekernel.forward(*place, own.ravel(), other.ravel(), turned, b2, *last, mean.ravel())
            if not relu:
                edgekernel.last_layer(*place, mean.ravel(), w3.ravel(), b3, y.ravel())

        each_part(n, torch.get_num_threads(), some_jets, SHARE)
        ctx.save_for_backward(x, counts, *weights)
        ctx.relu, ctx.kept = relu, (many, own, other, None if relu else mean)
        return torch.from_numpy(y).view(n, longest, len(b3))

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, outer: Tensor) -> tuple[Tensor | None, ...]:
        from jetexplore.models import edgekernel

        x, counts, *weights = ctx.saved_tensors
        many, own, other, mean = ctx.kept
        w1, _, w2, b2, w3, b3 = (_array(some) for some in weights)
        n, longest, features = x.shape
        joined = (torch.arange(longest) < counts[:, None]) & (counts[:, None] > 1)
        outer = torch.where(joined[..., None], outer, 0.0).reshape(n * longest, len(b3))
        last = (w3.ravel(), b3) if ctx.relu else (b3[:0], b3[:0])
        slope = _array(outer if ctx.relu else outer @ weights[4]).ravel()
        own_slope, other_slope = (np.zeros((n * longest, HIDDEN), np.float32) for _ in range(2))
        sizes = [HIDDEN * HIDDEN, HIDDEN, *(len(some) for some in last)]
        parts = np.zeros((-(-n // SHARE), sum(sizes)), np.float32)  # summed afterwards, in one order
        turned, flat = np.ascontiguousarray(w2.T).ravel(), w2.ravel()

        def some_shares(first: int, end: int) -> None:
            for share in range(first, end):
                sums = np.split(parts[share], np.cumsum(sizes)[:-1])
                place = (many, share * SHARE, min(n, (share + 1) * SHARE), longest)
                edgekernel.backward(
                    *place, own.ravel(), other.ravel(), turned, flat, b2, *last, slope, own_slope.ravel(),
                    other_slope.ravel(), *sums,
                )  # fmt: skip

        each_part(len(parts), torch.get_num_threads(), some_shares, 2)
        w2_slope, b2_slope, w3_slope, b3_slope = (
            torch.from_numpy(some) for some in np.split(parts.sum(0), np.cumsum(sizes)[:-1])
        )
        if not ctx.relu:
            w3_slope, b3_slope = outer.T @ torch.from_numpy(mean[:-ROWS]), outer.sum(0)
        own_slope, other_slope = torch.from_numpy(own_slope), torch.from_numpy(other_slope)
        real = torch.arange(longest) < counts[:, None]
        cloud = torch.where(real[..., None], x.detach(), 0.0).view(-1, features)
        near, far = own_slope.T @ cloud, other_slope.T @ cloud
        w1_slope = torch.cat([near, far - near], 1)
        x_slope = None
        if ctx.needs_input_grad[0]:
            a, b = weights[0][:, :features], weights[0][:, features:]
            x_slope = (own_slope @ (a - b) + other_slope @ b).view(x.shape)
        return (
            x_slope, None, None, w1_slope, own_slope.sum(0), w2_slope.view(HIDDEN, HIDDEN), b2_slope,
            w3_slope.view(weights[4].shape), b3_slope,
        )  # fmt: skip


def _array(some: Tensor) -> np.ndarray:
    return some.detach().contiguous().numpy()
