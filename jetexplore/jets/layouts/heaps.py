"""Are the heaps sound in which an HDF5 file keeps cells of any length? In some the library would go in circles.

A collection ("GCOL", HDF5 file format specification, section III.E) is a list of objects, each with its size; HDF5 2.0
walks along them without end where free space of size 0 is claimed.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from jetexplore.errors import InputError

if TYPE_CHECKING:
    import h5py

START = b"GCOL\x01\x00\x00\x00"  # signature, version, reserved
HEAD = 16  # bytes before the first object, and of the head of each
LENGTHS = {0: 14, 1: 14, 2: 10, 3: 10}  # by version of the superblock, where it tells the size of lengths
REFERENCE = np.dtype([("length", "<u4"), ("heap", "<u8"), ("index", "<u4")])  # 16 bytes a cell
WINDOW = 1 << 24  # bytes in memory at a time
_sound: deque[tuple] = deque(maxlen=64)


def check(member: h5py.Dataset, where: str) -> None:
    """See that cells do not claim more than the file holds, and that all heaps of the file are sound.

    Parameters
    ----------
    member : h5py.Dataset
        Of cells of any length.
    where : str
        For messages.

    Raises
    ------
    InputError
        ``E_LIMIT`` for cells of more bytes than the file (the library would make room for them), ``E_CORRUPT`` if
        objects do not fill a heap, ``E_LAYOUT`` for lengths that do not have 8 bytes or another way of storage.

    Examples
    --------
    >>> import tempfile
    >>> import h5py
    >>> path = Path(tempfile.mkdtemp()) / "a.h5"
    >>> with h5py.File(path, "w") as file:
    ...     made = file.create_dataset("x", (2,), h5py.vlen_dtype(np.float64))
    ...     made[0] = [1.0, 2.0]
    >>> content = bytearray(path.read_bytes())
    >>> at = content.find(START) + HEAD
    >>> content[at + 32 : at + 48] = bytes(HEAD)  # what is free has no size any more
    >>> _ = path.write_bytes(content)
    >>> with h5py.File(path) as file:
    ...     check(file["x"], "a.h5")
    Traceback (most recent call last):
    ...
    jetexplore.errors.InputError: a.h5: a damaged heap of cells at byte ...; allowed: a whole HDF5 file
    """
    path = Path(member.file.filename)
    told = member.id.get_type().encode()  # two bytes, then as it is in a file: class 9, and what kind of it
    if told[2] & 15 != 9 or told[3] & 15 != 0:
        raise InputError("E_CORRUPT", "cells of no known kind", "lists of numbers", where=f"{where}, {member.name}")
    stat = path.stat()
    key = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)
    with path.open("rb") as stream:
        start = stream.read(16)
        size = start[LENGTHS.get(start[8], 14)]
        if size != 8:
            raise InputError("E_LAYOUT", f"lengths of {size} bytes", "of 8 bytes", where=where)
        total = sum(int(some["length"].sum(dtype=np.uint64)) for some in _references(member, stream, where))
        claimed = total * member.id.get_type().get_super().get_size()
        if claimed > stat.st_size:
            found = f"cells of {claimed} bytes in a file of {stat.st_size}"
            raise InputError("E_LIMIT", found, "cells that are in the file", where=f"{where}, {member.name}")
        if key not in _sound:
            _walk(stream, stat.st_size, where)
            _sound.append(key)


def _references(member: h5py.Dataset, stream: BinaryIO, where: str) -> Iterator[np.ndarray]:
    """Give what the file has in place of the cells: their lengths, and where they are."""
    if member.chunks is None:
        first, size = member.id.get_offset(), member.size * REFERENCE.itemsize
        if first is None or member.id.get_storage_size() != size:
            raise InputError("E_LAYOUT", "cells stored otherwise", "in one piece, or in chunks", where=where)
        stream.seek(first)
        for left in range(size, 0, -WINDOW):
            packed = stream.read(min(left, WINDOW))
            yield np.frombuffer(packed[: len(packed) // REFERENCE.itemsize * REFERENCE.itemsize], REFERENCE)
        return
    import h5py

    # unpacked by the library, which takes them for numbers in a small file of their own
    plan, kind = member.id.get_create_plist(), h5py.h5t.py_create(REFERENCE)
    filters = [plan.get_filter(k)[:3] for k in range(plan.get_nfilters())]
    space = h5py.h5s.create_simple(member.chunks)
    with h5py.File("references", "w", driver="core", backing_store=False) as file:
        for k in range(member.id.get_num_chunks()):
            place = member.id.get_chunk_info(k).chunk_offset
            left_out, packed = member.id.read_direct_chunk(place)
            alike = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            alike.set_chunk(member.chunks)
            for some in (some for at, some in enumerate(filters) if not left_out >> at & 1):
                alike.set_filter(*some)
            one = h5py.h5d.create(file.id, str(k).encode(), kind, space, dcpl=alike)
            one.write_direct_chunk((0,) * member.ndim, packed)
            inside = tuple(slice(max(size - first, 0)) for size, first in zip(member.shape, place, strict=True))
            yield h5py.Dataset(one)[()][inside]  # beyond the end there may be anything


def _walk(stream: BinaryIO, size: int, where: str) -> None:
    first = here = 0  # of a window, and where to look on
    while first < size:
        stream.seek(first)
        window = stream.read(WINDOW)
        while (at := window.find(START, here - first)) >= 0:
            here = _end(stream, first + at, size)
            if here < 0:
                found = f"a damaged heap of cells at byte {first + at}"
                raise InputError("E_CORRUPT", found, "a whole HDF5 file", where=where)
            if here >= first + len(window):
                break
        # the next one begins before the end of this one, where a signature may be cut
        first = here = max(here, first + max(len(window) - len(START) + 1, 1))


def _end(stream: BinaryIO, at: int, size: int) -> int:
    """Where a heap ends, or -1 if it is damaged."""
    _, length = _head(stream, at)
    end = at + length
    if not at + 2 * HEAD <= end <= size:
        return -1
    here = at + HEAD
    while here + HEAD <= end:  # less is free space without a head
        number, length = _head(stream, here)
        step = HEAD + -(-length // 8) * 8 if number else length  # what is free counts its head
        if step < HEAD or here + step > end:
            return -1
        here += step
    return end


def _head(stream: BinaryIO, at: int) -> tuple[int, int]:
    head = os.pread(stream.fileno(), HEAD, at)
    return int.from_bytes(head[:2], "little"), int.from_bytes(head[8:], "little")
