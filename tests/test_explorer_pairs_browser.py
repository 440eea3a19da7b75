"""All pairs of jets in headless Chromium: counted by another metric, and after zooming."""

from __future__ import annotations

from visiting import BROWSER, PAIRS

from jetexplore import anomaly, distances

pytestmark = BROWSER


def test_all_pairs_of_another_metric_are_computed_while_the_page_lives(visitor):
    visitor.open()
    visitor.choose("Horizontal metric", "MAE")
    r = distances.correlation(anomaly.pairs("QCD", "MAE"), anomaly.pairs("QCD", "Wass(1)"))
    visitor.until(lambda: visitor.says(f"Pearson r = {r:.3f}"))
    visitor.until(lambda: not visitor.says("Computing the distances"))
    assert visitor.was_quiet()


def test_another_metric_shows_all_pairs_again_after_zooming(visitor):
    visitor.open()
    x, y, width, height = visitor.figure(PAIRS)
    visitor.page.mouse.move(x + 0.4 * width, y + 0.5 * height)
    for _ in range(3):
        visitor.page.mouse.wheel(0, -200)
        visitor.page.wait_for_timeout(200)
    visitor.until(lambda: 0 < visitor.pairs_shown() < 400_000)
    visitor.choose("Horizontal metric", "MAE")
    visitor.until(lambda: visitor.pairs_shown() == 499_500)
    assert visitor.was_quiet()
