"""The explorer without a browser: every number shown is the library's, and figures live on."""

from __future__ import annotations

import holoviews as hv
import numpy as np
import panel as pn
import pytest

from jetexplore import anomaly, distances
from jetexplore.views.jets import JetsView
from jetexplore.views.pairs import PairsView
from jetexplore.views.scores import ScoresView
from jetexplore.views.state import Choice

hv.extension("bokeh")
VIEWS = (JetsView, PairsView, ScoresView)
pytestmark = pytest.mark.usefixtures("carried_out_at_once")


def figures(view):
    """The Bokeh figures of a rendered view, by identity."""
    panes = view._layout.select(pn.pane.HoloViews)
    return {pane: [plot.state.id for plot, _ in pane._plots.values()] for pane in panes}


def test_jets_view_shows_the_library_s_reference_events():
    view = JetsView()
    view.choice.param.update(metric="MAE", k=5)
    average, *medoids = view.references.images
    np.testing.assert_allclose(average, anomaly.reference_images("QCD", kind="average")[0], rtol=1e-6)
    np.testing.assert_array_equal(medoids, anomaly.reference_images("QCD", "MAE", "medoids", 5))
    assert view.references.titles == ["QCD average", *(f"QCD medoid {rank} of 5" for rank in range(1, 6))]
    assert f"k = {anomaly.ensemble('QCD', 'MAE').elbow.n_medoids}**" in view.told.object


def test_jets_view_shows_one_jet_of_each_class_and_where_it_lies_in_the_sample():
    view = JetsView(Choice(example=7))
    for number in (7, 1999):
        view.choice.example = number
        wanted = [anomaly.images()[name][number] for name in ("QCD", "Top", "W")]
        np.testing.assert_array_equal(view.examples.images, wanted)
        assert [title.split(",")[0] for title in view.examples.titles] == [
            f"{name} jet {number}" for name in ("QCD", "Top", "W")
        ]


def test_pairs_view_shows_counts_of_the_library_s_distances():
    view = PairsView()
    counts = view._density(0, None, None).dimension_values("pairs", flat=False)
    assert np.nansum(counts) == 499_500
    x, y = anomaly.pairs("QCD", "MSE"), anomaly.pairs("QCD", "Wass(1)")
    assert f"r = {distances.correlation(x, y):.3f}" in view.correlation.object


def test_zooming_counts_only_what_is_inside():
    view = PairsView()
    x, y = anomaly.pairs("QCD", "MSE"), anomaly.pairs("QCD", "Wass(1)")
    window = (float(np.quantile(x, 0.2)), float(np.quantile(x, 0.7))), (0.05, 0.2)
    counts = view._density(0, *window).dimension_values("pairs", flat=False)
    inside = (x >= window[0][0]) & (x <= window[0][1]) & (y >= 0.05) & (y <= 0.2)
    assert np.nansum(counts) == inside.sum()


@pytest.mark.parametrize("broken", [(np.nan, 1.0), (2.0, 1.0), (np.inf, np.inf)])
def test_an_unusable_zoom_shows_everything(broken):
    counts = PairsView()._density(0, broken, None).dimension_values("pairs", flat=False)
    assert np.nansum(counts) == 499_500


@pytest.mark.parametrize("metric", ["Wass(1)", "Wass(2)"])
def test_a_click_shows_the_pair_with_the_cost_that_is_tabulated(metric):
    view = PairsView(Choice(y=metric, x="MAE"))
    i, j = 12, 345
    place = distances.pair_index(i, j, 1000)
    at = float(view._x[place]), float(view._y[place])
    view._density(0, None, None)
    view._click(*at)
    assert view.choice.pair == (i, j)
    images = anomaly.images()["QCD"]
    plan = distances.optimal_plan(images[i], images[j], metric)
    assert plan.distance == pytest.approx(float(anomaly.pairs("QCD", metric)[place]), rel=1e-6)
    assert f"{plan.distance:.6f}" in view.pair.plan.title
    arcs = np.frombuffer(view.pair.plan.arcs, "<f4").reshape(-1, 5)
    np.testing.assert_allclose(arcs, np.column_stack([plan.start, plan.end, plan.flow]), rtol=1e-6)
    np.testing.assert_array_equal(view.pair.ends.images, images[[i, j]])


def test_a_click_far_from_any_pair_selects_nothing():
    view = PairsView()
    view._density(0, None, None)
    view._click(view._full[2], view._full[3] * 0.9)
    view._click(None, None)
    assert view.choice.pair == (0, 1)


def test_no_pair_is_reported_over_an_empty_pixel():
    view = PairsView()
    counts = view._density(0, None, None).dimension_values("pairs", flat=False)
    left, bottom, right, top = view._bounds
    rows, columns = counts.shape
    empty = np.argwhere(np.isnan(counts))
    for row, column in empty[:: len(empty) // 40]:
        view.choice.pair = (0, 1)
        centre = left + (column + 0.5) * (right - left) / columns, bottom + (row + 0.5) * (top - bottom) / rows
        view._click(*centre)
        x, y = view._place()
        away = np.hypot((x - centre[0]) / (right - left) * columns, (y - centre[1]) / (top - bottom) * rows)
        assert view.choice.pair == (0, 1) or away <= 8.1


def test_scores_view_tells_the_library_s_numbers():
    view = ScoresView()
    view.choice.param.update(metric="MAE", k=5, signal="W", efficiency=0.3)
    scores = anomaly.sample_scores("QCD", "MAE", "medoids", 5)
    area = anomaly.auc(scores["QCD"], scores["W"])
    assert f"AUC W **{area.value:.3f} ± {area.error:.3f}**" in view.told.object
    kept = np.mean(scores["W"] >= view.cut())
    assert 0.3 <= kept < 0.302
    assert view.working().background_efficiency == np.mean(scores["QCD"] >= view.cut())


def test_a_click_on_the_histogram_moves_the_cut_there():
    view = ScoresView()
    target = float(np.quantile(view.scores["Top"], 0.75))
    view._click(target, 0.01)
    assert view.choice.efficiency == 0.25
    view._click(-1.0, 0.0)
    assert view.choice.efficiency == 1.0


def test_a_top_reference_turns_the_score_round():
    view = ScoresView(Choice(reference="Top"))
    assert view._label.startswith("− ")
    assert max(some.max() for some in view.scores.values()) <= 0


@pytest.mark.parametrize("change", [
    {"example": 7}, {"metric": "MAE"}, {"k": 2}, {"reference": "Top"}, {"kind": "average"}, {"combine": "sum"},
    {"pair": (5, 9)}, {"x": "MAE"}, {"signal": "W"}, {"efficiency": 0.2},
])  # fmt: skip
@pytest.mark.parametrize("view", VIEWS)
def test_figures_live_on_after_every_control(view, change):
    shown = view()
    shown._layout.get_root()
    before = figures(shown)
    shown.choice.param.update(**change)
    after = figures(shown)
    assert all(after[pane] == ids for pane, ids in before.items())
