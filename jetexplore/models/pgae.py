"""What is the particle graph autoencoder of Tsan et al. (2021), section 3?

Batch normalisation of the input, one edge convolution down to two numbers a particle, one back to its momentum: 2,667
parameters. Where the text leaves something open, this module decides once:

- **ReLU in the encoder** follows every layer, the last included, as in the authors' code: what is encoded is >= 0.
- **The decoder's input** has four numbers, (h_i, h_j - h_i); the text says three.
- **The target** is the input before its normalisation, in GeV; `cloudinputs` has other choices beside the paper's.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from jetexplore.errors import InputError, choose
from jetexplore.models.cloudinputs import INPUTS
from jetexplore.models.cloudlosses import OF_POINTS, cloud_loss, real
from jetexplore.models.edgeconv import EdgeConv

LATENT = 2  # numbers that a particle is encoded in
RATE = 0.1  # of the running averages, that of torch
TINY = 1e-5  # added to variances, that of torch


class CloudNorm(nn.Module):
    """Batch normalisation over particles; places without one do not count.

    In training, processes that share a batch share its mean and variance, too.

    Parameters
    ----------
    features : int
        Numbers of a particle.

    Examples
    --------
    >>> norm = CloudNorm(1)
    >>> norm(torch.tensor([[[1.0], [3.0], [99.0]]]), torch.tensor([2])).flatten().round(decimals=4).tolist()
    [-1.0, 1.0, 0.0]
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(features)), nn.Parameter(torch.zeros(features))
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("variance", torch.ones(features))

    def forward(self, x: Tensor, counts: Tensor) -> Tensor:
        """Normalise particles.

        Parameters
        ----------
        x : Tensor, shape (n, longest, features)
            Particles; no gradient is taken by them.
        counts : Tensor, shape (n,)
            Particles of each jet.

        Returns
        -------
        Tensor, shape (n, longest, features)
            0 behind the last particle.
        """
        here = real(x, counts)[..., None]
        mean, variance = self._moments(x.detach(), here, counts) if self.training else (self.mean, self.variance)
        return torch.where(here, (x - mean) * torch.rsqrt(variance + TINY) * self.weight + self.bias, 0.0)

    @torch.no_grad()
    def _moments(self, x: Tensor, here: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
        x = torch.where(here, x, 0.0).double().flatten(0, 1)
        number, mean = _shared(torch.cat([counts.sum()[None].double(), x.sum(0)])).split([1, x.shape[1]])
        mean = mean / number
        squares = _shared(torch.where(here.flatten(0, 1), x - mean, 0.0).square().sum(0))
        for kept, new in ((self.mean, mean), (self.variance, squares / (number - 1).clamp(min=1))):
            kept.lerp_(new.to(kept), RATE)
        return mean.to(self.mean), (squares / number).to(self.mean)


def _shared(total: Tensor) -> Tensor:
    # among processes that share a training; the input of the network needs no gradient
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.all_reduce(total)
    return total


class PGAE(nn.Module):
    """Particle graph autoencoder, section 3 of Tsan et al. (2021).

    Parameters
    ----------
    inputs : str
        A key of `INPUTS`.
    extra : int
        Further numbers of a particle, such as its charge; they are looked at, but not reconstructed.
    latent : int
        Numbers that a particle is encoded in.

    Attributes
    ----------
    unit : Tensor, shape (3,)
        What one is in the network's output and its loss.

    Raises
    ------
    InputError
        ``E_INPUTS`` or ``E_RANGE``.

    Examples
    --------
    >>> pgae = PGAE()
    >>> sum(weights.numel() for weights in pgae.parameters())
    2667
    >>> pgae(torch.randn(4, 30, 3), torch.tensor([30, 20, 9, 1])).shape
    torch.Size([4, 30, 3])
    """

    def __init__(self, inputs: str = "momenta", extra: int = 0, latent: int = LATENT) -> None:
        super().__init__()
        choose("input", inputs, INPUTS, "E_INPUTS")
        if extra < 0:
            raise InputError("E_RANGE", f"{extra}", "a whole number >= 0", where="extra")
        self.inputs, self.extra, self.latent = inputs, extra, latent
        self.register_buffer("unit", torch.tensor(INPUTS[inputs].unit or (1.0, 1.0, 1.0)))
        self.norm = CloudNorm(3 + extra)
        self.encoder = EdgeConv(3 + extra, latent, "ReLU")
        self.decoder = EdgeConv(latent, 3, "linear")

    def encode(self, clouds: Tensor, counts: Tensor) -> Tensor:
        """Encode particles.

        Parameters
        ----------
        clouds : Tensor, shape (n, longest, 3 + extra)
            Particles as `INPUTS` says.
        counts : Tensor, shape (n,)
            Particles of each jet.

        Returns
        -------
        Tensor, shape (n, longest, latent)
            >= 0; 0 behind the last particle.
        """
        return self.encoder(self.norm(clouds, counts), counts)

    def forward(self, clouds: Tensor, counts: Tensor) -> Tensor:
        """Reconstruct particles.

        Parameters
        ----------
        clouds, counts
            As in `encode`.

        Returns
        -------
        Tensor, shape (n, longest, 3)
            In the units of the input; 0 behind the last particle.
        """
        return self.decoder(self.encode(clouds, counts), counts) * self.unit


def distance(module: PGAE, metric: str, clouds: Tensor, reconstructions: Tensor, counts: Tensor) -> Tensor:
    """Compare jets with their reconstructions in the space that the metric is of.

    Parameters
    ----------
    module : PGAE
        Its inputs and its units are used.
    metric : str
        A key of `CLOUD_LOSSES`.
    clouds : Tensor, shape (n, longest, 3 + extra)
        Jets.
    reconstructions : Tensor, shape (n, longest, 3)
        What became of them.
    counts : Tensor, shape (n,)
        Particles of each jet.

    Returns
    -------
    Tensor, shape (n,)
        MSE and Chamfer in squared units of `PGAE.unit`; EMD in GeV, or in parts of the jet's pT for relative inputs.

    Examples
    --------
    >>> x = torch.ones(1, 1, 3)
    >>> round(distance(PGAE("momenta"), "EMD", x, 2 * x, torch.tensor([1])).item(), 4)
    1.4142
    """
    function = cloud_loss(metric)
    target = clouds[..., :3]
    if metric in OF_POINTS:
        points = INPUTS[module.inputs].points
        return function(points(target), points(reconstructions), counts)
    return function(target / module.unit, reconstructions / module.unit, counts)
