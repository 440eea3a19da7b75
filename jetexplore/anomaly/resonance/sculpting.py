"""Does the cut make a bump by itself? How far the mass spectrum of what passes is from that of all."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jetexplore.anomaly.resonance.edges import EDGES, checked_masses, spectrum
from jetexplore.errors import InputError


class Sculpting(NamedTuple):
    """Distance of the spectrum after a cut from that before."""

    distance: float  # 0 for equal shapes, 1 for no common bin
    by_chance: float  # mean for as many events chosen at random
    by_chance_spread: float  # and its standard deviation


def sculpting(
    m_jj: np.ndarray, passing: np.ndarray, edges: np.ndarray = EDGES, n_draws: int = 200, seed: int = 0
) -> Sculpting:
    r"""Measure how a cut changes the shape of the dijet mass spectrum, on data without a signal.

    Jensen-Shannon distance :math:`\sqrt{\frac12 D(p \| m) + \frac12 D(q \| m)}` of the two normalised spectra, with
    :math:`m = (p + q)/2` and the logarithm to base 2. It is positive for any finite sample, so it is to be read beside
    that of random cuts that keep as many events.

    Parameters
    ----------
    m_jj : array_like, shape (n,)
        Dijet masses, GeV.
    passing : array_like of bool, shape (n,)
        Which events pass.
    edges : array_like, shape (bins + 1,)
        GeV.
    n_draws, seed : int
        Random cuts.

    Returns
    -------
    Sculpting
        The distance, and that of random cuts.

    Raises
    ------
    InputError
        ``E_SHAPE``, ``E_FEW`` if nothing passes inside the edges, and those of `spectrum`.

    Examples
    --------
    >>> masses = np.linspace(2659, 6099, 1000)
    >>> sculpting(masses, masses > 0).distance, sculpting(masses, masses > 4000).distance > 0.4
    (0.0, True)
    """
    from scipy.spatial.distance import jensenshannon

    mask = np.asarray(passing)
    masses = checked_masses(m_jj)
    if mask.shape != masses.shape or mask.dtype != bool:
        raise InputError("E_SHAPE", f"a cut of shape {mask.shape}, {mask.dtype}", "one bool an event")
    before = spectrum(masses, edges)
    after = spectrum(masses[mask], edges) if mask.any() else np.zeros_like(before)
    if after.sum() == 0:
        raise InputError("E_FEW", "no event that passes inside the edges", "at least one")
    rng = np.random.default_rng(seed)
    draws = rng.multivariate_hypergeometric(before, int(after.sum()), size=n_draws, method="marginals")
    chance = jensenshannon(draws, np.broadcast_to(before, draws.shape), base=2, axis=1)
    distance = float(np.nan_to_num(jensenshannon(before, after, base=2)))  # rounding below zero has no root
    chance = np.nan_to_num(chance)
    return Sculpting(distance, float(chance.mean()), float(chance.std()))
