"""Our simple layout in HDF5: arrays ``pt``, ``eta``, ``phi`` (or ``px``, ``py``, ``pz``), at the top or in one group.

Three forms: rows of a fixed length, padded with zeros (n, m); flat arrays with ``offsets`` (n + 1) or ``counts`` (n);
cells of any length (n,). Beside them perhaps ``label`` (n, whole numbers), ``class`` (n, text) and ``event`` (n).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets import hdf
from jetexplore.jets.frames import NOTE
from jetexplore.jets.layouts import hdf5
from jetexplore.jets.layouts.blocks import ROWS_MAX, Raw, Request, from_cartesian, labels_of, padded, ragged, rows_of
from jetexplore.jets.layouts.mod import ENTRIES_MAX, check_offsets

if TYPE_CHECKING:
    import h5py

    from jetexplore.jets.layouts.reading import Block

POLAR, CARTESIAN = ("pt", "eta", "phi"), ("px", "py", "pz")
CELLS = 2048  # rows of cells at a time
CHUNK = 1 << 16  # numbers packed together


def matches(keys: set[str]) -> bool:
    """Tell whether a file has this layout.

    Parameters
    ----------
    keys : set of str
        Paths of its arrays.

    Returns
    -------
    bool
        Whether the three arrays are there, in one place.

    Examples
    --------
    >>> matches({"jets/pt", "jets/eta", "jets/phi", "label"}), matches({"px", "py"})
    (True, False)
    """
    return _place(keys) is not None


def _place(keys: set[str]) -> tuple[str, tuple[str, ...]] | None:
    for names in (POLAR, CARTESIAN):
        for prefix in ("", *sorted({f"{key.rpartition('/')[0]}/" for key in keys if "/" in key})):
            if {f"{prefix}{name}" for name in names} <= keys:
                return prefix, names
    return None


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
        Jets; ``event`` is that of the file, or the row.

    Raises
    ------
    InputError
        ``E_LENGTH``, ``E_OFFSETS``, ``E_KEY``, ``E_DTYPE``, and codes of `hdf5`.
    """
    prefix, names = _place(set(found)) or ("", POLAR)
    keys = [f"{prefix}{name}" for name in names]
    kinds = {(found[key].ndim, found[key].dtype.kind == "O") for key in keys}
    if len(kinds) > 1 or len({found[key].shape for key in keys}) > 1:
        told = ", ".join(f"{key} {found[key].shape}" for key in keys)
        raise InputError("E_LENGTH", told, "three arrays of one shape", where=where)
    ((dimensions, cells),) = kinds
    polar = names == POLAR
    if cells:
        blocks = _of_cells(found, keys, where, request)
    elif dimensions == 2:
        blocks = _of_rows(found, keys, where, request)
    else:
        blocks = _of_flat(found, prefix, keys, where, request)
    marks = _beside(found, prefix, where)
    first = 0
    for three, counts in blocks:
        last = first + (len(three[0]) if counts is None else len(counts))
        label, event = (marks(name, first, last) for name in ("label", "event"))
        event = np.arange(first, last) if event is None else event
        three = three if polar else from_cartesian(*three)
        yield padded(*three, event, label) if counts is None else ragged(*three, counts, event, label)
        first = last
    marks("length", first, first)


def _of_rows(found: dict, keys: list[str], where: str, request: Request) -> Iterator[tuple]:
    values = [hdf5.table(found, key, 2, where) for key in keys]
    step = rows_of(values[0].shape[1] * 24, request.rows)
    for first in range(0, len(values[0]), step):
        yield [hdf5.rows(one, first, min(first + step, len(one)), where) for one in values], None


def _of_cells(found: dict, keys: list[str], where: str, request: Request) -> Iterator[tuple]:
    values = [hdf5.table(found, key, 1, where, kinds="O") for key in keys]
    step = min(request.rows or CELLS, CELLS)
    for first in range(0, len(values[0]), step):
        cells = [hdf5.rows(one, first, min(first + step, len(one)), where) for one in values]
        lengths = np.array([[len(cell) for cell in one] for one in cells], dtype=np.int64)
        if np.any(lengths != lengths[0]):
            row = first + int(np.flatnonzero((lengths != lengths[0]).any(0))[0])
            raise InputError("E_LENGTH", f"cells of unequal length in row {row}", "equal lengths", where=where)
        yield [np.concatenate([np.zeros(0), *one]) for one in cells], lengths[0]


