"""Our own files of jets (.npz): what ``jetexplore generate``, ``cluster`` and ``convert`` write."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets import jetstream
from jetexplore.jets.constituents import wrap
from jetexplore.jets.datasets import FORMAT, write_jets
from jetexplore.jets.layouts import npz
from jetexplore.jets.layouts.blocks import ROWS_MAX, Raw, Request, labels_of, ragged

if TYPE_CHECKING:
    from jetexplore.jets.layouts.reading import Block

AXES, CONSTITUENTS = ("axis_eta", "axis_phi"), ("pt", "deta", "dphi")


def matches(keys: set[str]) -> bool:
    """Tell whether a file has this layout.

    Parameters
    ----------
    keys : set of str
        Names of its arrays.

    Returns
    -------
    bool
        Whether all of ours are there.

    Examples
    --------
    >>> matches({"pt", "deta", "dphi", "counts", "axis_eta", "axis_phi", "metadata"})
    True
    """
    return {*AXES, *CONSTITUENTS, "counts", "metadata"} <= keys


def metadata(archive: npz.Archive) -> dict:
    """Read what a file says of itself.

    Parameters
    ----------
    archive : npz.Archive
        The open file.

    Returns
    -------
    dict
        How its jets were made.

    Raises
    ------
    InputError
        ``E_HEADER`` if that cannot be read, ``E_LAYOUT`` for another format.
    """
    with archive.zip.open("metadata.npy") as stream:
        try:
            found = json.loads(str(np.lib.format.read_array(stream, allow_pickle=False)))
        except ValueError as error:
            raise InputError("E_HEADER", "metadata that is not JSON", "a JSON object", where=archive.where) from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise InputError("E_LAYOUT", "another format", f"a native file of format {FORMAT!r}", where=archive.where)
    return found


def stream(archive: npz.Archive, where: str, request: Request) -> Iterator[Raw]:
    """Read jets block by block.

    Parameters
    ----------
    archive : npz.Archive
        The open file.
    where : str
        Its name, for messages.
    request : Request
        How many jets at a time.

    Yields
    ------
    Raw
        Jets; ``event`` and ``label`` are those of the file, if it has them.

    Raises
    ------
    InputError
        ``E_OFFSETS``, ``E_LENGTH``, and codes of `npz`.
    """
    metadata(archive)
    counts = npz.vector(archive, "counts").astype(np.int64)
    size = archive.members["pt"].shape[0] if archive.members["pt"].shape else 0
    if np.any((counts < 0) | (counts > size)) or counts.sum() != size:
        raise InputError("E_OFFSETS", f"counts for {size} constituents", "as many as there are", where=where)
    beside = [name for name in ("extra_event", "extra_label") if name in archive.members]
    columns = {name: npz.Column(archive, name) for name in (*AXES, *CONSTITUENTS, *beside)}
    wrong = [name for name in (*AXES, *beside) if columns[name].left != len(counts)]
    if wrong or len({columns[name].left for name in CONSTITUENTS}) > 1:
        raise InputError("E_LENGTH", "arrays of unequal length", "one entry a jet or constituent", where=where)
    step = request.rows or ROWS_MAX
    for first in range(0, len(counts), step):
        some = counts[first : first + step]
        total = int(some.sum())
        pt, deta, dphi = (columns[name].take(total).astype(np.float64) for name in CONSTITUENTS)
        axis = [np.repeat(columns[name].take(len(some)).astype(np.float64), some) for name in AXES]
        extra = {name: columns[name].take(len(some)) for name in beside}
        event = np.arange(first, first + len(some))
        if "extra_event" in extra:
            event = extra["extra_event"].astype(np.int64)
        label = labels_of(extra["extra_label"], where) if "extra_label" in extra else None
        yield ragged(pt, axis[0] + deta, wrap(axis[1] + dphi), some, event, label)


def write(path: Path, blocks: Iterator[Block], told: dict) -> None:
    """Write a native file, block by block.

    Parameters
    ----------
    path : pathlib.Path
        The file to write; the caller sees to it that it appears whole.
    blocks : iterator of Block
        The jets.
    told : dict
        Where they are from.
    """
    with tempfile.TemporaryDirectory(prefix=".parts-", dir=path.parent) as folder:
        parts = []
        for block in blocks:
            extra = {"event": block.event} | ({} if block.label is None else {"label": block.label})
            parts.append(Path(folder) / f"{len(parts):06d}.npz")
            write_jets(parts[-1], block.jets, {}, extra)
        if not parts:
            raise InputError("E_EMPTY", "no jets", "at least one", where=str(path))
        jetstream.join(parts, [0] * len(parts), path, told)
