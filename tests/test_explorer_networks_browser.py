"""Networks in headless Chromium: loaded when scrolled to, chosen, moved along an axis, and missing."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from visiting import BROWSER, ROOT, Visitor, served

from jetexplore import models

pytestmark = BROWSER
USUAL, ANOTHER = "vae-MSE-d3-b1e-7", "vae-MSE-d1-b1e-7"


def told(name):
    card = models.networks()[name]
    return f"{name}: {card.n_train:,} jets, {card.epochs} epochs, {'' if card.converged else 'not '}converged"


@pytest.fixture
def visitor(visitor):
    visitor.page.set_viewport_size({"width": 1440, "height": 1000})
    return visitor


def test_a_network_is_loaded_when_it_is_scrolled_to_and_another_one_and_a_walk_are_the_same_after_a_reload(visitor):
    visitor.open()
    visitor.page.wait_for_timeout(2000)
    assert len(visitor.titles()) == 13
    assert visitor.says("Loading the networks")
    visitor.scroll_to_networks()
    assert visitor.says(told(USUAL))
    visitor.until(lambda: "W against QCD" in visitor.titles(), 400)
    areas = models.networks()[USUAL].areas["Loss"]
    for signal in ("Top", "W"):
        assert visitor.says(f"{areas[signal].auc:.3f}")
    assert visitor.state() == {}

    visitor.choose("Blocks", "1")
    visitor.until(lambda: visitor.state().get("network") == ANOTHER)
    visitor.until(lambda: visitor.says(told(ANOTHER)))
    visitor.press("Moved by, in standard deviations over QCD jets", *["ArrowRight"] * 3)
    visitor.until(lambda: visitor.state().get("shift") == "0.3")
    visitor.until(lambda: any(title.endswith("at +0.3 σ") for title in visitor.titles()))
    visitor.page.get_by_role("button", name="Next", exact=True).click()
    visitor.until(lambda: visitor.state().get("example") == "1" and visitor.titles().count("QCD jet 1") == 2)
    before, titles = visitor.state(), [title for title in visitor.titles() if title.startswith("dimension")]

    visitor.open("?" + urlsplit(visitor.page.url).query)
    visitor.scroll_to_networks()
    assert visitor.state() == before
    assert [title for title in visitor.titles() if title.startswith("dimension")] == titles
    assert visitor.says(told(ANOTHER))
    assert visitor.was_quiet()


def test_a_place_of_the_scan_that_was_not_run_says_so(visitor):
    visitor.open("?network=vae-Wass1-d2-b1e-5")
    visitor.go_to_networks()
    visitor.until(lambda: visitor.says("vae-Wass1-d2-b1e-5 was not run"), 240)
    assert visitor.says("1e-05 · not run")
    assert visitor.was_quiet()


def test_without_any_network_a_phone_shows_random_weights_in_one_column(page, tmp_path):
    for path in (ROOT / "data").iterdir():
        if path.name != "networks":
            (tmp_path / path.name).symlink_to(path)
    with served(JETEXPLORE_DATA=str(tmp_path)) as found:
        page.set_viewport_size({"width": 390, "height": 844})
        visitor = Visitor(page, found.url)
        visitor.open()
        visitor.scroll_to_networks()
        assert visitor.says("No trained network is here yet")
        assert visitor.says("RANDOM WEIGHTS")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
        assert visitor.was_quiet()
