"""The whole explorer for those who hear it or see little contrast: axe in both themes, on a desk and on a phone."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("explorer_browser", Path(__file__).with_name("test_explorer_browser.py"))
_browser = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_browser)
pytestmark = _browser.pytestmark
browser_type_launch_args, server, Visitor = _browser.browser_type_launch_args, _browser.server, _browser.Visitor

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
LOADING = (
    "() => [...Bokeh.documents[0]._all_models.values()].some(m => /^(<p>)?(&lt;p&gt;)?Loading /.test(m.text || ''))"
)


@pytest.mark.parametrize(("scheme", "width", "height"), [("light", 1440, 1000), ("dark", 412, 900)])
def test_no_serious_violation_on_the_whole_page(browser, server, scheme, width, height):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme).new_page()
    visitor = Visitor(page, server[0])
    visitor.page.set_default_timeout(120_000)
    page.goto(visitor.url)
    page.wait_for_selector("canvas", state="attached")
    visitor.until(lambda: len(visitor.titles()) >= 12)
    cards = page.locator(".MuiCard-root")
    for number in range(cards.count()):  # what is made when it is seen must be seen
        cards.nth(number).scroll_into_view_if_needed()
        page.wait_for_timeout(700)
    visitor.until(lambda: not page.evaluate(LOADING), 300)
    page.wait_for_timeout(1000)
    found = axe.Axe().run(page, options=RULES).response["violations"]
    told = [
        f"{one['id']}, {one['impact']}: {node['target']} {node['html'][:200]}"
        for one in found
        for node in one["nodes"][:3]
    ]
    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == [], "\n".join(told)
    assert visitor.complaints == []
    page.context.close()
