"""Does every picture of every card have a size, on a desk and on a phone? Measured where they are painted."""

import pytest
from visiting import BROWSER, MODELS, RIGHT

from jetexplore.views.cards import CARDS

pytestmark = BROWSER
LEAST = 80  # px of what is drawn in; the smallest picture on a phone has about 110
SIZES = {"desktop": (1440, 1000), "phone": (412, 900)}
PICTURES = {  # figures of Bokeh and pictures of the page's own, without a file of one's own
    "jets": 7, "pairs": 4, "scores": 2, "map": 2, "events": 6, "networks": 11, "compare": 9, "plane": 1, "dijets": 5,
}  # fmt: skip
TITLES = {one.anchor: one.title for one in CARDS}
SEEN = f"""anchor => {MODELS}.forEach(m => {{
    if (!m.data || !("seen" in m.data) || !m.data.armed) return
    const images = m.class_name == "Sight" && m.data.waiting.includes("image autoencoders")  // inside its card
    if (m.data.anchor == anchor || anchor == "networks" && images) m.data.seen = true
}})"""
PARTS = """() => {
    const deep = root => [...root.querySelectorAll("*")].flatMap(e => e.shadowRoot ? [e, ...deep(e.shadowRoot)] : [e])
    const parts = deep(document).filter(e => e.matches(".question")).map(card => deep(card.shadowRoot || card))
    const picture = ".bk-Figure, .facet:not([hidden]) svg[role=img], canvas.big"
    const found = parts.map(some => [
        some.find(e => e.matches("h3")).textContent, some.filter(e => e.matches(picture)).map(e => MEASURED)
    ])
    return Object.fromEntries(found)
}"""
THERE = PARTS.replace("MEASURED", "1")  # without a box, for which the browser has to lay out all
BOXES = PARTS.replace("MEASURED", "(at => [at.width, at.height, at.right])(e.getBoundingClientRect())")
FIGURES = f"{MODELS}.filter(m => m.type == 'Figure')"
FRAMES = f"() => {FIGURES}.map(m => [m.inner_width, m.inner_height])"
RANGES = f"() => {FIGURES}.flatMap(m => [m.x_range.id, m.y_range.id])"
OVERFLOW = "() => document.documentElement.scrollWidth - window.innerWidth"


def unsized(boxes, across):
    """What is too small to be seen, or reaches out of the window."""
    return {
        title: some
        for title, all_ in boxes.items()
        if (some := [at for at in all_ if min(at[:2]) < LEAST or at[2] > across + 1])
    }


def test_every_picture_has_a_size_on_a_desk_and_on_a_phone(visitor, page):
    page.set_viewport_size(dict(zip(("width", "height"), SIZES["desktop"], strict=True)))
    page.goto(visitor.url)
    page.wait_for_selector("canvas", state="attached")

    def there(anchor):
        page.evaluate(SEEN, anchor)
        page.wait_for_timeout(300)
        return len(page.evaluate(THERE).get(TITLES[anchor], ())) >= PICTURES[anchor]

    for anchor in PICTURES:  # one after the other, as a person comes to them
        visitor.until(lambda anchor=anchor: there(anchor), 120)
    for across, down in SIZES.values():
        page.set_viewport_size({"width": across, "height": down})

        for _ in range(40):  # what is wider than before is laid out little by little
            page.wait_for_timeout(500)
            frames, wrong = page.evaluate(FRAMES), unsized(page.evaluate(BOXES), across)
            if not wrong and min(map(min, frames)) >= LEAST:
                break
        assert (wrong, [frame for frame in frames if min(frame) < LEAST]) == ({}, [])
        assert page.evaluate(OVERFLOW) <= 0
        right, widest = page.evaluate(RIGHT)
        assert right <= across + 1, widest
    ranges = page.evaluate(RANGES)  # Panel gives axes of one name one range, of whatever cards they are
    assert len(ranges) == len(set(ranges))
    visitor.was_quiet()


@pytest.mark.parametrize("box", [[300, 0, 310], [0, 300, 10], [300, 300, 420]])
def test_what_has_no_size_or_reaches_out_of_the_window_is_told(box):
    assert unsized({"card": [box, [200, 200, 300]]}, 412) == {"card": [box]}
