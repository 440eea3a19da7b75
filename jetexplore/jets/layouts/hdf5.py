"""What is in this HDF5 file, and may it be read? Everything is looked at before any number is."""

from __future__ import annotations

import contextlib
import pickletools
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets import hdf
from jetexplore.jets.layouts import heaps

if TYPE_CHECKING:
    import h5py

DEPTH_MAX = 16
ENDS = {0: 40, 1: 44, 2: 28, 3: 28}  # by version of the superblock, where it tells the end of the file
MEMBERS_MAX = 10_000
ATTRIBUTE_MAX = 1 << 16  # bytes
BOMB_BYTES = 1 << 28  # what unpacks to less than this is no bomb
BOMB_RATIO = 1000  # bytes a byte of the file
OWN = {"numpy", "_codecs", "copy_reg", "copyreg"}  # modules that pandas and PyTables name in what they pickle


def members(file: h5py.File, where: str) -> dict[str, h5py.Dataset]:
    """List the arrays of a file; refuse what leads out of it, in circles, or holds code.

    Parameters
    ----------
    file : h5py.File
        An open file.
    where : str
        Its name, for messages.

    Returns
    -------
    dict of str to h5py.Dataset
        By path, without the leading slash.

    Raises
    ------
    InputError
        ``E_LINK`` (soft links, circles), ``E_EXTERNAL``, ``E_PICKLE``, ``E_LIMIT`` (more members or bytes than any
        file of jets), ``E_TRUNCATED``, ``E_TRAILING`` (bytes behind the end).

    Examples
    --------
    >>> h5py = hdf.with_filters()
    >>> with h5py.File("a.h5", "w", driver="core", backing_store=False) as file:
    ...     file["jets/pt"] = [1.0]
    ...     sorted(members(file, "a.h5"))
    ['jets/pt']
    """
    found: dict[str, h5py.Dataset] = {}
    _check_end(file, where)
    try:
        _attributes(file, where)
        _walk(file, "", where, found, 0)
    except InputError:
        raise
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, UnicodeError) as error:
        raise InputError("E_TRUNCATED", f"damage ({error})", "a whole HDF5 file", where=where) from error
    return found


def _check_end(file: h5py.File, where: str) -> None:
    """Refuse bytes behind the end that a file claims: numbers may have been moved by what was put between them."""
    path = Path(file.filename)
    if not path.is_file():  # in memory
        return
    with path.open("rb") as stream:
        start = stream.read(64)
    at = ENDS.get(start[8], 0)
    if not at or start[13 if start[8] < 2 else 9] != 8:
        return
    end, size = int.from_bytes(start[at : at + 8], "little"), path.stat().st_size
    if end != size:
        mend = "h5repack makes a file of what is before the end"
        raise InputError("E_TRAILING", f"{size} bytes where {end} are claimed", "as many", where=where, mend=mend)


def _walk(group: h5py.Group, prefix: str, where: str, found: dict, depth: int) -> None:
    h5py = hdf.with_filters()
    if depth > DEPTH_MAX:
        raise InputError("E_LINK", f"groups in groups below {prefix[:60]!r}", f"at most {DEPTH_MAX}", where=where)
    for name in group:
        at = f"{prefix}{name}"
        link = group.get(name, getlink=True)
        if isinstance(link, h5py.ExternalLink):
            raise InputError("E_EXTERNAL", f"a link to another file at {at!r}", "data in the file itself", where=where)
        if not isinstance(link, h5py.HardLink):
            raise InputError("E_LINK", f"a soft link at {at!r}", "data in the file itself", where=where)
        member = group[name]
        _attributes(member, f"{where}, {at}")
        if isinstance(member, h5py.Group):
            _walk(member, f"{at}/", where, found, depth + 1)
        elif isinstance(member, h5py.Dataset):
            _harmless(member, f"{where}, {at}")
            found[at] = member
        if len(found) > MEMBERS_MAX:
            raise InputError("E_LIMIT", f"more than {MEMBERS_MAX} arrays", "fewer", where=where)


def _harmless(member: h5py.Dataset, where: str) -> None:
    h5py = hdf.with_filters()
    if "PSEUDOATOM" in member.attrs or (member.dtype.kind == "O" and _cells(member) == np.uint8):
        raise InputError("E_PICKLE", "an array of Python objects", "plain numbers", where=where)
    if member.dtype.kind == "O" and h5py.check_ref_dtype(member.dtype):
        raise InputError("E_EXTERNAL", "an array of references", "plain numbers", where=where)
    if member.external or member.is_virtual:
        raise InputError("E_EXTERNAL", "values kept in another file", "data in the file itself", where=where)


def _attributes(node: h5py.Group | h5py.Dataset, where: str) -> None:
    """Refuse pickled attributes that name foreign code; those of pandas (None, lists of names) are left unread."""
    for name in node.attrs:
        identity = node.attrs.get_id(name)
        if identity.dtype.kind != "S" or identity.shape or identity.dtype.itemsize > ATTRIBUTE_MAX:
            continue  # not what PyTables pickles
        content = node.attrs[name]
        content = content if isinstance(content, bytes) else b""
        if names_code(content):
            raise InputError("E_PICKLE", f"a pickled attribute {name!r}", "plain numbers and text", where=where)


