"""Pictures of a search show its numbers."""

from __future__ import annotations

import holoviews as hv
import numpy as np
import pytest

from jetexplore.anomaly import resonance as room
from jetexplore.views import resonanceplots, toyplots, windowplots

hv.extension("bokeh", logo=False)


@pytest.fixture(scope="module")
def found():
    toy = room.toy_events(200_000, 600, seed=5)
    return room.search(toy.m_jj, toy.scores, n_pseudo=300)


@pytest.fixture(scope="module")
def nothing():
    others = np.round(1e5 * np.exp(-np.arange(21) / 3))
    return room.search_counts(np.maximum(others // 10, 0) * (np.arange(21) < 18), others, n_pseudo=20)


@pytest.mark.parametrize("which", ["found", "nothing"])
def test_everything_can_be_drawn(which, request):
    search = request.getfixturevalue(which)
    for draw in (
        resonanceplots.mass_spectrum, resonanceplots.transfer_band, windowplots.tomography,
        windowplots.statistic_distribution,
    ):  # fmt: skip
        hv.render(draw(search, title="toy"))


def test_the_spectrum_shows_counts_window_and_pulls(found):
    upper, lower = resonanceplots.mass_spectrum(found)
    points = next(iter(upper.select(selectionspec=None).traverse(lambda one: one, [hv.Points])))
    np.testing.assert_array_equal(points["outliers"], np.maximum(found.outliers, 0.1))
    (span,) = upper.traverse(lambda one: one.data, [hv.VSpan])
    assert span == [found.low / 1000, found.high / 1000]
    (pulls,) = lower.traverse(lambda one: one.dimension_values(1), [hv.Histogram])
    np.testing.assert_allclose(pulls, found.pulls)


def test_the_tomography_marks_the_least_likely_window(found):
    bars, best = windowplots.tomography(found).traverse(lambda one: one, [hv.Segments])
    assert len(bars) == (found.windows.p < 1).sum()
    assert [best[name][0] for name in ("x0", "x1")] == [found.low / 1000, found.high / 1000]
    np.testing.assert_allclose(best["y0"][0], -np.log10(found.local_p))


def test_calibration_and_power_are_drawn_by_recipe():
    stored = room.read_calibration()
    weak = [one for one in stored if one.dependence == "weak"]
    picture = toyplots.global_p_values(weak)
    curves = [one for one in picture.traverse(lambda one: one, [hv.Curve]) if type(one) is hv.Curve]
    assert {curve.label for curve in curves} == set(room.RECIPES)
    for curve in curves:
        np.testing.assert_allclose(curve["fraction"].sum(), 1)
    rows = [row for row in room.power(weak) if row.recipe == "refitted"]
    picture = toyplots.power_curve(rows)
    (curve,) = picture.traverse(lambda one: one, [hv.Curve])
    np.testing.assert_allclose(curve["found"], [row.found for row in rows])
    hv.render(picture)


def test_no_title_claims_a_significance_beyond_the_pseudo_experiments(found):
    title = windowplots.statistic_distribution(found).opts.get().kwargs["title"]
    assert ("≤" in title) == found.at_floor
