"""The LHC Olympics 2020 as a file of one's own: whole events, which are clustered to their two leading jets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets.eventrows import COLUMNS
from jetexplore.jets.layouts import hdf5
from jetexplore.jets.layouts.blocks import Raw, Request, labels_of, padded, rows_of

if TYPE_CHECKING:
    import h5py

KEY = "df/block0_values"


def matches(keys: set[str]) -> bool:
    """Tell whether a file has this layout.

    Parameters
    ----------
    keys : set of str
        Paths of its arrays.

    Returns
    -------
    bool
        Whether a pandas frame lies under ``df``.

    Examples
    --------
    >>> matches({"df/axis0", "df/block0_values"})
    True
    """
    return KEY in keys


def stream(found: dict[str, h5py.Dataset], where: str, request: Request) -> Iterator[Raw]:
    """Read events block by block: those of 2,101 columns have a label, which is not a particle.

    Parameters
    ----------
    found : dict
        The file's arrays.
    where : str
        Its name, for messages.
    request : Request
        How many rows at a time.

    Yields
    ------
    Raw
        All particles of each event, not clustered.

    Raises
    ------
    InputError
        ``E_WIDTH``, ``E_LAYOUT``, and codes of `hdf5`.
    """
    if "df/block1_values" in found:
        raise InputError("E_LAYOUT", "a frame of several kinds of columns", "columns of one kind", where=where)
    values = hdf5.table(found, KEY, 2, where)
    columns = values.shape[1]
    if columns not in (COLUMNS, COLUMNS + 1):
        expected = f"{COLUMNS} (700 particles) or {COLUMNS + 1} (and a label)"
        raise InputError("E_WIDTH", f"{columns} columns", expected, where=where)
    step = rows_of(columns * 8, request.rows)
    for first in range(0, len(values), step):
        rows = hdf5.rows(values, first, min(first + step, len(values)), where)
        marks = labels_of(rows[:, COLUMNS], where) if columns > COLUMNS else None
        pt, eta, phi = (rows[:, k:COLUMNS:3] for k in range(3))
        yield padded(pt, eta, phi, np.arange(first, first + len(rows)), marks)
