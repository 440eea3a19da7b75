r"""What did the paper train with? The Sinkhorn divergence, as GeomLoss computes it, on the grid of pixels.

Sinkhorn's potentials smear the transport plan over a ``blur``; with the cost :math:`|x - y|^p / p` and
:math:`\varepsilon = \mathrm{blur}^p`

.. math:: f(x) = -\varepsilon \log \sum_y b(y) \exp\frac{g(y) - |x - y|^p / p}{\varepsilon}

and the same for g with a, until neither changes. :math:`\varepsilon` falls from the size of the image to ``blur``,
each time by ``scaling``, with one mean step of f and g at a time (GeomLoss 0.3.1, ``SamplesLoss``; Feydy et al. 2019,
the reference 85 of Fraser et al. 2021). The divergence is the cost less half the cost of each image with itself.

Fraser et al. give neither blur nor scaling; the defaults here are GeomLoss's. The exact distance is `transportloss`;
`lossbench` compares them.

On a grid all images have the same costs: for p = 2 the sum over pixels is one over columns, then one over rows; for
p = 1 it is a matrix product for all images at once, as long as no exponential that counts leaves the range of float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from jetexplore.distances import checks
from jetexplore.errors import InputError

BLUR, SCALING = 0.05, 0.5  # rad, and a factor: GeomLoss's defaults
NEAR = 1e-3  # of a pixel: the least distance, below which the divergence may even be negative
RANGE = 600.0  # of costs by temperature, within which the exponential of the highest term cannot vanish


def divergence(
    images: Tensor, reconstructions: Tensor, p: int = 1, width: float = 3.2,
    blur: float = BLUR, scaling: float = SCALING, debias: bool = True,
) -> Tensor:  # fmt: skip
    """Sinkhorn divergence of images and reconstructions, the same as GeomLoss's ``SamplesLoss("sinkhorn")``.

    Parameters
    ----------
    images, reconstructions : Tensor, shape (n, npix, npix)
        Not negative, each with a positive sum; each is normalised.
    p : {1, 2}
        Power of the distance between pixels; its cost is |x - y| or |x - y|^2 / 2.
    width : float
        Side of the image, rad.
    blur : float
        Over how many rad the plan is smeared in the end.
    scaling : float
        By how much the blur falls in each iteration, between 0 and 1.
    debias : bool
        Take away half the cost of each image with itself.

    Returns
    -------
    Tensor, shape (n,)
        An approximation of W_1 or of W_2^2 / 2, rad^p. Its gradient by the pixels of both is taken from the potentials,
        as in GeomLoss.

    Raises
    ------
    InputError
        ``E_RANGE_P``, ``E_RANGE_WIDTH``, ``E_RANGE_BLUR``, ``E_RANGE_SCALING``, ``E_SHAPE``, ``E_NONFINITE``,
        ``E_NEGATIVE`` or ``E_EMPTY_IMAGE``.

    Examples
    --------
    >>> x, y = torch.zeros(2, 1, 40, 40)
    >>> x[0, 20, 20], y[0, 20, 25] = 1.0, 1.0
    >>> round(divergence(x, y, p=1).item(), 4), round(divergence(x, y, p=2).item(), 4)
    (0.4, 0.08)
    """
    if p not in (1, 2):
        raise InputError("E_RANGE_P", f"p = {p!r}", "1 or 2")
    checks.positive("width", width)
    checks.positive("blur", blur)
    checks.positive("scaling", scaling)
    if scaling >= 1:
        raise InputError("E_RANGE_SCALING", f"scaling = {scaling!r}", "a number between 0 and 1")
    kind = torch.float64 if reconstructions.dtype == torch.float64 else torch.float32
    a, b = images.double(), reconstructions.double()
    checks.images(*(some.detach().cpu().numpy() for some in (a, b)), single=False)
    if len(a) != len(b):
        raise InputError("E_SHAPE", f"{len(a)} images and {len(b)} reconstructions", "one reconstruction an image")
    a, b = (some / some.sum((1, 2), keepdim=True) for some in (a, b))
    return _Sinkhorn.apply(a, b, p, width, blur, scaling, debias).to(kind)


def distance(
    images: Tensor, reconstructions: Tensor, p: int = 1, width: float = 3.2,
    blur: float = BLUR, scaling: float = SCALING,
) -> Tensor:  # fmt: skip
    """Sinkhorn's approximation of the p-Wasserstein distance, eq. (3.3) of Fraser et al. (2021).

    Parameters
    ----------
    images, reconstructions, p, width, blur, scaling
        As in `divergence`.

    Returns
    -------
    Tensor, shape (n,)
        (p * divergence)^(1/p), rad; at least a thousandth of a pixel.

    Raises
    ------
    InputError
        Those of `divergence`.

    Examples
    --------
    >>> x, y = torch.zeros(2, 1, 40, 40)
    >>> x[0, 20, 20], y[0, 20, 25] = 1.0, 1.0
    >>> round(distance(x, y, p=2).item(), 4)
    0.4
    """
    value = divergence(images, reconstructions, p, width, blur, scaling)
    return (p * value).clamp_min((NEAR * width / images.shape[-1]) ** p) ** (1 / p)


def temperatures(p: int, diameter: float, blur: float, scaling: float) -> list[float]:
    """List the temperatures of the iterations, from the whole image down to the blur, as GeomLoss does.

    Parameters
    ----------
    p : int
        Power of the distance.
    diameter : float
        Largest distance, rad.
    blur : float
        Last blur, rad.
    scaling : float
        Factor of the blur.

    Returns
    -------
    list of float
        Powers of the blur, rad^p.

    Examples
    --------
    >>> [round(value, 3) for value in temperatures(1, 4.0, 0.4, 0.5)]
    [4.0, 4.0, 2.0, 1.0, 0.5, 0.4]
    """
    falling = np.arange(p * math.log(diameter), p * math.log(blur), p * math.log(scaling))
    return [diameter**p, *np.exp(falling).tolist(), blur**p]


class _Sinkhorn(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: FunctionCtx, a: Tensor, b: Tensor, p: int, width: float, blur: float, scaling: float, debias: bool
    ) -> Tensor:
        with torch.autocast(a.device.type, enabled=False):
            f, g = _potentials(a, b, p, width, blur, scaling, debias)
        ctx.save_for_backward(f, g)
        return (a * f).sum((1, 2)) + (b * g).sum((1, 2))

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, outer: Tensor) -> tuple[Tensor | None, ...]:
        f, g = (outer[:, None, None] * some for some in ctx.saved_tensors)
        return f, g, None, None, None, None, None


def _potentials(
    a: Tensor, b: Tensor, p: int, width: float, blur: float, scaling: float, debias: bool
) -> tuple[Tensor, Tensor]:
    # The iterations of GeomLoss: one softmin at the highest temperature, then means of old and new, then one to end
    npix = a.shape[-1]
    pitch = width / npix
    log_a, log_b = (torch.where(some > 0, some.log(), -torch.inf) for some in (a, b))
    # a with b, b with a, and each with itself, as one batch: who is summed over, for whom
    over = [log_b, log_a, *([log_a, log_b] if debias else [])]
    n, back = len(a), [1, 0, 2, 3][: len(over)]
    logs = torch.cat(over)
    schedule = temperatures(p, pitch * (npix - 1) * math.sqrt(2), blur, scaling)

    def turned(potentials: Tensor) -> Tensor:  # f is summed over for g, and g for f
        return torch.cat([potentials[n * k : n * (k + 1)] for k in back])

    step = _step(npix, pitch, p, a)
    found = step(logs, schedule[0])
    for temperature in schedule:
        found = 0.5 * (found + step(logs + turned(found) / temperature, temperature))
    found = step(logs + turned(found) / schedule[-1], schedule[-1])
    f, g, *own = found.split(n)
    return (f - own[0], g - own[1]) if debias else (f, g)


def _step(npix: int, pitch: float, p: int, like: Tensor) -> Callable[[Tensor, float], Tensor]:
    # (h, temperature) -> -temperature * log sum_y exp(h(y) - cost(x, y) / temperature), for a batch of h on the grid
    places = torch.arange(npix, dtype=torch.float64, device=like.device) * pitch
    apart = places[:, None] - places
    if p == 2:
        half = apart.square() / 2

        def separable(h: Tensor, temperature: float) -> Tensor:
            along = half / temperature
            h = torch.logsumexp(h[:, :, None, :] - along, 3)  # over columns, for each row
            return -temperature * torch.logsumexp(h.transpose(1, 2)[:, :, None, :] - along, 3).transpose(1, 2)

        return separable
    cost = torch.hypot(apart[:, None, :, None], apart[None, :, None, :]).reshape(npix * npix, npix * npix)
    widest = cost.max().item()

    def dense(h: Tensor, temperature: float) -> Tensor:
        flat = h.flatten(1)
        if widest / temperature < RANGE:
            most = flat.max(1, keepdim=True).values
            found = most + torch.log(torch.exp(flat - most) @ torch.exp(cost / -temperature))
        else:
            found = torch.stack([torch.logsumexp(one - cost / temperature, 1) for one in flat])
        return -temperature * found.view(h.shape)

    return dense
