"""What does a variational autoencoder trained on background jets make of a jet? Its error and its latent space.

The network of Fraser et al. (2021), section 3.2, on images whose pixels are raised to a power (Finke et al.,
arXiv:2104.09051): taken from those that come with jetexplore, only its calibration is fitted here.
"""

from __future__ import annotations

import numpy as np

from jetexplore import jets as jets_room
from jetexplore.anomaly import reconstruction
from jetexplore.anomaly.labelfree.pvalues import pvalue
from jetexplore.anomaly.labelfree.recipes import Scorer
from jetexplore.errors import choose
from jetexplore.jets import Jets

STATISTICS = ("Fisher", "MSE", "Mahalanobis")


def vae_score(background: Jets, network: str = "vae-MSE-d2-b1e-8-power0.5", statistic: str = "Fisher") -> Scorer:
    r"""Score jets by a trained autoencoder: squared error, latent Mahalanobis distance, or both.

    "Fisher" is :math:`-\log p_1 - \log p_2` with the background p-values of the two, taken from the second half of the
    background; the Mahalanobis distance is fitted to the first half then, to all of it otherwise.

    Parameters
    ----------
    background : Jets
        Background jets.
    network : str
        As in ``models.load``; images are made as the network expects them.
    statistic : str
        ``"Fisher"``, ``"MSE"`` or ``"Mahalanobis"``.

    Returns
    -------
    callable
        Jets to scores, shape (n,).

    Raises
    ------
    InputError
        ``E_CHOICE`` for the statistic, ``E_NETWORK`` for the network.
    """
    from jetexplore import models

    choose("statistic", statistic, STATISTICS, "E_CHOICE")
    loaded = models.load(network)

    def images(jets: Jets) -> np.ndarray:
        made, _ = jets_room.images_and_kept(jets, width=loaded.card.width)
        return jets_room.remapped(made, loaded.card.power)

    half = len(background) // 2 if statistic == "Fisher" else len(background)
    about = reconstruction.background_of(loaded, images(background[: max(half, 1)]))

    def both(jets: Jets) -> dict[str, np.ndarray]:
        seen = reconstruction.see(loaded, images(jets), about)
        return {name: reconstruction.SCORES[name](seen) for name in ("MSE", "Mahalanobis")}

    held_out = both(background[half:]) if statistic == "Fisher" else {}

    def score(jets: Jets) -> np.ndarray:
        if not len(jets):
            return np.zeros(0)
        found = both(jets)
        if statistic != "Fisher":
            return found[statistic]
        return -sum(np.log(pvalue(held_out[name], some)) for name, some in found.items())

    return score
