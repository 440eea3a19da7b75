"""What does the transport benchmark measure, on which jets, on which machine? All sections in one run, one record."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jetexplore import jets
from jetexplore.distances import benchmark, cases, firstcall, peers, scaling
from jetexplore.distances.cases import Case
from jetexplore.distances.references import average
from jetexplore.errors import InputError, choose
from jetexplore.files import data_dir

FINE = 2.0  # rad; side of images whose pixels of 0.05 rad are more than a thousand in the average jet
LARGE = 1000
PACKAGES = ("jetexplore", "numpy", "scipy", "numba", "llvmlite", "POT", "wasserstein", "energyflow", "distributed")


class Extent(NamedTuple):
    """How much is measured."""

    rounds: int = 5
    few_rounds: int = 3  # of what takes minutes
    jets: int = 50  # all pairs of them
    events: int = 10_000  # whose nearest medoid is sought,
    pool: int = 700  # jets of which medoids are taken,
    k: tuple[int, ...] = (3, 7, 20)  # so many
    pairs: int = 1000  # jets, all pairs of which threads or tiles share
    tiles: tuple[int, ...] = (250, 500, 1000)
    pixels: tuple[int, ...] = (8, 16, 32, 64, 128, 256, 512, 1024, 1600)
    numbers: tuple[int, ...] = (100, 200, 500, 1000, 2000)  # of jets
    most: int = 200  # jets, all pairs of which peers solve
    empty: bool = True  # begin the first call with nothing compiled
    certify: int = 1_000_000  # pairs whose certificates are looked at,
    pot: float = 0.01  # part of them that POT solves again


FULL = Extent()
QUICK = Extent(1, 1, 6, 40, 40, (3,), 40, (20,), (8, 64), (10, 20), 10, False, 130, 0.5)


def kernel_cases(n: int | None = None) -> list[Case]:
    """Pose the distances between committed jets: images of three kinds, particles of two.

    Parameters
    ----------
    n : int, optional
        Only the first of each kind.

    Returns
    -------
    list of Case
        For all four powers, for particles with beta = 1.
    """
    sample, truth = jets.load("sample"), jets.read_jets(data_dir() / "sample" / "QCD_truth.npz")[0]
    kinds = {"QCD": sample["QCD"][:n], "Top": sample["Top"][:n], "QCD truth": truth[:n]}
    posed = [case for name, some in kinds.items() for case in cases.image_cases(name, jets.images(some))]
    for name in ("QCD", "QCD truth"):
        posed += cases.cloud_cases(f"{name} particles", kinds[name])
    return posed


def average_cases(n: int) -> list[Case]:
    """Pose the distances of QCD jets from the average of all committed ones, on pixels of 0.08 and of 0.05 rad.

    Parameters
    ----------
    n : int
        Jets.

    Returns
    -------
    list of Case
        For all four powers.

    Raises
    ------
    InputError
        ``E_RANGE`` if the average on the finer pixels has fewer than `LARGE` of them.
    """
    every, posed = [jets.load("sample", split)["QCD"] for split in ("test", "reference")], []
    for width in (jets.WIDTH, FINE):
        images = [jets.images(some, width=width) for some in every]
        mean = average(np.concatenate(images))
        found = np.count_nonzero(mean)
        if width == FINE and found < LARGE:
            raise InputError("E_RANGE", f"an average image of {found} pixels", f"at least {LARGE}")
        posed += cases.image_cases(f"QCD x average, {width:g} rad", images[0][:n], mean, width=width)
    return posed


def run(sections: Sequence[str], extent: Extent = FULL, progress: bool = False) -> dict:
    """Measure everything in one process, methods in turn.

    Parameters
    ----------
    sections : sequence of str
        Of `SECTIONS`.
    extent : Extent
        How much.
    progress : bool
        Show progress bars.

    Returns
    -------
    dict
        What JSON can hold: ``machine``, ``versions``, ``extent``, ``notes`` (what could not be measured, and why), and
        ``tables``, the rows by their section.

    Raises
    ------
    InputError
        ``E_SECTION`` for an unknown section.
    """
    from threadpoolctl import threadpool_limits

    for section in sections:
        choose("section", section, SECTIONS, "E_SECTION")
    notes, able = [], list(sections)
    if peers.wasserstein_missing() and {"kernel", "size"} & set(sections):
        notes.append(peers.wasserstein_missing())
    if "dask" in sections and find_spec("distributed") is None:
        notes.append("tiles on a cluster are not measured: pip install 'jetexplore[distributed]'")
        able.remove("dask")
    record = {"machine": _machine(), "versions": _versions(), "extent": extent._asdict(), "notes": notes, "tables": {}}
    with threadpool_limits(1):  # of numpy's algebra; ours are asked for where they are measured
        for section in able:
            record["tables"] |= SECTIONS[section](extent, progress)
    return record


def _kernel(extent: Extent, progress: bool) -> dict[str, list[dict]]:
    posed = kernel_cases(extent.jets) + average_cases(extent.jets)
    return {"kernel": benchmark.benchmark_transport(posed, extent.rounds, progress)}


def _nearest(extent: Extent, progress: bool) -> dict[str, list[dict]]:
    events = np.concatenate([jets.images(some) for some in jets.load("sample").values()])
    events = events[:: -(-len(events) // extent.events)]
    pool = jets.images(jets.load("sample", "reference")["QCD"][: extent.pool])
    return {"nearest": scaling.by_references(events, pool, k=extent.k, rounds=extent.rounds, progress=progress)}


def _threads(extent: Extent, progress: bool) -> dict[str, list[dict]]:
    some = _qcd(extent.pairs)
    return {"threads": scaling.by_threads(some, counts=_counts(), rounds=extent.rounds, progress=progress)}


def _size(extent: Extent, progress: bool) -> dict[str, list[dict]]:
    ends = tuple(dict.fromkeys((1, _counts()[-1])))
    some, rounds = _qcd(max(extent.numbers)), extent.few_rounds
    return {
        "pixels": scaling.by_pixels(extent.pixels, rounds=rounds, progress=progress),
        "jets": scaling.by_jets(
            some, extent.numbers, most=extent.most, counts=ends, rounds=rounds, progress=progress
        ),
    }  # fmt: skip


def _first(extent: Extent, progress: bool) -> dict[str, list[dict]]:
    return {"first": firstcall.first_call(_qcd(firstcall.FIRST), empty=extent.empty)}


def _dask(extent: Extent, progress: bool) -> dict[str, list[dict]]:
    return {"dask": scaling.by_tiles(_qcd(extent.pairs), extent.tiles, rounds=extent.few_rounds, progress=progress)}


def _certify(extent: Extent, progress: bool) -> dict[str, list[dict]]:
    return {"certify": benchmark.certify(kernel_cases(), extent.certify, pot=extent.pot, progress=progress)}


# a section is a function of the extent that gives its tables; those after "first" only if asked for
SECTIONS: dict[str, Callable[[Extent, bool], Mapping[str, list[dict]]]] = {
    "kernel": _kernel,
    "nearest": _nearest,
    "threads": _threads,
    "size": _size,
    "first": _first,
    "dask": _dask,
    "certify": _certify,
}
USUAL = ("kernel", "nearest", "threads", "size", "first")
TITLES = {
    "kernel": "processor time, us a pair and peers over ours, medians (_min: the least of all rounds)",
    "nearest": "the nearest of k medoids, processor time, us an event, against all pairs",
    "threads": "all pairs, Wass(1), seconds on the wall",
    "pixels": "pixels at random places, processor time, us a pair",
    "jets": "all pairs, Wass(1), seconds on the wall",
    "first": "a new process, seconds on the wall",
    "dask": "all pairs in tiles, Wass(1), seconds on the wall; overhead over all pairs in memory",
    "certify": "cost against dual value for all pairs, against POT for those compared",
}


def text(record: Mapping) -> str:
    """Write the record for people, a table a section.

    Parameters
    ----------
    record : mapping
        From `run`.

    Returns
    -------
    str
        Lines.
    """
    told = record["machine"] | {name: found or "missing" for name, found in record["versions"].items()}
    lines = [", ".join(f"{name} {found}" for name, found in told.items()), *record["notes"]]
    for section, rows in record["tables"].items():
        lines += ["", f"{section}: {TITLES[section]}", table(rows)]
    return "\n".join(lines)


def table(rows: Sequence[Mapping]) -> str:
    """Write rows for people.

    Parameters
    ----------
    rows : sequence of mapping
        At least one, all of the same names; names such as ``us_min`` are left out.

    Returns
    -------
    str
        A line of names and one a row.

    Examples
    --------
    >>> print(table([{"p": 0.5, "pairs": 10}, {"p": 2.0, "pairs": 1000}]))
      p  pairs
    0.5     10
      2   1000
    """
    names = [name for name in rows[0] if not (name.startswith("us_") and name.endswith("_min"))]
    cells = [names] + [[_short(row[name]) for name in names] for row in rows]
    wide = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(cell.rjust(size) for cell, size in zip(line, wide, strict=True)) for line in cells)


def _short(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, tuple):
        return " x ".join(f"{some:.1f}" for some in value)
    return f"{value:.3g}" if isinstance(value, float) and abs(value) < 1000 else f"{value:.0f}" if isinstance(
        value, float) else str(value)  # fmt: skip


def _qcd(n: int) -> np.ndarray:
    return jets.images(jets.load("sample")["QCD"][:n])


def _counts() -> tuple[int, ...]:
    count = os.cpu_count() or 1
    return *(2**k for k in range(count.bit_length()) if 2**k < count), count


def _versions() -> dict[str, str | None]:
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def _machine() -> dict[str, object]:
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None  # 0 if nothing else was at work
    return {"system": platform.system(), "processor": model, "processors": os.cpu_count(), "load": load}
