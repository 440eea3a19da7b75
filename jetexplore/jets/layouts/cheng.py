"""The test sets of Cheng et al. and their QCD jets: one cell a jet, (E, px, py, pz, unused) of its constituents.

Zenodo 4614656 (top, W and others) and 4641460 (QCD), the samples of Fraser et al. (2021). Groups are spelled
``objects`` or ``objs``. The class is the file; there is no label.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets.layouts import hdf5
from jetexplore.jets.layouts.blocks import Raw, Request, from_cartesian, ragged

if TYPE_CHECKING:
    import h5py

KEYS = ("objects/jets/constituents", "objs/jets/constituents")
PARTS = ("leading", "second", "both")
NUMBERS = 5  # a constituent
ROWS = 512  # events at a time: cells have any length, so they are looked at a few at a time
CELLS_BYTES = 1 << 28  # of one block


def matches(keys: set[str]) -> bool:
    """Tell whether a file has this layout.

    Parameters
    ----------
    keys : set of str
        Paths of its arrays.

    Returns
    -------
    bool
        Whether one of the two spellings is there.

    Examples
    --------
    >>> matches({"objs/jets/constituents", "objs/jets/obs"})
    True
    """
    return bool(keys & set(KEYS))


def stream(found: dict[str, h5py.Dataset], where: str, request: Request) -> Iterator[Raw]:
    """Read jets block by block.

    Parameters
    ----------
    found : dict
        The file's arrays.
    where : str
        Its name, for messages.
    request : Request
        ``which``: the leading jet (default), the second, or both, in consecutive rows.

    Yields
    ------
    Raw
        Jets; ``event`` is the row of the file.

    Raises
    ------
    InputError
        ``E_LAYOUT`` for cells that are not made of five numbers a constituent, ``E_LIMIT``, and codes of `hdf5`.
    """
    key = next(key for key in KEYS if key in found)
    cells = hdf5.table(found, key, 2, where, kinds="O")
    columns = {"leading": [0], "second": [1], "both": [0, 1]}[request.which]
    if cells.shape[1] <= columns[-1]:
        raise InputError("E_LAYOUT", f"{cells.shape[1]} jets an event", "a second jet", where=f"{where}, {key}")
    step = min(request.rows or ROWS, ROWS)
    for first in range(0, len(cells), step):
        block = hdf5.rows(cells, first, min(first + step, len(cells)), where)[:, columns]
        lengths = np.array([len(cell) for cell in block.flat], dtype=np.int64)
        if lengths.sum() * 8 > CELLS_BYTES:
            raise InputError("E_LIMIT", f"{lengths.max()} numbers in a cell", "cells of jets", where=f"{where}, {key}")
        if np.any(lengths % NUMBERS):
            bad = first + int(np.flatnonzero(lengths % NUMBERS)[0]) // len(columns)
            found_there = f"a cell of {lengths[lengths % NUMBERS > 0][0]} numbers at row {bad}"
            raise InputError("E_LAYOUT", found_there, "five a constituent", where=f"{where}, {key}")
        flat = np.concatenate([np.zeros(0), *block.flat]).reshape(-1, NUMBERS)
        event = np.repeat(np.arange(first, first + len(block)), len(columns))
        yield ragged(*from_cartesian(*flat[:, 1:4].T), lengths // NUMBERS, event)
