"""What is left out to make a page sooner changes nothing of the page, and what is kept in memory is the server's own."""

from __future__ import annotations

import gc
import re
import weakref

import holoviews as hv
import numpy as np
import panel as pn
import pytest
from bokeh.core.property.descriptors import PropertyDescriptor
from bokeh.document import Document
from bokeh.models import ColumnDataSource, GlyphRenderer, Range1d, Scatter
from bokeh.plotting import figure
from bokeh.themes import Theme
from panel.io.state import set_curdoc

from jetexplore.views import explorer, lean, memory

ADDRESS = r"<memory at 0x\w+>"
NAMES = r"\b(p\d+|[0-9a-f]{8}-[0-9a-f-]{27}|[A-Za-z]+\d{5,})\b"


@pytest.fixture
def as_it_was(monkeypatch):
    """Bokeh as it comes; whatever a test changes is undone."""
    for name in ("instance_default", "has_unstable_default"):
        method = getattr(PropertyDescriptor, name)
        monkeypatch.setattr(PropertyDescriptor, name, getattr(method, "before", method))


def written(make):
    document, seen = Document(), {}
    with set_curdoc(document):
        make(document)
    found = document.to_json()
    text = re.sub(ADDRESS, "", repr(found.content))
    data = [bytes(one.data) for one in found.buffers]
    return re.sub(NAMES, lambda name: seen.setdefault(name[1], f"<{len(seen)}>"), text), data


def whole_page(document):
    explorer.page().server_doc(document)


def plotted(document):
    hv.extension("bokeh", logo=False)
    curve, image = hv.Curve([1, 2, 1]), hv.Image(np.eye(3))
    pn.Column(pn.pane.HoloViews(curve * curve + image), pn.widgets.Select(options=["a"])).server_doc(document)


def themed(document):
    document.theme = Theme(json={"attrs": {"Range1d": {"start": 7}, "Plot": {"min_border": 3}}})
    one = figure()
    one.scatter([1], [2])
    document.add_root(one)
    document.add_root(Range1d())


@pytest.mark.parametrize("make", [whole_page, plotted, themed])
def test_remembering_defaults_changes_nothing_that_is_sent(as_it_was, make):
    written(make)  # what is told of a kind of component once in a process
    expected = written(make)
    assert lean.without_repeats()
    assert written(make) == expected
    assert written(make) == expected  # now from memory


def test_models_share_no_default_that_can_be_changed(as_it_was):
    assert lean.without_repeats()
    one, other = ColumnDataSource(), ColumnDataSource()
    one.data["x"] = [1]
    assert "x" not in other.data
    assert GlyphRenderer(glyph=Scatter()).view is not GlyphRenderer(glyph=Scatter()).view
    first, second = figure(), figure()
    first.tags.append("changed")
    assert second.tags == []


def test_defaults_are_worked_out_once(as_it_was):
    assert lean.without_repeats()
    Range1d().reset_start  # noqa: B018
    asked = []
    kind = type(Range1d.lookup("bounds").property)
    before = kind.themed_default
    try:
        kind.themed_default = lambda self, *some, **more: asked.append(some) or before(self, *some, **more)
        one = Range1d()
        assert [one.bounds, one.bounds] == [None, None]
        assert len(asked) == 1
        assert Range1d().bounds is None
        assert len(asked) == 1
    finally:
        kind.themed_default = before


def test_another_bokeh_is_left_as_it_is(as_it_was, monkeypatch):
    monkeypatch.delattr(PropertyDescriptor, "is_unstable")
    before = PropertyDescriptor.instance_default
    assert not lean.without_repeats()
    assert PropertyDescriptor.instance_default is before


class Part:
    """Something that refers to itself, as pages do."""

    def __init__(self):
        self.itself = self


@pytest.fixture
def thawed(monkeypatch):
    monkeypatch.setattr(memory, "_open", weakref.WeakSet())  # no page of another test
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_what_was_left_when_all_had_gone_is_collected_at_the_next_quiet_moment(thawed):
    page = Part()
    memory.came(page)
    memory.settle()  # too early: a page is open
    held = weakref.ref(page)
    memory.left(page)
    del page
    gc.collect()
    assert held() is not None
    memory._settle_if_quiet()
    assert held() is None
    assert gc.get_freeze_count() > 10_000


def test_nothing_is_settled_while_a_page_is_open(thawed):
    one, other = Part(), Part()
    memory.came(one)
    memory.came(other)
    memory.left(one)
    gc.unfreeze()
    memory._settle_if_quiet()
    assert gc.get_freeze_count() == 0
    memory.left(other)
    memory._settle_if_quiet()
    assert gc.get_freeze_count() > 10_000
