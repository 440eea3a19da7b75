"""What does an autoencoder make of jets? A trained or an untrained network, plain arrays in and out."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from jetexplore.errors import InputError
from jetexplore.models import checkpoints
from jetexplore.models.cards import Card
from jetexplore.models.vae import NPIX, VAE, Layer, layers

CHUNK = 256  # images at a time


class Gaussians(NamedTuple):
    """Latent distributions of images."""

    mean: np.ndarray  # (n, latent)
    log_variance: np.ndarray  # (n, latent)


class Autoencoder:
    """A network that is only asked, in float32.

    Parameters
    ----------
    module : VAE
        The network.
    card : Card
        What is known of it.

    Examples
    --------
    >>> network = untrained(3)
    >>> network.encode(np.zeros((2, 40, 40))).mean.shape
    (2, 64)
    """

    def __init__(self, module: VAE, card: Card) -> None:
        self.module = module.eval().to(memory_format=torch.channels_last)
        self.card = card

    @property
    def downsamplings(self) -> int:
        """Number of blocks."""
        return self.module.downsamplings

    def layers(self) -> list[Layer]:
        """List the layers a jet passes, with the shapes it has there.

        Returns
        -------
        list of Layer
            From the image to its reconstruction.
        """
        return layers(self.module)

    def encode(self, images: np.ndarray) -> Gaussians:
        """Give the latent distribution of each image.

        Parameters
        ----------
        images : ndarray, shape (n, 40, 40)
            Normalised images.

        Returns
        -------
        Gaussians
            Means and logarithms of variances, (n, 64), float32.

        Raises
        ------
        InputError
            ``E_SHAPE`` for other shapes, ``E_DTYPE`` or ``E_NONFINITE`` for something else than numbers.
        """
        return Gaussians(
            *_apply(lambda x: tuple(self.module.encode(x)), self._images(images), (self.module.latent,) * 2)
        )

    def activations(self, images: np.ndarray) -> list[np.ndarray]:
        """Follow images through the downsampling blocks, as for figure 5 of Fraser et al. (2021).

        Parameters
        ----------
        images : ndarray, shape (n, 40, 40)
            Normalised images.

        Returns
        -------
        list of ndarray, shape (n, 5, s, s)
            What leaves each block: s = 20, 10, 5.
        """
        images = self._images(images)
        return list(_apply(lambda x: tuple(self.module.activations(x)), images, (None,) * self.downsamplings))

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Turn points of the latent space into images.

        Parameters
        ----------
        z : ndarray, shape (n, 64)
            Points.

        Returns
        -------
        ndarray, shape (n, 40, 40)
            Images, float32; pixels may be negative unless the network ends in a softmax.

        Raises
        ------
        InputError
            ``E_SHAPE`` for other shapes.
        """
        z = np.asarray(z, dtype=np.float32)
        if z.ndim != 2 or z.shape[1] != self.module.latent:
            raise InputError("E_SHAPE", f"points of shape {z.shape}", f"(n, {self.module.latent})")
        return _apply(lambda x: (self.module.decode(x),), z, (None,))[0]

    def reconstruct(self, images: np.ndarray) -> np.ndarray:
        """Decode the mean latent point of each image.

        Parameters
        ----------
        images : ndarray, shape (n, 40, 40)
            Normalised images.

        Returns
        -------
        ndarray, shape (n, 40, 40)
            Reconstructions, as in `decode`.
        """
        return _apply(lambda x: (self.module(x).reconstruction,), self._images(images), (None,))[0]

    def _images(self, images: np.ndarray) -> np.ndarray:
        try:
            images = np.ascontiguousarray(images, dtype=np.float32)  # torch takes no backward strides
        except (TypeError, ValueError) as error:
            raise InputError("E_DTYPE", f"images that are no numbers ({error})", "an array of numbers") from error
        side = self.module.npix
        if images.ndim != 3 or images.shape[1:] != (side, side):
            raise InputError("E_SHAPE", f"images of shape {images.shape}", f"(n, {side}, {side})")
        if not np.isfinite(images).all():
            raise InputError("E_NONFINITE", "images with pixels that are nan or inf", "finite numbers")
        return images


def _apply(function: object, x: np.ndarray, outputs: tuple) -> tuple[np.ndarray, ...]:
    """Apply a function of tensors to chunks, and put its outputs together."""
    parts: list[list[np.ndarray]] = [[] for _ in outputs]
    with torch.inference_mode():
        for start in range(0, max(len(x), 1), CHUNK):
            for part, found in zip(parts, function(torch.tensor(x[start : start + CHUNK])), strict=True):
                part.append(found.contiguous().numpy())
    return tuple(np.concatenate(part) for part in parts)


def load(source: str | Path) -> Autoencoder:
    """Load a trained autoencoder by name, or from a file.

    Parameters
    ----------
    source : str or pathlib.Path
        A name in `models.networks`, or a ``.safetensors`` file.

    Returns
    -------
    Autoencoder
        The network; the same object for the same unchanged file.

    Raises
    ------
    InputError
        ``E_NETWORK`` for an unknown name, ``E_CARD`` for another kind of network, and those of `weightfile.read` and
        `weightfile.fill` for a file that is damaged or none of ours.
    FileNotFoundError
        If there is no such file.
    """
    return checkpoints.load(source, "vae", "an autoencoder", _build, Autoencoder)


def _build(card: Card) -> VAE:
    return VAE(card.downsamplings, card.output, card.decoder_channels)


def untrained(downsamplings: int = 3, seed: int = 0, output: str = "ELU") -> Autoencoder:
    """Make an autoencoder with random weights, what every trained one has to be compared with.

    Parameters
    ----------
    downsamplings : int
        Blocks, 1 to 3.
    seed : int
        Of the weights.
    output : str
        As in `VAE`.

    Returns
    -------
    Autoencoder
        The network.

    Examples
    --------
    >>> untrained(1).card.name
    'untrained-d1'
    """
    name = f"untrained-d{downsamplings}" + (f"-s{seed}" if seed else "")
    card = Card(name, "vae", downsamplings, output=output, seed=seed, training_metric="none")
    return Autoencoder(initial(downsamplings, seed, output), card)


def initial(downsamplings: int, seed: int, output: str = "ELU", decoder_channels: int = 1, npix: int = NPIX) -> VAE:
    """Draw the weights a training begins with.

    Parameters
    ----------
    downsamplings, output, decoder_channels, npix
        As in `VAE`.
    seed : int
        Same seed, same weights; torch's own generator is left as it was.

    Returns
    -------
    VAE
        The network.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return VAE(downsamplings, output, decoder_channels, npix=npix)
