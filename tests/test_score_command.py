"""`jetexplore score`: every format, killed and resumed to the same bytes, and what it refuses."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import layoutfiles
import numpy as np
import pyarrow.parquet as pq
import pytest

from jetexplore import cli, jets
from jetexplore.anomaly import ownjets, ownscores, scoring
from jetexplore.files import data_dir, read_npz
from jetexplore.jets.constituents import concatenate

MASS, MAE = "no training: jet mass", "events: QCD, MAE, average, 3, min"


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    """A file in a public layout, with labels: 70 QCD jets, then 50 Top jets."""
    some = jets.load()
    both = concatenate([some["QCD"][:70], some["Top"][:50]])
    path = tmp_path_factory.mktemp("foreign") / "test.h5"
    return layoutfiles.toptagging(path, both, np.repeat([0, 1], [70, 50]))


def score(*words):
    return cli.main(["score", *map(str, words), "--quiet"])


def columns(path):
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        return {name: table[name].to_numpy() for name in table.column_names}, json.loads(
            table.schema.metadata[b"jetexplore"]
        )
    if path.suffix == ".npz":
        return read_npz(path)
    first, *lines = path.read_text().splitlines()
    head, *rows = csv.reader(lines)
    return dict(zip(head, map(np.array, zip(*rows, strict=True)), strict=True)), json.loads(first.removeprefix("# "))


@pytest.fixture(scope="module")
def made(foreign, tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    for ending in ("parquet", "csv", "npz"):
        assert score(foreign, "--score", MASS, "--score", MAE, "-o", folder / f"a.{ending}") == 0
    return folder


@pytest.mark.parametrize("ending", ["parquet", "csv", "npz"])
def test_each_format_holds_the_library_s_numbers_and_where_they_come_from(made, foreign, ending):
    found, about = columns(made / f"a.{ending}")
    own = ownjets.read(foreign)
    assert list(found)[:4] == ["index", "event", "label", "class"]
    np.testing.assert_array_equal(found["index"].astype(int), np.arange(120))
    assert found["class"].tolist() == ["QCD"] * 70 + ["Top"] * 50
    for name in (MASS, MAE):
        expected = ownjets.rated(own.jets, name)
        for column, values in zip((name, f"{name} [percentile]", f"{name} [p-value]"), expected, strict=True):
            np.testing.assert_array_equal(found[column].astype(float), values)
    np.testing.assert_array_equal(found["mass"].astype(float), own.jets.momenta().mass)
    assert about["input"] == hashlib.sha256(foreign.read_bytes()).hexdigest()
    assert about["read_as"] == "top-tagging"
    assert about["scores"][MAE] == ownscores.identity(MAE)
    assert about["versions"]["jetexplore"]
    assert not list(made.glob("*.parts"))


def test_the_report_gives_curves_where_there_are_labels(foreign, tmp_path, capsys):
    assert score(foreign, "--score", MASS, "-o", tmp_path / "a.csv", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["scores"][MASS]["auc"]["Top"]["value"] > 0.7
    assert score(data_dir() / "sample" / "W_test.npz", "--limit", 30, "--score", MASS, "-o", tmp_path / "b.csv") == 0
    assert "no labels" in capsys.readouterr().out


def test_killed_at_any_time_it_goes_on_and_ends_in_the_same_bytes(tmp_path, monkeypatch):
    whole, cut, source = tmp_path / "whole.parquet", tmp_path / "cut.parquet", data_dir() / "sample" / "QCD_test.npz"
    words = ["--score", MAE, "--limit", "5000"]
    assert score(source, *words, "-o", whole) == 0
    command = [sys.executable, "-m", "jetexplore.cli", "score", str(source), *words, "-o", str(cut), "--quiet"]
    kills = 0
    for pattern in ("000001.npz", "scores-000001.npz"):  # while it is parted, while it is scored
        child = subprocess.Popen(command, start_new_session=True)
        while child.poll() is None and not (tmp_path / "cut.parquet.parts" / pattern).exists():
            time.sleep(0.01)
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            kills += 1
        child.wait()
        assert not cut.exists()
    assert kills == 2
    parts = tmp_path / "cut.parquet.parts"
    kept = {one.name: one.stat().st_mtime_ns for one in parts.glob("scores-*.npz")}
    assert kept
    done = []
    monkeypatch.setattr(ownjets, "scored", lambda *given, before=ownjets.scored: done.append(1) or before(*given))
    assert score(source, *words, "-o", cut) == 0
    assert len(done) == 5 - len(kept)  # blocks of 1,024 jets
    assert cut.read_bytes() == whole.read_bytes()
    assert not parts.exists()


def test_another_request_does_not_go_on_with_this_one_s_blocks(foreign, tmp_path, monkeypatch, capsys):
    def fail(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(scoring, "_score", fail)
        assert score(foreign, "--score", MASS, "-o", tmp_path / "a.csv") == 130
    assert "give the same command again" in capsys.readouterr().err
    assert score(foreign, "--score", MAE, "-o", tmp_path / "a.csv") == 2
    assert "begun with other scores" in capsys.readouterr().err
    (tmp_path / "a.csv.parts" / "000000.npz").write_bytes(b"PK")  # a damaged block is an error, not a result
    assert score(foreign, "--score", MASS, "-o", tmp_path / "a.csv") == 2


@pytest.mark.parametrize(("words", "said"), [
    (["FILE", "-o", "a.txt"], "a.txt"), (["FILE", "-o", "a.csv", "--score", "magic: 8 ball"], "magic"),
    (["none.h5", "-o", "a.csv"], "none.h5"), (["TEXT", "-o", "a.csv"], "TEXT"),
    (["FILE", "-o", "a.csv", "--layout", "jetnet"], "E_"),
])  # fmt: skip
def test_what_cannot_be_is_refused_in_one_sentence_and_leaves_nothing(
    foreign, tmp_path, monkeypatch, capfd, words, said
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "TEXT").write_text("404 Not Found")
    assert score(*(foreign if word == "FILE" else word for word in words)) == 2
    out = capfd.readouterr().err
    assert len(out.strip().splitlines()) == 1
    assert "Traceback" not in out
    assert said in out or said == "E_"
    assert [one.name for one in tmp_path.iterdir()] == ["TEXT"]


def test_the_names_are_listed(capsys):
    assert cli.main(["score", "--list"]) == 0
    out = capsys.readouterr().out
    assert scoring.USUAL in out
    assert MASS in out


def test_training_and_distances_take_foreign_files(foreign, tmp_path, monkeypatch):
    some = layoutfiles.flat(tmp_path / "flat.h5", jets.load()["QCD"][:80])
    small = ["--epochs", "1", "-n", "32", "--valid", "16", "--quiet", "-o", str(tmp_path / "nets")]
    assert cli.main(["train", "vae", "--data", str(some), "--downsamplings", "1", *small]) == 0
    assert cli.main(["train", "pgae", "--data", str(some), *small]) == 0
    assert len(list((tmp_path / "nets").glob("*.safetensors"))) == 2
    store = tmp_path / "a.zarr"
    words = ["--class", "QCD", "-n", "8", "--metric", "MAE", "-o", str(store), "--quiet"]
    assert cli.main(["distances", str(foreign), *words]) == 0
    assert store.exists()
