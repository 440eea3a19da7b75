"""What does a network learn: autoencoders, their losses and training, trained networks and their cards.

Torch takes seconds to import, so what needs it is imported when it is first asked for.
"""

import importlib

from jetexplore.models.cards import Card
from jetexplore.models.checkpoints import networks, read_card, refused

_LAZY = {
    "Autoencoder": "autoencoder",
    "CLOUD_LOSSES": "cloudlosses",
    "CloudAutoencoder": "cloudautoencoder",
    "INPUTS": "cloudinputs",
    "PGAE": "pgae",
    "PgaeRecipe": "pgaerecipes",
    "load_pgae": "cloudautoencoder",
    "train_pgae": "pgaerecipes",
    "EMDGNN": "emdgnn",
    "EMDRecipe": "emdgnnrecipes",
    "LearnedEMD": "learnedemd",
    "compare_gradients": "learnedemd",
    "load_emdgnn": "learnedemd",
    "train_emdgnn": "emdgnnrecipes",
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
    "CLOUD_LOSSES",
    "EMDGNN",
    "INPUTS",
    "LOSSES",
    "PGAE",
    "VAE",
    "Autoencoder",
    "Card",
    "Classifier",
    "CloudAutoencoder",
    "EMDRecipe",
    "LearnedEMD",
    "PgaeRecipe",
    "Recipe",
    "Supervised",
    "compare_gradients",
    "load",
    "load_classifier",
    "load_emdgnn",
    "load_pgae",
    "networks",
    "read_card",
    "refused",
    "train_classifier",
    "train_emdgnn",
    "train_pgae",
    "train_vae",
    "untrained",
]


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"jetexplore.models.{_LAZY[name]}"), name)
