"""Can these jets be used? What is wrong is counted and named by index; nothing is dropped without a word."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from jetexplore.errors import choose
from jetexplore.jets.constituents import ETA_MAX, PT_LEAST, PT_MAX
from jetexplore.jets.layouts.blocks import Raw
from jetexplore.jets.tally import Tally

ON_BAD = ("error", "drop", "keep")
CONSTITUENTS_MAX = 1000  # of a jet


class Clean(NamedTuple):
    """Jets that can be used."""

    pt: np.ndarray
    eta: np.ndarray
    phi: np.ndarray
    counts: np.ndarray  # (n,) none of them 0
    label: np.ndarray | None  # (n,)
    event: np.ndarray  # (n,)
    row: np.ndarray  # (n,) index in the file, counted over all its jets


def check(
    raw: Raw, first: int, tally: Tally, on_bad: str = "error", known: Collection[int] | None = None,
    most: int = CONSTITUENTS_MAX, count_duplicates: bool = False,
) -> Clean:  # fmt: skip
    """Take from a block what can be used, and count what cannot.

    Jets without constituents are always left out and counted. A bad jet is one with values that are not finite, pt
    out of range, eta beyond 10, more than ``most`` constituents, or an unknown label.

    Parameters
    ----------
    raw : Raw
        Jets as they are in the file.
    first : int
        Index of the first of them.
    tally : Tally
        Where to count.
    on_bad : str
        ``"error"`` and ``"drop"`` leave bad jets out (and whoever reads on raises the error at the end), ``"keep"``
        keeps them without what is bad: without such constituents, with the hardest ``most``, with the label -1.
    known : collection of int, optional
        The labels that may be; any >= 0 by default.
    most : int
        Largest number of constituents.
    count_duplicates : bool
        Whether to look for constituents that are there twice; this takes a sort.

    Returns
    -------
    Clean
        What can be used.

    Raises
    ------
    InputError
        ``E_ON_BAD`` for an unknown ``on_bad``.

    Examples
    --------
    >>> raw = Raw(np.array([5.0, -1.0, 3.0]), np.zeros(3), np.zeros(3), np.array([1, 2]), None, np.arange(2))
    >>> tally = Tally()
    >>> check(raw, 0, tally, "drop").row.tolist(), check(raw, 0, Tally(), "keep").pt.tolist()
    ([0], [5.0, 3.0])
    >>> print(tally.error("mine.h5"))
    mine.h5: pt out of range (-1) in jet 1, of 2 read; allowed: 0 < pt <= 1e+06 GeV (on_bad='drop' leaves such ...
    """
    choose("on_bad", on_bad, ON_BAD, "E_ON_BAD")
    pt, eta, phi, counts, label, event = raw
    n = len(counts)
    rows = np.arange(first, first + n)
    jet = np.repeat(np.arange(n), counts)
    finite = np.isfinite(pt) & np.isfinite(eta) & np.isfinite(phi)
    wrong = {
        "E_NONFINITE": ~finite,
        "E_RANGE_PT": finite & ((pt < PT_LEAST) | (pt > PT_MAX)),
        "E_RANGE_ETA": finite & (np.abs(eta) > ETA_MAX),
    }
    bad_jet = np.zeros(n, dtype=bool)
    for code, mask in wrong.items():
        if mask.any():
            some = np.unique(jet[mask])
            bad_jet[some] = True
            tally.add(code, rows[some], _value(code, pt, eta, np.flatnonzero(mask)[0]))
    if np.any(counts > most):
        bad_jet |= counts > most
        tally.add("E_LIMIT", rows[counts > most], f"{counts[counts > most][0]}, more than {most}")
    if label is not None and label.dtype.kind in "iu":
        unknown = label < 0 if known is None else ~np.isin(label, list(known))
        if unknown.any():
            bad_jet |= unknown
            tally.add(
                "E_LABEL", rows[unknown], "no whole number" if label[unknown][0] == -1 else f"{label[unknown][0]}"
            )
            label = np.where(unknown, -1, label)
    tally.read += n
    tally.empty += int(np.sum(counts == 0))
    if on_bad == "keep":
        kept = ~(wrong["E_NONFINITE"] | wrong["E_RANGE_PT"] | wrong["E_RANGE_ETA"]) & _hardest(pt, jet, counts, most)
        tally.removed += int(np.sum(~kept))
        tally.empty += int(np.sum((np.bincount(jet[kept], minlength=n) == 0) & (counts > 0)))
    else:
        kept = ~bad_jet[jet]
    if not kept.all():
        pt, eta, phi, jet = pt[kept], eta[kept], phi[kept], jet[kept]
    left = np.bincount(jet, minlength=n)
    good = left > 0
    if count_duplicates:
        tally.duplicates += _duplicates(pt, eta, phi, jet)
    tally.alone += int(np.sum(left == 1))
    return Clean(pt, eta, phi, left[good], None if label is None else label[good], event[good], rows[good])


def _value(code: str, pt: np.ndarray, eta: np.ndarray, at: int) -> str:
    if code == "E_NONFINITE":
        return "NaN or infinity"
    return f"{(pt if code == 'E_RANGE_PT' else eta)[at]:g}"


def _hardest(pt: np.ndarray, jet: np.ndarray, counts: np.ndarray, most: int) -> np.ndarray:
    if not np.any(counts > most):
        return np.ones(len(pt), dtype=bool)
    order = np.lexsort((-pt, jet))
    rank = np.empty(len(pt), dtype=np.int64)
    rank[order] = np.arange(len(pt)) - np.repeat(np.cumsum(counts) - counts, counts)
    return rank < most


def _duplicates(pt: np.ndarray, eta: np.ndarray, phi: np.ndarray, jet: np.ndarray) -> int:
    order = np.lexsort((phi, eta, pt, jet))
    same = [np.diff(values[order]) == 0 for values in (jet, pt, eta, phi)]
    return int(np.sum(np.all(same, axis=0))) if len(pt) else 0
