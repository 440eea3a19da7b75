"""Which numbers does a card show? Columns of plain arrays, as selected; every number is the library's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from jetexplore import anomaly, distances, jets
from jetexplore.anomaly import graphstudy, mapjets, networkpairs, networkscores, table2, table2study
from jetexplore.anomaly.curves import Roc
from jetexplore.anomaly.ensembles import cluster_sizes
from jetexplore.distances.pairs import pairs_among
from jetexplore.errors import InputError
from jetexplore.views import axes, chooser, codetext, ensemble, graph
from jetexplore.views.lasso import strokes
from jetexplore.views.scores import SCORED
from jetexplore.views.state import CLASSES, Choice

Columns = Mapping[str, Sequence | np.ndarray]


def pictures(choice: Choice) -> Columns:
    """List the pixels of the pictures of one jet of each class and of what stands for the background.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    mapping of str to array
        A row a pixel that is not empty: title of the picture, eta, phi (rad), fraction of the transverse momentum.
    """
    shown = [(f"{name} jet {choice.example}", anomaly.images()[name][choice.example]) for name in CLASSES]
    return _pixels([*shown, *ensemble.events(choice)])


def events(choice: Choice) -> Columns:
    """List the pixels of the events that stand for the ensemble.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    mapping of str to array
        As in `pictures`.
    """
    return _pixels(ensemble.events(choice))


def medoids(choice: Choice) -> Columns:
    """List the medoids for every k, with what the elbow is read from.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    mapping of str to array
        A row a medoid: k, place among the reference jets, number of jets nearest to it, and for its k the most frequent
        and the mean distance to the nearest medoid, in the units of the metric.
    """
    found = anomaly.ensemble(choice.reference, choice.metric)
    sizes = cluster_sizes(choice.reference, choice.metric)
    many = [len(some) for some in found.medoids]
    return {
        "k": np.repeat(np.arange(1, len(many) + 1), many),
        "jet": np.concatenate(found.medoids),
        "nearest_jets": np.concatenate(sizes),
        "peak_distance": np.repeat([one.position for one in found.peaks], many),
        "mean_distance": np.repeat(found.losses, many),
    }


def pairs(choice: Choice) -> Columns:
    """List both distances of all pairs of jets, or of those chosen on the map.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    mapping of str to array
        A row a pair: the two jets and their distances, in the units of the metrics.
    """
    x, y = (axes.distances_of(choice.sample, axes.axis(choice, name)) for name in axes.AXES)
    columns = {**_of_pairs(len(x)), f"x_{axes.axis(choice, 'x')}": x, f"y_{axes.axis(choice, 'y')}": y}
    if not choice.lasso:
        return columns
    mask, _ = mapjets.chosen_of_class(strokes(choice.lasso), choice.sample, distances.n_items(len(x)))
    kept = pairs_among(mask)
    return {name: values[kept] for name, values in columns.items()}


def transport(choice: Choice) -> Columns:
    """List what the optimal plan moves from the first jet of the pair to the second.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    mapping of str to array
        A row an arrow: where it begins and ends (rad), the fraction moved, and the cost of moving one.
    """
    first, second = (anomaly.images()[choice.sample][number] for number in choice.pair)
    plan = distances.optimal_plan(first, second, axes.plan_metric(choice))
    (eta, phi), (eta_to, phi_to) = plan.start.T, plan.end.T
    return {"eta": eta, "phi": phi, "eta_to": eta_to, "phi_to": phi_to, "fraction": plan.flow, "cost": plan.cost}


def scores(choice: Choice) -> Columns:
    """List the event-to-ensemble scores of every test jet.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    mapping of str to array
        A row a jet: class, number, score (bigger is more anomalous).
    """
    return _by_class(anomaly.sample_scores(*(getattr(choice, name) for name in SCORED)))


def rocs(choice: Choice) -> Columns:
    """List the ROC curves of `scores`.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    mapping of str to array
        A row a threshold: signal, threshold, what is kept of signal and background.
    """
    return _curves(anomaly.sample_rocs(*(getattr(choice, name) for name in SCORED)))


def published(choice: Choice) -> Columns:
    """List the rows of table 2 that are shown, ours beside print.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    mapping of str to array
        A row a row and signal, with all that ``table2.read_table_2`` tells.
    """
    records = [
        one
        for one in table2.read_table_2(table2study.key_of())
        if choice.table_reference in ("all", one["reference"]) and choice.table_signal in ("both", one["signal"])
    ]
    return {name: [one[name] for one in records] for name in (records[0] if records else {})}


def network_scores(choice: Choice) -> Columns:
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
        return _by_class(networkscores.network_scores(chooser.shown(choice), choice.score))
    score = graphstudy.score_of(_graph_shown(choice))
    if score is None:
        raise InputError("E_SCORE", f"no scores of events by {graph.shown(choice)}", "a network of the table of events")
    return _curves(graphstudy.event_rocs(score))


def network_inside(choice: Choice) -> Columns:
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
        name = chooser.shown(choice)
        features = codetext.features(choice, name)
        inside = networkpairs.inner_distances(name, features)
        outside = anomaly.pairs("QCD", choice.against)
        return {**_of_pairs(len(inside)), f"inside_{features}": inside, choice.against: outside}
    found = graphstudy.component_histograms(_graph_shown(choice), choice.component, choice.cloud_class)
    return {"low": found.edges[:-1], "high": found.edges[1:], "before": found.before, "after": found.after}


def points(choice: Choice) -> Columns:  # noqa: ARG001
    """List all scores in the plane of their two areas.

    Parameters
    ----------
    choice : Choice
        The selections, none of which matters.

    Returns
    -------
    mapping of str to array
        A row a score: family, title, areas, and which criteria without labels would choose it.
    """
    from jetexplore.anomaly import plane  # brings all label-free scores along, which the first picture does not need

    found = plane.plane()
    return {
        "family": [one.family for one in found],
        "title": [one.title for one in found],
        "auc_Top": [one.top for one in found],
        "auc_W": [one.w for one in found],
        "chosen_by": [", ".join(one.chosen_by) for one in found],
    }


def _graph_shown(choice: Choice) -> str:
    name = graph.shown(choice)
    if not name:
        raise InputError("E_NETWORK", "no graph autoencoder", "one in data/networks", mend="jetexplore train pgae")
    return name


def _pixels(shown: Sequence[tuple[str, np.ndarray]]) -> Columns:
    centres = jets.pixel_centres()
    found: dict[str, list] = {"picture": [], "eta": [], "phi": [], "fraction": []}
    for title, image in shown:
        row, column = np.nonzero(image)
        parts = [title] * len(row), centres[column], centres[row], image[row, column]  # rows run along phi
        for values, part in zip(found.values(), parts, strict=True):
            values.extend(part)
    return found


def _of_pairs(n_pairs: int) -> Columns:
    i, j = np.triu_indices(distances.n_items(n_pairs), 1)
    return {"i": i, "j": j}


def _by_class(found: Mapping[str, np.ndarray]) -> Columns:
    many = [len(some) for some in found.values()]
    number = np.concatenate([np.arange(n) for n in many])
    return {"class": np.repeat(list(found), many), "jet": number, "score": np.concatenate(list(found.values()))}


def _curves(found: Mapping[str, Roc]) -> Columns:
    many = [len(one.threshold) for one in found.values()]
    columns = {"signal": np.repeat(list(found), many)}
    for name in ("threshold", "signal_efficiency", "background_efficiency"):
        columns[name] = np.concatenate([getattr(one, name) for one in found.values()])
    return columns
