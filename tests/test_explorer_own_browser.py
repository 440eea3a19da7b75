"""A visitor's own file in headless Chromium: dropped, refused, and seen by no one else."""

from __future__ import annotations

import numpy as np
import pytest
from visiting import BROWSER, Visitor

from jetexplore import jets
from jetexplore.anomaly import ownjets

pytestmark = BROWSER
MANY, PLACED = 600, 500  # jets: two blocks to place, so that there is something to stop
QUERY = "?own_score=no+training%3A+jet+mass#own"


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    path = tmp_path_factory.mktemp("mine") / "mine.npz"
    jets.write_jets(path, jets.load()["Top"][:25], {})
    return path


def card(page):
    return page.locator(".question", has_text="What about my jets?").last


def given(visitor, page, path):
    """Choose a file, and wait for what is said of it."""
    said = card(page).get_by_role("status").first
    card(page).locator("input[type=file]").set_input_files(path)
    visitor.until(
        lambda: said.inner_text() and "Sending" not in said.inner_text() and "Reading" not in said.inner_text()
    )
    return said.inner_text()


def stopped_and_taken_up(visitor, page, path):
    """Stop while a larger file is scored and placed: nothing by halves; asked for again, all of it as the library says."""
    some = jets.load()["Top"][25 : 25 + MANY]
    jets.write_jets(path, some, {})
    card(page).locator("input[type=file]").set_input_files(path)
    card(page).get_by_role("button", name="Stop scoring").click()
    visitor.until(lambda: card(page).get_by_text("Choose another score to go on.").count() == 1)
    assert card(page).get_by_text("The most anomalous of your jets").is_hidden()
    assert visitor.state()["own"] == "dropped-2"
    for name in ("multiplicity", "jet mass"):
        card(page).get_by_label("Scored by: which").click()
        page.get_by_role("menuitem", name=name, exact=True).click()
        said = f"{np.median(ownjets.rated(jets.read(path).jets, f'no training: {name}').percentile):.1f} %"
        visitor.until(lambda said=said: card(page).get_by_text(said, exact=True).count() == 1, 240)
        assert card(page).get_by_text(f"{PLACED} of your jets, each at").is_visible()
    assert card(page).get_by_text("Choose another score to go on.").count() == 0


def test_a_dropped_file_is_shown_to_its_visitor_only_and_a_hostile_one_to_none(visitor, browser, mine, tmp_path):
    visitor.open(QUERY)
    page = visitor.page
    (tmp_path / "bad.h5").write_bytes(np.random.default_rng(0).bytes(16 << 20))  # as large as may be: it comes whole
    told = given(visitor, page, tmp_path / "bad.h5")
    assert told.startswith("This file cannot be used: bad.h5")
    assert "\n" not in told
    assert not card(page).get_by_label("Scored by: which").is_visible()  # there is nothing to score
    assert "/tmp" not in told
    assert card(page).get_by_text("YOURS", exact=True).count() == 0
    (tmp_path / "long.h5").write_bytes(bytes((16 << 20) + 1))
    assert "16 MiB" in given(visitor, page, tmp_path / "long.h5")

    content = mine.read_bytes()
    page.evaluate(  # dropped far from the card
        """bytes => {
            const data = new DataTransfer()
            data.items.add(new File([new Uint8Array(bytes)], "mine.npz"))
            window.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}))
        }""",
        list(content),
    )
    visitor.until(lambda: "mine.npz: 25 jets" in card(page).get_by_role("status").first.inner_text())
    visitor.until(lambda: card(page).get_by_text("The most anomalous of your jets").count() == 1, 120)
    visitor.until(lambda: "yours, number 6" in visitor.titles())
    assert card(page).get_by_text("YOURS", exact=True).is_visible()
    assert visitor.state() == {"own_score": "no training: jet mass", "own": "dropped-1"}
    stopped_and_taken_up(visitor, page, mine.with_name("many.npz"))

    other = browser.new_context()
    stranger = Visitor(other.new_page(), visitor.url)
    stranger.page.goto(stranger.url + "?own=dropped-1")  # the same name on another page is another file, or none
    told = card(stranger.page).get_by_text("There is no file dropped-1 on this page")
    stranger.until(lambda: told.count() == 1)
    assert card(stranger.page).get_by_text("mine.npz").count() == 0
    other.close()
    assert visitor.was_quiet()
    assert all(url.startswith((visitor.url.rsplit("/", 1)[0], "data:", "blob:")) for url in visitor.requests)
