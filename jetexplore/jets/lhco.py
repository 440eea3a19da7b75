"""How are the events of the LHC Olympics 2020 kept? One row an event: (pT, eta, phi) of up to 700 massless particles.

The files are pandas frames in the fixed format under the key ``df``, packed by Blosc. They are read by h5py: pandas and
PyTables unpickle what a file brings along, so a planted command would run.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jetexplore.errors import InputError
from jetexplore.files import atomic
from jetexplore.jets import frames, hdf
from jetexplore.jets.clustering import Events
from jetexplore.jets.constituents import Jets
from jetexplore.jets.eventrows import COLUMNS, PARTICLES, check_labels, from_rows, to_rows

if TYPE_CHECKING:
    import h5py

log = logging.getLogger(__name__)

BLOCK = frames.BLOCK  # rows in memory at a time, 17 MB


class Layout(NamedTuple):
    """What a file of events says of itself."""

    n: int  # events
    columns: int  # 2,100, or 2,101 with labels
    labelled: bool
    metadata: dict  # how they were made, where the file says so


class Written(NamedTuple):
    """What was written."""

    path: Path
    events: int
    cut: int  # events of more than 700 particles
    dropped: int  # particles, the softest of those events


def write_events(
    path: str | Path,
    events: Iterable[Events | Jets],
    n: int | None = None,
    label: int | None = None,
    labels: Iterable[np.ndarray] | None = None,
    metadata: Mapping | None = None,
) -> Written:
    """Write whole events in the layout of the LHC Olympics 2020, one part after the other, atomically.

    Particles keep their order and their values to the last bit. Of an event with more than 700, the hardest 700 are
    kept. The same events give the same bytes, however they are parted.

    Parameters
    ----------
    path : str or pathlib.Path
        The file to write.
    events : iterable of Events or Jets
        Parts of the whole, each ragged, one row an event; pt in GeV, phi in rad.
    n : int, optional
        Events to write, from the first; all by default.
    label : int, optional
        The label of all events: a last column, 2,101 in all. Without it (and ``labels``) there are 2,100.
    labels : iterable of ndarray, optional
        Instead of ``label``: one array a part, one number an event.
    metadata : mapping, optional
        How the events were made; anything JSON can hold.

    Returns
    -------
    Written
        The file, its events, and what did not fit.

    Raises
    ------
    InputError
        ``E_LENGTH`` if there are fewer than ``n`` events or labels are missing, ``E_LABEL`` for other labels than
        0, 1, 2, ``E_NONFINITE``, ``E_RANGE_PT`` or ``E_RANGE_ETA`` for particles without a direction, ``E_RANGE``
        for ``n``.

    Examples
    --------
    >>> import tempfile
    >>> two = Events(*map(np.array, ([50.0, 30.0, 60.0], [0.0, 0.1, 0.0], [0.0, 0.1, 3.0], [0, 2, 3])))
    >>> made = write_events(Path(tempfile.mkdtemp()) / "two.h5", [two], label=1)
    >>> made.events, open_events(made.path)[:3]
    (2, (2, 2101, True))
    """
    path = Path(path)
    if n is not None and n < 1:
        raise InputError("E_RANGE", f"{n!r}", "a whole number >= 1", where="n")
    if label is not None:
        check_labels(np.array([label]), "label")
    labelled = label is not None or labels is not None
    cut = dropped = 0
    with atomic(path) as temporary, hdf.with_filters().File(temporary, "w") as file:
        frame = frames.Frame(file, COLUMNS + labelled, metadata)
        for part, marks in _parts(events, label, labels):
            for first in range(0, len(part.offsets) - 1, BLOCK):
                last = min(first + BLOCK, len(part.offsets) - 1)
                if n is not None:
                    last = min(last, first + n - frame.n)
                block, too_many, lost = to_rows(part, first, last, str(path))
                if labelled:
                    block = np.column_stack([block, marks[first:last]])
                frame.append(block)
                cut, dropped = cut + too_many, dropped + lost
                if frame.n == n:
                    break
            if frame.n == n:
                break
        if n is not None and frame.n < n:
            raise InputError("E_LENGTH", f"{frame.n} events", f"at least n = {n}", where=str(path))
        frame.close()
    if dropped:
        log.warning("%s: %d events of more than %d particles lost their %d softest", path, cut, PARTICLES, dropped)
    return Written(path, frame.n, cut, dropped)


def open_events(path: str | Path) -> Layout:
    """Look at a file of events without reading them.

    Parameters
    ----------
    path : str or pathlib.Path
        A file of the LHC Olympics, or of `write_events`.

    Returns
    -------
    Layout
        Events, columns, and whether there are labels.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it has another layout, is damaged, or holds anything but plain numbers of its own; the code says which.

    Examples
    --------
    >>> open_events("nowhere.h5")
    Traceback (most recent call last):
    ...
    FileNotFoundError: no file nowhere.h5
    """
    with hdf.opened(path) as file:
        values = _values(file, str(path))
        n, columns = map(int, values.shape)
        return Layout(n, columns, columns == COLUMNS + 1, frames.metadata(file))


def read_events(path: str | Path, start: int = 0, stop: int | None = None) -> tuple[Events, np.ndarray | None]:
    """Read some events: 17 kB of memory each while reading, so take a few thousand at a time.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    start, stop : int
        First event, and the one after the last; all by default.

    Returns
    -------
    events : Events
        Their particles (pT > 0), in the order of the file; an event may have none.
    labels : ndarray of int8, shape (stop - start,), or None
        The last of 2,101 columns; None if there are 2,100.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        As for `open_events`; ``E_RANGE`` for rows that are not there; ``E_NONFINITE``, ``E_RANGE_PT``,
        ``E_RANGE_ETA`` or ``E_LABEL`` for values that cannot be.

    Examples
    --------
    >>> import tempfile
    >>> one = Events(*map(np.array, ([50.0, 30.0], [0.0, 0.1], [0.0, 0.1], [0, 2])))
    >>> made = write_events(Path(tempfile.mkdtemp()) / "one.h5", [one])
    >>> events, labels = read_events(made.path)
    >>> events.pt.tolist(), labels
    ([50.0, 30.0], None)
    """
    where = str(path)
    with hdf.opened(path) as file:
        values = _values(file, where)
        stop = values.shape[0] if stop is None else stop
        if not 0 <= start < stop <= values.shape[0]:
            raise InputError("E_RANGE", f"rows {start} to {stop}", f"0 to {values.shape[0]}", where=where)
        table = hdf.rows(values, start, stop, where)
    events = from_rows(table, start, where)
    if table.shape[1] == COLUMNS:
        return events, None
    return events, check_labels(table[:, COLUMNS], where, start)


def read_labels(path: str | Path) -> np.ndarray:
    """Read only the labels of a file of 2,101 columns.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.

    Returns
    -------
    ndarray of int8, shape (n,)
        0 background, 1 or 2 signal.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        As for `open_events`; ``E_LABEL`` if there are none, or others.
    """
    where = str(path)
    with hdf.opened(path) as file:
        values = _values(file, where)
        if values.shape[1] == COLUMNS:
            raise InputError("E_LABEL", f"{COLUMNS} columns", f"{COLUMNS + 1}, the last the label", where=where)
        blocks = range(0, len(values), BLOCK)
        marks = [hdf.rows(values, first, first + BLOCK, where, COLUMNS) for first in blocks]
    return check_labels(np.concatenate(marks), where)


def event_blocks(
    path: str | Path, rows: int = BLOCK, start: int = 0, stop: int | None = None
) -> Iterator[tuple[int, Events, np.ndarray | None]]:
    """Read a file of events block by block.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    rows : int
        Events of a block; each takes 17 kB.
    start, stop : int
        First event, and the one after the last.

    Yields
    ------
    tuple of int, Events, ndarray or None
        Row of the first event, the events, their labels.
    """
    stop = open_events(path).n if stop is None else stop
    for first in range(start, stop, rows):
        yield first, *read_events(path, first, min(first + rows, stop))


def _values(file: h5py.File, where: str) -> h5py.Dataset:
    group = frames.fixed(file, where)
    if "block1_values" in group:
        raise InputError("E_LAYOUT", "a frame of several kinds of columns", "columns of one kind", where=where)
    values = hdf.numbers(group, "block0_values", 2, where)
    if values.shape[1] not in (COLUMNS, COLUMNS + 1):
        expected = f"{COLUMNS} (700 particles) or {COLUMNS + 1} (and a label)"
        raise InputError("E_WIDTH", f"{values.shape[1]} columns", expected, where=where)
    if len(values) == 0:
        raise InputError("E_EMPTY", "no events", "at least one", where=where)
    return values


def _parts(
    events: Iterable[Events | Jets], label: int | None, labels: Iterable[np.ndarray] | None
) -> Iterator[tuple[Events | Jets, np.ndarray]]:
    if labels is None:
        for part in events:
            yield part, np.full(len(part.offsets) - 1, 0 if label is None else label)
        return
    for part, marks in zip(events, labels, strict=True):
        if len(marks) != len(part.offsets) - 1:
            found = f"{len(marks)} labels for {len(part.offsets) - 1} events"
            raise InputError("E_LENGTH", found, "one an event", where="labels")
        yield part, check_labels(np.asarray(marks), "labels")
