"""Events that look like a dijet search and are none: a toy, to try a search where the truth is known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jetexplore.anomaly.resonance.edges import EDGES
from jetexplore.errors import InputError

ROOT_S = 13_000.0  # GeV
MASS, WIDTH = 3700.0, 120.0  # GeV, of the bump
# How strongly the jet scores of the background rise with the mass
DEPENDENCE = {"weak": 0.25, "strong": 1.0}


class Toy(NamedTuple):
    """Toy events, background first."""

    m_jj: np.ndarray  # (n,) GeV
    scores: np.ndarray  # (n, jets)
    signal: np.ndarray  # (n,) bool


def toy_events(
    n_events: int = 100_000,
    n_signal: int = 0,
    dependence: float = DEPENDENCE["weak"],
    seed: int | tuple[int, ...] = 0,
    n_jets: int = 2,
) -> Toy:
    r"""Draw toy events.

    Background masses follow :math:`(1 - x)^{10} / x^6` with :math:`x = m_{jj} / 13` TeV inside the edges. Its jet
    scores are :math:`0.8\,d\,\log(m_{jj} / 2659\,\mathrm{GeV}) + 0.4\,u + v`, u normal for the event, v for the jet.
    Signal masses are normal, 3700 ± 120 GeV; their scores lack u and lie 1.2 higher.

    Parameters
    ----------
    n_events : int
        Background events, all inside 2659 to 6099 GeV.
    n_signal : int
        Signal events.
    dependence : float
        d: how the scores rise with the mass; 0.25 is weak, 1 strong.
    seed : int or tuple of int
        The same gives the same events.
    n_jets : int
        Scores an event.

    Returns
    -------
    Toy
        Masses, scores and what is signal.

    Raises
    ------
    InputError
        ``E_COUNT`` for a number of events or jets that is none.

    Examples
    --------
    >>> some = toy_events(1000, 10)
    >>> some.scores.shape, int(some.signal.sum())
    ((1010, 2), 10)
    """
    if min(n_events, n_signal) < 0 or n_jets < 1:
        raise InputError("E_COUNT", f"{n_events} and {n_signal} events of {n_jets} jets", "0 or more, of 1 jet or more")
    rng = np.random.default_rng(seed)
    grid = np.linspace(EDGES[0], EDGES[-1], 4001)
    density = (1 - grid / ROOT_S) ** 10 / (grid / ROOT_S) ** 6
    total = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    background = np.interp(rng.random(n_events), total / total[-1], grid)
    bump = rng.normal(MASS, WIDTH, n_signal)
    masses = np.concatenate([background, bump])
    scores = rng.normal(size=(len(masses), n_jets))
    scores += (0.8 * dependence * np.log(np.maximum(masses, 1.0) / EDGES[0]))[:, None]
    scores[:n_events] += 0.4 * rng.normal(size=(n_events, 1))
    scores[n_events:] += 1.2
    return Toy(masses, scores, np.arange(len(masses)) >= n_events)
