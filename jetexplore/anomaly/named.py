"""Which network is meant: one that comes with jetexplore, one in a file, or one with random weights?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from jetexplore import models
from jetexplore.models.checkpoints import path_of

if TYPE_CHECKING:
    from jetexplore.models.autoencoder import Autoencoder

_UNTRAINED = re.compile(r"untrained-d([123])(?:-s(\d+))?")


def untrained_names(seeds: Iterable[int] = range(5), downsamplings: Iterable[int] = (1, 2, 3)) -> list[str]:
    """Names of networks with random weights, for `network_of`.

    Parameters
    ----------
    seeds : iterable of int
        Of the weights.
    downsamplings : iterable of int
        Blocks, 1 to 3.

    Returns
    -------
    list of str
        One name a depth and seed.

    Examples
    --------
    >>> untrained_names([0, 1], [3])
    ['untrained-d3', 'untrained-d3-s1']
    """
    return [f"untrained-d{depth}" + (f"-s{seed}" if seed else "") for depth in downsamplings for seed in seeds]


def trained_names() -> list[str]:
    """Names of the autoencoders that come with jetexplore, by training metric, depth, beta.

    Returns
    -------
    list of str
        For `network_of`.
    """
    cards = [card for card in models.networks().values() if card.kind == "vae"]
    return [card.name for card in sorted(cards, key=lambda card: (card.training_metric, card.downsamplings, card.beta))]


def network_of(name: str | Path) -> Autoencoder:
    """Load a trained network, or make an untrained one.

    Parameters
    ----------
    name : str or pathlib.Path
        As in ``models.load``, or one of `untrained_names`.

    Returns
    -------
    Autoencoder
        The network.

    Raises
    ------
    InputError
        Those of ``models.load``.
    """
    untrained = _UNTRAINED.fullmatch(str(name))
    return models.untrained(int(untrained[1]), seed=int(untrained[2] or 0)) if untrained else models.load(name)


def weights_of(name: str | Path) -> str | Path:
    """What stands for a network in a digest: its file, or its name if it is untrained.

    Parameters
    ----------
    name : str or pathlib.Path
        As in `network_of`.

    Returns
    -------
    str or pathlib.Path
        For ``files.digest``.

    Raises
    ------
    InputError
        ``E_NETWORK`` for an unknown name.
    FileNotFoundError
        If there is no such file.

    Examples
    --------
    >>> weights_of("untrained-d3")
    'untrained-d3'
    """
    return str(name) if _UNTRAINED.fullmatch(str(name)) else path_of(name)


def title_of(name: str | Path) -> str:
    """Name of a network, without loading it.

    Parameters
    ----------
    name : str or pathlib.Path
        As in `network_of`.

    Returns
    -------
    str
        What its card says.

    Raises
    ------
    InputError
        ``E_NETWORK`` for an unknown name, ``E_CARD`` for a file that is no network.
    """
    return str(name) if _UNTRAINED.fullmatch(str(name)) else models.read_card(path_of(name)).name


def beta_scan(downsamplings: int = 3, training_metric: str = "MSE") -> dict[float, str]:
    """Networks that come with jetexplore and differ in beta alone, as in figure 4 of Fraser et al. (2021).

    Parameters
    ----------
    downsamplings : int
        Blocks.
    training_metric : str
        What they were trained with.

    Returns
    -------
    dict of float to str
        Name by beta, rising. Of several with the same beta the one with the shortest name, which departs in nothing
        else from the usual.

    Examples
    --------
    >>> beta_scan(training_metric="none")
    {}
    """
    found: dict[float, str] = {}
    for card in models.networks().values():
        if (card.kind, card.downsamplings, card.training_metric) == ("vae", downsamplings, training_metric):
            found[card.beta] = min(found.get(card.beta, card.name), card.name, key=len)
    return dict(sorted(found.items()))
