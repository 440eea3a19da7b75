"""Is a score chosen without the signals it is judged by, and is what was chosen what is opened?"""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jetexplore.anomaly import labelfree
from jetexplore.anomaly.labelfree import choosing, opening
from jetexplore.anomaly.labelfree.choosing import Variant
from jetexplore.anomaly.labelfree.opening import Frozen, Opened
from jetexplore.anomaly.labelfree.recipes import Recipe
from jetexplore.errors import InputError

numbers = arrays(np.float64, st.integers(1, 30), elements=st.floats(-5, 5))


def by_count(background, sign=1.0):
    middle = np.median(background.counts)
    return lambda jets: sign * (jets.counts - middle).astype(float)


TABLE = {
    "count": Recipe(by_count, "made up", {"sign": (1.0, -1.0)}),
    "pt": Recipe(lambda _: lambda jets: jets.momenta().pt, "made up"),
}


@given(numbers, numbers)
def test_pvalues_are_those_of_counting(calibration, scores):
    found = labelfree.pvalue(calibration, scores)
    counted = [(1 + sum(c >= s for c in calibration)) / (1 + len(calibration)) for s in scores]
    np.testing.assert_allclose(found, counted)


def test_pvalues_of_background_are_uniform(rng):
    calibration, scores = rng.normal(size=(400, 99)), rng.normal(size=(400, 1))
    found = np.array([labelfree.pvalue(*each)[0] for each in zip(calibration, scores, strict=True)])
    counts = np.histogram(found, np.linspace(0, 1, 6) + 1e-9)[0]
    assert ((counts - 80) ** 2 / 80).sum() < 18.5  # chi-squared of 4 at 0.001


@pytest.mark.parametrize(
    ("calibration", "scores", "code"), [([], [1.0], "E_EMPTY"), ([1.0], [np.nan], "E_NAN"), ([np.nan], [1.0], "E_NAN")]
)
def test_pvalues_refuse(calibration, scores, code):
    with pytest.raises(InputError) as error:
        labelfree.pvalue(np.array(calibration), np.array(scores))
    assert error.value.code == code


@given(numbers)
def test_fisher_of_one_score_keeps_its_order_and_of_twice_doubles(scores):
    calibration = np.linspace(-5, 5, 21)
    one = labelfree.combined({"a": calibration}, {"a": scores})
    two = labelfree.combined({"a": calibration, "b": calibration}, {"a": scores, "b": scores})
    assert (np.diff(one[np.argsort(scores)]) >= 0).all()
    np.testing.assert_allclose(two, 2 * one)


@pytest.mark.parametrize(("calibration", "scores"), [({}, {}), ({"a": np.ones(1)}, {"b": np.ones(1)})])
def test_fisher_refuses(calibration, scores):
    with pytest.raises(InputError):
        labelfree.combined(calibration, scores)


def test_variants_change_one_option_each():
    found = choosing.variants({"A": Recipe(by_count, "", {"q": (1, 2, 3), "seed": (0, 1), "s": ("x", "y")})})
    assert [variant.options for variant in found] == [{}, {"q": 2}, {"q": 3}, {"s": "y"}]


def test_the_best_is_that_of_the_mean_over_signals():
    table = {"A": {"h": 0.9, "g": 0.5}, "A(q=5)": {"h": 0.7, "g": 0.75}, "B": {"h": 0.1, "g": 0.1}}
    names = {"A": "A", "A(q=5)": "A", "B": "B"}
    assert choosing.best_of_each(table, names) == {"A": "A(q=5)", "B": "B"}


def test_measured_areas_and_rejections(rng):
    scores = {"QCD": rng.normal(size=2000), "W": rng.normal(1, 1, 1000), "_calibration": rng.normal(size=10)}
    (found,) = choosing.measured("x", scores)
    pairs = (scores["W"][:, None] > scores["QCD"]).mean()
    cut = np.quantile(scores["W"], 0.7)
    assert found.signal == "W"
    assert found.auc == pytest.approx(pairs)
    assert found.rejection == pytest.approx(1 / (scores["QCD"] > cut).mean(), rel=0.05)


@pytest.fixture
def frozen():
    singles = (Variant("count", {"sign": -1.0}), Variant("pt", {}))
    return Frozen(singles, {"both": tuple(variant.title for variant in singles)}, {"chosen": "in a test"})


