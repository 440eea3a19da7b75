"""The explorer for those who hear it or see little contrast: axe in both themes, on a desk and on a phone."""

from __future__ import annotations

import pytest
from visiting import BROWSER, MODELS, Visitor

pytestmark = BROWSER

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
# what is made when it is seen is told that it is: the scores, the map, the events; all cards would take minutes
SEE = f"() => {MODELS}.filter(one => one.data && one.data.seen === false).slice(0, 3).forEach(one => one.data.seen = true)"
UNSEEN = f"() => {MODELS}.filter(one => one.data && one.data.seen === false).length"
LOADING = f"() => {MODELS}.filter(one => one.data && /Loading /.test(one.data.waiting || '')).length"
DARK = "() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).every(one => one < 80)"


def test_no_serious_violation_on_the_page_and_in_cards_made_later(browser, server):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = browser.new_context(viewport={"width": 1440, "height": 1000}, color_scheme="dark").new_page()
    visitor = Visitor(page, server.url)
    page.set_default_timeout(120_000)
    page.goto(visitor.url)
    page.wait_for_selector("canvas", state="attached")
    visitor.until(lambda: len(visitor.titles()) >= 11)
    unseen, figures = page.evaluate(UNSEEN), len(visitor.titles())
    page.evaluate(SEE)
    visitor.until(lambda: page.evaluate(LOADING) <= page.evaluate(UNSEEN) == unseen - 3, 240)
    page.wait_for_timeout(2000)
    assert len(visitor.titles()) > figures
    told = []
    for theme, width, height in (("dark", 412, 900), ("light", 1440, 1000)):  # the cards are made once
        page.set_viewport_size({"width": width, "height": height})
        if theme == "light":  # the page began as dark as the system; the person has the last word
            page.get_by_label("Toggle theme").click()
            page.emulate_media(color_scheme="light")
            page.emulate_media(color_scheme="dark")
        page.wait_for_timeout(3000)
        visitor.until(lambda dark=theme == "dark": page.evaluate(DARK) == dark)
        found = axe.Axe().run(page, options=RULES).response["violations"]
        told += [
            f"{theme}: {one['id']}, {one['impact']}: {node['target'][0][-2:]} {node['html'][:200]} "
            f"{node.get('failureSummary', '')[:300]}"
            for one in found
            if one["impact"] in {"serious", "critical"}
            for node in one["nodes"][:4]
        ]
    assert told == [], "\n".join(told)
    assert visitor.was_quiet()
    page.context.close()
