"""What does a search find in simulated events, and how much of it was put there? Score, cut, spectrum, significance."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jetexplore.anomaly import curves
from jetexplore.anomaly.resonance.calibration import RECIPES
from jetexplore.anomaly.resonance.edges import EDGES
from jetexplore.anomaly.resonance.eventtable import EventTable, injected, read_table
from jetexplore.anomaly.resonance.outliers import event_scores, outliers
from jetexplore.anomaly.resonance.sculpting import Sculpting, sculpting
from jetexplore.anomaly.resonance.search import Search, search
from jetexplore.errors import InputError, choose

N_BOOTSTRAP = 20  # of hundreds of thousands of events
NONE = "none"


class TableSearch(NamedTuple):
    """A search of a mixture of simulated events, and what only a simulation can tell."""

    search: Search
    n_events: int  # inside the edges
    n_background: int  # of them
    n_signal: int  # of them
    kept_background: float  # fraction of those that are outliers
    kept_signal: float  # NaN without a signal
    sculpting: Sculpting  # of the background
    auc: curves.Auc | None  # of the event score, all signal events against all background events


class Scanned(NamedTuple):
    """Searches with one number of signal events."""

    n_signal: int
    draws: int
    passing: float  # mean number of them among the outliers
    global_p: tuple[float, ...]  # of each draw
    centre: tuple[float, ...]  # GeV, of each window

    @property
    def median_p(self) -> float:
        """Median global p."""
        return float(np.median(self.global_p))


@lru_cache(maxsize=64)
def search_table(
    score: str,
    combine: str = "min",
    quantile: float = 0.7,
    signal: str = NONE,
    n_signal: int = 0,
    recipe: str = "refitted",
    n_pseudo: int = 10_000,
    seed: int = 0,
    path: str | Path | None = None,
) -> TableSearch:
    """Mix background and signal of a table, and search the mixture with one of its scores.

    Parameters
    ----------
    score : str
        Of the jets.
    combine, quantile
        What makes an outlier, as in `outliers`; the quantile is of the events inside the edges.
    signal : str
        A class of the table, or "none".
    n_signal : int
        How many of its events to put in.
    recipe : str
        A name in ``calibration.RECIPES``.
    n_pseudo : int
        Pseudo-experiments.
    seed : int
        Of the draw of signal events and of the pseudo-experiments.
    path : str or pathlib.Path, optional
        The table; that of the simulated events that come with jetexplore by default.

    Returns
    -------
    TableSearch
        What was found and what had been put there; the same object for the same request.

    Raises
    ------
    InputError
        ``E_SCORE``, ``E_CLASS``, ``E_RECIPE``, ``E_TOO_FEW`` for more signal than there is, and those of `search`.
    """
    table = _lean(read_table(path), score)
    options = RECIPES[choose("recipe", recipe, RECIPES, "E_RECIPE")]
    name = None if signal == NONE else signal
    some = _inside(injected(table, name, n_signal, seed=seed))
    scores = some.scores[score]
    found = search(some.m_jj, scores, quantile, combine, n_pseudo=n_pseudo, seed=seed, **options)
    kept, background = outliers(scores, quantile, combine).mask, some.label == 0
    area = None
    if name is not None:
        everything = event_scores(table.scores[score], combine)
        area = curves.auc(everything[table.label == 0], everything[table.of(name)], N_BOOTSTRAP)
    return TableSearch(
        found, some.n, int(background.sum()), int((~background).sum()), float(kept[background].mean()),
        float(kept[~background].mean()) if (~background).any() else float("nan"),
        sculpting(some.m_jj[background], kept[background]), area,
    )  # fmt: skip


def injection_scan(
    score: str,
    signal: str,
    counts: Iterable[int] = tuple(range(0, 1001, 100)),
    draws: int = 10,
    combine: str = "min",
    quantile: float = 0.7,
    n_pseudo: int = 2000,
    seed: int = 0,
    path: str | Path | None = None,
) -> list[Scanned]:
    """Put more and more signal events into the same background, several draws each, and search.

    Only the signal events differ from draw to draw, and the pseudo-experiments: where nothing is put in, all draws are
    of one data set.

    Parameters
    ----------
    score, signal, combine, quantile, n_pseudo, path
        As in `search_table`.
    counts : iterable of int
        How many signal events.
    draws : int
        Of each.
    seed : int
        Of all draws.

    Returns
    -------
    list of Scanned
        One for each count.

    Raises
    ------
    InputError
        As of `search_table`.
    """
    table = _lean(read_table(path), score)
    found = []
    for n_signal in counts:
        searched, passing = [], []
        for draw in range(draws):
            some = _inside(injected(table, signal, n_signal, seed=seed + draw))
            searched.append(
                search(some.m_jj, some.scores[score], quantile, combine, n_pseudo=n_pseudo, seed=(seed, n_signal, draw))
            )
            passing.append(outliers(some.scores[score], quantile, combine).mask[some.label != 0].sum())
        p, centre = zip(*((one.global_p, one.centre) for one in searched), strict=True)
        found.append(Scanned(n_signal, draws, float(np.mean(passing)), p, centre))
    return found


def _lean(table: EventTable, score: str) -> EventTable:
    """Leave all scores out but one."""
    return table._replace(scores={score: table.scores[choose("score", score, table.scores, "E_SCORE")]})


def _inside(table: EventTable) -> EventTable:
    inside = (table.m_jj >= EDGES[0]) & (table.m_jj < EDGES[-1])
    if not inside.any():
        raise InputError("E_FEW", "no event inside the edges", f"m_jj from {EDGES[0]:g} to {EDGES[-1]:g} GeV")
    return table.select(inside)
