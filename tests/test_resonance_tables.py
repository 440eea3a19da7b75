"""Tables of dijet events: putting together, keeping, mixing, comparing, searching."""

import json

import numpy as np
import pytest

from jetexplore import jets
from jetexplore.anomaly import resonance
from jetexplore.anomaly.resonance import comparison, eventtable, jetscores, scoredfile, tablesearch
from jetexplore.cli import main
from jetexplore.errors import InputError
from jetexplore.files import write_npz


def dijets(n, seed, mass=0.0):
    """Events of two jets of three particles each, back to back; with ``mass`` they come from one heavy particle."""
    rng = np.random.default_rng(seed)
    energy = np.full(n, mass / 2) if mass else 1300 * (1 - rng.random(n)) ** (-1 / 6)
    pt = np.repeat(energy, 6) / 3 * rng.uniform(0.98, 1.02, 6 * n)
    axis = np.tile([0.0, 0.0, 0.0, np.pi, np.pi, np.pi], n)
    phi = jets.wrap(axis + np.tile([0.0, 0.1, -0.1] * 2, n) * rng.uniform(0.2, 2, 6 * n))
    return jets.Jets(pt, np.tile([0.0, 0.05, -0.05] * 2, n), phi, np.arange(0, 6 * n + 1, 3))


@pytest.fixture(scope="module")
def table():
    samples = {"background": dijets(20_000, 1), "signal": dijets(800, 2, 3700.0), "box1": dijets(300, 3, 4200.0)}
    rng = np.random.default_rng(0)
    scores = {
        "zeta": {name: rng.normal(1.5 * (name != "background"), 1, len(some)) for name, some in samples.items()},
        "alpha": {name: rng.normal(0, 1e-3, len(some)) for name, some in samples.items()},
        "Mass": {name: some.momenta().mass for name, some in samples.items()},
    }
    return resonance.event_table(samples, scores, {"origin": "simulated here", "note": "toy"})


@pytest.fixture(scope="module")
def path(table, tmp_path_factory):
    found = tmp_path_factory.mktemp("tables") / "table.npz"
    resonance.write_table(found, table)
    return found


def test_a_row_is_an_event(table):
    samples = dijets(20_000, 1)
    assert table.n == 21_100
    assert table.of("signal").sum() == 800
    np.testing.assert_allclose(table.m_jj[:20_000], jets.dijet_mass(samples))
    np.testing.assert_allclose(table.pt[3], samples[6:8].momenta().pt)
    np.testing.assert_allclose(table.mass[20_799], dijets(800, 2, 3700.0)[1598:1600].momenta().mass)


def test_a_kept_table_is_the_same(table, path):
    again = resonance.read_table(path)
    assert again is resonance.read_table(path)
    assert again.classes == table.classes
    assert list(again.scores) == list(table.scores)  # not in the order of the alphabet
    assert np.abs(again.m_jj - table.m_jj).max() <= 0.125
    for name in table.scores:
        np.testing.assert_allclose(
            again.scores[name], table.scores[name], rtol=6e-4, atol=1e-4 * table.scores[name].std()
        )
    np.testing.assert_allclose(again.mass, table.mass, rtol=6e-4)
    np.testing.assert_array_equal(again.label, table.label)
    assert (again.about["origin"], again.about["note"]) == ("simulated here", "toy")
    with pytest.raises(ValueError, match="read-only"):
        again.m_jj[0] = 0.0


@pytest.mark.parametrize("changes", [
    {"label": np.full(4, 9, np.uint8)},
    {"m_jj": np.zeros(3, np.uint16)},
    {"pt": np.zeros((4, 3), np.float16)},
    {"mass": np.full((4, 2), np.inf, np.float16)},
    {"m_jj": np.zeros(4, np.float32)},
    {"score_1": np.zeros((4, 2), np.float16)},
])  # fmt: skip
def test_what_is_no_table_is_refused(tmp_path, changes):
    whole = {
        "m_jj": np.zeros(4, np.uint16), "label": np.zeros(4, np.uint8), "pt": np.zeros((4, 2), np.float16),
        "mass": np.zeros((4, 2), np.float16), "score_0": np.zeros((4, 2), np.float16),
    }  # fmt: skip
    told = {"format": eventtable.FORMAT, "classes": ["background"], "columns": [["a", 1.0]]}
    write_npz(tmp_path / "good.npz", whole, told)
    assert resonance.read_table(tmp_path / "good.npz").n == 4
    write_npz(tmp_path / "bad.npz", {**whole, **changes}, told)
    with pytest.raises(InputError) as caught:
        resonance.read_table(tmp_path / "bad.npz")
    assert caught.value.code == "E_LAYOUT"


