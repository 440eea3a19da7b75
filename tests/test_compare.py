"""Scores by name, comparisons on the same jets, improvement curves, distances at any p: known answers and slow twins."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from jetexplore import anomaly, distances, jets
from jetexplore.anomaly import livepairs, namedscores, networkscores, plane, samples
from jetexplore.anomaly.comparison import background_ranks, difference, disagreements, nearest_jet, rank_correlation
from jetexplore.anomaly.improvement import improvement
from jetexplore.errors import InputError
from jetexplore.files import data_dir

SCORES = st.lists(st.integers(-4, 4), min_size=1, max_size=25)


# ------------------------------------------------------------------------------------------------ scores by name


def test_every_kind_of_score_is_that_of_its_own_room():
    events = namedscores.named_scores("events: QCD, Wass(1), medoids, 5, min")
    for name, some in anomaly.sample_scores("QCD", "Wass(1)", "medoids", 5, "min").items():
        np.testing.assert_array_equal(events[name], some)
    network = namedscores.named_scores("network: vae-MSE-d3-b1e-7, Loss")
    assert network is networkscores.network_scores("vae-MSE-d3-b1e-7", "Loss")
    for name, some in jets.load().items():
        mass = namedscores.named_scores("no training: jet mass")[name]
        np.testing.assert_allclose(mass, some.momenta().mass, rtol=1e-6)
        many = namedscores.named_scores("no training: multiplicity")[name]
        np.testing.assert_array_equal(many, np.diff(some.offsets))


@pytest.mark.parametrize("name", namedscores.KINDS["label-free"].names())
def test_label_free_scores_have_the_areas_that_are_tabulated(name):
    table = {(row.title, row.signal): row.auc for row in plane.read_found(data_dir() / "results/labelfree_sample.csv")}
    for signal, curve in namedscores.named_rocs(f"label-free: {name}", n_bootstrap=0).items():
        assert curve.auc == pytest.approx(table[name, signal], abs=1e-5)


def test_scores_without_training_have_the_areas_that_are_tabulated():
    from jetexplore.anomaly import baselines, table1

    for name, areas in table1.baseline_areas().items():
        if name in baselines.BASELINES:
            for signal, curve in namedscores.named_rocs(f"no training: {name}", n_bootstrap=0).items():
                assert curve.auc == pytest.approx(areas[signal].auc, abs=1e-5)


@pytest.mark.parametrize(("name", "code"), [
    ("magic: 8 ball", "E_SCORE"), ("jet mass", "E_SCORE"), ("", "E_SCORE"), ("label-free: jet mass", "E_SCORE"),
    ("no training: D2", "E_SCORE"), ("events: QCD, Wass(1), medoids, three, min", "E_SCORE"), ("events: QCD", "E_SCORE"),
    ("events: QCD, Wass(1), medoids, 3, mean", "E_COMBINE"), ("network: vae-never, Loss", "E_NETWORK"),
    ("network: untrained-d1, Magic", "E_SCORE"),
])  # fmt: skip
def test_an_unknown_name_is_refused(name, code):
    assert not namedscores.exists(name)
    with pytest.raises(InputError) as raised:
        namedscores.named_scores(name)
    assert raised.value.code == code


def test_all_names_of_small_kinds_exist():
    for kind, one in namedscores.KINDS.items():
        names = one.names()
        assert len(set(names)) == len(names)
        assert all(namedscores.exists(f"{kind}: {name}") for name in names[::97])


# ------------------------------------------------------------------------------------------------ comparison


def test_areas_and_errors_are_those_of_the_curves(rng):
    left = {"QCD": rng.normal(0, 1, 300), "W": rng.normal(1, 1, 200)}
    right = {name: some + rng.normal(0, 1, len(some)) for name, some in left.items()}
    found = difference(left, right, "W")
    assert found.left == anomaly.auc(left["QCD"], left["W"])
    assert found.right == anomaly.auc(right["QCD"], right["W"])
    assert found.value == found.left.value - found.right.value
    back = difference(right, left, "W")
    assert (back.value, back.error) == (-found.value, found.error)


@pytest.mark.parametrize("noise", [0.2, 1.0])
def test_the_error_of_a_difference_is_that_of_delong(rng, noise):
    left = {"QCD": rng.normal(0, 1, 500), "W": rng.normal(1, 1, 300)}
    right = {name: some + noise * rng.normal(size=len(some)) for name, some in left.items()}

    def placements(some):  # DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837
        won = (some["W"][:, None] > some["QCD"]) + 0.5 * (some["W"][:, None] == some["QCD"])
        return won.mean(1), won.mean(0)

    (a, b), (c, d) = placements(left), placements(right)
    expected = np.sqrt(np.var(a - c, ddof=1) / 300 + np.var(b - d, ddof=1) / 500)
    found = difference(left, right, "W", n_bootstrap=800)
    assert found.error == pytest.approx(expected, rel=0.15)
    if noise == 0.2:  # what both have in common cancels
        assert found.error < 0.5 * np.hypot(found.left.error, found.right.error)


@given(SCORES, SCORES)
def test_a_rank_counts_the_background_below(background, signal):
    b, s = np.array(background, float), np.array(signal, float)
    found = background_ranks({"QCD": b, "W": s})
    np.testing.assert_allclose(found["W"], [np.mean(b < one) + 0.5 * np.mean(b == one) for one in s], atol=1e-12)
    assert found["QCD"].mean() == pytest.approx(0.5)
    assert found["W"].mean() == pytest.approx(anomaly.auc(b, s, 0).value)


@given(st.integers(0, 2**32 - 1))
def test_ranks_and_their_correlation_know_only_the_order(seed):
    rng = np.random.default_rng(seed)
    left, right = rng.integers(0, 9, (2, 30)).astype(float)
    assert rank_correlation(left, right) == pytest.approx(stats.spearmanr(left, right).statistic, abs=1e-9, nan_ok=True)
    assert rank_correlation(np.exp(left), right) == rank_correlation(left, right)


@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_those_apart_are_the_farthest_on_either_side(seed, most):
    rng = np.random.default_rng(seed)
    left, right = ({name: rng.integers(0, 5, 7) / 4 for name in ("QCD", "W")} for _ in range(2))
    found = disagreements(left, right, ["QCD", "W"], most, among=5)
    apart = sorted(float(left[name][n] - right[name][n]) for name in left for n in range(5))
    got = [one.left - one.right for one in found]
    assert [value for value in got if value > 0] == [value for value in apart[::-1][:most] if value > 0]
    assert [value for value in got if value < 0] == [value for value in apart[:most] if value < 0]
    assert all((one.left, one.right) == (left[one.name][one.number], right[one.name][one.number]) for one in found)
    assert all(one.number < 5 for one in found)


def test_the_nearest_jet_is_among_those_that_can_be_shown():
    left, right = np.array([0.1, 0.5, 0.9]), np.array([0.1, 0.5, 0.9])
    assert nearest_jet(left, right, (0.8, 0.9)) == (2, 0.1)
    assert nearest_jet(left, right, (0.8, 0.9), among=2)[0] == 1


@pytest.mark.parametrize(("left", "right", "code"), [
    ({"QCD": [0.0], "W": []}, {"QCD": [0.0], "W": []}, "E_EMPTY"),
    ({"QCD": [0.0, 1.0], "W": [1.0]}, {"QCD": [0.0], "W": [1.0]}, "E_SHAPE"),
    ({"QCD": [np.nan], "W": [1.0]}, {"QCD": [0.0], "W": [1.0]}, "E_NONFINITE"),
])  # fmt: skip
def test_scores_that_cannot_be_compared(left, right, code):
    with pytest.raises(InputError) as raised:
        difference(left, right, "W")
    assert raised.value.code == code
    with pytest.raises(InputError):
        difference({"QCD": [0.0], "W": [1.0]}, {"QCD": [0.0], "W": [1.0]}, "W", n_bootstrap=0)


# ------------------------------------------------------------------------------------------------ improvement


def test_improvement_of_exponentials_in_closed_form(rng):
    # P(s > t) is exp(-t) for the background and exp(-t / 2) for the signal: eps_S / sqrt(eps_B) = 1 at every cut
    curve = anomaly.roc(rng.exponential(1, 40_000), rng.exponential(2, 40_000), 0)
    found = improvement(curve, 40_000)
    seen = np.isfinite(found.value)
    left = found.signal_efficiency[seen] ** 2 * 40_000
    assert left.min() == pytest.approx(25, rel=0.5)
    assert not seen[found.signal_efficiency < np.sqrt(20 / 40_000)].any()
    pulls = (found.value - 1)[seen] / found.error[seen]
    assert np.abs(pulls[:-1]).max() < 4


def test_the_error_of_an_improvement_is_its_spread(rng):
    n_background, n_signal, values, errors = 2000, 300, [], []
    for _ in range(150):
        curve = anomaly.roc(rng.normal(0, 1, n_background), rng.normal(1.5, 1, n_signal), 0)
        found = improvement(curve, n_signal, points=2)
        values.append(found.value[0])
        errors.append(found.error[0])
    assert 0.6 < np.std(values) / np.mean(errors) < 1.4


@given(st.integers(0, 2**32 - 1), st.integers(20, 200))
def test_below_the_floor_there_is_no_improvement(seed, n):
    rng = np.random.default_rng(seed)
    curve = anomaly.roc(rng.normal(size=n), rng.normal(1, 1, 50), 0)
    found = improvement(curve, 50, points=50)
    at = [int(np.searchsorted(curve.signal_efficiency, kept - 1e-12)) for kept in np.arange(1, 51) / 50]
    left = np.rint(curve.background_efficiency[at] * n)
    np.testing.assert_array_equal(np.isfinite(found.value), left >= 25)
    np.testing.assert_array_equal(np.isfinite(found.error), left >= 25)


# ------------------------------------------------------------------------------------------------ any p


@given(st.integers(1, 300), st.sampled_from(["Wass(1.3)", "Wass(7)", "MPE(3)", "MSE"]))
def test_blocks_give_the_same_bits(block, metric):
    some = samples.images()["Top"][:18]
    np.testing.assert_array_equal(livepairs.in_blocks(some, metric, block=block), distances.condensed(some, metric))


def test_what_is_not_wanted_any_more_stops_at_its_next_block():
    told = []
    with pytest.raises(livepairs.Stopped):
        livepairs.in_blocks(
            samples.images()["QCD"][:20], "Wass(1.3)", lambda done: told.append(done) or len(told) < 3, block=19
        )
    assert told == [0.0, 0.1, 0.2]


def test_distances_are_remembered_and_two_that_ask_share_them(monkeypatch):
    asked, real = [], livepairs.in_blocks
    monkeypatch.setattr(livepairs, "in_blocks", lambda *given: asked.append(given) or real(*given))
    found = []
    threads = [threading.Thread(target=lambda: found.append(livepairs.pairs("W", "Wass(3.7)", n=30))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 1
    assert found[0] is found[1]
    assert livepairs.known("W", "Wass(3.7)", n=30)
    assert not livepairs.known("W", "Wass(3.7)", n=29)
    np.testing.assert_array_equal(found[0], distances.condensed(samples.images()["W"][:30], "Wass(3.7)").astype("f4"))
    with pytest.raises(ValueError, match="read-only"):
        found[0][0] = 1.0


def test_only_so_many_are_remembered(monkeypatch):
    monkeypatch.setattr(livepairs, "MOST", 2)
    for p in ("2.1", "2.2", "2.3"):
        livepairs.pairs("Top", f"Wass({p})", n=5)
    assert not livepairs.known("Top", "Wass(2.1)", n=5)
    assert livepairs.known("Top", "Wass(2.3)", n=5)


def test_a_metric_with_a_name_is_the_one_that_is_kept(monkeypatch):
    monkeypatch.setattr(livepairs, "in_blocks", None)
    np.testing.assert_array_equal(livepairs.pairs("QCD", "Wass(1)"), samples.pairs("QCD", "Wass(1)"))
