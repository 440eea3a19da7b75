"""The declared rows are the published ones, a row's result is what its parts give, and a stopped run goes on."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from jetexplore import cli, jets
from jetexplore.anomaly import (
    EXTRA_2,
    TABLE_2,
    Result,
    Row,
    auc,
    compare,
    event_to_ensemble,
    published_table_2,
    read_table_2,
    run_table_2,
    samples,
    table2,
    table2study,
)
from jetexplore.anomaly.contrast import contrast
from jetexplore.anomaly.table2study import Extent, key_of
from jetexplore.distances import matrices, metrics, references
from jetexplore.distances.barycentre import barycentre
from jetexplore.errors import InputError
from jetexplore.files import cache_dir, data_dir

ROW = Row("QCD", "MAE", 3, "min")
FEW = Extent(n_subsets=2, n_of=50, n_test=30, n_random=3, n_disjoint=2)


def test_declared_rows_are_the_published_ones():
    assert len(TABLE_2) == len(set(TABLE_2)) == 32
    assert list(TABLE_2) == list(published_table_2())


def test_extra_rows_are_what_the_text_speaks_of_and_the_table_lacks():
    assert len(EXTRA_2) == len(set(EXTRA_2))
    assert not set(EXTRA_2) & set(TABLE_2)
    together = {*TABLE_2, *EXTRA_2}
    for metric in ("Wass(0.5)", "Wass(1)", "Wass(2)", "Wass(5)", "MAE", "MSE"):
        for reference in ("QCD", "Top") if metric not in ("Wass(0.5)", "Wass(2)") else ("QCD",):
            assert {Row(reference, metric, k, "min") for k in range(1, 8)} <= together
            assert {Row(reference, metric, None, how) for how in ("average", "elbow")} <= together
        assert {Row("QCD", metric, k, "random") for k in (1, 3, 5, 7)} <= together
    assert Row("Top", "Wass(1)", None, "barycentre") in together
    assert Row("QCD-Top", "Wass(1)", 3, "contrast") in together


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


def test_every_row_has_a_metric_and_a_number_of_events_that_suits_its_method():
    for row in (*TABLE_2, *EXTRA_2):
        metrics.metric(row.metric)
        assert (row.n_medoids is None) == (row.method not in table2.COUNTED)


def test_pull_in_closed_form():
    result = Result(ROW, "Top", draws=(0.8, 0.82, 0.84), error=0.003, published=0.8)
    assert result.spread == pytest.approx(0.02)
    assert result.pull == pytest.approx(0.02 / np.sqrt(0.003**2 + 0.02**2 + 0.005**2))


def test_pull_of_one_draw():
    result = Result(ROW, "Top", draws=(0.8,), error=0.012, published=0.813)
    assert np.isnan(result.spread)
    assert result.pull == pytest.approx(-1)  # -0.013 over sqrt(0.012^2 + 0.005^2)


def test_compare_lays_out_one_record_a_result():
    results = [
        Result(ROW, "Top", (0.8, 0.9), 0.01, 0.82, disjoint=(0.7, 0.8), elbows=(2, 3, 7)),
        Result(Row("Top", "MAE", None, "average"), "W", (0.5,), 0.02, 0.57),
    ]
    first, second = compare(results)
    assert {key: first[key] for key in (*Row._fields, "signal")} == {**ROW._asdict(), "signal": "Top"}
    assert (first["lowest"], first["highest"], first["published"], first["n"]) == (0.8, 0.9, 0.82, 2)
    assert (first["elbow"], first["elbow_lowest"], first["elbow_highest"]) == (3, 2, 7)
    assert first["ours"] == pytest.approx(0.85)
    assert first["difference"] == pytest.approx(0.03)
    assert first["pull"] == results[0].pull
    assert (first["n_disjoint"], first["disjoint"]) == (2, pytest.approx(0.75))
    assert first["disjoint_spread"] == pytest.approx(0.1 / np.sqrt(2))
    assert second["n_medoids"] is second["elbow"] is None
    assert np.isnan([second["spread"], second["disjoint"]]).all()
    assert compare([]) == []


def test_summary_counts_rows_within_two_errors():
    rows = [
        Result(ROW, "Top", (0.85,), 0.01, 0.82),  # 0.030 over 0.011
        Result(ROW._replace(n_medoids=5), "Top", (0.81,), 0.01, 0.82),
        Result(ROW._replace(n_medoids=2), "Top", (0.81,), 0.01, float("nan")),
    ]
    (found,) = table2.summary(compare(rows))
    assert (found["rows"], found["within"]) == (2, 1)
    assert (found["mean_abs"], found["difference"], found["largest"]) == pytest.approx((0.02, 0.01, 0.03))


def expected_area(row, signal, number, source, extent=FEW):
    """What a row gives for one subset, put together from the parts it names."""
    half = extent.n_of // 2
    chosen = np.sort(np.random.default_rng([number, extent.n_of]).choice(extent.n_of, half, replace=False))
    images = samples.images(source, "reference")
    tests = {name: some[: extent.n_test] for name, some in samples.images(source).items()}

    def medoids(name, k):
        some = images[name][chosen]
        distances = matrices.pairwise(some, row.metric)
        if k is None:
            fits = [references.medoids(distances, k).indices for k in range(1, 11)]
            k = references.elbow([peak.position for peak in references.peaks(distances, fits)]).n_medoids
        return some[references.medoids(distances, k).indices]

    def score(x):
        if row.method == "contrast":
            return contrast(x, medoids("QCD", row.n_medoids), medoids("Top", row.n_medoids), row.metric)
        some, side = images[row.reference], samples.orientation_of(row.reference)
        events = {
            "average": lambda: references.average(some[chosen]),
            "barycentre": lambda: barycentre(some[chosen]),
            "random": lambda: some[references.random(extent.n_of, 7, number)][: row.n_medoids],
        }.get(row.method, lambda: medoids(row.reference, row.n_medoids))()
        return event_to_ensemble(x, events, row.metric, "sum" if row.method == "sum" else "min", side)

    return auc(score(tests["QCD"]), score(tests[signal]), 0).value


def test_every_method_is_what_its_parts_give(small):
    rows = [
        Row("QCD", "MAE", None, "average"),
        Row("QCD", "MAE", 1, "min"),
        Row("Top", "MAE", None, "elbow"),
        Row("Top", "Wass(5)", 3, "sum"),
        Row("Top", "Wass(5)", 3, "min"),
        Row("QCD", "Wass(5)", None, "barycentre"),
        Row("Top", "Wass(1)", 3, "random"),
        Row("QCD-Top", "Wass(1)", 3, "contrast"),
    ]
    results = run_table_2(rows, FEW, source=small).results
    assert [(result.row, result.signal) for result in results] == [(row, name) for row in rows for name in ("Top", "W")]
    for result in results:
        assert len(result.draws) == (3 if result.row.method == "random" else 2)
        for number, value in enumerate(result.draws):
            assert value == pytest.approx(expected_area(result.row, result.signal, number, small), abs=1e-9), result.row
        assert result.error > 0
        if result.row in TABLE_2:
            assert result.published == published_table_2()[result.row][result.signal]
        else:
            assert np.isnan(result.published)


def test_a_stopped_run_goes_on_and_ends_in_the_same_numbers(small, monkeypatch):
    extent, rows = FEW._replace(n_of=48, n_subsets=3), [Row("QCD", "Wass(1)", 2, "min"), Row("QCD", "MAE", 2, "min")]
    done, real = [], table2study.UNITS["medoids"]

    def stopping(work, reference, metric, number):
        if len(done) == 4:
            raise KeyboardInterrupt
        done.append((metric, number))
        return real(work, reference, metric, number)

    monkeypatch.setitem(table2study.UNITS, "medoids", stopping)
    with pytest.raises(KeyboardInterrupt):
        run_table_2(rows, extent, source=small)
    monkeypatch.setitem(table2study.UNITS, "medoids", lambda *unit: done.append(unit[2:]) or real(*unit))
    found = run_table_2(rows, extent, source=small)
    assert done == [(metric, number) for metric in ("Wass(1)", "MAE") for number in range(3)]
    assert set(found.seconds) == set(table2study.STAGES)
    for file in (cache_dir() / "results").glob("table2-*-48-30.npz"):
        file.unlink()
    again = run_table_2(rows, extent, source=small)
    assert [(one.draws, one.error) for one in again.results] == [(one.draws, one.error) for one in found.results]
    assert len(done) == 12


def test_references_of_a_larger_file_share_no_jet(small, random_jets, tmp_path):
    path = tmp_path / "QCD.npz"
    jets.write_jets(path, random_jets(60, 9), {"process": "QCD"})
    average, other = Row("QCD", "MAE", None, "average"), Row("QCD", "MAE", 3, "min")
    found = run_table_2([average, other], FEW, str(path), source=small).results
    images, tests = jets.images(jets.load(path)["QCD"]), samples.images(small)
    for result in found[:2]:
        for number, value in enumerate(result.disjoint):
            events = references.average(images[25 * number : 25 * (number + 1)])
            score = {name: event_to_ensemble(some[:30], events, "MAE") for name, some in tests.items()}
            assert value == pytest.approx(auc(score["QCD"], score[result.signal], 0).value, abs=1e-9)
        assert len(result.disjoint) == 2
    assert found[2].disjoint == ()  # not among the rows that are run on it


@pytest.mark.parametrize(("n", "process", "code"), [(49, "QCD", "E_DRAW"), (60, "Top", "E_CLASS")])
def test_a_larger_file_that_cannot_be_used(small, random_jets, tmp_path, n, process, code):
    path = tmp_path / "jets.npz"
    jets.write_jets(path, random_jets(n, 9), {"process": process})
    with pytest.raises(InputError) as raised:
        run_table_2([ROW], FEW, str(path), source=small)
    assert raised.value.code == code


def test_the_width_of_images_changes_pixels_and_not_the_unit(small, monkeypatch):
    rows = [Row("QCD", "Wass(1)", 1, "min")]
    usual, narrow = (run_table_2(rows, FEW, source=small, width=width).results for width in (3.2, 1.6))
    assert usual[0].draws != narrow[0].draws
    assert key_of(FEW, small) != key_of(FEW, small, 1.6)


@pytest.mark.parametrize(
    ("row", "extent", "code"),
    [
        (ROW._replace(metric="Wass1"), {}, "E_METRIC"),
        (ROW._replace(reference="W"), {}, "E_CLASS"),
        (ROW._replace(reference="QCD-Top"), {}, "E_CLASS"),
        (ROW._replace(method="max"), {}, "E_COMBINE"),
        (ROW._replace(n_medoids=None), {}, "E_K"),
        (ROW._replace(n_medoids=8), {}, "E_K"),
        (ROW._replace(n_medoids=1.5), {}, "E_K"),
        (ROW._replace(method="average"), {}, "E_K"),
        (ROW._replace(n_medoids=4, method="sum"), {}, "E_K"),
        (ROW, {"n_of": 4}, "E_K"),
        (ROW, {"n_subsets": 0}, "E_RANGE"),
        (ROW, {"n_random": 1.5}, "E_RANGE"),
        (ROW, {"n_test": 0}, "E_RANGE"),
        (ROW, {"n_of": 1}, "E_RANGE"),
        (ROW, {"n_of": 1401}, "E_DRAW"),
    ],
)
def test_what_cannot_be_run_is_told_before_the_work(small, monkeypatch, row, extent, code):
    for name in ("cross", "pairwise"):
        monkeypatch.setattr(matrices, name, lambda *_, **__: pytest.fail("distances were computed"))
    with pytest.raises(InputError) as raised:
        run_table_2([ROW, row], FEW._replace(**extent), source=small)
    assert raised.value.code == code


def test_no_rows(small):
    assert run_table_2([], FEW, source=small).results == []


RECORDS = compare(
    [
        Result(ROW, "Top", (0.8, 0.9), 0.01, 0.82, disjoint=(0.7, 0.8), elbows=(2, 3)),
        Result(Row("QCD", "MAE", None, "elbow"), "W", (0.5,), 0.02, float("nan"), elbows=(4, 4)),
    ]
)


def test_written_records_are_read_back_unless_the_jets_have_changed(tmp_path):
    path = tmp_path / "table2.csv"
    assert read_table_2("a", path) == []
    table2.write_table_2(RECORDS, "a", path)
    for written, read in zip(RECORDS, read_table_2("a", path), strict=True):
        assert list(read) == list(written)
        for name, value in written.items():
            expected = pytest.approx(value, rel=1e-5, nan_ok=True) if isinstance(value, float) else value
            assert read[name] == expected, name
    assert read_table_2("b", path) == []


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "\x00", "reference,metric\nQCD\n"])
def test_a_file_that_is_no_table(tmp_path, text):
    path = tmp_path / "table2.csv"
    path.write_text(text)
    with pytest.raises(InputError) as raised:
        read_table_2("a", path)
    assert raised.value.code == "E_LAYOUT"


def test_text_names_events_and_both_signals():
    first, *lines = table2.text(RECORDS).splitlines()
    assert "Top: ours" in first
    assert lines[0].split()[:5] == ["QCD", "MAE", "k", "=", "3"]
    assert "0.850 +- 0.071 +- 0.010" in lines[0]
    assert "0.82 (+0.4)" in lines[0]
    assert "0.750 +- 0.071" in lines[0]
    assert "elbow, k = 4" in lines[1]
    assert "nan" not in lines[1].replace("+- nan", "")


@pytest.fixture
def few_rows(small, monkeypatch):
    monkeypatch.setattr(table2, "TABLE_2", (ROW,))
    monkeypatch.setattr(table2study, "QUICK", FEW)
    real = table2study.run_table_2
    monkeypatch.setattr(table2study, "run_table_2", lambda *given, **more: real(*given, **more, source=small))
    key = key_of(FEW, small)
    monkeypatch.setattr(table2study, "key_of", lambda *_, **__: key)


@pytest.mark.usefixtures("few_rows")
def test_the_command_prints_writes_and_reads(tmp_path, capsys):
    path = str(tmp_path / "table2.csv")
    assert cli.main(["table", "2", "--quick", "--read", "--write", path]) == 2
    assert "no table 2 of these jets" in capsys.readouterr().err
    assert cli.main(["table", "2", "--quick", "--quiet", "--write", path]) == 0
    said = capsys.readouterr().out
    assert "0.82 (" in said
    assert "processor time: pairs" in said
    assert cli.main(["table", "2", "--quick", "--read", "--write", path, "--json"]) == 0
    assert [one["published"] for one in json.loads(capsys.readouterr().out)] == [0.82, 0.61]


def shipped():
    return read_table_2(key_of())


@pytest.mark.skipif(not shipped(), reason="no table 2 of these jets in data/results")
class TestShipped:
    def test_holds_every_row_of_the_paper_with_ten_subsets_and_all_test_jets(self):
        found = {Row(*(one[name] for name in Row._fields)) for one in shipped()}
        assert set(TABLE_2) <= found
        assert all(one["n"] == 10 for one in shipped() if one["method"] != "random")
        assert all(one["n"] >= 20 for one in shipped() if one["method"] == "random")

    def test_headline_rows_have_references_that_share_no_jet(self):
        for one in shipped():
            headline = Row(*(one[name] for name in Row._fields)) in table2.HEADLINE
            assert one["n_disjoint"] == (10 if headline else 0)

    def test_published_values_are_the_published_ones(self):
        printed = published_table_2()
        for one in shipped():
            row = Row(*(one[name] for name in Row._fields))
            if row in printed:
                assert one["published"] == printed[row][one["signal"]]

    @pytest.mark.parametrize("row", [Row("QCD", "MAE", None, "average"), Row("Top", "MAE", 3, "min")])
    def test_a_row_is_what_its_parts_give(self, row):
        extent = table2study.FULL
        for one in shipped():
            if Row(*(one[name] for name in Row._fields)) == row:
                value = expected_area(row, one["signal"], 0, "sample", extent)
                assert one["lowest"] - 1e-5 <= value <= one["highest"] + 1e-5
