"""How are scores of jets written? A row a jet, as Parquet, CSV or .npz, with where they come from inside the file."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np

from jetexplore.errors import InputError
from jetexplore.files import write_npz

Table = Mapping[str, np.ndarray]  # columns of equal length
KEY = b"jetexplore"  # of the metadata of a Parquet file


def write(path: Path, tables: Iterable[Table], provenance: Mapping) -> None:
    """Write blocks of rows; the same rows give the same bytes.

    Parameters
    ----------
    path : pathlib.Path
        Ends in one of `WRITERS`.
    tables : iterable of mapping of str to ndarray
        Blocks with the same columns.
    provenance : mapping
        What JSON can hold: in the schema's metadata (Parquet), in lines that begin with ``#`` (CSV), or as the array
        ``metadata`` (.npz).

    Raises
    ------
    InputError
        ``E_SUFFIX``.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> write(path, [{"pt": np.array([0.1])}], {"file": "a.h5"})
    >>> path.read_text().split()
    ['#', '{"file":', '"a.h5"}', 'pt', '0.1']
    """
    WRITERS[check(path)](path, tables, provenance)


def packed(columns: Table, provenance: Mapping) -> bytes:
    """Write a table as the bytes of a Parquet file.

    Parameters
    ----------
    columns : mapping of str to ndarray
        Of equal length.
    provenance : mapping
        As for `write`.

    Returns
    -------
    bytes
        The file.

    Examples
    --------
    >>> packed({"pt": np.array([0.1])}, {})[:4]
    b'PAR1'
    """
    import tempfile

    with tempfile.TemporaryDirectory(prefix="jetexplore-") as folder:
        path = Path(folder) / "a.parquet"
        _parquet(path, [columns], provenance)
        return path.read_bytes()


def check(path: Path) -> str:
    """Tell the format of a file by its ending.

    Parameters
    ----------
    path : pathlib.Path
        To be written.

    Returns
    -------
    str
        A key of `WRITERS`.

    Raises
    ------
    InputError
        ``E_SUFFIX`` for any other.
    """
    suffix = path.suffix.lower()
    if suffix not in WRITERS:
        raise InputError("E_SUFFIX", f"{path.name!r}", f"a name ending in {', '.join(WRITERS)}", where="output")
    return suffix


def _parquet(path: Path, tables: Iterable[Table], provenance: Mapping) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer = None
    try:
        for columns in tables:
            table = pa.table({name: pa.array(values) for name, values in columns.items()})
            if writer is None:
                schema = table.schema.with_metadata({KEY: json.dumps(provenance, sort_keys=True)})
                writer = pq.ParquetWriter(path, schema, compression="zstd")
            writer.write_table(table.replace_schema_metadata(schema.metadata))
    finally:
        if writer is not None:
            writer.close()


def _csv(path: Path, tables: Iterable[Table], provenance: Mapping) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(f"# {json.dumps(provenance, sort_keys=True)}\n")
        made = csv.writer(stream, lineterminator="\n")
        for number, columns in enumerate(tables):
            if not number:
                made.writerow(columns)
            made.writerows(zip(*(_texts(values) for values in columns.values()), strict=True))


def _texts(values: np.ndarray) -> list:
    """Write numbers so that reading gives the same ones, and nothing for NaN."""
    if values.dtype.kind == "f":
        return ["" if np.isnan(one) else repr(one) for one in values.tolist()]
    return values.tolist()


def _npz(path: Path, tables: Iterable[Table], provenance: Mapping) -> None:
    some = list(tables)
    write_npz(path, {name: np.concatenate([one[name] for one in some]) for name in some[0]}, provenance)


WRITERS: dict[str, Callable[[Path, Iterable[Table], Mapping], None]] = {
    ".parquet": _parquet, ".csv": _csv, ".npz": _npz,
}  # fmt: skip
