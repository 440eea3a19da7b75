"""Every control of the explorer in headless Chromium: what it changes, by keyboard, on a phone, and at rest."""

from __future__ import annotations

from urllib.parse import urlsplit

import numpy as np
from visiting import BROWSER, PAIRS, SCORES

from jetexplore import anomaly, distances
from jetexplore.views import plots
from jetexplore.views.bench import serverbench
from jetexplore.views.cards import CARDS
from jetexplore.views.sidebar import CONTROLS

pytestmark = BROWSER
NAME_OF_FOCUSED = """() => {
    let at = document.activeElement
    while (at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement
    const group = at.closest("[role=group]")
    if (group) return group.getAttribute("aria-label") || ""
    const by = (at.getAttribute("aria-labelledby") || "").split(" ").map(id => id && at.getRootNode().getElementById(id))
    return at.getAttribute("aria-label") || by.map(one => one ? one.innerText : "").join("") || at.innerText
}"""


PAINTED = """() => {
    const found = {}
    const walk = root => root.querySelectorAll("*").forEach(e => {
        if (e.matches(".facet:not([hidden])")) {
            const canvas = e.querySelector("canvas"), name = e.querySelector("svg").getAttribute("aria-label")
            if (canvas) found[name] = [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data]
        }
        if (e.shadowRoot) walk(e.shadowRoot)
    })
    walk(document)
    return found
}"""


def coloured(image):
    """What a picture of a jet should look like: the pixels within 1.2 rad of its axis, the highest row first."""
    shown = np.asarray(image, "f4").astype(float)[5:36, 5:36][::-1]
    scale = [plots.NIGHT, *plots.palette(plots.JET_PALETTE)]
    with np.errstate(divide="ignore"):
        level = np.floor((np.log(shown) - np.log(1e-4)) / -np.log(1e-4) * (len(scale) - 1))
    place = np.where(shown >= 1e-4, 1 + np.clip(level, 0, len(scale) - 2), 0).astype(int)
    return np.array([[int(one[at : at + 2], 16) for at in (1, 3, 5)] for one in scale])[place]


def test_every_control_and_the_same_state_after_a_reload(visitor):
    visitor.open()
    assert visitor.state() == {}
    visitor.page.get_by_label("Number of events k").focus()
    visitor.page.keyboard.press("ArrowRight")
    visitor.until(lambda: "QCD medoid 4 of 4" in visitor.titles())
    visitor.choose("Metric of medoids and score", "MAE")
    wanted = anomaly.sample_rocs("QCD", "MAE", "medoids", 4)["Top"]
    visitor.until(lambda: visitor.says(f"{wanted.auc:.3f} ± {wanted.auc_error:.3f}"))
    visitor.page.get_by_role("button", name="W", exact=True).last.click()  # the networks have not been scrolled to
    visitor.until(lambda: visitor.state().get("signal") == "W")
    visitor.click(PAIRS, 0, 0.3, 0.5)
    visitor.until(lambda: "pair" in visitor.state())
    visitor.click(SCORES, 0, 0.3, 0.5)
    visitor.until(lambda: "efficiency" in visitor.state())
    before, titles = visitor.state(), [title for title in visitor.titles() if title.startswith("jet")]
    assert before.keys() == {"k", "metric", "signal", "pair", "efficiency"}
    i, j = (int(part) for part in before["pair"].strip("[]").split(","))
    cost = float(anomaly.pairs("QCD", "Wass(1)")[distances.pair_index(i, j, 1000)])
    assert titles == [f"jet {i} to jet {j}: Wass(1) = {cost:.6f} rad"]

    visitor.page.reload()
    visitor.open("?" + urlsplit(visitor.page.url).query)
    assert visitor.state() == before
    assert titles[0] in visitor.titles()
    assert "QCD medoid 4 of 4" in visitor.titles()
    assert visitor.says(f"QCD jets {i} and {j}")
    assert visitor.was_quiet()


