"""A conversion that is killed at any moment goes on and ends in the same bytes; what cannot be written is told at once."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import layoutfiles
from soundfiles import LABELS, some

pytestmark = pytest.mark.long
TESTS = Path(__file__).parent
RANDOM = 8  # kills at random moments, for each of three endings


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """All in one process that forks: what its children did, by ending."""
    folder = tmp_path_factory.mktemp("killed")
    source = layoutfiles.simple(folder / "in.h5", some(), label=LABELS)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)]), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(TESTS / "killtasks.py"), str(source), str(RANDOM)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("ending", ["npz", "parquet", "h5"])
def test_killed_before_each_write(told, ending):
    cases = told[ending]["writes"]
    assert len(cases) > 20  # of two calls a block, and those of the whole
    assert all(case["killed"] for case in cases)
    for case in cases:
        assert case["bytes"] == told[ending]["plain"], case
        assert case["left"] == [f"out.{ending}"], case
    assert max(case["again"] for case in cases) <= told[ending]["blocks"]
    assert min(case["again"] for case in cases) == 0


@pytest.mark.parametrize("ending", ["npz", "parquet", "h5"])
def test_killed_at_any_time(told, ending):
    cases = told[ending]["times"]
    assert len(cases) == RANDOM
    for case in cases:
        assert case["bytes"] == told[ending]["plain"], case
        assert case["left"] == [f"out.{ending}"], case
    assert sum(case["killed"] for case in cases) >= 1


@pytest.mark.parametrize("ending", ["npz", "parquet", "h5"])
def test_two_at_the_same_output(told, ending):
    for case in told[ending]["races"]:
        assert "done" in case["said"]
        assert set(case["said"]) <= {"done", "E_LOCKED", "E_EXISTS"}
        assert case["bytes"] == told[ending]["plain"]
        assert case["left"] == [f"out.{ending}"]


@pytest.mark.parametrize("ending", ["npz", "parquet", "h5"])
def test_no_more_space(told, ending):
    case = told[ending]["full"]
    assert case["said"] == ["E_DISK"] * len(case["said"])
    assert case["after"] == [[f"out.{ending}.parts"]] * len(case["said"])  # and nothing half written
    assert case["bytes"] == told[ending]["plain"]
    assert case["left"] == [f"out.{ending}"]


@pytest.mark.skipif(os.geteuid() != 0, reason="takes another user's place")
@pytest.mark.parametrize("ending", ["npz", "parquet", "h5"])
def test_a_folder_that_is_read_only(told, ending):
    assert told[ending]["closed"] == {"said": "E_FOLDER", "left": []}


def test_the_plain_ones_differ_by_ending(told):
    assert len({told[ending]["plain"] for ending in told}) == 3
    assert all(len(told[ending]["plain"]) == len(hashlib.sha256().hexdigest()) for ending in told)