@pytest.mark.parametrize("told", [
    {}, {"format": eventtable.FORMAT}, {"format": "other", "classes": ["b"], "columns": []},
    {"format": eventtable.FORMAT, "classes": 3, "columns": [["a", 1.0]]},
    {"format": eventtable.FORMAT, "classes": ["b"], "columns": [["a", "x"]]},
])  # fmt: skip
def test_what_tells_no_table_is_refused(tmp_path, told):
    write_npz(tmp_path / "bad.npz", {"m_jj": np.zeros(4, np.uint16)}, told)
    with pytest.raises(InputError, match="no table|a table"):
        resonance.read_table(tmp_path / "bad.npz")


def test_what_cannot_be_a_table_is_told():
    some = dijets(3, 0)
    for samples, scores, code in (
        ({}, {}, "E_EMPTY"),
        ({"background": some[:5]}, {}, "E_PAIRS"),
        ({"background": some}, {"a": {"background": np.zeros(5)}}, "E_LENGTH"),
        ({"background": some}, {"a": {"background": np.full(6, np.nan)}}, "E_NONFINITE"),
    ):
        with pytest.raises(InputError) as caught:
            resonance.event_table(samples, scores, {})
        assert caught.value.code == code


def test_what_is_put_in_is_drawn_without_repetition(table):
    some = resonance.injected(table, "signal", 300, 1000, seed=4)
    assert some.n == 1300
    assert some.of("signal").sum() == 300
    assert len(np.unique(some.m_jj[some.of("signal")])) == 300
    np.testing.assert_array_equal(some.m_jj, resonance.injected(table, "signal", 300, 1000, seed=4).m_jj)
    assert not np.array_equal(some.m_jj, resonance.injected(table, "signal", 300, 1000, seed=5).m_jj)
    assert resonance.injected(table, None, 50).n == 20_000
    with pytest.raises(InputError, match="0 to 800") as caught:
        resonance.injected(table, "signal", 801)
    assert caught.value.code == "E_TOO_FEW"
    with pytest.raises(InputError) as caught:
        resonance.injected(table, "graviton", 1)
    assert caught.value.code == "E_CLASS"


def test_the_comparison_takes_areas_of_all_and_quotes_the_paper(table):
    rows = resonance.compare_scores(table, "signal")
    by_name = {(one.name, one.combine): one for one in rows}
    assert by_name["zeta", "sum"].auc > by_name["zeta", "min"].auc > 0.9
    assert abs(by_name["alpha", "sum"].auc - 0.5) < 0.04
    # background pairs below, in closed form: two normals shifted by 1.5 sigma each, summed: Phi(1.5 * 2 / 2)
    assert by_name["zeta", "sum"].auc == pytest.approx(0.93319, abs=0.012)
    assert {one.name for one in rows if one.family == "trivial"} == {"jet mass", "jet pT", "m_jj"}
    assert [one.auc for one in rows if one.family == "quoted"] == [0.96, 0.918, 0.915, 0.9, 0.7882]
    assert comparison.best(rows, "score").combine == "sum"
    told = comparison.text(rows)
    assert "Tag N' Train" in told
    assert f"{by_name['zeta', 'sum'].auc:.3f}" in told
    assert by_name["jet pT", "min"].sculpting > 0.3  # a cut on the momentum is one on the mass
    assert by_name["alpha", "min"].sculpting < 1.5 * by_name["alpha", "min"].by_chance


def test_a_search_of_a_table_tells_what_was_there(path, table):
    found = resonance.search_table("zeta", "min", 0.7, "signal", 200, n_pseudo=300, path=path)
    assert found.search.low <= 3700 <= found.search.high
    assert found.search.global_p < 0.01
    assert found.n_signal == 200
    inside = (resonance.read_table(path).m_jj[:20_000] >= 2659) & (resonance.read_table(path).m_jj[:20_000] < 6099)
    assert found.n_background == int(inside.sum())
    assert found.kept_signal > 0.4 > 0.15 > found.kept_background
    assert found.auc.value == pytest.approx(resonance.compare_scores(table, "signal")[1].auc, abs=0.03)
    assert found is resonance.search_table("zeta", "min", 0.7, "signal", 200, n_pseudo=300, path=path)
    none = resonance.search_table("zeta", n_pseudo=300, path=path)
    assert none.auc is None
    assert np.isnan(none.kept_signal)
    assert none.search.global_p > 0.02
    for wrong, code in (({"score": "none"}, "E_SCORE"), ({"score": "zeta", "recipe": "?"}, "E_RECIPE")):
        with pytest.raises(InputError) as caught:
            resonance.search_table(path=path, **wrong)
        assert caught.value.code == code


def test_more_signal_is_found_more_surely(path):
    scan = resonance.injection_scan("zeta", "signal", (0, 100, 300), draws=3, n_pseudo=200, path=path)
    assert [one.n_signal for one in scan] == [0, 100, 300]
    assert scan[2].median_p < scan[0].median_p
    assert 0 == scan[0].passing < scan[1].passing < scan[2].passing
    assert all(abs(centre - 3700) < 200 for centre in scan[2].centre)


