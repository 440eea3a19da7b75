"""The map of jets without a browser: what lies in a line, what is sent of images, and what follows a line drawn."""

from __future__ import annotations

import asyncio
import gzip
import io
import zlib
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import holoviews as hv
import numpy as np
import pandas as pd
import panel as pn
import param
import pytest
from bokeh.models import LassoSelectTool, Plot
from hypothesis import given
from hypothesis import strategies as st

from jetexplore import anomaly, distances, jets
from jetexplore.anomaly import mapjets
from jetexplore.anomaly.region import READ, inside, simplified
from jetexplore.distances.pairs import pairs_among
from jetexplore.errors import InputError
from jetexplore.views import atlas, export, lasso, mapplots, plots
from jetexplore.views.address import QUERY_MAX, from_query, to_query
from jetexplore.views.codetext import code
from jetexplore.views.map import MODES, MapView
from jetexplore.views.pairs import PairsView
from jetexplore.views.state import COLOURINGS, Choice

hv.extension("bokeh")
BOX = "da-3_0~3_0~3_6~-3_6"  # holds jets of every class


@pytest.fixture(autouse=True)
def carried_out_at_once(monkeypatch):
    """Carry out asynchronous reactions before going on, also while another test's event loop runs in this thread."""

    def carry_out(function):
        with ThreadPoolExecutor(1) as other:
            other.submit(lambda: asyncio.run(function())).result()

    monkeypatch.setattr(param.parameterized, "async_executor", carry_out)


# ------------------------------------------------------------------------------------------------ regions


def inside_slowly(point, corners):
    """The even-odd rule for one point, an edge at a time."""
    x, y = point
    odd = False
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
            odd = not odd
    return odd


coordinates = st.one_of(st.integers(-3, 3).map(float), st.floats(-5, 5))
corners = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=12)


@given(corners, st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=20))
def test_the_even_odd_rule_is_that_of_its_slow_twin(polygon, points):
    found = inside(np.array(points), np.array(polygon))
    assert found.tolist() == [inside_slowly(point, polygon) for point in points]


@given(corners, st.integers(0, 11), st.tuples(coordinates, coordinates))
def test_it_does_not_matter_where_a_polygon_begins_or_how_it_runs(polygon, start, point):
    turned = np.roll(np.array(polygon), start, axis=0)
    want = inside(np.array([point]), np.array(polygon))
    assert inside(np.array([point]), turned) == want
    assert inside(np.array([point]), turned[::-1]) == want or _on_an_edge(point, polygon)


def _on_an_edge(point, polygon):
    p, a = np.array(point), np.array(polygon)
    b = np.roll(a, -1, axis=0)
    cross = (b - a)[:, 0] * (p - a)[:, 1] - (b - a)[:, 1] * (p - a)[:, 0]
    return bool((np.abs(cross) < 1e-6).any())


def test_a_disc_keeps_its_area_with_few_corners_and_whatever_its_length():
    angle = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    few = simplified(np.column_stack([np.cos(angle), np.sin(angle)]), lasso.CORNERS)
    assert few.shape == (lasso.CORNERS, 2)
    points = np.random.default_rng(0).uniform(-1.2, 1.2, (4000, 2))
    wrong = inside(points, few) != (np.hypot(*points.T) < 1)
    assert wrong.mean() < 0.03
    assert len(simplified(np.column_stack([angle, angle**2]), 10**9)) <= READ


@pytest.mark.parametrize("bad", [np.zeros((2, 2)), np.zeros((3, 3)), [[0, 0], [1, 0], [np.nan, 1]]])
def test_what_is_no_polygon_is_refused(bad):
    for function in (lambda: inside(np.zeros((1, 2)), bad), lambda: simplified(bad, 5)):
        with pytest.raises(InputError, match="three corners"):
            function()


# ------------------------------------------------------------------------------------------------ lines as text


numbers = st.integers(-99_999, 99_999).map(lambda n: n / 100)
lines = st.lists(st.tuples(numbers, numbers), min_size=3, max_size=60, unique=True)


