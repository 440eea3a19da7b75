"""How does a long run survive being killed? One folder, one file a batch, one manifest of what decides the jets.

A batch's file appears whole or not at all, carries a digest of the manifest, and is checked when it is read again.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jetexplore.errors import InputError
from jetexplore.files import atomic, digest, read_npz, writable, write_npz
from jetexplore.jets.constituents import Jets
from jetexplore.jets.processes import PROCESSES
from jetexplore.jets.simulation import Batch

SCHEMA = 1  # of the parts; raise it when the same request gives other jets


class Run(NamedTuple):
    """What decides the jets of a run."""

    process: str
    seed: int
    settings: tuple[str, ...]
    detector: bool
    events_per_batch: int
    whole: bool = False  # whole events, not their leading jets

    def manifest(self) -> dict:
        """Tell everything that the jets depend on, as JSON can hold it.

        Returns
        -------
        dict
            The request, all Pythia settings, the schema and the versions of the packages that decide the numbers.

        Examples
        --------
        >>> Run("W", 1, (), True, 1000).manifest()["settings"][-1]
        '23:onIfAny = 12 14 16'
        """
        recipe = PROCESSES[self.process]
        packages = {name: version(name) for name in ("jetexplore", "pythia8mc", "fastjet")}
        settings = [*recipe.settings, *self.settings]
        request = self._asdict()
        if not self.whole:
            del request["whole"]  # files of leading jets that were made before there were others stay known
        return {**request, "settings": settings, "schema": SCHEMA, "versions": packages}


def rows_an_event(run: Run) -> int:
    """Count the rows that one event of a run has in its files.

    Parameters
    ----------
    run : Run
        What decides the jets.

    Returns
    -------
    int
        1 for whole events, the leading jets that the process keeps otherwise.

    Examples
    --------
    >>> rows_an_event(Run("LHCO-background", 1, (), True, 400)), rows_an_event(Run("W", 1, (), True, 1000, whole=True))
    (2, 1)
    """
    return 1 if run.whole else PROCESSES[run.process].n_leading


def parts_folder(path: str | Path) -> Path:
    """Name the folder where `generate` keeps finished batches until the file is in place.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.

    Returns
    -------
    pathlib.Path
        The folder beside it.

    Examples
    --------
    >>> parts_folder("QCD.npz").name
    'QCD.npz.parts'
    """
    path = Path(path)
    return path.with_name(f"{path.name}.parts")


@contextlib.contextmanager
def opened(path: Path, run: Run) -> Iterator[Path]:
    """Open the folder of the parts: made if missing, locked, with the manifest of this run.

    Parameters
    ----------
    path : pathlib.Path
        The file that the run will write.
    run : Run
        What decides its jets.

    Yields
    ------
    pathlib.Path
        The folder.

    Raises
    ------
    InputError
        ``E_FOLDER`` if nothing can be written there, ``E_DISK`` without space, ``E_LOCKED`` if a run is at work there,
        ``E_VERSION`` if another run was begun there.
    """
    folder = parts_folder(path)
    manifest = folder / "manifest.json"
    with writable(folder, "finished batches are kept: run the same again to go on"):
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder):
            for left in folder.glob(".partial-*"):  # what killed runs left half written
                left.unlink(missing_ok=True)
            if manifest.exists():
                _check_manifest(manifest, run)
            with atomic(manifest) as temporary:  # also the probe that one can write here
                temporary.write_text(json.dumps(run.manifest(), indent=1) + "\n")
            yield folder


def finished(run: Run, folder: Path) -> dict[int, int]:
    """Count the jets of each batch whose file is there and whole.

    Parameters
    ----------
    run : Run
        What decides the jets.
    folder : pathlib.Path
        The folder of the parts.

    Returns
    -------
    dict of int to int
        Batch number to jets; damaged files and those of other runs are left out, to be made again.
    """
    counts = {}
    for batch in sorted(int(part.stem) for part in folder.glob("*.npz") if part.stem.isdigit()):
        with contextlib.suppress(InputError, KeyError):
            counts[batch] = len(read_part(run, folder, batch).jets)
    return counts


def write_part(run: Run, folder: Path, batch: int, made: Batch) -> None:
    """Write the file of one batch, atomically.

    Parameters
    ----------
    run : Run
        What decides the jets.
    folder : pathlib.Path
        The folder of the parts.
    batch : int
        Number of the batch.
    made : Batch
        Its jets.
    """
    # float32, as the native file's float16 would round twice
    arrays = {name: getattr(made.jets, name).astype(np.float32) for name in ("pt", "eta", "phi")}
    metadata = {"key": _key(run, batch), "events": made.events}
    write_npz(_part(folder, batch), {**arrays, "offsets": made.jets.offsets, **made.extra}, metadata)


def read_part(run: Run, folder: Path, batch: int) -> Batch:
    """Read the file of one batch.

    Parameters
    ----------
    run : Run
        What decides the jets.
    folder : pathlib.Path
        The folder of the parts.
    batch : int
        Number of the batch.

    Returns
    -------
    Batch
        Its jets.

    Raises
    ------
    InputError
        If the file is damaged, or of another run (``E_VERSION``).
    """
    arrays, metadata = read_npz(_part(folder, batch))
    if metadata.get("key") != _key(run, batch):
        raise InputError("E_VERSION", "a part of another run", "a part of this run", where=str(_part(folder, batch)))
    jets = Jets(*(arrays.pop(name) for name in ("pt", "eta", "phi", "offsets")))
    return Batch(jets, arrays, metadata["events"])


def _check_manifest(manifest: Path, run: Run) -> None:
    try:
        stored = json.loads(manifest.read_text())
    except ValueError:
        stored = {}
    wanted = run.manifest()
    different = [name for name in wanted if stored.get(name) != wanted[name]]
    if different:
        found = f"a run that was begun with other {', '.join(different)}"
        mend = f"choose another output, or delete {manifest.parent}"
        raise InputError("E_VERSION", found, "the same request", where=str(manifest), mend=mend)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder; the system lets go of it when the process ends, in whatever way.

    Parameters
    ----------
    folder : pathlib.Path
        Of the parts.

    Raises
    ------
    InputError
        ``E_LOCKED`` if another process holds it.
    """
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise InputError("E_LOCKED", "a run at work there", "one run a file", where=str(folder)) from error
    finally:
        os.close(handle)


def _part(folder: Path, batch: int) -> Path:
    return folder / f"{batch:06d}.npz"


def _key(run: Run, batch: int) -> str:
    return digest(json.dumps(run.manifest(), sort_keys=True), batch)
