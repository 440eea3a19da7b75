"""What does every layout give? Particles of some jets as they are in the file, without padding, nothing checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets.constituents import PT_LEAST

BEAM = 999.0  # the eta of what flies along the beam, beyond any that is allowed
BLOCK_BYTES = 1 << 25  # of a file's numbers in memory at a time, where a layout lets us choose
ROWS_MAX = 20_000  # jets of a block, however small they are


class Raw(NamedTuple):
    """Some jets of a file, in its order; an event's particles, for layouts of whole events."""

    pt: np.ndarray  # (n_particles,) GeV
    eta: np.ndarray  # (n_particles,)
    phi: np.ndarray  # (n_particles,) rad
    counts: np.ndarray  # (n,) particles of each jet
    label: np.ndarray | None  # (n,) whole numbers or text, or None
    event: np.ndarray  # (n,) number of the event, or of the row


class Request(NamedTuple):
    """What is asked of a reader."""

    which: str = ""  # one of the layout's parts; the first by default
    rows: int | None = None  # jets of a block


def rows_of(each: int, asked: int | None) -> int:
    """Choose how many rows to read at a time.

    Parameters
    ----------
    each : int
        Bytes of a row.
    asked : int, optional
        What the caller wants.

    Returns
    -------
    int
        At least 1.

    Examples
    --------
    >>> rows_of(16_808, None), rows_of(16_808, 100), rows_of(1 << 40, None)
    (1996, 100, 1)
    """
    return asked or int(np.clip(BLOCK_BYTES // max(each, 1), 1, ROWS_MAX))


def padded(
    pt: np.ndarray, eta: np.ndarray, phi: np.ndarray, event: np.ndarray, label: np.ndarray | None = None,
    present: np.ndarray | None = None,
) -> Raw:  # fmt: skip
    """Take rows of a fixed length: what has no pT is padding, wherever it stands.

    Parameters
    ----------
    pt, eta, phi : ndarray, shape (n, m)
        GeV, rad.
    event : ndarray, shape (n,)
        Numbers of the rows.
    label : ndarray, shape (n,), optional
        Labels.
    present : ndarray of bool, shape (n, m), optional
        A mask that the file brings; ``pt != 0`` by default.

    Returns
    -------
    Raw
        Their particles.

    Examples
    --------
    >>> some = np.array([[5.0, 0.0, 3.0]])
    >>> padded(some, some * 0, some * 0, np.arange(1)).pt.tolist()
    [5.0, 3.0]
    """
    kept = (pt != 0) if present is None else present & (pt != 0)
    flat = (np.asarray(values[kept], dtype=np.float64) for values in (pt, eta, phi))
    return Raw(*flat, kept.sum(1), label, event)


def from_cartesian(px: np.ndarray, py: np.ndarray, pz: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Turn momenta into (pt, eta, phi); the energy is left out, for constituents are massless here.

    Parameters
    ----------
    px, py, pz : ndarray
        GeV.

    Returns
    -------
    pt, eta, phi : ndarray
        GeV and rad; a momentum along the beam has the eta `BEAM` and the least pT there is, so that it is found to be
        wrong, and no momentum at all is pT 0, which is padding.

    Examples
    --------
    >>> pt, eta, phi = from_cartesian(*np.array([[3.0, 0.0], [4.0, 0.0], [0.0, 7.0]]))
    >>> pt[0].item(), eta.tolist()
    (5.0, [0.0, 999.0])
    """
    px, py, pz = (np.asarray(values, dtype=np.float64) for values in (px, py, pz))
    pt = np.hypot(px, py)
    along = (pt == 0) & (pz != 0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        eta = np.where(pt > 0, np.arcsinh(pz / pt), np.where(along, np.copysign(BEAM, pz), 0.0))
        eta = np.where(np.isfinite(pt) & np.isfinite(pz), eta, np.nan)
    return np.where(along, PT_LEAST, pt), eta, np.arctan2(py, px)


def ragged(pt: np.ndarray, eta: np.ndarray, phi: np.ndarray, counts: np.ndarray, event: np.ndarray,
           label: np.ndarray | None = None) -> Raw:  # fmt: skip
    """Take flat arrays of particles; those without pT are padding here, too.

    Parameters
    ----------
    pt, eta, phi : ndarray, shape (n_particles,)
        GeV, rad.
    counts : ndarray, shape (n,)
        Entries of each jet.
    event : ndarray, shape (n,)
        Numbers of the rows.
    label : ndarray, shape (n,), optional
        Labels.

    Returns
    -------
    Raw
        The particles that are there.

    Examples
    --------
    >>> zero = np.zeros(3)
    >>> ragged(np.array([1.0, 0.0, 2.0]), zero, zero, np.array([2, 1]), np.arange(2)).counts.tolist()
    [1, 1]
    """
    counts = np.asarray(counts, dtype=np.int64)
    kept = pt != 0
    if not kept.all():
        jet = np.repeat(np.arange(len(counts)), counts)
        counts = np.bincount(jet[kept], minlength=len(counts))
        pt, eta, phi = pt[kept], eta[kept], phi[kept]
    flat = (np.asarray(values, dtype=np.float64) for values in (pt, eta, phi))
    return Raw(*flat, counts, label, event)


def nearest(wanted: Mapping[str, object] | tuple[str, ...] | list[str], found: list[str]) -> str:
    """Say which of the names that were found is meant, perhaps.

    Parameters
    ----------
    wanted : names
        What would be accepted.
    found : list of str
        What is there.

    Returns
    -------
    str
        A question, or nothing.

    Examples
    --------
    >>> nearest(["pt", "eta"], ["PT", "x"])
    "is 'PT' meant to be 'pt'?"
    """
    import difflib

    lower = {name.lower(): name for name in found}
    for name in wanted:
        close = difflib.get_close_matches(name.lower(), lower, 1, 0.8)
        if close and lower[close[0]] != name:
            return f"is {lower[close[0]]!r} meant to be {name!r}?"
    return ""


def labels_of(values: np.ndarray, where: str) -> np.ndarray:
    """Turn a column into labels: whole numbers or text; what is neither becomes -1, which is found to be wrong.

    Parameters
    ----------
    values : ndarray, shape (n,)
        As the file has it.
    where : str
        For messages.

    Returns
    -------
    ndarray
        int64 or text.

    Raises
    ------
    InputError
        ``E_DTYPE`` for dates, complex numbers and the like.

    Examples
    --------
    >>> labels_of(np.array([0.0, 1.0, np.nan, 0.5]), "here").tolist()
    [0, 1, -1, -1]
    """
    if values.dtype.kind in "SU":
        return np.char.decode(values, "utf-8", "replace") if values.dtype.kind == "S" else values
    if values.dtype.kind not in "biuf":
        raise InputError("E_DTYPE", f"labels of {values.dtype}", "whole numbers or text", where=where)
    wide = values.astype(np.float64)
    good = np.isfinite(wide) & (np.abs(wide) < 1 << 31) & (wide == np.floor(wide))
    return np.where(good, np.where(good, wide, 0), -1).astype(np.int64)