def test_what_is_frozen_is_read_and_never_written_again(frozen, tmp_path):
    path = opening.freeze(frozen, tmp_path / "frozen.json")
    assert opening.read_frozen(path) == frozen
    before = path.read_bytes()
    with pytest.raises(InputError) as error:
        opening.freeze(frozen._replace(about={}), path)
    assert error.value.code == "E_EXISTS"
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": "other"}', '{"schema": "jetexplore-frozen-scores-1", "singles": [[1]]}']
)
def test_another_file_is_refused(text, tmp_path):
    path = tmp_path / "frozen.json"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        opening.read_frozen(path)
    assert error.value.code == "E_FROZEN"


def test_unknown_members_are_refused(frozen, tmp_path):
    path = opening.freeze(frozen, tmp_path / "frozen.json")
    found = json.loads(path.read_text())
    found["combined"]["both"].append("nothing")
    path.write_text(json.dumps(found))
    with pytest.raises(InputError, match="nothing"):
        opening.read_frozen(path)


def test_opened_is_what_its_parts_give(frozen, random_jets, tmp_path):
    draws = [random_jets(60, seed) for seed in (1, 2, 3)]
    samples = {"QCD": random_jets(50, 4), "W": random_jets(40, 5, prongs=1)}
    rows = opening.opened(TABLE, frozen, draws, samples)
    assert [row.title for row in rows] == ["count(sign=-1.0)", "pt", "both", opening.NO_SELECTION]
    held = [draw[42:] for draw in draws]  # 30 % of sixty
    expected = []
    for draw, rest in zip(draws, held, strict=True):
        scorers = [by_count(draw[:42], -1.0), TABLE["pt"].fit(draw)]
        scores = {
            name: -sum(np.log(labelfree.pvalue(scorer(rest), scorer(some))) for scorer in scorers)
            for name, some in samples.items()
        }
        expected.append(choosing.measured("both", scores)[0].auc)
    both = rows[2]
    assert both.auc == pytest.approx(np.mean(expected))
    assert both.spread == pytest.approx(np.std(expected, ddof=1))
    assert (both.draws, both.n_background, both.n_signal) == (3, 50, 40)
    read = opening.read_opened(opening.write_opened(rows, tmp_path / "opened.csv"))
    assert [row[:2] for row in read] == [row[:2] for row in rows]
    np.testing.assert_allclose([row[2:] for row in read], [row[2:] for row in rows], rtol=1e-5)
    assert all(isinstance(row, Opened) for row in read)


def test_the_choice_rests_on_development_signals_only(rng):
    recipes = {
        "A": Recipe(by_count, "", {"q": (1, 2), "how": ("fine", "barred")}),
        "B": Recipe(by_count, "", {}, "physics"),
    }
    found = choosing.variants(recipes)
    means = {"A": 0.5, "A(q=2)": 1.0, "A(how=barred)": 3.0, "B": 0.8}
    scores = {
        title: {
            "QCD": rng.normal(size=400), "_calibration": rng.normal(size=300),
            "X": rng.normal(mean, size=300), "Y": rng.normal(mean, size=300),
        }
        for title, mean in means.items()
    }  # fmt: skip
    choice = choosing.choose_scores(recipes, found, scores, {"A": {"how": ("fine",)}, "B": {}})
    assert choice.best == {"A": "A(q=2)", "B": "B"}
    assert {row.title for row in choice.rows} == set(means)
    assert choice.any == ("A(q=2)", "B")
    assert choice.free == ()
    assert choice.combined[choice.any] > max(row.auc for row in choice.rows if row.title == "A(q=2)")


def test_events_are_scored_by_their_jets(frozen, random_jets):
    draw, samples = random_jets(60, 1), {"QCD": random_jets(50, 4), "W": random_jets(40, 5, prongs=1)}
    rows = {row.title: row for row in opening.opened(TABLE, frozen, [draw], samples, event="max")}
    pt = {name: some.momenta().pt.reshape(-1, 2).max(1) for name, some in samples.items()}
    assert rows["pt"].auc == pytest.approx(choosing.measured("pt", pt)[0].auc)
    assert (rows["pt"].n_background, rows["pt"].n_signal) == (25, 20)
    assert np.isnan(rows["pt"].spread)
    with pytest.raises(InputError) as error:
        opening.opened(TABLE, frozen, [draw], samples | {"W": random_jets(39, 5)}, event="max")
    assert error.value.code == "E_PAIRS"