@given(st.lists(st.tuples(st.sampled_from(list(MODES.values())), st.sampled_from(mapjets.SPACES), lines), max_size=4))
def test_what_was_drawn_survives_the_url(strokes):
    text = ""
    for mode, space, line in strokes:
        before = text
        text = lasso.drawn(before, mode, space, np.array(line))
        last = lasso.strokes(text)[-1]
        assert (last.space, last.sign) == (space, "add" if mode == "replace" else mode)
        assert set(last.corners) <= set(line)
        assert len(last.corners) == min(len(line), lasso.CORNERS)
        assert lasso.strokes(text)[:-1] == (() if mode == "replace" else lasso.strokes(before))
    choice = Choice(lasso=text)
    assert len(to_query(choice)) < QUERY_MAX
    assert from_query(to_query(choice)) == ({"lasso": text} if text else {}, [])


@pytest.mark.parametrize("text", [
    "da0_0~1_0", "xa0_0~1_0~0_1", "da0_0~1_0~nan_1", "da0_0~1_0~1e9_1", "da0_0~1_0~9999_1", "da0_0~1_0~0_1.234", "da0_0~1_0~0_1\n",
    "da" + "~".join(["0_0"] * (lasso.CORNERS + 1)), "da0_0~1_0~0_1" * (lasso.STROKES + 1), "[[0,0],[1,0],[0,1]]", "<b>",
])  # fmt: skip
def test_other_text_is_refused_in_a_sentence(text):
    good, (problem,) = from_query("?" + urlencode({"lasso": text, "k": 4}))
    assert good == {"k": 4}
    assert "drawn lines" in problem
    with pytest.raises(InputError, match="drawn lines"):
        lasso.strokes(text)


def test_a_line_that_encloses_nothing_changes_nothing_and_a_fifth_one_is_refused():
    for line in ([], [[1, 1]], [[1, 1], [1, 1], [1, 1.001]], [[np.nan, 1], [2, 2], [3, 1]]):
        assert lasso.drawn(BOX, "replace", "Wass(1)", np.array(line).reshape(-1, 2)) == BOX
    with pytest.raises(InputError, match="up to 4"):
        lasso.drawn(BOX * 4, "add", "Wass(1)", np.array([[0, 0], [1, 0], [0, 1]]))


# ------------------------------------------------------------------------------------------------ which jets


def test_chosen_jets_are_those_in_the_lines_one_after_the_other():
    places = {space: anomaly.space_embedding(space).places for space in mapjets.SPACES}
    square = ((0.0, 0.0), (6.0, 0.0), (6.0, 6.0), (0.0, 6.0))
    first, second = mapjets.SPACES[:2]
    within = {space: ((found > 0) & (found < 6)).all(1) for space, found in places.items()}
    add, less = (mapjets.Stroke(first, sign, square) for sign in mapjets.SIGNS)
    other = mapjets.Stroke(second, "subtract", square)
    assert mapjets.chosen(()).all()
    np.testing.assert_array_equal(mapjets.chosen((add,)), within[first])
    np.testing.assert_array_equal(mapjets.chosen((less,)), ~within[first])
    np.testing.assert_array_equal(mapjets.chosen((add, other)), within[first] & ~within[second])
    assert 0 < mapjets.chosen((add, other)).sum() < within[first].sum()
    assert not mapjets.chosen((add, less)).any()


def test_jets_of_the_map_are_those_of_its_embedding():
    some, sample = mapjets.map_jets(), jets.load()
    np.testing.assert_array_equal(some.names, anomaly.space_embedding("Wass(1)").names)
    for place in (0, 7, 999, 1000, 1499, 1500, 1999):
        jet = sample[some.names[place]][int(some.numbers[place])]
        assert some.multiplicity[place] == len(jet.pt)
        assert some.mass[place] == pytest.approx(jet.momenta().mass[0])
        np.testing.assert_array_equal(mapjets.images()[place], jets.images(jet)[0])


