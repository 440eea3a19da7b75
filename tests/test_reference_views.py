"""References, table 2 and the plane of all scores in the explorer: the library's numbers, and figures that live on."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import holoviews as hv
import numpy as np
import panel as pn
import pytest
from bokeh.models import Legend, Plot
from hypothesis import given
from hypothesis import strategies as st

from jetexplore import anomaly, distances, jets
from jetexplore.anomaly import ensembles, samples, table2, table2study
from jetexplore.anomaly import plane as library
from jetexplore.anomaly.labelfree.opening import Opened
from jetexplore.errors import InputError
from jetexplore.views import ensemble, plane, planetables, published, scoresigns
from jetexplore.views.address import DEFAULTS, from_query, to_query
from jetexplore.views.ensemble import EnsembleView
from jetexplore.views.grid import Grid
from jetexplore.views.later import FAILED, Later
from jetexplore.views.plane import PlaneView
from jetexplore.views.published import Table2View, settings
from jetexplore.views.state import ROWS, Choice

pytestmark = pytest.mark.usefixtures("carried_out_at_once")
hv.extension("bokeh")
RECORDS = table2.read_table_2(table2study.key_of())
POINT = library.Point("autoencoder", "net <b>, Loss", 0.8, 0.6, ("validation loss",))


def content(points=(POINT,), opened=()):
    return plane.Content(list(points), list(points), {"Top": 0.93, "W": 0.94}, (0.71, 0.87), list(opened))


# ------------------------------------------------------------------------------------------------ reference events


@pytest.mark.parametrize("metric", ["MSE", "MAE"])
def test_cluster_sizes_are_those_of_the_labels_of_all_pairs(metric):
    every = distances.pairwise(samples.draw("Top"), metric)
    sizes = ensembles.cluster_sizes("Top", metric)
    for k in (1, 2, 5, 10):
        found = distances.medoids(every, k)
        np.testing.assert_array_equal(found.indices, anomaly.ensemble("Top", metric).medoids[k - 1])
        np.testing.assert_array_equal(sizes[k - 1], np.bincount(found.labels, minlength=k))
    assert all(some.sum() == 700 for some in sizes)
    assert not sizes[0].flags.writeable


def test_medoids_come_with_their_shares_beside_the_average():
    view = EnsembleView(Choice(k=4, metric="MAE"))
    titles, images = zip(*view.events, strict=True)
    sizes = ensembles.cluster_sizes("QCD", "MAE")[3]
    assert titles == (
        "QCD average, to compare",
        *(f"QCD {rank}: {100 * size / 700:.0f} % of 700 jets" for rank, size in enumerate(sizes, 1)),
    )
    np.testing.assert_allclose(images[0], samples.draw("QCD").mean(0, dtype=float))
    np.testing.assert_array_equal(images[1:], anomaly.reference_images("QCD", "MAE", "medoids", 4))
    assert tuple(view.pictures.titles) == titles
    np.testing.assert_allclose(view.pictures.images, images, rtol=1e-6)


@pytest.mark.parametrize(
    ("kind", "count"), [("average", 1), ("barycentre", 2), ("random", 4), ("medoids", 4), ("contrast", 7)]
)
def test_every_kind_shows_its_events_and_explains_itself(kind, count):
    view = EnsembleView()
    view.choice.kind = kind
    assert len(view.events) == count
    assert len(view.pictures.titles) == len(view.pictures.images) == count
    opening = ensemble.TOLD[kind].split("**")[1]
    assert f"**{opening}**" in view.told.object
    assert "{" not in view.told.object
    if kind == "contrast":
        assert sum(title.startswith("Top ") for title, _ in view.events) == 3


def test_curves_are_the_library_s_and_the_chosen_k_is_marked():
    view = EnsembleView(Choice(metric="Wass(5)", k=7))
    found = anomaly.ensemble("QCD", "Wass(5)")
    ring = view._ring()
    assert list(ring.dimension_values("k")) == [7]
    assert list(ring.dimension_values("peak")) == [found.elbow.peaks[6]]
    lines, points, suggested = view._elbow().values()
    np.testing.assert_array_equal(points.dimension_values("peak"), found.elbow.peaks)
    np.testing.assert_array_equal(lines.dimension_values("peak"), found.elbow.fit)
    assert suggested.data == found.elbow.n_medoids
    assert len(view._others()) == 10
    assert view._bold().dimension_values("jets").max() == found.peaks[6].counts.max()
    assert f"k = {found.elbow.n_medoids}**" in view.told.object


@pytest.mark.parametrize(("x", "k"), [(4.6, 5), (-3.0, 1), (99.0, 10), (None, 3), (float("nan"), 3)])
def test_a_click_chooses_the_nearest_k(x, k):
    view = EnsembleView()
    view._click(x, 0.0)
    assert view.choice.k == k


def test_only_what_depends_on_a_change_is_computed(monkeypatch):
    view, calls = EnsembleView(), []
    for name in ("_load", "_load_events"):
        whole = getattr(view, name)
        monkeypatch.setattr(view, name, lambda name=name, whole=whole: (calls.append(name), whole()))
    view.choice.param.update(signal="W", efficiency=0.3, combine="sum", score="MAE")
    assert calls == []
    view.choice.k = 4
    assert calls == ["_load_events"]
    view.choice.metric = "MSE"
    assert calls == ["_load_events", "_load", "_load_events"]


# ------------------------------------------------------------------------------------------------ table 2


def test_the_grid_holds_every_row_of_table_2_and_its_numbers():
    view = Table2View()
    assert len(view.shown) == len({tuple(one[name] for name in table2.Row._fields) for one in RECORDS}) > 32
    first = RECORDS[0]
    (title, cells), *_ = view.grid.rows
    assert title == "QCD, Wass(1), average"
    assert cells[0][0] == f"{first['ours']:.3f} ± {first['error']:.3f}"
    assert cells[2][0] == "0.81"
    assert cells[4][0].startswith(f"{RECORDS[1]['ours']:.3f}")
    assert len(view.grid.columns) == len(cells) == sum(size for _, size in view.grid.groups) == 8


@pytest.mark.parametrize(("pull", "level"), [(0.2, 0), (-1.5, 1), (2.9, 2), (-44.0, 3), (1.0, 0)])
def test_the_size_of_the_pull_is_said_by_colour_and_by_dots(pull, level):
    record = {**RECORDS[0], "pull": pull}
    text, found = published._cells(record)[3]
    assert (text, found) == (f"{pull:+.1f} {'•' * (level + 1)}", level)
    assert f"{'•' * (level + 1)} {published.LEVELS[level]}" in published._legend(RECORDS)


def test_a_row_that_was_not_printed_has_no_pull():
    record = {**RECORDS[0], "published": float("nan"), "pull": float("nan")}
    assert published._cells(record)[2:] == [("not printed", -1), ("", -1)]


def test_filters_leave_the_rows_and_columns_asked_for():
    view = Table2View()
    view.choice.param.update(table_reference="Top", table_signal="W")
    assert {row["reference"] for row in view.shown} == {"Top"}
    assert [group for group, _ in view.grid.groups] == ["W against QCD"]
    wanted = next(one for one in RECORDS if (one["reference"], one["signal"]) == ("Top", "W"))
    assert view.grid.rows[0][1][0][0].startswith(f"{wanted['ours']:.3f}")
    assert view.grid.current == []  # the page shows a QCD reference


@pytest.mark.parametrize("record", [one for one in RECORDS if one["signal"] == "Top"][::7])
def test_a_row_that_is_chosen_sets_the_page_and_is_marked(record):
    view = Table2View(Choice(kind="random", k=9, combine="sum"))
    number = next(i for i, one in enumerate(view.shown) if all(one[n] == record[n] for n in table2.Row._fields))
    view.grid._handle_msg({"row": number})
    assert number in view.grid.current
    events = anomaly.reference_images(view.choice.reference, view.choice.metric, view.choice.kind, view.choice.k)
    assert len(events) == (
        record["n_medoids"] or record["elbow"] if record["method"] not in ("average", "barycentre") else 1
    )


def test_every_row_has_settings_the_page_allows():
    for record in RECORDS:
        Choice(**settings(record))


NO_ROW = st.one_of(st.integers(max_value=-1), st.integers(2), st.floats(), st.booleans(), st.text(), st.none())


@given(st.one_of(st.none(), st.integers(), st.text(), st.dictionaries(st.just("row"), NO_ROW)))
def test_no_message_of_a_browser_breaks_the_grid(message):
    grid, chosen = Grid(rows=[["a", []], ["b", []]]), []
    grid.on_choose(chosen.append)
    grid._handle_msg(message)
    assert chosen == []


def test_without_table_2_the_section_says_so():
    view = Table2View(records=[])
    assert view.grid.rows == []
    assert "has not been run" in re.sub("&#(\\d+);", lambda m: chr(int(m[1])), view._layout[-1].object)


# ------------------------------------------------------------------------------------------------ all scores


def test_the_plane_draws_every_point_and_what_the_criteria_choose():
    view = PlaneView(Choice(k=5))
    layers = list(view._still().values())
    families = [one for one in layers if isinstance(one, hv.Points) and "title" in one]
    assert sum(len(one) for one in families) == len(view.points) == len(library.plane())
    chosen = sum(len(one.chosen_by) for one in view.points)
    assert sum(len(one) for one in layers if isinstance(one, hv.Points) and "title" not in one) == chosen > 0
    np.testing.assert_array_equal(
        layers[0].columns(["w", "top"])["top"],
        [one.top for one in library.front(one for one in view.points if one.family != "supervised")],
    )
    printed = anomaly.published_table_2()
    assert (
        view.content.published
        == (max(printed[row]["W"] for row in printed if row.reference == "QCD"), 0.87)
        == (0.71, 0.87)
    )
    areas = anomaly.sample_rocs("QCD", "Wass(1)", "medoids", 5)
    assert view._mark("event to ensemble").array().tolist() == [[areas["W"].auc, areas["Top"].auc]]


def test_the_legend_of_the_plane_is_beside_it_and_not_over_the_points():
    figure = PlaneView()._layout.select(pn.pane.HoloViews)[0].get_root()
    figures = list(figure.select({"type": Plot}))
    assert len(figures) == 1
    assert not any(legend.visible and legend.items for legend in figures[0].select({"type": Legend}))


def test_the_chosen_network_is_marked_by_the_areas_of_its_card():
    view = PlaneView()
    cards = library.models.networks()
    name, card = next((name, card) for name, card in cards.items() if card.kind == "vae" and "MAE" in card.areas)
    view.choice.param.update(network=name, score="MAE")
    assert view.here["network"] == (card.areas["MAE"]["W"].auc, card.areas["MAE"]["Top"].auc)
    assert f"AUC Top {card.areas['MAE']['Top'].auc:.3f}" in view.told.object
    view.choice.network = "untrained-d3"
    assert view.here["network"] is None
    assert len(view._mark("network")) == 0
    assert "no areas of this score" in view.told.object


def test_the_tables_of_the_plane_hold_their_numbers_and_no_markup():
    rows = [Opened("<i>x", s, 0.8, 0.02, 0.01, 5.0, 5, 8000, 3000) for s in ("Top", "W")]
    told = planetables.opened_table(rows)
    assert told.count("0.800 ± 0.020") == 2
    assert "had top and W jets in view" in told
    assert "<i>" not in told
    assert "net <b>" not in planetables.criteria_table([POINT])
    assert "0.010" in planetables.opened_table([rows[0]._replace(spread=float("nan"))])
    assert "chosen by elbow" not in planetables.legend([POINT], (0.7, 0.8))
    assert "chosen by validation loss" in planetables.legend([POINT], (0.7, 0.8))
    assert planetables.UNOPENED in planetables.opened_table([])


def test_kinds_of_score_are_told_apart_without_colour():
    for marks in (scoresigns.FAMILIES, scoresigns.CRITERIA, scoresigns.HERE):
        assert len({mark.marker for mark in marks.values()}) == len(marks)
    assert set(scoresigns.FAMILIES) == set(library.FAMILIES)
    assert set(scoresigns.CRITERIA) == set(library.CRITERIA)
    for mark in (*scoresigns.FAMILIES.values(), *scoresigns.CRITERIA.values(), *scoresigns.HERE.values()):
        assert mark.colour in scoresigns.sign(mark)


# ------------------------------------------------------------------------------------------------ liveness, start, URL


@pytest.mark.parametrize("make", [EnsembleView, lambda: PlaneView(content=content())])
@pytest.mark.parametrize("change", [
    {"k": 2}, {"metric": "MAE"}, {"reference": "Top"}, {"kind": "average"}, {"combine": "sum"}, {"score": "MAE"}, {"network": "untrained-d1"},
])  # fmt: skip
def test_figures_live_on_after_every_control(make, change):
    view = make()
    view._layout.get_root()
    panes = view._layout.select(pn.pane.HoloViews)
    before = [[plot.state.id for plot, _ in pane._plots.values()] for pane in panes]
    view.choice.param.update(**change)
    assert [[plot.state.id for plot, _ in pane._plots.values()] for pane in panes] == before
    assert view.choice.notices == []


def test_a_section_is_made_when_it_is_seen_and_not_before_the_page_is_ready():
    choice, made = Choice(), []
    later = Later(
        choice, lambda choice, **found: made.append(found) or pn.Spacer(), lambda choice: {"k": choice.k}, "a", 9
    )
    other = Later(choice, lambda choice: pn.Spacer(), lambda choice: {}, "b", 9)
    choice.ready = False
    later.sight.seen = True
    assert made == []
    choice.ready = True
    assert made == [{"k": 3}]
    assert other.view is None
    choice.reached = [*choice.reached, "b", "a"]
    assert other.view is not None
    assert len(made) == 1


def test_a_section_that_fails_says_so_where_it_would_be():
    def fail(choice):
        raise InputError("E_TEST", "a broken file", "a whole one")

    choice = Choice()
    later = Later(choice, lambda choice: pn.Spacer(), fail, "a", 9)
    later.sight.seen = True
    assert later.view is None
    assert FAILED[:12] in later._layout[0].object
    assert "a broken file" in choice.notices[0]


def test_composing_the_page_makes_no_section_and_imports_nothing_of_theirs():
    code = (
        "import sys, holoviews as hv; hv.extension('bokeh'); from jetexplore.views import explorer, state;"
        "explorer.page(); print([n for n in ('jetexplore.anomaly.plane', 'torch', 'sklearn') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(jets.__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().splitlines()[-1] == "[]"


@given(st.fixed_dictionaries({}, optional={
    "table_reference": st.sampled_from(ROWS), "table_signal": st.sampled_from(["both", "Top", "W"]),
    "kind": st.sampled_from(list(ensembles.REFERENCE_KINDS)),
}))  # fmt: skip
def test_the_filters_survive_the_url(state):
    unusual = {name: value for name, value in state.items() if value != DEFAULTS[name]}
    assert from_query(to_query(Choice(**state))) == (unusual, [])


@pytest.mark.parametrize("text", ["table_reference=W", "table_signal=all", "reached=[]", "table_reference=%3Cb%3E"])
def test_a_hostile_filter_is_refused_in_a_sentence(text):
    good, problems = from_query(f"?{text}&k=4")
    assert good == {"k": 4}
    assert len(problems) == 1
