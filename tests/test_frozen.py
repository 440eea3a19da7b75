"""A page that is spared visits of all its models knows the same models as one that is not."""

from __future__ import annotations

import holoviews as hv
import numpy as np
import panel as pn
import pytest
from bokeh.document import Document
from bokeh.document.models import DocumentModelManager
from bokeh.models import ColumnDataSource, Div, Row
from hypothesis import given
from hypothesis import strategies as st
from panel.io.state import set_curdoc

from jetexplore.views.frozen import Spared, frozen, spare

hv.extension("bokeh")
STEPS = st.lists(st.tuples(st.sampled_from(["add", "remove", "root", "text", "data"]), st.integers(0, 3)), max_size=12)


def known(document):
    """Models that the page has, and those it ought to have."""
    return {one.id for one in document.models}, {one.id for root in document.roots for one in root.references()}


@given(STEPS, st.booleans())
def test_whatever_comes_and_goes_the_models_are_those_of_the_roots(steps, together):
    document = Document()
    spare(document)
    assert type(document.models) is Spared
    row, source = Row(), ColumnDataSource(data={"x": [0]})
    document.add_root(row)
    document.add_root(source)

    def change(what, number):
        if what == "add":
            row.children = [*row.children, Div(text=str(number))]
        elif what == "remove":
            row.children = row.children[:number]
        elif what == "root":
            document.add_root(Div(text="root"))
        elif what == "text" and row.children:
            row.children[number % len(row.children)].text = "new"
        else:
            source.data = {"x": [number]}

    with set_curdoc(document):
        if together:
            with frozen():
                for step in steps:
                    change(*step)
        else:
            for step in steps:
                with frozen():
                    change(*step)
                assert known(document)[0] == known(document)[1]
    assert known(document)[0] == known(document)[1]


def test_new_numbers_in_a_figure_need_no_visit(monkeypatch):
    document, visits = Document(), []
    spare(document)
    stream = hv.streams.Counter()
    shown = hv.DynamicMap(lambda counter: hv.Curve(np.arange(5) * (counter or 0)), streams=[stream])
    with set_curdoc(document):
        pn.pane.HoloViews(shown).server_doc(document)
        stream.event()
        monkeypatch.setattr(DocumentModelManager, "recompute", visits.append)
        stream.event()
        with frozen():
            stream.event()
    (source,) = document.select({"type": ColumnDataSource})
    assert list(source.data["y"]) == [0, 3, 6, 9, 12]
    assert visits == []


def fail(document, row):
    with frozen():
        document.models.freeze().__enter__()  # as HoloViews does, and does not end when it fails
        row.children = [Div()]
        _ = 1 / 0


def test_a_failure_inside_leaves_the_page_able_to_take_in_models():
    document = Document()
    spare(document)
    row = Row()
    document.add_root(row)
    with set_curdoc(document):
        with pytest.raises(ZeroDivisionError):
            fail(document, row)
        assert known(document)[0] == known(document)[1]
        row.children = [Div(), Div()]
    assert known(document)[0] == known(document)[1]


def test_spare_leaves_what_is_not_bokeh_s_own_alone():
    spare(None)
    document = Document()
    spare(document)
    spare(document)
    assert type(document.models) is Spared


def test_a_page_that_is_left_while_something_is_drawn_raises_nothing():
    document = Document()
    spare(document)
    document.add_root(Row())
    with set_curdoc(document), frozen():
        del document._roots  # as Bokeh does when the last visitor has gone
        document.models.invalidate()
