r"""What does a variational autoencoder bound? Appendix A of Fraser et al. (2021), where every step can be computed.

A decoder that is linear makes the evidence p(x), eq. (A.1), and the posterior p(z | x) Gaussians, so that the bound of
eq. (A.5) and what it lacks are known exactly:

.. math:: \log p(x) = \mathrm{ELBO}(q) + \mathrm{KL}(q(z) \,\|\, p(z | x))

For a network only sampling is left (`evidence`): the mean of log weights, eq. (A.5), and the tighter bounds that
average several weights before the logarithm (Burda, Grosse and Salakhutdinov, 2016).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jetexplore.errors import InputError

LOG_2PI = float(np.log(2 * np.pi))
STEP = 1e-4  # of finite differences


class LinearGaussian(NamedTuple):
    """A decoder that is known in full: x = weights z + offset + sigma times noise, z and the noise standard normal."""

    weights: np.ndarray  # (d, k)
    offset: np.ndarray  # (d,)
    sigma: float


class Estimate(NamedTuple):
    """A number, or several, and how well they are known."""

    value: np.ndarray
    error: np.ndarray  # standard error of the mean of the draws; 0 for what is exact


def log_evidence(model: LinearGaussian, x: np.ndarray) -> np.ndarray:
    """Give log p(x), eq. (A.1) of Fraser et al. (2021), without integrating.

    Parameters
    ----------
    model : LinearGaussian
        The decoder.
    x : ndarray, shape (n, d)
        Events.

    Returns
    -------
    ndarray, shape (n,)
        In nats: x is normal with covariance weights weights' + sigma^2.

    Examples
    --------
    >>> model = LinearGaussian(np.zeros((1, 1)), np.zeros(1), 1.0)
    >>> log_evidence(model, np.zeros((1, 1))).round(4).tolist()
    [-0.9189]
    """
    covariance = model.weights @ model.weights.T + model.sigma**2 * np.eye(len(model.offset))
    away = x - model.offset
    square = (away * np.linalg.solve(covariance, away.T).T).sum(1)
    return -0.5 * (square + np.linalg.slogdet(covariance)[1] + len(model.offset) * LOG_2PI)


def posterior(model: LinearGaussian, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give p(z | x), which an encoder can only imitate.

    Parameters
    ----------
    model, x
        As in `log_evidence`.

    Returns
    -------
    mean : ndarray, shape (n, k)
        One an event.
    covariance : ndarray, shape (k, k)
        The same for all.

    Examples
    --------
    >>> mean, covariance = posterior(LinearGaussian(np.eye(1), np.zeros(1), 1.0), np.ones((1, 1)))
    >>> mean.item(), covariance.item()
    (0.5, 0.5)
    """
    k = model.weights.shape[1]
    covariance = np.linalg.inv(np.eye(k) + model.weights.T @ model.weights / model.sigma**2)
    return (x - model.offset) @ model.weights @ covariance / model.sigma**2, covariance


