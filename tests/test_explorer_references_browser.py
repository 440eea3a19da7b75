"""The sections on references, table 2 and all scores in headless Chromium: clicks, links, a phone."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from jetexplore import anomaly

# the visitor and its fixtures, without running its tests again
_spec = importlib.util.spec_from_file_location("explorer_browser", Path(__file__).with_name("test_explorer_browser.py"))
_browser = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_browser)
Visitor, pytestmark = _browser.Visitor, _browser.pytestmark
browser_type_launch_args, server, visitor = _browser.browser_type_launch_args, _browser.server, _browser.visitor

ENSEMBLE = "Which events stand for the ensemble?"
TABLE = "Table 2, live: is that what was published?"
PLANE = "Which score finds both signals, and who could have known?"
RIGHT = """() => {
    let right = 0, widest = ""
    const walk = root => root.querySelectorAll("*").forEach(e => {
        const at = e.closest(".frame, .rows, .bk-Figure, .MuiLinearProgress-root") ? 0 : e.getBoundingClientRect().right
        if (at > right) [right, widest] = [at, e.outerHTML.slice(0, 200)]
        if (e.shadowRoot && !e.classList.contains("bk-Figure")) walk(e.shadowRoot)
    })
    walk(document.querySelector("main") || document)
    return [right, widest]
}"""


def reach(visitor, title, said):
    """Scroll to a section and wait until it is there."""

    def there():
        visitor.page.get_by_text(title, exact=True).evaluate("e => e.scrollIntoView({block: 'center'})")
        visitor.page.wait_for_timeout(500)
        return visitor.says(said)

    visitor.until(there, 240)


def test_a_click_on_the_elbow_chooses_k_everywhere(visitor):
    visitor.open()
    visitor.page.wait_for_timeout(1500)
    assert not visitor.says("The elbow suggests")
    reach(visitor, ENSEMBLE, "The elbow suggests")
    sizes = anomaly.ensembles.cluster_sizes()[2]
    visitor.until(lambda: f"QCD 1: {100 * sizes[0] / 700:.0f} % of 700 jets" in visitor.titles())
    number = 3 + 1 + 3 + 1 + 3 + 2  # examples, average, medoids; density, a pair and its plan; scores and ROC curves
    visitor.click(number, 0.7, 0.5)  # between k = 6 and 8, whatever the width of the page
    visitor.until(lambda: "k" in visitor.state())
    k = int(visitor.state()["k"])
    visitor.until(lambda: f"QCD medoid {k} of {k}" in visitor.titles())
    share = 100 * anomaly.ensembles.cluster_sizes()[k - 1][-1] / 700
    visitor.until(lambda: f"QCD {k}: {share:.0f} % of 700 jets" in visitor.titles())
    assert visitor.complaints == []


def test_a_row_of_table_2_sets_the_page_and_filters_are_in_the_link(visitor):
    visitor.open("?table_reference=Top&table_signal=W")
    reach(visitor, TABLE, "Size of the pull")
    rows = visitor.page.locator("tbody button")
    visitor.until(lambda: rows.count() > 0)
    assert all(text.startswith("Top") for text in rows.all_inner_texts())
    assert visitor.page.locator("thead th[scope=colgroup]").all_inner_texts() == ["W against QCD"]
    assert visitor.page.locator("tbody button[aria-pressed=true]").count() == 0
    row = visitor.page.locator("tbody button", has_text="Top, MAE, average")
    row.focus()
    visitor.page.keyboard.press("Enter")
    visitor.until(lambda: visitor.state().get("kind") == "average")
    assert visitor.state() == {
        "table_reference": "Top", "table_signal": "W", "reference": "Top", "metric": "MAE", "kind": "average",
    }  # fmt: skip
    visitor.until(lambda: row.get_attribute("aria-pressed") == "true")
    wanted = anomaly.sample_rocs("Top", "MAE", "average")["W"]
    visitor.until(lambda: visitor.says(f"{wanted.auc:.3f} ± {wanted.auc_error:.3f}"))
    assert visitor.complaints == []


def test_a_phone_sees_all_three_sections_in_one_column(page, server):
    page.set_viewport_size({"width": 390, "height": 844})
    visitor = Visitor(page, server[0])
    visitor.open()
    for title, said in ((ENSEMBLE, "The elbow suggests"), (TABLE, "Size of the pull"), (PLANE, "chosen by elbow")):
        reach(visitor, title, said)
    page.wait_for_timeout(1500)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    right, widest = page.evaluate(RIGHT)
    assert right <= 391, widest
    assert all("localhost" in url or not url.startswith("http") for url in visitor.requests)
    assert visitor.complaints == []
