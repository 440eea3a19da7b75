"""How are more jets kept and read than fit into memory? A native file that is joined and read batch by batch."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from jetexplore.errors import InputError
from jetexplore.files import DAMAGE, atomic
from jetexplore.jets.constituents import Jets, wrap
from jetexplore.jets.datasets import FORMAT

CONSTITUENTS = ("pt", "deta", "dphi")
AXES = ("counts", "axis_eta", "axis_phi")


class EventJets(NamedTuple):
    """Some events of a file of jets."""

    jets: Jets  # those of one event in consecutive rows, hardest first
    event: np.ndarray  # (n_events,) row in the file that was clustered
    label: np.ndarray | None  # (n_events,) 0 background, 1 or 2 signal


def join(parts: Sequence[Path], firsts: Sequence[int], path: str | Path, metadata: Mapping) -> int:
    """Join native files into one that `read_jets` reads, with one of them in memory at a time.

    Parameters
    ----------
    parts : sequence of pathlib.Path
        Files of `write_jets` with an extra ``event`` and perhaps ``label``, at least one.
    firsts : sequence of int
        What to add to ``event`` in each.
    path : str or pathlib.Path
        The file to write, atomically; the same parts give the same bytes.
    metadata : mapping
        How the jets were made.

    Returns
    -------
    int
        The jets.

    Raises
    ------
    InputError
        ``E_TRUNCATED`` if a part is damaged.
    """
    with _loaded(parts[0]) as first:
        names = [name for name in first.files if name != "metadata"]
        kinds = {name: first[name].dtype for name in names} | {"extra_event": np.dtype(np.int64)}
    if "extra_label" in kinds:
        kinds["extra_label"] = np.dtype(np.int8)
    sizes = []
    for part in parts:
        with _loaded(part) as arrays:
            counts = arrays["counts"]
            sizes.append((len(counts), int(counts.sum(dtype=np.int64))))
    n_jets, n_constituents = (sum(size) for size in zip(*sizes, strict=True))
    with atomic(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            total = n_constituents if name in CONSTITUENTS else n_jets
            with archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
                header = {"descr": kinds[name].str, "fortran_order": False, "shape": (total,)}
                np.lib.format.write_array_header_1_0(stream, header)
                for part, start in zip(parts, firsts, strict=True):
                    with _loaded(part) as arrays:
                        values = arrays[name].astype(kinds[name])
                    stream.write((values + start if name == "extra_event" else values).tobytes())
        with archive.open("metadata.npy", "w") as stream:
            text = json.dumps({**metadata, "format": FORMAT}, sort_keys=True, ensure_ascii=True)
            np.lib.format.write_array(stream, np.array(text), allow_pickle=False)
    return n_jets


def jet_batches(path: str | Path, events: int = 10_000) -> Iterator[EventJets]:
    """Read the jets of a native file, some events at a time: the same jets as `read_jets`, in bounded memory.

    Parameters
    ----------
    path : str or pathlib.Path
        A file of ``jetexplore cluster`` or ``jetexplore generate``.
    events : int
        Events of a batch, >= 1; an event of the LHC Olympics takes about 10 kB.

    Yields
    ------
    EventJets
        The jets, the row of each event in the file that was clustered, and its label if there is one.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        ``E_RANGE`` for ``events``, ``E_TRUNCATED``, ``E_LAYOUT``, ``E_DTYPE``, ``E_LENGTH`` or a code of `Jets` for
        a file that is damaged or something else.

    Examples
    --------
    >>> from jetexplore.files import data_dir
    >>> batch = next(jet_batches(data_dir() / "sample" / "W_test.npz", events=100))
    >>> len(batch.jets), batch.event[:3].tolist(), batch.label
    (100, [0, 1, 2], None)
    """
    if not isinstance(events, int | np.integer) or events < 1:
        raise InputError("E_RANGE", f"{events!r}", "a whole number >= 1", where="events")
    where = str(path)
    each = jets_metadata(path).get("jets_per_event", 1)
    try:
        with zipfile.ZipFile(path) as archive:
            extras = [f"extra_{name}" for name in ("event", "label") if f"extra_{name}.npy" in archive.namelist()]
            columns = {name: _Column(archive, name, where) for name in (*CONSTITUENTS, *AXES, *extras)}
            n = columns["counts"].left
            if each not in (1, 2) or n % each or any(columns[name].left != n for name in (*AXES, *extras)):
                raise InputError("E_LENGTH", "arrays of unequal length", "one entry a jet", where=where)
            for first in range(0, n, events * each):
                rows = min(events * each, n - first)
                yield _batch(columns, rows, each, first // each, where)
            if any(column.left for column in columns.values()):
                raise InputError("E_LENGTH", "arrays of unequal length", "one entry a constituent", where=where)
    except DAMAGE as error:
        if isinstance(error, InputError):
            raise
        raise InputError("E_TRUNCATED", f"a damaged file ({error})", "a whole .npz file", where=where) from error


def jets_metadata(path: str | Path) -> dict:
    """Read what a native file says of itself, without its jets.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.

    Returns
    -------
    dict
        How the jets were made.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        ``E_TRUNCATED`` or ``E_LAYOUT``.

    Examples
    --------
    >>> from jetexplore.files import data_dir
    >>> jets_metadata(data_dir() / "sample" / "W_test.npz")["process"]
    'W'
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"no file {path}")
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = json.loads(str(arrays["metadata"]))
    except (*DAMAGE, KeyError, TypeError, AttributeError) as error:
        raise InputError("E_TRUNCATED", f"a damaged file ({error})", "a whole .npz file", where=str(path)) from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise InputError("E_LAYOUT", "another file", f"a native file of format {FORMAT!r}", where=str(path))
    return found


