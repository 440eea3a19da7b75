"""How fast is each layout of files read and written, and in how much memory? The same jets in each, at two sizes."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jetexplore.jets import hdf, lhco
from jetexplore.jets.constituents import Jets
from jetexplore.jets.datasets import load
from jetexplore.jets.layouts import reading
from jetexplore.jets.layouts.catalogue import LAYOUTS

FULL, QUICK = (63_000, 189_000), (30, 90)  # jets: some blocks of any layout, for the allocator grows over the first few
EVENTS = 3  # an event of 700 rows counts for so many jets
ENDINGS = {"hdf5": "h5", "npz": "npz", "parquet": "parquet", "root": "root"}
MIB = 1 << 20


class FileBenchmark(NamedTuple):
    """What one layout costs."""

    layout: str
    family: str
    write: bool  # whether we write it
    streamed: bool  # whether three times the jets took less than half as much memory again as the file grew
    jets: int  # of the larger file
    megabytes: float  # of the larger file, packed as it is
    read_rate: float  # jets/s of one core, the larger file
    read_megabytes: float  # MB/s of one core
    write_rate: float | None  # jets/s of one core
    peak_small: float  # MiB above what was used before, the smaller file
    peak_large: float  # the same, the larger file


def benchmark_files(sizes: tuple[int, int] = FULL, layouts: tuple[str, ...] = tuple(LAYOUTS)) -> list[FileBenchmark]:
    """Write the jets of the committed sample in each layout and read them block by block, each in a process of its own.

    Parameters
    ----------
    sizes : tuple of int
        Jets of the smaller and the larger file; `EVENTS` times fewer events.
    layouts : tuple of str
        Names in `LAYOUTS`.

    Returns
    -------
    list of FileBenchmark
        One a layout.

    Examples
    --------
    >>> (row,) = benchmark_files((5, 10), ("native",))
    >>> row.layout, row.jets, row.write
    ('native', 10, True)
    """
    sample = load()["QCD"]
    rows = []
    with tempfile.TemporaryDirectory(prefix="jetexplore-") as folder, _thin_process() as measured:
        for name in layouts:
            layout = LAYOUTS[name]
            warm, *paths = (Path(folder) / f"{name}-{n}.{ENDINGS[layout.family]}" for n in (3, *sizes))
            _written(name, warm, sample[:3])
            write = None
            numbers = [max(n // EVENTS, 3) if layout.events else n for n in sizes]
            for path, n in zip(paths, numbers, strict=True):
                some = sample[np.arange(n) % len(sample)]
                write = _in_a_child(lambda path=path, some=some, name=name: _written(name, path, some))[0]
            read = measured(name, warm, paths)
            found = [(*one, path.stat().st_size) for one, path in zip(read, paths, strict=True)]
            jets, (seconds, large, size) = numbers[1] * (2 if layout.events else 1), found[1]
            ours = layout.write is not None
            grown = max(size - found[0][2], MIB) + 24 * int(some.offsets[-1])
            rows.append(
                FileBenchmark(
                    name, layout.family, ours, large - found[0][1] < 0.5 * grown, jets, size / 1e6, jets / seconds,
                    size / 1e6 / seconds, jets / write if ours else None, found[0][1] / MIB, large / MIB,
                )
            )  # fmt: skip
    return rows


def text(rows: list[FileBenchmark]) -> str:
    """Lay the benchmark out for people.

    Parameters
    ----------
    rows : list of FileBenchmark
        What `benchmark_files` gave.

    Returns
    -------
    str
        A line a layout.

    Examples
    --------
    >>> print(text([FileBenchmark("native", "npz", True, True, 10, 0.1, 5e4, 12.0, 1e4, 3.0, 4.0)]).splitlines()[1])
    native          npz      yes         50,000      12.0       10,000     yes     3      4
    """
    head = f"{'layout':16s}{'file':9s}{'write':6s}{'read jets/s':>12s}{'MB/s':>10s}{'write jets/s':>13s}  streamed"
    lines = [f"{head}  peak MiB at one and three times as many jets"]
    for row in rows:
        wrote = f"{row.write_rate:,.0f}" if row.write_rate else ""
        lines.append(
            f"{row.layout:16s}{row.family:9s}{'yes' if row.write else '':6s}{row.read_rate:>12,.0f}"
            f"{row.read_megabytes:>10.1f}{wrote:>13s}{'yes' if row.streamed else 'no':>8s}"
            f"{row.peak_small:>6.0f}{row.peak_large:>7.0f}"
        )
    return "\n".join(lines)


@contextlib.contextmanager
def _thin_process() -> Iterator[Callable[[str, Path, list[Path]], list[tuple[float, int]]]]:
    """Start a process that does nothing but fork to read files: no memory is there that could be used again."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}  # as the commands do
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[2]), *sys.path[1:]])
    command = [sys.executable, "-m", "jetexplore.jets.filebench"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, **pipes) as process:

        def measured(name: str, warm: Path, paths: list[Path]) -> list[tuple[float, int]]:
            process.stdin.write(json.dumps([name, str(warm), *map(str, paths)]) + "\n")
            process.stdin.flush()
            told = process.stdout.readline()
            if not told:
                raise RuntimeError(f"files of the layout {name} could not be read in a process of their own")
            return [(seconds, peak) for seconds, peak in json.loads(told)]

        yield measured


