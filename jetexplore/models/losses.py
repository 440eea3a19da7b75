"""How far is a reconstruction from its image? Image distances that a network can be trained with, by name.

A loss is one function of a batch and one line in `LOSSES`; it has the value of the metric of the same name in
`distances.METRICS`. The Wasserstein ones are exact (`transportloss`), those named Sinkhorn approximate them as the
paper did (`sinkhorn`), to compare.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from torch import Tensor

from jetexplore.errors import InputError
from jetexplore.models import sinkhorn, transportloss
from jetexplore.models.vae import NPIX

Distance = Callable[[Tensor, Tensor], Tensor]  # images, reconstructions (n, npix, npix) -> (n,)


class Loss(NamedTuple):
    """An image distance, and what a network needs to be trained with it."""

    function: Distance
    output: str  # of the last convolution, as in `VAE`
    scale: float  # factor of the loss for the optimiser, see `elbo`


def mean_power(images: Tensor, reconstructions: Tensor, alpha: float) -> Tensor:
    """Mean over pixels of the difference to a power, eq. (3.1) of Fraser et al. (2021).

    Parameters
    ----------
    images, reconstructions : Tensor, shape (n, npix, npix)
        Any numbers; reconstructions are taken as they are, negative pixels included.
    alpha : float
        Power: 2 is the mean squared error, 1 the mean absolute error.

    Returns
    -------
    Tensor, shape (n,)
        float32 at least, also under autocast.

    Examples
    --------
    >>> import torch
    >>> mean_power(torch.zeros(1, 2, 2), torch.full((1, 2, 2), -0.5), alpha=2).tolist()
    [0.25]
    """
    difference = (reconstructions.float() if reconstructions.itemsize < 4 else reconstructions) - images
    power = difference.square() if alpha == 2 else difference.abs()
    return (power if alpha in (1, 2) else power**alpha).flatten(1).mean(1)


def _mean_power(alpha: float) -> Loss:
    return Loss(partial(mean_power, alpha=alpha), "ELU", float(NPIX * NPIX))


def _wass(p: float) -> Loss:
    return Loss(partial(transportloss.wasserstein, p=p), "softmax", float(NPIX * NPIX))


def _sinkhorn(p: int) -> Loss:
    return Loss(partial(sinkhorn.distance, p=p), "softmax", float(NPIX * NPIX))


LOSSES: dict[str, Loss] = {
    "MSE": _mean_power(2),
    "MAE": _mean_power(1),
    "Wass(1)": _wass(1),
    "Wass(2)": _wass(2),
    "Sinkhorn(1)": _sinkhorn(1),
    "Sinkhorn(2)": _sinkhorn(2),
}


def loss(name: str) -> Loss:
    """Find a training loss by its name.

    Parameters
    ----------
    name : str
        A key of `LOSSES`, or ``"Wass(p)"`` with any number p > 0.

    Returns
    -------
    Loss
        The loss.

    Raises
    ------
    InputError
        ``E_LOSS`` if there is none of this name.

    Examples
    --------
    >>> loss("Wass(1.5)").output, loss("MAE").scale
    ('softmax', 1600.0)
    """
    if isinstance(name, str):
        if name in LOSSES:
            return LOSSES[name]
        found = re.fullmatch(r"Wass\((\d+\.?\d*|\.\d+)\)", name)
        if found and float(found[1]) > 0:
            return _wass(float(found[1]))
    raise InputError("E_LOSS", f"unknown loss {name!r}", ", ".join([*LOSSES, "Wass(p) with p > 0"]))
