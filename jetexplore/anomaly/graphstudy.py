"""What do particle graph autoencoders make of jets? Distributions, jets, areas; Tsan et al. (2021), section 4."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jetexplore import jets, models
from jetexplore.anomaly import curves
from jetexplore.anomaly.resonance.eventtable import read_table
from jetexplore.anomaly.resonance.jetscores import JET_SCORES
from jetexplore.anomaly.resonance.outliers import event_scores
from jetexplore.errors import InputError, choose
from jetexplore.models.cards import Card

if TYPE_CHECKING:
    from jetexplore.models.cloudautoencoder import CloudAutoencoder

SOURCE = "dijets"
N_JETS = 2000  # whose particles make a distribution
N_ROC = 20_000  # background events of a curve
COMPONENTS = {"px": "p_x [GeV]", "py": "p_y [GeV]", "pz": "p_z [GeV]", "pt": "p_T [GeV]"}
LIMITS = {"px": 150.0, "py": 150.0, "pz": 150.0, "pt": 150.0}  # GeV; the paper's picture ends near 100


class Components(NamedTuple):
    """One component of the momenta of particles, before and after a network."""

    edges: np.ndarray  # (bins + 1,) GeV
    before: np.ndarray  # (bins,) fraction of the particles
    after: np.ndarray  # (bins,)
    outside: float  # fraction of the reconstructed particles beyond the edges


class Cloud(NamedTuple):
    """One jet before and after a network, about the axis of the jet as it went in."""

    before: np.ndarray  # (n, 3) GeV, delta eta, delta phi
    after: np.ndarray  # (n, 3) particle by particle
    loss: float  # in the units of the network
    metric: str
    mass: tuple[float, float]  # GeV
    pt: tuple[float, float]  # GeV


def graph_networks() -> dict[str, Card]:
    """List trained graph autoencoders without loading them.

    Returns
    -------
    dict of str to Card
        By name.

    Examples
    --------
    >>> all(card.kind == "pgae" for card in graph_networks().values())
    True
    """
    return {name: card for name, card in models.networks().items() if card.kind == "pgae"}


@lru_cache(maxsize=64)
def component_histograms(name: str, component: str = "px", title: str = "background", bins: int = 100) -> Components:
    """Distribution of a momentum component over particles, put in and reconstructed: figure 1, left.

    Parameters
    ----------
    name : str
        Of a graph autoencoder.
    component : str
        A key of `COMPONENTS`.
    title : str
        Class of the data set ``"dijets"``, of which the first 2,000 jets are taken.
    bins : int
        An even number puts an edge at zero, where the two peaks meet.

    Returns
    -------
    Components
        Both distributions.

    Raises
    ------
    InputError
        ``E_COMPONENT``, ``E_CLASS`` or ``E_NETWORK``.
    """
    choose("component", component, COMPONENTS, "E_COMPONENT")
    before = _of_class(title)[:N_JETS]
    after = models.load_pgae(name).reconstruct(before)
    limit = LIMITS[component]
    edges = np.linspace(0 if component == "pt" else -limit, limit, bins + 1)
    counted = [np.histogram(_component(some, component), edges)[0] / len(some.pt) for some in (before, after)]
    return Components(edges, *counted, 1 - float(counted[1].sum()))


@lru_cache(maxsize=64)
def cloud(name: str, title: str = "background", number: int = 0) -> Cloud:
    """Pass one jet through a graph autoencoder.

    Parameters
    ----------
    name : str
        Of the network.
    title : str
        Class of the data set ``"dijets"``.
    number : int
        Of the jet.

    Returns
    -------
    Cloud
        Its particles and their reconstruction.

    Raises
    ------
    InputError
        ``E_CLASS``, ``E_JET`` or ``E_NETWORK``.
    """
    some = _of_class(title)
    if not 0 <= number < len(some):
        raise InputError("E_JET", f"jet {number}", f"0 to {len(some) - 1}, {title} jets of the sample")
    return passed(models.load_pgae(name), some, number)


def passed(network: CloudAutoencoder, some: jets.Jets, number: int) -> Cloud:
    """Pass one of some jets through a network.

    Parameters
    ----------
    network : CloudAutoencoder
        Trained or not.
    some : Jets
        Jets.
    number : int
        Which one.

    Returns
    -------
    Cloud
        Its particles and their reconstruction.
    """
    one = some[number : number + 1]
    made, axis = network.reconstruct(one), one.momenta()
    before, after = (
        np.stack([some.pt, some.eta - axis.eta[0], jets.wrap(some.phi - axis.phi[0])], 1) for some in (one, made)
    )
    whole = made.momenta()
    loss = float(network.jet_losses(one)[0])
    return Cloud(
        before, after, loss, network.card.training_metric, (float(axis.mass[0]), float(whole.mass[0])),
        (float(axis.pt[0]), float(whole.pt[0])),
    )  # fmt: skip


def score_of(name: str) -> str | None:
    """Name the jet score that a network stands behind.

    Parameters
    ----------
    name : str
        Of a graph autoencoder.

    Returns
    -------
    str or None
        A key of ``JET_SCORES``, None where the table of events has no score of this network.

    Examples
    --------
    >>> score_of("pgae-momenta-MSE")
    'PGAE MSE'
    """
    for score, one in JET_SCORES.items():
        if getattr(one.fit, "keywords", {}).get("network") == name:
            return score
    return None


@lru_cache(maxsize=32)
def event_rocs(score: str, combine: str = "min") -> Mapping[str, curves.Roc]:
    """ROC curves of an event score on the simulated events: figure 1, centre.

    Parameters
    ----------
    score : str
        Of the table of events.
    combine : str
        Of the two jets; the authors' code takes the smaller one.

    Returns
    -------
    dict of str to Roc
        By class of signal, against the first 20,000 background events.

    Raises
    ------
    InputError
        ``E_SCORE`` or ``E_COMBINE``.
    """
    table = read_table()
    values = event_scores(table.scores[choose("score", score, table.scores, "E_SCORE")], combine)
    background = values[table.of(table.classes[0])][:N_ROC]
    return {name: curves.roc(background, values[table.of(name)], 50) for name in table.classes[1:]}


def _of_class(title: str) -> jets.Jets:
    known = _sample()
    return known[choose("class", title, known, "E_CLASS")]


@lru_cache(maxsize=1)
def _sample() -> dict[str, jets.Jets]:
    return jets.load(SOURCE)


def _component(some: jets.Jets, name: str) -> np.ndarray:
    return {
        "px": lambda: some.pt * np.cos(some.phi),
        "py": lambda: some.pt * np.sin(some.phi),
        "pz": lambda: some.pt * np.sinh(some.eta),
        "pt": lambda: some.pt,
    }[name]()
