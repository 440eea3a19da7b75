"""The explorer without a browser: every number shown is the library's, figures live on, and no URL can break the page."""

from __future__ import annotations

import asyncio
import gc
import html
import re
import subprocess
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import holoviews as hv
import numpy as np
import panel as pn
import param
import pytest
from bokeh.document import Document
from holoviews.plotting.bokeh.callbacks import Callback
from hypothesis import given
from hypothesis import strategies as st
from panel.util import edit_readonly

from jetexplore import anomaly, distances, jets
from jetexplore.anomaly.ensembles import REFERENCE_KINDS
from jetexplore.anomaly.networkpairs import FEATURES
from jetexplore.anomaly.reconstruction import SCORES
from jetexplore.errors import InputError
from jetexplore.views import explorer, notices, plots, raster
from jetexplore.views.address import DEFAULTS, NAMES, QUERY_MAX, from_query, to_query
from jetexplore.views.jets import JetsView
from jetexplore.views.live import after
from jetexplore.views.pairs import PairsView
from jetexplore.views.scores import ScoresView
from jetexplore.views.state import IMAGE_METRICS, Choice

hv.extension("bokeh")
VIEWS = (JetsView, PairsView, ScoresView)


@pytest.fixture(autouse=True)
def carried_out_at_once(monkeypatch):
    """Carry out asynchronous reactions before going on, also while another test's event loop runs in this thread."""

    def carry_out(function):
        with ThreadPoolExecutor(1) as other:
            other.submit(lambda: asyncio.run(function())).result()

    monkeypatch.setattr(param.parameterized, "async_executor", carry_out)


def figures(view):
    """The Bokeh figures of a rendered view, by identity."""
    panes = view._layout.select(pn.pane.HoloViews)
    return {pane: [plot.state.id for plot, _ in pane._plots.values()] for pane in panes}


# ----------------------------------------------------------------------------------------------- what is shown


def test_jets_view_shows_the_library_s_reference_events():
    view = JetsView()
    view.choice.param.update(metric="MAE", k=5)
    shown = [figure[0].object[()].dimension_values("fraction", flat=False) for figure in view.references]
    wanted = anomaly.reference_images("QCD", "MAE", "medoids", 5)
    assert len(shown) == 5
    for one, event in zip(shown, wanted, strict=True):
        np.testing.assert_array_equal(np.nan_to_num(one), np.where(event >= plots.FAINTEST, event, 0))
    assert f"k = {anomaly.ensemble('QCD', 'MAE').elbow.n_medoids}**" in view.told.object


def test_jets_view_keeps_figures_and_hides_those_not_needed():
    view = JetsView()
    view.choice.k = 4
    first = list(view.references)
    view.choice.k = 2
    assert view.references == first
    assert [figure.visible for figure in first] == [True, True, False, False]
    view.choice.k = 3
    assert view.references == first
    assert [figure.visible for figure in first] == [True, True, True, False]


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
    assert f"{plan.distance:.6f}" in view._plan().opts.get("plot").kwargs["title"]


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


# ------------------------------------------------------------------------------------------------ counts


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40))
def test_datashader_and_bincount_count_alike(seed, rows, columns):
    rng = np.random.default_rng(seed)
    x, y = rng.gamma(2, size=(2, 500)).astype(np.float32)
    low, high = np.sort(rng.uniform(0, 5, (2, 2)), axis=0)
    bounds = (low[0], low[1], high[0] + 0.1, high[1] + 0.1)
    np.testing.assert_array_equal(
        raster.binned(x, y, bounds, (rows, columns)), raster.datashaded(x, y, bounds, (rows, columns))
    )


def test_points_on_the_upper_edge_count():
    edge = np.float32([0.0, 1.0])
    for count in (raster.binned, raster.datashaded):
        assert count(edge, edge, (0.0, 0.0, 1.0, 1.0), (3, 3)).tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 1]]


# ------------------------------------------------------------------------------------------------ URL


states = st.fixed_dictionaries({}, optional={
    "example": st.integers(0, 1999), "reference": st.sampled_from(["QCD", "Top"]), "kind": st.sampled_from(list(REFERENCE_KINDS)),
    "metric": st.sampled_from(IMAGE_METRICS), "k": st.integers(1, 10), "combine": st.sampled_from(["min", "sum"]),
    "sample": st.sampled_from(["QCD", "Top", "W"]), "x": st.sampled_from(IMAGE_METRICS), "y": st.sampled_from(IMAGE_METRICS),
    "pair": st.tuples(st.integers(0, 999), st.integers(0, 999)).filter(lambda p: p[0] != p[1]),
    "network": st.one_of(st.just(""), st.from_regex(r"\Avae-[A-Za-z0-9_.+-]{1,80}\Z"), st.sampled_from(["untrained-d1", "untrained-d3"])),
    "passing": st.sampled_from(["QCD", "Top", "W"]), "rank": st.integers(0, 63), "shift": st.floats(-5, 5).map(lambda v: round(v, 1)),
    "features": st.sampled_from(list(FEATURES)), "against": st.sampled_from(["Wass(0.5)", "Wass(1)", "Wass(2)"]),
    "score": st.sampled_from(list(SCORES)), "signal": st.sampled_from(["Top", "W"]), "efficiency": st.floats(0.01, 1.0).map(lambda v: round(v, 2)),
})  # fmt: skip


