"""The address of a page in headless Chromium: back and forward, hostile links, and pages that do not share it."""

from __future__ import annotations

import pytest
from visiting import BROWSER, Visitor

pytestmark = BROWSER
SOCKETS = """
window.lines = []
window.WebSocket = class extends WebSocket { constructor(...all) { super(...all); window.lines.push(this) } }
"""
HOLD = """() => {
    const line = window.lines.at(-1), heard = line.onmessage
    window.held = []
    line.onmessage = event => window.held.push(event)
    window.release = () => { line.onmessage = heard; window.held.forEach(event => heard(event)) }
}"""


def test_going_back_and_forward_in_the_browser_also_while_the_page_changes(visitor):
    visitor.page.add_init_script(SOCKETS)
    visitor.open()
    visitor.choose("Metric of medoids and score", "MAE")
    visitor.until(lambda: visitor.state() == {"metric": "MAE"})
    slider = visitor.page.get_by_role("slider", name="Number of events k")
    slider.focus()
    visitor.page.keyboard.press("ArrowRight")
    visitor.until(lambda: "QCD medoid 4 of 4" in visitor.titles())
    visitor.until(lambda: visitor.state() == {"metric": "MAE", "k": "4"})  # else going back is from the one before
    visitor.page.go_back()
    visitor.until(lambda: "QCD medoid 3 of 3" in visitor.titles() and slider.input_value() == "3")
    visitor.until(lambda: visitor.state() == {"metric": "MAE"})
    visitor.page.go_back()
    visitor.until(lambda: visitor.says("min over 3 medoids") or visitor.says("For Wass(1) in QCD"))
    visitor.until(lambda: visitor.state() == {})
    visitor.page.go_forward()
    visitor.until(lambda: visitor.state() == {"metric": "MAE"})
    visitor.page.go_forward()
    visitor.until(lambda: "QCD medoid 4 of 4" in visitor.titles())
    visitor.until(lambda: visitor.state() == {"metric": "MAE", "k": "4"})
    visitor.page.evaluate(HOLD)
    visitor.press("Number of events k", "ArrowRight")
    visitor.until(lambda: visitor.page.evaluate("() => window.held.some(one => `${one.data}`.includes('k=5'))"))
    visitor.page.go_back()  # before the page says where it is
    visitor.page.evaluate("() => window.release()")
    visitor.until(lambda: "QCD medoid 3 of 3" in visitor.titles() and slider.input_value() == "3")
    assert visitor.state() == {"metric": "MAE"}  # what came late did not undo it
    visitor.press("Number of events k", "ArrowLeft")
    visitor.until(lambda: visitor.state() == {"metric": "MAE", "k": "2"})
    assert visitor.was_quiet()


@pytest.mark.parametrize("query", [
    "?pair=[999999,0]&k=99&metric=Wass1", '?pair=["a",null]&unknown=1&k=NaN', "?efficiency=x&signal=%3Cscript%3E",
    "?x=%3Cimg%20src=x%20onerror=attack()%3E&%3Cimg%20src=x%20onerror=attack()%3E=1",
])  # fmt: skip
def test_a_hostile_link_gives_the_full_page_and_a_notice(visitor, query):
    visitor.open(query)
    assert len(visitor.titles()) == 13
    visitor.until(lambda: visitor.page.get_by_text("The link").count() == query.count("&") + 1)
    visitor.until(lambda: visitor.state() == {})
    assert visitor.was_quiet()


def test_two_visitors_do_not_share_their_selections(visitor, context):
    visitor.open("?k=2")
    other = Visitor(context.new_page(), visitor.url)
    other.open("?metric=MAE")
    visitor.page.get_by_label("Number of events k").focus()
    visitor.page.keyboard.press("ArrowRight")
    visitor.page.keyboard.press("ArrowRight")
    visitor.until(lambda: visitor.state().get("k") == "4")
    assert other.state() == {"metric": "MAE"}
    assert "QCD medoid 4 of 4" not in other.titles()
