"""A page that was left leaves nothing behind, whichever card it had made. Without a browser or a server."""

from __future__ import annotations

import gc
import weakref
from types import SimpleNamespace

import holoviews as hv
import panel as pn
import pytest
from bokeh.document import Document
from holoviews.plotting.plot import Plot
from panel.io.state import set_curdoc

from jetexplore.views import explorer
from jetexplore.views.later import Later

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("carried_out_at_once")]
hv.extension("bokeh")
LONG = {"networks", "compare", "dijets"}  # they were tried one by one; together they take half a minute more
ALL = "da-99_-99~99_-99~99_99~-99_99"


def kept(kind):
    for _ in range(3):
        gc.collect()
    return sum(issubclass(type(one), kind) for one in gc.get_objects())


def left(monkeypatch):
    """Open a page, make what is made when it is seen, use it, and leave; gives what must be gone."""
    choices, sections, document = [], [], Document()
    monkeypatch.setattr(explorer, "CARDS", tuple(one for one in explorer.CARDS if one.anchor not in LONG))
    monkeypatch.setattr(explorer, "notices", lambda choice: choices.append(choice) or pn.Spacer())
    monkeypatch.setattr(Later, "__panel__", lambda later: sections.append(later) or later._layout)
    with set_curdoc(document):
        page = explorer.page()
        page.server_doc(document)
        (choice,) = choices
        choice.ready = True
        for later in set(sections):
            later._seen()
            assert later.view is not None
        choice.param.update(k=4, efficiency=0.4, at=3, lasso=ALL)
        assert choice.notices == []
    for act in document.session_destroyed_callbacks:  # as Bokeh does
        act(SimpleNamespace(_document=document, id="left"))
    document.clear()
    return weakref.ref(choice), weakref.ref(page), weakref.ref(document)


def test_a_page_that_is_left_is_gone_with_all_that_it_made(monkeypatch):
    before = kept(Plot)
    held = left(monkeypatch)
    monkeypatch.undo()
    assert kept(Plot) == before
    assert [one() for one in held] == [None, None, None]
