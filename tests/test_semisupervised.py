"""Labels help where they are right, more of them never move the nearest away, and parts give the whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jetexplore.anomaly import auc, ensembles, samples, study
from jetexplore.anomaly.contrast import contrast
from jetexplore.anomaly.crossed import crossed_metrics
from jetexplore.anomaly.drawspread import spread_by_power
from jetexplore.anomaly.semisupervised import hints, nearest_of_first
from jetexplore.distances import matrices
from jetexplore.errors import InputError


@given(arrays(float, (3, 6), elements=st.floats(0, 9)))
def test_nearest_of_the_first(distances):
    found = nearest_of_first(distances, range(1, 7))
    for n, values in found.items():
        np.testing.assert_array_equal(values, distances[:, :n].min(1))


@pytest.mark.parametrize("n", [0, 7, 1.5, -1])
def test_more_labels_than_there_are(n):
    with pytest.raises(InputError) as raised:
        nearest_of_first(np.zeros((2, 6)), [1, n])
    assert raised.value.code == "E_K"


def test_contrast_is_the_difference_and_changes_its_sign_with_its_sides(point_images):
    images = point_images([(20, place) for place in (10, 14, 20, 26, 33)])
    first, second = images[:2], images[3:]
    one = contrast(images, first, second)
    expected = [abs(place - 14) * 0.08 if place > 12 else 0 for place in (10, 14, 20, 26, 33)]
    np.testing.assert_allclose(matrices.cross(images, first, "Wass(1)", reduce="min"), expected)
    np.testing.assert_allclose(one, -contrast(images, second, first))
    np.testing.assert_allclose(one[2], 0, atol=1e-12)  # six pixels from either
    sums = contrast(images, first, second, combine="sum")
    np.testing.assert_allclose(sums[2], 0.08 * (10 + 6 - 6 - 13), atol=1e-12)


@pytest.mark.parametrize("labelled", ["Top", "W"])
def test_hints_are_what_their_parts_give(small, labelled):
    found = {(one.n, one.signal): one for one in hints(labelled, "MAE", 2, [1, 4], n_draws=2, n_test=15, source=small)}
    assert set(found) == {(n, signal) for n in (0, 1, 4) for signal in ("Top", "W")}
    medoids = ensembles.reference_images("QCD", "MAE", "medoids", 2, source=small)
    tests = {name: some[:15] for name, some in samples.images(small).items()}
    some = (samples.images(small, "reference")["Top"] if labelled == "Top" else samples.images(small)["W"])[-8:]
    for n in (1, 4):
        for signal in ("Top", "W"):
            both, alone = [], []
            for draw in (0, 1):
                known = some[4 * draw : 4 * draw + n]
                scores = {name: contrast(x, medoids, known, "MAE") for name, x in tests.items()}
                both.append(auc(scores["QCD"], scores[signal], 0).value)
                near = {name: -matrices.cross(x, known, "MAE").min(1) for name, x in tests.items()}
                alone.append(auc(near["QCD"], near[signal], 0).value)
            one = found[n, signal]
            assert (one.auc, one.spread) == pytest.approx((np.mean(both), np.std(both, ddof=1)))
            assert (one.alone, one.alone_spread) == pytest.approx((np.mean(alone), np.std(alone, ddof=1)))


def test_labelled_test_jets_are_not_tested(small):
    # 30 W jets: with 29 of them labelled one is left, whose area is a whole number of QCD jets
    found = hints("W", "MAE", 1, [29], n_draws=1, n_test=None, source=small)
    assert np.isnan(found[-1].spread)
    assert found[-1].auc * 60 == pytest.approx(round(found[-1].auc * 60), abs=1e-9)
    for n_draws, count in ((1, 30), (2, 15)):
        with pytest.raises(InputError) as raised:
            hints("W", "MAE", 1, [count], n_draws=n_draws, source=small)
        assert raised.value.code == "E_DRAW"


@pytest.mark.parametrize(
    ("given", "code"),
    [({"labelled": "QCD"}, "E_CLASS"), ({"labelled": "Z"}, "E_CLASS"), ({"counts": []}, "E_K"), ({"counts": [0]}, "E_K"),
     ({"n_draws": 0}, "E_K"), ({"k": 11}, "E_K"), ({"metric": "Wass1"}, "E_METRIC"), ({"counts": [701]}, "E_DRAW")],
)  # fmt: skip
def test_hints_that_cannot_be_had(small, given, code):
    with pytest.raises(InputError) as raised:
        hints(**{"metric": "MAE", "counts": [1], "n_draws": 1, "source": small, **given})
    assert raised.value.code == code


def test_right_labels_help():
    without, *_, many = (one for one in hints("W", counts=[30], n_draws=1, n_test=300) if one.signal == "W")
    assert many.auc > without.auc + 0.1


def test_crossed_metrics_on_the_diagonal_are_those_of_the_study(small):
    found = crossed_metrics(["MAE", "MSE"], ["MSE", "MAE"], k=2, source=small)
    assert len(found) == 8
    for metric in ("MAE", "MSE"):
        curves = study.sample_rocs("QCD", metric, k=2, source=small)
        for one in found:
            if one["medoid_metric"] == one["anomaly_metric"] == metric:
                assert one["auc"] == pytest.approx(curves[one["signal"]].auc, abs=1e-9)
    assert len({round(one["auc"], 6) for one in found if one["signal"] == "W"}) > 2


def test_spreads_are_gathered_by_power():
    row = {"reference": "QCD", "method": "min", "signal": "W", "n": 3, "ours": 0.6}
    records = [
        {**row, "metric": "Wass(2)", "spread": 0.03}, {**row, "metric": "Wass(2)", "spread": 0.04},
        {**row, "metric": "Wass(0.5)", "spread": 0.01}, {**row, "metric": "MAE", "spread": 9.0},
        {**row, "metric": "Wass(2)", "reference": "Top", "spread": 9.0},
        {**row, "metric": "Wass(2)", "method": "average", "spread": 9.0},
    ]  # fmt: skip
    half, two = spread_by_power(records)
    assert (half["p"], half["rows"], half["spread"]) == (0.5, 1, 0.01)
    assert two["spread"] == pytest.approx(np.sqrt((0.03**2 + 0.04**2) / 2))
    assert two["error"] == pytest.approx(two["spread"] / 2)
    assert spread_by_power([]) == []
