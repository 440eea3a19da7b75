"""Whose files may a page show? Those that the operator named, to all; those dropped on a page, to that page only."""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from jetexplore.anomaly import ownjets, ownplaces
from jetexplore.anomaly.ownjets import Own, Rated
from jetexplore.anomaly.ownplaces import Placed
from jetexplore.errors import InputError
from jetexplore.jets import childparse
from jetexplore.views.state import Choice

MOST = 16 << 20  # bytes of a file that is dropped
DROPPED = childparse.Limits(memory=2 << 30, seconds=30)
PLACED = 500  # jets that are placed on the map, evenly spaced
_parsing = threading.Semaphore(2)  # files at a time, of all visitors


class Held(NamedTuple):
    """A file and what was computed of it."""

    own: Own
    results: dict[tuple[str, str], object]  # ("score", name), ("map", space)


class Operator(NamedTuple):
    """What the operator of the server decided."""

    files: Mapping[str, Held] = {}
    upload: bool | None = None  # None: as the request tells


_decided = [Operator()]


def decide(files: Mapping[str, Held], upload: bool | None) -> None:
    """Say which files every page shows, and whether files may be dropped.

    Parameters
    ----------
    files : mapping of str to Held
        By the name that an address may say; from `opened`.
    upload : bool or None
        None where the request has to tell whether the page is served to this machine only.
    """
    _decided[0] = Operator(dict(files), upload)


def decided_upload() -> bool | None:
    """Give what the operator decided of files that are dropped.

    Returns
    -------
    bool or None
        None if nothing.
    """
    return _decided[0].upload


def offered() -> Mapping[str, Held]:
    """Give the files that every page shows.

    Returns
    -------
    mapping of str to Held
        By name.
    """
    return _decided[0].files


def opened(paths: Sequence[str], **options: object) -> dict[str, Held]:
    """Read the operator's files, each in a process of its own.

    Parameters
    ----------
    paths : sequence of str
        The files.
    **options
        As for `ownjets.read`.

    Returns
    -------
    dict of str to Held
        By a name that an address may say: of the file's, what letters and digits there are.

    Raises
    ------
    FileNotFoundError, InputError
        As for `ownjets.read`.
    """
    found: dict[str, Held] = {}
    for path in paths:
        stem = re.sub(r"[^A-Za-z0-9_-]+", "", Path(path).stem)[:40] or "file"
        name, more = stem, 2
        while name in found:
            name, more = f"{stem}-{more}", more + 1
        size = Path(path).stat().st_size if Path(path).is_file() else 0
        limits = childparse.Limits(seconds=childparse.SECONDS + size // 1_000_000)
        found[name] = Held(ownjets.read(path, limits=limits, **options), {})
    return found


def parsed(name: str, content: bytes) -> Held:
    """Read a file that was dropped, in a process of its own with little memory and time; nothing of it stays behind.

    Parameters
    ----------
    name : str
        What the visitor calls it.
    content : bytes
        All of it.

    Returns
    -------
    Held
        Its jets.

    Raises
    ------
    InputError
        One sentence, in which the file has the visitor's name for it.
    """
    title = re.sub(r"[^\w .,+()-]", "_", name.rpartition("/")[2])[:80] or "file"
    with _parsing, tempfile.TemporaryDirectory(prefix="jetexplore-dropped-") as folder:
        path = Path(folder) / re.sub(r"[^A-Za-z0-9_.-]", "_", title).lstrip(".")
        path.write_bytes(content)
        try:
            return Held(ownjets.read(path, title, limits=DROPPED), {})
        except InputError as error:
            parts = [part.replace(str(path), title).replace(folder, "") for part in error.args]
            raise InputError(*parts) from None


def held(choice: Choice) -> Held | None:
    """Give the file that is chosen.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    Held or None
        None if there is none of that name on this page.
    """
    files = on_page(choice)
    return files.get(choice.own or next(iter(files), ""))


def on_page(choice: Choice) -> dict[str, Held]:
    """List the files that a page may show.

    Parameters
    ----------
    choice : Choice
        Its selections.

    Returns
    -------
    dict of str to Held
        Those of the operator, then what was dropped.
    """
    return {**offered(), **choice.dropped}


def compute(
    some: Held, name: str, space: str, progress: Callable[[int, int], None], stopped: Callable[[], bool]
) -> None:
    """Score and place the jets of a file, unless that was done; for a thread.

    Parameters
    ----------
    some : Held
        The file; keeps the results.
    name, space : str
        A score, and a space of the map.
    progress : callable
        Told how many jets of how many are done.
    stopped : callable
        Asked whether to stop.

    Raises
    ------
    InputError
        Those of the score.
    Stopped
        If it was told to stop.
    """
    total = len(some.own.jets)
    if ("score", name) not in some.results:
        some.results["score", name] = ownjets.rated(
            some.own.jets, name, progress=lambda done: progress(done, total), stopped=stopped
        )
    if ("map", space) not in some.results:
        some.results["map", space] = ownplaces.placed(some.own.jets[placed_rows(some)], space, stopped=stopped)


def results(some: Held, name: str, space: str) -> tuple[Rated, Placed] | None:
    """Give what was computed.

    Parameters
    ----------
    some, name, space
        As in `compute`.

    Returns
    -------
    tuple or None
        None if it was not, or not all of it.
    """
    found = some.results.get(("score", name)), some.results.get(("map", space))
    return None if None in found else found


def placed_rows(some: Held) -> list[int]:
    """Choose the jets that are placed on the map.

    Parameters
    ----------
    some : Held
        The file.

    Returns
    -------
    list of int
        All, or `PLACED` evenly spaced ones.
    """
    many = len(some.own.jets)
    return [number * many // min(many, PLACED) for number in range(min(many, PLACED))]
