"""What does a network learn: autoencoders, their losses and training, trained networks and their cards.

Torch takes seconds to import, so what needs it is imported when it is first asked for.
"""

import importlib

from jetexplore.models.cards import Card
from jetexplore.models.checkpoints import networks, read_card

_LAZY = {
    "Autoencoder": "autoencoder",
    "Classifier": "classifier",
    "Supervised": "classifier",
    "load_classifier": "classifier",
    "train_classifier": "classifier",
    "load": "autoencoder",
    "untrained": "autoencoder",
    "LOSSES": "losses",
    "Recipe": "recipes",
    "train_vae": "recipes",
    "VAE": "vae",
}

__all__ = [
    "LOSSES",
    "VAE",
    "Autoencoder",
    "Card",
    "Classifier",
    "Recipe",
    "Supervised",
    "load",
    "load_classifier",
    "networks",
    "read_card",
    "train_classifier",
    "train_vae",
    "untrained",
]


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"jetexplore.models.{_LAZY[name]}"), name)
