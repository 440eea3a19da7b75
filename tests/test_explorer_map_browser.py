"""The map of jets in headless Chromium: images of what is pointed at, a line drawn, and the link that keeps it."""

from __future__ import annotations

import numpy as np
import pytest
from visiting import BROWSER, Visitor

from jetexplore import anomaly
from jetexplore.anomaly import mapjets
from jetexplore.views import atlas, plots
from jetexplore.views.lasso import strokes

pytestmark = BROWSER

MAP = """Bokeh.documents.flatMap(d => [...d.all_models])
    .find(m => m.type == "Figure" && m.toolbar.tools.some(t => t.type == "LassoSelectTool"))"""
TO_SCREEN = """([x, y]) => {
    const figure = MAP
    const view = [...Bokeh.index.roots].flatMap(root => [...all(root)]).find(one => one.model === figure)
    function* all(view) { yield view; for (const child of view.children()) yield* all(child) }
    const seen = view.el.getBoundingClientRect()
    if (seen.y < 80 || seen.bottom > window.innerHeight) view.el.scrollIntoView({block: "center"})
    const box = view.el.getBoundingClientRect(), frame = view.frame
    return [box.x + frame.x_scale.compute(x), box.y + frame.y_scale.compute(y)]
}""".replace("MAP", MAP)
BOX = "da-3_0~3_0~3_6~-3_6"


class MapVisitor(Visitor):
    """A visitor who has scrolled to the map."""

    def reach(self, query=""):
        self.open(query)
        self.page.get_by_text("Where do jets lie?", exact=True).scroll_into_view_if_needed()
        self.page.get_by_text("Jets that are alike lie close together").scroll_into_view_if_needed()
        self.until(lambda: self.image().count() == 1 and self.image().get_attribute("data-jet"), 240)
        self.until(lambda: self.page.evaluate(f"() => Boolean({MAP})"))
        self.image().scroll_into_view_if_needed()
        self.page.wait_for_timeout(1500)

    def image(self):
        return self.page.locator("canvas.big")

    def screen(self, place):
        return self.page.evaluate(TO_SCREEN, [float(value) for value in place])

    def draws(self, corners):
        first, *others = [self.screen(corner) for corner in [*corners, corners[0]]]
        self.page.mouse.move(*first)
        self.page.mouse.down()
        for other in others:
            self.page.mouse.move(*other, steps=8)
        self.page.mouse.up()

    def pixels(self):
        """Colours of the image, row by row from the top."""
        found = self.image().evaluate("one => [...one.getContext('2d').getImageData(0, 0, 30, 30).data]")
        return np.array(found).reshape(30, 30, 4)[:, :, :3]


@pytest.fixture
def mapped(page, server):
    page.set_viewport_size({"width": 1600, "height": 1200})
    return MapVisitor(page, server.url)


