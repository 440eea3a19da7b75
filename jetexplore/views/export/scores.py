"""Which scores does a card show? Of jets, of two sides, of all in the plane, and of table 2."""

from __future__ import annotations

import numpy as np

from jetexplore import anomaly
from jetexplore.anomaly import comparison, namedscores, table2, table2study
from jetexplore.views import sides
from jetexplore.views.export.columns import Columns, by_class, of_curves
from jetexplore.views.scores import SCORED
from jetexplore.views.state import Choice


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
    return by_class(anomaly.sample_scores(*(getattr(choice, name) for name in SCORED)))


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
    return of_curves(anomaly.sample_rocs(*(getattr(choice, name) for name in SCORED)))


def compared(choice: Choice) -> Columns:
    """List both scores of every test jet.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    mapping of str to array
        A row a jet: class, number, both scores (bigger is more anomalous) and their ranks among QCD jets.
    """
    both = [namedscores.named_scores(name) for name in sides.both(choice)[0].values()]
    ranks = [comparison.background_ranks(one) for one in both]
    many = {name: len(some) for name, some in both[0].items()}
    columns: dict[str, np.ndarray] = {
        "class": np.repeat(list(many), list(many.values())),
        "jet": np.concatenate([np.arange(n) for n in many.values()]),
    }
    for side, score, rank in zip(sides.SIDES, both, ranks, strict=True):
        columns[side] = np.concatenate([score[name] for name in many])
        columns[f"rank_{side}"] = np.concatenate([rank[name] for name in many])
    return columns


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