@given(states)
def test_every_state_survives_the_url(state):
    unusual = {name: value for name, value in state.items() if value != DEFAULTS[name]}
    assert from_query(to_query(Choice(**state))) == (unusual, [])


@given(st.dictionaries(st.sampled_from([*NAMES, "name", "ready", "busy", "__class__", "é"]), st.text(max_size=30)))
def test_any_query_gives_a_state_and_a_sentence_for_each_refusal(values):
    good, problems = from_query("?" + urlencode(values))
    Choice(**good)
    assert len(good) + len(problems) == len(values)


HOSTILE = [
    "pair=[999999,0]", 'pair=["a",null]', "pair=[1,1]", "pair=[1,2,3]", "pair=[true,false]", "pair=[-1,0]", "pair=5", "pair=",
    "k=0", "k=99", "k=2.5", "k=true", "k=NaN", "k=[1]", "metric=Wass1", "metric=", "metric=EMD", "signal=Higgs",
    "efficiency=NaN", "efficiency=Infinity", "efficiency=2", "efficiency=0", "efficiency=x", "example=-1", "example=1e9",
    "ready=true", "scrolled=true", "notices=[1]", "network=untrained-d4", "network=../../x", "network=vae-%3Cb%3E", "network=vae-a%0A",
    "network=vae-" + "x" * 81, "rank=64", "rank=0.5", "shift=5.1", "shift=NaN", "score=Magic", "features=pixels", "against=MSE", "passing=Higgs", "nothing=1", "k=" + "[" * 1500, "x=<script>alert(1)</script>", "y=%00",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_link_is_refused_in_a_sentence(text):
    good, problems = from_query(f"?{text}&k=4" if not text.startswith("k=") else f"?{text}")
    assert good == ({} if text.startswith("k=") else {"k": 4})
    assert len(problems) == 1
    assert problems[0].startswith("The link")
    assert len(problems[0]) < 250


def test_a_link_that_is_too_long_is_not_read():
    good, problems = from_query("?k=4&" + "x" * QUERY_MAX)
    assert good == {}
    assert str(QUERY_MAX) in problems[0]


# ------------------------------------------------------------------------------------------------ readiness, faults


def test_nothing_is_redrawn_before_the_page_is_ready():
    choice = Choice()
    choice.ready = False
    calls = []
    choice.on_change(["k"], lambda: calls.append(choice.k))
    choice.k = 5
    choice.k = 6
    assert calls == []
    choice.ready = True
    assert calls == [6]
    choice.k = 6
    choice.k = 7
    assert calls == [6, 7]


def test_one_view_that_fails_holds_up_no_other_and_is_tried_again():
    choice, drawn = Choice(), []
    faults = [RuntimeError("/secret/path")]

    def draw():
        if faults:
            raise faults.pop()
        drawn.append(("first", choice.k))

    choice.on_change(["k"], draw)
    choice.on_change(["k"], lambda: drawn.append(("second", choice.k)))
    choice.k = 4
    assert drawn == [("second", 4)]
    assert len(choice.notices) == 1
    assert "secret" not in choice.notices[0]
    choice.ready = False
    choice.ready = True
    assert drawn == [("second", 4), ("first", 4)]


def test_while_datashader_is_imported_no_module_is_half_there_that_fails_in_the_end():
    code = """
import importlib.util, sys, threading
import holoviews as hv, numpy as np
hv.extension("bokeh")
from jetexplore.views import raster
thread, seen = raster.warm(), 0
while thread.is_alive():
    seen += "dask.dataframe" in sys.modules
    hv.Image(np.zeros((2, 2))).dataset  # asks every kind of data that is loaded
    thread.join(0.005)
print(seen if importlib.util.find_spec("pyarrow") is None else 0, raster._compiled.is_set(), len(sys.meta_path))
from importlib.machinery import PathFinder
print(type(sys.meta_path[0]).__name__)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, last = done.stdout.strip().splitlines()[-2:]
    assert first.split()[:2] == ["0", "True"]
    assert last != "_NoDaskFrames"


def test_a_failing_computation_is_told_and_the_view_stays(monkeypatch):
    view = ScoresView()
    before = view.told.object

    def fail(*_):
        raise InputError("E_TEST", "a broken file", "a whole one")

    monkeypatch.setattr(anomaly, "sample_rocs", fail)
    view.choice.k = 4
    assert view.told.object == before
    assert "a broken file" in view.choice.notices[-1]
    assert view.choice.busy == []


def test_an_unforeseen_failure_is_told_without_its_traceback(monkeypatch):
    view = ScoresView()

    def fail(*_):
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(anomaly, "sample_rocs", fail)
    view.choice.k = 5
    assert "secret" not in view.choice.notices[-1]


def test_while_other_distances_are_on_their_way_the_pair_is_told_of_those_shown(monkeypatch):
    view = PairsView()

    def fail(*_):
        raise InputError("E_TEST", "a broken file", "a whole one")

    monkeypatch.setattr(anomaly, "pairs", fail)
    view.choice.param.update(sample="W", y="Wass(2)")
    view.choice.pair = (3, 141)
    monkeypatch.undo()
    place = distances.pair_index(3, 141, 1000)
    cost = float(anomaly.pairs("QCD", "Wass(1)")[place])
    assert f"**QCD jets 3 and 141**: MSE = {anomaly.pairs('QCD', 'MSE')[place]:.6g}, " in view.told.object
    assert f"Wass(1) = {cost:.6g} rad" in view.told.object
    assert view._plan().opts.get("plot").kwargs["title"] == f"jet 3 to jet 141: Wass(1) = {cost:.6f} rad"
    assert view._jet(0).opts.get("plot").kwargs["title"] == "QCD jet 3"


def test_each_computation_is_told_for_as_long_as_it_lasts():
    choice, seen = Choice(), []

    def long() -> None:
        choice.example = 3  # a shorter one comes and goes meanwhile
        seen.append(list(choice.busy))

    after(choice, ["k"], long, lambda: None, "long")
    after(choice, ["example"], lambda: seen.append(list(choice.busy)), lambda: None, "short")
    choice.k = 5
    assert seen == [["long", "short"], ["long"]]
    assert choice.busy == []


# ------------------------------------------------------------------------------------------------ notices


@given(st.text())
def test_nothing_in_a_notice_is_markup(text):
    shown = notices.literal(text)
    assert re.fullmatch(r"(&#\d+;|\w| )*", shown)
    assert re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), shown) == text


def test_a_closed_notice_does_not_come_back():
    choice = Choice()
    shown = notices.notices(choice)[0]
    choice.notify("One.")
    choice.notify("Two.")
    shown[0].closed = True
    choice.notify("Three.")
    assert [html.unescape(one.object) for one in shown] == ["Two.", "Three."]


# ------------------------------------------------------------------------------------------------ after the visit


def test_a_closed_page_leaves_no_plot_behind():
    before, document = set(Callback._callbacks.values()), Document()
    page = explorer.page()
    page.server_doc(document)
    assert set(Callback._callbacks.values()) > before
    explorer._let_go(page)
    assert set(Callback._callbacks.values()) == before


def test_nothing_holds_a_page():
    held = weakref.ref(explorer.page())
    gc.collect()
    assert held() is None


def test_the_page_is_busy_only_with_its_own_work(monkeypatch):
    made = []
    monkeypatch.setattr(explorer, "notices", lambda choice: made.append(choice) or pn.Spacer())
    page = explorer.page()
    with edit_readonly(pn.state):
        pn.state.busy = True
        assert not page.busy
        pn.state.busy = False
    made[0].busy = ["Counting"]
    assert page.busy
    made[0].busy = []
    assert not page.busy


def test_a_missing_sample_leaves_a_page_that_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("JETEXPLORE_DATA", str(tmp_path))
    for cached in (anomaly.images, anomaly.pairs, anomaly.ensemble, anomaly.sample_scores, anomaly.sample_rocs):
        cached.cache_clear()
    page = explorer.page()
    content = page.main[0]
    told = [html.unescape(alert.object) for alert in content.select(explorer.pmui.Alert)]
    assert sum("no file" in text for text in told) == 4
    assert len(content.select(explorer.pmui.Card)) == len(explorer.CARDS)


def test_start_imports_nothing_heavy():
    code = (
        "import runpy, sys; runpy.run_path('apps/explorer.py');"
        "print([name for name in ('torch', 'umap', 'energyflow', 'ot', 'fastjet', 'pythia8mc', 'matplotlib') if name in sys.modules])"
    )
    root = Path(jets.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"
