"""CMS Open Data in the MOD format of EnergyFlow: particles of all jets in one table, and where each jet begins.

Zenodo 3340205 (real collisions of 2011) and eight records of simulation; Komiske et al. (2019), arXiv:1908.08542.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets.layouts import hdf5
from jetexplore.jets.layouts.blocks import ROWS_MAX, Raw, Request, ragged

if TYPE_CHECKING:
    import h5py

PARTS = ("pfcs", "gens")  # reconstructed particles, generated ones
USUAL = ("pt", "y", "phi", "m")  # the first columns, where the file does not name them
ENTRIES_MAX = 1 << 22  # particles of a block


def matches(keys: set[str]) -> bool:
    """Tell whether a file has this layout.

    Parameters
    ----------
    keys : set of str
        Paths of its arrays.

    Returns
    -------
    bool
        Whether particles and their index are there.

    Examples
    --------
    >>> matches({"pfcs", "pfcs_index", "jets_i", "jets_f"})
    True
    """
    return any({part, f"{part}_index"} <= keys for part in PARTS)


def stream(found: dict[str, h5py.Dataset], where: str, request: Request) -> Iterator[Raw]:
    """Read jets block by block.

    Parameters
    ----------
    found : dict
        The file's arrays.
    where : str
        Its name, for messages.
    request : Request
        ``which``: ``pfcs``, or ``gens``; where the file has only ``gens``, those.

    Yields
    ------
    Raw
        Jets; ``event`` is the row of the file.

    Raises
    ------
    InputError
        ``E_OFFSETS``, ``E_WIDTH``, ``E_KEY``, and codes of `hdf5`.
    """
    part = request.which if request.which in found else next(part for part in PARTS if part in found)
    if request.which not in found and request.which != PARTS[0]:
        raise InputError("E_KEY", ", ".join(sorted(found)[:8]), f"an array {request.which!r}", where=where)
    particles = hdf5.table(found, part, 2, where)
    index = hdf5.rows(hdf5.table(found, f"{part}_index", 1, where, "iu"), 0, None, where).astype(np.int64)
    check_offsets(index, len(particles), f"{where}, {part}_index")
    columns = _columns(particles, where)
    first, n = 0, len(index) - 1
    while first < n:
        last = int(np.searchsorted(index, index[first] + ENTRIES_MAX, "right")) - 1
        last = min(max(last, first + 1), first + (request.rows or ROWS_MAX), n)
        rows = hdf5.rows(particles, int(index[first]), int(index[last]), where).astype(np.float64)
        pt, along, phi = (rows[:, columns[name]] for name in ("pt", "along", "phi"))
        mass = rows[:, columns["m"]] if "m" in columns else 0.0
        eta = pseudorapidity(pt, along, mass) if columns["rapidity"] else along
        yield ragged(pt, eta, phi, np.diff(index[first : last + 1]), np.arange(first, last))
        first = last


def check_offsets(offsets: np.ndarray, size: int, where: str) -> None:
    """Raise unless offsets rise from 0 to the number of particles.

    Parameters
    ----------
    offsets : ndarray, shape (n + 1,)
        Where each jet begins.
    size : int
        Particles.
    where : str
        For messages.

    Raises
    ------
    InputError
        ``E_OFFSETS``.

    Examples
    --------
    >>> check_offsets(np.array([0, 3, 2]), 2, "here")
    Traceback (most recent call last):
    ...
    jetexplore.errors.InputError: here: offsets 0, 3, 2 for 2 particles; allowed: rising from 0 to their number
    """
    if len(offsets) < 1 or offsets[0] != 0 or offsets[-1] != size or np.any(np.diff(offsets) < 0):
        told = ", ".join(map(str, offsets[:3].tolist())) + ("" if len(offsets) < 4 else ", ...")
        found = f"offsets {told} for {size} particles"
        raise InputError("E_OFFSETS", found, "rising from 0 to their number", where=where)


def pseudorapidity(pt: np.ndarray, rapidity: np.ndarray, mass: np.ndarray | float) -> np.ndarray:
    """Turn rapidities into pseudorapidities: sinh(eta) = sqrt(1 + m^2 / pt^2) sinh(y).

    Parameters
    ----------
    pt, rapidity : ndarray
        GeV.
    mass : ndarray or float
        GeV.

    Returns
    -------
    ndarray
        Pseudorapidities; those of massless particles are their rapidities.

    Examples
    --------
    >>> pseudorapidity(np.array([1.0]), np.array([0.5]), 0.0).round(12).tolist()
    [0.5]
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        slope = np.sqrt(1 + (np.where(pt > 0, mass, 0.0) / np.where(pt > 0, pt, 1.0)) ** 2)
        return np.arcsinh(slope * np.sinh(rapidity))


def _columns(particles: h5py.Dataset, where: str) -> dict[str, int]:
    names = list(USUAL[: particles.shape[1]])
    if "cols" in particles.attrs and particles.attrs.get_id("cols").dtype.kind == "S":
        named = np.atleast_1d(particles.attrs["cols"])
        names = [item.decode("utf-8", "replace").removeprefix("gen_") for item in named.tolist()]
    known = {name.rstrip("s") if name != "s" else name: k for k, name in reversed(list(enumerate(names)))}
    along = "eta" if "eta" in known else "y"
    missing = [name for name in ("pt", along, "phi") if name not in known]
    if missing or len(names) > particles.shape[1]:
        raise InputError("E_WIDTH", f"columns {', '.join(names)}", "pt, y (or eta), phi", where=where)
    wanted = {"pt": known["pt"], "along": known[along], "phi": known["phi"], "rapidity": along == "y"}
    return wanted | ({"m": known["m"]} if "m" in known else {})
