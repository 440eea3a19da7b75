"""What is in this .npz file, and may it be read? Its directory is looked at before numpy sees anything of it."""

from __future__ import annotations

import contextlib
import math
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from jetexplore.errors import InputError
from jetexplore.files import DAMAGE
from jetexplore.jets.layouts.hdf5 import BOMB_BYTES, BOMB_RATIO

MEMBERS_MAX = 1000
HEADER_MAX = 10_000  # bytes, as numpy has it
UNREADABLE = (
    ValueError, KeyError, TypeError, SyntaxError, tokenize.TokenError, RecursionError, MemoryError, EOFError,
)  # fmt: skip
PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


class Member(NamedTuple):
    """An array of the archive, not read yet."""

    shape: tuple[int, ...]
    dtype: np.dtype


class Archive(NamedTuple):
    """An open file whose directory and headers are sound."""

    members: dict[str, Member]
    zip: zipfile.ZipFile
    where: str


@contextlib.contextmanager
def opened(path: str | Path) -> Iterator[Archive]:
    """Open a .npz file after its directory and the headers of its arrays were checked.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.

    Yields
    ------
    Archive
        Its arrays by name.

    Raises
    ------
    InputError
        ``E_TRUNCATED``, ``E_CRC``, ``E_NAME``, ``E_DUPLICATE``, ``E_LIMIT``, ``E_PICKLE``, ``E_HEADER``, ``E_DTYPE``.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.npz"
    >>> np.savez(path, x=np.zeros((3, 2)))
    >>> with opened(path) as archive:
    ...     archive.members["x"].shape
    (3, 2)
    """
    where = str(path)
    try:
        with zipfile.ZipFile(path) as archive:
            _directory(archive, where)
            members = {info.filename.removesuffix(".npy"): _header(archive, info, where) for info in archive.infolist()}
            yield Archive(members, archive, where)
    except InputError:
        raise
    except zipfile.BadZipFile as error:
        code = "E_CRC" if "CRC" in str(error) else "E_TRUNCATED"
        raise InputError(code, f"a damaged or cut-off file ({error})", "a whole .npz file", where=where) from error
    except zlib.error as error:
        raise InputError("E_CRC", f"a damaged array ({error})", "a whole .npz file", where=where) from error
    except DAMAGE as error:
        raise InputError("E_TRUNCATED", f"a damaged file ({error})", "a whole .npz file", where=where) from error


def _directory(archive: zipfile.ZipFile, where: str) -> None:
    infos = archive.infolist()
    if len(infos) > MEMBERS_MAX:
        raise InputError("E_LIMIT", f"{len(infos)} arrays", f"at most {MEMBERS_MAX}", where=where)
    archive.fp.seek(-22, 2)
    end = archive.fp.read(22)  # a damaged entry may swallow the next one, which zipfile does not tell
    if not end.startswith(b"PK\5\6") or len(infos) != int.from_bytes(end[10:12], "little"):
        found = f"{len(infos)} arrays in a directory of another length"
        raise InputError("E_TRUNCATED", found, "a whole .npz file", where=where)
    seen: set[str] = set()
    size = packed = 0
    for info in infos:
        name = info.filename
        if not name.endswith(".npy") or ".." in name or "\\" in name or name.startswith("/") or ":" in name:
            raise InputError("E_NAME", f"a member {name[:60]!r}", "arrays NAME.npy", where=where)
        if name in seen:
            raise InputError("E_DUPLICATE", f"two members {name[:60]!r}", "one of each name", where=where)
        if info.compress_type not in PACKED or info.flag_bits & 1:
            raise InputError("E_FILTER", f"a member {name[:60]!r} packed otherwise", "as numpy packs it", where=where)
        seen.add(name)
        size, packed = size + info.file_size, packed + info.compress_size
    if size > BOMB_BYTES and size > BOMB_RATIO * packed:
        found = f"{size} bytes packed in {packed}"
        raise InputError("E_LIMIT", found, f"at most {BOMB_RATIO} times the size", where=where)


