"""What does the interpreter say of a piece of code: what did it start, unpickle, connect to, or write outside a folder?"""

from __future__ import annotations

import contextlib
import os
import sys

FOREIGN = {"os.system", "os.exec", "os.fork", "os.posix_spawn", "subprocess.Popen", "socket.connect", "socket.bind",
           "socket.getaddrinfo", "pickle.find_class", "ctypes.dlopen", "urllib.Request"}  # fmt: skip
TOUCHING = {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "shutil.rmtree", "os.chmod", "os.link", "os.symlink"}
_watchers: list = []


def _tell(event, given):
    if not _watchers:
        return
    if event in FOREIGN:
        found = (event, repr(given)[:200])
    elif (
        event == "open"
        and isinstance(given[2], int)
        and given[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        or event in TOUCHING
    ):
        found = (event, given[0])
    else:
        return
    for folder, told in _watchers:
        path = found[1]
        within = event not in FOREIGN and (
            isinstance(path, int) or os.fsdecode(path) == os.devnull or os.path.realpath(os.fsdecode(path)).startswith(folder)
            or (event in {"os.remove", "os.rmdir"} and given[1] != -1)  # within a folder that is open already
        )  # fmt: skip
        if not within:
            told.append(found)


@contextlib.contextmanager
def watched(folder):
    """List what is done that a parser of files has no business with, besides writing to the folder."""
    if not hasattr(sys, "_jetexplore_watched"):
        sys._jetexplore_watched = True
        sys.addaudithook(_tell)
    told: list = []
    entry = (os.path.realpath(folder), told)
    _watchers.append(entry)
    try:
        yield told
    finally:
        _watchers.remove(entry)
