"""What is a label-free score? A function that is fitted on background jets and then scores any jets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from jetexplore.errors import InputError, choose
from jetexplore.jets import Jets

Scorer = Callable[[Jets], np.ndarray]  # jets -> (n,); bigger is more anomalous
PRIORS = ("none", "physics", "trained")  # "physics": a guess of what signals look like; never their labels


class Recipe(NamedTuple):
    """One kind of score and how it is chosen."""

    fit: Callable[..., Scorer]  # background jets and options -> scorer
    source: str  # where it comes from, in one line
    grid: Mapping[str, tuple[Any, ...]] = {}  # options worth trying, the default first
    prior: str = "none"  # one of `PRIORS`

    @property
    def usual(self) -> dict[str, Any]:
        """The first of each option."""
        return {name: values[0] for name, values in self.grid.items()}


def fit(recipes: Mapping[str, Recipe], name: str, background: Jets, **options: Any) -> Scorer:
    """Fit a score of a table of recipes on background jets.

    Parameters
    ----------
    recipes : mapping of str to Recipe
        Such as `SCORES`.
    name : str
        Its key.
    background : Jets
        Background jets; no labels, no signals.
    **options
        Instead of the usual ones.

    Returns
    -------
    callable
        Jets to scores, shape (n,).

    Raises
    ------
    InputError
        ``E_SCORE`` for an unknown name, ``E_OPTION`` for an unknown option, ``E_EMPTY`` without jets, and those of the
        score.
    """
    recipe = recipes[choose("score", name, recipes, "E_SCORE")]
    unknown = set(options) - set(recipe.grid)
    if unknown:
        expected = ", ".join(recipe.grid) or "none"
        raise InputError("E_OPTION", f"{', '.join(sorted(unknown))} for {name}", f"of its options: {expected}")
    if not len(background):
        raise InputError("E_EMPTY", "no background jets", "some to fit on")
    return only_jets(recipe.fit(only(background), **(recipe.usual | options)))


def only_jets(score: Scorer) -> Scorer:
    """Let a score tell in one sentence what it was given in place of jets.

    Parameters
    ----------
    score : callable
        Of jets.

    Returns
    -------
    callable
        The same, which raises `InputError` ``E_INPUTS`` for anything else.

    Examples
    --------
    >>> only_jets(lambda some: some.counts)(None)
    Traceback (most recent call last):
        ...
    jetexplore.errors.InputError: NoneType; allowed: Jets
    """
    return lambda some: score(only(some))


def only(some: object) -> Jets:
    """Give jets as they are, and refuse anything else.

    Parameters
    ----------
    some : Jets
        Jets.

    Returns
    -------
    Jets
        The same.

    Raises
    ------
    InputError
        ``E_INPUTS`` for anything else.

    Examples
    --------
    >>> only([1.0])
    Traceback (most recent call last):
        ...
    jetexplore.errors.InputError: list; allowed: Jets
    """
    if not isinstance(some, Jets):
        raise InputError("E_INPUTS", type(some).__name__, "Jets")
    return some
