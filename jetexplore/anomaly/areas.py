"""What is each network worth as a detector? Areas under ROC curves, kept in the networks' cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from jetexplore import jets, models
from jetexplore.anomaly import curves, reconstruction
from jetexplore.anomaly.networkimages import images_for
from jetexplore.models import checkpoints
from jetexplore.models.cards import Area, Card

N_REFERENCE = 2000  # background jets that the Mahalanobis distance is fitted to


def areas(scores: Mapping[str, Mapping[str, np.ndarray]], background: str = "QCD") -> dict[str, dict[str, Area]]:
    """Take the areas of scores by class.

    Parameters
    ----------
    scores : mapping
        Score, class, (n,) values, as `reconstruction.scores` and `baselines.baseline_scores` give them.
    background : str
        The class that is not a signal.

    Returns
    -------
    dict of str to dict of str to Area
        Score, signal, area with its bootstrap error and the numbers of jets.

    Examples
    --------
    >>> areas({"mass": {"QCD": np.arange(4.0), "W": np.array([2.5, 3.5])}})["mass"]["W"].auc
    0.875
    """

    def area(quiet: np.ndarray, strange: np.ndarray) -> Area:
        found = curves.auc(quiet, strange)
        return Area(found.value, found.error, len(quiet), len(strange))

    return {
        name: {title: area(some[background], other) for title, other in some.items() if title != background}
        for name, some in scores.items()
    }


def evaluate(
    folder: str | Path | None = None,
    networks: Iterable[str] | None = None,
    names: Iterable[str] = tuple(reconstruction.SCORES),
    n_background: int | None = None,
    n_signal: int | None = None,
    source: str = "sample",
    progress: bool = True,
) -> dict[str, Card]:
    """Score test jets by autoencoders and write the areas into their cards; what is there already is not done again.

    Areas of other jets than these, or of jets that are not known, are measured anew.

    Parameters
    ----------
    folder : str or pathlib.Path, optional
        Of the networks; those that come with jetexplore by default.
    networks : iterable of str, optional
        Which ones; all by default.
    names : iterable of str
        Scores.
    n_background, n_signal : int, optional
        Test jets of each class; all by default.
    source : str
        Data set.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    dict of str to Card
        Cards by network, with all their areas.

    Raises
    ------
    InputError
        ``E_SCORE`` for an unknown score, ``E_NETWORK`` for an unknown network.
    """
    from tqdm import tqdm

    from jetexplore.errors import choose

    folder = checkpoints.folder() if folder is None else Path(folder)
    known = {name: card for name, card in models.networks(folder).items() if card.kind == "vae"}
    chosen = list(known) if networks is None else [choose("network", name, known, "E_NETWORK") for name in networks]
    here = jets.provenance(source).key
    bar = tqdm(chosen, unit="network", disable=not progress)
    for name in bar:
        bar.set_postfix_str(name)
        tests = {
            title: some[: n_background if title == "QCD" else n_signal]
            for title, some in images_for(known[name], source).items()
        }
        if known[name].tested != here:
            known[name] = known[name]._replace(areas={})
        missing = [score for score in names if not _there(known[name], score, tests)]
        if missing:
            network = models.load(folder / f"{name}.safetensors")
            reference = images_for(known[name], source, "reference")["QCD"][:N_REFERENCE]
            found = areas(reconstruction.scores(network, tests, missing, reference))
            together = {**known[name].areas, **found}
            known[name] = checkpoints.annotate(folder / f"{name}.safetensors", areas=together, tested=here)
    return {name: known[name] for name in chosen}


def _there(card: Card, score: str, tests: Mapping[str, np.ndarray]) -> bool:
    found = card.areas.get(score, {})
    return all(
        title in found and found[title].n_signal >= len(some) and found[title].n_background >= len(tests["QCD"])
        for title, some in tests.items()
        if title != "QCD"
    )