def test_fewer_and_more_reference_events(visitor):
    visitor.open()
    slider = visitor.page.get_by_label("Number of events k")
    slider.focus()
    visitor.page.keyboard.press("ArrowLeft")
    visitor.until(lambda: visitor.says("k = 2") or visitor.state() == {"k": "2"})
    visitor.until(lambda: "QCD medoid 2 of 2" in visitor.titles() and visitor.shown_figures() == 12)
    visitor.page.keyboard.press("ArrowRight")
    visitor.until(lambda: "QCD medoid 3 of 3" in visitor.titles() and visitor.shown_figures() == 13)
    assert "QCD medoid 2 of 2" not in visitor.titles()
    visitor.until(lambda: visitor.state() == {})
    painted, images = visitor.page.evaluate(PAINTED), anomaly.reference_images("QCD", "Wass(1)", "medoids", 3)
    (average,) = anomaly.reference_images("QCD", kind="average")
    for title, image in zip(
        ["QCD average", *(f"QCD medoid {n} of 3" for n in (1, 2, 3))], [average, *images], strict=True
    ):
        np.testing.assert_array_equal(np.reshape(painted[title], (31, 31, 4))[..., :3], coloured(image))
    assert visitor.was_quiet()


def test_every_control_is_reached_by_keyboard_and_has_a_name(visitor):
    visitor.open()
    reached = []
    for _ in range(20):
        visitor.page.keyboard.press("Tab")
        reached.append(visitor.page.evaluate(NAME_OF_FOCUSED))
    labels = [label for names in CONTROLS.values() for label in names.values()]
    assert [name for name in reached if name in labels] == labels
    assert "" not in reached[: reached.index(labels[-1])]
    titles = {one.title for one in CARDS}
    while (
        reached[-1] not in titles and len(reached) < 100
    ):  # a card that is not there yet is not passed by, and is made
        visitor.page.keyboard.press("Tab")
        reached.append(visitor.page.evaluate(NAME_OF_FOCUSED))
    visitor.until(lambda: visitor.page.get_by_role("group", name=f"Take away from: {reached[-1]}").count())
    slider = visitor.page.get_by_role("slider", name="Jet number")
    slider.focus()
    visitor.page.keyboard.press("ArrowRight")
    visitor.until(lambda: visitor.state() == {"example": "1"})
    visitor.page.keyboard.press("End")
    visitor.until(lambda: visitor.state() == {"example": "1999"})
    visitor.until(lambda: visitor.titles()[0].startswith("QCD jet 1999"))
    for key, down, metric in (
        ("Enter", 1, "MAE"),
        (" ", 0, "MSE"),
        ("ArrowDown", 1, "MAE"),
    ):  # opens at its first entry
        visitor.page.get_by_role("combobox", name="Metric of medoids and score").focus()
        visitor.page.keyboard.press(key)
        visitor.page.get_by_role("menuitem", name="MSE", exact=True).wait_for()
        visitor.page.wait_for_timeout(300)  # it has unfolded
        for step in [*down * ["ArrowDown"], "Enter"]:
            visitor.page.keyboard.press(step)
        visitor.until(lambda metric=metric: visitor.state().get("metric") == metric)
        visitor.page.get_by_role("menuitem").first.wait_for(state="detached")
    assert visitor.was_quiet()


def test_a_phone_sees_one_column_without_the_controls_over_it(visitor):
    page = visitor.page
    page.set_viewport_size({"width": 412, "height": 900})
    visitor.open()
    visitor.until(
        lambda: (
            page.get_by_label("Number of events k").count() == 0
            or not page.get_by_label("Number of events k").is_visible()
        )
    )
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 412
    overflow = page.evaluate(
        """() => {
            let right = 0
            const walk = root => root.querySelectorAll('*').forEach(e => {
                right = Math.max(right, e.closest('.sidebar') ? 0 : e.getBoundingClientRect().right)
                if (e.shadowRoot) walk(e.shadowRoot)
            })
            walk(document.querySelector('main') || document)
            return right
        }"""
    )
    assert overflow <= 413
    assert visitor.was_quiet()


def test_the_processor_rests_after_the_last_page_closes(visitor, server):
    visitor.open()
    visitor.press("Number of events k", *["ArrowRight"] * 4)
    visitor.page.close()
    # what was asked for last is still carried out; a server that spins never rests
    assert serverbench.rests(server)[0]
