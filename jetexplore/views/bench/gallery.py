"""What does every card look like? Pictures by the browser, at the width of a desk and of a phone, light and dark."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from jetexplore.errors import choose
from jetexplore.files import atomic
from jetexplore.views.address import QUERY_MAX
from jetexplore.views.bench import chromium, served

WIDTHS = {"desktop": (1440, 1000), "phone": (412, 900)}
THEMES = ("light", "dark")
SETTLED = 2000  # ms without anything new, after which a card has been drawn
LONGEST = 90_000  # ms that a card may take
GROWS = 6  # times that a card may grow while it is made
LOADING = re.compile(r"^Loading .* \.\.\.$")  # what stands where a card is being made


def pictures(
    folder: Path,
    cards: Mapping[str, str],
    widths: Sequence[str] = tuple(WIDTHS),
    themes: Sequence[str] = THEMES,
    query: str = "",
    own: Path | None = None,
    tell: Callable[[str], None] = lambda text: None,  # noqa: ARG005
) -> list[Path]:
    """Take a picture of the top of the page and of each card.

    Parameters
    ----------
    folder : pathlib.Path
        Where to; made if it is not there.
    cards : mapping of str to str
        Titles by anchor.
    widths : sequence of str
        Of `WIDTHS`.
    themes : sequence of str
        Of `THEMES`.
    query : str
        Selections, as in the page's address.
    own : pathlib.Path, optional
        A file of jets to be shown in the card of one's own.
    tell : callable
        Is told of each picture.

    Returns
    -------
    list of pathlib.Path
        ``{anchor}-{width}-{theme}.png``, and ``page-...`` of the top.

    Raises
    ------
    InputError
        ``E_BROWSER`` if there is none; ``E_WIDTH``, ``E_THEME``.
    """
    for name in widths:
        choose("width", name, WIDTHS, "E_WIDTH")
    for name in themes:
        choose("theme", name, THEMES, "E_THEME")
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    with served.served(options=[str(own)] if own else []) as server, chromium.chromium() as browser:
        for width in widths:
            for theme in themes:
                across, down = WIDTHS[width]
                context = browser.new_context(viewport={"width": across, "height": down})
                tab = context.new_page()
                tab.set_default_timeout(LONGEST)
                tab.goto(f"{server.url}{query[:QUERY_MAX]}")
                tab.locator(".question").first.wait_for()
                _rest(tab)
                if theme == "dark":
                    tab.get_by_label("Toggle theme").click()
                    tab.mouse.move(0, down)  # else its tooltip stays
                for anchor, title in {"page": "", **cards}.items():
                    shown = tab.locator(".question", has_text=title).last if title else tab
                    if title:
                        shown.evaluate("card => card.scrollIntoView({block: 'start'})")
                        _made(tab, shown)
                    _rest(tab)
                    if title:
                        _fit(tab, shown, across, down)
                    path = folder / f"{anchor}-{width}-{theme}.png"
                    with atomic(path) as temporary:
                        temporary.write_bytes(packed(shown.screenshot()))
                    made.append(path)
                    tell(path.name)
                context.close()
    return made


def packed(picture: bytes) -> bytes:
    """Make a picture of a page small: 256 colours are as many as one sees in it.

    Parameters
    ----------
    picture : bytes
        PNG.

    Returns
    -------
    bytes
        PNG with a palette, the same for the same picture.

    Examples
    --------
    >>> import io
    >>> from PIL import Image
    >>> stream = io.BytesIO()
    >>> Image.linear_gradient("L").convert("RGB").save(stream, "png")
    >>> Image.open(io.BytesIO(packed(stream.getvalue()))).mode
    'P'
    """
    from PIL import Image

    stream = io.BytesIO()
    seen = Image.open(io.BytesIO(picture)).convert("RGB")
    few = seen.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=4, dither=Image.Dither.NONE)
    few.save(stream, "png", optimize=True)
    return stream.getvalue()


def _made(tab, card) -> None:  # noqa: ANN001  playwright's
    # what is not chosen may be waiting out of sight; a locator that matches several cannot be waited for
    waited = 0
    while waited < LONGEST and any(one.is_visible() for one in card.get_by_text(LOADING).all()):
        tab.wait_for_timeout(500)
        waited += 500


def _fit(tab, card, across: int, down: int) -> None:  # noqa: ANN001  playwright's
    # what is outside the window is not painted, and what is made when it is seen makes a card grow
    tall = 0
    for _ in range(GROWS):
        before, tall = tall, int(card.bounding_box()["height"]) + 100
        if tall == before:
            return
        tab.set_viewport_size({"width": across, "height": max(down, tall)})
        card.evaluate("card => card.scrollIntoView({block: 'start'})")
        tab.wait_for_timeout(500)
        _made(tab, card)
        _rest(tab)


def _rest(tab) -> None:  # noqa: ANN001  playwright's, which is not a dependency
    # what is drawn late comes by the page's websocket; nothing tells when the last of it has come
    count = "() => Bokeh.documents.reduce((sum, one) => sum + one._all_models.size, 0)"
    before, quiet, waited = -1, 0, 0
    while quiet < SETTLED and waited < LONGEST:
        now = tab.evaluate(count)
        quiet = quiet + 500 if now == before else 0
        before, waited = now, waited + 500
        tab.wait_for_timeout(500)
