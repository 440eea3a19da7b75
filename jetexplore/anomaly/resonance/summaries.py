"""Can a global significance be believed? What many searches of toys say of a recipe: uniformity and power."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from jetexplore.anomaly.resonance.calibration import Trial
from jetexplore.anomaly.resonance.toys import MASS

LEVEL = 0.1  # of global p, whose frequency is tested
THREE_SIGMA = 0.00135  # one-sided
NEAR = 150.0  # GeV from the true mass


class Uniformity(NamedTuple):
    """How often a signal-free toy looks like a signal."""

    recipe: str
    dependence: str
    toys: int
    refused: int  # of them
    below: float  # fraction of global p < 0.1, of those that were not
    sigma: float  # binomial standard deviation of that for a calibrated search
    mean: float  # of global p, one half if calibrated
    ks_p: float  # of the Kolmogorov-Smirnov test for a uniform distribution


class Power(NamedTuple):
    """What a search makes of so many signal events."""

    recipe: str
    dependence: str
    n_signal: int
    toys: int
    passing: float  # mean number that are outliers
    median_p: float  # of global p
    found: float  # fraction of toys with a global p of three sigma or less
    near: float  # of these, the fraction whose window is centred within 0.15 TeV of the truth; NaN for none


def uniformity(trials: Iterable[Trial]) -> list[Uniformity]:
    """Ask whether global p is uniform where there is no signal.

    Parameters
    ----------
    trials : iterable of Trial
        Those with signal are left out.

    Returns
    -------
    list of Uniformity
        One for each recipe and dependence, in order of first appearance.

    Examples
    --------
    >>> some = [Trial("refitted", "weak", 0, i, 0, 0.0, 1.0, 0.1, (i + 0.5) / 20, 99, 1000, 0) for i in range(20)]
    >>> uniformity(some)[0].below, uniformity(some)[0].ks_p > 0.9
    (0.1, True)
    """
    from scipy.stats import kstest

    made = []
    for (recipe, dependence), some in _grouped(one for one in trials if one.n_signal == 0):
        p = np.array([one.global_p for one in some])
        known = p[np.isfinite(p)]
        told = (float("nan"),) * 4
        if len(known):
            sigma = float(np.sqrt(LEVEL * (1 - LEVEL) / len(known)))
            told = (float((known < LEVEL).mean()), sigma, float(known.mean()), float(kstest(known, "uniform").pvalue))
        made.append(Uniformity(recipe, dependence, len(p), len(p) - len(known), *told))
    return made


def power(trials: Iterable[Trial]) -> list[Power]:
    """Tell how often, and where, injected signals are found.

    Parameters
    ----------
    trials : iterable of Trial
        Of any number of signal events; those that gave up count as not found.

    Returns
    -------
    list of Power
        One for each recipe, dependence and number of events.

    Examples
    --------
    >>> found = Trial("refitted", "weak", 500, 0, 300, 3558.0, 3854.0, 1e-6, 0.001, 999, 1000, 0)
    >>> some = [found, found._replace(toy=1, global_p=0.2)]
    >>> power(some)[0][-2:]
    (0.5, 1.0)
    """
    made = []
    together = list(trials)
    for n_signal in sorted({one.n_signal for one in together}):
        for (recipe, dependence), some in _grouped(one for one in together if one.n_signal == n_signal):
            p = np.array([one.global_p for one in some])
            far = np.array([abs((one.low + one.high) / 2 - MASS) for one in some])
            found = p <= THREE_SIGMA
            near = float((far[found] <= NEAR).mean()) if found.any() else float("nan")
            passing = float(np.mean([one.n_passing for one in some]))
            median = float(np.median(np.nan_to_num(p, nan=1.0)))
            made.append(Power(recipe, dependence, n_signal, len(p), passing, median, float(found.mean()), near))
    return made


def _grouped(trials: Iterable[Trial]) -> list[tuple[tuple[str, str], list[Trial]]]:
    groups: dict[tuple[str, str], list[Trial]] = {}
    for one in trials:
        groups.setdefault((one.recipe, one.dependence), []).append(one)
    return list(groups.items())