def colours(jet):
    """Colours that a jet's image has in every picture."""
    level = atlas.levels(mapjets.images()[jet : jet + 1])[0, 5:-5, 5:-5][::-1].astype(int)
    scale = [plots.NIGHT, *plots.palette(plots.JET_PALETTE)]
    place = np.where(level > 0, 1 + np.minimum((level - 1) * 226 // 254, 225), 0)
    table = np.array([[int(one[k : k + 2], 16) for k in (1, 3, 5)] for one in scale])
    return table[place]


def lonely(space="Wass(1)"):
    """Jets of the map that are far from others, so that a pointer finds them; two of each class."""
    places = anomaly.space_embedding(space).places
    away = np.hypot(*(places[:, None] - places[None]).T)
    np.fill_diagonal(away, np.inf)
    order = np.argsort(-away.min(0))
    names = mapjets.map_jets().names
    return [int(jet) for name in ("QCD", "Top", "W") for jet in order[names[order] == name][:2]]


def test_pointing_shows_the_image_of_that_jet_and_keys_lead_to_the_next(mapped):
    mapped.reach()
    some, places = mapjets.map_jets(), anomaly.space_embedding("Wass(1)").places
    for jet in lonely():
        mapped.page.mouse.move(*mapped.screen(places[jet]))
        mapped.until(lambda jet=jet: mapped.image().get_attribute("data-jet") == str(jet))
        np.testing.assert_array_equal(mapped.pixels(), colours(jet))
        told = mapped.page.locator("div.told").inner_text()
        assert f"{some.names[jet]} jet {some.numbers[jet]}, at the pointer" in told
        assert f"mass {some.mass[jet]:.1f} GeV" in told
    assert mapped.state() == {}  # pointing asks nothing of the server
    mapped.page.mouse.click(*mapped.screen(places[jet]))
    mapped.until(lambda: mapped.state() == {"at": str(jet)})
    mapped.page.mouse.move(5, 5)
    step = -1 if jet == 1999 else 1
    mapped.page.get_by_role("button", name="Next jet of the map" if step == 1 else "Previous jet of the map").focus()
    mapped.page.keyboard.press("Enter")
    mapped.until(lambda: mapped.state() == {"at": str(jet + step)})
    mapped.until(lambda: mapped.image().get_attribute("data-jet") == str(jet + step))
    number = mapped.page.get_by_label("Marked jet of the map")
    number.fill("1234")
    number.press("Enter")
    mapped.until(lambda: mapped.state() == {"at": "1234"})
    np.testing.assert_array_equal(mapped.pixels(), colours(1234))
    assert "data:image" not in mapped.page.content()
    assert mapped.was_quiet()


def test_one_event_a_line_and_the_same_jets_after_a_reload_until_they_are_cleared(mapped):
    sent = []
    mapped.page.on(
        "websocket",
        lambda socket: socket.on(
            "framesent", lambda text: sent.append(str(text)) if "selectiongeometry" in str(text) else None
        ),
    )
    mapped.reach()
    mapped.draws([(-3.2, 0.5), (3, 0.5), (3, 5), (-3.2, 5)])
    mapped.until(lambda: "lasso" in mapped.state())
    assert len(sent) == 1
    text = mapped.state()["lasso"]
    mask, names = mapjets.chosen(strokes(text)), mapjets.map_jets().names
    counts = {name: int((mask & (names == name)).sum()) for name in ("QCD", "Top", "W")}
    assert counts["QCD"] > 400
    told = f"{mask.sum():,} jets: " + ", ".join(f"{many:,} {name}" for name, many in counts.items())
    mapped.until(lambda: mapped.says(told))
    pairs = counts["QCD"] * (counts["QCD"] - 1) // 2
    mapped.until(lambda: mapped.pairs_shown() == pairs)
    mapped.until(lambda: f"average of {mask.sum():,} jets" in mapped.titles())
    mapped.until(lambda: mapped.says("medoids by Wass(1) among"), 240)

    mapped.page.goto("about:blank")
    mapped.reach(f"?lasso={text}")
    assert mapped.state() == {"lasso": text}
    mapped.until(lambda: mapped.says(told))
    mapped.until(lambda: mapped.pairs_shown() == pairs)
    mapped.page.get_by_role("button", name="Clear selection").click()
    mapped.until(lambda: mapped.state() == {})
    mapped.until(lambda: mapped.says("All 2,000 jets") and mapped.pairs_shown() == 499_500)
    assert mapped.was_quiet()


def test_a_phone_sees_the_map_and_the_image_in_one_column_and_a_tap_marks_a_jet(browser, server):
    context = browser.new_context(viewport={"width": 412, "height": 900}, has_touch=True)
    mapped = MapVisitor(context.new_page(), server.url)
    mapped.reach(f"?lasso={BOX}")
    assert mapped.page.evaluate("() => document.documentElement.scrollWidth") <= 412
    box = mapped.image().bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 412
    jet = lonely()[0]
    place = anomaly.space_embedding("Wass(1)").places[jet]
    mapped.page.touchscreen.tap(*mapped.screen(place))
    mapped.until(lambda: mapped.state().get("at") == str(jet))
    np.testing.assert_array_equal(mapped.pixels(), colours(jet))
    assert mapped.was_quiet()
    context.close()
