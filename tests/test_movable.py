"""A cut that moves goes to its place in figures that are there, which are not drawn anew."""

from __future__ import annotations

import gc

import holoviews as hv
import numpy as np
import pytest
from bokeh.document import Document
from bokeh.models import ColumnDataSource
from holoviews.plotting.bokeh import CurvePlot, OverlayPlot
from panel.io.state import set_curdoc

from jetexplore.views.movable import Movable
from jetexplore.views.scores import ScoresView
from jetexplore.views.state import Choice

hv.extension("bokeh", logo=False)


@pytest.fixture
def shown():
    document, view = Document(), ScoresView(Choice())
    with set_curdoc(document):
        view._layout.server_doc(document)
        yield view, document


def found(document, *columns):
    """Numbers of the cut: two points on the histograms, one on the curves."""
    points = 2 if "score" in columns else 1
    every = [one for one in document.select({"type": ColumnDataSource}) if set(one.data) == set(columns)]
    (one,) = [one for one in every if len(one.data[columns[0]]) == points]
    return {name: np.asarray(values).tolist() for name, values in one.data.items()}


def test_the_cut_goes_where_the_library_says_and_no_figure_is_drawn(shown, monkeypatch):
    view, document = shown
    before, drawn = found(document, "score", "fraction"), []
    for kind in (OverlayPlot, CurvePlot):
        monkeypatch.setattr(kind, "update", lambda *some: drawn.append(some))
    view.choice.efficiency = 0.3
    assert drawn == []
    line = found(document, "score", "fraction")
    assert line["score"] == [view.cut()] * 2
    assert line["score"] != before["score"]
    assert line["fraction"] == before["fraction"]
    curve = view.curves[view.choice.signal]
    assert found(document, "signal", "rejection") == {"signal": [0.3], "rejection": [curve.rejection(0.3)]}


def test_another_signal_draws_its_curve_and_the_cut_stays_on_it(shown):
    view, document = shown
    view.choice.efficiency = 0.3
    view.choice.signal = "W"
    assert found(document, "signal", "rejection")["rejection"] == [view.curves["W"].rejection(0.3)]
    view.choice.efficiency = 0.4
    assert found(document, "signal", "rejection")["signal"] == [0.4]


def test_a_figure_that_is_made_later_has_the_cut_where_it_is_now():
    view = ScoresView(Choice())
    view.choice.efficiency = 0.2
    document = Document()
    with set_curdoc(document):
        view._layout.server_doc(document)
    assert found(document, "score", "fraction")["score"] == [view.cut()] * 2


def test_without_a_figure_nothing_is_moved_and_other_columns_are_refused():
    mark = Movable()
    assert not mark.move(x=[1], y=[2])
    source = ColumnDataSource({"x": [0.0], "y": [0.0]})
    mark._sources.add(source)
    assert not mark.move(x=[1])
    assert mark.move(x=[1], y=[2])
    assert source.data["y"].tolist() == [2.0]


def test_a_figure_that_is_gone_is_not_kept():
    mark = Movable()
    mark._sources.add(ColumnDataSource({"x": []}))
    gc.collect()
    assert not mark.move(x=[])
