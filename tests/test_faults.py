"""Whatever fails, the visitor is told, nothing of the inside is, and the page goes on. Without a browser."""

from __future__ import annotations

import gc
import html
import weakref
from types import SimpleNamespace

import holoviews as hv
import numpy as np
import panel as pn
import param
import pytest
from bokeh.document import Document
from holoviews.plotting.bokeh.callbacks import Callback
from panel.io.state import set_curdoc

from jetexplore.anomaly import networkstudy
from jetexplore.views import explorer, faults, later, networks
from jetexplore.views.address import DEFAULTS, NAMES, from_query, to_query
from jetexplore.views.card import Card
from jetexplore.views.pictures import Pictures
from jetexplore.views.state import Choice

pytestmark = pytest.mark.usefixtures("carried_out_at_once")
hv.extension("bokeh")
SECRET = "/secret/path"


def fail(*_, **__):
    raise RuntimeError(SECRET)


def other_value(choice, name):
    """Another allowed value of a selection."""
    parameter, now = choice.param[name], getattr(choice, name)
    if name == "pair":
        return (4, 5)
    if isinstance(parameter, param.Selector):
        return next(one for one in parameter.objects if one != now)
    if isinstance(parameter, param.String):
        return None
    low, high = parameter.bounds
    return low if now != low else high


@pytest.fixture(scope="module")
def made():
    """The page and its selections."""
    found = []
    patch = pytest.MonkeyPatch()
    patch.setattr(explorer, "notices", lambda choice: found.append(choice) or pn.Spacer())
    page = explorer.page()
    patch.undo()
    return page, found[0]


LONG = {"reference", "sample"}  # whose computations take seconds; they go the way of the others
TRIED = [name for name in NAMES if not isinstance(Choice.param[name], param.String) and name not in LONG]


@pytest.mark.parametrize("name", TRIED)
def test_every_view_that_fails_to_follow_a_selection_says_so_and_the_others_go_on(made, name, monkeypatch):
    _, choice = made
    choice.reached = ["the scores"]  # which are made when somebody comes to them
    choice.notices = []
    monkeypatch.setattr(hv.streams.Stream, "trigger", fail)  # with these every picture is drawn
    monkeypatch.setattr(Pictures, "show", fail)
    before, failures = choice.selections(), faults.counted()
    choice.param.update(**{name: other_value(choice, name)})
    drawn = bool(choice.notices)
    assert (faults.counted() > failures) == drawn
    assert SECRET not in " ".join(choice.notices)
    monkeypatch.undo()
    choice.notices = []
    choice.param.update(**before)
    assert choice.busy == []
    assert choice.notices == []
    assert drawn or name not in {"example", "metric", "x", "y", "pair", "signal", "efficiency"}


def watched():
    """A document whose failures are told to these selections."""
    document, choice = Document(), Choice()
    with set_curdoc(document):
        faults.watch_over(choice)
    return document, choice


def test_a_callback_that_fails_is_told_once_and_without_its_reason():
    document, choice = watched()
    with set_curdoc(document):
        for _ in range(3):
            pn.state._handle_exception(RuntimeError(SECRET))
    assert choice.notices == [faults.TOLD]
    with pytest.raises(RuntimeError):  # other pages are not concerned
        pn.state._handle_exception(RuntimeError(SECRET))


def test_after_a_click_that_failed_the_next_one_is_heard(monkeypatch):
    document, choice = watched()
    done = []
    callback = SimpleNamespace(
        plot=SimpleNamespace(document=document), _active=True, _queue=[1], _event_queue=[1], _set_busy=done.append
    )
    foreign = SimpleNamespace(plot=SimpleNamespace(document=Document()), _active=True, _queue=[1])
    monkeypatch.setattr(Callback, "_callbacks", {1: callback, 2: foreign})
    with set_curdoc(document):
        pn.state._handle_exception(RuntimeError(SECRET))
    assert (callback._active, callback._queue, callback._event_queue, done) == (False, [], [], [False])
    assert foreign._active
    assert choice.notices == [faults.TOLD]


def test_watching_over_a_page_does_not_keep_it():
    document, choice = watched()
    held = weakref.ref(choice)
    del choice
    gc.collect()
    assert held() is None
    with set_curdoc(document):
        pn.state._handle_exception(RuntimeError(SECRET))  # told to no one, and no failure itself


def test_a_view_that_cannot_be_made_is_a_sentence_and_the_page_is_there(monkeypatch):
    monkeypatch.setattr(explorer, "CARDS", (*explorer.CARDS[:1], explorer.CARDS[1]._replace(view=fail, prepare=None)))
    cards = explorer.page().main[0].select(Card)
    told = [html.unescape(one.object) for one in cards[1].select(explorer.pmui.Alert)]
    assert len(cards) == 2
    assert told == ["This view could not be made. The server's log has the details."]


@pytest.mark.parametrize("error", [RuntimeError(SECRET), MemoryError(), OSError(SECRET)])
def test_a_section_whose_preparation_fails_says_so(error):
    choice = Choice()

    def prepare(_):
        raise error

    section = later.Later(choice, lambda choice: pn.Spacer(), prepare, "all scores", 100)  # noqa: ARG005
    choice.reached = ["all scores"]
    assert section.view is None
    assert "could not be made" in html.unescape(section._layout[0].object)
    assert SECRET not in " ".join(choice.notices)
    assert choice.busy == []


@pytest.mark.parametrize("error", [RuntimeError(SECRET), OSError("a file that is cut off")])
def test_a_network_that_fails_to_load_is_told_and_another_one_is_shown_after_it(error, monkeypatch):
    choice = Choice(network="untrained-d1")
    choice.ready = True
    view = networks.NetworksView(choice)

    def refuse(name):
        raise error

    monkeypatch.setattr(networkstudy, "network", refuse)
    choice.reached = ["the image autoencoders"]
    shown = [html.unescape(one.object) for one in view._layout.select(explorer.pmui.Alert)]
    assert any("cannot be shown" in one or "failed" in one for one in [*shown, *choice.notices])
    assert SECRET not in " ".join([*shown, *choice.notices])
    assert choice.busy == []


# ------------------------------------------------------------------------------------------------ links


def test_five_hundred_random_links_give_a_state_and_a_sentence_for_each_refusal():
    rng = np.random.default_rng(8)
    letters = list("abcdefghijklmnopqrstuvwxyz0123456789-+.,:;[](){}<>\"'%&=/\\ é\u202e\x00")
    for _ in range(500):
        names = rng.choice([*NAMES, "ready", "notices", "theme", "zz"], size=rng.integers(1, 6), replace=False)
        texts = ["".join(rng.choice(letters, size=rng.integers(0, 25))) for _ in names]
        query = "?" + "&".join(f"{name}={text}" for name, text in zip(names, texts, strict=True))
        values, problems = from_query(query)
        assert set(values) <= set(DEFAULTS)
        assert all(one.startswith("The link") and len(one) < 300 for one in problems)
        kept = {name: value for name, value in values.items() if value != DEFAULTS[name]}
        assert from_query(to_query(Choice(**values))) == (kept, [])
