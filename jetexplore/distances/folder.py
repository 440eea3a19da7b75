"""Who may write to a folder, and is there room? Locks that end with their process, and failures in one sentence."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

from jetexplore.errors import InputError
from jetexplore.files import writable

PARTIAL = ".partial-*"  # what `files.atomic` calls a file that is not yet whole


@contextlib.contextmanager
def locked(path: Path, wait: bool = False) -> Iterator[None]:
    """Hold a lock that says who holds it; the system lets go of it when the process ends, in whatever way.

    Parameters
    ----------
    path : pathlib.Path
        The file to lock, which stays.
    wait : bool
        Wait until it is free.

    Raises
    ------
    InputError
        ``E_LOCKED`` and by whom.
    """
    import fcntl

    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)
        yield
    except BlockingIOError as error:
        holder = os.pread(handle, 300, 0).decode(errors="replace") or "another process"
        raise InputError("E_LOCKED", f"{holder} is at work there", "one run at a time", str(path.parent)) from error
    finally:
        os.close(handle)


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """Say in one sentence that nothing can be written.

    Parameters
    ----------
    path : pathlib.Path
        The folder.

    Raises
    ------
    InputError
        ``E_DISK`` or ``E_FOLDER``.
    """
    with writable(path, "finished tiles are kept: run the same again to go on"):
        yield


def room(path: Path, needed: int) -> None:
    """Refuse to begin what the disk cannot hold.

    Parameters
    ----------
    path : pathlib.Path
        The folder.
    needed : int
        Bytes to be written.

    Raises
    ------
    InputError
        ``E_DISK``.
    """
    free = shutil.disk_usage(path).free
    if needed > free:
        found = f"{free / 1e9:.3g} GB free for {needed / 1e9:.3g} GB"
        raise InputError("E_DISK", found, "a disk with space", str(path))


def sweep(*folders: Path) -> None:
    """Remove what killed runs left half written.

    Parameters
    ----------
    *folders : pathlib.Path
        Where to look, not below.
    """
    for folder in folders:
        for left in folder.glob(PARTIAL):
            left.unlink(missing_ok=True)
