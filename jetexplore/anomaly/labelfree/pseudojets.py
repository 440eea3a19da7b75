"""What would a decay inside a jet look like? Pseudo-jets of several prongs, made of background jets only.

A particle of random mass decays into N massless prongs, evenly in phase space (Kleiss, Stirling and Ellis, Comput.
Phys. Commun. 40 (1986) 359). Each prong becomes the core of some background jet, scaled to the prong's pT; the soft
rim of another background jet is laid over all. No signal is simulated. Two effects that would give pseudo-jets away
are mended: what is scaled below the softest constituents of the background is not seen, and since a prong of less pT
and angle radiates less than a whole jet, constituents are dropped at random until the mean multiplicity is that of
the background.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets import Jets, aligned
from jetexplore.jets.clustering import RADIUS

MASSES = (40.0, 300.0)  # GeV, log-uniform
CORE = 0.4  # rad; a core ends here, or at the nearest other prong: radiation is ordered in angle
SOFT = 0.02  # of the pT; what is harder does not belong to the rim
INSIDE = 0.9 * RADIUS  # rad; every prong is nearer to the axis, or the jet would have lost it
UNSEEN = 0.01  # quantile of the background's constituents in pT below which nothing is seen


class Prongs(NamedTuple):
    """Prongs of all pseudo-jets, those of one in consecutive rows."""

    owner: np.ndarray  # (m,) pseudo-jet
    pt: np.ndarray  # (m,) fraction of the pT
    eta: np.ndarray  # (m,) from the axis
    phi: np.ndarray  # (m,) rad, from the axis
    reach: np.ndarray  # (m,) rad, to the nearest other prong


def decays(pt: np.ndarray, mass: np.ndarray, n: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Decay particles that fly along phi = eta = 0 into n massless ones, evenly in phase space.

    Parameters
    ----------
    pt, mass : ndarray, shape (m,)
        Of the particles, GeV.
    n : int
        Prongs, >= 2.
    rng : numpy.random.Generator
        Where chance comes from.

    Returns
    -------
    pt, eta, phi : ndarray, shape (m, n)
        Of the prongs, GeV and rad.

    Examples
    --------
    >>> pt, eta, phi = decays(np.array([600.0]), np.array([80.0]), 3, np.random.default_rng(0))
    >>> jet = Jets(pt[0], eta[0], phi[0], [0, 3]).momenta()
    >>> jet.pt.round(6).tolist(), jet.mass.round(6).tolist()
    ([600.0], [80.0])
    """
    shape = (len(pt), n)
    cos, angle = rng.uniform(-1, 1, shape), rng.uniform(0, 2 * np.pi, shape)
    energy = -np.log(rng.uniform(size=shape) * rng.uniform(size=shape))
    sin = np.sqrt(1 - cos**2)
    q = energy[..., None] * np.stack([np.ones(shape), cos, sin * np.cos(angle), sin * np.sin(angle)], -1)
    total = q.sum(1)
    invariant = np.sqrt(total[:, 0] ** 2 - (total[:, 1:] ** 2).sum(1))
    rest = _boosted(q, -total[:, 1:] / invariant[:, None]) * (mass / invariant)[:, None, None]
    flight = np.zeros((len(pt), 3))
    flight[:, 0] = pt / mass
    p = _boosted(rest, flight)
    across = np.hypot(p[..., 1], p[..., 2])
    return across, np.arcsinh(p[..., 3] / across), np.arctan2(p[..., 2], p[..., 1])


def pseudojets(
    background: Jets,
    n: int,
    prongs: Sequence[int] = (2, 3, 4),
    masses: tuple[float, float] = MASSES,
    core: float = CORE,
    seed: int = 0,
) -> Jets:
    """Make jets of several prongs out of background jets.

    Parameters
    ----------
    background : Jets
        Background jets.
    n : int
        Pseudo-jets to make, as many of each number of prongs as possible.
    prongs : sequence of int
        Numbers of prongs, each >= 2.
    masses : tuple of float
        Least and largest mass of what decays, GeV; log-uniform between.
    core : float
        Radius of a core, rad.
    seed : int
        Of the draw.

    Returns
    -------
    Jets
        n jets around eta = phi = 0, with the pT of background jets.

    Raises
    ------
    InputError
        ``E_EMPTY`` without background jets, ``E_PRONGS``, or ``E_RANGE`` for masses, a core or a number that cannot be.

    Examples
    --------
    >>> some = Jets(pt=[300.0, 300.0, 2.0], eta=[0.0, 0.1, 0.6], phi=[0.0, 0.0, 0.0], offsets=[0, 3])
    >>> made = pseudojets(some, 4, prongs=(2,))
    >>> len(made), made.momenta().pt.round(6).tolist() == [some.momenta().pt[0].round(6)] * 4
    (4, True)
    """
    _check(background, n, prongs, masses, core)
    rng = np.random.default_rng(seed)
    centred = _around_core(background, core)
    pt = rng.choice(background.momenta().pt, n)
    found = _placed(pt, prongs, masses, rng)
    parts = centred[rng.integers(len(background), size=len(found.pt))]
    cores = _cores(parts, found, pt, core, rng)
    rims = _rims(centred[rng.integers(len(background), size=n)], core, rng)
    visible = np.quantile(background.pt, UNSEEN)
    cores = cores[:, (cores[1] >= visible) | (cores[4] > 0)]
    # the hardest constituent of every core stays; of the others as many as the background's multiplicity allows
    aim, free = n * background.counts.mean() - rims.shape[1] - len(found.pt), max(cores.shape[1] - len(found.pt), 1)
    cores = cores[:, (rng.uniform(size=cores.shape[1]) < np.clip(aim / free, 0.0, 1.0)) | (cores[4] > 0)]
    return _scaled(np.concatenate([cores[:4], rims], axis=1), pt)