def test_summaries_and_medoids_are_those_of_the_chosen_jets():
    mask = mapjets.chosen(lasso.strokes(BOX))
    some = mapjets.map_jets()
    scores = mapjets.on_map(anomaly.sample_scores())
    *classes, every = mapjets.summaries(mask, scores)
    for one in classes:
        which = [place for place in range(2000) if mask[place] and some.names[place] == one.name]
        assert one.jets == len(which)
        assert one.median_mass == pytest.approx(np.median([some.mass[place] for place in which]))
        assert one.mean_score == pytest.approx(np.mean([scores[place] for place in which]))
    assert every.jets == mask.sum() == sum(one.jets for one in classes)
    none = mapjets.summaries(~np.ones(2000, bool), scores)[-1]
    assert (none.jets, np.isnan(none.mean_mass)) == (0, True)

    np.testing.assert_allclose(mapjets.average(mask), mapjets.images()[mask].mean(0, dtype=float))
    assert not mapjets.average(np.zeros(2000, bool)).any()
    few = np.isin(np.arange(2000), np.flatnonzero(mask)[:30])
    (medoid,) = mapjets.representatives(few, "MSE", 1).medoids
    d = distances.pairwise(mapjets.images()[few], "MSE").sum(1)
    assert medoid == np.flatnonzero(few)[d.argmin()]
    found = mapjets.representatives(mask, "MSE")
    assert found.among == 200
    assert mask[found.medoids].all()
    with pytest.raises(InputError, match="no chosen jet"):
        mapjets.representatives(~np.ones(2000, bool))


@given(st.lists(st.booleans(), min_size=2, max_size=30))
def test_pairs_of_chosen_jets_are_exactly_those_of_which_both_are(chosen):
    i, j = np.triu_indices(len(chosen), 1)
    want = [place for place in range(len(i)) if chosen[i[place]] and chosen[j[place]]]
    assert pairs_among(np.array(chosen)).tolist() == want


# ------------------------------------------------------------------------------------------------ images of all points


def test_every_point_has_its_image_and_few_bytes_are_sent():
    view = MapView()
    sent = np.frombuffer(zlib.decompress(view.hover.atlas), np.uint8).reshape(2000, 40, 40)
    images = mapjets.images()
    shown = np.where(images >= plots.FAINTEST, images, 0)
    np.testing.assert_array_equal(sent > 0, shown > 0)
    np.testing.assert_allclose(atlas.fractions(sent), shown, rtol=0.019)
    assert (sent > 0).any((1, 2)).all()
    assert len(view.hover.atlas) < 200_000
    assert view.hover.numbers == [["QCD", 1000], ["Top", 500], ["W", 500]]


def test_the_browser_is_told_where_jets_are_and_what_they_score():
    view = MapView()
    for space in mapjets.SPACES:
        view.choice.space = space
        places = np.frombuffer(view.hover.places, "<f4").reshape(-1, 2)
        np.testing.assert_array_equal(places, anomaly.space_embedding(space).places)
        trust = anomaly.space_embedding(space).trust
        assert f"**{space}**" in view.told.object
        assert f"**{trust:.3f}**" in view.told.object
    view.choice.k = 5
    facts = np.frombuffer(view.hover.facts, "<f4").reshape(-1, 4)
    np.testing.assert_array_equal(facts[:, 0], mapjets.map_jets().mass.astype("f4"))
    scores = mapjets.on_map(anomaly.sample_scores("QCD", "Wass(1)", "medoids", 5))
    np.testing.assert_array_equal(facts[:, 3], scores.astype("f4"))
    assert "k = 5" in view.hover.told


# ------------------------------------------------------------------------------------------------ what follows a line


def figures(view):
    panes = view._layout.select(pn.pane.HoloViews)
    return {pane: [plot.state.id for plot, _ in pane._plots.values()] for pane in panes}


def the_map(root):
    return next(one for one in root.select({"type": Plot}) if one.select({"type": LassoSelectTool}))


