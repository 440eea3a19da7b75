"""Who waits for the compiler? Nobody: the kernel is compiled once, in another process, and kept on disk.

Compiled code lies in a folder named by what it was made from: the sources, where they are, the compiler, the processor.
Another version never finds it, and marks in the folder say what is there already. Until then single pairs and the first
few thousand are solved by POT.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import llvmlite
import numba
import numpy as np
from numba import njit
from numba.core.caching import NullCache

from jetexplore.files import cache_dir

# modules of compiled code
SOURCES = ("basis", "bounds", "compilation", "gather", "gradients", "potentials", "simplex", "vectors", "vogel")
HERE = Path(__file__).resolve().parent
KEPT = 3  # folders of other versions that stay, for those who go back and forth
log = logging.getLogger(__name__)
_OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": {"nnan", "nsz", "arcp", "contract"}}
_lock, _compiling = threading.Lock(), threading.RLock()
_worker: list[subprocess.Popen | threading.Thread] = []  # that compiles, once it was started
_compiled: list[Callable] = []
_here: set[str] = set()  # kinds that are compiled in this process

inlined = njit(forceinline=True, **_OPTIONS)  # for inner functions: handing over all arrays costs as much as a pivot


@contextlib.contextmanager
def cached_in(folder: Path) -> Iterator[None]:
    """Keep the code of functions that are declared meanwhile in a folder.

    Parameters
    ----------
    folder : pathlib.Path
        As `folder` gives it.
    """
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
        made = njit(**_OPTIONS)(function)
    else:
        with cached_in(place):
            made = njit(cache=True, **_OPTIONS)(function)
    _compiled.append(made)
    return made


@cache
def folder(here: Path = HERE, sources: tuple[str, ...] = SOURCES, family: str = "kernel") -> Path | None:
    """Give the folder of the compiled code.

    Numba itself asks only whether the file of the outer function has changed, not those of what it calls.

    Parameters
    ----------
    here : pathlib.Path
        Folder of the sources.
    sources : tuple of str
        Modules in it that the code is made from.
    family : str
        Under which name versions of the same code are kept; old ones are forgotten.

    Returns
    -------
    pathlib.Path or None
        Below ``NUMBA_CACHE_DIR`` if that is set, else beside the sources, else in the user's cache; None if none of
        them can be written.
    """
    processor = numba.config.CPU_NAME or llvmlite.binding.get_host_cpu_name()
    features = numba.config.CPU_FEATURES or llvmlite.binding.get_host_cpu_features().flatten()
    made_from = [str(here), numba.__version__, llvmlite.__version__, sys.version, processor, features]
    made_from += [(here / f"{name}.py").read_text(encoding="utf-8") for name in sources]
    name = hashlib.sha256("\n".join(made_from).encode()).hexdigest()[:16]
    named = os.environ.get("NUMBA_CACHE_DIR")
    for place in [lambda: Path(named)] if named else [lambda: here / "__pycache__", cache_dir]:
        with contextlib.suppress(OSError, RuntimeError):  # the latter where there is no home
            made = place() / family / name
            made.mkdir(parents=True, exist_ok=True)
            if os.access(made, os.W_OK):
                _forget(made)
                return made
    return None


def _forget(kept: Path) -> None:
    ages = {}
    for place in kept.parent.iterdir():
        with contextlib.suppress(OSError):  # another process may have been faster
            if place == kept:
                os.utime(place)
            else:
                ages[place] = place.stat().st_mtime
    for place in sorted(ages, key=ages.__getitem__, reverse=True)[KEPT:]:
        shutil.rmtree(place, ignore_errors=True)


def ready(kind: str = "images") -> bool:
    """Tell whether the kernel can be called without a compiler's delay.

    Parameters
    ----------
    kind : {"images", "bounds", "gradients", "clouds", "table"}
        Kind of pairs, or of functions.

    Returns
    -------
    bool
        Whether it is compiled, here or on disk.

    Examples
    --------
    >>> wait()
    >>> ready()
    True
    """
    place = folder()
    return kind in _here or (place is not None and (place / kind).exists())


def start() -> None:
    """Compile in the background, unless that is done or under way."""
    with _lock:
        if _worker or all(ready(kind) for kind in KINDS):
            return
        if folder() is not None and sys.executable and not getattr(sys, "frozen", False):
            # the same packages as here, and nothing from the working folder
            run = f"import sys; sys.path[:] = {sys.path!r}; from jetexplore.distances import compilation as own; "
            run += "own.complete()"
            quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            with contextlib.suppress(OSError):
                _worker.append(subprocess.Popen([sys.executable, "-P", "-c", run], start_new_session=True, **quiet))
                threading.Thread(target=_worker[0].wait, daemon=True, name="compiled").start()  # else it stays a zombie
        if not _worker:
            _worker.append(threading.Thread(target=complete, daemon=True, name="compile-kernel"))
            _worker[0].start()


def wait(kind: str = "images") -> None:
    """Return when the kernel is compiled.

    Parameters
    ----------
    kind : {"images", "bounds", "gradients", "clouds", "table"}
        Kind of pairs, or of functions.
    """
    start()
    while not ready(kind):
        worker = _worker[0]
        if isinstance(worker, subprocess.Popen) and worker.poll() is None:
            time.sleep(0.05)
        else:  # it failed, or compiled other sources, or is a thread of this process
            complete(kind)


def complete(*kinds: str) -> None:
    """Compile the kernel in this process, and mark what is there.

    Parameters
    ----------
    *kinds : {"images", "bounds", "gradients", "clouds", "table"}
        Kinds of pairs, or of functions; by default all, those first that are needed first.
    """
    for kind in kinds or KINDS:
        with _compiling:
            if kind in _here:
                continue
            try:
                KINDS[kind]()
                if folder() is not None:
                    (folder() / kind).touch()
            except OSError:  # a full disk: then for this process alone
                log.warning("compiled code cannot be kept in %s", folder())
                for function in _compiled:
                    function._cache = NullCache()
                KINDS[kind]()
            _here.add(kind)


def _images() -> None:
    from jetexplore.distances import jetproblems, problems

    sparse = jetproblems.supports(_TWO)
    made = jetproblems.image_problems(sparse, sparse, _FIRST, _SECOND, 1.0, 0.1, 3)
    problems.solve(made, 0, 1, np.zeros((1, 4)))


def _clouds() -> None:
    from jetexplore.distances import jetproblems, problems

    points = jetproblems.Clouds(np.array([0, 1, 2]), np.array([0.0, 0.5]), np.zeros(2), np.ones(2))
    made = jetproblems.cloud_problems(points, points, _FIRST, _SECOND, 1.0, 1.0, balanced=False)
    problems.solve(made, 0, 1, np.zeros((1, 4)))


def _table() -> None:
    from jetexplore.distances import gather
    from jetexplore.distances.basis import basis

    gather.solve_table(np.ones(1), np.ones(1), np.ones((1, 1)), basis(1, 1), np.zeros(4))


def _bounds() -> None:
    from jetexplore.distances import bounds, imagepairs, potentials

    pairs = imagepairs.image_pairs(_TWO, _TWO, p=1.0)
    library = potentials.more(potentials.none(pairs), pairs, _FIRST, _SECOND)
    _, mean = bounds.lower(pairs, library)
    bounds.tighter(pairs, library, mean, _FIRST, _SECOND)
    bounds.upper(pairs, _FIRST, _SECOND)


def _gradients() -> None:
    from jetexplore.distances import gradients

    pairs = gradients.image_by_image(_TWO[:1], _TWO[1:], 1.0, 0.1)
    gradients.solve_part(pairs, 0, 1, np.zeros((1, 4)), np.zeros((1, 9)))


KINDS: dict[str, Callable[[], None]] = {
    "images": _images,
    "bounds": _bounds,
    "gradients": _gradients,
    "clouds": _clouds,
    "table": _table,
}
_TWO = np.eye(9)[[0, 8]].reshape(2, 3, 3)
_FIRST, _SECOND = np.zeros(1, np.int64), np.ones(1, np.int64)


def _begin_anew() -> None:
    # In a forked process: its parent's locks may be held by threads that are not here, and its child is not its own
    global _lock, _compiling  # noqa: PLW0603
    _lock, _compiling = threading.Lock(), threading.RLock()
    _worker.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
