"""Which autoencoders are chosen among by beta? Those of one training metric and depth, and what was not run."""

from __future__ import annotations

import re
from typing import NamedTuple

from jetexplore.models.cards import Card
from jetexplore.views import damaged
from jetexplore.views.autoencoders import RANDOM, UNTRAINED, trained

SCANNED = ("MSE", "Wass(1)")  # training metrics of table 1, offered whether there are networks or not
WRITTEN = re.compile(r"vae-([^-]+)-d([123])-")  # as `Recipe.name` writes them


class Kind(NamedTuple):
    """What networks have in common that are chosen among by beta."""

    training_metric: str  # or "untrained"
    downsamplings: int


def kind_of(name: str) -> Kind:
    """Find out among which networks one is chosen.

    Parameters
    ----------
    name : str
        Of a network, which may not exist.

    Returns
    -------
    Kind
        Training metric and blocks; those of the usual network for a name that means nothing.

    Examples
    --------
    >>> kind_of("untrained-d2")
    Kind(training_metric='untrained', downsamplings=2)
    """
    random = RANDOM.fullmatch(name)
    if random:
        return Kind(UNTRAINED, int(random[1]))
    card = trained().get(name)
    if card:
        return Kind(card.training_metric, card.downsamplings)
    metrics = {re.sub(r"[()]", "", metric): metric for metric in training_metrics()}
    written = WRITTEN.match(name)
    return Kind(metrics.get(written[1], "MSE"), int(written[2])) if written else Kind("MSE", 3)


def training_metrics() -> list[str]:
    """List what networks were trained with.

    Returns
    -------
    list of str
        Training metrics, those of table 1 first.
    """
    others = {card.training_metric for card in trained().values()} - set(SCANNED)
    return [*SCANNED, *sorted(others)]


def variants(kind: Kind) -> dict[str, str]:
    """List the networks of one kind and the places of the scan over beta that were not run.

    Parameters
    ----------
    kind : Kind
        Which ones.

    Returns
    -------
    dict of str to str
        What a person reads, name.

    Examples
    --------
    >>> variants(Kind("untrained", 1))
    {'random weights': 'untrained-d1'}
    """
    if kind.training_metric == UNTRAINED:
        return {"random weights": f"{UNTRAINED}-d{kind.downsamplings}"}
    from jetexplore.models.recipes import Recipe
    from jetexplore.models.zoo import BETAS

    cards = {name: card for name, card in trained().items() if kind_of(name) == kind}
    broken = [name for name in damaged.reasons() if WRITTEN.match(name) and kind_of(name) == kind]
    betas = sorted({*BETAS, *(card.beta for card in cards.values())})
    scan = {
        Recipe(training_metric=kind.training_metric, downsamplings=kind.downsamplings, beta=beta).name: beta
        for beta in betas
    }
    found = {}
    for name, beta in scan.items():
        state = _mark(cards[name]) if name in cards else " · damaged" if name in broken else " · not run"
        found[f"{beta:g}{state}"] = name
        for other in sorted(cards):
            if other not in scan and cards[other].beta == beta:
                label = other.removeprefix(f"{name}-") if other.startswith(f"{name}-") else other
                found[f"{beta:g}, {label}{_mark(cards[other])}"] = other
    return found | {f"{name} · damaged": name for name in broken if name not in scan}


def _mark(card: Card) -> str:
    return " · collapsed" if card.collapsed else ""
