"""How is a foreign file read? In a process of its own, with little memory and time; nothing of it stays behind."""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from jetexplore.anomaly import ownjets
from jetexplore.errors import InputError
from jetexplore.jets import childparse
from jetexplore.views.own.files import Held

MOST = 16 << 20  # bytes of a file that is dropped
DROPPED = childparse.Limits(memory=2 << 30, seconds=30)
_parsing = threading.Semaphore(2)  # files at a time, of all visitors


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
