"""Who waits for the compiler? Nobody: the kernel is compiled once, in another process, and kept on disk.

Compiled code lies in a folder named by what it was made from: the sources of this package, the compiler, the
processor. Another version never finds it, and a mark in the folder says that all of it is there. Until then single
pairs and the first few thousand are solved by POT.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import llvmlite
import numba
from numba import njit

from jetexplore.files import cache_dir

KEPT = 3  # folders of other versions that stay, for those who go back and forth
_OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": {"nnan", "nsz", "arcp", "contract"}}
_lock = threading.Lock()
_child: list[subprocess.Popen] = []

inlined = njit(forceinline=True, **_OPTIONS)  # for inner functions: handing over all arrays costs as much as a pivot


@contextlib.contextmanager
def _cached_in(folder: Path) -> Iterator[None]:
    before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(folder)
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


def compiled(function: Callable) -> Callable:
    """Compile a function when it is first called, outside the interpreter's lock, and keep the code on disk.

    Parameters
    ----------
    function : callable
        Of arrays and numbers.

    Returns
    -------
    callable
        The compiled function.
    """
    place = folder()
    if place is None:
        return njit(**_OPTIONS)(function)
    with _cached_in(place):
        return njit(cache=True, **_OPTIONS)(function)


@cache
def folder() -> Path | None:
    """Give the folder of the compiled code.

    Returns
    -------
    pathlib.Path or None
        Below ``NUMBA_CACHE_DIR`` if that is set, else beside the sources, else in the user's cache; None if none of
        them can be written.
    """
    here = Path(__file__).parent
    made_from = [numba.__version__, llvmlite.__version__, sys.version, llvmlite.binding.get_host_cpu_name()]
    made_from += [source.read_text() for source in sorted(here.glob("*.py"))]
    name = hashlib.sha256("\n".join(made_from).encode()).hexdigest()[:16]
    named = os.environ.get("NUMBA_CACHE_DIR")
    for place in [lambda: Path(named)] if named else [lambda: here / "__pycache__", cache_dir]:
        with contextlib.suppress(OSError):
            made = place() / "kernel" / name
            made.mkdir(parents=True, exist_ok=True)
            if os.access(made, os.W_OK):
                _forget(made)
                return made
    return None


def _forget(kept: Path) -> None:
    others = [place for place in kept.parent.iterdir() if place != kept]
    for place in sorted(others, key=lambda place: place.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(place, ignore_errors=True)


def ready() -> bool:
    """Tell whether the kernel can be called without a compiler's delay.

    Returns
    -------
    bool
        True also if compiled code cannot be kept, so that there is nothing to wait for.

    Examples
    --------
    >>> wait()
    >>> ready()
    True
    """
    place = folder()
    return place is None or (place / "complete").exists()


def start() -> None:
    """Compile in another process, unless that is done or under way."""
    with _lock:
        if not ready() and not _child:
            command = [sys.executable, "-c", "from jetexplore.distances import compilation; compilation.complete()"]
            quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            with contextlib.suppress(OSError):
                _child.append(subprocess.Popen(command, **quiet))


def wait() -> None:
    """Return when the kernel is compiled."""
    start()
    with _lock:
        if _child and _child[0].wait() != 0 and not ready():
            complete()  # what went wrong there will be told here


def complete() -> None:
    """Compile the kernel for all kinds of pairs, in this process, and mark it as complete."""
    import numpy as np

    from jetexplore.distances import jetproblems, problems

    images = np.zeros((2, 3, 3))
    images[0, 0, 0] = images[1, 2, 2] = 1.0
    one, pair = np.zeros(1, np.int64), np.ones(1, np.int64)
    sparse = jetproblems.supports(images)
    points = jetproblems.Clouds(np.array([0, 1, 2]), np.array([0.0, 0.5]), np.zeros(2), np.ones(2))
    for made in (
        jetproblems.image_problems(sparse, sparse, one, pair, 1.0, 0.1, 3),
        jetproblems.cloud_problems(points, points, one, pair, 1.0, 1.0, balanced=False),
    ):
        problems.solve(made, 0, 1, np.zeros((1, 4)))
    place = folder()
    if place is not None:
        (place / "complete").touch()