def test_one_line_filters_all_views_and_no_figure_is_made_anew(monkeypatch):
    true = anomaly.pairs
    others = np.random.default_rng(0).gamma(2, size=(2, 499_500)).astype("f4")  # those of Top jets take long

    def found(name, metric, *more):
        return true(name, metric, *more) if name == "QCD" else others[int(metric == "MSE")]

    monkeypatch.setattr(anomaly, "pairs", found)
    choice = Choice()
    view, pairs = MapView(choice), PairsView(choice)
    roots = view._layout.get_root(), pairs._layout.get_root()
    before = figures(view) | figures(pairs)
    drawn_points = [one for one in the_map(roots[0]).renderers if "marker" in one.data_source.data]
    assert [len(one.data_source.data["x"]) for one in drawn_points] == [2000, 2000]
    view.lasso.event(geometry=np.array([[-3, 0], [3, 0], [3, 6], [-3, 6.0]]))
    assert choice.lasso == BOX
    mask = mapjets.chosen(lasso.strokes(BOX))
    some = mapjets.map_jets()
    counts = [int((mask & (some.names == name)).sum()) for name in ("QCD", "Top", "W")]
    assert view.selected.count() == "{:,} jets: {} QCD, {} Top, {} W".format(mask.sum(), *counts)
    assert [len(one.data_source.data["x"]) for one in drawn_points] == [2000, mask.sum()]
    assert [box.visible for box in view.selected._boxes] == [True] * 4
    for rank, place in enumerate(mapjets.representatives(mask).medoids):
        title = view.selected._medoid(rank).opts.get("plot").kwargs["title"]
        assert title == f"medoid {rank + 1}: {some.names[place]} jet {some.numbers[place]}"

    for name in ("QCD", "Top"):
        choice.sample = name
        i, j = np.triu_indices(1000, 1)
        which = np.zeros(1000, bool)
        which[: (some.names == name).sum()] = mask[some.names == name]
        both = which[i] & which[j]
        counted = pairs._density(0, None, None).dimension_values("pairs", flat=False)
        assert np.nansum(counted) == both.sum() > 0
        x, y = (anomaly.pairs(name, metric)[both] for metric in ("MSE", "Wass(1)"))
        assert f"r = {distances.correlation(x, y):.3f}" in pairs.correlation.object
        assert f"{both.sum():,} distinct pairs of {which.sum():,} {name} jets" in pairs.correlation.object
    pairs._click(float(x[5]), float(y[5]))
    assert choice.pair == (int(i[both][5]), int(j[both][5]))

    choice.param.update(lasso="", sample="QCD")
    assert view.selected.count().startswith("All 2,000")
    assert np.nansum(pairs._density(0, None, None).dimension_values("pairs", flat=False)) == 499_500
    assert not any(box.visible for box in view.selected._boxes)
    assert figures(view) | figures(pairs) == before


def test_lines_add_and_take_away_and_a_refused_one_is_told():
    view = MapView()
    line = np.array([[-3, 0], [3, 0], [3, 6], [-3, 6.0]])
    view.lasso.event(geometry=line)
    n = int(view.selected.mask.sum())
    view.mode.value = "add"
    view.lasso.event(geometry=line + [8, 0])
    more = int(view.selected.mask.sum())
    view.mode.value = "take away"
    view.lasso.event(geometry=line)
    assert int(view.selected.mask.sum()) == more - n > 0
    view.lasso.event(geometry=line + 2)
    assert view.choice.notices == []
    view.lasso.event(geometry=line)
    assert len(lasso.strokes(view.choice.lasso)) == lasso.STROKES
    assert view.choice.notices[-1].startswith("This line was not used")
    view.lasso.event(geometry=np.array([[5000, 0], [6000, 0], [6000, 1]]))
    assert len(view.choice.notices) == 2


def test_jets_stay_chosen_in_another_space_where_the_line_is_not_drawn():
    view = MapView(Choice(lasso=BOX))
    before = view.selected.mask
    assert len(view._outline("add").split()) == 1
    view.choice.space = "untrained-d3"
    np.testing.assert_array_equal(view.selected.mask, before)
    assert len(view._outline("add")) == 0
    empty = Choice(lasso="da90_90~91_90~90_91")
    view, pairs = MapView(empty), PairsView(empty)
    assert view.selected.found.object == "No jet is chosen."
    assert np.isnan(pairs._density(0, None, None).dimension_values("pairs")).all()
    pairs._click(0.001, 0.1)
    assert empty.pair == (0, 1)


