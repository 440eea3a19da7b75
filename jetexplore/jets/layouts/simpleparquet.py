"""Our simple layout in Parquet: a row a jet, lists ``pt``, ``eta``, ``phi`` (or ``px``, ``py``, ``pz``).

Beside them perhaps ``label`` (whole numbers), ``class`` (text) and ``event``. Lists may have any length or be padded.
"""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets.layouts.blocks import Raw, Request, from_cartesian, labels_of, nearest, ragged
from jetexplore.jets.layouts.hdf5 import BOMB_BYTES, BOMB_RATIO
from jetexplore.jets.layouts.simplehdf5 import CARTESIAN, POLAR

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from jetexplore.jets.layouts.reading import Block

ROWS = 4096  # at a time: lists have any length
SUMS = "crc32"  # of columns, in what we note in a file: its footer has no checksum of its own
TEXT_MAX = 1 << 26  # bytes of a text in the footer


@contextlib.contextmanager
def opened(path: str | Path) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file after a look at what it says of its size.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.

    Yields
    ------
    pyarrow.parquet.ParquetFile
        The open file.

    Raises
    ------
    InputError
        ``E_TRUNCATED``, ``E_LIMIT``, or ``E_PACKAGE`` if pyarrow is not installed.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.parquet"
    >>> _ = path.write_bytes(b"PAR1")
    >>> with opened(path):
    ...     pass
    Traceback (most recent call last):
    ...
    jetexplore.errors.InputError: ...a.parquet: a damaged or cut-off file ...
    """
    where = str(path)
    try:
        import pyarrow.parquet as pq
        from pyarrow.lib import ArrowException
    except ModuleNotFoundError as error:
        mend = "pip install -e . -c constraints.txt"
        raise InputError("E_PACKAGE", f"no package {error.name}", "pyarrow", mend=mend) from error
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(
                pq.ParquetFile(
                    path, memory_map=False, pre_buffer=False, page_checksum_verification=True,
                    thrift_string_size_limit=TEXT_MAX, thrift_container_size_limit=1_000_000,
                )
            )  # fmt: skip
            _no_bomb(file.metadata, Path(path).stat().st_size, where)
        except InputError:
            raise
        except (ArrowException, OSError, MemoryError, ValueError) as error:
            said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            found = f"a damaged or cut-off file of {Path(path).stat().st_size} bytes ({said})"
            raise InputError("E_TRUNCATED", found, "a whole Parquet file", where=where) from error
        yield file


def _no_bomb(told: pq.FileMetaData, size: int, where: str) -> None:
    # not by columns: of a damaged footer pyarrow 25 does not raise there but ends the process
    _small(sum(told.row_group(k).total_byte_size for k in range(told.num_row_groups)), size, where)


def _small(unpacked: int, size: int, where: str) -> None:
    if unpacked > BOMB_BYTES and unpacked > BOMB_RATIO * size:
        found = f"{unpacked} bytes packed in {size}"
        raise InputError("E_LIMIT", found, f"at most {BOMB_RATIO} times the size", where=where)


def metadata(file: pq.ParquetFile) -> dict:
    """Read what `write` noted of a file.

    Parameters
    ----------
    file : pyarrow.parquet.ParquetFile
        The open file.

    Returns
    -------
    dict
        Empty for files of others.
    """
    with contextlib.suppress(ValueError, TypeError):
        told = json.loads((file.metadata.metadata or {}).get(b"jetexplore", b"{}"))
        return told if isinstance(told, dict) else {}
    return {}


def stream(file: pq.ParquetFile, where: str, request: Request) -> Iterator[Raw]:
    """Read jets block by block.

    Parameters
    ----------
    file : pyarrow.parquet.ParquetFile
        The open file.
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
        ``E_COLUMN``, ``E_DTYPE``, ``E_NULL``, ``E_LENGTH``, ``E_EMPTY``, ``E_CORRUPT_CHUNK``; ``E_CHECKSUM`` at the end
        of a file of ours that has other numbers than were written.
    """
    from pyarrow.lib import ArrowException

    schema = file.schema_arrow
    names = next((some for some in (POLAR, CARTESIAN) if set(some) <= set(schema.names)), None)
    if names is None:
        found = f"columns {', '.join(schema.names[:12])}"
        accepted = "lists pt, eta, phi or px, py, pz"
        raise InputError("E_COLUMN", found, accepted, where=where, mend=nearest((*POLAR, *CARTESIAN), schema.names))
    for name in names:
        _check_kind(schema.field(name).type, f"{where}, {name}")
    if file.metadata.num_rows == 0:
        raise InputError("E_EMPTY", "no rows", "at least one", where=where)
    beside = [name for name in ("label", "class", "event") if name in schema.names]
    longest = file.metadata.num_rows // max(file.metadata.num_row_groups, 1)
    size, unpacked, sums = Path(where).stat().st_size, 0, {}
    noted = metadata(file).get(SUMS)
    first, batches = 0, file.iter_batches(min(request.rows or ROWS, max(longest, 1)), columns=[*names, *beside])
    while True:
        try:
            batch = next(batches, None)
        except (ArrowException, OSError, MemoryError, ValueError) as error:
            said = str(error).splitlines()[0][:200]
            found = f"rows from {first} on that cannot be unpacked ({said})"
            raise InputError("E_CORRUPT_CHUNK", found, "a whole file", where=where) from error
        if batch is None:
            if noted is not None and noted != sums:
                found = "other numbers than were written"
                raise InputError("E_CHECKSUM", found, "a file as it was written", where=where)
            return
        unpacked += batch.nbytes  # equal values are packed to almost nothing, and their pages told to be small
        _small(unpacked, size, where)
        if batch.num_rows:
            raw = _raw(batch, names, beside, first, where)
            _add(sums, raw)
            yield raw
            first += batch.num_rows


def _add(sums: dict[str, int], raw: Raw) -> None:
    """Sum up columns; the same however they are parted into blocks."""
    for name, values in raw._asdict().items():
        if values is not None and values.dtype.kind != "U":
            sums[name] = zlib.crc32(np.ascontiguousarray(values).view(np.uint8), sums.get(name, 0))


def _check_kind(kind: pa.DataType, where: str) -> None:
    import pyarrow as pa

    lists = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    if not lists or not (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type)):
        raise InputError("E_DTYPE", f"a column of {kind}", "lists of numbers", where=where)


def _raw(batch: pa.RecordBatch, names: tuple[str, ...], beside: list[str], first: int, where: str) -> Raw:
    import pyarrow.compute as pc

    flat, counts = [], None
    for name in names:
        column = batch.column(name)
        values = pc.list_flatten(column)
        if column.null_count or values.null_count:
            found = f"{column.null_count} lists and {values.null_count} values that are null from row {first} on"
            raise InputError("E_NULL", found, "numbers", where=f"{where}, {name}")
        lengths = pc.list_value_length(column).to_numpy(zero_copy_only=False).astype(np.int64)
        if counts is not None and np.any(lengths != counts):
            row = first + int(np.flatnonzero(lengths != counts)[0])
            raise InputError("E_LENGTH", f"lists of unequal length in row {row}", "equal lengths", where=where)
        counts = lengths
        flat.append(values.to_numpy(zero_copy_only=False).astype(np.float64))
    label, event = None, np.arange(first, first + batch.num_rows)
    for name in beside:
        column = batch.column(name)
        if column.null_count:
            raise InputError("E_NULL", f"{column.null_count} null", "one a jet", where=f"{where}, {name}")
        values = column.to_numpy(zero_copy_only=False)
        if name == "event" and values.dtype.kind in "iu":
            event = values.astype(np.int64)
        elif name != "event" and label is None:
            label = labels_of(values.astype(str) if values.dtype == object else values, where)
    three = from_cartesian(*flat) if names == CARTESIAN else flat
    return ragged(*three, counts, event, label)


def write(path: Path, blocks: Iterator[Block], told: dict) -> None:
    """Write a row a jet, block by block, with a checksum of each page.

    Parameters
    ----------
    path : pathlib.Path
        The file to write; the caller sees to it that it appears whole.
    blocks : iterator of Block
        The jets.
    told : dict
        Where they are from, kept as JSON in the footer.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer, sums = None, {}
    try:
        for block in blocks:
            some = block.jets
            _add(sums, Raw(some.pt, some.eta, some.phi, some.counts, block.label, block.event))
            offsets = pa.array(block.jets.offsets, pa.int64())
            arrays = {
                name: pa.LargeListArray.from_arrays(offsets, pa.array(getattr(block.jets, name))) for name in POLAR
            }
            arrays["event"] = pa.array(block.event)
            if block.label is not None:
                arrays["label"] = pa.array(block.label)
            table = pa.table(arrays)
            if writer is None:
                writer = pq.ParquetWriter(path, table.schema, compression="zstd", write_page_checksum=True)
            writer.write_table(table)
        if writer is None:
            raise InputError("E_EMPTY", "no jets", "at least one", where=str(path))
        writer.add_key_value_metadata({"jetexplore": json.dumps({**told, SUMS: sums}, sort_keys=True)})
    finally:
        if writer is not None:
            writer.close()
