"""Taking code and data away from a card, and tours, in headless Chromium."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from visiting import BROWSER, ENSEMBLE, SCORES

from jetexplore.views.code.text import code
from jetexplore.views.export.files import file
from jetexplore.views.export.offers import EXPORTS
from jetexplore.views.state import Choice

pytestmark = BROWSER

TOOLS = f"Take away from: {SCORES}"


def test_code_is_copied_or_shown_and_a_file_is_saved(visitor, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.open("?k=5")
    page, choice = visitor.page, Choice(k=5)
    row = page.get_by_role("group", name=TOOLS)
    row.get_by_role("button", name="Copy as code").click()
    visitor.until(lambda: page.evaluate("() => navigator.clipboard.readText()") == code("scores", choice))
    visitor.until(lambda: row.get_by_role("status").inner_text() == "Copied.")

    shown = page.get_by_role("region", name=f"Code of: {SCORES}")
    assert shown.count() == 0  # hidden
    page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(); document.execCommand = () => false }"
    )
    row.get_by_role("button", name="Copy as code").click()
    visitor.until(lambda: shown.count() == 1)
    assert shown.text_content() == code("scores", choice)
    assert "did not allow" in row.get_by_role("status").inner_text()
    page.get_by_role("slider", name="Signal efficiency at the cut").focus()
    page.keyboard.press("Home")
    choice = Choice(k=5, efficiency=0.01)
    visitor.until(lambda: shown.text_content() == code("scores", choice))
    row.get_by_role("button", name="Hide code").click()
    visitor.until(lambda: shown.count() == 0)

    for _ in range(2):  # the same again
        with page.expect_download(timeout=90_000) as saved:
            row.get_by_role("button", name="ROC curves (CSV)").click()
        name, content = file(EXPORTS["scores"][1], choice)
        assert saved.value.suggested_filename == name
        assert Path(saved.value.path()).read_bytes() == content

    opened = row.get_by_role("button", name="Save figures")
    opened.focus()
    page.keyboard.press("Enter")
    assert opened.get_attribute("aria-expanded") == "true"
    with page.expect_download(timeout=90_000) as saved:
        row.get_by_role("button", name="Figures as SVG").click()
    assert saved.value.suggested_filename.startswith("jetexplore-figures-scores-QCD-Wass1-medoids-5")
    drawn = Path(saved.value.path()).read_text()
    assert "k=5&amp;efficiency=0.01" in drawn  # in its description
    assert visitor.was_quiet()


def test_a_tour_changes_the_page_as_it_is_and_scrolls_to_its_card(visitor):
    page = visitor.page

    def arrived(title):
        return 64 < page.get_by_text(title, exact=True).bounding_box()["y"] < 120  # right below the bar at the top

    visitor.open("?example=7")
    page.evaluate("() => { window.same = true }")
    page.get_by_text("Tours through the papers").focus()
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name="section 4, resonance search: Is there a bump?")
    visitor.until(link.is_visible)
    assert link.get_attribute("href") == "?jet_score=PGAE+MSE&injected=800#dijets"
    link.focus()
    page.keyboard.press("Enter")
    visitor.until(lambda: visitor.state() == {"jet_score": "PGAE MSE", "injected": "800"})
    visitor.until(lambda: visitor.says("is the least likely window"), 240)  # and what is there is made
    page.wait_for_timeout(1000)  # meanwhile this card, near the end, is short, and the page cannot be scrolled as far
    visitor.until(lambda: arrived("Is there a bump?"))
    assert page.evaluate("() => window.same")
    page.go_back()
    visitor.until(lambda: visitor.state() == {"example": "7"} and visitor.titles()[0].startswith("QCD jet 7"))

    page.goto("about:blank")
    visitor.open("?k=2#events")  # a copied link
    visitor.until(lambda: arrived(ENSEMBLE))
    assert urlsplit(page.url).query == "k=2"
    assert visitor.was_quiet()