def test_every_score_is_a_function_of_the_jet_alone():
    background, some = jets.load()["QCD"], jets.load()["W"][:24]
    names = [name for name in jetscores.JET_SCORES if not name.startswith("PGAE")]
    whole = jetscores.score_jets({"W": some}, background[:700], names, progress=False)
    half = jetscores.score_jets({"W": some[12:]}, background[:700], names, progress=False)
    for name in names:
        np.testing.assert_allclose(whole[name]["W"][12:], half[name]["W"], rtol=2e-4, err_msg=name)
    np.testing.assert_allclose(whole["jet mass"]["W"], some.momenta().mass, rtol=1e-6)


def test_scores_are_refused_without_background_or_name():
    some = jets.load()["W"][:2]
    for background, names, code in ((some[:0], ["jet mass"], "E_EMPTY"), (some, ["no"], "E_SCORE")):
        with pytest.raises(InputError) as caught:
            jetscores.score_jets({"W": some}, background, names, progress=False)
        assert caught.value.code == code


def test_a_file_of_labelled_jets_becomes_a_table_once(tmp_path, monkeypatch):
    monkeypatch.setenv("JETEXPLORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(scoredfile, "fitting_jets", lambda: dijets(60, 9))
    some = jets.concatenate([dijets(40, 1), dijets(20, 2, 3700.0)])
    order = np.random.default_rng(0).permutation(60)
    mixed, label = some[np.repeat(2 * order, 2) + np.tile([0, 1], 60)], np.repeat(order >= 40, 2).astype(float)
    jets.write_jets(tmp_path / "mine.npz", mixed, {"jets_per_event": 2}, {"label": label, "event": np.arange(120) // 2})
    table = resonance.scored_file(tmp_path / "mine.npz", ["jet mass"], progress=False)
    assert table.classes == ("background", "signal")
    assert (table.of("background").sum(), table.of("signal").sum()) == (40, 20)
    np.testing.assert_allclose(table.m_jj[table.of("signal")], 3700, rtol=0.03)
    np.testing.assert_allclose(table.scores["jet mass"], table.mass, rtol=2e-3)
    monkeypatch.setattr(scoredfile, "fitting_jets", lambda: pytest.fail("scored again"))
    assert resonance.scored_file(tmp_path / "mine.npz", ["jet mass"], progress=False).n == 60
    jets.write_jets(tmp_path / "bare.npz", mixed, {"jets_per_event": 2})
    monkeypatch.setattr(scoredfile, "fitting_jets", lambda: dijets(60, 9))
    with pytest.raises(InputError) as caught:
        resonance.scored_file(tmp_path / "bare.npz", ["jet mass"], progress=False)
    assert caught.value.code == "E_LABELS"


def test_the_command_compares_and_searches(path, capsys):
    assert main(["dijets", "compare", "--table", str(path), "--signal", "box1", "--quiet", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows[0]["name"] == "zeta"
    options = ["--table", str(path), "--score", "zeta", "--inject", "200", "--pseudo", "200"]
    assert main(["dijets", "search", *options, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["low"] <= 3700 <= found["high"]
    assert main(["dijets", "search", *options]) == 0
    assert "200 of signal put in" in capsys.readouterr().out
    assert main(["dijets", "search", "--table", str(path), "--score", "nothing"]) == 2
    assert "zeta" in capsys.readouterr().err


def test_the_command_scores(tmp_path, monkeypatch, capsys):
    for name, some in (("background", dijets(50, 1)), ("LHCO-box1", dijets(20, 2, 3700.0))):
        jets.write_jets(tmp_path / f"{name}.npz", some, {"process": name})
    files = ["--background", str(tmp_path / "background.npz"), "--signals", str(tmp_path / "LHCO-box1.npz")]
    options = ["--fit", str(tmp_path / "background.npz"), "--scores", "jet mass", "multiplicity", "-n", "30", "--quiet"]
    assert main(["dijets", "score", *files, *options, "-o", str(tmp_path / "table.npz")]) == 0
    assert "30 background, 20 box1" in capsys.readouterr().out
    table = resonance.read_table(tmp_path / "table.npz")
    assert list(table.scores) == ["jet mass", "multiplicity"]
    assert table.about["scores"]["jet mass"] == "mass of all constituents"
    assert main(["dijets", "score", *files]) == 2
    assert "no --output" in capsys.readouterr().err


def test_the_search_forgets_nothing_it_was_asked(path):
    tablesearch.search_table.cache_clear()
    one = resonance.search_table("zeta", "max", 0.9, n_pseudo=50, recipe="authors", path=path)
    assert one.search.transfer.factor.shape == (21,)
    assert one.kept_background == pytest.approx(1 - 0.9**2, abs=0.03)  # independent jets: either beyond
