"""What kind of file is this, and which layout has it? By its first bytes and its keys, never by its name."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from jetexplore.errors import InputError, choose
from jetexplore.jets import frames, hdf
from jetexplore.jets.layouts import hdf5, nanoaod, native, npz, simpleparquet
from jetexplore.jets.layouts.blocks import Raw, nearest
from jetexplore.jets.layouts.catalogue import LAYOUTS, Layout

FAMILIES = {
    b"\x89HDF\r\n\x1a\n": "hdf5",
    b"PK\x03\x04": "npz",
    b"PK\x05\x06": "npz",
    b"PAR1": "parquet",
    b"root": "root",
}
TITLES = {"hdf5": "HDF5", "npz": ".npz", "parquet": "Parquet", "root": "ROOT"}
ENDINGS = {
    "h5": "hdf5",
    "hdf5": "hdf5",
    "hdf": "hdf5",
    "npz": "npz",
    "parquet": "parquet",
    "pq": "parquet",
    "root": "root",
}


class Source(NamedTuple):
    """An open file whose layout is known."""

    name: str  # of the layout, in `LAYOUTS`
    layout: Layout
    handle: Any  # what the layout's stream takes
    metadata: dict  # what the file says of itself, if we wrote it


def family(path: str | Path) -> str:
    """Tell the kind of a file by its first bytes.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.

    Returns
    -------
    str
        ``"hdf5"``, ``"npz"``, ``"parquet"`` or ``"root"``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        ``E_NOT_FILE`` (a folder, a pipe), ``E_PERMISSION``, ``E_PICKLE``, ``E_NOT_HDF5``, ``E_NOT_NPZ``,
        ``E_NOT_PARQUET``, ``E_NOT_ROOT`` (by the ending that it should have), or ``E_FORMAT``.

    Examples
    --------
    >>> from jetexplore.files import data_dir
    >>> family(data_dir() / "sample" / "W_test.npz")
    'npz'
    """
    path = Path(path)
    try:
        mode = path.stat().st_mode
        regular = stat.S_ISREG(mode)
        if regular:  # a pipe would be waited for
            with path.open("rb") as stream:
                start = stream.read(128)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"no file {path}") from error
    except PermissionError as error:
        raise InputError("E_PERMISSION", "a file that may not be read", "leave to read it", where=str(path)) from error
    except (OSError, ValueError) as error:
        raise InputError("E_NOT_FILE", f"no file that can be read ({error})", "a file", where=repr(path)) from error
    if not regular:
        raise InputError("E_NOT_FILE", "something that is not a file", "a file", where=str(path))
    for magic, name in FAMILIES.items():
        if start.startswith(magic):
            return name
    if hdf5.names_code(start) or (start[:1] == b"\x80" and start[1:2] in b"\x02\x03\x04\x05"):
        raise InputError("E_PICKLE", "pickled Python objects", "arrays of numbers", where=str(path))
    if start.startswith(b"\x93NUMPY"):
        code = "E_PICKLE" if b"|O" in start else "E_FORMAT"
        raise InputError(code, "one array of numpy alone", "a .npz file", where=str(path), mend="numpy.savez")
    wanted = ENDINGS.get(path.suffix.lower().removeprefix("."))
    found = f"a file that starts with {start[:8]!r}" if start else "an empty file"
    if wanted:
        code = f"E_NOT_{wanted.upper()}"
        raise InputError(code, found, f"the {TITLES[wanted]} file that its name promises", where=str(path))
    raise InputError("E_FORMAT", found, ", ".join(TITLES.values()), where=str(path))


@contextlib.contextmanager
def opened(path: str | Path, layout: str | None = None) -> Iterator[Source]:
    """Open a file and recognise its layout.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    layout : str, optional
        A name in `LAYOUTS` instead of what would be recognised.

    Yields
    ------
    Source
        The open file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        ``E_KEY`` or ``E_LAYOUT`` if no layout fits, ``E_CHANGED`` if the file was changed meanwhile, or a code of
        `family` and of the file's kind.

    Examples
    --------
    >>> from jetexplore.files import data_dir
    >>> with opened(data_dir() / "sample" / "W_test.npz") as source:
    ...     source.name
    'native'
    """
    if layout is not None:
        choose("layout", layout, LAYOUTS, "E_LAYOUT")
    path, kind = Path(path), family(path)
    where, before = str(path), _state(path)
    if layout is not None and LAYOUTS[layout].family != kind:
        found, expected = f"a file of {TITLES[kind]}", f"one of {TITLES[LAYOUTS[layout].family]}"
        raise InputError("E_LAYOUT", found, f"{expected}, for the layout {layout!r}", where=where)
    with contextlib.ExitStack() as stack:
        told: dict = {}
        if kind == "hdf5":
            file = stack.enter_context(hdf.opened(path))
            handle = hdf5.members(file, where)
            keys, told = set(handle), frames.metadata(file)
        elif kind == "npz":
            handle = stack.enter_context(npz.opened(path))
            keys = set(handle.members)
        elif kind == "parquet":
            handle = stack.enter_context(simpleparquet.opened(path))
            keys, told = set(handle.schema_arrow.names), simpleparquet.metadata(handle)
        else:
            handle = stack.enter_context(nanoaod.opened(path))
            keys = set()
        name = _recognised(keys, kind, layout, where)
        if name == "native":
            told = native.metadata(handle)
        yield Source(name, LAYOUTS[name], handle, told)
        if _state(path) != before:
            raise InputError("E_CHANGED", "a file that was changed while it was read", "one at rest", where=where)


def of_half_precision(source: Source) -> list[str]:
    """List the arrays of a file that have 16 bits a number, other than our own, which are meant to.

    Parameters
    ----------
    source : Source
        The open file.

    Returns
    -------
    list of str
        Their names.

    Examples
    --------
    >>> from jetexplore.files import data_dir
    >>> with opened(data_dir() / "sample" / "W_test.npz") as source:
    ...     of_half_precision(source)
    []
    """
    if source.name == "native" or source.layout.family == "root":
        return []
    if source.layout.family == "parquet":
        return [one.name for one in source.handle.schema_arrow if "halffloat" in str(one.type)]
    arrays = source.handle if source.layout.family == "hdf5" else source.handle.members
    return [name for name, array in arrays.items() if array.dtype == np.float16]


def guarded(blocks: Iterator[Raw], where: str) -> Iterator[Raw]:
    """Tell in one sentence of whatever the libraries that unpack a damaged file may raise.

    Parameters
    ----------
    blocks : iterator of Raw
        What a layout reads.
    where : str
        The file, for messages.

    Yields
    ------
    Raw
        The same.

    Raises
    ------
    InputError
        ``E_CORRUPT``, ``E_LIMIT`` for more than fits into memory, or what the layout raises.

    Examples
    --------
    >>> list(guarded((1 // one for one in [1, 0]), "a.h5"))
    Traceback (most recent call last):
    ...
    jetexplore.errors.InputError: a.h5: values that cannot be read (integer division or modulo by zero); allowed: ...
    """
    try:
        yield from blocks
    except InputError:
        raise
    except MemoryError as error:
        raise InputError("E_LIMIT", "more than fits into memory", "less", where=where) from error
    except (OSError, RuntimeError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError) as error:
        said = " ".join(str(error).split())[:160]
        raise InputError("E_CORRUPT", f"values that cannot be read ({said})", "a whole file", where=where) from error


def _recognised(keys: set[str], kind: str, asked: str | None, where: str) -> str:
    candidates = {name: layout for name, layout in LAYOUTS.items() if layout.family == kind and asked in (None, name)}
    for name, layout in candidates.items():
        if layout.matches(keys):
            return name
    listed = ", ".join(sorted(keys)[:8]) or "nothing"
    accepted = "; ".join(f"{layout.needs} ({name})" for name, layout in candidates.items())
    names = ["pt", "eta", "phi", "df/block0_values", "objects/jets/constituents", "particle_features", "PFCands", "X"]
    code = "E_KEY" if kind == "hdf5" else "E_LAYOUT"
    raise InputError(code, f"arrays {listed}", accepted, where=where, mend=nearest(names, sorted(keys)))


def _state(path: Path) -> tuple:
    found = os.stat(path)  # noqa: PTH116  follows links like all that read
    return found.st_size, found.st_mtime_ns, found.st_ino
