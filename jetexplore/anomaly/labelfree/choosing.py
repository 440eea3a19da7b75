"""Which label-free score is chosen, and by whom? Variants of all scores on development signals, then frozen.

Labels of the papers' signals must not choose anything. Every option is varied on background jets and two development
signals (``X-2prong``, ``X-4prong`` of ``jets.PROCESSES``); the choice is written down and opened once on other jets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from jetexplore.anomaly import curves
from jetexplore.anomaly.labelfree.fisher import HELD_OUT, combined
from jetexplore.anomaly.labelfree.recipes import Recipe, fit
from jetexplore.files import digest, stored
from jetexplore.jets import Jets

VERSION = 1  # of what is stored
EFFICIENCY = 0.3  # of the signal, at which background rejection is told


class Variant(NamedTuple):
    """One score with its options."""

    name: str  # in ``labelfree.SCORES``
    options: Mapping[str, Any]  # what departs from the usual

    @property
    def title(self) -> str:
        """Name with its options."""
        told = ", ".join(f"{name}={value}" for name, value in self.options.items())
        return f"{self.name}({told})" if told else self.name


class Found(NamedTuple):
    """What a score does with one signal."""

    title: str
    signal: str
    auc: float
    error: float  # bootstrap over jets
    rejection: float  # 1 / background efficiency at 30 % signal efficiency


def variants(
    recipes: Mapping[str, Recipe], fixed: Iterable[str] = ("seed", "n_reference", "references", "points")
) -> list[Variant]:
    """List every score as it is usually, and with each option changed on its own.

    Parameters
    ----------
    recipes : mapping of str to Recipe
        Such as `SCORES`.
    fixed : iterable of str
        Options that are not varied: seeds, and sizes that only cost time.

    Returns
    -------
    list of Variant
        In order.

    Examples
    --------
    >>> table = {"A": Recipe(lambda background, q: None, "", {"q": (3, 5)})}
    >>> [variant.title for variant in variants(table)]
    ['A', 'A(q=5)']
    """
    fixed, found = set(fixed), []
    for name, recipe in recipes.items():
        found.append(Variant(name, {}))
        found += [
            Variant(name, {option: value})
            for option, values in recipe.grid.items()
            if option not in fixed
            for value in values[1:]
        ]
    return found


def scores_of(
    recipes: Mapping[str, Recipe], variant: Variant, background: Jets, samples: Mapping[str, Jets]
) -> dict[str, np.ndarray]:
    """Fit one variant and score some jets; kept in the cache.

    Parameters
    ----------
    recipes : mapping of str to Recipe
        Such as `SCORES`.
    variant : Variant
        Which score.
    background : Jets
        To fit on.
    samples : mapping of str to Jets
        What to score.

    Returns
    -------
    dict of str to ndarray
        Scores by sample.
    """
    about = (_key(background), *(item for name, some in samples.items() for item in (name, _key(some))))
    key = digest(VERSION, variant.name, sorted(variant.options.items()), about)

    def compute() -> dict[str, np.ndarray]:
        score = fit(recipes, variant.name, background, **variant.options)
        return {name: np.asarray(score(some), dtype=np.float64) for name, some in samples.items()}

    return stored(f"labelfree_{variant.name.replace(' ', '_')}_{key}", key, compute)


def measured(title: str, scores: Mapping[str, np.ndarray], background: str = "QCD") -> list[Found]:
    """Measure a score on every signal.

    Parameters
    ----------
    title : str
        Of the score.
    scores : mapping of str to ndarray
        By sample; bigger is more anomalous.
    background : str
        Which of them is the background; names that begin with an underscore are left out.

    Returns
    -------
    list of Found
        One a signal.

    Examples
    --------
    >>> found = measured("x", {"QCD": np.arange(10.0), "W": np.arange(5.0) + 8.5})[0]
    >>> found.auc, found.rejection
    (0.98, inf)
    """
    found = []
    for name, some in scores.items():
        if name != background and not name.startswith("_"):
            area = curves.auc(scores[background], some)
            rejection = curves.roc(scores[background], some, n_bootstrap=0).rejection(EFFICIENCY)
            found.append(Found(title, name, area.value, area.error, float(rejection)))
    return found


def best_of_each(table: Mapping[str, Mapping[str, float]], names: Mapping[str, str]) -> dict[str, str]:
    """Choose one variant of each score by the mean area over the development signals.

    Parameters
    ----------
    table : mapping of str to mapping of str to float
        Title of a variant, development signal, AUC.
    names : mapping of str to str
        Title to the name of its score.

    Returns
    -------
    dict of str to str
        Name of a score to the title of its variant.

    Examples
    --------
    >>> best_of_each({"A": {"h": 0.6}, "A(q=5)": {"h": 0.7}}, {"A": "A", "A(q=5)": "A"})
    {'A': 'A(q=5)'}
    """
    best: dict[str, str] = {}
    for title, areas in table.items():
        name = names[title]
        if name not in best or np.mean(list(areas.values())) > np.mean(list(table[best[name]].values())):
            best[name] = title
    return best


def combinations_of(
    titles: Sequence[str], scores: Mapping[str, Mapping[str, np.ndarray]], most: int = 6
) -> dict[tuple[str, ...], dict[str, np.ndarray]]:
    """Combine every choice of scores by Fisher's method.

    Parameters
    ----------
    titles : sequence of str
        Which scores.
    scores : mapping of str to mapping of str to ndarray
        Title, sample, scores; the sample ``_calibration`` holds background jets for p-values only.
    most : int
        Members of a combination, at most.

    Returns
    -------
    dict of tuple of str to dict of str to ndarray
        Members, sample, combined scores.
    """
    found = {}
    for size in range(2, min(most, len(titles)) + 1):
        for members in combinations(titles, size):
            held = {title: scores[title]["_calibration"] for title in members}
            found[members] = {
                sample: combined(held, {title: scores[title][sample] for title in members})
                for sample in scores[members[0]]
                if sample != "_calibration"
            }
    return found


def developed(
    recipes: Mapping[str, Recipe], background: Jets, samples: Mapping[str, Jets], progress: bool = False
) -> tuple[list[Variant], dict[str, dict[str, np.ndarray]]]:
    """Fit every variant on background jets and score the development samples.

    Parameters
    ----------
    recipes : mapping of str to Recipe
        Such as `SCORES`; ``"Fisher"`` is left out, since it combines others.
    background : Jets
        The last 30 % are held out for p-values.
    samples : mapping of str to Jets
        ``"QCD"`` and the development signals.
    progress : bool
        Whether to show a bar; what was scored before is read from the cache.

    Returns
    -------
    variants : list of Variant
        All of them.
    scores : dict of str to dict of str to ndarray
        Title, sample, scores; the sample ``_calibration`` is the held-out background.
    """
    from tqdm import tqdm

    kept = round(len(background) * (1 - HELD_OUT))
    everything = {**samples, "_calibration": background[kept:]}
    found = [variant for variant in variants(recipes) if variant.name != "Fisher"]
    bar = tqdm(found, disable=not progress, unit="score")
    return found, {
        variant.title: scores_of(recipes, variant, background[:kept], everything)
        for variant in bar
        if bar.set_postfix_str(variant.title) is None
    }


class Choice(NamedTuple):
    """What the development signals choose."""

    best: dict[str, str]  # name of a score to the title of its best variant
    rows: list[Found]  # every variant on every development signal
    combined: dict[tuple[str, ...], float]  # mean area over the development signals, by members
    free: tuple[str, ...]  # best members without any prior
    any: tuple[str, ...]  # best members, priors of physics allowed


def choose_scores(
    recipes: Mapping[str, Recipe], found: Sequence[Variant], scores: Mapping[str, Mapping[str, np.ndarray]],
    members: Mapping[str, Mapping[str, Sequence]],
) -> Choice:  # fmt: skip
    """Choose the variant of each score, and which are combined, by the mean area over the development signals.

    Parameters
    ----------
    recipes : mapping of str to Recipe
        Their priors are looked at.
    found, scores
        From `developed`.
    members : mapping of str to mapping
        Names of scores that may be combined, each with the values that its options may take; an option that is not
        named may take any.

    Returns
    -------
    Choice
        The choice and all areas that it rests on.
    """
    rows = [row for title, some in scores.items() for row in measured(title, some)]
    areas: dict[str, dict[str, float]] = {}
    for row in rows:
        areas.setdefault(row.title, {})[row.signal] = row.auc
    names = {
        variant.title: variant.name
        for variant in found
        if all(
            value in members.get(variant.name, {}).get(option, (value,)) for option, value in variant.options.items()
        )
    }
    best = best_of_each({title: areas[title] for title in names}, names)
    together = {
        titles: float(np.mean([curves.auc(some["QCD"], some[name], 0).value for name in some if name != "QCD"]))
        for titles, some in combinations_of([best[name] for name in members], scores).items()
    }
    free = [titles for titles in together if all(recipes[names[title]].prior == "none" for title in titles)]
    return Choice(best, rows, together, max(free, key=together.get, default=()), max(together, key=together.get))


def _key(jets: Jets) -> str:
    return digest(jets.pt, jets.eta, jets.phi, jets.offsets)
