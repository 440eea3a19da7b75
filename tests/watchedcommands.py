"""What do processes of Python write and reach? Imported as ``sitecustomize`` by each of them, children among them."""

import os
import sys

LOG = os.environ.get("WATCHED_LOG", "")
REACHING = {
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.bind",
    "urllib.Request",
    "os.system",
}
TOUCHING = {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.chmod", "os.link", "os.symlink", "os.truncate"}


def _note(kind, told):
    line = f"{os.getpid()}\t{kind}\t{told}\n".encode("utf-8", "replace")
    os.write(_handle, line)


def _place(path, folder=-1):
    if isinstance(path, int):
        return ""  # open already, noted then
    path = os.fsdecode(path)
    if folder not in {-1, None} and not path.startswith(os.sep):
        path = f"{os.readlink(f'/proc/self/fd/{folder}')}{os.sep}{path}"  # noqa: PTH115  pathlib would be watched, too
    return os.path.realpath(path)


def _watch(event, given):
    if event == "open":
        flags = given[2]
        if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and not isinstance(given[0], int):
            _note("write", _place(given[0]))
    elif event in TOUCHING:
        folder = (
            given[1] if event in {"os.remove", "os.rmdir"} else given[2] if event in {"os.mkdir", "os.chmod"} else -1
        )
        _note("touch", _place(given[0], folder))
    elif event in REACHING:
        _note("reach", f"{event} {given!r}"[:300])


if LOG:
    _handle = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    sys.addaudithook(_watch)
