"""What is the frozen choice worth on jets that nobody looked at? Opened once, on several draws of the background.

The file of the choice is written by `freeze` from the development study and never touched afterwards; `opened` fits
every score in it on each draw of background jets and measures it on the test jets.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from jetexplore.anomaly.labelfree.choosing import Found, Variant, measured, scores_of
from jetexplore.anomaly.labelfree.fisher import HELD_OUT, combined
from jetexplore.anomaly.labelfree.recipes import Recipe
from jetexplore.errors import InputError
from jetexplore.files import atomic, data_dir
from jetexplore.jets import Jets
from jetexplore.rows import read_rows, write_rows

SCHEMA = "jetexplore-frozen-scores-1"
NO_SELECTION = "no selection"  # every score with its usual options, combined


class Frozen(NamedTuple):
    """The choice: scores with their options, and which are combined."""

    singles: tuple[Variant, ...]
    combined: Mapping[str, tuple[str, ...]]  # name to titles of singles
    about: Mapping[str, Any]  # what it was chosen on


class Opened(NamedTuple):
    """One score on one signal, over the draws."""

    title: str
    signal: str
    auc: float  # mean over draws
    spread: float  # standard deviation over draws
    error: float  # bootstrap over test jets, first draw
    rejection: float  # at 30 % signal efficiency, mean over draws
    draws: int
    n_background: int
    n_signal: int

    @property
    def uncertainty(self) -> float:
        """Spread over draws or bootstrap error, whichever is larger."""
        return self.error if np.isnan(self.spread) else max(self.error, self.spread)


def ranked(rows: Iterable[Opened]) -> dict[str, dict[str, Opened]]:
    """Order scores by what they are worth for the signal that they find less well.

    Parameters
    ----------
    rows : iterable of Opened
        From `opened`.

    Returns
    -------
    dict of str to dict of str to Opened
        Title, signal, row; the best first.

    Examples
    --------
    >>> row = Opened("a", "W", 0.6, 0.0, 0.0, 2.0, 1, 9, 9)
    >>> list(ranked([row, row._replace(title="b", auc=0.7), row._replace(title="b", signal="Top", auc=0.65)]))
    ['b', 'a']
    """
    by_title: dict[str, dict[str, Opened]] = {}
    for row in rows:
        by_title.setdefault(row.title, {})[row.signal] = row
    order = sorted(by_title, key=lambda title: -min(row.auc for row in by_title[title].values()))
    return {title: by_title[title] for title in order}


def freeze(frozen: Frozen, path: str | Path) -> Path:
    """Write a choice; an existing file is never changed.

    Parameters
    ----------
    frozen : Frozen
        The choice.
    path : str or pathlib.Path
        A JSON file that does not exist.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        ``E_EXISTS`` if there is a file.
    """
    path = Path(path)
    if path.exists():
        raise InputError("E_EXISTS", "a frozen choice", "a new file: what is frozen is not changed", where=str(path))
    text = json.dumps(
        {
            "schema": SCHEMA,
            "about": dict(frozen.about),
            "singles": [[variant.name, dict(variant.options)] for variant in frozen.singles],
            "combined": {name: list(titles) for name, titles in frozen.combined.items()},
        },
        indent=1,
    )
    with atomic(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    return path


def read_frozen(path: str | Path | None = None) -> Frozen:
    """Read a choice.

    Parameters
    ----------
    path : str or pathlib.Path, optional
        The one that comes with jetexplore by default.

    Returns
    -------
    Frozen
        The choice.

    Raises
    ------
    InputError
        ``E_FROZEN`` for a file that is none.
    """
    path = data_dir() / "frozen_scores.json" if path is None else Path(path)
    try:
        return _parsed(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError("E_FROZEN", f"{error}", f"a file of {SCHEMA}", where=str(path)) from error


def scores_of_frozen(
    recipes: Mapping[str, Recipe], frozen: Frozen, background: Jets, samples: Mapping[str, Jets]
) -> dict[str, dict[str, np.ndarray]]:
    """Fit every score of a choice on background jets and score samples, combinations and all.

    Parameters
    ----------
    recipes : mapping of str to Recipe
        Such as `SCORES`.
    frozen : Frozen
        The choice.
    background : Jets
        The last 30 % are held out, for the p-values of combinations only.
    samples : mapping of str to Jets
        What to score.

    Returns
    -------
    dict of str to dict of str to ndarray
        Title, sample, scores: singles, combinations, and all usual scores combined, which nobody selected.
    """
    kept = round(len(background) * (1 - HELD_OUT))
    everything = {**samples, "_calibration": background[kept:]}
    usual = [Variant(name, {}) for name in recipes if name != "Fisher"]
    wanted = {variant.title: variant for variant in (*frozen.singles, *usual)}
    single = {title: scores_of(recipes, variant, background[:kept], everything) for title, variant in wanted.items()}
    groups = {**frozen.combined, NO_SELECTION: tuple(variant.title for variant in usual)}
    found = {variant.title: {name: single[variant.title][name] for name in samples} for variant in frozen.singles}
    for title, members in groups.items():
        held = {member: single[member]["_calibration"] for member in members}
        found[title] = {name: combined(held, {member: single[member][name] for member in members}) for name in samples}
    return found


def opened(
    recipes: Mapping[str, Recipe], frozen: Frozen, draws: Sequence[Jets], samples: Mapping[str, Jets],
    progress: bool = False, event: str | None = None,
) -> list[Opened]:  # fmt: skip
    """Measure a frozen choice on several draws of the background.

    Parameters
    ----------
    recipes : mapping of str to Recipe
        Such as `SCORES`.
    frozen : Frozen
        The choice.
    draws : sequence of Jets
        Background jets, disjoint.
    samples : mapping of str to Jets
        Test jets, ``"QCD"`` among them.
    progress : bool
        Whether to show a bar.
    event : str, optional
        Jets come in pairs, two of an event, and the event is scored by the ``"min"``, ``"max"``, ``"sum"`` or
        ``"mean"`` of its jets' scores; each jet on its own by default.

    Returns
    -------
    list of Opened
        One a score and signal.

    Raises
    ------
    InputError
        ``E_PAIRS`` for an odd number of jets with ``event``.
    """
    from tqdm import tqdm

    from jetexplore.anomaly.resonance.outliers import event_scores

    runs: list[list[Found]] = []
    for draw in tqdm(draws, disable=not progress, unit="draw"):
        by_title = scores_of_frozen(recipes, frozen, draw, samples)
        if event is not None:
            by_title = {
                title: {name: event_scores(_pairs(some), event) for name, some in scores.items()}
                for title, scores in by_title.items()
            }
        runs.append([row for title, scores in by_title.items() for row in measured(title, scores)])
    rows = []
    for found in zip(*runs, strict=True):
        areas = np.array([one.auc for one in found])
        spread = float(areas.std(ddof=1)) if len(found) > 1 else float("nan")
        first = found[0]
        per = 1 if event is None else 2
        sizes = len(samples["QCD"]) // per, len(samples[first.signal]) // per
        rejection = float(np.mean([one.rejection for one in found]))
        rows.append(
            Opened(first.title, first.signal, float(areas.mean()), spread, first.error, rejection, len(found), *sizes)
        )
    return rows


def write_opened(rows: Iterable[Opened], path: str | Path) -> Path:
    """Write measured scores as CSV.

    Parameters
    ----------
    rows : iterable of Opened
        From `opened`.
    path : str or pathlib.Path
        The file.

    Returns
    -------
    pathlib.Path
        The file.
    """
    return write_rows(path, Opened._fields, rows)


def read_opened(path: str | Path | None = None) -> list[Opened]:
    """Read measured scores; those that come with jetexplore by default.

    Parameters
    ----------
    path : str or pathlib.Path, optional
        The file.

    Returns
    -------
    list of Opened
        In order.

    Raises
    ------
    InputError
        ``E_LAYOUT`` for a file that is none.
    """
    return read_rows(data_dir() / "results" / "opened_scores.csv" if path is None else path, Opened)


def _tuples(options: dict) -> dict:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}


def _pairs(scores: np.ndarray) -> np.ndarray:
    if len(scores) % 2:
        raise InputError("E_PAIRS", f"{len(scores)} jets", "two of each event")
    return scores.reshape(-1, 2)


def _parsed(found: Mapping[str, Any]) -> Frozen:
    if found["schema"] != SCHEMA:
        raise ValueError(f"schema {found['schema']!r}")
    singles = tuple(Variant(str(name), _tuples(dict(options))) for name, options in found["singles"])
    groups = {str(name): tuple(titles) for name, titles in found["combined"].items()}
    missing = {title for titles in groups.values() for title in titles} - {single.title for single in singles}
    if missing:
        raise ValueError(f"unknown members {sorted(missing)}")
    return Frozen(singles, groups, dict(found["about"]))
