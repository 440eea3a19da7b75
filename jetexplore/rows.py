"""How are results kept as a table? Named tuples as comma-separated values, whole or not at all."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar, get_type_hints

from jetexplore.errors import InputError
from jetexplore.files import atomic

Row = TypeVar("Row", bound=NamedTuple)


def write_rows(path: str | Path, names: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    """Write rows as comma-separated values, floats with six digits.

    Parameters
    ----------
    path : str or pathlib.Path
        The file, written atomically.
    names : sequence of str
        Of the columns.
    rows : iterable of sequence
        None becomes an empty cell.

    Returns
    -------
    pathlib.Path
        The file.
    """
    with atomic(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([f"{value:.6g}" if isinstance(value, float) else value for value in row] for row in rows)
    return Path(path)


def read_rows(path: str | Path, kind: type[Row], extra: Sequence[str] = ()) -> list[Row]:
    """Read what `write_rows` wrote of named tuples of strings and numbers.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    kind : type
        The named tuple; its annotations say what a cell is.
    extra : sequence of str
        Further columns at the end, which are left out.

    Returns
    -------
    list
        In order.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        ``E_LAYOUT`` if the file holds something else.

    Examples
    --------
    >>> import tempfile
    >>> class Point(NamedTuple):
    ...     name: str
    ...     x: float
    >>> path = write_rows(Path(tempfile.mkdtemp()) / "points.csv", Point._fields, [Point("a", 1.5)])
    >>> read_rows(path, Point)
    [Point(name='a', x=1.5)]
    """
    path = Path(path)
    kinds = list(get_type_hints(kind).values())
    expected = f"columns {', '.join((*kind._fields, *extra))}"
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            header, *lines = csv.reader(stream)
        if tuple(header) != (*kind._fields, *extra):
            raise InputError("E_LAYOUT", "other columns", expected, where=str(path))
        width = len(kinds)
        if any(len(line) != width + len(extra) for line in lines):
            raise InputError("E_LAYOUT", "a row that is cut off", expected, where=str(path))
        return [kind(*(make(cell) for make, cell in zip(kinds, line[:width], strict=True))) for line in lines]
    except (UnicodeDecodeError, csv.Error, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("E_LAYOUT", f"no such table ({error})", expected, where=str(path)) from error
