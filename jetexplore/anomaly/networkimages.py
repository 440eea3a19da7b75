"""Which images is a network meant for? Those of the width and with the intensities that it was trained on."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from jetexplore import jets
from jetexplore.anomaly import samples

if TYPE_CHECKING:
    from jetexplore.models.cards import Card


def images_for(card: Card, source: str = "sample", split: str = "test") -> dict[str, np.ndarray]:
    """Make the images of a data set as a network expects them.

    Parameters
    ----------
    card : Card
        Its width and power count.
    source, split
        As in `samples.images`.

    Returns
    -------
    dict of str to ndarray, shape (n, 40, 40)
        Of unit sum, read-only.

    Examples
    --------
    >>> from jetexplore import models
    >>> images_for(models.untrained(1).card)["QCD"].shape[1:]
    (40, 40)
    """
    if card.power == 1:
        return samples.images(source, split, card.width) if card.width != jets.WIDTH else samples.images(source, split)
    return _remapped(card.width, card.power, source, split)


@lru_cache(maxsize=4)
def _remapped(width: float, power: float, source: str, split: str) -> dict[str, np.ndarray]:
    made = {name: jets.remapped(some, power) for name, some in samples.images(source, split, width).items()}
    for some in made.values():
        some.setflags(write=False)
    return made
