"""How far is a search without labels from one with them? Areas of classifiers, appendix B of Fraser et al. (2021)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from jetexplore import jets, models
from jetexplore.anomaly import areas, samples, statements
from jetexplore.errors import choose
from jetexplore.files import data_dir
from jetexplore.models import checkpoints
from jetexplore.models.cards import Card

SCORE = "Supervised"  # as the row of tables 1 and 2 is called
N_TEST = 5000  # test jets of a class, as printed, where there are as many
TRANSFER = "supervised on Top tested on W"  # in the running text, section 6


def score_classifiers(
    folder: str | Path | None = None,
    names: Iterable[str] | None = None,
    source: str = "sample",
    n: int = N_TEST,
) -> dict[str, dict[str, np.ndarray]]:
    """Score test jets with classifiers.

    Parameters
    ----------
    folder : str or pathlib.Path, optional
        Of the networks; those that come with jetexplore by default.
    names : iterable of str, optional
        Which ones; all by default.
    source : str
        Data set; its test jets were seen by no training.
    n : int
        At most so many jets of a class; of QCD the paper has 5,000.

    Returns
    -------
    dict of str to dict of str to ndarray, shape (n,)
        Network, class, logits.

    Raises
    ------
    InputError
        ``E_NETWORK`` for an unknown network.
    """
    known = {name: card for name, card in models.networks(folder).items() if card.kind == "classifier"}
    chosen = list(known) if names is None else [choose("network", name, known, "E_NETWORK") for name in names]
    tests = {name: some[:n] for name, some in samples.images(source).items()}
    found = {}
    for name in chosen:
        network = models.load_classifier(name if folder is None else Path(folder) / f"{name}.safetensors")
        found[name] = {title: network.score(some) for title, some in tests.items()}
    return found


def evaluate_classifiers(
    folder: str | Path, names: Iterable[str] | None = None, source: str = "sample"
) -> dict[str, Card]:
    """Write areas under the ROC curves of classifiers into their cards, on both signals.

    The signal that a network was not trained on is its transfer.

    Parameters
    ----------
    folder, names, source
        As in `score_classifiers`.

    Returns
    -------
    dict of str to Card
        New cards by network.

    Raises
    ------
    InputError
        ``E_NETWORK`` for an unknown network.
    """
    scores, here = score_classifiers(folder, names, source), jets.provenance(source).key
    return {
        name: checkpoints.annotate(
            Path(folder) / f"{name}.safetensors", areas=areas.areas({SCORE: by_class}), tested=here
        )
        for name, by_class in scores.items()
    }


def compare_classifiers(cards: Mapping[str, Card]) -> list[dict[str, object]]:
    """Put areas of classifiers beside the printed ones.

    Parameters
    ----------
    cards : mapping of str to Card
        Of networks; those that are no classifiers, or have no areas, are left out.

    Returns
    -------
    list of dict
        One record a network and test signal: ``trained_on``, ``tested_on``, ``downsamplings``, ``ours``, ``error``
        over test jets, ``published``, NaN where nothing is printed for that depth or pair, ``n_train`` of each class,
        ``epochs``, ``converged``.

    Examples
    --------
    >>> area = models.cards.Area(0.9, 0.01, 10, 10)
    >>> card = Card("a", "classifier", 3, classes=("QCD", "Top"), areas={SCORE: {"Top": area}})
    >>> (record,) = compare_classifiers({"a": card})
    >>> record["ours"], record["published"]
    (0.9, 0.94)
    """
    printed = published_supervised()
    records = []
    for name, card in cards.items():
        for tested_on, area in card.areas.get(SCORE, {}).items() if card.kind == "classifier" else ():
            pair = (card.classes[1], tested_on)
            best = card.downsamplings == 3  # the text gives the areas of three blocks only, "the best"
            records.append({
                "network": name, "trained_on": pair[0], "tested_on": tested_on, "downsamplings": card.downsamplings,
                "ours": area.auc, "error": area.error, "published": printed.get(pair, np.nan) if best else np.nan,
                "n_train": card.n_train, "epochs": card.epochs, "converged": card.converged,
            })  # fmt: skip
    return records


def published_supervised() -> dict[tuple[str, str], float]:
    """Read the printed areas of supervised networks.

    Returns
    -------
    dict of tuple of str to float
        AUC by the signals trained and tested on.

    Examples
    --------
    >>> published_supervised()
    {('Top', 'Top'): 0.94, ('W', 'W'): 0.96, ('Top', 'W'): 0.86}
    """
    with (data_dir() / "published" / "table1.csv").open(encoding="utf-8", newline="") as stream:
        (row,) = (line for line in csv.DictReader(stream) if line["training_metric"] == SCORE)
    transfer = float(statements.published_text()[TRANSFER])
    return {("Top", "Top"): float(row["auc_top"]), ("W", "W"): float(row["auc_w"]), ("Top", "W"): transfer}
