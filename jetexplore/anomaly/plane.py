"""Would another choice have been better, and who could have known? Every score in the plane of its two areas.

Fraser et al. (2021) conclude that what is best for the background is not best for a signal. Each point is one score
with one choice of its options; the criteria that need no label are marked, so that it can be seen what each would have
chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jetexplore import jets, models
from jetexplore.anomaly import samples, study, table1, table2, table2study
from jetexplore.anomaly.labelfree import opening
from jetexplore.anomaly.labelfree.choosing import Found
from jetexplore.files import data_dir, digest, stored
from jetexplore.rows import read_rows, write_rows

FAMILIES = ("autoencoder", "event to ensemble", "label-free", "no training", "supervised")
CRITERIA = ("validation loss", "elbow", "stability", "development signals")
N_STABLE = 5  # draws of the reference among which scores are compared
STABLE_METRICS = ("MSE", "MAE", "Wass(0.5)", "Wass(1)", "Wass(2)", "Wass(5)")
STABLE_K = (1, 3, 5, 7)


class Point(NamedTuple):
    """One score with one choice of its options."""

    family: str  # one of `FAMILIES`
    title: str
    top: float  # AUC
    w: float  # AUC
    chosen_by: tuple[str, ...] = ()  # of `CRITERIA`


def plane(source: str = "sample") -> list[Point]:
    """Gather the areas of all scores of the committed jets, and mark what each label-free criterion chooses.

    Validation loss: for each training metric and depth, the network of least loss, by its loss. Elbow: the number of
    medoids that it suggests, reference QCD. Stability: the metric and number of medoids whose scores of background jets
    agree best between draws of the reference. Development signals: what was frozen.

    Parameters
    ----------
    source : str
        Data set; results that were made of other jets are left out.

    Returns
    -------
    list of Point
        By family.

    Examples
    --------
    >>> {point.family for point in plane()} >= {"autoencoder", "no training"}
    True
    """
    found = [*_autoencoders(), *_ensembles(source), *_labelfree(), *_untrained(source)]
    return sorted(found, key=lambda point: FAMILIES.index(point.family))


def front(points: Iterable[Point]) -> list[Point]:
    """Pick the points that no other beats on both signals.

    Parameters
    ----------
    points : iterable of Point
        From `plane`.

    Returns
    -------
    list of Point
        By rising area for W jets.

    Examples
    --------
    >>> places = {"a": (0.9, 0.5), "b": (0.6, 0.6), "c": (0.5, 0.5)}
    >>> [point.title for point in front(Point("autoencoder", *item[:1], *item[1]) for item in places.items())]
    ['a', 'b']
    """
    points = list(points)
    best = [
        one
        for one in points
        if not any(
            other.top >= one.top and other.w >= one.w and (other.top, other.w) != (one.top, one.w) for other in points
        )
    ]
    return sorted(best, key=lambda point: point.w)


def lost(points: Iterable[Point]) -> list[dict[str, object]]:
    """Tell what each criterion chooses, and how far that is from the best for each signal.

    Parameters
    ----------
    points : iterable of Point
        From `plane`.

    Returns
    -------
    list of dict
        One record a criterion and choice: ``criterion``, ``chosen``, ``Top``, ``W``, and what is ``lost for Top`` and
        ``lost for W`` against the best score that no label was used for.

    Examples
    --------
    >>> chosen = Point("autoencoder", "a", 0.8, 0.5, ("validation loss",))
    >>> record = lost([chosen, Point("label-free", "b", 0.7, 0.75)])[0]
    >>> record["lost for Top"], record["lost for W"]
    (0.0, 0.25)
    """
    points = list(points)
    blind = [point for point in points if point.family != "supervised"]
    top, w = max(point.top for point in blind), max(point.w for point in blind)
    return [
        {
            "criterion": criterion, "chosen": point.title, "Top": point.top, "W": point.w,
            "lost for Top": top - point.top, "lost for W": w - point.w,
        }
        for point in points
        for criterion in point.chosen_by
    ]  # fmt: skip


def ceiling_fraction(auc: float, supervised: float) -> float:
    """Tell what part of what a supervised network finds a score finds: (AUC - 1/2) / (AUC of the network - 1/2).

    Parameters
    ----------
    auc, supervised : float
        Areas.

    Returns
    -------
    float
        1 where they are equal, 0 for guessing.

    Examples
    --------
    >>> round(ceiling_fraction(0.8, 0.9), 2)
    0.75
    """
    return (auc - 0.5) / (supervised - 0.5)


def best_printed() -> dict[str, float]:
    """Give the largest areas that Fraser et al. (2021) print for label-free scores, table 2 with a QCD reference.

    Returns
    -------
    dict of str to float
        Signal to AUC; they belong to two different scores.

    Examples
    --------
    >>> best_printed()
    {'Top': 0.87, 'W': 0.71}
    """
    rows = [areas for row, areas in table2.published_table_2().items() if row.reference == "QCD"]
    return {signal: max(areas[signal] for areas in rows) for signal in ("Top", "W")}


def ceilings() -> dict[str, float]:
    """Give the largest area of the supervised networks for each signal.

    Returns
    -------
    dict of str to float
        Signal to AUC, of networks that were trained on that signal.
    """
    best: dict[str, float] = {}
    for card in models.networks().values():
        if card.kind == "classifier":
            signal = card.classes[1]
            area = card.areas.get("Supervised", {}).get(signal)
            if area is not None:
                best[signal] = max(best.get(signal, 0.0), area.auc)
    return best


@lru_cache(maxsize=4)
def stability(source: str = "sample") -> dict[tuple[str, int], float]:
    """Measure how well scores of background jets agree between draws of the reference; no label is used.

    Parameters
    ----------
    source : str
        Data set.

    Returns
    -------
    dict of tuple of str and int to float
        Metric and number of medoids to the mean Spearman correlation over pairs of draws.
    """
    from scipy.stats import spearmanr

    def compute() -> dict[str, np.ndarray]:
        found = []
        for metric, k in choices:
            scores = [
                study.sample_scores("QCD", metric, "medoids", k, number=number, source=source)["QCD"]
                for number in range(N_STABLE)
            ]
            ranks = spearmanr(np.stack(scores, 1)).statistic
            found.append(ranks[np.triu_indices(N_STABLE, 1)].mean())
        return {"agreement": np.array(found)}

    choices = list(product(STABLE_METRICS, STABLE_K))
    files = jets.provenance(source).key, jets.provenance(source, "reference").key
    kept = stored("stability", digest(samples.VERSION, *files, choices, N_STABLE, samples.N_REFERENCE), compute)
    return dict(zip(choices, kept["agreement"].tolist(), strict=True))


def write_found(rows: Iterable[Found], key: str, path: str | Path) -> Path:
    """Write the areas of label-free scores as CSV.

    Parameters
    ----------
    rows : iterable of Found
        From ``labelfree.choosing``.
    key : str
        Digest of the jets.
    path : str or pathlib.Path
        The file.

    Returns
    -------
    pathlib.Path
        The file.
    """
    return write_rows(path, [*Found._fields, "key"], ([*row, key] for row in rows))


def read_found(path: str | Path) -> list[Found]:
    """Read the areas of label-free scores.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.

    Returns
    -------
    list of Found
        In order; none if there is no such file.

    Raises
    ------
    InputError
        ``E_LAYOUT`` for a file that is none.
    """
    return read_rows(path, Found, ["key"]) if Path(path).exists() else []


def _autoencoders() -> list[Point]:
    cards = models.networks()
    chosen = {
        card.name
        for metric in {card.training_metric for card in cards.values() if card.kind == "vae"}
        for depth in (1, 2, 3)
        for card in [table1.selected(cards, metric, depth)]
        if card is not None
    }
    found = []
    for card in cards.values():
        family = "supervised" if card.kind == "classifier" else "autoencoder"
        for score, areas in card.areas.items():
            if {"Top", "W"} <= set(areas):
                marks = ("validation loss",) if card.name in chosen and score == "Loss" else ()
                title = card.name if family == "supervised" else f"{card.name}, {score}"
                found.append(Point(family, title, areas["Top"].auc, areas["W"].auc, marks))
    return found


def _ensembles(source: str) -> list[Point]:
    records = table2.read_table_2(table2study.key_of(source=source))
    if not records:
        return []
    steady = stability(source)
    best = max(steady, key=steady.get)
    rows: dict[tuple, dict[str, Mapping]] = {}
    for record in records:
        key = tuple(record[name] for name in ("reference", "metric", "n_medoids", "method"))
        rows.setdefault(key, {})[str(record["signal"])] = record
    found = []
    for (reference, metric, k, method), by_signal in rows.items():
        if {"Top", "W"} <= set(by_signal) and reference != "Top":
            marks = ("elbow",) if method == "elbow" else ()
            marks += ("stability",) if (reference, method, (metric, k)) == ("QCD", "min", best) else ()
            title = f"{reference} {method}{'' if k is None else f' k={k}'}, {metric}"
            found.append(
                Point("event to ensemble", title, float(by_signal["Top"]["ours"]), float(by_signal["W"]["ours"]), marks)
            )
    return found


def _labelfree() -> list[Point]:
    rows: dict[str, dict[str, float]] = {}
    for row in read_found(data_dir() / "results" / "labelfree_sample.csv"):
        rows.setdefault(row.title, {})[row.signal] = row.auc
    try:
        frozen = set(opening.read_frozen().combined)
    except FileNotFoundError:
        frozen = set()
    return [
        Point("label-free", title, areas["Top"], areas["W"], ("development signals",) if title in frozen else ())
        for title, areas in rows.items()
        if {"Top", "W"} <= set(areas)
    ]


def _untrained(source: str) -> list[Point]:
    return [
        Point("no training", name, areas["Top"].auc, areas["W"].auc)
        for name, areas in table1.baseline_areas(source).items()
    ]