def names_code(content: bytes) -> bool:
    """Tell whether bytes are a pickle that would call something; nothing of it is run.

    Parameters
    ----------
    content : bytes
        Anything.

    Returns
    -------
    bool
        True for a pickle with functions in it.

    Examples
    --------
    >>> import pickle, os
    >>> names_code(pickle.dumps(os.getcwd)), names_code(pickle.dumps(["a", 1])), names_code(b"text")
    (True, False, False)
    """
    if not content or content[:1] not in b"\x80(c]}NISFVL":
        return False
    called, texts = False, [""]
    with contextlib.suppress(ValueError, UnicodeError, IndexError, OverflowError, MemoryError):
        for operation, argument, _ in pickletools.genops(content):
            if operation.name in {"GLOBAL", "INST"}:
                called |= str(argument).partition(" ")[0].partition(".")[0] not in OWN
            elif operation.name == "STACK_GLOBAL":
                called |= texts[-2:][0].partition(".")[0] not in OWN
            elif isinstance(argument, str):
                texts.append(argument)
            if operation.name == "STOP":
                return called
    return called and content[:1] == b"\x80"  # it begins like one, and only its end is missing


def _cells(member: h5py.Dataset) -> np.dtype | None:
    return hdf.with_filters().check_vlen_dtype(member.dtype)


def table(found: dict[str, h5py.Dataset], key: str, dimensions: int, where: str, kinds: str = "fiu") -> h5py.Dataset:
    """Take an array of numbers that is known to be sound.

    Parameters
    ----------
    found : dict
        What `members` gave.
    key : str
        Which.
    dimensions : int
        How many it must have.
    where : str
        The file, for messages.
    kinds : str
        Allowed kinds of dtype.

    Returns
    -------
    h5py.Dataset
        The array, not read yet.

    Raises
    ------
    InputError
        ``E_LIMIT`` for a bomb, ``E_EMPTY`` for no rows, otherwise as `hdf.numbers` or, for cells, `heaps.check`.

    Examples
    --------
    >>> h5py = hdf.with_filters()
    >>> with h5py.File("a.h5", "w", driver="core", backing_store=False) as file:
    ...     file["pt"] = [[1.0]]
    ...     table({"pt": file["pt"]}, "pt", 1, "a.h5")
    Traceback (most recent call last):
    ...
    jetexplore.errors.InputError: a.h5, /pt: 2 dimensions of float64; allowed: 1 of real numbers
    """
    member = found[key]
    _no_bomb(member, f"{where}, {key}")
    group, name = member.parent, member.name.rpartition("/")[2]
    if "O" not in kinds:
        hdf.numbers(group, name, dimensions, where, kinds)
    elif not isinstance(_cells(member), np.dtype) or _cells(member).kind not in "fiu" or member.ndim != dimensions:
        told = f"{member.ndim} dimensions of {member.dtype}"
        raise InputError("E_DTYPE", told, "cells of numbers", where=f"{where}, {key}")
    else:
        heaps.check(member, where)
    if member.shape[0] == 0:
        raise InputError("E_EMPTY", f"no rows in {key!r}", "at least one", where=where)
    return member


def _no_bomb(member: h5py.Dataset, where: str) -> None:
    size = int(np.prod(member.shape, dtype=object) or 0) * member.dtype.itemsize
    stored = member.id.get_storage_size()
    if size > BOMB_BYTES and size > BOMB_RATIO * stored:
        found = f"{size} bytes packed in {stored}"
        raise InputError("E_LIMIT", found, f"at most {BOMB_RATIO} times the size", where=where)


def rows(member: h5py.Dataset, start: int, stop: int, where: str) -> np.ndarray:
    """Read rows.

    Parameters
    ----------
    member : h5py.Dataset
        What `table` gave.
    start, stop : int
        Which.
    where : str
        The file, for messages.

    Returns
    -------
    ndarray
        In the machine's byte order.

    Raises
    ------
    InputError
        ``E_CORRUPT_CHUNK`` if they cannot be unpacked.

    Examples
    --------
    >>> h5py = hdf.with_filters()
    >>> with h5py.File("a.h5", "w", driver="core", backing_store=False) as file:
    ...     file["pt"] = np.array([1.0, 2.0], ">f4")
    ...     rows(file["pt"], 1, 2, "a.h5")
    array([2.], dtype=float32)
    """
    try:
        return hdf.rows(member, start, stop, where)
    except InputError as error:
        raise InputError("E_CORRUPT_CHUNK", error.found, error.expected, where=error.where) from error


def sound(member: h5py.Dataset, where: str) -> None:
    """Check a table of columns the way `table` checks an array of numbers: bombs, filters, chunks.

    Parameters
    ----------
    member : h5py.Dataset
        What `members` found.
    where : str
        For messages.

    Raises
    ------
    InputError
        ``E_LIMIT`` or ``E_FILTER``.

    Examples
    --------
    >>> h5py = hdf.with_filters()
    >>> with h5py.File("a.h5", "w", driver="core", backing_store=False) as file:
    ...     file["pt"] = [1.0]
    ...     sound(file["pt"], "a.h5")
    """
    _no_bomb(member, where)
    hdf.check_filters(member, where)
    if member.chunks and int(np.prod(member.chunks)) * member.dtype.itemsize > hdf.CHUNK_MAX:
        raise InputError("E_LIMIT", f"chunks of {member.chunks} rows", f"at most {hdf.CHUNK_MAX} bytes", where=where)
