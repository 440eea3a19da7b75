"""What is computed of a file? Scores and places of its jets, once, and kept with it."""

from __future__ import annotations

from collections.abc import Callable

from jetexplore.anomaly import ownjets, ownplaces
from jetexplore.anomaly.ownjets import Rated
from jetexplore.anomaly.ownplaces import Placed
from jetexplore.views.own.files import Held

PLACED = 500  # jets that are placed on the map, evenly spaced


def compute(
    some: Held, name: str, space: str, progress: Callable[[int, int], None], stopped: Callable[[], bool]
) -> None:
    """Score and place the jets of a file, unless that was done; for a thread.

    Parameters
    ----------
    some : Held
        The file; keeps the results.
    name, space : str
        A score, and a space of the map.
    progress : callable
        Told how many jets of how many are done.
    stopped : callable
        Asked whether to stop.

    Raises
    ------
    InputError
        Those of the score.
    Stopped
        If it was told to stop.
    """
    total = len(some.own.jets)
    if ("score", name) not in some.results:
        some.results["score", name] = ownjets.rated(
            some.own.jets, name, progress=lambda done: progress(done, total), stopped=stopped
        )
    if ("map", space) not in some.results:
        some.results["map", space] = ownplaces.placed(some.own.jets[placed_rows(some)], space, stopped=stopped)


def results(some: Held, name: str, space: str) -> tuple[Rated, Placed] | None:
    """Give what was computed.

    Parameters
    ----------
    some, name, space
        As in `compute`.

    Returns
    -------
    tuple or None
        None if it was not, or not all of it.
    """
    found = some.results.get(("score", name)), some.results.get(("map", space))
    return None if None in found else found


def placed_rows(some: Held) -> list[int]:
    """Choose the jets that are placed on the map.

    Parameters
    ----------
    some : Held
        The file.

    Returns
    -------
    list of int
        All, or `PLACED` evenly spaced ones.
    """
    many = len(some.own.jets)
    return [number * many // min(many, PLACED) for number in range(min(many, PLACED))]
