"""Searches of many toys, without and with a signal, in three recipes: what tells whether a significance is calibrated.

The numbers that come with jetexplore are written by `run_calibration`; all of them are of toys.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from jetexplore.anomaly.resonance.edges import spectrum
from jetexplore.anomaly.resonance.outliers import outliers
from jetexplore.anomaly.resonance.search import search_counts
from jetexplore.anomaly.resonance.toys import DEPENDENCE, toy_events
from jetexplore.errors import InputError, choose
from jetexplore.files import data_dir
from jetexplore.rows import read_rows, write_rows

RECIPES: dict[str, dict[str, object]] = {
    "refitted": {"fit": "poisson", "refit": True},
    "fixed": {"fit": "poisson", "refit": False},
    "authors": {"fit": "unweighted", "refit": False},  # stsan9/AnomalyDetection4Jets, bump_hunt.py
}
N_EVENTS = 400_000
INJECTED = tuple(range(0, 1001, 100))


class Trial(NamedTuple):
    """One search of one toy."""

    recipe: str
    dependence: str  # of score and mass, a name in DEPENDENCE
    n_signal: int  # injected
    toy: int
    n_passing: int  # of the injected events, those that are outliers
    low: float  # GeV, the window; NaN where the recipe gave up on a negative background
    high: float
    local_p: float
    global_p: float
    n_pseudo: int
    n_events: int  # background events of the toy
    seed: int


def trials(
    n_toys: int,
    n_signal: int = 0,
    dependence: str = "weak",
    recipes: Sequence[str] = tuple(RECIPES),
    n_pseudo: int = 999,
    n_events: int = N_EVENTS,
    seed: int = 0,
) -> list[Trial]:
    """Search toys in several recipes; every recipe sees the same toys.

    Parameters
    ----------
    n_toys : int
        Toys.
    n_signal : int
        Signal events in each.
    dependence : str
        A name in ``toys.DEPENDENCE``.
    recipes : sequence of str
        Names in `RECIPES`.
    n_pseudo : int
        Pseudo-experiments for each search.
    n_events : int
        Background events in each toy.
    seed : int
        Of toys and pseudo-experiments; toy i is the same however many there are.

    Returns
    -------
    list of Trial
        Toy by toy, recipe by recipe.

    Raises
    ------
    InputError
        ``E_DEPENDENCE``, ``E_RECIPE``, and those of `search_counts` other than ``E_NEGATIVE``.

    Examples
    --------
    >>> [one.recipe for one in trials(1, n_pseudo=50, n_events=200_000)]
    ['refitted', 'fixed', 'authors']
    """
    strength = DEPENDENCE[choose("dependence", dependence, DEPENDENCE, "E_DEPENDENCE")]
    options = {recipe: RECIPES[choose("recipe", recipe, RECIPES, "E_RECIPE")] for recipe in recipes}
    made = []
    for toy in range(n_toys):
        events = toy_events(n_events, n_signal, strength, (seed, n_signal, toy))
        mask = outliers(events.scores).mask
        counted = spectrum(events.m_jj[mask]), spectrum(events.m_jj[~mask])
        passing = int(mask[events.signal].sum())
        for recipe, chosen in options.items():
            try:
                found = search_counts(*counted, n_pseudo=n_pseudo, seed=(seed, n_signal, toy, 1), **chosen)
                told = (found.low, found.high, found.local_p, found.global_p)
            except InputError as error:
                if error.code != "E_NEGATIVE":
                    raise
                told = (float("nan"),) * 4
            made.append(Trial(recipe, dependence, n_signal, toy, passing, *told, n_pseudo, n_events, seed))
    return made


def run_calibration(
    path: str | Path | None = None,
    null_toys: int = 500,
    power_toys: int = 30,
    dependences: Sequence[str] = tuple(DEPENDENCE),
    n_pseudo: int = 999,
    power_pseudo: int = 9999,
    n_events: int = N_EVENTS,
    seed: int = 0,
    progress: bool = True,
) -> list[Trial]:
    """Search signal-free toys in all recipes and injected signals in the calibrated one; a stopped run goes on.

    Parameters
    ----------
    path : str or pathlib.Path, optional
        Where the trials are written, and read from if some are there (default: nowhere).
    null_toys, power_toys : int
        Toys without a signal, and for each number of signal events in `INJECTED`.
    dependences : sequence of str
        Names in ``toys.DEPENDENCE``; signals are injected for the first of them.
    n_pseudo, power_pseudo : int
        Pseudo-experiments for each search without and with a signal.
    n_events, seed : int
        As in `trials`.
    progress : bool
        Show a bar.

    Returns
    -------
    list of Trial
        All of them.
    """
    from tqdm import tqdm

    done = read_calibration(path) if path is not None and Path(path).exists() else []
    kept = Counter(one[:3] + one[-3:] for one in done)
    work = [(null_toys, 0, name, tuple(RECIPES), n_pseudo) for name in dependences]
    work += [(power_toys, number, dependences[0], ("refitted",), power_pseudo) for number in INJECTED if number]
    for toys, number, name, recipes, pseudo in tqdm(work, disable=not progress, unit="batch"):
        if all(kept[recipe, name, number, pseudo, n_events, seed] == toys for recipe in recipes):
            continue
        done = [one for one in done if (one.dependence, one.n_signal) != (name, number)]  # other toys than wanted
        done += trials(toys, number, name, recipes, pseudo, n_events, seed)
        if path is not None:
            write_calibration(path, sorted(done))
    return sorted(done)


def write_calibration(path: str | Path, trials: Iterable[Trial]) -> None:
    """Write trials as comma-separated values, atomically.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    trials : iterable of Trial
        What to write.
    """
    write_rows(path, Trial._fields, trials)


def read_calibration(path: str | Path | None = None) -> list[Trial]:
    """Read trials.

    Parameters
    ----------
    path : str or pathlib.Path, optional
        The file; empty for that which comes with jetexplore.

    Returns
    -------
    list of Trial
        In their order.

    Raises
    ------
    InputError
        ``E_LAYOUT`` if the file is of another kind.

    Examples
    --------
    >>> some = [one for one in read_calibration() if one[:3] == ("refitted", "weak", 0)]
    >>> len(some)
    500
    """
    return read_rows(data_dir() / "results" / "resonance_calibration.csv" if path is None else path, Trial)