def _header(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str) -> Member:
    at = f"{where}, {info.filename}"
    with archive.open(info) as stream:
        try:
            major, _ = np.lib.format.read_magic(stream)
            readers = {1: np.lib.format.read_array_header_1_0, 2: np.lib.format.read_array_header_2_0}
            shape, fortran, dtype = readers[major](stream, max_header_size=HEADER_MAX)
        except UNREADABLE as error:
            raise InputError("E_HEADER", "a header that cannot be read", "an array of numpy", where=at) from error
        start = stream.tell()
    if dtype.hasobject:
        raise InputError("E_PICKLE", "an array of Python objects", "plain numbers", where=at)
    if dtype.kind not in "biufU":
        raise InputError("E_DTYPE", f"an array of {dtype}", "plain numbers", where=at)
    if any(not isinstance(length, int) or length < 0 for length in shape):
        raise InputError("E_HEADER", f"a shape of {shape}", "lengths >= 0", where=at)
    if math.prod(shape) * dtype.itemsize != info.file_size - start:
        found = f"a shape of {shape} for {info.file_size - start} bytes"
        raise InputError("E_HEADER", found, "as many as it says", where=at)
    if fortran and len(shape) > 1:
        raise InputError("E_LAYOUT", "an array in the order of Fortran", "that of C", where=at)
    return Member(shape, dtype)


class Column:
    """An array that is read from its beginning, some rows at a time.

    Parameters
    ----------
    archive : Archive
        The open file.
    name : str
        The array.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.npz"
    >>> np.savez(path, x=np.arange(6).reshape(3, 2))
    >>> with opened(path) as archive:
    ...     Column(archive, "x").take(1).tolist()
    [[0, 1]]
    """

    def __init__(self, archive: Archive, name: str) -> None:
        self._where = f"{archive.where}, {name}"
        self._member = archive.members[name]
        self._stream: BinaryIO = archive.zip.open(f"{name}.npy")
        major, _ = np.lib.format.read_magic(self._stream)
        read = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
        read(self._stream)
        if not self._member.shape:
            raise InputError("E_SHAPE", "a single number", "rows", where=self._where)
        self.left = self._member.shape[0]

    def take(self, n: int) -> np.ndarray:
        """Read the next rows.

        Parameters
        ----------
        n : int
            How many, at most what is left.

        Returns
        -------
        ndarray, shape (n, ...)
            In the machine's byte order.

        Raises
        ------
        InputError
            ``E_LENGTH`` if fewer are left.
        """
        if n > self.left:
            raise InputError("E_LENGTH", f"{self.left} entries where {n} are needed", "arrays that fit", self._where)
        shape, dtype = (n, *self._member.shape[1:]), self._member.dtype
        self.left -= n
        content = self._stream.read(math.prod(shape) * dtype.itemsize)
        if not self.left:
            self._stream.read()  # past its end the archive checks the sum
        values = np.frombuffer(content, dtype).reshape(shape)
        return values.astype(dtype.newbyteorder("="), copy=False)


def vector(archive: Archive, name: str) -> np.ndarray:
    """Read a whole array of one dimension.

    Parameters
    ----------
    archive : Archive
        The open file.
    name : str
        The array.

    Returns
    -------
    ndarray, shape (n,)
        Its numbers.

    Raises
    ------
    InputError
        ``E_SHAPE`` if it has another number of dimensions.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.npz"
    >>> np.savez(path, x=np.arange(3))
    >>> with opened(path) as archive:
    ...     vector(archive, "x").tolist()
    [0, 1, 2]
    """
    shape = archive.members[name].shape
    if len(shape) != 1:
        raise InputError("E_SHAPE", f"a shape of {shape}", "one dimension", where=f"{archive.where}, {name}")
    return Column(archive, name).take(shape[0])
