"""Dragging the cut, two scores side by side and an open p, in headless Chromium."""

from __future__ import annotations

import numpy as np
from visiting import BROWSER

from jetexplore import anomaly, distances
from jetexplore.anomaly import namedscores

pytestmark = BROWSER

LINE = """() => {
    const all = Bokeh.documents.flatMap(d => [...d._all_models.values()])
    const args = all.find(m => m.type == "CustomJS" && m.code.includes("panstart")).args
    const of = name => args.get ? args.get(name) : args[name]
    const figure = of("figure"), line = of("line"), sent = of("sent")
    const view = (function find(views) {
        for (const one of views) {
            if (one.model === figure) return one
            const found = find(one.children ? [...one.children()] : [])
            if (found) return found
        }
    })([...Bokeh.index])
    view.el.scrollIntoView({block: "center"})
    const box = view.el.getBoundingClientRect(), frame = view.frame.bbox
    window.line = line
    window.messages = 0
    sent.properties.data.change.connect(() => window.messages++)
    const x = view.frame.x_scale.compute(line.data.score[0])
    return [box.left + x, box.top + (frame.top + frame.bottom) / 2, box.left + frame.right]
}"""


def test_the_cut_is_dragged_with_few_messages(visitor):
    visitor.open("?efficiency=0.7")
    page, scores = visitor.page, anomaly.sample_scores()
    x, y, right = page.evaluate(LINE)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 41):
        page.mouse.move(x + step * (right - x) / 80, y)
        page.wait_for_timeout(10)
    page.mouse.up()
    visitor.until(lambda: float(visitor.state().get("efficiency", 0.5)) < 0.68)
    visitor.until(
        lambda: (
            abs(
                page.evaluate("() => window.line.data.score[0]")
                - anomaly.sample_rocs()["Top"].cut(float(visitor.state().get("efficiency", 0.5)))
            )
            < 1e-6
        )
    )
    cut = page.evaluate("() => window.line.data.score[0]")
    assert abs(np.mean(scores["Top"] >= cut) - float(visitor.state().get("efficiency", 0.5))) < 0.01
    assert 1 <= page.evaluate("() => window.messages") < 35  # not one for each of the 40 moves
    assert visitor.was_quiet()


def test_a_chosen_score_changes_what_is_compared(visitor):
    def said(left, right):
        found = namedscores.named_differences(left, right)
        return [f"{found[signal].value:+.3f} ± {found[signal].error:.3f}" for signal in ("Top", "W")]

    first = "label-free: WhitenedPCA", "no training: jet mass"
    visitor.open("?left=label-free:+WhitenedPCA&right=no+training:+jet+mass#compare")
    visitor.until(lambda: all(visitor.says(one) for one in said(*first)), 240)
    visitor.page.evaluate(
        "() => { history.pushState({}, '', '?left=no+training:+tau21&right=no+training:+jet+mass');"
        " window.dispatchEvent(new PopStateEvent('popstate')) }"
    )
    visitor.until(lambda: all(visitor.says(one) for one in said("no training: tau21", first[1])), 120)
    assert visitor.was_quiet()


def test_a_link_with_any_p_shows_its_plan(visitor):
    visitor.open("?y=Wass(1.3)&pair=[3,141]")
    images = anomaly.images()["QCD"]
    cost = distances.paired(images[3:4], images[141:142], "Wass(1.3)")[0]
    visitor.until(lambda: f"jet 3 to jet 141: Wass(1.3) = {cost:.6f} rad" in visitor.titles(), 240)
    assert visitor.state() == {"y": "Wass(p)", "power": "1.3", "pair": "[3,141]"}
    assert visitor.was_quiet()
