r"""How probable does an autoencoder find a jet, at least? Eq. (3.5) of Fraser et al. (2021) read as in appendix A.

With the MSE as image distance, eq. (3.5) is a bound of log p(x) for pixels with Gaussian errors; beta says how large.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from jetexplore.errors import InputError
from jetexplore.models import inference

if TYPE_CHECKING:
    from jetexplore.models.autoencoder import Autoencoder


def likelihood_variance(beta: float, pixels: int = 1600) -> float:
    r"""Translate beta of eq. (3.5) into the variance of a Gaussian likelihood of pixels.

    L / beta is the negative bound up to a constant if :math:`(1 - \beta) / (\beta N) = 1 / (2 s^2)` with the MSE over N
    pixels as image distance, so :math:`s^2 = \beta N / (2 (1 - \beta))`.

    Parameters
    ----------
    beta : float
        0 < beta < 1.
    pixels : int
        Over which the mean is taken.

    Returns
    -------
    float
        s^2, in the square of a pixel's share of pT.

    Raises
    ------
    InputError
        ``E_BETA`` outside of 0 to 1: a plain autoencoder has no likelihood.

    Examples
    --------
    >>> round(likelihood_variance(1e-8) ** 0.5, 5)
    0.00283
    """
    if not 0 < beta < 1:
        raise InputError("E_BETA", f"beta = {beta!r}", "a number between 0 and 1, both excluded")
    return beta * pixels / (2 * (1 - beta))


def network_log_weights(network: Autoencoder, images: np.ndarray, beta: float, draws: int, seed: int = 0) -> np.ndarray:
    """Sample the same for an autoencoder, read as a Gaussian likelihood of the variance that beta stands for.

    Parameters
    ----------
    network : Autoencoder
        Trained or untrained.
    images : ndarray, shape (n, 40, 40)
        Normalised images.
    beta : float
        As in `likelihood_variance`.
    draws : int
        How many z an image.
    seed : int
        Of the draws.

    Returns
    -------
    ndarray, shape (draws, n)
        In nats, for densities over pixel contents.
    """
    likelihood = likelihood_variance(beta, images[0].size)
    return np.array([
        inference.log_weight(apart, images[0].size, likelihood, z, noise, log_variance)
        for apart, z, noise, log_variance in _decoded(network, images, draws, seed)
    ])  # fmt: skip


def bound_of_loss(network: Autoencoder, images: np.ndarray, beta: float, draws: int, seed: int = 0) -> np.ndarray:
    r"""Take the bound from the loss of eq. (3.5) of Fraser et al. (2021), :math:`-L / \beta - \frac N2 \log 2\pi s^2`.

    Parameters
    ----------
    network, images, beta, draws, seed
        As in `network_log_weights`; the distance is averaged over the same z.

    Returns
    -------
    ndarray, shape (n,)
        In nats; the mean of the log weights, but for their sampling of the divergence.
    """
    import torch

    from jetexplore.models import elbo
    from jetexplore.models.vae import Latent

    pixels = images[0].size
    apart = np.mean([apart for apart, *_ in _decoded(network, images, draws, seed)], axis=0)
    divergence = elbo.kld(Latent(*map(torch.from_numpy, network.encode(images)))).numpy().astype(np.float64)
    loss = (1 - beta) * apart / pixels + beta * divergence
    return -loss / beta - 0.5 * pixels * (inference.LOG_2PI + np.log(likelihood_variance(beta, pixels)))


def _decoded(network: Autoencoder, images: np.ndarray, draws: int, seed: int) -> Iterator[tuple[np.ndarray, ...]]:
    """Squared distances (n,), points, noise and log variances (n, k) of one draw after the other."""
    mean, log_variance = (part.astype(np.float64) for part in network.encode(images))
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        noise = rng.normal(size=mean.shape)
        z = mean + np.exp(0.5 * log_variance) * noise
        yield ((images - network.decode(z)) ** 2).sum((1, 2), dtype=np.float64), z, noise, log_variance
