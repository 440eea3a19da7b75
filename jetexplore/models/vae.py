"""What is the autoencoder of Fraser et al. (2021), section 3.2 and figure 2?

Convolutional blocks and average pooling down to a latent space of 64 Gaussians, and their mirror image back up. Where
the text leaves something open, this module decides once; `VAE` takes the other reading as an option.

- **Width of the decoder's second dense layer.** "The number of nodes is set to the number of pixels in the final down
  sampling block": s * s nodes, reshaped "into a square array" of one channel. The other reading, 5 * s * s nodes and
  five channels, is ``decoder_channels=5``; figure 2 does not decide.
- **Activation of the last convolution.** "Two 3x3 convolutional layers are used with the ELU activation" names both, so
  it is ELU. Pixels hold between 0 and 1, where ELU is the identity, and what it leaves open, negative pixels down to
  -1, is the same without it. ``output="none"`` leaves it out. Networks trained with a Wasserstein distance need a
  distribution over pixels: ``output="softmax"``.
- **log of the variance.** The encoder gives log sigma^2, as every VAE does; the text says "the variances".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from jetexplore.errors import InputError, choose

FILTERS = 5  # of every convolution
HIDDEN = 100  # nodes of the dense layers
LATENT = 64  # dimensions of the latent space
NPIX = 40
OUTPUTS = ("ELU", "none", "softmax")


class Latent(NamedTuple):
    """A diagonal Gaussian for each image."""

    mean: Tensor  # (n, latent)
    log_variance: Tensor  # (n, latent)


class Output(NamedTuple):
    """What the network makes of images."""

    reconstruction: Tensor  # (n, npix, npix)
    latent: Latent


class Layer(NamedTuple):
    """What leaves one layer."""

    kind: str  # "image", "convolution", "pooling", "dense", "upsampling" or "latent"
    part: str  # "encoder" or "decoder"
    block: int  # of the part, from 1; 0 for dense layers
    shape: tuple[int, ...]  # of one jet: channels, rows, columns, or nodes
    parameters: int


class VAE(nn.Module):
    """Variational autoencoder of figure 2 of Fraser et al. (2021).

    Parameters
    ----------
    downsamplings : int
        Blocks of two convolutions and one pooling: 1, 2 or 3.
    output : {"ELU", "none", "softmax"}
        What the last convolution passes through; see the notes of the module.
    decoder_channels : int
        Channels of the first array in the decoder, 1 or 5.
    latent : int
        Dimensions of the latent space.
    npix : int
        Pixels along a side; divisible by ``2**downsamplings``.

    Raises
    ------
    InputError
        ``E_DEPTH``, ``E_CHOICE`` or ``E_RANGE``.

    Examples
    --------
    >>> vae = VAE(downsamplings=1)
    >>> sum(weights.numel() for weights in vae.parameters())
    260509
    >>> found = vae(torch.zeros(2, 40, 40))
    >>> found.reconstruction.shape, found.latent.mean.shape
    (torch.Size([2, 40, 40]), torch.Size([2, 64]))
    """

    def __init__(
        self, downsamplings: int = 3, output: str = "ELU", decoder_channels: int = 1, latent: int = LATENT,
        npix: int = NPIX,
    ) -> None:  # fmt: skip
        super().__init__()
        if downsamplings not in (1, 2, 3):
            raise InputError("E_DEPTH", f"{downsamplings!r} downsampling blocks", "1, 2 or 3")
        choose("output", output, OUTPUTS, "E_CHOICE")
        if npix % 2**downsamplings:
            raise InputError("E_RANGE", f"{npix} pixels a side", f"a multiple of {2**downsamplings}", where="npix")
        self.downsamplings, self.output, self.latent, self.npix = downsamplings, output, latent, npix
        side = npix // 2**downsamplings
        self.blocks = nn.ModuleList(downsampling(1 if block == 0 else FILTERS) for block in range(downsamplings))
        self.to_latent = nn.Sequential(
            nn.Flatten(), nn.Linear(FILTERS * side * side, HIDDEN), _elu(), nn.Linear(HIDDEN, 2 * latent)
        )
        self.from_latent = nn.Sequential(
            nn.Linear(latent, HIDDEN), _elu(), nn.Linear(HIDDEN, decoder_channels * side * side), _elu(),
            nn.Unflatten(1, (decoder_channels, side, side)),
        )  # fmt: skip
        self.up = nn.Sequential(
            *(
                _up(decoder_channels if block == 0 else FILTERS, last=block == downsamplings - 1)
                for block in range(downsamplings)
            )
        )

    def activations(self, images: Tensor) -> list[Tensor]:
        """Follow images through the downsampling blocks.

        Parameters
        ----------
        images : Tensor, shape (n, npix, npix)
            Normalised images.

        Returns
        -------
        list of Tensor, shape (n, 5, s, s)
            What leaves each block, after pooling: s = 20, 10, 5.
        """
        x, found = images.unsqueeze(1), []
        for block in self.blocks:
            x = block(x)
            found.append(x)
        return found

    def encode(self, images: Tensor) -> Latent:
        """Give the Gaussian of each image in the latent space.

        Parameters
        ----------
        images : Tensor, shape (n, npix, npix)
            Normalised images.

        Returns
        -------
        Latent
            Means and logarithms of the variances, shape (n, latent).
        """
        return Latent(*self.to_latent(self.activations(images)[-1]).chunk(2, dim=1))

    def decode(self, z: Tensor) -> Tensor:
        """Turn points of the latent space into images.

        Parameters
        ----------
        z : Tensor, shape (n, latent)
            Points.

        Returns
        -------
        Tensor, shape (n, npix, npix)
            Images; of unit sum and positive where ``output`` is softmax.
        """
        x = self.up(self.from_latent(z)).squeeze(1)
        if self.output == "softmax":  # exponentials in float32, also under autocast
            return x.float().flatten(1).softmax(1).view(x.shape)
        return nn.functional.elu(x) if self.output == "ELU" else x

    def forward(self, images: Tensor, noise: Tensor | None = None) -> Output:
        """Reconstruct images from a sample of their latent distributions, or from its mean.

        Parameters
        ----------
        images : Tensor, shape (n, npix, npix)
            Normalised images.
        noise : Tensor, shape (n, latent), optional
            Standard normal numbers; the mean is decoded without.

        Returns
        -------
        Output
            Reconstructions and latent distributions.
        """
        latent = self.encode(images)
        z = latent.mean if noise is None else latent.mean + noise * torch.exp(0.5 * latent.log_variance)
        return Output(self.decode(z), latent)


def layers(vae: VAE) -> list[Layer]:
    """List the layers of a network in the order a jet passes them, with the shapes it really has there.

    Parameters
    ----------
    vae : VAE
        The network.

    Returns
    -------
    list of Layer
        From the image to its reconstruction; activations and reshapings are not counted as layers.

    Examples
    --------
    >>> [layer.shape for layer in layers(VAE(1))][:4]
    [(1, 40, 40), (5, 40, 40), (5, 40, 40), (5, 20, 20)]
    """
    kinds = {
        nn.Conv2d: "convolution", nn.AvgPool2d: "pooling", nn.Linear: "dense", nn.ConvTranspose2d: "upsampling",
    }  # fmt: skip
    found = [Layer("image", "encoder", 0, (1, vae.npix, vae.npix), 0)]

    def tell(name: str) -> Callable[..., None]:
        top, *rest = name.split(".")
        part = "encoder" if top in ("blocks", "to_latent") else "decoder"
        block = int(rest[0]) + 1 if top in ("blocks", "up") else 0

        def hook(module: nn.Module, _: object, output: Tensor) -> None:
            count = sum(weights.numel() for weights in module.parameters())
            found.append(Layer(kinds[type(module)], part, block, tuple(output.shape[1:]), count))

        return hook

    handles = [
        module.register_forward_hook(tell(name)) for name, module in vae.named_modules() if type(module) in kinds
    ]
    with torch.no_grad():
        vae(torch.zeros(1, vae.npix, vae.npix))
    for handle in handles:
        handle.remove()
    return [
        layer._replace(kind="latent") if layer.kind == "dense" and layer.shape == (2 * vae.latent,) else layer
        for layer in found
    ]


def _elu() -> nn.Module:
    return nn.ELU(inplace=True)  # a fifth of the time of a training step


def downsampling(channels: int) -> nn.Sequential:
    """Make one block of the encoder: two convolutions of five filters and a pooling that halves both sides.

    Parameters
    ----------
    channels : int
        Of what comes in.

    Returns
    -------
    nn.Sequential
        (n, channels, 2 s, 2 s) to (n, 5, s, s).

    Examples
    --------
    >>> downsampling(1)(torch.zeros(2, 1, 40, 40)).shape
    torch.Size([2, 5, 20, 20])
    """
    return nn.Sequential(
        nn.Conv2d(channels, FILTERS, 3, padding=1), _elu(), nn.Conv2d(FILTERS, FILTERS, 3, padding=1), _elu(),
        nn.AvgPool2d(2),
    )  # fmt: skip


def _up(channels: int, last: bool) -> nn.Sequential:
    double = [
        nn.ConvTranspose2d(channels, FILTERS, 2, stride=2),
        _elu(),
        nn.Conv2d(FILTERS, FILTERS, 3, padding=1),
    ]
    if last:
        return nn.Sequential(*double, _elu(), nn.Conv2d(FILTERS, 1, 3, padding=1))
    return nn.Sequential(*double, _elu(), nn.Conv2d(FILTERS, FILTERS, 3, padding=1), _elu())
