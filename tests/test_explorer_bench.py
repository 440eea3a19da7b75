"""The benchmark of the explorer without a browser: how figures become rows, and how a run that fails in part goes on."""

from __future__ import annotations

import json

import holoviews as hv
import numpy as np
import pytest

from jetexplore import cli
from jetexplore.errors import InputError
from jetexplore.views.bench import chromium, explorerbench, explorerrows, measures, serverpage
from jetexplore.views.bench.measures import QUICK, repeated, row

hv.extension("bokeh")


def test_a_target_of_the_95th_percentile_is_missed_by_one_late_value_in_ten():
    values = [10.0] * 9 + [500.0]
    assert row("x", values, most=300).met
    assert not row("x", values, most=300, by="p95").met
    assert row("x", values, most=300, by="p95").p95 == 500.0


def test_both_targets_must_be_kept():
    assert row("x", [4.0], most=8, bare=[3.0], ratio=1.4).met
    assert not row("x", [4.5], most=8, bare=[3.0], ratio=1.4).met
    assert not row("x", [9.0], most=8, bare=[9.0], ratio=1.4).met
    assert row("x", [9.0], bare=[9.0]).met is None


def test_a_measurement_that_failed_is_never_a_good_one():
    found = row("x", [1.0, np.nan, np.nan], most=8)
    assert found.median == np.inf
    assert not found.met


def test_a_section_that_fails_is_noted_and_the_others_are_kept(monkeypatch):
    def broken(_):
        raise RuntimeError("no such thing")

    monkeypatch.setitem(explorerrows.ALONE, "server", broken)
    monkeypatch.setitem(explorerrows.ALONE, "large", lambda _: [row("pan", [1.0, 2.0], most=250)])
    record = explorerbench.run(["server", "large"], QUICK)
    assert record["notes"] == ["server failed: RuntimeError: no such thing"]
    assert [one["what"] for one in record["rows"]] == ["pan"]
    assert "median <= 250" in explorerbench.text(record)


def test_a_run_that_is_broken_off_leaves_what_it_has(monkeypatch):
    def broken(_):
        raise RuntimeError

    kept = []
    monkeypatch.setitem(explorerrows.ALONE, "large", lambda _: [row("pan", [1.0, 2.0], most=250)])
    monkeypatch.setitem(explorerrows.ALONE, "server", broken)
    explorerbench.run(["large", "server"], QUICK, keep=lambda record: kept.append(json.dumps(record)))
    first, second = map(json.loads, kept)
    assert [one["what"] for one in first["rows"]] == ["pan"]
    assert first["notes"] == []
    assert len(second["notes"]) == 1


def test_long_rounds_are_fewer(monkeypatch):
    monkeypatch.setattr(measures, "ENOUGH", 0.0)
    assert list(repeated(QUICK._replace(rounds=20))) == [0, 1, 2]


def test_a_line_is_followed_on_the_server_and_moves_every_view():
    first, medoids = serverpage.lassos(1)
    assert len(first) == len(medoids) == 1
    assert min(first) > 0
    assert len(serverpage.pairs(1)) == 1


def test_panning_counts_the_points_that_are_there(monkeypatch):
    monkeypatch.setattr(explorerrows, "MANY", 1000)
    (found,) = explorerrows.ALONE["large"](QUICK)
    assert found.n == QUICK.rounds
    assert found.median > 0


def test_without_a_browser_one_sentence_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(chromium.shutil, "which", lambda _: None)
    assert cli.main(["bench", "explorer", "--only", "light", "--quick"]) == 2
    assert "chromium" in capsys.readouterr().err.lower()


def test_an_unknown_section_is_refused():
    with pytest.raises(InputError) as refused:
        explorerbench.run(["speed"])
    assert refused.value.code == "E_SECTION"
