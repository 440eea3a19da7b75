r"""Do estimators of gradients and divergences agree with what they estimate? Appendix A of Fraser et al. (2021).

The reparameterisation of eq. (A.6) moves the randomness out of what is differentiated. The score function does
without a differentiable decoder, :math:`\nabla E_q f = E_q (f \nabla \log q)`, and pays with its variance.
"""

from __future__ import annotations

import numpy as np

from jetexplore.models import inference
from jetexplore.models.inference import Estimate, LinearGaussian


def divergences(mean: np.ndarray, variance: np.ndarray, draws: int = 10_000, seed: int = 0) -> dict[str, Estimate]:
    """Take the divergence of a diagonal Gaussian from the standard normal in three ways.

    Parameters
    ----------
    mean, variance : ndarray, shape (k,)
        Of the Gaussian.
    draws : int
        Of the Monte Carlo mean of log q(z) - log p(z).
    seed : int
        Of the draws.

    Returns
    -------
    dict of str to Estimate
        ``"eq. (3.4)"`` as networks are trained with, ``"torch.distributions"``, ``"Monte Carlo"``; in nats.

    Examples
    --------
    >>> found = divergences(np.array([1.0, 0.0]), np.array([1.0, 1.0]))
    >>> float(found["eq. (3.4)"].value)
    0.5
    """
    import torch
    from torch.distributions import Normal, kl_divergence

    from jetexplore.models import elbo
    from jetexplore.models.vae import Latent

    centre, spread = torch.as_tensor(mean, dtype=torch.float64), torch.as_tensor(variance, dtype=torch.float64)
    ours = elbo.kld(Latent(centre[None], spread.log()[None]))[0]
    torchs = kl_divergence(Normal(centre, spread.sqrt()), Normal(torch.zeros_like(centre), 1.0)).sum()
    noise = np.random.default_rng(seed).normal(size=(draws, len(mean)))
    z = mean + np.sqrt(variance) * noise
    drawn = 0.5 * (z**2 - noise**2 - np.log(variance)).sum(1)
    exact = {"eq. (3.4)": ours, "torch.distributions": torchs}
    known = {name: Estimate(np.float64(value), np.float64(0)) for name, value in exact.items()}
    return {**known, "Monte Carlo": _mean(drawn)}


def gradients(
    model: LinearGaussian, x: np.ndarray, mean: np.ndarray, variance: np.ndarray, draws: int = 10_000, seed: int = 0
) -> dict[str, Estimate]:
    """Differentiate the bound of one event with respect to the mean of q in four ways.

    Parameters
    ----------
    model : LinearGaussian
        The decoder.
    x : ndarray, shape (d,)
        One event.
    mean, variance : ndarray, shape (k,)
        Of q.
    draws : int
        Of the two estimators, which see the same.
    seed : int
        Of the draws.

    Returns
    -------
    dict of str to Estimate, shape (k,)
        ``"exact"``, ``"finite differences"``, ``"reparameterised"``, ``"score function"``; nats by unit of z.

    Examples
    --------
    >>> model = LinearGaussian(np.eye(1), np.zeros(1), 1.0)
    >>> found = gradients(model, np.ones(1), np.zeros(1), np.ones(1))
    >>> found["exact"].value.item()
    1.0
    >>> bool(found["reparameterised"].error < found["score function"].error)
    True
    """

    def slope(z: np.ndarray) -> np.ndarray:
        return (x - model.offset - z @ model.weights.T) @ model.weights / model.sigma**2 - z

    steps = inference.STEP * np.eye(len(mean))
    events = np.broadcast_to(x, (len(mean), len(x)))
    up, down = (inference.bound(model, events, mean + sign * steps, variance) for sign in (1, -1))
    noise = np.random.default_rng(seed).normal(size=(draws, 1, len(mean)))[:, 0]
    weights = inference.log_weights(model, x[None], mean, variance, draws, seed)  # from the same noise
    nothing = np.zeros(len(mean))
    return {
        "exact": Estimate(slope(mean), nothing),
        "finite differences": Estimate((up - down) / (2 * inference.STEP), nothing),
        "reparameterised": _mean(slope(mean + np.sqrt(variance) * noise)),
        "score function": _mean(weights * noise / np.sqrt(variance)),
    }


def _mean(drawn: np.ndarray) -> Estimate:
    return Estimate(drawn.mean(0), drawn.std(0, ddof=1) / np.sqrt(len(drawn)))
