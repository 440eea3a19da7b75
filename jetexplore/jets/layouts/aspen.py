"""Aspen Open Jets: real AK8 jets of CMS, ``PFCands`` (n, 150, 11) that begin with (px, py, pz, E), then zeros."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets.layouts import hdf5
from jetexplore.jets.layouts.blocks import Raw, Request, from_cartesian, padded, rows_of

if TYPE_CHECKING:
    import h5py

KEY = "PFCands"


def matches(keys: set[str]) -> bool:
    """Tell whether a file has this layout.

    Parameters
    ----------
    keys : set of str
        Paths of its arrays.

    Returns
    -------
    bool
        Whether the candidates are there.

    Examples
    --------
    >>> matches({"PFCands", "jet_kinematics", "event_info", "jet_tagging"})
    True
    """
    return KEY in keys


def stream(found: dict[str, h5py.Dataset], where: str, request: Request) -> Iterator[Raw]:
    """Read jets block by block.

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
        Jets; ``event`` is the row of the file.

    Raises
    ------
    InputError
        ``E_WIDTH``, and codes of `hdf5`.
    """
    values = hdf5.table(found, KEY, 3, where)
    if values.shape[2] < 4:
        raise InputError("E_WIDTH", f"{values.shape[2]} numbers a candidate", "px, py, pz, E, ...", where=where)
    step = rows_of(int(np.prod(values.shape[1:])) * 8, request.rows)
    for first in range(0, len(values), step):
        rows = hdf5.rows(values, first, min(first + step, len(values)), where)
        three = from_cartesian(rows[:, :, 0], rows[:, :, 1], rows[:, :, 2])
        yield padded(*three, np.arange(first, first + len(rows)))
