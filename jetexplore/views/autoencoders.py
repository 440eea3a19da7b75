"""Which autoencoder of images is shown, and is it there? By name; what was never trained has one, too."""

from __future__ import annotations

import re

from jetexplore import models
from jetexplore.anomaly import networkpairs, networkstudy, table1
from jetexplore.models.cards import Card
from jetexplore.views import damaged
from jetexplore.views.state import Choice

UNTRAINED = "untrained"
RANDOM = re.compile(r"untrained-d([123])")


def trained() -> dict[str, Card]:
    """List autoencoders without loading them.

    Returns
    -------
    dict of str to Card
        By name.
    """
    return {name: card for name, card in models.networks().items() if card.kind == "vae"}


def usual() -> str:
    """Name the network that is shown when none was chosen.

    Returns
    -------
    str
        Three blocks, MSE and the beta of least validation loss, as section 4.1 of Fraser et al. (2021) selects; else
        any of least loss; an untrained one where there is nothing else.

    Examples
    --------
    >>> exists(usual())
    True
    """
    cards = trained()
    found = table1.selected(cards, "MSE", 3) or min(cards.values(), key=lambda card: card.loss, default=None)
    return found.name if found else f"{UNTRAINED}-d3"


def shown(choice: Choice) -> str:
    """Name the network that is shown.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    str
        The one chosen, which may not exist, or the usual one.
    """
    return choice.network or usual()


def exists(name: str) -> bool:
    """Tell whether there is such a network, trained or not.

    Parameters
    ----------
    name : str
        Of the network.

    Returns
    -------
    bool
        Whether it can be shown.

    Examples
    --------
    >>> exists("untrained-d3"), exists("vae-never")
    (True, False)
    """
    return RANDOM.fullmatch(name) is not None or name in trained()


def missing(name: str) -> str:
    """Say why a network cannot be shown.

    Parameters
    ----------
    name : str
        Of no network that `exists`.

    Returns
    -------
    str
        That it was not run, or what is wrong with its file.

    Examples
    --------
    >>> missing("vae-never")
    'vae-never was not run: no network of that name is here. Choose another β, or train it.'
    """
    reason = damaged.reasons().get(name)
    if reason:
        return f"{name} cannot be shown, for its file is damaged: {reason}."
    return f"{name} was not run: no network of that name is here. Choose another β, or train it."


def features(choice: Choice, name: str) -> str:
    """Name what is compared inside a network, as the page does: the last block where a deeper one was chosen.

    Parameters
    ----------
    choice : Choice
        The selections.
    name : str
        Of the network, which need not exist.

    Returns
    -------
    str
        A name in ``networkpairs.FEATURES``.

    Examples
    --------
    >>> features(Choice(features="block 3"), "untrained-d1")
    'block 1'
    """
    if not exists(name):
        return choice.features
    depth = networkstudy.card(name).downsamplings
    return choice.features if choice.features in networkpairs.features_of(depth) else f"block {depth}"