class _Column:
    """One array of an archive, read from its beginning."""

    def __init__(self, archive: zipfile.ZipFile, name: str, where: str) -> None:
        try:
            self._stream: BinaryIO = archive.open(f"{name}.npy")
        except KeyError as error:
            raise InputError("E_LAYOUT", f"no array {name!r}", "a native file", where=where) from error
        major, _ = np.lib.format.read_magic(self._stream)
        read = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
        shape, _, self._dtype = read(self._stream)
        if len(shape) != 1 or self._dtype.kind not in "iuf":
            raise InputError("E_DTYPE", f"{name} of {len(shape)} dimensions", "rows of real numbers", where=where)
        self.left = int(shape[0])

    def take(self, n: int, where: str) -> np.ndarray:
        if n > self.left:
            raise InputError("E_LENGTH", "arrays of unequal length", "one entry a constituent", where=where)
        self.left -= n
        content = self._stream.read(n * self._dtype.itemsize)  # past its end the archive checks the sum
        if not self.left:
            content += self._stream.read()
        if len(content) != n * self._dtype.itemsize:
            raise InputError("E_TRUNCATED", "an array that is cut off", "a whole .npz file", where=where)
        return np.frombuffer(content, self._dtype)


def _batch(columns: Mapping[str, _Column], rows: int, each: int, first: int, where: str) -> EventJets:
    counts, axis_eta, axis_phi = (columns[name].take(rows, where) for name in AXES)
    counts = counts.astype(np.int64)
    pt, deta, dphi = (columns[name].take(int(counts.sum()), where) for name in CONSTITUENTS)
    jet = np.repeat(np.arange(rows), counts)
    eta = axis_eta[jet] + deta.astype(np.float64)
    phi = wrap(axis_phi[jet] + dphi.astype(np.float64))
    jets = Jets(pt, eta, phi, np.concatenate([[0], np.cumsum(counts)]))
    event, label = np.arange(first, first + rows // each), None
    if "extra_event" in columns:
        event = columns["extra_event"].take(rows, where)[::each].astype(np.int64)
    if "extra_label" in columns:
        label = columns["extra_label"].take(rows, where)[::each].astype(np.int8)
    return EventJets(jets, event, label)


def _loaded(part: Path) -> np.lib.npyio.NpzFile:
    try:
        return np.load(part, allow_pickle=False)
    except DAMAGE as error:
        raise InputError("E_TRUNCATED", f"a damaged part ({error})", "a whole .npz file", where=str(part)) from error