def _boosted(p: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Boost momenta (m, n, 4) by the velocity whose gamma times beta is u, (m, 3)."""
    gamma = np.sqrt(1 + (u**2).sum(1))[:, None]
    along = np.einsum("mni,mi->mn", p[..., 1:], u)
    energy = gamma * p[..., 0] + along
    space = p[..., 1:] + u[:, None] * (p[..., 0] + along / (gamma + 1))[..., None]
    return np.concatenate([energy[..., None], space], -1)


def _around_core(jets: Jets, core: float) -> Jets:
    """Move jets so that the pT within a core around the hardest constituent is balanced."""
    some = aligned(jets, "centred")
    hardest = np.lexsort((-some.pt, some.jet))[some.offsets[:-1]][some.jet]
    eta, phi = some.eta - some.eta[hardest], some.phi - some.phi[hardest]
    weight = some.pt * (np.hypot(eta, phi) < core)
    total = np.bincount(some.jet, weight)
    shift = [(np.bincount(some.jet, weight * side) / total)[some.jet] for side in (eta, phi)]
    return Jets(some.pt, eta - shift[0], phi - shift[1], some.offsets)


def _placed(pt: np.ndarray, prongs: Sequence[int], masses: tuple[float, float], rng: np.random.Generator) -> Prongs:
    number = np.resize(np.asarray(prongs), len(pt))
    rows: list[tuple[np.ndarray, ...]] = []
    for n in np.unique(number):
        left = np.flatnonzero(number == n)
        while len(left):  # what has a prong outside of the jet is drawn again, mass and all
            mass = np.exp(rng.uniform(*np.log(masses), len(left)))
            one_pt, eta, phi = decays(pt[left], mass, int(n), rng)
            inside = (np.hypot(eta, phi) < INSIDE).all(1)
            apart = np.hypot(eta[:, :, None] - eta[:, None], phi[:, :, None] - phi[:, None])
            reach = (apart + np.where(np.eye(n) > 0, np.inf, 0.0)).min(2)
            owner = np.repeat(left[inside], n)
            share = one_pt / pt[left][:, None]
            rows.append((owner, *(some[inside].ravel() for some in (share, eta, phi, reach))))
            left = left[~inside]
    joined = [np.concatenate(column) for column in zip(*rows, strict=True)]
    order = np.argsort(joined[0], kind="stable")
    return Prongs(*(column[order] for column in joined))


def _turned(jets: Jets, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    angle = rng.uniform(0, 2 * np.pi, len(jets))[jets.jet]
    cos, sin = np.cos(angle), np.sin(angle)
    return cos * jets.eta - sin * jets.phi, sin * jets.eta + cos * jets.phi


def _cores(parts: Jets, prongs: Prongs, pt: np.ndarray, core: float, rng: np.random.Generator) -> np.ndarray:
    """Give owner, pt, eta, phi and whether it is the hardest of its core, of every constituent: shape (5, m)."""
    eta, phi = _turned(parts, rng)
    leading = np.zeros(len(parts.pt))
    leading[np.lexsort((-parts.pt, parts.jet))[parts.offsets[:-1]]] = 1.0
    kept = (np.hypot(eta, phi) < np.minimum(core, prongs.reach)[parts.jet]) | (leading > 0)
    scale = prongs.pt * pt[prongs.owner] / np.bincount(parts.jet, parts.pt * kept)
    columns = (
        prongs.owner[parts.jet], parts.pt * scale[parts.jet], eta + prongs.eta[parts.jet], phi + prongs.phi[parts.jet],
        leading,
    )  # fmt: skip
    return np.stack(columns)[:, kept]


def _rims(jets: Jets, core: float, rng: np.random.Generator) -> np.ndarray:
    eta, phi = _turned(jets, rng)
    total = np.bincount(jets.jet, jets.pt)[jets.jet]
    distance = np.hypot(eta, phi)
    rim = (distance >= core) & (distance < RADIUS) & (jets.pt < SOFT * total)
    return np.stack([jets.jet, jets.pt, eta, phi])[:, rim]


def _scaled(columns: np.ndarray, pt: np.ndarray) -> Jets:
    owner, *values = columns[:, np.lexsort((-columns[1], columns[0]))]
    offsets = np.concatenate([[0], np.cumsum(np.bincount(owner.astype(np.int64), minlength=len(pt)))])
    made = Jets(*values, offsets)
    return Jets(made.pt * (pt / made.momenta().pt)[made.jet], made.eta, made.phi, offsets)


def _check(background: Jets, n: int, prongs: Sequence[int], masses: tuple[float, float], core: float) -> None:
    if not len(background):
        raise InputError("E_EMPTY", "no background jets", "some to make pseudo-jets of")
    if not len(prongs) or any(not isinstance(one, int | np.integer) or one < 2 for one in prongs):
        raise InputError("E_PRONGS", f"{prongs!r} prongs", "whole numbers >= 2, such as (2, 3, 4)", where="prongs")
    least = float(background.momenta().pt.max())
    if not 0 < masses[0] <= masses[1] < least:
        raise InputError("E_RANGE", f"{masses!r} GeV", f"rising numbers between 0 and the jets' pT, {least:.0f} GeV")
    if not 0 < core <= RADIUS or n < 1:
        raise InputError("E_RANGE", f"{n!r} pseudo-jets with cores of {core!r} rad", f"n >= 1 and 0 < core <= {RADIUS}")
