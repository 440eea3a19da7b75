"""Which network? By training metric, number of blocks and beta; what was never trained says so."""

from __future__ import annotations

import re
from typing import NamedTuple

import panel as pn
import panel_material_ui as pmui

from jetexplore import models
from jetexplore.anomaly import table1
from jetexplore.models.cards import Card
from jetexplore.views import damaged
from jetexplore.views.state import Choice
from jetexplore.views.wrapping import wrapped

UNTRAINED = "untrained"
SCANNED = ("MSE", "Wass(1)")  # training metrics of table 1, offered whether there are networks or not
RANDOM = re.compile(r"untrained-d([123])")
WRITTEN = re.compile(r"vae-([^-]+)-d([123])-")  # as `Recipe.name` writes them


class Kind(NamedTuple):
    """What networks have in common that are chosen among by beta."""

    training_metric: str  # or "untrained"
    downsamplings: int


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


def _mark(card: Card) -> str:
    return " · collapsed" if card.collapsed else ""


class Chooser(pn.viewable.Viewer):
    """Three selections that come to the name of one network.

    Parameters
    ----------
    choice : Choice
        Whose ``network`` is written and followed.
    """

    def __init__(self, choice: Choice) -> None:
        super().__init__()
        self.choice = choice
        self.metric = pmui.Select(label="Training metric", options=[*training_metrics(), UNTRAINED], width=170)
        self.blocks = pmui.Select(label="Blocks", options=[1, 2, 3], width=110)
        self.variant = pmui.Select(label="β, weight of the divergence", options={}, width=260)
        self.told = pn.pane.HTML(sizing_mode="stretch_width", margin=(0, 10))
        self._following = False
        self._follow()
        self.metric.param.watch(self._choose_kind, "value")
        self.blocks.param.watch(self._choose_kind, "value")
        self.variant.param.watch(self._choose_variant, "value")
        choice.on_change(["network"], self._follow)

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        selections = wrapped(self.metric, self.blocks, self.variant, sizing_mode="stretch_width", gap="4px 12px")
        return pn.Column(selections, self.told, sizing_mode="stretch_width")

    def _follow(self) -> None:
        """Show what is chosen, without choosing."""
        name = shown(self.choice)
        kind = kind_of(name)
        options = variants(kind)
        self._following = True
        try:
            self.metric.options = [*training_metrics(), UNTRAINED]
            self.metric.value, self.blocks.value = kind
            grey = [one for one in options.values() if one in damaged.reasons()]
            value = name if name in options.values() else None
            self.variant.param.update(options=options, disabled_options=grey, value=value)
            self.told.object = damaged.told()
        finally:
            self._following = False

    def _choose_kind(self, *_: object) -> None:
        """Keep beta if there is such a network; else take the one of least loss, else the place in the scan."""
        if self._following:
            return
        kind, now = Kind(self.metric.value, self.blocks.value), shown(self.choice)
        names = list(variants(kind).values())
        cards = {name: card for name, card in trained().items() if name in names}
        beta = now.rpartition("-b")[2]
        alike = [name for name in names if name.rpartition("-b")[2] == beta]
        least = min(cards.values(), key=lambda card: card.loss, default=None)
        better = [name for name in alike if name in cards] or ([least.name] if least else []) or alike or names
        self.choice.network = better[0]

    def _choose_variant(self, *_: object) -> None:
        if not self._following and self.variant.value:
            self.choice.network = self.variant.value
