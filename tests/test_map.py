"""The map of jets without a browser: what is sent of images, and what follows a line drawn."""

from __future__ import annotations

import gzip
import io
import zlib

import holoviews as hv
import numpy as np
import pandas as pd
import panel as pn
import pytest
from bokeh.models import LassoSelectTool, Plot

from jetexplore import anomaly, distances
from jetexplore.anomaly import mapjets
from jetexplore.errors import InputError
from jetexplore.views import atlas, lasso, mapcolours, mapplots, plots
from jetexplore.views.code.text import code
from jetexplore.views.export.files import file
from jetexplore.views.export.offers import EXPORTS
from jetexplore.views.map import MapView
from jetexplore.views.pairs import PairsView
from jetexplore.views.paper import keys
from jetexplore.views.state import COLOURINGS, Choice

hv.extension("bokeh")
pytestmark = pytest.mark.usefixtures("carried_out_at_once")
BOX = "da-3_0~3_0~3_6~-3_6"  # holds jets of every class


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
    view.figure.lasso.event(geometry=np.array([[-3, 0], [3, 0], [3, 6], [-3, 6.0]]))
    assert choice.lasso == BOX
    mask = mapjets.chosen(lasso.strokes(BOX))
    some = mapjets.map_jets()
    counts = [int((mask & (some.names == name)).sum()) for name in ("QCD", "Top", "W")]
    assert view.selected.count() == "{:,} jets: {} QCD, {} Top, {} W".format(mask.sum(), *counts)
    assert [len(one.data_source.data["x"]) for one in drawn_points] == [2000, mask.sum()]
    titles, images = [f"average of {mask.sum():,} jets"], [mapjets.average(mask)]
    for rank, place in enumerate(mapjets.representatives(mask).medoids, 1):
        titles.append(f"medoid {rank}: {some.names[place]} jet {some.numbers[place]}")
        images.append(anomaly.image(some.names[place], some.numbers[place]))
    assert view.selected.pictures.titles == titles
    np.testing.assert_allclose(view.selected.pictures.images, images, rtol=1e-6)

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
    assert view.selected.pictures.titles == []
    assert figures(view) | figures(pairs) == before


def test_lines_add_and_take_away_and_a_refused_one_is_told():
    view = MapView()
    line = np.array([[-3, 0], [3, 0], [3, 6], [-3, 6.0]])
    view.figure.lasso.event(geometry=line)
    n = int(view.selected.mask.sum())
    view.mode.value = "add"
    view.figure.lasso.event(geometry=line + [8, 0])
    more = int(view.selected.mask.sum())
    view.mode.value = "take away"
    view.figure.lasso.event(geometry=line)
    assert int(view.selected.mask.sum()) == more - n > 0
    view.figure.lasso.event(geometry=line + 2)
    assert view.choice.notices == []
    view.figure.lasso.event(geometry=line)
    assert len(lasso.strokes(view.choice.lasso)) == lasso.STROKES
    assert view.choice.notices[-1].startswith("This line was not used")
    view.figure.lasso.event(geometry=np.array([[5000, 0], [6000, 0], [6000, 1]]))
    assert len(view.choice.notices) == 2


def test_jets_stay_chosen_in_another_space_where_the_line_is_not_drawn():
    view = MapView(Choice(lasso=BOX))
    before = view.selected.mask
    assert len(view.figure.outline("add").split()) == 1
    view.choice.space = "untrained-d3"
    np.testing.assert_array_equal(view.selected.mask, before)
    assert len(view.figure.outline("add")) == 0
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
    assert keys.shown("map", view)[0].bar[1] == "particles in the jet"  # on paper, too
    view.choice.lasso = BOX
    assert (figure.sizing_mode, figure.min_width, figure.height) == wide  # also after redrawing
    assert {kind: len(acts) for kind, acts in figure.js_event_callbacks.items()} == {
        "mousemove": 1, "mouseleave": 1, "tap": 1,
    }  # fmt: skip


@pytest.mark.parametrize("colour", COLOURINGS)
def test_colours_rise_with_what_they_tell_and_shapes_tell_the_class(colour):
    view = MapView(Choice(colour=colour))
    shown = view.figure.points(np.ones(2000, bool), 1.0)
    markers = shown.dimension_values("marker")
    assert [set(markers[view.mapped.jets.names == name]) for name in ("QCD", "Top", "W")] == [
        {"circle"},
        {"triangle"},
        {"square"},
    ]
    paint = shown.dimension_values("paint")
    if colour == "class":
        assert set(zip(view.mapped.jets.names, paint, strict=True)) == set(plots.COLOURS.items())
        return
    values = {
        "score": view.mapped.scores,
        "mass": view.mapped.jets.mass,
        "multiplicity": view.mapped.jets.multiplicity,
    }[colour]
    scale = mapcolours.colour_scale()
    place = [scale.index(one) for one in paint[np.argsort(values)]]
    assert place == sorted(place)
    assert {place[0], place[-1]} == {0, len(scale) - 1}
    low, high = mapcolours.paint(view.mapped.jets.names, values)[1]
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

    name, content = file(EXPORTS["map"][0], choice)
    table = pd.read_csv(io.BytesIO(content), comment="#")
    assert name == "jetexplore-map-untrainedd3.csv"
    np.testing.assert_array_equal(table["at"], np.flatnonzero(mask))
    np.testing.assert_array_equal(table["class"], mapjets.map_jets().names[mask])
    np.testing.assert_array_equal(
        table[["x", "y"]].to_numpy("f4"), anomaly.space_embedding("untrained-d3").places[mask]
    )
    pairs = gzip.decompress(file(EXPORTS["pairs"][0], choice)[1])
    kept = pd.read_csv(io.BytesIO(pairs), comment="#")
    assert len(kept) == mask[:1000].sum() * (mask[:1000].sum() - 1) // 2
    assert mask[kept["i"]].all()
