"""How is a whole file of jets scored? Block by block; a run that was stopped goes on and ends in the same bytes."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jetexplore.anomaly import namedscores, ownjets, ownscores, reconstruction, scoretable
from jetexplore.anomaly.ensembles import K_MAX, REFERENCE_KINDS
from jetexplore.anomaly.scores import COMBINE
from jetexplore.distances import compilation
from jetexplore.distances.metrics import METRICS
from jetexplore.errors import InputError
from jetexplore.files import atomic, read_npz, write_npz
from jetexplore.jets import Jets, childparse, runs, splitting
from jetexplore.jets.layouts import sources

SCHEMA = 1  # raise it when the same request gives other numbers
ROWS = 1024  # jets of a block: the most that is lost when a run is killed
PACKAGES = ("jetexplore", "numpy", "scikit-learn", "torch", "fastjet", "energyflow")  # that decide numbers
USUAL = "events: QCD, Wass(1), medoids, 3, min"


class Task(NamedTuple):
    """What decides the numbers of a run."""

    sha256: str
    layout: str | None
    options: dict
    names: tuple[str, ...]

    def manifest(self) -> dict:
        """Tell everything that the numbers depend on, as JSON can hold it.

        Returns
        -------
        dict
            Digest of the input, the request, what each score stands on, versions.
        """
        return {
            "schema": SCHEMA, "input": self.sha256, "layout": self.layout, "options": self.options, "rows": ROWS,
            "scores": {name: ownscores.identity(name) for name in self.names},
            "versions": {name: version(name) for name in PACKAGES},
        }  # fmt: skip


def score_file(
    path: str | Path, output: str | Path, names: tuple[str, ...] = (USUAL,), layout: str | None = None,
    *, limits: childparse.Limits | None = None, progress: bool = False, **options: object,
) -> dict:  # fmt: skip
    """Score every jet of a file by named scores, and write a row a jet.

    The file is parsed in a process of its own. Blocks that are done are kept beside the output until it is whole.

    Parameters
    ----------
    path : str or pathlib.Path
        A file of any layout that ``jets.LAYOUTS`` knows.
    output : str or pathlib.Path
        The file to write, atomically: ``.parquet``, ``.csv`` or ``.npz``.
    names : tuple of str
        Scores, as in `namedscores.named_scores`.
    layout : str, optional
        Of the file; recognised by default.
    limits : childparse.Limits, optional
        Memory and time of the parser.
    progress : bool
        Whether to show bars on stderr, with rate and time left.
    **options
        As for ``jets.blocks``: ``on_bad``, ``limit``, ``which``, ``pt_window``, ``max_constituents``.

    Returns
    -------
    dict
        As `ownsummary.summary`, with the ``path`` that was written and its ``provenance``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        ``E_SCORE`` for an unknown score, ``E_SUFFIX``, ``E_EXISTS``, ``E_LOCKED``, ``E_VERSION``, ``E_FOLDER`` or
        ``E_DISK`` for the output, and those of ``jets.blocks``.
    """
    from jetexplore.anomaly.ownsummary import summary

    path, output = Path(path), Path(output)
    scoretable.check(output)
    sources.family(path)  # what is no file at all is told before anything is made
    names = tuple(dict.fromkeys(names))
    for name in names:
        ownscores.identity(name)
    if output.exists():
        raise InputError("E_EXISTS", "a file that is there", "a new file", where=str(output), mend="choose another")
    sha256 = _sha256(path)
    asked = {name: value for name, value in sorted(options.items()) if value is not None}
    task = Task(sha256, layout, json.loads(json.dumps(asked)), names)
    with runs.opened(output, task) as folder:
        try:
            told = _split(path, layout, folder, asked, limits, progress)
            _at_rest(path, sha256)
        except InputError:  # the same again would end the same way
            shutil.rmtree(folder)
            raise
        for kind in compilation.KINDS:
            compilation.wait(kind)  # until then POT would answer, to other last bits
        with _bar(told["jets"], progress) as done:
            for number in range(told["blocks"]):
                done(_score(folder, number, names))
        provenance = {**task.manifest(), "file": path.name, "read_as": told["layout"], "warnings": told["warnings"]}
        provenance |= {"classes": told["classes"]}
        with atomic(output) as temporary:
            scoretable.write(temporary, _tables(folder, told, names), provenance)
        own, found = _gathered(path.name, sha256, folder, told, names)
        shutil.rmtree(folder)
    return {**summary(own, found), "path": str(output), "provenance": provenance}


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _at_rest(path: Path, sha256: str) -> None:
    if _sha256(path) != sha256:  # whatever its size and time say
        raise InputError("E_CHANGED", "a file that was changed while it was read", "one at rest", where=str(path))


def listing() -> list[str]:
    """Tell the names of scores for people: all of those that are few, a pattern of the others.

    Returns
    -------
    list of str
        Lines.

    Examples
    --------
    >>> any("no training: jet mass" in line for line in listing())
    True
    """
    found = [
        "events: REFERENCE, METRIC, KIND, k, COMBINATION   distance to reference events, such as", f"  {USUAL}",
        f"  REFERENCE QCD or Top; METRIC {', '.join(_image_metrics())};",
        f"  KIND {', '.join(REFERENCE_KINDS)}; k 1 to {K_MAX}; COMBINATION {', '.join(COMBINE)}",
        "network: NAME, SCORE   a trained network, or one with random weights",
        f"  SCORE {', '.join(reconstruction.SCORES)}",
    ]  # fmt: skip
    networks = dict.fromkeys(one.rpartition(", ")[0] for one in namedscores.KINDS["network"].names())
    found += [f"  network: {name}, Loss" for name in networks]
    for kind in ("label-free", "no training"):
        found += [f"{kind}: {name}" for name in namedscores.KINDS[kind].names()]
    return found


def _split(
    path: Path, layout: str | None, folder: Path, options: dict, limits: childparse.Limits | None, progress: bool
) -> dict:
    """Part the file into blocks, unless that was done."""
    note = folder / "split.json"
    try:
        return _keyed(json.loads(note.read_text()))
    except (OSError, ValueError, KeyError):
        note.unlink(missing_ok=True)
    asked = {"path": str(path), "folder": str(folder), "layout": layout, "rows": ROWS, "progress": progress, **options}
    told, _ = childparse.run("split", asked, limits, (folder,))
    with atomic(note) as temporary:
        temporary.write_text(json.dumps(told))
    return _keyed(told)


def _keyed(told: dict) -> dict:
    return {**told, "classes": {int(k): str(name) for k, name in told["classes"].items()}}


def _score(folder: Path, number: int, names: tuple[str, ...]) -> int:
    """Score one block, unless that was done; gives its number of jets."""
    part = folder / f"scores-{number:06d}.npz"
    if part.exists():
        try:
            return len(read_npz(part)[0]["row"])
        except (InputError, KeyError):  # damaged since
            part.unlink()
    some = splitting.block(folder, number)
    arrays = {"row": some.row, "event": some.event, **_kinematics(some.jets)}
    arrays |= {} if some.label is None else {"label": some.label}
    for place, name in enumerate(names):
        arrays[f"score{place}"] = ownjets.scored(ownscores.scorer(name), some.jets)
    write_npz(part, arrays)
    return len(some.jets)


def _kinematics(some: Jets) -> dict[str, np.ndarray]:
    momenta = some.momenta()
    found = {name: np.asarray(getattr(momenta, name), dtype=np.float64) for name in ("pt", "eta", "phi", "mass")}
    return {**found, "multiplicity": some.counts}


def _tables(folder: Path, told: dict, names: tuple[str, ...]) -> Iterator[dict[str, np.ndarray]]:
    """Give the columns of the output, block by block."""
    for number in range(told["blocks"]):
        arrays, _ = read_npz(folder / f"scores-{number:06d}.npz")
        columns = {"index": arrays["row"], "event": arrays["event"]}
        if "label" in arrays:
            columns["label"] = arrays["label"]
            classes = [told["classes"].get(k, str(k)) for k in arrays["label"].tolist()]
            columns["class"] = np.array(classes, dtype=np.str_)
        columns |= {name: arrays[name] for name in ("pt", "eta", "phi", "mass", "multiplicity")}
        for place, name in enumerate(names):
            found = ownjets.ranked(arrays[f"score{place}"], name)
            columns[name] = found.scores
            columns[f"{name} [percentile]"], columns[f"{name} [p-value]"] = found.percentile, found.pvalue
        yield columns


def _gathered(
    title: str, sha256: str, folder: Path, told: dict, names: tuple[str, ...]
) -> tuple[ownjets.Own, dict[str, ownjets.Rated]]:
    parts = [read_npz(folder / f"scores-{number:06d}.npz")[0] for number in range(told["blocks"])]

    def all_of(name: str) -> np.ndarray:
        return np.concatenate([part[name] for part in parts])

    label = all_of("label") if parts and "label" in parts[0] else None
    pt = all_of("pt")
    alone = Jets(pt, np.zeros(len(pt)), np.zeros(len(pt)), np.arange(len(pt) + 1))  # their momenta, for the window
    own = ownjets.Own(
        title, sha256, told["layout"], alone, label, told["classes"], all_of("row"), list(told["warnings"])
    )
    return own, {name: ownjets.ranked(all_of(f"score{place}"), name) for place, name in enumerate(names)}


def _image_metrics() -> list[str]:
    return [name for name, metric in METRICS.items() if metric.inputs == "images"]


class _bar:  # noqa: N801
    """A bar that counts jets, as a context."""

    def __init__(self, total: int, shown: bool) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=total, unit="jet", unit_scale=True, disable=not shown, desc="scoring")

    def __enter__(self) -> Callable[[int], object]:
        return self._bar.update

    def __exit__(self, *_: object) -> None:
        self._bar.close()
