r"""How is a network trained with the Wasserstein distance itself? Exact value, exact gradient, for torch.

The gradient of :math:`W_p^p` by a reconstruction's pixels is the optimal potential, see `distances.gradients`; the root
of eq. (3.3) of Fraser et al. (2021) follows by the chain rule. The authors used Sinkhorn's approximation because
"optimal-transport metrics are not well-suited for the back-propagation" (section 3.2); `sinkhorn` is that one.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from jetexplore.distances.gradients import transport_gradients

NEAR = 1e-3  # of a pixel: below this distance the slope of the root no longer grows


def wasserstein(
    images: Tensor, reconstructions: Tensor, p: float = 1, width: float = 3.2, threads: int | None = None
) -> Tensor:
    """p-Wasserstein distance of images and reconstructions, eq. (3.3) of Fraser et al. (2021), with its exact gradient.

    Parameters
    ----------
    images : Tensor, shape (n, npix, npix)
        Not negative, each with a positive sum; normalised. No gradient is taken by their pixels.
    reconstructions : Tensor, shape (n, npix, npix)
        The same, such as a softmax gives; a gradient is taken by their pixels, their normalisation included.
    p : float
        Power of the distance between pixels, > 0.
    width : float
        Side of the image, rad.
    threads : int, optional
        Default: as many as torch uses. The result does not depend on it.

    Returns
    -------
    Tensor, shape (n,)
        Distances in rad, float32 (float64 if the reconstructions are), on the reconstructions' device.

    Raises
    ------
    InputError
        Those of `distances.gradients.transport_gradients`.

    Notes
    -----
    Computed in float64 on the processor, whatever the type and the device of the tensors, and outside autocast.

    Between equal images the root has no slope for p > 1: there the gradient is that of an image so much further away
    that the distance is a thousandth of a pixel.

    Examples
    --------
    >>> x, y = torch.zeros(2, 1, 40, 40)
    >>> x[0, 20, 20], y[0, 20, 25] = 1.0, 1.0
    >>> y.requires_grad_()[0, 20, 25].item()
    1.0
    >>> distance = wasserstein(x, y, p=1)
    >>> distance.backward()
    >>> round(distance.item(), 6), [round(y.grad[0, 20, column].item(), 6) for column in (24, 25, 26)]
    (0.4, [-0.08, 0.0, 0.08])
    """
    return _Wasserstein.apply(images, reconstructions, p, width, threads)


class _Wasserstein(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: FunctionCtx, images: Tensor, reconstructions: Tensor, p: float, width: float, threads: int | None
    ) -> Tensor:
        kind = torch.float64 if reconstructions.dtype == torch.float64 else torch.float32
        x, y = (some.detach().to("cpu", torch.float64).numpy() for some in (images, reconstructions))
        found = transport_gradients(x, y, p, width, torch.get_num_threads() if threads is None else threads)
        least = (NEAR * width / x.shape[-1]) ** p
        slope = found.cost.clip(least) ** (1 / p - 1) / p / y.sum((1, 2))
        gradient = torch.from_numpy(slope[:, None, None] * found.potential)
        ctx.save_for_backward(gradient.to(reconstructions.device, kind))
        ctx.kind = reconstructions.dtype
        return torch.from_numpy(found.cost ** (1 / p)).to(reconstructions.device, kind)

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, outer: Tensor) -> tuple[None, Tensor, None, None, None]:
        (gradient,) = ctx.saved_tensors
        return None, (outer[:, None, None] * gradient).to(ctx.kind), None, None, None
