"""The real commands, every process of theirs watched: nothing is written but the output and the cache, nothing is reached."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import layoutfiles
import pytest
from bad_files import some

from jetexplore.files import data_dir

TESTS = Path(__file__).parent
CODE = "import json, sys\nfrom jetexplore import cli\nfor argv in json.loads(sys.argv[1]):\n    assert cli.main(argv) == 0, argv"


@pytest.fixture(scope="module")
def noted(tmp_path_factory):
    """Run inspect, convert, score and table in a process of their own: what was written where, what was reached."""
    folder = tmp_path_factory.mktemp("watched")
    for name in ("out", "tmp", "home", "site", "in"):
        (folder / name).mkdir()
    (folder / "site" / "sitecustomize.py").symlink_to(TESTS / "watchedcommands.py")
    path = layoutfiles.simple(folder / "in" / "mine.h5", some(20))
    before = {one: one.stat().st_mtime_ns for one in (*(folder / "in").iterdir(), *data_dir().rglob("*"))}
    out = folder / "out"
    commands = [
        ["inspect", str(path), "--json", str(out / "told.json")],
        ["convert", str(path), str(out / "mine.parquet"), "--quiet"],
        ["score", str(path), "-o", str(out / "scores.csv"), "--score", "no training: jet mass", "--quiet"],
        ["table", "2", "--read", "--json", str(out / "table.json"), "--quiet"],
    ]
    log = folder / "log.tsv"
    environment = {
        **os.environ, "PYTHONPATH": os.pathsep.join([str(folder / "site"), str(TESTS.parent)]), "WATCHED_LOG": str(log),
        "TMPDIR": str(folder / "tmp"), "HOME": str(folder / "home"), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(commands)], env=environment, cwd=folder / "home", capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert sorted(one.name for one in out.iterdir()) == ["mine.parquet", "scores.csv", "table.json", "told.json"]
    assert {one: one.stat().st_mtime_ns for one in before} == before
    return folder, [line.split("\t") for line in log.read_text().splitlines()]


def test_children_are_watched_too(noted):
    assert len({process for process, *_ in noted[1]}) >= 4  # the command, and a parser for each of the first three


def test_nothing_is_written_elsewhere(noted):
    folder, lines = noted
    allowed = [str(folder / "out"), str(folder / "tmp"), os.path.realpath(os.environ["JETEXPLORE_CACHE"]), os.devnull]
    compiled = str(TESTS.parent / "jetexplore")  # where numba keeps what it compiled
    for _, kind, place in lines:
        if kind != "reach":
            within = any(place == one or place.startswith(one + os.sep) for one in allowed)
            assert within or (place.startswith(compiled) and "__pycache__" in place), (kind, place)
    assert list((folder / "home").iterdir()) == []
    assert list((folder / "tmp").iterdir()) == []


def test_nothing_is_reached(noted):
    assert [told for _, kind, told in noted[1] if kind == "reach"] == []