def bound(model: LinearGaussian, x: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Give the evidence lower bound, eq. (A.5) of Fraser et al. (2021), of a diagonal Gaussian q(z | x).

    Parameters
    ----------
    model, x
        As in `log_evidence`.
    mean, variance : ndarray, shape (n, k) or (k,)
        Of q.

    Returns
    -------
    ndarray, shape (n,)
        Expected log p(x | z) minus the divergence of eq. (3.4), in nats.

    Examples
    --------
    >>> model, x = LinearGaussian(np.eye(1), np.zeros(1), 1.0), np.ones((1, 1))
    >>> bool(np.isclose(bound(model, x, np.array([0.5]), np.array([0.5])), log_evidence(model, x)).all())
    True
    """
    apart = ((x - model.offset - mean @ model.weights.T) ** 2).sum(-1)
    spread = (variance * (model.weights**2).sum(0)).sum(-1)
    reconstruction = -0.5 * ((apart + spread) / model.sigma**2 + x.shape[1] * (LOG_2PI + 2 * np.log(model.sigma)))
    return reconstruction + 0.5 * (1 + np.log(variance) - mean**2 - variance).sum(-1)


def gap(model: LinearGaussian, x: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Give the divergence of q(z | x) from the posterior: what Jensen's inequality gives away in eq. (A.4).

    Parameters
    ----------
    model, x, mean, variance
        As in `bound`.

    Returns
    -------
    ndarray, shape (n,)
        In nats, never negative.
    """
    centre, covariance = posterior(model, x)
    precision = np.linalg.inv(covariance)
    away = centre - mean
    trace = (variance * np.diag(precision)).sum(-1)
    volume = np.linalg.slogdet(covariance)[1] - np.log(variance).sum(-1)
    return 0.5 * (trace + np.einsum("ni,ij,nj->n", away, precision, away) - centre.shape[1] + volume)


def log_weights(
    model: LinearGaussian, x: np.ndarray, mean: np.ndarray, variance: np.ndarray, draws: int, seed: int = 0
) -> np.ndarray:
    """Sample log of p(x | z) p(z) / q(z | x), the ratio of eq. (A.2), with z of eq. (A.6) of Fraser et al. (2021).

    Parameters
    ----------
    model, x, mean, variance
        As in `bound`.
    draws : int
        How many z an event.
    seed : int
        Of the draws.

    Returns
    -------
    ndarray, shape (draws, n)
        In nats. Their mean estimates the bound, the mean of their exponentials p(x).
    """
    noise = np.random.default_rng(seed).normal(size=(draws, len(x), model.weights.shape[1]))
    z = mean + np.sqrt(variance) * noise
    apart = ((x - model.offset - z @ model.weights.T) ** 2).sum(-1)
    return log_weight(apart, x.shape[1], model.sigma**2, z, noise, np.log(variance))


def log_weight(
    apart: np.ndarray, pixels: int, likelihood: float, z: np.ndarray, noise: np.ndarray, log_variance: np.ndarray
) -> np.ndarray:
    """Write log of p(x | z) p(z) / q(z | x) for a Gaussian likelihood; constants of prior and q cancel.

    Parameters
    ----------
    apart : ndarray, shape (...)
        Squared distance of x from what z is decoded to, summed over pixels.
    pixels : int
        Dimensions of x.
    likelihood : float
        Variance of each.
    z, noise : ndarray, shape (..., k)
        Points, and the standard normal numbers they were made from.
    log_variance : ndarray, shape (..., k)
        Of q.

    Returns
    -------
    ndarray, shape (...)
        In nats.
    """
    reconstruction = -0.5 * (apart / likelihood + pixels * (LOG_2PI + np.log(likelihood)))
    return reconstruction + 0.5 * (noise**2 - z**2 + log_variance).sum(-1)


def importance_bound(weights: np.ndarray, k: int = 1) -> np.ndarray:
    r"""Average k weights before the logarithm: the bound for k = 1, log p(x) for ever larger k.

    :math:`E \log \frac1k \sum_{i=1}^k w_i` (Burda, Grosse and Salakhutdinov, 2016).

    Parameters
    ----------
    weights : ndarray, shape (draws, n)
        Logarithms of weights.
    k : int
        Weights in a group; a divisor of the draws.

    Returns
    -------
    ndarray, shape (n,)
        Mean over groups, in nats.

    Raises
    ------
    InputError
        ``E_RANGE`` if k does not divide the draws.

    Examples
    --------
    >>> weights = np.log([[1.0], [3.0]])
    >>> np.exp(importance_bound(weights, 2)).round(6).tolist(), np.exp(importance_bound(weights, 1)).round(2).tolist()
    ([2.0], [1.73])
    """
    if k < 1 or len(weights) % k:
        raise InputError("E_RANGE", f"groups of {k} among {len(weights)} draws", "a divisor of the draws", where="k")
    groups = weights.reshape(-1, k, weights.shape[1])
    top = groups.max(1, keepdims=True)
    return (top[:, 0] + np.log(np.exp(groups - top).mean(1))).mean(0)
