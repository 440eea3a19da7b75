"""How is a black box made? Some signal events at random places among many of background, and a key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jetexplore.errors import InputError
from jetexplore.files import atomic
from jetexplore.jets import lhco
from jetexplore.jets.clustering import Events
from jetexplore.jets.simulation import check_seed


class Mixed(NamedTuple):
    """What was mixed."""

    path: Path
    background: int  # events
    signals: dict[str, int]  # events of each file
    label: np.ndarray  # (n,) 0 background, k of the k-th signal


class _Source(NamedTuple):
    """The events of one file that are taken, in its order."""

    path: Path
    rows: np.ndarray  # rising
    label: int


def mix_events(
    output: str | Path,
    background: str | Path,
    signals: Mapping[str | Path, int] | None = None,
    seed: int = 1,
    labelled: bool = True,
    masterkey: str | Path | None = None,
    n_background: int | None = None,
) -> Mixed:
    """Mix events of several files into one, in the layout of the LHC Olympics and in bounded memory.

    Which events of a file are taken, and the places of each file's events, are drawn: every arrangement is equally
    likely. The events of one file keep their order, which for independent events, such as generated ones, is as good
    as any other.

    Parameters
    ----------
    output : str or pathlib.Path
        The file to write.
    background : str or pathlib.Path
        Events; of a labelled file those of label 0.
    signals : mapping of path to int, optional
        How many events to take of each file; of a labelled file only those of other labels than 0. The events of the
        first file get the label 1, those of the second 2.
    seed : int
        Same seed, same bytes, >= 0.
    labelled : bool
        Whether to write the labels as the last of 2,101 columns; without them there are 2,100, as in a black box.
    masterkey : str or pathlib.Path, optional
        Write the labels into this file, one a line.
    n_background : int, optional
        How many background events to take; all by default.

    Returns
    -------
    Mixed
        What was written.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        ``E_LENGTH`` if a file has too few events, ``E_RANGE`` for a count, ``E_LIMIT`` for more than two signals,
        ``E_SEED``; codes of `lhco.read_events`.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> one = Events(*map(np.array, ([50.0], [0.0], [0.1], [0, 1])))
    >>> _ = lhco.write_events(folder / "background.h5", [one] * 3, label=0)
    >>> _ = lhco.write_events(folder / "signal.h5", [one] * 3, label=1)
    >>> made = mix_events(folder / "box.h5", folder / "background.h5", {folder / "signal.h5": 2}, labelled=False)
    >>> made.label.sum(), lhco.open_events(made.path).n
    (2, 5)
    """
    check_seed(seed)
    signals = dict(signals or {})
    if len(signals) > 2:
        raise InputError("E_LIMIT", f"{len(signals)} signals", "at most 2, labels 1 and 2", where="signals")
    random = np.random.default_rng(seed)
    wanted = [(Path(background), n_background, 0), *((Path(p), n, k + 1) for k, (p, n) in enumerate(signals.items()))]
    sources = [_Source(path, _chosen(path, n, label, random), label) for path, n, label in wanted]
    label = np.repeat(np.array([s.label for s in sources], dtype=np.int8), [len(s.rows) for s in sources])
    random.shuffle(label)
    counts = {str(source.path): len(source.rows) for source in sources[1:]}
    metadata = {
        "simulated": all(lhco.open_events(source.path).metadata.get("simulated", False) for source in sources),
        "seed": int(seed),
    }
    if labelled:  # otherwise the counts would give the box away
        metadata["mixed"] = {source.path.name: len(source.rows) for source in sources}
    places = [label[first : first + lhco.BLOCK] for first in range(0, len(label), lhco.BLOCK)]
    written = lhco.write_events(
        output, _merged(sources, places), labels=places if labelled else None, metadata=metadata
    )
    if masterkey is not None:
        with atomic(masterkey) as temporary:
            np.savetxt(temporary, label, fmt="%d")
    return Mixed(written.path, len(sources[0].rows), counts, label)


def _chosen(path: Path, n: int | None, label: int, random: np.random.Generator) -> np.ndarray:
    """Draw rows of a file; of a labelled one only background or only signal."""
    layout = lhco.open_events(path)
    rows = np.arange(layout.n)
    if layout.labelled:
        rows = np.flatnonzero((lhco.read_labels(path) > 0) == (label > 0))
    n = len(rows) if n is None else n
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise InputError("E_RANGE", f"{n!r} events", "a whole number >= 1", where=str(path))
    if n > len(rows):
        found = f"{len(rows)} {'signal' if label else 'background'} events"
        raise InputError("E_LENGTH", found, f"at least the {n} that are asked for", where=str(path))
    return np.sort(random.choice(rows, n, replace=False))


def _merged(sources: list[_Source], places: list[np.ndarray]) -> Iterator[Events]:
    """Yield blocks of events, each from the file that its label names."""
    readers = {source.label: _Reader(source) for source in sources}
    for block in places:
        parts = {label: readers[label].take(int((block == label).sum())) for label in np.unique(block).tolist()}
        yield _interleave(block, parts)


class _Reader:
    """The chosen events of one file, some at a time."""

    def __init__(self, source: _Source) -> None:
        self._blocks = self._read(source)
        self._waiting: list[Events] = []

    @staticmethod
    def _read(source: _Source) -> Iterator[Events]:
        for first, events, _ in lhco.event_blocks(source.path):
            last = first + len(events.offsets) - 1
            inside = source.rows[np.searchsorted(source.rows, first) : np.searchsorted(source.rows, last)]
            if len(inside):
                yield _picked(events, inside - first)

    def take(self, n: int) -> Events:
        while sum(len(part.offsets) - 1 for part in self._waiting) < n:
            self._waiting.append(next(self._blocks))
        whole = _joined(self._waiting)
        self._waiting = [_picked(whole, np.arange(n, len(whole.offsets) - 1))]
        return _picked(whole, np.arange(n))


def _picked(events: Events, rows: np.ndarray) -> Events:
    counts = np.diff(events.offsets)[rows]
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    take = np.repeat(events.offsets[rows] - offsets[:-1], counts) + np.arange(offsets[-1])
    return Events(events.pt[take], events.eta[take], events.phi[take], offsets)


def _joined(parts: list[Events]) -> Events:
    counts = np.concatenate([np.diff(part.offsets) for part in parts])
    flat = (np.concatenate([part[k] for part in parts]) for k in range(3))
    return Events(*flat, np.concatenate([[0], np.cumsum(counts)]))


def _interleave(block: np.ndarray, parts: Mapping[int, Events]) -> Events:
    """Put the events of each label at its places."""
    order = np.argsort(block, kind="stable")  # where the events stand when the parts are joined by rising label
    joined = _joined([parts[label] for label in sorted(parts)])
    rows = np.empty_like(order)
    rows[order] = np.arange(len(block))
    return _picked(joined, rows)