def _in_a_child(task: Callable[[], None]) -> tuple[float, int]:
    """Give the processor time of a task, and its peak of memory above what was used before, as the kernel counts it."""
    pipe, end = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            used, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
            task()
            took = time.process_time() - began
            os.write(end, json.dumps([took, used]).encode())
        os._exit(0)
    os.close(end)
    with os.fdopen(pipe, "rb") as stream:
        told = stream.read()
    usage = os.wait4(child, 0)[2]
    if not told:
        raise RuntimeError("a file could not be written or read in a process of its own")
    seconds, used = json.loads(told)
    return seconds, (usage.ru_maxrss - used) << 10


def _read(name: str, path: Path) -> None:
    for _ in reading.blocks(path, name):
        pass


def _written(name: str, path: Path, jets: Jets) -> None:
    if LAYOUTS[name].write is not None:
        n, step = len(jets), 2000
        parts = [np.arange(first, min(first + step, n)) for first in range(0, n, step)]
        LAYOUTS[name].write(path, (reading.Block(jets[part], None, part, part) for part in parts), {})
        return
    WRITERS[name](path, jets)


# ------------------------------------------------------------------------- others' layouts, as their authors write them


def _four(jets: Jets) -> np.ndarray:
    pt, eta, phi = jets.pt, jets.eta, jets.phi
    return np.stack([pt * np.cosh(eta), pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=1)


def _padded(jets: Jets, values: np.ndarray, m: int | None = None) -> np.ndarray:
    m = m or int(jets.counts.max())
    table = np.zeros((len(jets), m, values.shape[1]), dtype=np.float32)
    place = np.arange(len(jets.pt)) - jets.offsets[jets.jet]
    kept = place < m
    table[jets.jet[kept], place[kept]] = values[kept]
    return table


def _hdf5(path: Path, **arrays: np.ndarray) -> None:
    with hdf.with_filters().File(path, "w") as file:
        for name, values in arrays.items():
            file[name] = values


def _cheng(path: Path, jets: Jets) -> None:
    h5py = hdf.with_filters()
    five, cells = np.column_stack([_four(jets), np.zeros(len(jets.pt))]), np.empty((len(jets), 1), dtype=object)
    for i, (a, b) in enumerate(zip(jets.offsets[:-1], jets.offsets[1:], strict=True)):
        cells[i, 0] = five[a:b].ravel()
    with h5py.File(path, "w") as file:
        file.create_dataset("objects/jets/constituents", cells.shape, h5py.vlen_dtype(np.float64))[:] = cells


def _jetnet(path: Path, jets: Jets) -> None:
    whole = jets.momenta()
    relative = [jets.eta - whole.eta[jets.jet], jets.phi, jets.pt / whole.pt[jets.jet], np.ones(len(jets.pt))]
    about = np.column_stack([whole.pt, whole.eta, whole.mass, jets.counts])
    _hdf5(path, particle_features=_padded(jets, np.column_stack(relative), 150), jet_features=about)


def _top_tagging(path: Path, jets: Jets) -> None:
    rows = np.zeros((len(jets), 804), dtype=np.float32)
    rows[:, :800] = _padded(jets, _four(jets), 200).reshape(len(jets), -1)
    values = {"table/block0_values": rows, "table/block1_values": np.zeros((len(jets), 2), dtype=np.int64)}
    _hdf5(path, **values)


def _mod(path: Path, jets: Jets) -> None:
    rows = np.column_stack([jets.pt, jets.eta, jets.phi, np.zeros(len(jets.pt))])
    with hdf.with_filters().File(path, "w") as file:
        file.create_dataset("pfcs", data=rows, compression="gzip")
        file["pfcs_index"] = jets.offsets.astype(np.uint32)


def _aspen(path: Path, jets: Jets) -> None:
    four = _four(jets)
    rows = np.column_stack([four[:, 1:], four[:, :1], np.zeros((len(jets.pt), 7))])
    _hdf5(path, PFCands=_padded(jets, rows, 150), jet_kinematics=np.zeros((len(jets), 4)))


def _quark_gluon(path: Path, jets: Jets) -> None:
    rows = np.column_stack([jets.pt, jets.eta, jets.phi, np.full(len(jets.pt), 22)])
    np.savez_compressed(path, X=_padded(jets, rows).astype(np.float64), y=np.zeros(len(jets)))


def _lhco(path: Path, jets: Jets) -> None:
    """Write events of two jets, the second opposite to the first."""
    pt, eta = (np.concatenate([values, values]) for values in (jets.pt, jets.eta))
    order = np.argsort(np.concatenate([jets.jet, jets.jet]), kind="stable")
    phi = np.concatenate([jets.phi, jets.phi + np.pi])
    lhco.write_events(path, [Jets(pt[order], eta[order], phi[order], 2 * jets.offsets)])


def _nanoaod(path: Path, jets: Jets) -> None:
    import awkward as ak
    import uproot

    def lists(values: np.ndarray) -> ak.Array:
        return ak.unflatten(values, jets.counts)

    data = {f"PFCands_{name}": lists(getattr(jets, name)) for name in ("pt", "eta", "phi")}
    place = (np.arange(len(jets.pt)) - jets.offsets[jets.jet]).astype(np.int64)
    data |= {"FatJetPFCands_jetIdx": lists(place * 0), "FatJetPFCands_pFCandsIdx": lists(place)}
    with uproot.recreate(path) as file:
        tree = file.mktree("Events", {name: values.type.content for name, values in data.items()})
        for first in range(0, len(jets), 1000):  # as the experiment's files are parted
            tree.extend({name: values[first : first + 1000] for name, values in data.items()})


WRITERS: dict[str, Callable[[Path, Jets], None]] = {
    "cheng": _cheng,
    "jetnet": _jetnet,
    "top-tagging": _top_tagging,
    "mod": _mod,
    "aspen": _aspen,
    "flat": lambda path, jets: _hdf5(path, table=_padded(jets, _four(jets)).reshape(len(jets), -1)),
    "quark-gluon": _quark_gluon,
    "lhco": _lhco,
    "nanoaod": _nanoaod,
}


def _serve() -> None:
    """Answer a line for each that asks: in a fork that reads a small file first, a fork for each of the others."""
    for line in sys.stdin:
        name, warm, *paths = json.loads(line)
        if os.fork() == 0:
            _read(name, Path(warm))  # what is imported and compiled once is not counted
            found = [_in_a_child(lambda path=path, name=name: _read(name, Path(path))) for path in paths]
            sys.stdout.write(json.dumps(found) + "\n")
            sys.stdout.flush()
            os._exit(0)
        if os.wait()[1]:
            return


if __name__ == "__main__":
    _serve()
