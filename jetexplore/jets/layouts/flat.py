"""Rows of (E, px, py, pz) of a jet's constituents, then zeros: preprocessed files of VAE-Jet and EBM-HEP.

An array ``table``, ``constituents`` or ``jet1``; the last of these that is there is taken, as VAE-Jet does. ``jet1``
may come with ``labels``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets.layouts import hdf5
from jetexplore.jets.layouts.blocks import Raw, Request, from_cartesian, labels_of, padded, rows_of

if TYPE_CHECKING:
    import h5py

KEYS = ("table", "constituents", "jet1")  # the last that is there


def matches(keys: set[str]) -> bool:
    """Tell whether a file has this layout.

    Parameters
    ----------
    keys : set of str
        Paths of its arrays.

    Returns
    -------
    bool
        Whether one of the three arrays lies at the top.

    Examples
    --------
    >>> matches({"jet1", "labels"}), matches({"table/table"})
    (True, False)
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
        How many rows at a time.

    Yields
    ------
    Raw
        Jets; ``event`` is the row of the file.

    Raises
    ------
    InputError
        ``E_WIDTH`` if rows are not made of four numbers a constituent, ``E_LENGTH``, and codes of `hdf5`.
    """
    key = [key for key in KEYS if key in found][-1]
    values = hdf5.table(found, key, 2, where)
    n, columns = values.shape
    if columns == 0 or columns % 4:
        raise InputError("E_WIDTH", f"{columns} columns", "four a constituent", where=f"{where}, {key}")
    labels = hdf5.table(found, "labels", 1, where) if key == "jet1" and "labels" in found else None
    if labels is not None and len(labels) != n:
        raise InputError("E_LENGTH", f"{len(labels)} labels for {n} jets", "one a jet", where=where)
    step = rows_of(columns * 8, request.rows)
    for first in range(0, n, step):
        last = min(first + step, n)
        marks = None if labels is None else labels_of(hdf5.rows(labels, first, last, where), where)
        yield four_momenta(hdf5.rows(values, first, last, where), np.arange(first, last), marks)


def four_momenta(rows: np.ndarray, event: np.ndarray, label: np.ndarray | None) -> Raw:
    """Take rows of (E, px, py, pz), (E, px, py, pz), ...

    Parameters
    ----------
    rows : ndarray, shape (n, 4 m)
        GeV.
    event : ndarray, shape (n,)
        Their numbers.
    label : ndarray, shape (n,), or None
        Labels.

    Returns
    -------
    Raw
        The constituents; the energy is left out, for they are massless here.

    Examples
    --------
    >>> four_momenta(np.array([[5.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0]]), np.arange(1), None).pt.tolist()
    [5.0]
    """
    return padded(*from_cartesian(rows[:, 1::4], rows[:, 2::4], rows[:, 3::4]), event, label)
