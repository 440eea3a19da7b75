"""Damaged files of every format: a clear error or the right jets; never a crash, a hang, much memory, or a foreign call."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from fuzzing import FORMATS, WRONG

pytestmark = pytest.mark.long
TESTS = Path(__file__).parent
COUNT = 500
FEWER = {
    "nanoaod": 100,
    "lhco": 200,
    "checkpoint": 250,
    "simple-hdf5": 250,
}  # 25 to 80 files a second, others 200 to 2,000
LONG = 20_000
# HDF5 in its first version, and the footers of Parquet and trees of ROOT, have no checksums: what they say of the numbers
# (where they are, how many, which name they have) may be wrong without anyone being able to tell. Of 20,000 at most:
UNPROTECTED = 0.02


def fuzzed(name, count, seed):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)]), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(TESTS / "fuzzing.py"), name, str(count), str(seed)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=3600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    *told, counts = (json.loads(line) for line in done.stdout.splitlines())
    return told, counts


def assert_sound(name, told, counts, count):
    assert not any(counts.get(kind, 0) for kind in WRONG), told[:3]
    assert counts["refused"] > 0
    if FORMATS[name][2]:
        assert counts.get("silent", 0) == 0, counts["silent_first"]
    else:
        assert counts.get("silent", 0) <= 3 + UNPROTECTED * count
    assert counts.get("none", 0) == 0


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_files(name):
    count = FEWER.get(name, COUNT)
    assert_sound(name, *fuzzed(name, count, 0), count)


@pytest.mark.fuzz
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", FORMATS)
def test_many_damaged_files(name):
    assert_sound(name, *fuzzed(name, LONG, 1), LONG)
