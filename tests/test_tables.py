"""The declared rows are the published ones, and a row's result is what its parts give."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from jetexplore.anomaly import (
    TABLE_2,
    Result,
    Row,
    auc,
    compare,
    event_to_ensemble,
    published_table_2,
    run_table_2,
    study,
)
from jetexplore.distances import matrices, metrics, references
from jetexplore.errors import InputError
from jetexplore.files import data_dir

ROW = Row("QCD", "MAE", 3, "min")


def test_declared_rows_are_the_published_ones():
    assert len(TABLE_2) == len(set(TABLE_2)) == 32
    assert list(TABLE_2) == list(published_table_2())


def test_published_numbers_are_those_of_the_file():
    with (data_dir() / "published" / "table2.csv").open(newline="") as stream:
        lines = [line for line in csv.DictReader(stream) if line["reference"] != "Supervised"]
    assert len(lines) == 32
    for line, (row, areas) in zip(lines, published_table_2().items(), strict=True):
        assert (row.reference, row.metric, row.method) == (line["reference"], line["metric"], line["method"])
        assert (str(row.n_medoids) if row.n_medoids else "") == line["n_medoids"]
        assert areas == {"Top": float(line["auc_top"]), "W": float(line["auc_w"])}


@pytest.mark.parametrize(
    ("row", "areas"),
    [
        (Row("QCD", "Wass(1)", None, "average"), {"Top": 0.81, "W": 0.62}),
        (Row("QCD", "Wass(5)", 1, "min"), {"Top": 0.68, "W": 0.36}),
        (Row("Top", "Wass(5)", 7, "sum"), {"Top": 0.75, "W": 0.6}),
        (Row("Top", "MAE", 3, "min"), {"Top": 0.25, "W": 0.36}),
    ],
)
def test_printed_areas(row, areas):
    assert published_table_2()[row] == areas


def test_every_row_can_be_run():
    for row in TABLE_2:
        metrics.metric(row.metric)
        assert (row.n_medoids is None) == (row.method == "average")
        assert row.n_medoids is None or 1 <= row.n_medoids <= study.K_MAX


def test_pull_in_closed_form():
    result = Result(ROW, "Top", auc=0.8, error=0.003, draws=(0.8, 0.82, 0.84), published=0.8)
    assert result.spread == pytest.approx(0.02)
    assert result.pull == pytest.approx(0.02 / np.sqrt(0.003**2 + 0.02**2 + 0.005**2))


def test_pull_of_one_draw():
    result = Result(ROW, "Top", auc=0.8, error=0.012, draws=(0.8,), published=0.813)
    assert np.isnan(result.spread)
    assert result.pull == pytest.approx(-1)  # -0.013 over sqrt(0.012^2 + 0.005^2)


def test_compare_lays_out_one_record_a_result():
    results = [
        Result(ROW, "Top", 0.8, 0.01, (0.8, 0.9), 0.82),
        Result(Row("Top", "MAE", None, "average"), "W", 0.5, 0.02, (0.5,), 0.57),
    ]
    first, second = compare(results)
    assert {key: first[key] for key in ("reference", "metric", "n_medoids", "method", "signal")} == {
        "reference": "QCD",
        "metric": "MAE",
        "n_medoids": 3,
        "method": "min",
        "signal": "Top",
    }
    assert (first["lowest"], first["highest"], first["published"]) == (0.8, 0.9, 0.82)
    assert first["ours"] == pytest.approx(0.85)
    assert first["difference"] == pytest.approx(0.03)
    assert first["pull"] == results[0].pull
    assert second["n_medoids"] is None
    assert np.isnan(second["spread"])
    assert compare([]) == []


def test_run_is_what_its_parts_give(small):
    rows = [
        Row("QCD", "MAE", None, "average"),
        Row("QCD", "MAE", 1, "min"),
        Row("QCD", "MAE", 5, "min"),
        Row("Top", "Wass(5)", 3, "sum"),
        Row("Top", "Wass(5)", 3, "min"),
    ]
    results = run_table_2(rows, n_draws=2, n_reference=25, n_test=30, source=small)
    assert [(result.row, result.signal) for result in results] == [(row, name) for row in rows for name in ("Top", "W")]
    tests = {name: some[:30] for name, some in study.images(small).items()}
    for result in results:
        for number, value in enumerate(result.draws):
            some = study.draw(result.row.reference, number, 25, small)
            if result.row.n_medoids:
                distances = matrices.pairwise(some, result.row.metric)
                events = some[references.medoids(distances, result.row.n_medoids).indices]
            else:
                events = references.average(some)
            combine, side = result.row.method.replace("average", "min"), study.orientation_of(result.row.reference)
            score = {name: event_to_ensemble(x, events, result.row.metric, combine, side) for name, x in tests.items()}
            assert value == pytest.approx(auc(score["QCD"], score[result.signal], 0).value, abs=1e-9)
        assert result.auc == result.draws[0]
        assert result.error > 0
        assert result.published == published_table_2()[result.row][result.signal]


def test_row_that_is_not_in_the_paper(small):
    first, second = run_table_2([Row("QCD", "MAE", 2, "min")], n_draws=1, n_reference=10, n_test=10, source=small)
    assert (first.signal, second.signal) == ("Top", "W")
    assert 0 <= first.auc <= 1
    (record, _) = compare([first, second])
    assert np.isnan([first.published, first.pull, record["published"], record["difference"]]).all()


@pytest.mark.parametrize(
    ("rows", "settings", "code"),
    [
        ([ROW._replace(metric="Wass1")], {}, "E_METRIC"),
        ([ROW._replace(reference="W")], {}, "E_CLASS"),
        ([ROW._replace(method="max")], {}, "E_COMBINE"),
        ([ROW._replace(n_medoids=None)], {}, "E_K"),
        ([ROW._replace(n_medoids=11)], {}, "E_K"),
        ([ROW._replace(n_medoids=1.5)], {}, "E_K"),
        ([ROW._replace(method="average")], {}, "E_K"),
        ([ROW], {"n_draws": 0}, "E_RANGE"),
        ([ROW], {"n_draws": 1.5}, "E_RANGE"),
        ([ROW], {"n_test": 0}, "E_RANGE"),
        ([ROW], {"n_reference": 0}, "E_RANGE"),
        ([ROW], {"n_draws": 141}, "E_DRAW"),
    ],
)
def test_what_cannot_be_run_is_told_before_the_work(small, monkeypatch, rows, settings, code):
    monkeypatch.setattr(matrices, "cross", lambda *_, **__: pytest.fail("distances were computed"))
    with pytest.raises(InputError) as raised:
        run_table_2([ROW, *rows], **{"n_draws": 1, "n_reference": 10, "n_test": 10, "source": small, **settings})
    assert raised.value.code == code


def test_more_draws_than_jets(small):
    with pytest.raises(InputError) as raised:
        run_table_2([ROW], n_draws=3, source=small)
    assert raised.value.code == "E_DRAW"


def test_no_rows(small):
    assert run_table_2([], source=small) == []
