"""Outliers are what is stated, the search is what plain loops give, and its significance can be believed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammainc
from scipy.stats import norm

from jetexplore import jets
from jetexplore.anomaly import labelfree
from jetexplore.anomaly import resonance as room
from jetexplore.anomaly.resonance import calibration
from jetexplore.anomaly.resonance.transfer import basis, poisson_fit
from jetexplore.errors import InputError

BINS = len(room.EDGES) - 1


@pytest.fixture(scope="module")
def toy():
    return room.toy_events(200_000, 700, seed=5)


def test_edges_are_the_published_ones():
    printed = (
        "2659 2775 2895 3019 3147 3279 3416 3558 3704 3854 4010 4171 4337 4509 4686 4869 5058 5253 5455 5663 5877 6099"
    )
    assert room.EDGES.tolist() == [float(edge) for edge in printed.split()]
    assert (np.diff(room.CMS_EDGES) > 0).all()
    assert (room.CMS_EDGES[0], room.CMS_EDGES[-1]) == (1, 14000)


def test_counts_in_bins():
    counts = room.spectrum([2658.9, 2659.0, 2775.0, 6099.0, 6099.1])
    assert counts.sum() == 3
    assert counts[[0, 1, -1]].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("combine", "expected"),
    [
        ("min", [False, False, True]),
        ("max", [False, True, True]),
        ("mean", [False, False, True]),
        ("sum", [False, False, True]),
    ],
)
def test_outliers_of_three_jets(combine, expected):
    scores = [[1.0, 2.0, 3.0], [0.0, 1.0, 6.0], [6.0, 7.0, 8.0]]
    found = room.outliers(scores, 0.5, combine)  # the median of all nine is 3
    assert found.mask.tolist() == expected
    assert found.threshold == (9.0 if combine == "sum" else 3.0)
    others = room.outliers(scores, 0.5, combine, evaluation=[[20.0, 20.0]])
    assert not others.mask.any()


@given(st.integers(0, 99), st.floats(0.05, 0.95), st.sampled_from(["min", "max"]))
def test_any_rising_function_of_the_scores_gives_the_same_outliers(seed, quantile, combine):
    scores = np.random.default_rng(seed).normal(size=(50, 3))
    levels = np.sort(scores, axis=None)
    at = quantile * (scores.size - 1)
    if abs(at - round(at)) < 1e-6:  # the threshold is a score itself, up to rounding
        return
    assert levels[int(at)] < room.outliers(scores, quantile, combine).threshold < levels[int(at) + 1]
    one, other = (room.outliers(some, quantile, combine).mask for some in (scores, np.exp(scores) + scores))
    np.testing.assert_array_equal(one, other)
    summed, averaged = (room.outliers(scores, quantile, name).mask for name in ("sum", "mean"))
    assert (summed != averaged).sum() == 0


def slow_search(outliers, others, widths, n_pseudo, seed):
    """Pseudo-experiment by pseudo-experiment, window by window."""
    v = basis()

    def t(o, n):
        b = n * np.maximum(v @ poisson_fit(o[None], n[None], v)[0], 0)
        least = 1.0
        for width in range(widths[0], widths[1] + 1):
            for first in range(BINS - width + 1):
                seen, awaited = o[first : first + width].sum(), b[first : first + width].sum()
                if seen > awaited > 0:
                    least = min(least, float(gammainc(seen, awaited)))
        return -np.log(least), b

    observed, b = t(outliers, others)
    rng = np.random.default_rng(seed)
    drawn = rng.poisson(b, (n_pseudo, BINS)), rng.poisson(others, (n_pseudo, BINS))
    pseudo = np.array([t(o, n)[0] for o, n in zip(*drawn, strict=True)])
    return observed, pseudo, (np.sum(pseudo >= observed) + 1) / (n_pseudo + 1)


def test_the_search_is_that_of_plain_loops(toy):
    found = room.search(toy.m_jj, toy.scores, n_pseudo=60, seed=3)
    observed, pseudo, p = slow_search(found.outliers, found.others, (2, 5), 60, 3)
    np.testing.assert_allclose(found.statistic, observed, rtol=1e-6)
    np.testing.assert_allclose(found.pseudo, pseudo, rtol=1e-5, atol=1e-7)
    assert found.global_p == p
    np.testing.assert_allclose(found.z, norm.isf(p), rtol=1e-12)
    assert found.at_floor == (p == 1 / 61)
    np.testing.assert_allclose(found.local_p, np.exp(-found.statistic))


def test_the_spectra_hold_every_event_once_and_the_seed_decides(toy):
    found = room.search(toy.m_jj, toy.scores, n_pseudo=50)
    np.testing.assert_array_equal(found.outliers + found.others, room.spectrum(toy.m_jj))
    again = room.search(toy.m_jj, toy.scores, n_pseudo=50)
    np.testing.assert_array_equal(found.pseudo, again.pseudo)
    assert (found.pseudo != room.search(toy.m_jj, toy.scores, n_pseudo=50, seed=1).pseudo).any()
    order = np.random.default_rng(0).permutation(len(toy.m_jj))
    shuffled = room.search(toy.m_jj[order], toy.scores[order], n_pseudo=50)
    assert (shuffled.global_p, shuffled.low, shuffled.threshold) == (found.global_p, found.low, found.threshold)


def test_a_bump_is_found_where_it_is(toy):
    found = room.search(toy.m_jj, toy.scores, n_pseudo=2000)
    assert found.at_floor
    assert abs(found.centre - 3700) < 150
    assert room.EDGES[found.pulls.argmax()] in {3558, 3704}
    assert found.pulls.max() > 2.5
    background = ~toy.signal
    assert room.search(toy.m_jj[background], toy.scores[background], n_pseudo=500).global_p > 0.02


def test_any_score_and_more_jets_can_drive_it(rng):
    some, background = jets.load()["QCD"][:4500], jets.load("sample", "reference")["QCD"][:300]
    score = labelfree.fit(labelfree.SCORES, "jet mass", background)
    ranks = [some[1500 * rank : 1500 * (rank + 1)] for rank in range(3)]
    scores = room.jet_scores(score, *ranks)
    assert scores.shape == (1500, 3)
    np.testing.assert_allclose(scores[:, 1], score(ranks[1]))
    masses = np.interp(rng.random(1500), [0, 1], [2700, 3500])
    for combine in room.COMBINE:
        found = room.search(masses, scores, 0.6, combine, edges=room.EDGES[:8], order=1, n_pseudo=20)
        assert found.outliers.sum() + found.others.sum() == len(masses[masses < room.EDGES[7]])
        assert 0 < found.global_p <= 1


def test_jet_scores_of_unequal_ranks():
    some = jets.load()["W"]
    with pytest.raises(InputError) as raised:
        room.jet_scores(lambda some: some.momenta().mass, some[:3], some[:4])
    assert raised.value.code == "E_SHAPE"
    with pytest.raises(InputError) as raised:
        room.jet_scores(lambda some: some.momenta().mass)
    assert raised.value.code == "E_EMPTY"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"m_jj": np.full(3000, np.nan)}, "E_NONFINITE"),
        ({"m_jj": np.ones(2999)}, "E_SHAPE"),
        ({"m_jj": np.ones((3000, 1))}, "E_SHAPE"),
        ({"m_jj": np.ones(3000)}, "E_FEW"),
        ({"scores": np.full((3000, 2), np.inf)}, "E_NONFINITE"),
        ({"scores": np.ones((3000, 2))}, "E_FEW"),
        ({"scores": np.ones((3000, 1))}, "E_SHAPE"),
        ({"scores": np.ones((3000, 2, 2))}, "E_SHAPE"),
        ({"m_jj": np.zeros(0), "scores": np.zeros((0, 2))}, "E_EMPTY"),
        ({"quantile": 1.0}, "E_QUANTILE"),
        ({"quantile": float("nan")}, "E_QUANTILE"),
        ({"combine": "product"}, "E_COMBINE"),
        ({"evaluation": np.ones(4)}, "E_SHAPE"),
        ({"widths": (5, 2)}, "E_WIDTHS"),
        ({"n_pseudo": 0}, "E_PSEUDO"),
        ({"fit": "chi2"}, "E_FIT"),
        ({"order": 40}, "E_ORDER"),
        ({"edges": [1.0]}, "E_EDGES"),
    ],
)
def test_what_cannot_be_searched_is_told(change, code):
    toy = room.toy_events(3000, seed=2)
    given = {"m_jj": toy.m_jj, "scores": toy.scores, "n_pseudo": 10} | change
    with pytest.raises(InputError) as raised:
        room.search(**given)
    assert raised.value.code == code


def test_toys_are_what_is_stated():
    toy = room.toy_events(100_000, 20_000, dependence=1.0, seed=1)
    bump = toy.m_jj[toy.signal]
    np.testing.assert_allclose([bump.mean(), bump.std()], [3700, 120], rtol=0.02)
    background = toy.m_jj[~toy.signal]
    x = np.linspace(2659, 6099, 200_001) / 13_000
    weight = (1 - x) ** 10 / x**6
    np.testing.assert_allclose(background.mean(), 13_000 * np.average(x, weights=weight), rtol=2e-3)
    rise = np.polyfit(np.log(background / 2659), toy.scores[~toy.signal, 0], 1)
    np.testing.assert_allclose(rise, [0.8, 0], atol=0.05)
    np.testing.assert_allclose(np.corrcoef(toy.scores[~toy.signal].T)[0, 1], 0.16 / 1.16, atol=0.04)
    with pytest.raises(InputError) as raised:
        room.toy_events(-1)
    assert raised.value.code == "E_COUNT"


def test_sculpting_grows_with_the_dependence_of_score_and_mass():
    found = {}
    for dependence in (0.0, 1.0):
        toy = room.toy_events(50_000, dependence=dependence, seed=4)
        found[dependence] = room.sculpting(toy.m_jj, room.outliers(toy.scores).mask)
    assert found[0.0].distance < found[0.0].by_chance + 4 * found[0.0].by_chance_spread
    assert found[1.0].distance > found[1.0].by_chance + 4 * found[1.0].by_chance_spread
    masses = np.repeat([2700.0, 6000.0], 10)
    apart = room.sculpting(masses, masses < 3000)
    p, q = np.array([0.5, 0.5]), np.array([1.0, 0.0])
    m = (p + q) / 2
    expected = np.sqrt(0.5 * np.sum(p * np.log2(p / m)) + 0.5 * np.log2(1 / m[0]))
    np.testing.assert_allclose(apart.distance, expected)
    for mask, code in ((np.ones(3, bool), "E_SHAPE"), (np.ones(20), "E_SHAPE"), (np.zeros(20, bool), "E_FEW")):
        with pytest.raises(InputError) as raised:
            room.sculpting(masses, mask)
        assert raised.value.code == code


def test_global_p_can_be_believed_and_that_of_the_authors_cannot():
    made = calibration.trials(60, n_pseudo=99, n_events=150_000, seed=11)
    found = {row.recipe: row for row in room.uniformity(made)}
    refitted, fixed, authors = (found[name] for name in ("refitted", "fixed", "authors"))
    assert refitted.refused == fixed.refused == 0
    assert abs(refitted.below - 0.1) < 3 * refitted.sigma
    assert refitted.ks_p > 0.01
    assert fixed.ks_p < 0.01
    assert fixed.mean > refitted.mean
    assert authors.ks_p < 1e-4


def test_stored_trials_are_calibrated_and_can_be_made_again():
    stored = room.read_calibration()
    for row in room.uniformity(stored):
        if row.recipe == "refitted":
            assert row.toys >= 500
            assert row.refused == 0
            assert abs(row.below - 0.1) < 3 * row.sigma
            assert row.ks_p > 0.01
    for dependence in room.DEPENDENCE:
        some = [one for one in stored if (one.dependence, one.n_signal, one.toy) == (dependence, 0, 1)]
        again = calibration.trials(2, dependence=dependence)[3:]
        assert sorted(map(str, [one[:5] for one in again])) == sorted(map(str, [one[:5] for one in some]))
        for one in again:
            (same,) = (other for other in some if other.recipe == one.recipe)
            np.testing.assert_allclose(one[5:], same[5:], rtol=2e-3)


def test_stored_power_rises_and_points_at_the_mass():
    rows = [row for row in room.power(room.read_calibration()) if row.recipe == "refitted" and row.dependence == "weak"]
    assert [row.n_signal for row in rows] == list(calibration.INJECTED)
    assert rows[0].found < 0.01
    assert rows[-1].found > 0.8
    assert np.diff([row.found for row in rows]).min() > -0.1
    assert np.diff([row.passing for row in rows]).min() > 0
    assert all(row.near > 0.9 for row in rows if row.found > 0.2)


def test_a_stopped_run_goes_on_to_the_same_file(tmp_path, monkeypatch):
    monkeypatch.setattr(calibration, "INJECTED", (0, 300))
    few = {"null_toys": 2, "power_toys": 1, "n_pseudo": 20, "power_pseudo": 30, "n_events": 150_000, "progress": False}
    whole, parts = tmp_path / "whole.csv", tmp_path / "parts.csv"
    made = room.run_calibration(whole, **few)
    assert len(made) == 2 * 2 * 3 + 1
    room.run_calibration(parts, **{**few, "dependences": ("weak",)})
    made = room.run_calibration(parts, **few)
    assert parts.read_bytes() == whole.read_bytes()
    assert [one[:5] for one in room.read_calibration(parts)] == [one[:5] for one in made]
    whole.write_text(whole.read_text()[:-9])
    with pytest.raises((InputError, ValueError)):
        room.read_calibration(whole)
    for wrong, code in (({"dependence": "none"}, "E_DEPENDENCE"), ({"recipes": ("best",)}, "E_RECIPE")):
        with pytest.raises(InputError) as raised:
            room.trials(1, **wrong)
        assert raised.value.code == code


def test_a_recipe_that_gives_up_is_counted(monkeypatch):
    def negative(*_, **__):
        raise InputError("E_NEGATIVE", "a negative background", "one above zero")

    monkeypatch.setattr(calibration, "search_counts", negative)
    made = room.trials(2, recipes=("authors",), n_events=1000)
    (row,) = room.uniformity(made)
    assert (row.toys, row.refused) == (2, 2)
    assert np.isnan(row.ks_p)
    assert room.power(made)[0].found == 0
