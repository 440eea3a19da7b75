"""May this HDF5 file be read? Only plain arrays inside the file itself; nothing that runs code or reads elsewhere."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jetexplore.errors import InputError

if TYPE_CHECKING:
    import h5py

MAGIC = b"\x89HDF\r\n\x1a\n"
CHUNK_MAX = 1 << 28  # bytes; a chunk is unpacked whole, so a larger one asks for memory the data do not need
TOLD = {
    32001: 4,
    32026: 4,
    32008: 3,
}  # numbers that Blosc, Blosc2 and bitshuffle look at without asking if there are any
_counted: deque[tuple] = deque(maxlen=64)  # arrays whose chunks are all there


@contextlib.contextmanager
def opened(path: str | Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading, with the filters of hdf5plugin.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.

    Yields
    ------
    h5py.File
        The open file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        ``E_NOT_FILE``, ``E_NOT_HDF5``, ``E_TRUNCATED``, or ``E_PACKAGE`` if hdf5plugin is not installed.

    Examples
    --------
    >>> import tempfile
    >>> page = Path(tempfile.mkdtemp()) / "events.h5"
    >>> _ = page.write_text("<html>not found</html>")
    >>> with opened(page):
    ...     pass
    Traceback (most recent call last):
    ...
    jetexplore.errors.InputError: ...: a file that starts with b'<html>no'; allowed: an HDF5 file
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"no file {path}")
    if not path.is_file():
        raise InputError("E_NOT_FILE", "something that is not a file", "an HDF5 file", where=str(path))
    with path.open("rb") as stream:
        start = stream.read(8)
    if start != MAGIC:
        found = f"a file that starts with {start!r}" if start else "an empty file"
        raise InputError("E_NOT_HDF5", found, "an HDF5 file", where=str(path))
    h5py = with_filters()
    try:
        file = h5py.File(path, "r")
    except (OSError, RuntimeError, ValueError) as error:
        found = f"a damaged or cut-off file of {path.stat().st_size} bytes ({error})"
        raise InputError("E_TRUNCATED", found, "a whole HDF5 file", where=str(path)) from error
    with file:
        yield file


def with_filters() -> object:
    """Import h5py with the compression filters that the LHC Olympics' files need.

    Returns
    -------
    module
        h5py, which knows filter 32001 (Blosc) from now on.

    Raises
    ------
    InputError
        ``E_PACKAGE``.

    Examples
    --------
    >>> bool(with_filters().h5z.filter_avail(32001))
    True
    """
    try:
        import h5py
        import hdf5plugin  # noqa: F401  its import registers the filters
    except ModuleNotFoundError as error:
        mend = "pip install -e . -c constraints.txt"
        raise InputError("E_PACKAGE", f"no package {error.name}", "h5py and hdf5plugin", mend=mend) from error
    return h5py


def child(group: h5py.Group, name: str, where: str) -> h5py.Group | h5py.Dataset:
    """Take a member of a group, never through a link that leads out of the file.

    Parameters
    ----------
    group : h5py.Group
        An open group.
    name : str
        The member, one step.
    where : str
        The file, for messages.

    Returns
    -------
    h5py.Group or h5py.Dataset
        The member.

    Raises
    ------
    InputError
        ``E_KEY`` if there is none, ``E_EXTERNAL`` for soft and external links, ``E_TRUNCATED`` for damage.
    """
    h5py = with_filters()
    try:
        names = list(group)
        if name not in names:
            listed = ", ".join(sorted(names)[:8]) or "nothing"
            at = "" if group.name == "/" else f" in {group.name}"
            raise InputError("E_KEY", f"{listed}{at}", f"a member {name!r}", where=where)
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise InputError("E_EXTERNAL", f"a link at {name!r}", "data in the file itself", where=where)
        return group[name]
    except (OSError, RuntimeError, KeyError) as error:
        raise InputError("E_TRUNCATED", f"damage at {name!r} ({error})", "a whole HDF5 file", where=where) from error


def numbers(group: h5py.Group, name: str, dimensions: int, where: str, kinds: str = "fiu") -> h5py.Dataset:
    """Take a dataset of plain numbers (or fixed-width text) that lies in the file and can be unpacked.

    Parameters
    ----------
    group : h5py.Group
        An open group.
    name : str
        The dataset.
    dimensions : int
        How many it must have.
    where : str
        The file, for messages.
    kinds : str
        Allowed kinds of dtype; ``"S"`` is text of fixed width.

    Returns
    -------
    h5py.Dataset
        The dataset, not read yet.

    Raises
    ------
    InputError
        ``E_LAYOUT``, ``E_PICKLE`` (Python objects), ``E_DTYPE``, ``E_EXTERNAL``, ``E_FILTER``, ``E_LIMIT`` or
        ``E_TRUNCATED`` (values that were never written).
    """
    h5py = with_filters()
    found = child(group, name, where)
    at = f"{where}, {found.name}"
    if not isinstance(found, h5py.Dataset):
        raise InputError("E_LAYOUT", f"a group {found.name}", "an array", where=where)
    if found.dtype.kind == "O" or "PSEUDOATOM" in found.attrs:
        raise InputError("E_PICKLE", "an array of Python objects", "plain numbers", where=at)
    if found.dtype.kind not in kinds or found.ndim != dimensions:
        told = f"{found.ndim} dimensions of {found.dtype}"
        raise InputError("E_DTYPE", told, f"{dimensions} of real numbers" if "S" not in kinds else "names", where=at)
    if found.external or found.is_virtual:
        raise InputError("E_EXTERNAL", "values kept in another file", "data in the file itself", where=at)
    check_filters(found, at)
    each = found.dtype.itemsize
    if found.chunks and int(np.prod(found.chunks)) * each > CHUNK_MAX:
        raise InputError("E_LIMIT", f"chunks of {found.chunks} values", f"at most {CHUNK_MAX} bytes", where=at)
    if _unwritten(found):
        raise InputError("E_TRUNCATED", "values that were never written", "a whole array", where=at)
    return found


def check_filters(found: h5py.Dataset, where: str) -> None:
    """See that an array can be unpacked.

    Parameters
    ----------
    found : h5py.Dataset
        Any array.
    where : str
        The file and the array, for messages.

    Raises
    ------
    InputError
        ``E_FILTER`` for a filter that is not there, or has fewer numbers than it will look at.
    """
    h5py, plan = with_filters(), found.id.get_create_plist()
    for number, _, values, _ in (plan.get_filter(k) for k in range(plan.get_nfilters())):
        if not h5py.h5z.filter_avail(number):
            raise InputError("E_FILTER", f"compression filter {number}", "one that hdf5plugin brings", where=where)
        if len(values) < TOLD.get(number, 0):
            told = f"compression filter {number} with {len(values)} numbers"
            raise InputError("E_FILTER", told, f"at least {TOLD[number]}", where=where)


def _unwritten(found: h5py.Dataset) -> bool:
    """Tell whether parts of an array are missing: HDF5 would give zeros without a word."""
    if found.size == 0:
        return False
    if found.chunks is None:
        return found.id.get_storage_size() < found.size * found.dtype.itemsize
    stat = Path(found.file.filename).stat()
    key = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, found.name)
    if key not in _counted:  # a file that is read block by block is counted once: HDF5 looks at every chunk
        wanted = np.prod([-(-size // chunk) for size, chunk in zip(found.shape, found.chunks, strict=True)])
        if found.id.get_num_chunks() < wanted:
            return True
        _counted.append(key)
    return False


def rows(found: h5py.Dataset, start: int, stop: int | None, where: str, column: int | None = None) -> np.ndarray:
    """Read rows of an array.

    Parameters
    ----------
    found : h5py.Dataset
        What `numbers` gave.
    start, stop : int
        The rows.
    where : str
        The file, for messages.
    column : int, optional
        Only this one.

    Returns
    -------
    ndarray
        The values in native byte order.

    Raises
    ------
    InputError
        ``E_TRUNCATED`` if they cannot be unpacked.
    """
    at = f"{where}, {found.name}"
    try:
        values = found[start:stop] if column is None else found[start:stop, column]
    except (OSError, RuntimeError, MemoryError) as error:
        told = f"rows {start} to {stop} that cannot be unpacked ({error})"
        raise InputError("E_TRUNCATED", told, "a whole array", where=at) from error
    return values.astype(values.dtype.newbyteorder("="), copy=False)
