"""The sections on references, table 2 and all scores in headless Chromium: clicks, links, a phone."""

from __future__ import annotations

from visiting import BROWSER, ENSEMBLE, RIGHT

from jetexplore import anomaly

pytestmark = BROWSER

TABLE = "Table 2, live: is that what was published?"
PLANE = "Which score finds both signals, and who could have known?"


def test_a_click_on_the_elbow_chooses_k_everywhere(visitor):
    visitor.open()
    visitor.page.wait_for_timeout(1500)
    assert not visitor.says("The elbow suggests")
    visitor.reach(ENSEMBLE, "The elbow suggests")
    sizes = anomaly.ensembles.cluster_sizes()[2]
    visitor.until(lambda: f"QCD 1: {100 * sizes[0] / 700:.0f} % of 700 jets" in visitor.titles())
    visitor.click(ENSEMBLE, 0, 0.7, 0.5)  # between k = 6 and 8, whatever the width of the page
    visitor.until(lambda: "k" in visitor.state())
    k = int(visitor.state()["k"])
    visitor.until(lambda: f"QCD medoid {k} of {k}" in visitor.titles())
    share = 100 * anomaly.ensembles.cluster_sizes()[k - 1][-1] / 700
    visitor.until(lambda: f"QCD {k}: {share:.0f} % of 700 jets" in visitor.titles())
    assert visitor.was_quiet()


def test_a_row_of_table_2_sets_the_page_and_filters_are_in_the_link(visitor):
    visitor.open("?table_reference=Top&table_signal=W")
    visitor.reach(TABLE, "Size of the pull")
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
    assert visitor.was_quiet()


def test_a_phone_sees_all_three_sections_in_one_column(visitor):
    page = visitor.page
    page.set_viewport_size({"width": 390, "height": 844})
    visitor.open()
    for title, said in ((ENSEMBLE, "The elbow suggests"), (TABLE, "Size of the pull"), (PLANE, "chosen by elbow")):
        visitor.reach(title, said)
    page.wait_for_timeout(1500)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    right, widest = page.evaluate(RIGHT)
    assert right <= 391, widest
    assert visitor.was_quiet()
