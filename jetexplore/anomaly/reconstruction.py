"""How anomalous does an autoencoder find a jet? Its loss, every image distance, its latent space; bigger is stranger.

Fraser et al. (2021), sections 3.2 and 4.1. The mean of the latent distribution is decoded, not a sample of it. MSE and
MAE compare with the reconstruction as it is. Wasserstein distances need masses: negative pixels of a reconstruction
count as empty and the rest is scaled to a sum of one; one without any positive pixel counts as uniform.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jetexplore.distances import matrices
from jetexplore.errors import InputError

if TYPE_CHECKING:
    from jetexplore.models.autoencoder import Autoencoder
    from jetexplore.models.cards import Card


class Background(NamedTuple):
    """Where latent means of background jets lie."""

    location: np.ndarray  # (latent,)
    precision: np.ndarray  # (latent, latent) inverse of the covariance


class Seen(NamedTuple):
    """Jets as a network sees them."""

    images: np.ndarray  # (n, npix, npix)
    reconstruction: np.ndarray  # (n, npix, npix)
    mean: np.ndarray  # (n, latent)
    log_variance: np.ndarray  # (n, latent)
    card: Card
    background: Background | None


Score = Callable[[Seen], np.ndarray]


def see(network: Autoencoder, images: np.ndarray, background: Background | None = None) -> Seen:
    """Pass jets through a network once, for all scores.

    Parameters
    ----------
    network : Autoencoder
        Trained or untrained.
    images : ndarray, shape (n, 40, 40)
        Normalised images.
    background : Background, optional
        From `background_of`, for the Mahalanobis distance.

    Returns
    -------
    Seen
        Images, reconstructions, latent distributions.
    """
    latent = network.encode(images)
    reconstruction = network.decode(latent.mean)
    return Seen(np.asarray(images), reconstruction, *latent, network.card, background)


def background_of(network: Autoencoder, images: np.ndarray) -> Background:
    """Fit location and covariance of the latent means of background jets.

    Parameters
    ----------
    network : Autoencoder
        The network.
    images : ndarray, shape (n, 40, 40)
        Background jets that are not scored.

    Returns
    -------
    Background
        Mean and pseudo-inverse of the covariance: dimensions that do not vary do not count.
    """
    from sklearn.covariance import EmpiricalCovariance

    fitted = EmpiricalCovariance().fit(network.encode(images).mean.astype(np.float64))
    return Background(fitted.location_, fitted.precision_)


def masses(reconstruction: np.ndarray) -> np.ndarray:
    """Turn reconstructions into images that sum to one.

    Parameters
    ----------
    reconstruction : ndarray, shape (n, npix, npix)
        Any finite numbers.

    Returns
    -------
    ndarray, shape (n, npix, npix)
        float64; negative pixels are empty, an image without positive ones is uniform.

    Examples
    --------
    >>> masses(np.array([[[3.0, -1.0], [0.0, 1.0]]])).tolist()
    [[[0.75, 0.0], [0.0, 0.25]]]
    """
    positive = np.maximum(np.asarray(reconstruction, dtype=np.float64), 0.0)
    total = positive.sum((1, 2), keepdims=True)
    return np.where(total > 0, positive / np.where(total > 0, total, 1.0), 1.0 / np.prod(positive.shape[1:]))


def distance(seen: Seen, metric: str) -> np.ndarray:
    """Measure how far reconstructions are from their images.

    Parameters
    ----------
    seen : Seen
        From `see`.
    metric : str
        A metric of images that ``distances.metric`` knows.

    Returns
    -------
    ndarray, shape (n,)
        Distances; for all but mean powers of pixel differences, of normalised reconstructions.
    """
    pixelwise = metric in ("MSE", "MAE") or metric.startswith("MPE")
    other = seen.reconstruction if pixelwise else masses(seen.reconstruction)
    if pixelwise:  # images may not be negative, so the metric of that name refuses raw reconstructions
        power = {"MSE": 2.0, "MAE": 1.0}.get(metric) or float(re.fullmatch(r"MPE\((.+)\)", metric)[1])
        return (np.abs(other.astype(np.float64) - seen.images) ** power).mean((1, 2))
    return matrices.paired(seen.images, other, metric, width=seen.card.width)


def divergence(seen: Seen) -> np.ndarray:
    """Divergence of the latent distribution from the standard normal, eq. (3.4) of Fraser et al. (2021).

    Parameters
    ----------
    seen : Seen
        From `see`.

    Returns
    -------
    ndarray, shape (n,)
        In nats, summed over latent dimensions (or their mean, if the network was trained so).
    """
    mean, log_variance = (some.astype(np.float64) for some in (seen.mean, seen.log_variance))
    each = -0.5 * (1 + log_variance - mean**2 - np.exp(log_variance))
    return each.mean(1) if seen.card.kld == "mean" else each.sum(1)


def loss(seen: Seen) -> np.ndarray:
    """Take the loss a network was trained with, eq. (3.5) of Fraser et al. (2021), of each jet.

    Parameters
    ----------
    seen : Seen
        From `see`.

    Returns
    -------
    ndarray, shape (n,)
        (1 - beta) * image distance + beta * divergence, for the mean latent point. MSE for an untrained network.
    """
    card = seen.card
    name = "MSE" if card.training_metric == "none" else re.sub(r"^Sinkhorn", "Wass", card.training_metric)
    apart = distance(seen, name)
    return (1 - card.beta) * apart + card.beta * divergence(seen) if card.beta else apart


def mahalanobis(seen: Seen) -> np.ndarray:
    r"""Measure how far the latent mean is from those of the background, :math:`\sqrt{(\mu-m)^T C^{-1} (\mu-m)}`.

    Parameters
    ----------
    seen : Seen
        From `see`, with a background.

    Returns
    -------
    ndarray, shape (n,)
        Distances in standard deviations.

    Raises
    ------
    InputError
        ``E_BACKGROUND`` without a background.
    """
    if seen.background is None:
        raise InputError("E_BACKGROUND", "no background", "one from background_of")
    away = seen.mean.astype(np.float64) - seen.background.location
    return np.sqrt(np.maximum(np.einsum("ni,ij,nj->n", away, seen.background.precision, away), 0.0))


SCORES: dict[str, Score] = {
    "Loss": loss,
    **{name: (lambda seen, name=name: distance(seen, name)) for name in ("MSE", "MAE")},
    **{f"Wass({p})": (lambda seen, p=p: distance(seen, f"Wass({p})")) for p in ("0.5", "1", "2", "5")},
    "KLD": divergence,
    "Mahalanobis": mahalanobis,
}


def scores(
    network: Autoencoder,
    classes: Mapping[str, np.ndarray],
    names: Iterable[str] = tuple(SCORES),
    reference: np.ndarray | None = None,
) -> dict[str, dict[str, np.ndarray]]:
    """Score jets of several classes by a network.

    Parameters
    ----------
    network : Autoencoder
        The network.
    classes : mapping of str to ndarray
        Images by class.
    names : iterable of str
        Names in `SCORES`.
    reference : ndarray, shape (n, 40, 40), optional
        Background jets for the Mahalanobis distance.

    Returns
    -------
    dict of str to dict of str to ndarray
        Score, class, (n,) values; bigger is more anomalous.

    Raises
    ------
    InputError
        ``E_SCORE`` for an unknown name, ``E_BACKGROUND`` if a reference is needed.

    Examples
    --------
    >>> from jetexplore import models
    >>> image = np.zeros((1, 40, 40))
    >>> image[0, 20, 20] = 1.0
    >>> found = scores(models.untrained(1), {"QCD": image}, ["MSE", "Wass(1)"])
    >>> found["MSE"]["QCD"].shape
    (1,)
    """
    names = list(names)
    for name in names:
        if name not in SCORES:
            raise InputError("E_SCORE", f"{name!r}", f"one of {', '.join(SCORES)}")
    background = None if reference is None else background_of(network, reference)
    found: dict[str, dict[str, np.ndarray]] = {name: {} for name in names}
    for title, images in classes.items():
        seen = see(network, images, background)
        for name in names:
            found[name][title] = SCORES[name](seen)
    return found
