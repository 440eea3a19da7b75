"""How is the code of a card written? By what it depends on, and parts that several have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from jetexplore.views.lasso import strokes
from jetexplore.views.scores import SCORED
from jetexplore.views.state import Choice


class Snippet(NamedTuple):
    """How the code of one card is written."""

    names: tuple[str, ...]  # selections that it depends on
    write: Callable[[Choice], str]


def chosen_score(choice: Choice) -> str:
    """Write which score is chosen.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    str
        A line.

    Examples
    --------
    >>> chosen_score(Choice(k=5))
    "chosen = {'reference': 'QCD', 'metric': 'Wass(1)', 'kind': 'medoids', 'k': 5, 'combine': 'min'}"
    """
    return f"chosen = { ({name: getattr(choice, name) for name in SCORED})!r}"


def drawn(choice: Choice) -> str:
    """Write the lines that are drawn on the map.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    str
        A statement; an empty list if there are none.

    Examples
    --------
    >>> print(drawn(Choice()))
    strokes = [
    ]
    """
    return f"strokes = [\n{''.join(f'    mapjets.Stroke{tuple(one)!r},{chr(10)}' for one in strokes(choice.lasso))}]"
