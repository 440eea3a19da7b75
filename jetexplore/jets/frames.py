"""How does pandas keep a frame in HDF5? The fixed format, written and read without pandas and PyTables.

A file that a user brings may hold pickled objects where pandas expects names; PyTables would run them.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets import hdf

if TYPE_CHECKING:
    import h5py

KEY = "df"
CHUNK = 64  # rows packed together, 1 MB of events: large enough for Blosc, small enough to pick single rows
BLOCK = 16 * CHUNK  # rows written at a time
NOTE = "jetexplore"  # attribute of the file with what we know of it


class Frame:
    """A frame of float64 with numbered columns, written block by block into an open file.

    Parameters
    ----------
    file : h5py.File
        An empty file, open for writing.
    columns : int
        How many.
    metadata : mapping, optional
        How the rows were made; anything JSON can hold.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "frame.h5"
    >>> with hdf.with_filters().File(path, "w") as file:
    ...     frame = Frame(file, 2)
    ...     frame.append(np.ones((3, 2)))
    ...     frame.close()
    >>> frame.n
    3
    """

    def __init__(self, file: h5py.File, columns: int, metadata: Mapping | None = None) -> None:
        import hdf5plugin

        self.n = 0
        self._waiting: list[np.ndarray] = []
        self._packed = dict(hdf5plugin.Blosc(cname="blosclz", clevel=5, shuffle=hdf5plugin.Blosc.SHUFFLE))
        told = {**(metadata or {}), "written_by": f"jetexplore {version('jetexplore')}"}
        _tell(file, CLASS="GROUP", PYTABLES_FORMAT_VERSION="2.1", VERSION="1.0")
        _tell(file, **{NOTE: json.dumps(told, sort_keys=True, ensure_ascii=True)})
        self._group = file.create_group(KEY)
        _tell(self._group, CLASS="GROUP", VERSION="1.0", pandas_type="frame", encoding="UTF-8", errors="strict")
        _tell(self._group, axis0_variety="regular", axis1_variety="regular", block0_items_variety="regular")
        self._group.attrs["ndim"], self._group.attrs["nblocks"] = np.int64(2), np.int64(1)
        self._axis("axis0", columns)
        self._axis("block0_items", columns)
        self._values = self._group.create_dataset(
            "block0_values", (0, columns), np.float64, maxshape=(None, columns), chunks=(CHUNK, columns), **self._packed
        )
        _tell(self._values, CLASS="CARRAY", VERSION="1.1")
        self._values.attrs["transposed"] = np.int64(1)

    def _axis(self, name: str, length: int) -> None:
        numbered = np.arange(length, dtype=np.int64)
        axis = self._group.create_dataset(name, data=numbered, maxshape=(None,), chunks=(8192,), **self._packed)
        _tell(axis, CLASS="CARRAY", VERSION="1.1", kind="integer")  # without a name, which pandas would keep pickled
        axis.attrs["transposed"] = np.int64(1)

    def append(self, rows: np.ndarray) -> None:
        """Take rows; only whole blocks go to the file, so that each chunk is packed once.

        Parameters
        ----------
        rows : ndarray, shape (n, columns)
            The next rows.
        """
        self._waiting.append(rows)
        self.n += len(rows)
        if sum(map(len, self._waiting)) >= BLOCK:
            table = np.concatenate(self._waiting)
            whole = len(table) // BLOCK * BLOCK
            self._write(table[:whole])
            self._waiting = [table[whole:].copy()]  # a view would keep the whole block in memory

    def close(self) -> None:
        """Write what is left, and the numbers of the rows."""
        if self._waiting:
            self._write(np.concatenate(self._waiting))
        self._axis("axis1", self.n)

    def _write(self, table: np.ndarray) -> None:
        first = len(self._values)
        self._values.resize(first + len(table), axis=0)
        self._values[first:] = table


def metadata(file: h5py.File) -> dict:
    """Read what `Frame` noted of a file.

    Parameters
    ----------
    file : h5py.File
        An open file.

    Returns
    -------
    dict
        Empty for files of others.
    """
    told = None
    with contextlib.suppress(ValueError, OSError, RuntimeError, TypeError):  # a word that someone else left there
        if NOTE in file.attrs and file.attrs.get_id(NOTE).dtype.kind == "S":
            told = json.loads(file.attrs[NOTE])
    return told if isinstance(told, dict) else {}


def fixed(file: h5py.File, where: str) -> h5py.Group:
    """Find the frame in a file.

    Parameters
    ----------
    file : h5py.File
        An open file.
    where : str
        Its name, for messages.

    Returns
    -------
    h5py.Group
        The frame.

    Raises
    ------
    InputError
        ``E_KEY`` or ``E_LAYOUT``.
    """
    import h5py

    group = hdf.child(file, KEY, where)
    if not isinstance(group, h5py.Group):
        raise InputError("E_LAYOUT", f"an array {KEY!r}", "a pandas frame of the fixed format", where=where)
    if "table" in group:
        mend = "write it again with DataFrame.to_hdf(..., format='fixed')"
        raise InputError("E_LAYOUT", "a pandas frame of the table format", "the fixed format", where=where, mend=mend)
    return group


def read_columns(path: str | Path, limit: int = 1 << 31) -> dict[str, np.ndarray]:
    """Read a whole frame of named columns, such as the high-level features of the LHC Olympics.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    limit : int
        Refuse a frame that says it holds more bytes than this.

    Returns
    -------
    dict of str to ndarray
        The columns in the order of the file; numbered ones are called "0", "1", ...

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        As `hdf.opened` and `hdf.numbers` say; ``E_LIMIT`` if it is too large, ``E_LENGTH`` if its parts do not fit.
    """
    where = str(path)
    with hdf.opened(path) as file:
        group = fixed(file, where)
        order = _names(group, "axis0", where)
        columns: dict[str, np.ndarray] = {}
        numbers = [name for name in sorted(group) if name.startswith("block") and name.endswith("_values")]
        found = [hdf.numbers(group, name, 2, where, "fiub") for name in numbers]
        size = sum(values.size * values.dtype.itemsize for values in found)
        if size > limit:
            raise InputError("E_LIMIT", f"{size} bytes of columns", f"at most {limit} bytes", where=where)
        for name, values in zip(numbers, found, strict=True):
            items = _names(group, name.replace("_values", "_items"), where)
            table = hdf.rows(values, 0, len(values), where)
            if len(items) != table.shape[1] or any(len(table) != len(other) for other in columns.values()):
                raise InputError("E_LENGTH", f"{table.shape} values for {len(items)} names", "one a row", where=where)
            columns.update(zip(items, np.ascontiguousarray(table.T), strict=True))
    if sorted(order) != sorted(columns):
        found = f"columns {sorted(columns)[:5]} named {sorted(order)[:5]}"
        raise InputError("E_LENGTH", found, "one name a column", where=where)
    return {name: columns[name] for name in order}


def _names(group: h5py.Group, name: str, where: str) -> list[str]:
    values = hdf.rows(hdf.numbers(group, name, 1, where, "Siu"), 0, None, where)
    return [item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item) for item in values.tolist()]


def _tell(node: h5py.Group | h5py.Dataset, **attributes: str) -> None:
    import h5py

    for name, text in attributes.items():  # text of variable length or another character set reaches pandas as bytes
        node.attrs.create(name, text.encode(), dtype=h5py.string_dtype("utf-8", len(text.encode())))
    node.attrs["TITLE"] = h5py.Empty("S1")
