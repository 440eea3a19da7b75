"""Where does a file of simulated jets come from? A run of batches that survives being killed.

Each batch is a file of its own beside the output, written atomically; the result is their concatenation in order,
cut to n. So it depends neither on the number of workers, nor on time, nor on where a killed run was taken up again.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jetexplore.errors import InputError, choose
from jetexplore.jets import lhco
from jetexplore.jets.constituents import concatenate
from jetexplore.jets.datasets import read_jets, write_jets
from jetexplore.jets.processes import PROCESSES
from jetexplore.jets.runs import Run, finished, opened, parts_folder, read_part, rows_an_event, write_part
from jetexplore.jets.simulation import Batch, check_seed, generate_batch, generate_events, prepare
from jetexplore.jets.spread import cores, spread

if TYPE_CHECKING:
    from tqdm import tqdm

__all__ = ["PROCESSES", "Batch", "generate", "generate_batch", "parts_folder"]

HOPELESS = 20  # batches without a single jet after which a run gives up


def generate(
    process: str,
    n: int,
    seed: int,
    path: str | Path,
    workers: int | None = None,
    detector: bool = True,
    settings: Sequence[str] = (),
    progress: bool = True,
    events_per_batch: int | None = None,
) -> Path:
    """Simulate jets into a native file; a run that was stopped goes on where it was.

    The same request gives the same bytes, with any number of workers and however often it was killed and run
    again. Finished batches are kept in ``<path>.parts`` until the file is in place.

    Parameters
    ----------
    process : str
        A name in `PROCESSES`.
    n : int
        Jets inside the window, >= 1; events for the processes that keep two jets of an event.
    seed : int
        Seed, >= 0.
    path : str or pathlib.Path
        The file to write, ending in ``.npz``.
    workers : int, optional
        Processes to use, >= 1; all cores by default. With more than one, a script needs the usual
        ``if __name__ == "__main__":``.
    detector : bool
        Whether particles pass the detector response.
    settings : sequence of str
        Further Pythia settings, such as ``"PartonLevel:MPI = off"``.
    progress : bool
        Whether to show a bar on stderr: jets, rate, time left.
    events_per_batch : int, optional
        Events of one unit of work; the process says by default. Another number gives other jets.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        ``E_PROCESS``, ``E_RANGE``, ``E_SEED``, ``E_SETTING`` or ``E_SUFFIX`` for the request; ``E_FOLDER`` if
        nothing can be written there, ``E_EXISTS`` if other jets are there, ``E_VERSION`` if another run was begun
        there, ``E_LOCKED`` if one is at work; ``E_NO_JETS`` if nothing falls into the window.
    ChildProcessError
        If a worker died.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "W.npz"
    >>> _ = generate("W", 10, seed=1, path=path, workers=1, progress=False, events_per_batch=50)
    >>> len(read_jets(path)[0])
    10
    """
    path = Path(path)
    if path.suffix not in (".npz", ".h5"):
        raise InputError("E_SUFFIX", f"{path.name!r}", "a name that ends in .npz (jets) or .h5 (events)", where="path")
    run = _request(process, n, seed, settings, detector, events_per_batch)._replace(whole=path.suffix == ".h5")
    workers = cores() if workers is None else _whole("workers", workers)
    if path.exists():
        _compare(path, run, n)
        shutil.rmtree(parts_folder(path), ignore_errors=True)  # left by a run killed in its last moment
        return path
    prepare(process, run.settings)
    with opened(path, run) as folder:
        done = finished(run, folder)
        _make(run, folder, done, n, workers, progress)
        _assemble(run, folder, done, n, path)
        shutil.rmtree(folder)
    return path


def _request(
    process: str, n: int, seed: int, settings: Sequence[str], detector: bool, events_per_batch: int | None
) -> Run:
    recipe = PROCESSES[choose("process", process, PROCESSES, "E_PROCESS")]
    _whole("n", n)
    check_seed(seed)
    if isinstance(settings, str):
        raise InputError("E_SETTING", f"one text {settings!r}", "a sequence of settings", where="settings")
    events = _whole("events_per_batch", recipe.events_per_batch if events_per_batch is None else events_per_batch)
    return Run(process, int(seed), tuple(settings), bool(detector), int(events))


def _whole(name: str, value: int) -> int:
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
        raise InputError("E_RANGE", f"{value!r}", "a whole number >= 1", where=name)
    return int(value)


def _compare(path: Path, run: Run, n: int) -> None:
    """Raise unless the file already holds what is asked for."""
    metadata = lhco.open_events(path).metadata if run.whole else read_jets(path)[1]
    wanted = {**run.manifest(), "n": n}
    if any(metadata.get(name) != value for name, value in wanted.items()):
        raise InputError("E_EXISTS", "other jets in that file", "a new file", where=str(path), mend="choose another")


def _work(run: Run, folder: Path, batch: int) -> tuple[int, int]:
    """Make one batch and its file; give its number and how many jets it has."""
    make = generate_events if run.whole else generate_batch
    made = make(run.process, run.seed, batch, run.settings, run.detector, run.events_per_batch)
    write_part(run, folder, batch, made)
    return batch, len(made.jets)


def _make(run: Run, folder: Path, done: dict[int, int], n: int, workers: int, progress: bool) -> None:
    """Make batches in order until those without a gap from the first hold enough; fills ``done``."""
    from tqdm import tqdm

    each = rows_an_event(run)
    missing = (batch for batch in count() if batch not in done)
    calm = 0.5 if sys.stderr.isatty() else 30.0  # s between two lines; a log wants few
    unit = "jet" if each == 1 else "event"
    with tqdm(total=n, unit=unit, desc=run.process, disable=not progress, mininterval=calm) as bar:
        bar.initial = min(sum(done.values()) // each, n)  # so that the rate counts only this run
        _show(bar, done, each)
        with contextlib.closing(spread(partial(_work, run, folder), missing, workers)) as batches:
            while _enough(done, n * each) is None:
                batch, found = next(batches)
                done[batch] = found
                _show(bar, done, each)
                if len(done) >= HOPELESS and not any(done.values()):
                    found = f"no jet in {len(done)} batches of {run.events_per_batch} events"
                    raise InputError("E_NO_JETS", found, "settings that reach the pt window")


def _show(bar: tqdm, done: dict[int, int], each: int) -> None:
    bar.n = min(sum(done.values()) // each, bar.total)
    bar.update(0)


def _enough(done: dict[int, int], wanted: int) -> int | None:
    """Count the batches from the first, without a gap, that hold ``wanted`` jets; None if there are not yet enough."""
    total = 0
    for batch in count():
        if total >= wanted:
            return batch
        if batch not in done:
            return None
        total += done[batch]
    return None


def _assemble(run: Run, folder: Path, done: dict[int, int], n: int, path: Path) -> None:
    """Write the file from the parts, and give it its name when it is whole."""
    recipe = PROCESSES[run.process]
    batches = range(_enough(done, n * rows_an_event(run)))
    told = {**run.manifest(), "n": n, "description": recipe.description, "simulated": True}
    if run.whole:
        events = (read_part(run, folder, batch).jets for batch in batches)
        lhco.write_events(path, events, n, label=int(recipe.is_signal), metadata=told)
        return
    wanted = n * recipe.n_leading
    parts = [read_part(run, folder, batch) for batch in batches]
    jets = concatenate([part.jets for part in parts])
    extra = {name: np.concatenate([part.extra[name] for part in parts])[:wanted] for name in parts[0].extra}
    events = sum(part.events for part in parts)
    metadata = {
        **told,
        "is_signal": recipe.is_signal,
        "jets_per_event": recipe.n_leading,
        "window": [edge if np.isfinite(edge) else None for edge in recipe.window],
        "events": events,
        "efficiency": len(jets) / recipe.n_leading / events,
    }
    write_jets(folder / "whole.npz", jets[:wanted], metadata, extra)
    (folder / "whole.npz").replace(path)
