"""Which two jets does each event of a file have? Block by block, on all cores or a cluster, in bounded memory.

A block's jets are a file of their own until all are joined, so a run that was killed goes on where it was and ends in
the same bytes.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Mapping
from functools import lru_cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jetexplore.errors import InputError
from jetexplore.files import digest, read_npz
from jetexplore.jets import jetstream, lhco
from jetexplore.jets.clustering import RADIUS, Events, leading_jets
from jetexplore.jets.constituents import Jets
from jetexplore.jets.datasets import write_jets
from jetexplore.jets.lhcokeys import read_masterkey
from jetexplore.jets.runs import opened
from jetexplore.jets.spread import cores, spread

if TYPE_CHECKING:
    from distributed import Client

SCHEMA = 1  # raise it when the same request gives other jets
BLOCK = 2000  # events of one unit of work: 34 MB as rows
BLOCK_MAX = 100_000  # 1.7 GB as rows
PT_MIN = 200.0  # GeV, of both jets; section 3 of Tsan et al. (2021)


class Clustered(NamedTuple):
    """What a run gave."""

    path: Path
    events: int  # read
    kept: int  # with two jets above the smallest pT


class Task(NamedTuple):
    """What decides the jets of a run."""

    source: Path
    sha256: str
    start: int
    stop: int
    block: int
    pt_min: float
    masterkey: Path | None
    key_sha256: str | None

    def manifest(self) -> dict:
        """Tell everything that the jets depend on, as JSON can hold it.

        Returns
        -------
        dict
            Digests of the files, the request, the versions of the packages that decide the numbers.

        Examples
        --------
        >>> Task(Path("a.h5"), "ab", 0, 10, 2000, 200.0, None, None).manifest()["rows"]
        [0, 10]
        """
        return {
            "input": self.sha256,
            "masterkey": self.key_sha256,
            "rows": [self.start, self.stop],
            "block": self.block,
            "pt_min": self.pt_min,
            "radius": RADIUS,
            "schema": SCHEMA,
            "versions": {name: version(name) for name in ("jetexplore", "fastjet")},
        }


def cluster_file(
    path: str | Path,
    output: str | Path,
    workers: int | None = None,
    client: Client | None = None,
    block: int = BLOCK,
    progress: bool = True,
    start: int = 0,
    stop: int | None = None,
    masterkey: str | Path | None = None,
    pt_min: float = PT_MIN,
) -> Clustered:
    """Cluster whole events with anti-kT, R = 1.0, and keep the two leading jets where both have pT > ``pt_min``.

    The selection of Tsan et al. (2021), section 3, but for their two constituents at least, which is left to the
    reader. The same request gives the same bytes, on however many cores and however often it was killed and run
    again; finished blocks are kept in ``<output>.parts`` until the file is in place.

    Parameters
    ----------
    path : str or pathlib.Path
        Events in the layout of the LHC Olympics.
    output : str or pathlib.Path
        The native file to write, ending in ``.npz``: rows 2 i and 2 i + 1 are the jets of one event, ``event`` its
        row in ``path``, ``label`` its label if there is one.
    workers : int, optional
        Processes to use, >= 1; all cores by default. With more than one, a script needs the usual
        ``if __name__ == "__main__":``.
    client : distributed.Client, optional
        A Dask cluster that sees both files, instead.
    block : int
        Events of a unit of work, >= 1; decides memory, not the jets.
    progress : bool
        Whether to show a bar on stderr.
    start, stop : int
        First event, and the one after the last; all by default.
    masterkey : str or pathlib.Path, optional
        Labels of a black box.
    pt_min : float
        Smallest pT of both jets in GeV, >= 20.

    Returns
    -------
    Clustered
        The file, the events read and those kept.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        Codes of `lhco.open_events` and `lhco.read_events`; ``E_RANGE`` and ``E_SUFFIX`` for the request,
        ``E_LENGTH`` if the master key is of other events, ``E_EXISTS``, ``E_FOLDER``, ``E_LOCKED`` or ``E_VERSION``
        if the output is not free, ``E_NO_JETS`` if no event has two such jets.
    ChildProcessError
        If a worker died.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> pair = Events(np.array([900.0, 850.0]), np.array([0.0, 0.1]), np.array([0.0, 3.1]), np.array([0, 2]))
    >>> made = lhco.write_events(folder / "events.h5", [pair], label=1)
    >>> cluster_file(made.path, folder / "jets.npz", workers=1, progress=False)[1:]
    (1, 1)
    """
    output = Path(output)
    if output.suffix != ".npz":
        raise InputError("E_SUFFIX", f"{output.name!r}", "a name that ends in .npz", where="output")
    layout, task = _task(path, start, stop, block, masterkey, pt_min)
    workers = cores() if workers is None else workers
    if workers < 1:
        raise InputError("E_RANGE", f"{workers!r}", "a whole number >= 1", where="workers")
    if output.exists():
        return _compare(output, task)
    with opened(output, task) as folder:
        parts = _make(task, folder, workers, client, progress)
        kept = sum(parts.values())
        if kept == 0:
            found = f"no event of {task.stop - task.start} with two jets of pT > {pt_min:g} GeV"
            raise InputError("E_NO_JETS", found, "events with two such jets", where=str(path))
        firsts = [first for first in sorted(parts) if parts[first]]  # a part without jets has no types to go by
        metadata = {
            "run": task.manifest(),
            "source": task.source.name,
            "made": layout.metadata,
            "simulated": bool(layout.metadata.get("simulated", False)),
            "description": f"two leading anti-kT R = 1.0 jets, both pT > {pt_min:g} GeV, of {task.source.name}",
            "jets_per_event": 2,
            "events": task.stop - task.start,
            "n": kept,
        }
        jetstream.join([_part(folder, task, first) for first in firsts], firsts, output, metadata)
        shutil.rmtree(folder)
    return Clustered(output, task.stop - task.start, kept)


def two_jets(events: Events, pt_min: float = PT_MIN) -> tuple[Jets, np.ndarray]:
    """Give the two leading jets of the events that have two above ``pt_min``.

    Parameters
    ----------
    events : Events
        Whole events; pt in GeV.
    pt_min : float
        Smallest pT of both jets in GeV.

    Returns
    -------
    jets : Jets
        Two rows an event, hardest first.
    event : ndarray, shape (n_kept,)
        The rows of those events.

    Examples
    --------
    >>> pair = Events(np.array([900.0, 150.0]), np.array([0.0, 0.1]), np.array([0.0, 3.1]), np.array([0, 2]))
    >>> len(two_jets(pair)[0]), len(two_jets(pair, 100.0)[0])
    (0, 2)
    """
    found = leading_jets(events, 2)
    good = (found.jets.momenta().pt.reshape(-1, 2) > pt_min).all(1)
    return found.jets[np.repeat(good, 2)], found.event[::2][good]


def _task(
    path: str | Path, start: int, stop: int | None, block: int, masterkey: str | Path | None, pt_min: float
) -> tuple[lhco.Layout, Task]:
    path, masterkey = Path(path).resolve(), None if masterkey is None else Path(masterkey).resolve()
    layout = lhco.open_events(path)
    stop = layout.n if stop is None else stop
    if not 0 <= start < stop <= layout.n:
        raise InputError("E_RANGE", f"events {start} to {stop}", f"0 to {layout.n}", where=str(path))
    if not 1 <= block <= BLOCK_MAX:
        raise InputError("E_RANGE", f"{block!r}", f"1 to {BLOCK_MAX}", where="block")
    if not 20 <= pt_min < np.inf:
        raise InputError("E_RANGE", f"{pt_min!r} GeV", "at least 20 GeV", where="pt_min")
    keyed = None if masterkey is None else _sha256(masterkey)
    if masterkey is not None and len(_keys(masterkey, keyed)) != layout.n:
        found = f"{len(_keys(masterkey, keyed))} labels for {layout.n} events"
        raise InputError("E_LENGTH", found, "the key of this file", where=str(masterkey))
    return layout, Task(path, _sha256(path), start, stop, block, float(pt_min), masterkey, keyed)


@lru_cache(maxsize=1)
def _keys(masterkey: Path, sha256: str) -> np.ndarray:
    # one block after the other asks; by its digest a key that changed is read again
    return read_masterkey(masterkey)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _compare(output: Path, task: Task) -> Clustered:
    """Give what the file already holds if it is what is asked for."""
    metadata = jetstream.jets_metadata(output)
    asked = task.manifest()
    if metadata.get("run") != asked:
        raise InputError("E_EXISTS", "other jets in that file", "a new file", where=str(output), mend="choose another")
    shutil.rmtree(output.with_name(f"{output.name}.parts"), ignore_errors=True)  # of a run killed in its last moment
    return Clustered(output, metadata["events"], metadata["n"])


def _make(task: Task, folder: Path, workers: int, client: Client | None, progress: bool) -> dict[int, int]:
    """Cluster the blocks that are not there yet; count the events kept in each."""
    from tqdm import tqdm

    firsts = range(task.start, task.stop, task.block)
    done = {first: kept for first in firsts if (kept := _finished(folder, task, first)) is not None}
    missing = [first for first in firsts if first not in done]
    total, before = task.stop - task.start, sum(_length(task, first) for first in done)
    with (
        tqdm(total=total, initial=before, unit="event", unit_scale=True, disable=not progress) as bar,
        contextlib.closing(spread(partial(_work, task, folder.resolve()), missing, workers, client)) as made,
    ):
        for first, kept in made:
            done[first] = kept
            bar.update(_length(task, first))
    return done


def _work(task: Task, folder: Path, first: int) -> tuple[int, int]:
    """Cluster one block into its file; give its first event and how many were kept."""
    last = first + _length(task, first)
    events, labels = lhco.read_events(task.source, first, last)
    if task.masterkey is not None:
        labels = _keys(task.masterkey, task.key_sha256)[first:last]
    jets, event = two_jets(events, task.pt_min)
    extra = {"event": np.repeat(event, 2)}
    if labels is not None:
        extra["label"] = np.repeat(labels[event], 2)
    write_jets(_part(folder, task, first), jets, _note(task, first, len(event)), extra)
    return first, len(event)


def _finished(folder: Path, task: Task, first: int) -> int | None:
    """Count the events of a block whose file is there and whole; None if it has to be made."""
    with contextlib.suppress(InputError, FileNotFoundError):
        _, metadata = read_npz(_part(folder, task, first))
        kept = metadata.get("kept")
        if isinstance(kept, int) and metadata == {**_note(task, first, kept), "format": metadata.get("format")}:
            return kept
    return None


def _note(task: Task, first: int, kept: int) -> Mapping:
    return {"key": digest(json.dumps(task.manifest(), sort_keys=True), first), "kept": kept}


def _length(task: Task, first: int) -> int:
    return min(task.block, task.stop - first)


def _part(folder: Path, task: Task, first: int) -> Path:
    return folder / f"{(first - task.start) // task.block:06d}.npz"
