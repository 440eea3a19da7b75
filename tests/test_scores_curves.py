"""Scores grow with distance; areas, rejections and errors have their closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from jetexplore import jets
from jetexplore.anomaly import auc, event_to_ensemble, histograms, roc, working_point
from jetexplore.distances import matrices
from jetexplore.errors import InputError

SCORES = st.lists(st.integers(-4, 4), min_size=1, max_size=25)


def test_score_is_the_distance_in_the_picture(point_images):
    images = point_images([(20, 20), (20, 25), (23, 24), (30, 20)])
    np.testing.assert_allclose(event_to_ensemble(images, images[:1], "Wass(1)"), [0, 0.4, 0.4, 0.8], atol=1e-9)
    np.testing.assert_allclose(
        event_to_ensemble(images, images[:1], "Wass(1)", width=6.4), [0, 0.8, 0.8, 1.6], atol=1e-9
    )
    np.testing.assert_allclose(event_to_ensemble(images, images[[0, 3]], "Wass(1)"), [0, 0.4, 0.4, 0], atol=1e-9)
    both = event_to_ensemble(images, images[[0, 3]], "Wass(1)", "sum")
    np.testing.assert_allclose(both, [0.8, 0.4 + np.sqrt(125) * 0.08, 0.4 + np.sqrt(65) * 0.08, 0.8], atol=1e-9)


@pytest.fixture(scope="module")
def some_images(random_jets):
    return jets.images(random_jets(12, seed=1)), jets.images(random_jets(4, seed=2))


@pytest.mark.parametrize("metric", ["MSE", "MAE", "Wass(1)", "Wass(2)"])
def test_score_laws(some_images, metric):
    events, references = some_images
    distances = matrices.cross(events, references, metric)
    least, total = (event_to_ensemble(events, references, metric, combine) for combine in ("min", "sum"))
    np.testing.assert_allclose(least, distances.min(axis=1), rtol=1e-12)
    np.testing.assert_allclose(total, distances.sum(axis=1), rtol=1e-12)
    assert np.all(least[:, None] <= distances)
    assert np.all(len(references) * least <= total)
    for combine, far in (("min", least), ("sum", total)):
        np.testing.assert_array_equal(event_to_ensemble(events, references, metric, combine, "near"), -far)
    for combine in ("min", "sum"):
        single = event_to_ensemble(events, references[:1], metric, combine)
        np.testing.assert_allclose(single, distances[:, 0], rtol=1e-12)


def test_more_references_are_never_farther(some_images):
    events, references = some_images
    least = [event_to_ensemble(events, references[:k], "MAE") for k in (1, 2, 3, 4)]
    assert np.all(np.diff(least, axis=0) <= 0)


def test_order_of_references_does_not_matter(some_images):
    events, references = some_images
    for combine in ("min", "sum"):
        np.testing.assert_allclose(
            event_to_ensemble(events, references[::-1], "MAE", combine),
            event_to_ensemble(events, references, "MAE", combine),
        )


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"metric": "Wass1"}, "E_METRIC"),
        ({"metric": None}, "E_METRIC"),
        ({"combine": "mean"}, "E_COMBINE"),
        ({"orientation": "left"}, "E_ORIENTATION"),
        ({"references": np.zeros((0, 4, 4))}, "E_EMPTY"),
        ({"references": np.ones((1, 5, 5))}, "E_SHAPE"),
        ({"references": np.zeros((1, 4, 4))}, "E_EMPTY_IMAGE"),
        ({"events": np.full((1, 4, 4), np.nan)}, "E_NONFINITE"),
        ({"events": -np.ones((1, 4, 4))}, "E_NEGATIVE"),
    ],
)
def test_bad_score(changed, code):
    arguments = {"events": np.ones((2, 4, 4)), "references": np.ones((1, 4, 4)), "metric": "MAE"} | changed
    with pytest.raises(InputError) as raised:
        event_to_ensemble(**arguments)
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("background", "signal", "expected"),
    [
        ([0, 1], [2, 3], 1.0),
        ([2, 3], [0, 1], 0.0),
        ([1, 1, 1], [1, 1], 0.5),
        ([0, 2], [1], 0.5),
        ([0, 1], [1], 0.75),
        ([5], [5], 0.5),
        ([0, 1, 2, 3], [1, 2], 0.5),
        ([-0.0], [0.0], 0.5),
        ([1e-300], [1e300], 1.0),
    ],
)
def test_area_in_closed_form(background, signal, expected):
    assert auc(background, signal, n_bootstrap=0).value == expected


@given(SCORES, SCORES)
def test_area_is_that_of_sklearn(background, signal):
    truth = [0] * len(background) + [1] * len(signal)
    assert auc(background, signal, 0).value == pytest.approx(roc_auc_score(truth, background + signal), abs=1e-12)


@given(SCORES, SCORES)
def test_area_counts_won_pairs(background, signal):
    b, s = np.array(background)[:, None], np.array(signal)
    assert auc(background, signal, 0).value == pytest.approx(np.mean((s > b) + 0.5 * (s == b)), abs=1e-12)


@given(SCORES, SCORES)
def test_sign_of_the_score(background, signal):
    b, s = np.array(background), np.array(signal)
    area = auc(b, s, 0).value
    assert auc(np.exp(b), np.exp(s), 0).value == area  # only the order counts
    assert auc(-b, -s, 0).value == pytest.approx(1 - area, abs=1e-12)
    assert auc(s, b, 0).value == pytest.approx(1 - area, abs=1e-12)


def test_area_of_two_normals(rng):
    from scipy.stats import norm

    area = auc(rng.normal(0, 1, 20_000), rng.normal(1, 1, 20_000), 0).value
    assert area == pytest.approx(norm.cdf(1 / np.sqrt(2)), abs=0.01)


@pytest.mark.parametrize("shift", [0.0, 0.7, 1.5])
def test_error_is_that_of_hanley_and_mcneil(rng, shift):
    n, m = 500, 300
    background, signal = rng.normal(0, 1, n), rng.normal(shift, 1, m)
    value, error = auc(background, signal, n_bootstrap=800)
    q1, q2 = value / (2 - value), 2 * value**2 / (1 + value)
    expected = np.sqrt((value * (1 - value) + (m - 1) * (q1 - value**2) + (n - 1) * (q2 - value**2)) / (n * m))
    assert error == pytest.approx(expected, rel=0.2)


def test_error_follows_the_seed(rng):
    background, signal = rng.normal(0, 1, 60), rng.normal(1, 1, 60)
    errors = [auc(background, signal, 50, seed).error for seed in (1, 1, 2)]
    assert errors[0] == errors[1] != errors[2]
    assert np.isnan(auc(background, signal, 0).error)
    assert auc([0.0], [1.0]).error == 0


@given(SCORES, SCORES)
def test_curve_runs_from_none_to_all(background, signal):
    curve = roc(background, signal, n_bootstrap=0)
    for kept in (curve.signal_efficiency, curve.background_efficiency):
        assert kept[0] == 0
        assert kept[-1] == 1
        assert np.all(np.diff(kept) >= 0)
    assert np.all(np.diff(curve.threshold) < 0)
    area = np.trapezoid if hasattr(np, "trapezoid") else np.trapz  # noqa: NPY201 the name before numpy 2
    assert area(curve.signal_efficiency, curve.background_efficiency) == pytest.approx(curve.auc, abs=1e-12)
    assert curve.n_background == len(background)


@given(SCORES, SCORES, st.floats(1e-6, 1.0))
def test_cut_keeps_enough_and_no_larger_one_does(background, signal, efficiency):
    curve = roc(background, signal, n_bootstrap=0)
    cut, signal = curve.cut(efficiency), np.array(signal)
    assert np.mean(signal >= cut) >= efficiency - 1e-12
    for larger in np.unique(signal[signal > cut]):
        assert np.mean(signal >= larger) < efficiency
    point = working_point(background, signal, cut)
    assert curve.rejection(efficiency) == pytest.approx(point.rejection)


def test_rejection_in_closed_form():
    background, signal = np.arange(100.0), np.arange(50.0, 150.0)
    curve = roc(background, signal, 0)
    assert curve.rejection(1.0) == pytest.approx(2)
    assert curve.rejection(0.75) == pytest.approx(4)
    assert curve.rejection(0.5) == float("inf")
    assert curve.cut(0.5) == 100
    assert curve.cut(1.0) == 50


@pytest.mark.parametrize("efficiency", [0, -0.1, 1.0001, float("nan"), float("inf")])
def test_bad_efficiency(efficiency):
    curve = roc([0.0, 1.0], [1.0, 2.0], 0)
    for function in (curve.rejection, curve.cut):
        with pytest.raises(InputError) as raised:
            function(efficiency)
        assert raised.value.code == "E_EFFICIENCY"


@pytest.mark.parametrize("n", [30, 97, 161, 1000])
def test_improvement_only_where_background_is_counted(n):
    background, signal = np.arange(float(n)), np.arange(n / 2, n + n / 2)
    curve = roc(background, signal, 0)
    improvement = curve.significance_improvement()
    kept = np.array([np.sum(background >= threshold) for threshold in curve.threshold])
    np.testing.assert_array_equal(np.isfinite(improvement), kept >= 25)
    assert improvement[-1] == pytest.approx(1)
    for i in np.flatnonzero(kept >= 25)[::20]:
        point = working_point(background, signal, curve.threshold[i])
        assert point.significance_improvement == pytest.approx(improvement[i])


@given(SCORES, SCORES, st.integers(-5, 5))
def test_working_point_counts(background, signal, threshold):
    assume(background)
    point = working_point(background, signal, threshold)
    kept = sum(value >= threshold for value in background)
    assert point.signal_efficiency == sum(value >= threshold for value in signal) / len(signal)
    assert point.background_efficiency == kept / len(background)
    assert point.rejection == (float("inf") if kept == 0 else pytest.approx(len(background) / kept))
    assert np.isnan(point.significance_improvement) == (kept < 25)


def test_histograms_hold_every_score(rng):
    scores = {"QCD": rng.normal(0, 1, 500), "Top": rng.normal(2, 1, 300)}
    edges, fractions = histograms(scores, bins=20, quantile=0.9)
    assert len(edges) == 21
    for name, some in scores.items():
        assert fractions[name].sum() == pytest.approx(1)
        assert fractions[name][-1] == pytest.approx(np.mean(some >= edges[-2]))  # and all beyond
        assert fractions[name][3] == pytest.approx(np.mean((some >= edges[3]) & (some < edges[4])))


@pytest.mark.parametrize("some", [[1.0], [0.3] * 5, [-2.0, -2.0]])
def test_histograms_of_equal_scores(some):
    edges, fractions = histograms({"QCD": some}, bins=4)
    assert np.all(np.diff(edges) > 0)
    assert fractions["QCD"].tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("background", "signal", "code", "where"),
    [
        ([], [1.0], "E_EMPTY", "background"),
        ([1.0], [], "E_EMPTY", "signal"),
        ([[1.0]], [1.0], "E_EMPTY", "background"),
        (1.0, [1.0], "E_EMPTY", "background"),
        ([np.nan], [1.0], "E_NONFINITE", "background"),
        ([1.0], [np.nan, 2.0], "E_NONFINITE", "signal"),
        ([1.0], [np.inf], "E_NONFINITE", "signal"),
    ],
)
def test_bad_scores(background, signal, code, where):
    for call in (auc, roc, lambda b, s: working_point(b, s, 0.5)):
        with pytest.raises(InputError) as raised:
            call(background, signal)
        assert (raised.value.code, raised.value.where) == (code, where)


@pytest.mark.parametrize(
    ("scores", "settings", "code"),
    [
        ({}, {}, "E_EMPTY"),
        ({"QCD": [1.0, 2.0]}, {"bins": 0}, "E_RANGE"),
        ({"QCD": [1.0, 2.0]}, {"quantile": 1.5}, "E_RANGE"),
        ({"QCD": [1.0, 2.0]}, {"quantile": float("nan")}, "E_RANGE"),
    ],
)
def test_histograms_that_cannot_be_made(scores, settings, code):
    with pytest.raises(InputError) as raised:
        histograms(scores, **settings)
    assert raised.value.code == code


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.lists(st.integers(0, 9), min_size=1, max_size=40))
def test_the_curve_is_scikit_learn_s(background, signal):
    found = roc(background, signal, n_bootstrap=0)
    truth = np.repeat([0, 1], [len(background), len(signal)])
    false, true, threshold = roc_curve(truth, [*background, *signal], drop_intermediate=False)
    np.testing.assert_allclose(found.background_efficiency, false, atol=1e-12)
    np.testing.assert_allclose(found.signal_efficiency, true, atol=1e-12)
    np.testing.assert_array_equal(found.threshold, threshold)
