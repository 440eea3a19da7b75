"""Views that are not ready or fail: what is redrawn, what is told, and how a notice is shown."""

from __future__ import annotations

import html
import re
import time

import holoviews as hv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetexplore import anomaly, distances
from jetexplore.errors import InputError
from jetexplore.views import live, notices
from jetexplore.views.live import after
from jetexplore.views.pairs import PairsView
from jetexplore.views.scores import ScoresView
from jetexplore.views.state import Choice

hv.extension("bokeh")
pytestmark = pytest.mark.usefixtures("carried_out_at_once")


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
    assert f"**QCD jets 3 and 141**: MSE = {anomaly.pairs('QCD', 'MSE')[place]:.6g}, " in view.pair.told.object
    assert f"Wass(1) = {cost:.6g} rad" in view.pair.told.object
    assert view.pair.plan.title == f"jet 3 to jet 141: Wass(1) = {cost:.6f} rad"
    assert view.pair.ends.titles == ["QCD jet 3", "QCD jet 141"]


def test_each_computation_is_told_for_as_long_as_it_lasts(monkeypatch):
    monkeypatch.setattr(live, "SOON", 0.0)
    choice, seen = Choice(), []

    def told(what):
        while what not in choice.busy:
            time.sleep(0.01)
        seen.append(list(choice.busy))

    def long() -> None:
        told("long")
        choice.example = 3  # a shorter one comes and goes meanwhile
        seen.append(list(choice.busy))

    after(choice, ["k"], long, lambda: None, "long")
    after(choice, ["example"], lambda: told("short"), lambda: None, "short")
    choice.k = 5
    assert seen == [["long"], ["long", "short"], ["long"]]
    assert choice.busy == []


def test_what_is_done_at_once_is_not_announced():
    choice, seen = Choice(), []
    choice.param.watch(lambda event: seen.append(event.new), "busy")
    after(choice, ["k"], lambda: None, lambda: seen.append("done"), "short")
    choice.k = 5
    assert seen == ["done"]


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
