"""How long does a new process keep one waiting? Imports, the first plan, the first pairs, compiled or not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

FIRST = 142  # images that make 10,011 pairs
CHILD = """
import json, os, sys, time
def clock():
    return time.perf_counter(), sum(os.times()[:4])  # of the compiling process, too, once it has ended
times = [clock()]
from jetexplore import distances
times.append(clock())
import numpy
from jetexplore.distances import compilation, problems
images = numpy.load(sys.argv[1])
times.append(clock())
problems.pot_package()
times.append(clock())
distances.optimal_plan(images[0], images[1])
times.append(clock())
distances.condensed(images, "Wass(1)")
times.append(clock())
compilation.wait()
times.append(clock())
distances.condensed(images, "Wass(1)")
times.append(clock())
print(json.dumps(times))
for kind in compilation.KINDS:
    compilation.wait(kind)  # so that the next process finds all
"""  # a process that does for the first time what everybody does first


def first_call(images: np.ndarray, *, empty: bool = True) -> list[dict]:
    """Time what a new process waits for: imports, the first plan, the first pairs; by the clock on the wall.

    Parameters
    ----------
    images : ndarray, shape (n, npix, npix)
        At least two; the first `FIRST` make 10,011 pairs.
    empty : bool
        Begin with an empty cache of compiled code, then once more with what that left; otherwise with the cache as it
        is.

    Returns
    -------
    list of dict
        ``cache`` ("empty", "warm", or "as found"), ``pairs``, seconds of ``imports``, of importing ``pot``, of ``plan``
        and ``condensed``; then
        ``compiled``, the seconds from the start until the kernel was compiled, ``again``, those of the same pairs with
        it, and ``cpu``, the processor time of all.

    Raises
    ------
    ChildProcessError
        If the new process failed.
    """
    rows, n = [], min(len(images), FIRST)
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "images.npy", images[:n])
        added = {"NUMBA_CACHE_DIR": str(Path(folder) / "compiled")} if empty else {}
        for cache in ("empty", "warm") if empty else ("as found",):
            command = [sys.executable, "-c", CHILD, str(Path(folder) / "images.npy")]
            done = subprocess.run(command, env=os.environ | added, capture_output=True, text=True, check=False)
            if done.returncode:
                raise ChildProcessError(f"the new process failed: {done.stderr.strip().splitlines()[-1:]}")
            start, imported, begun, pot, planned, measured, ready, end = (wall for wall, _ in json.loads(done.stdout))
            rows.append({
                "cache": cache, "pairs": n * (n - 1) // 2, "imports": imported - start, "pot": pot - begun,
                "plan": planned - pot,
                "condensed": measured - planned, "compiled": ready - start, "again": end - ready,
                "cpu": json.loads(done.stdout)[-1][1],
            })  # fmt: skip
    return rows
