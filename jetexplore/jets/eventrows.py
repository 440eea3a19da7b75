"""How does an event become a row of 2,100 numbers? (pT, eta, phi) of up to 700 particles, then zeros."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets.clustering import Events
from jetexplore.jets.constituents import ETA_MAX, PT_MAX, Jets

PARTICLES = 700  # of an event at most
COLUMNS = 3 * PARTICLES  # without the label
LABELS = (0, 1, 2)  # background, signal, and the second signal of black box 3


class Rows(NamedTuple):
    """Events laid out as rows."""

    table: np.ndarray  # (n, 2100) float64
    cut: int  # events of more than 700 particles
    dropped: int  # particles, the softest of those events


def to_rows(events: Events | Jets, first: int, last: int, where: str = "events") -> Rows:
    """Lay events out as rows of 2,100 numbers.

    Particles keep their order; of more than 700 the hardest are kept.

    Parameters
    ----------
    events : Events or Jets
        The particles; pt in GeV, phi in rad.
    first, last : int
        Which events.
    where : str
        For messages.

    Returns
    -------
    Rows
        The rows, and what did not fit.

    Raises
    ------
    InputError
        ``E_NONFINITE``, ``E_RANGE_PT`` or ``E_RANGE_ETA``.

    Examples
    --------
    >>> two = Events(*map(np.array, ([50.0, 30.0, 60.0], [0.0, 0.1, 0.2], [0.0, 0.1, 3.0], [0, 2, 3])))
    >>> to_rows(two, 0, 2).table[:, :7].tolist()
    [[50.0, 0.0, 0.0, 30.0, 0.1, 0.1, 0.0], [60.0, 0.2, 3.0, 0.0, 0.0, 0.0, 0.0]]
    """
    offsets = np.asarray(events.offsets[first : last + 1])
    chosen = slice(offsets[0], offsets[-1])
    counts = np.diff(offsets)
    pt, eta, phi = (np.asarray(getattr(events, name)[chosen]) for name in ("pt", "eta", "phi"))
    event = np.repeat(np.arange(len(counts)), counts)
    if np.any(pt == 0):
        found = f"pT of 0 in {_named(event, pt == 0, first)}"
        raise InputError("E_RANGE_PT", found, f"0 < pT <= {PT_MAX:g} GeV", where=where)
    _check(event, pt, eta, phi, first, where)
    kept = np.arange(len(pt))
    if np.any(counts > PARTICLES):
        by_pt = np.lexsort((-pt, event))
        rank = np.empty_like(by_pt)
        rank[by_pt] = kept - np.repeat(offsets[:-1] - offsets[0], counts)
        kept = np.flatnonzero(rank < PARTICLES)
    event = event[kept]
    place = np.arange(len(kept)) - np.searchsorted(event, event)
    table = np.zeros((len(counts), COLUMNS))
    for k, values in enumerate((pt, eta, phi)):
        table[event, 3 * place + k] = values[kept]
    return Rows(table, int(np.sum(counts > PARTICLES)), len(pt) - len(kept))


def from_rows(table: np.ndarray, start: int = 0, where: str = "rows") -> Events:
    """Take the particles out of rows: those with pT > 0, for zeros fill the rest.

    Parameters
    ----------
    table : ndarray, shape (n, 2100) or (n, 2101)
        Rows; the last of 2,101 columns is a label, not a particle.
    start : int
        Number of the first row, for messages.
    where : str
        For messages.

    Returns
    -------
    Events
        The particles in float64, in the order of the rows; an event may have none.

    Raises
    ------
    InputError
        ``E_NONFINITE``, ``E_RANGE_PT`` or ``E_RANGE_ETA``.

    Examples
    --------
    >>> row = np.zeros((1, 2101))
    >>> row[0, :3], row[0, 2100] = (50.0, 0.1, 3.0), 1
    >>> from_rows(row)
    Events(pt=array([50.]), eta=array([0.1]), phi=array([3.]), offsets=array([0, 1]))
    """
    if not np.isfinite(table).all():
        row = start + int(np.flatnonzero(~np.isfinite(table).all(1))[0])
        raise InputError("E_NONFINITE", f"values that are not finite in event {row}", "finite numbers", where=where)
    pt, eta, phi = (table[:, k:COLUMNS:3] for k in range(3))  # without the label, which would become a particle
    present = pt != 0
    offsets = np.concatenate([[0], np.cumsum(present.sum(1))])
    event = np.repeat(np.arange(len(table)), np.diff(offsets))
    flat = [np.asarray(values[present], dtype=np.float64) for values in (pt, eta, phi)]
    _check(event, *flat, start, where)
    return Events(*flat, offsets)


def check_labels(labels: np.ndarray, where: str, start: int = 0) -> np.ndarray:
    """Raise unless labels are 0, 1 or 2.

    Parameters
    ----------
    labels : ndarray, shape (n,)
        Numbers of any kind.
    where : str
        For messages.
    start : int
        Number of the first event, for messages.

    Returns
    -------
    ndarray of int8, shape (n,)
        The labels.

    Raises
    ------
    InputError
        ``E_LABEL``.

    Examples
    --------
    >>> check_labels(np.array([0.0, 1.0]), "here")
    array([0, 1], dtype=int8)
    """
    bad = ~np.isin(labels, LABELS)
    if bad.any():
        row = start + int(np.flatnonzero(bad)[0])
        raise InputError("E_LABEL", f"label {labels[bad][0]:g} at event {row}", "0, 1 or 2", where=where)
    return labels.astype(np.int8)


def _check(event: np.ndarray, pt: np.ndarray, eta: np.ndarray, phi: np.ndarray, start: int, where: str) -> None:
    for name, values in (("pT", pt), ("eta", eta), ("phi", phi)):
        bad = ~np.isfinite(values)
        if bad.any():
            found = f"{name} that is not finite in {_named(event, bad, start)}"
            raise InputError("E_NONFINITE", found, "finite numbers", where=where)
    bad = (pt < 0) | (pt > PT_MAX)
    if bad.any():
        found = f"pT of {pt[bad][0]:g} GeV in {_named(event, bad, start)}"
        raise InputError("E_RANGE_PT", found, f"0 to {PT_MAX:g} GeV", where=where)
    bad = np.abs(eta) > ETA_MAX
    if bad.any():
        found = f"eta of {eta[bad][0]:g} in {_named(event, bad, start)}"
        raise InputError("E_RANGE_ETA", found, f"|eta| <= {ETA_MAX:g}", where=where)


def _named(event: np.ndarray, bad: np.ndarray, start: int) -> str:
    return f"event {start + int(event[np.flatnonzero(bad)[0]])}"
