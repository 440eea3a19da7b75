"""EnergyFlow's quark and gluon jets (Zenodo 3164691, 3066475): ``X`` (n, m, 4) of pt, y, phi, pdgid; ``y`` labels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets.layouts import npz
from jetexplore.jets.layouts.blocks import Raw, Request, labels_of, padded, rows_of
from jetexplore.jets.layouts.mod import pseudorapidity

# GeV, by |PDG code|: particles that live long enough to be in a jet; others count as massless
MASSES = {11: 0.000511, 13: 0.10566, 130: 0.49761, 211: 0.13957, 321: 0.49368, 2112: 0.93957, 2212: 0.93827}


def matches(keys: set[str]) -> bool:
    """Tell whether a file has this layout.

    Parameters
    ----------
    keys : set of str
        Names of its arrays.

    Returns
    -------
    bool
        Whether ``X`` is there.

    Examples
    --------
    >>> matches({"X", "y"})
    True
    """
    return "X" in keys


def stream(archive: npz.Archive, where: str, request: Request) -> Iterator[Raw]:
    """Read jets block by block.

    Rapidities become pseudorapidities with the masses that belong to the particle codes (`MASSES`).

    Parameters
    ----------
    archive : npz.Archive
        The open file.
    where : str
        Its name, for messages.
    request : Request
        How many rows at a time.

    Yields
    ------
    Raw
        Jets with labels (0 gluon, 1 quark); ``event`` is the row of the file.

    Raises
    ------
    InputError
        ``E_SHAPE``, ``E_LENGTH``, ``E_EMPTY``, and codes of `npz`.
    """
    shape = archive.members["X"].shape
    if len(shape) != 3 or shape[2] not in (3, 4):
        raise InputError("E_SHAPE", f"X of shape {shape}", "(n, m, 4)", where=where)
    if shape[0] == 0:
        raise InputError("E_EMPTY", "no rows", "at least one", where=where)
    marks = labels_of(npz.vector(archive, "y"), where) if "y" in archive.members else None
    if marks is not None and len(marks) != shape[0]:
        raise InputError("E_LENGTH", f"{len(marks)} labels for {shape[0]} jets", "one a jet", where=where)
    table, step = npz.Column(archive, "X"), rows_of(shape[1] * shape[2] * 8, request.rows)
    for first in range(0, shape[0], step):
        last = min(first + step, shape[0])
        rows = table.take(last - first)
        pt, y, phi = (rows[:, :, k].astype(np.float64) for k in range(3))
        eta = pseudorapidity(pt, y, _masses(rows[:, :, 3])) if shape[2] == 4 else y
        yield padded(pt, eta, phi, np.arange(first, last), None if marks is None else marks[first:last])


def _masses(codes: np.ndarray) -> np.ndarray:
    found = np.zeros(codes.shape)
    absolute = np.abs(codes)
    for code, mass in MASSES.items():
        found[absolute == code] = mass
    return found
