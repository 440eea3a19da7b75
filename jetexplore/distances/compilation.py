"""Who waits for the compiler? Nobody: the kernel is compiled once, in another process, and kept on disk.

Compiled code lies in a folder named by what it was made from: the sources, where they are, the compiler, the processor.
Another version never finds it, and a mark in the folder says that all of it is there. Until then single pairs and the
first few thousand are solved by POT.
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
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import llvmlite
import numba
from numba import njit
from numba.core.caching import NullCache

from jetexplore.files import cache_dir

SOURCES = ("basis", "bounds", "compilation", "gather", "potentials", "simplex", "vectors", "vogel")  # of compiled code
KEPT = 3  # folders of other versions that stay, for those who go back and forth
log = logging.getLogger(__name__)
_OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": {"nnan", "nsz", "arcp", "contract"}}
_lock, _compiling = threading.Lock(), threading.RLock()
_worker: list[subprocess.Popen | threading.Thread] = []  # that compiles, once it was started
_compiled: list[Callable] = []
_here = threading.Event()  # all is compiled in this process

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
        made = njit(**_OPTIONS)(function)
    else:
        with _cached_in(place):
            made = njit(cache=True, **_OPTIONS)(function)
    _compiled.append(made)
    return made


@cache
def folder() -> Path | None:
    """Give the folder of the compiled code.

    Returns
    -------
    pathlib.Path or None
        Below ``NUMBA_CACHE_DIR`` if that is set, else beside the sources, else in the user's cache; None if none of
        them can be written.
    """
    here = Path(__file__).resolve().parent
    processor = numba.config.CPU_NAME or llvmlite.binding.get_host_cpu_name()
    features = numba.config.CPU_FEATURES or llvmlite.binding.get_host_cpu_features().flatten()
    made_from = [str(here), numba.__version__, llvmlite.__version__, sys.version, processor, features]
    made_from += [(here / f"{name}.py").read_text(encoding="utf-8") for name in SOURCES]
    name = hashlib.sha256("\n".join(made_from).encode()).hexdigest()[:16]
    named = os.environ.get("NUMBA_CACHE_DIR")
    for place in [lambda: Path(named)] if named else [lambda: here / "__pycache__", cache_dir]:
        with contextlib.suppress(OSError, RuntimeError):  # the latter where there is no home
            made = place() / "kernel" / name
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


def ready() -> bool:
    """Tell whether the kernel can be called without a compiler's delay.

    Returns
    -------
    bool
        Whether all of it is compiled, here or on disk.

    Examples
    --------
    >>> wait()
    >>> ready()
    True
    """
    place = folder()
    return _here.is_set() or (place is not None and (place / "complete").exists())


def start() -> None:
    """Compile in the background, unless that is done or under way."""
    with _lock:
        if ready() or _worker:
            return
        if folder() is not None and sys.executable and not getattr(sys, "frozen", False):
            # the same packages as here, and nothing from the working folder
            run = f"import sys; sys.path[:] = {sys.path!r}; from jetexplore.distances import compilation as own; "
            run += "own.complete()"
            quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            with contextlib.suppress(OSError):
                _worker.append(subprocess.Popen([sys.executable, "-P", "-c", run], start_new_session=True, **quiet))
        if not _worker:
            _worker.append(threading.Thread(target=complete, daemon=True, name="compile-kernel"))
            _worker[0].start()


def wait() -> None:
    """Return when the kernel is compiled."""
    start()
    if ready():
        return
    worker = _worker[0]
    if isinstance(worker, subprocess.Popen):
        worker.wait()
    if not ready():  # the child failed, or compiled other sources
        complete()


def complete() -> None:
    """Compile the kernel for all kinds of pairs, in this process, and mark it as complete."""
    with _compiling:
        if _here.is_set():
            return
        try:
            _compile_all()
            if folder() is not None:
                (folder() / "complete").touch()
        except OSError:  # a full disk: then for this process alone
            log.warning("compiled code cannot be kept in %s", folder())
            for function in _compiled:
                function._cache = NullCache()
            _compile_all()
        _here.set()


def _compile_all() -> None:
    import numpy as np

    from jetexplore.distances import bounds, gather, imagepairs, jetproblems, potentials, problems
    from jetexplore.distances.basis import basis

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
    gather.solve_table(np.ones(1), np.ones(1), np.ones((1, 1)), basis(1, 1), np.zeros(4))
    pairs = imagepairs.image_pairs(images, images, p=1.0)
    library = potentials.more(potentials.none(pairs), pairs, one, pair)
    _, mean = bounds.lower(pairs, library)
    bounds.tighter(pairs, library, mean, one, pair)
    bounds.upper(pairs, one, pair)


def _begin_anew() -> None:
    # In a forked process: its parent's locks may be held by threads that are not here, and its child is not its own
    global _lock, _compiling  # noqa: PLW0603
    _lock, _compiling = threading.Lock(), threading.RLock()
    _worker.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
