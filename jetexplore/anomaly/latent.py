r"""How far apart are two jets inside a network, and does that agree with optimal transport?

Distances of latent means and of the activations of blocks, as in section 4.2 of Fraser et al. (2021), and of latent
distributions, which its footnote 5 proposes. Lists of distances run over distinct pairs as in ``distances.condensed``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.distance import pdist

from jetexplore.errors import InputError

if TYPE_CHECKING:
    from jetexplore.models.autoencoder import Autoencoder


def mean_squared(features: np.ndarray) -> np.ndarray:
    r"""Mean squared differences, :math:`d^{(2)}_\mathrm{MPE}` of eq. (3.1) of Fraser et al. (2021).

    Differences are taken before they are squared, so near points lose no digits.

    Parameters
    ----------
    features : ndarray, shape (n, ...)
        One array a jet: a latent mean, or what leaves a block.

    Returns
    -------
    ndarray, shape (n (n - 1) / 2,), float64
        Distances of all distinct pairs.

    Raises
    ------
    InputError
        ``E_SHAPE`` for fewer than two jets or none of the features.

    Examples
    --------
    >>> mean_squared(np.array([[0.0, 0.0], [3.0, 4.0]])).tolist()
    [12.5]
    """
    flat = _flat(features)
    return pdist(flat, "sqeuclidean") / flat.shape[1]


def euclidean(features: np.ndarray) -> np.ndarray:
    """Euclidean distances, as section 4.2 of Fraser et al. (2021) takes them between latent means.

    Parameters
    ----------
    features : ndarray, shape (n, ...)
        One array a jet.

    Returns
    -------
    ndarray, shape (n (n - 1) / 2,), float64
        Distances of all distinct pairs.

    Raises
    ------
    InputError
        ``E_SHAPE`` for fewer than two jets or none of the features.

    Examples
    --------
    >>> euclidean(np.array([[0.0, 0.0], [3.0, 4.0]])).tolist()
    [5.0]
    """
    return pdist(_flat(features), "euclidean")


def jeffreys(mean: np.ndarray, log_variance: np.ndarray) -> np.ndarray:
    r"""Symmetrised Kullback-Leibler divergence of diagonal Gaussians, footnote 5 of Fraser et al. (2021).

    .. math:: D(p \| q) + D(q \| p) = \frac12 \sum_d \left[ \left(\frac{\sigma_p}{\sigma_q} -
        \frac{\sigma_q}{\sigma_p}\right)^2 + (\mu_p - \mu_q)^2 (\sigma_p^{-2} + \sigma_q^{-2}) \right]

    Parameters
    ----------
    mean, log_variance : ndarray, shape (n, latent)
        Means and logarithms of variances.

    Returns
    -------
    ndarray, shape (n (n - 1) / 2,), float64
        Divergences of all distinct pairs, nats; infinite where they exceed the range of a float.

    Raises
    ------
    InputError
        ``E_SHAPE`` unless both are of one shape with at least two rows.

    Examples
    --------
    >>> jeffreys(np.array([[0.0], [2.0]]), np.zeros((2, 1))).tolist()
    [4.0]
    """
    mean, log_variance = _gaussians(mean, log_variance)
    with np.errstate(over="ignore", invalid="ignore"):
        wide, narrow = np.exp(log_variance / 2), np.exp(-log_variance / 2)

        def row(i: int) -> np.ndarray:
            ratios = wide[i] * narrow[i + 1 :] - narrow[i] * wide[i + 1 :]
            return 0.5 * (ratios**2 + (mean[i] - mean[i + 1 :]) ** 2 * (narrow[i] ** 2 + narrow[i + 1 :] ** 2)).sum(1)

        return _rows(row, len(mean))


def bhattacharyya(mean: np.ndarray, log_variance: np.ndarray) -> np.ndarray:
    r"""Bhattacharyya distance of diagonal Gaussians.

    .. math:: \sum_d \left[ \frac14 \frac{(\mu_p - \mu_q)^2}{\sigma_p^2 + \sigma_q^2} +
        \frac12 \ln \frac{\sigma_p^2 + \sigma_q^2}{2 \sigma_p \sigma_q} \right]

    Minus the logarithm of their overlap :math:`\int \sqrt{p q}`: other than the Kullback-Leibler divergence it grows
    only as a logarithm when one of the two is much narrower.

    Parameters
    ----------
    mean, log_variance : ndarray, shape (n, latent)
        Means and logarithms of variances.

    Returns
    -------
    ndarray, shape (n (n - 1) / 2,), float64
        Distances of all distinct pairs, nats.

    Raises
    ------
    InputError
        ``E_SHAPE`` unless both are of one shape with at least two rows.

    Examples
    --------
    >>> bhattacharyya(np.array([[0.0], [2.0]]), np.zeros((2, 1))).tolist()
    [0.5]
    """
    mean, log_variance = _gaussians(mean, log_variance)
    variance = np.exp(np.clip(log_variance, -700, 700))  # beyond that a double ends

    def row(i: int) -> np.ndarray:
        half = np.abs(log_variance[i] - log_variance[i + 1 :]) / 2
        apart = (mean[i] - mean[i + 1 :]) ** 2 / (variance[i] + variance[i + 1 :])
        # ln cosh(h) = h + ln(1 + exp(-2h)) - ln 2, written so that it is 0 at 0 and does not overflow
        return (0.25 * apart + 0.5 * (half + np.log1p(np.expm1(-2 * half) / 2))).sum(1)

    return _rows(row, len(mean))


def gaussian_wasserstein(mean: np.ndarray, log_variance: np.ndarray) -> np.ndarray:
    r"""2-Wasserstein distance of diagonal Gaussians, the root of the sum of
    :math:`(\mu_p - \mu_q)^2 + (\sigma_p - \sigma_q)^2` over dimensions.

    Parameters
    ----------
    mean, log_variance : ndarray, shape (n, latent)
        Means and logarithms of variances.

    Returns
    -------
    ndarray, shape (n (n - 1) / 2,), float64
        Distances of all distinct pairs, in the units of the means.

    Raises
    ------
    InputError
        ``E_SHAPE`` unless both are of one shape with at least two rows.

    Examples
    --------
    >>> gaussian_wasserstein(np.array([[0.0], [3.0]]), np.log([[1.0], [25.0]])).round(9).tolist()
    [5.0]
    """  # noqa: D205
    mean, log_variance = _gaussians(mean, log_variance)
    with np.errstate(over="ignore", invalid="ignore"):
        return pdist(np.concatenate([mean, np.exp(log_variance / 2)], axis=1), "euclidean")


def inside(network: Autoencoder, images: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Follow jets into a network and compare all pairs at every stage.

    Parameters
    ----------
    network : Autoencoder
        Anything with ``activations`` and ``encode``.
    images : ndarray, shape (n, 40, 40)
        Normalised images.

    Yields
    ------
    tuple of str and ndarray
        Stage and quadratic distances of all distinct pairs: mean squared differences for ``"block 1"``, ...,
        ``"latent"``, then between latent distributions ``"latent Jeffreys"``, ``"latent Bhattacharyya"`` (nats) and
        ``"latent Wass(2)"`` (squared). Their roots grow with the first power of a difference.
    """
    for number, activations in enumerate(network.activations(images), 1):
        yield f"block {number}", mean_squared(activations)
    latent = network.encode(images)
    yield "latent", mean_squared(latent.mean)
    yield "latent Jeffreys", jeffreys(latent.mean, latent.log_variance)
    yield "latent Bhattacharyya", bhattacharyya(latent.mean, latent.log_variance)
    yield "latent Wass(2)", gaussian_wasserstein(latent.mean, latent.log_variance) ** 2


def _flat(features: np.ndarray) -> np.ndarray:
    features = np.asarray(features, dtype=np.float64)
    if features.ndim < 2 or len(features) < 2 or features[0].size == 0:
        raise InputError("E_SHAPE", f"features of shape {features.shape}", "(n, ...) of two jets or more")
    return features.reshape(len(features), -1)


def _gaussians(mean: np.ndarray, log_variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean, log_variance = np.asarray(mean, dtype=np.float64), np.asarray(log_variance, dtype=np.float64)
    if mean.ndim != 2 or mean.shape != log_variance.shape or len(mean) < 2:
        found = f"means of shape {mean.shape}, logarithms of variances of shape {log_variance.shape}"
        raise InputError("E_SHAPE", found, "one shape (n, latent), two jets or more")
    return mean, log_variance


def _rows(row: Callable[[int], np.ndarray], n: int) -> np.ndarray:
    return np.concatenate([row(i) for i in range(n - 1)])
