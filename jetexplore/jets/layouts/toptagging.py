"""The top tagging reference data set (Zenodo 2603256): 200 x (E, PX, PY, PZ), the truth top, and the label last.

A pandas frame under the key ``table``, in pandas' table format or fixed. Columns 800 to 803 are taken to be the
momentum of the truth top (zero for QCD): they would give the label away, and are never read as a jet's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets import hdf
from jetexplore.jets.layouts import hdf5
from jetexplore.jets.layouts.blocks import Raw, Request, labels_of, rows_of
from jetexplore.jets.layouts.flat import four_momenta

if TYPE_CHECKING:
    import h5py

COLUMNS = 800  # of constituents
TRUTH = 4  # columns that follow
TABLE, BLOCKS = "table/table", ("table/block0_values", "table/block1_values")
FIELDS = ("values_block_0", "values_block_1")


def matches(keys: set[str]) -> bool:
    """Tell whether a file has this layout.

    Parameters
    ----------
    keys : set of str
        Paths of its arrays.

    Returns
    -------
    bool
        Whether a frame lies under ``table``.

    Examples
    --------
    >>> matches({"table/table", "table/_i_table/index/abounds"}), matches({"table"})
    (True, False)
    """
    return TABLE in keys or BLOCKS[0] in keys


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
        Jets with labels (0 QCD, 1 top); ``event`` is the row of the file.

    Raises
    ------
    InputError
        ``E_WIDTH``, ``E_DTYPE``, ``E_LAYOUT``, and codes of `hdf5`.
    """
    if TABLE in found:
        member = found[TABLE]
        _check_table(member, where)
        step = rows_of(member.dtype.itemsize, request.rows)
        for first in range(0, len(member), step):
            block = hdf5.rows(member, first, min(first + step, len(member)), where)
            yield _raw(block[FIELDS[0]], block[FIELDS[1]][:, -1], first, where)
        return
    if BLOCKS[1] not in found:
        raise InputError("E_LAYOUT", "a frame of one kind of columns", "momenta and labels", where=where)
    values, marks = (hdf5.table(found, key, 2, where) for key in BLOCKS)
    _check_width(values.shape[1], where)
    if len(values) != len(marks):
        raise InputError("E_LENGTH", f"{len(marks)} labels for {len(values)} jets", "one a jet", where=where)
    step = rows_of(values.shape[1] * 8, request.rows)
    for first in range(0, len(values), step):
        last = min(first + step, len(values))
        labels = hdf5.rows(marks, first, last, where)[:, -1]
        yield _raw(hdf5.rows(values, first, last, where), labels, first, where)


def _raw(momenta: np.ndarray, labels: np.ndarray, first: int, where: str) -> Raw:
    event = np.arange(first, first + len(momenta))
    return four_momenta(momenta[:, :COLUMNS], event, labels_of(labels, where))  # never the truth top


def _check_table(member: h5py.Dataset, where: str) -> None:
    h5py = hdf.with_filters()
    at = f"{where}, {TABLE}"
    kinds = dict(member.dtype.fields or {})
    if any(h5py.check_vlen_dtype(kind) or kind.base.kind == "O" for kind, *_ in kinds.values()):
        raise InputError("E_PICKLE", "columns of Python objects", "plain numbers", where=at)
    missing = [name for name in FIELDS if name not in kinds]
    if missing or member.ndim != 1:
        raise InputError("E_LAYOUT", f"columns {', '.join(kinds) or member.dtype}", f"{', '.join(FIELDS)}", where=at)
    shapes = [kinds[name][0].shape for name in FIELDS]
    if any(len(shape) != 1 for shape in shapes) or any(kinds[name][0].base.kind not in "fiu" for name in FIELDS):
        raise InputError("E_DTYPE", "columns of another kind", "rows of real numbers", where=at)
    _check_width(shapes[0][0], at)
    hdf5.sound(member, at)
    if len(member) == 0:
        raise InputError("E_EMPTY", "no rows", "at least one", where=at)


def _check_width(columns: int, where: str) -> None:
    if columns not in (COLUMNS, COLUMNS + TRUTH):
        found = f"{columns} columns of momenta"
        raise InputError("E_WIDTH", found, f"{COLUMNS}, or {COLUMNS + TRUTH} with the truth top", where=where)