def test_the_map_sends_one_event_a_line_and_nothing_when_pointed_at():
    view = MapView()
    figure = the_map(view._layout.get_root())
    (tool,) = figure.select({"type": LassoSelectTool})
    assert (tool.continuous, tool.renderers, figure.toolbar.active_drag) == (False, [], tool)
    assert figure.subscribed_events == {"selectiongeometry"}
    wide = figure.sizing_mode, figure.min_width, figure.height
    assert wide == ("stretch_width", 300, mapplots.HEIGHT)
    for colour in COLOURINGS:
        view.choice.colour = colour
    view.choice.lasso = BOX
    assert (figure.sizing_mode, figure.min_width, figure.height) == wide  # also after redrawing
    assert {kind: len(acts) for kind, acts in figure.js_event_callbacks.items()} == {
        "mousemove": 1, "mouseleave": 1, "tap": 1,
    }  # fmt: skip


@pytest.mark.parametrize("colour", COLOURINGS)
def test_colours_rise_with_what_they_tell_and_shapes_tell_the_class(colour):
    view = MapView(Choice(colour=colour))
    shown = view._points(np.ones(2000, bool), 1.0)
    markers = shown.dimension_values("marker")
    assert [set(markers[view.jets.names == name]) for name in ("QCD", "Top", "W")] == [
        {"circle"},
        {"triangle"},
        {"square"},
    ]
    paint = shown.dimension_values("paint")
    if colour == "class":
        assert set(zip(view.jets.names, paint, strict=True)) == set(plots.COLOURS.items())
        return
    values = {"score": view._scores, "mass": view.jets.mass, "multiplicity": view.jets.multiplicity}[colour]
    scale = mapplots._scale()
    place = [scale.index(one) for one in paint[np.argsort(values)]]
    assert place == sorted(place)
    assert {place[0], place[-1]} == {0, len(scale) - 1}
    low, high = mapplots.paint(view.jets.names, values)[1]
    assert f"{low:.4g}" in view.legend.object
    assert f"{high:.4g}" in view.legend.object


def test_the_marked_jet_is_one_and_the_same_everywhere():
    view = MapView()
    view.choice.at = 1234
    assert view.hover.at == 1234
    view.hover.at = 77
    assert view.choice.at == 77


def test_a_space_that_cannot_be_loaded_is_told_and_the_map_stays(monkeypatch):
    view = MapView()

    def fail(*_):
        raise InputError("E_TEST", "a broken file", "a whole one")

    monkeypatch.setattr(anomaly, "space_embedding", fail)
    before = view.told.object
    view.choice.space = "untrained-d3"
    assert view.told.object == before
    assert "a broken file" in view.choice.notices[-1]


# ------------------------------------------------------------------------------------------------ taken away


def test_code_and_file_give_the_chosen_jets():
    choice = Choice(lasso=BOX + "us0_0~6_0~6_6", space="untrained-d3", at=3)
    mask = mapjets.chosen(lasso.strokes(choice.lasso))
    names = {}
    exec(compile(code("map", choice), "map", "exec"), names)
    np.testing.assert_array_equal(names["mask"], mask)
    np.testing.assert_array_equal(names["average"], mapjets.average(mask))
    np.testing.assert_array_equal(names["medoids"], mapjets.representatives(mask).medoids)
    exec(compile(code("pairs", choice), "pairs", "exec"), names)
    assert f"r = {names['r']:.3f}" in PairsView(choice).correlation.object

    name, content = export.file(export.EXPORTS["map"][0], choice)
    table = pd.read_csv(io.BytesIO(content), comment="#")
    assert name == "jetexplore-map-untrainedd3.csv"
    np.testing.assert_array_equal(table["at"], np.flatnonzero(mask))
    np.testing.assert_array_equal(table["class"], mapjets.map_jets().names[mask])
    np.testing.assert_array_equal(
        table[["x", "y"]].to_numpy("f4"), anomaly.space_embedding("untrained-d3").places[mask]
    )
    pairs = gzip.decompress(export.file(export.EXPORTS["pairs"][0], choice)[1])
    kept = pd.read_csv(io.BytesIO(pairs), comment="#")
    assert len(kept) == mask[:1000].sum() * (mask[:1000].sum() - 1) // 2
    assert mask[kept["i"]].all()
