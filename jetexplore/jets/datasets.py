"""Where do the jets come from? The data sets by name, and the native file that they are kept in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jetexplore.errors import InputError, choose
from jetexplore.files import data_dir, digest, read_npz, write_npz
from jetexplore.jets.constituents import PT_MAX, Jets, wrap

FORMAT = "jetexplore-jets-1"
HALF_MAX = 65504.0  # the largest float16


class Dataset(NamedTuple):
    """A data set that can be loaded by name."""

    files: Mapping[str, Mapping[str, str]]  # split -> class -> path below data/
    origin: str  # "simulated here", "the papers' own" or "yours": the badge of the explorer
    description: str
    citation: str
    licence: str


class Provenance(NamedTuple):
    """What must be said beside every number computed from a data set."""

    name: str
    origin: str
    description: str
    key: str  # digest of the files
    metadata: Mapping[str, dict]  # class -> what its file says of itself


DATASETS: dict[str, Dataset] = {
    "sample": Dataset(
        files={
            "test": {name: f"sample/{name}_test.npz" for name in ("QCD", "Top", "W")},
            "reference": {name: f"sample/{name}_reference.npz" for name in ("QCD", "Top")},
        },
        origin="simulated here",
        description="leading anti-kT R = 1.0 jets, 550 < pT <= 650 GeV, Pythia 8 with a CMS-like detector response",
        citation="generated with jetexplore; recipe in data/sample/README.md",
        licence="CC0-1.0",
    ),
    "development": Dataset(
        files={"test": {name: f"development/{name}.npz" for name in ("X-2prong", "X-4prong")}},
        origin="simulated here",
        description="two signals that are in no paper, to make choices on; otherwise like the sample",
        citation="generated with jetexplore; recipe in data/sample/README.md",
        licence="CC0-1.0",
    ),
    "dijets": Dataset(
        files={"test": {name: f"dijets/{name}.npz" for name in ("background", "signal", "box1")}},
        origin="simulated here",
        description="the two leading anti-kT R = 1.0 jets of events whose leading jet has pT > 1200 GeV, like those of "
        "the LHC Olympics; Pythia 8 with a CMS-like detector response",
        citation="generated with jetexplore; recipe in data/dijets/README.md",
        licence="CC0-1.0",
    ),
}


def load(source: str | Path = "sample", split: str = "test") -> dict[str, Jets]:
    """Load jets by class from a data set of `DATASETS`, or from a file of any layout that `jets.LAYOUTS` knows.

    Parameters
    ----------
    source : str or pathlib.Path
        A name in `DATASETS`, or the path of a file: one that ``jetexplore generate`` wrote, or your own.
    split : str
        ``"test"`` or ``"reference"``; the two share no jet. A file has no split.

    Returns
    -------
    dict of str to Jets
        The jets of each class ("QCD", "Top", "W"); those of a file by its labels, or by its name if it has none.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If the name or the split is unknown, or the file is damaged or holds a bad jet (`jets.read` has a choice).

    Examples
    --------
    >>> sorted(load("sample"))
    ['QCD', 'Top', 'W']
    """
    if str(source) not in DATASETS and _is_path(source):
        return _own(Path(source))[0]
    return {name: _read(path, _stamp(path))[0] for name, path in _declared(source, split)[1].items()}


def provenance(source: str | Path = "sample", split: str = "test") -> Provenance:
    """Tell where the jets of `load` come from, for captions and badges.

    Parameters
    ----------
    source, split
        As in `load`.

    Returns
    -------
    Provenance
        Origin, description, digest of the files and their own metadata.

    Examples
    --------
    >>> provenance("sample").origin
    'simulated here'
    """
    if str(source) not in DATASETS and _is_path(source):
        classes, metadata = _own(Path(source))
        origin = "simulated here" if metadata.get("simulated") else "yours"
        described = str(metadata.get("description", "your own file"))
        told = dict.fromkeys(classes, metadata)
        return Provenance(Path(source).name, origin, described, digest(Path(source)), told)
    dataset, paths = _declared(source, split)
    metadata = {name: _read(path, _stamp(path))[1] for name, path in paths.items()}
    metadata = {name: {what: one for what, one in told.items() if what != "extra"} for name, told in metadata.items()}
    key = _digest(*((path, _stamp(path)) for path in paths.values()))
    return Provenance(str(source), dataset.origin, dataset.description, key, metadata)


def _stamp(path: Path) -> tuple[int, ...]:
    """Tell whether a file may have been changed or exchanged."""
    if not path.exists():
        raise FileNotFoundError(f"no file {path}")
    about = path.stat()
    return about.st_ino, about.st_size, about.st_mtime_ns


@lru_cache(maxsize=16)
def _read(path: Path, stamp: tuple[int, ...]) -> tuple[Jets, dict]:  # noqa: ARG001
    some, metadata = read_jets(path)
    for one in (some.pt, some.eta, some.phi, some.offsets):
        one.setflags(write=False)  # everyone who loads them has these
    return some, metadata


@lru_cache(maxsize=16)
def _digest(*files: tuple[Path, tuple[int, ...]]) -> str:
    return digest(*(path for path, _ in files))


def write_jets(
    path: str | Path, jets: Jets, metadata: Mapping | None = None, extra: Mapping[str, np.ndarray] | None = None
) -> None:
    """Write jets to a native file, about 300 bytes a jet of the sample.

    Transverse momenta and offsets from the jet axis are kept as float16: 0.05 % on pt, at most
    5e-4 rad at the edge of an R = 1 jet, which moves 0.04 % of the transverse momentum of an image
    of 0.08 rad pixels across an edge.

    Parameters
    ----------
    path : str or pathlib.Path
        The file to write, atomically.
    jets : Jets
        What to keep.
    metadata : mapping, optional
        How the jets were made; anything JSON can hold.
    extra : mapping of str to ndarray, optional
        Further numbers, one a jet.

    Raises
    ------
    InputError
        If a transverse momentum does not fit (``E_RANGE_PT``), or an extra is not numbers (``E_DTYPE``), one for each
        jet (``E_LENGTH``).
    """
    if len(jets.pt) and jets.pt.max() > min(HALF_MAX, PT_MAX):
        raise InputError("E_RANGE_PT", f"pt of {jets.pt.max():g} GeV", f"at most {HALF_MAX:g} GeV in a native file")
    half = jets.pt.astype(np.float16)
    if np.any(half == 0):
        raise InputError("E_RANGE_PT", f"pt of {jets.pt.min():g} GeV", "at least 1e-7 GeV in a native file")
    if len(jets) and jets.counts.max() > np.iinfo(np.uint16).max:
        raise InputError("E_LIMIT", f"a jet of {jets.counts.max()} constituents", "at most 65535")
    momenta = jets.momenta()
    axis_eta, axis_phi = momenta.eta.astype(np.float32), momenta.phi.astype(np.float32)
    arrays = {
        "pt": half,
        "deta": (jets.eta - axis_eta[jets.jet]).astype(np.float16),
        "dphi": wrap(jets.phi - axis_phi[jets.jet]).astype(np.float16),
        "counts": jets.counts.astype(np.uint16),
        "axis_eta": axis_eta,
        "axis_phi": axis_phi,
    }
    for name, values in (extra or {}).items():
        arrays[f"extra_{name}"] = _one_a_jet(name, values, len(jets))
    write_npz(path, arrays, {**(metadata or {}), "format": FORMAT})


def read_jets(path: str | Path) -> tuple[Jets, dict]:
    """Read a native file.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.

    Returns
    -------
    jets : Jets
        The jets.
    metadata : dict
        How they were made; per-jet extras under ``"extra"``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If the file is damaged or is not a native file.
    """
    arrays, metadata = read_npz(path)
    needed = {"pt", "deta", "dphi", "counts", "axis_eta", "axis_phi"}
    if metadata.get("format") != FORMAT or not needed <= set(arrays):
        found = f"arrays {sorted(arrays)} of format {metadata.get('format')!r}"
        raise InputError("E_LAYOUT", found, f"a native file of format {FORMAT!r}", where=str(path))
    if any(arrays[name].ndim != 1 or arrays[name].dtype.kind not in "iuf" for name in needed):
        raise InputError("E_DTYPE", "arrays of another shape or kind", "rows of real numbers", where=str(path))
    counts = arrays["counts"].astype(np.int64)
    sizes = {len(arrays[name]) for name in ("pt", "deta", "dphi")}
    jets_sizes = {len(arrays[name]) for name in ("counts", "axis_eta", "axis_phi")}
    if np.any((counts < 0) | (counts > len(arrays["pt"]))) or sizes != {int(counts.sum())} or len(jets_sizes) != 1:
        raise InputError("E_LENGTH", "arrays of unequal length", "one entry a constituent or a jet", where=str(path))
    jet = np.repeat(np.arange(len(counts)), counts)
    extra = {name.removeprefix("extra_"): values for name, values in arrays.items() if name.startswith("extra_")}
    if any(values.shape != counts.shape for values in extra.values()):
        raise InputError("E_LENGTH", "extra arrays of another length", "one entry a jet", where=str(path))
    eta = arrays["axis_eta"][jet] + arrays["deta"].astype(np.float64)
    phi = wrap(arrays["axis_phi"][jet] + arrays["dphi"].astype(np.float64))
    metadata["extra"] = extra
    try:
        return Jets(arrays["pt"], eta, phi, np.concatenate([[0], np.cumsum(counts)])), metadata
    except InputError as error:
        where = ", ".join(part for part in (str(path), error.where) if part)
        raise InputError(error.code, error.found, error.expected, where=where) from error


def _own(path: Path) -> tuple[dict[str, Jets], dict]:
    """Read a file of any known layout: its jets by class, and what it says of itself."""
    from jetexplore.jets.layouts import reading, sources

    with sources.opened(path) as source:
        native, layout, metadata = source.name == "native", source.layout, dict(source.metadata)
    if native and "classes" not in metadata:
        jets, metadata = read_jets(path)
        return {str(metadata.get("process", path.stem)): jets}, metadata
    found = reading.read(path)
    metadata.setdefault("description", f"your own file ({layout.title})")
    return found.by_class(str(metadata.get("process", layout.class_of(path.stem)))), metadata


def _declared(source: str | Path, split: str) -> tuple[Dataset, dict[str, Path]]:
    if str(source) not in DATASETS:
        expected = f"{', '.join(DATASETS)}, or the path of a file"
        raise InputError("E_DATASET", f"unknown data set {str(source)!r}", expected)
    dataset = DATASETS[str(source)]
    files = dataset.files[choose("split", split, dataset.files, "E_SPLIT")]
    return dataset, {name: data_dir() / path for name, path in files.items()}


def _one_a_jet(name: str, values: object, n: int) -> np.ndarray:
    try:
        numbers = np.asarray(values)
    except ValueError as error:  # lists of unequal length
        raise InputError("E_DTYPE", "lists of unequal length", "one number a jet", where=name) from error
    if numbers.dtype.kind not in "biuf":
        raise InputError("E_DTYPE", f"values of {numbers.dtype}", "one number a jet", where=name)
    if numbers.shape != (n,):
        raise InputError("E_LENGTH", f"values of shape {numbers.shape} for {n} jets", "one a jet", where=name)
    return numbers.astype(np.float32)


def _is_path(source: str | Path) -> bool:
    return isinstance(source, Path) or (isinstance(source, str) and (Path(source).suffix != "" or "/" in source))
