"""How does a file of jets become one of another layout? Block by block; a conversion that was stopped goes on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jetexplore.errors import InputError, choose
from jetexplore.files import atomic, read_npz, write_npz
from jetexplore.jets import runs
from jetexplore.jets.constituents import Jets
from jetexplore.jets.layouts import reading, sources
from jetexplore.jets.layouts.catalogue import LAYOUTS
from jetexplore.jets.tally import Tally

SCHEMA = 1  # raise it when the same request gives other jets
ENDINGS = {".npz": "native", ".parquet": "simple-parquet", ".pq": "simple-parquet", ".h5": "simple-hdf5",
           ".hdf5": "simple-hdf5"}  # fmt: skip


# arrays of a row a jet (an event), and how many more entries they have than jets; the first that is there counts
ROWS_OF = (
    ("offsets", 1), ("pfcs_index", 1), ("gens_index", 1), ("counts", 0), ("jet_features", 0), ("PFCands", 0),
    ("block0_values", 0), ("jet1", 0), ("constituents", 0), ("table", 0), ("pt", 0), ("px", 0),
)  # fmt: skip


class Task(NamedTuple):
    """What decides the jets of a conversion."""

    sha256: str
    layout: str | None
    to: str
    options: dict

    def manifest(self) -> dict:
        """Tell everything that the jets depend on, as JSON can hold it.

        Returns
        -------
        dict
            Digest of the input, and the request.

        Examples
        --------
        >>> Task("ab", None, "native", {}).manifest()["input"]
        'ab'
        """
        return {"schema": SCHEMA, "input": self.sha256, "layout": self.layout, "to": self.to, **self.options}


class Converted(NamedTuple):
    """What a conversion gave."""

    path: Path
    layout: str  # what was recognised
    jets: int
    warnings: list[str]


def writable() -> list[str]:
    """Name the layouts that can be written.

    Returns
    -------
    list of str
        Names in `LAYOUTS`.

    Examples
    --------
    >>> writable()
    ['native', 'simple-hdf5', 'simple-parquet']
    """
    return [name for name, layout in LAYOUTS.items() if layout.write is not None]


def convert(
    path: str | Path,
    output: str | Path,
    layout: str | None = None,
    to: str | None = None,
    *,
    name: str | None = None,
    label: int | None = None,
    progress: bool = False,
    **options: object,
) -> Converted:
    """Write the jets of a file in another layout.

    Blocks that are done are kept beside the output until it is whole, so a conversion that was stopped goes on when
    it is asked for again, and ends in the same jets.

    Parameters
    ----------
    path : str or pathlib.Path
        A file of any layout.
    output : str or pathlib.Path
        The file to write, atomically.
    layout : str, optional
        The layout of ``path``; recognised by default.
    to : str, optional
        One of `writable`; by the ending of ``output`` by default (.npz, .parquet, .h5).
    name : str, optional
        Only the jets of this class; where the file has no labels, what they are called.
    label : int, optional
        Give all jets this label.
    progress : bool
        Whether to show a bar on stderr.
    **options
        As for `reading.blocks`: ``which``, ``on_bad``, ``pt_window``, ``limit``, ``classes``, ``max_constituents``,
        ``rows``.

    Returns
    -------
    Converted
        The file, the layout that was read, the jets, and what was strange.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        As for `reading.blocks`; ``E_SUFFIX``, ``E_LAYOUT``, ``E_EXISTS``, ``E_CLASS``, ``E_LOCKED``, ``E_VERSION``,
        ``E_FOLDER`` for the output.

    Examples
    --------
    >>> import tempfile
    >>> from jetexplore.files import data_dir
    >>> folder = Path(tempfile.mkdtemp())
    >>> convert(data_dir() / "sample" / "W_test.npz", folder / "W.parquet", limit=50).jets
    50
    >>> reading.read(folder / "W.parquet").layout
    'simple-parquet'
    """
    path, output = Path(path), Path(output)
    to = _target(output, to)
    sources.family(path)  # before anything is made
    _none_there(output)
    sha256 = _sha256(path)
    asked = {key: value for key, value in sorted(options.items()) if value is not None}
    task = Task(sha256, layout, to, json.loads(json.dumps({**asked, "name": name, "label": label})))
    tally = Tally()
    with runs.opened(output, task) as folder:
        _none_there(output)  # another process may have just made it, and let go of the folder
        try:
            parts, kept = _parts(path, layout, folder, tally, name, label, options, progress)
        except InputError:  # the same again would end the same way; another request may be made of this output
            shutil.rmtree(folder)
            raise
        if _sha256(path) != sha256:  # whatever its size and time say
            shutil.rmtree(folder)
            found = "a file that was changed while it was read"
            raise InputError("E_CHANGED", found, "one at rest", where=str(path))
        told = {"source": path.name, "read_as": tally.layout, "citation": LAYOUTS[tally.layout].citation}
        told |= {"description": f"jets of {path.name} ({LAYOUTS[tally.layout].title})", "jets_per_event": 1}
        if name is not None:
            told["process"] = name
        if tally.labelled:
            named = tally.classes if None in (name, label) else {label: name}
            told["classes"] = {str(k): title for k, title in sorted(named.items())}
        whole = folder / f"whole{output.suffix}"  # among the parts, where a killed conversion leaves nothing behind
        with runs.writable(folder, "finished blocks are kept: run the same again to go on"), atomic(whole) as temporary:
            blocks = (block for part in parts if len((block := _block(part)).jets))
            LAYOUTS[to].write(temporary, blocks, told)
        whole.replace(output)
        shutil.rmtree(folder)
    return Converted(output, tally.layout, kept, tally.warnings())


def converted(path: str, output: str, **options: object) -> tuple[dict, dict]:
    """Convert, and tell it in what JSON can hold; for `childparse`.

    Parameters
    ----------
    path, output
        As for `convert`.
    **options
        As for `convert`.

    Returns
    -------
    told : dict
        As `Converted`.
    arrays : dict
        Empty.
    """
    if options.get("classes"):
        options["classes"] = {int(k): title for k, title in options["classes"].items()}
    made = convert(path, output, **options)
    return {**made._asdict(), "path": str(made.path)}, {}


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _none_there(output: Path) -> None:
    if not output.exists():
        return
    folder = runs.parts_folder(output)
    if folder.is_dir():  # of a conversion that was killed in its last moment
        with contextlib.suppress(InputError, OSError), runs.locked(folder):
            shutil.rmtree(folder)
    raise InputError("E_EXISTS", "a file that is there", "a new file", where=str(output), mend="choose another")


def _target(output: Path, to: str | None) -> str:
    if to is None:
        to = ENDINGS.get(output.suffix.lower())
        if to is None:
            expected = f"{', '.join(ENDINGS)}, or to one of {', '.join(writable())}"
            raise InputError("E_SUFFIX", f"{output.name!r}", expected, where="output")
    return choose("layout to write", to, writable(), "E_LAYOUT")


def _parts(
    path: Path, layout: str | None, folder: Path, tally: Tally, name: str | None, label: int | None, options: dict,
    progress: bool,
) -> tuple[list[Path], int]:  # fmt: skip
    """Keep each block in a file of its own, with the counts so far; go on behind those that are there."""
    from tqdm import tqdm

    parts, kept = _finished(folder, tally)
    total = None if options.get("limit") else _rows(path, layout)
    with tqdm(unit="row", unit_scale=True, total=total, initial=tally.read, disable=not progress) as bar:
        for number, block in reading.steps(path, layout, reading.Asked(**options), tally, len(parts)):
            block = _chosen(block, tally, name, label)
            tally.labelled |= block.label is not None
            kept += len(block.jets)
            parts.append(_part(folder, number))
            arrays = {key: getattr(block.jets, key) for key in ("pt", "eta", "phi", "offsets")}
            arrays |= {"event": block.event, "row": block.row}
            arrays |= {} if block.label is None else {"label": block.label}
            write_npz(parts[-1], arrays, {"tally": tally.state(), "kept": kept})
            bar.update(tally.read - bar.n)
    if not kept:
        classes = ", ".join(tally.classes.values())
        raise InputError("E_CLASS", f"no jets of the class {name!r}", classes, where=str(path))
    return parts, kept


def _rows(path: Path, layout: str | None) -> int | None:
    """Count the rows of a file, where that is known before it is read, for the time that is left."""
    with sources.opened(path, layout) as source:
        if source.layout.family == "parquet":
            return source.handle.metadata.num_rows
        if source.layout.family == "npz":
            shapes = [source.handle.members[key].shape for key in ("counts", "X") if key in source.handle.members]
            return shapes[0][0] if shapes and shapes[0] else None
        if source.layout.family == "hdf5":
            shapes = {key.rpartition("/")[2]: array.shape for key, array in source.handle.items() if array.shape}
            found = [shapes[key][0] - more for key, more in ROWS_OF if key in shapes]
            return found[0] if found else None
    return None


def _finished(folder: Path, tally: Tally) -> tuple[list[Path], int]:
    parts, found = [], None
    while _part(folder, len(parts)).exists():
        part = _part(folder, len(parts))
        try:
            found = read_npz(part)[1]
        except InputError:  # damaged since: made again, with those behind it
            break
        parts.append(part)
    if found is not None:
        tally.restore(found["tally"])
    return parts, 0 if found is None else found["kept"]


def _part(folder: Path, number: int) -> Path:
    return folder / f"{number:06d}.npz"


def _chosen(block: reading.Block, tally: Tally, name: str | None, label: int | None) -> reading.Block:
    if name is not None and block.label is not None:
        numbers = {title: k for k, title in tally.classes.items()}
        wanted = numbers.get(name, int(name) if name.isdecimal() else -2)
        mask = block.label == wanted
        block = reading.Block(block.jets[mask], block.label[mask], block.event[mask], block.row[mask])
    return block if label is None else block._replace(label=np.full(len(block.jets), label))


def _block(part: Path) -> reading.Block:
    arrays, _ = read_npz(part)
    jets = Jets(arrays["pt"], arrays["eta"], arrays["phi"], arrays["offsets"])
    return reading.Block(jets, arrays.get("label"), arrays["event"], arrays["row"])