def _of_flat(found: dict, prefix: str, keys: list[str], where: str, request: Request) -> Iterator[tuple]:
    values = [hdf5.table(found, key, 1, where) for key in keys]
    if f"{prefix}offsets" in found:
        table = hdf5.table(found, f"{prefix}offsets", 1, where, "iu")
        offsets = hdf5.rows(table, 0, None, where).astype(np.int64)
    elif f"{prefix}counts" in found:
        counts = hdf5.rows(hdf5.table(found, f"{prefix}counts", 1, where, "iu"), 0, None, where).astype(np.int64)
        if np.any((counts < 0) | (counts > len(values[0]))):
            raise InputError("E_OFFSETS", f"counts from {counts.min()} to {counts.max()}", "0 or more", where=where)
        offsets = np.concatenate([[0], np.cumsum(counts)])
    else:
        raise InputError("E_KEY", ", ".join(sorted(found)[:8]), f"also {prefix}offsets or {prefix}counts", where=where)
    check_offsets(offsets, len(values[0]), where)
    first, n = 0, len(offsets) - 1
    while first < n:
        last = int(np.searchsorted(offsets, offsets[first] + ENTRIES_MAX, "right")) - 1
        last = min(max(last, first + 1), first + (request.rows or ROWS_MAX), n)
        a, b = int(offsets[first]), int(offsets[last])
        yield [hdf5.rows(one, a, b, where) for one in values], np.diff(offsets[first : last + 1])
        first = last


def _beside(found: dict, prefix: str, where: str) -> object:
    """Give a reader of what lies beside the jets: labels, numbers of events."""
    columns = {}
    for name, keys, kinds in (("label", ("label", "class"), "biufS"), ("event", ("event",), "iu")):
        for key in [f"{at}{key}" for key in keys for at in {prefix: 1, "": 1}]:
            if key in found and name not in columns:
                columns[name] = hdf5.table(found, key, 1, where, kinds)

    def read(name: str, first: int, last: int) -> np.ndarray | None:
        if name == "length":
            wrong = {title: len(column) for title, column in columns.items() if len(column) != first}
            if wrong:
                raise InputError("E_LENGTH", f"{wrong} for {first} jets", "one a jet", where=where)
            return None
        if name not in columns:
            return None
        if last > len(columns[name]):
            raise InputError("E_LENGTH", f"{len(columns[name])} of {name}", "one a jet", where=where)
        values = hdf5.rows(columns[name], first, last, where)
        return labels_of(values, where) if name == "label" else values.astype(np.int64)

    return read


def write(path: Path, blocks: Iterator[Block], metadata: dict) -> None:
    """Write flat arrays with offsets, block by block, packed by gzip.

    Parameters
    ----------
    path : pathlib.Path
        The file to write; the caller sees to it that it appears whole.
    blocks : iterator of Block
        The jets.
    metadata : dict
        Where they are from, kept as JSON in an attribute.
    """
    import json

    # of version 1.10 on all that says what the numbers are has checksums, too; those of gzip are in the numbers
    with hdf.with_filters().File(path, "w", libver=("v110", "v110"), track_order=True) as file:
        options = {
            "maxshape": (None,),
            "chunks": (CHUNK,),
            "compression": "gzip",
            "compression_opts": 4,
            "shuffle": True,
        }
        arrays = {name: file.create_dataset(name, (0,), np.float64, **options) for name in POLAR}
        offsets = file.create_dataset("offsets", (1,), np.int64, **options)
        arrays["event"] = file.create_dataset("event", (0,), np.int64, **options)
        offsets[0] = total = 0
        for block in blocks:
            if block.label is not None and "label" not in arrays:
                arrays["label"] = file.create_dataset("label", (0,), np.int64, **options)
            for name, values in (*((name, getattr(block.jets, name)) for name in POLAR), ("event", block.event)):
                _append(arrays[name], values)
            if block.label is not None:
                _append(arrays["label"], block.label)
            _append(offsets, total + block.jets.offsets[1:])
            total += int(block.jets.offsets[-1])
        file.attrs[NOTE] = np.bytes_(json.dumps(metadata, sort_keys=True, ensure_ascii=True))


def _append(array: h5py.Dataset, values: np.ndarray) -> None:
    first = len(array)
    array.resize((first + len(values),))
    array[first:] = values
