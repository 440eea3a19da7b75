"""Which numbers of a network does a card show? Its scores, and what is inside."""

from __future__ import annotations

from jetexplore import anomaly
from jetexplore.anomaly import graphstudy, networkpairs, networkscores
from jetexplore.errors import InputError
from jetexplore.views import autoencoders, graph
from jetexplore.views.export.columns import Columns, by_class, of_curves, of_pairs
from jetexplore.views.state import Choice


def scores(choice: Choice) -> Columns:
    """List the scores of the network that is shown, or of events by the graph autoencoder.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    mapping of str to array
        For images a row a jet as in `scores`; for graphs as in `rocs`, of events.

    Raises
    ------
    InputError
        ``E_NETWORK`` where there is no network, ``E_SCORE`` where its scores are not kept.
    """
    if choice.architecture == "VAE":
        return by_class(networkscores.network_scores(autoencoders.shown(choice), choice.score))
    score = graphstudy.score_of(_graph_shown(choice))
    if score is None:
        raise InputError("E_SCORE", f"no scores of events by {graph.shown(choice)}", "a network of the table of events")
    return of_curves(graphstudy.event_rocs(score))


def inside(choice: Choice) -> Columns:
    """List distances inside the network, or the distributions of momenta before and after a graph autoencoder.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    mapping of str to array
        For images a row a pair of QCD jets: the two jets, their distance inside and outside; for graphs a row a bin:
        its edges (GeV) and the fraction of particles before and after.

    Raises
    ------
    InputError
        ``E_NETWORK`` where there is no network.
    """
    if choice.architecture == "VAE":
        name = autoencoders.shown(choice)
        features = autoencoders.features(choice, name)
        within = networkpairs.inner_distances(name, features)
        outside = anomaly.pairs("QCD", choice.against)
        return {**of_pairs(len(within)), f"inside_{features}": within, choice.against: outside}
    found = graphstudy.component_histograms(_graph_shown(choice), choice.component, choice.cloud_class)
    return {"low": found.edges[:-1], "high": found.edges[1:], "before": found.before, "after": found.after}


def _graph_shown(choice: Choice) -> str:
    name = graph.shown(choice)
    if not name:
        raise InputError("E_NETWORK", "no graph autoencoder", "one in data/networks", mend="jetexplore train pgae")
    return name
