"""How long does a person wait? The explorer and a bare page of Panel in headless Chromium, timed inside the page."""

from __future__ import annotations

import importlib.util
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from jetexplore.errors import InputError
from jetexplore.views.bench import scripts

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
SIZE = {"width": 1440, "height": 1000}
PATIENCE = 120_000  # ms


class Tally(NamedTuple):
    """What came over the wire."""

    http: int  # bytes of bodies as they are used
    websocket: int
    messages: int


def missing() -> str:
    """Say what is missing to drive a browser.

    Returns
    -------
    str
        Empty if nothing is.

    Examples
    --------
    >>> isinstance(missing(), str)
    True
    """
    if importlib.util.find_spec("playwright") is None:
        return "Playwright, which the tests use: pip install 'jetexplore[test]'"
    if not any(map(shutil.which, BROWSERS)):
        return "Chromium: apt-get install chromium"
    return ""


class Opened(NamedTuple):
    """A page in the browser."""

    tab: Tab
    asked: float  # time.perf_counter() when it was asked for
    painted: float  # when its first plot was there
    tally: Tally
    frames: list[int]  # bytes of what comes by the websocket, which goes on growing


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser without a window.

    Yields
    ------
    playwright.sync_api.Browser
        Ended at the end of the block.

    Raises
    ------
    InputError
        ``E_BROWSER`` if something is missing.
    """
    if lacks := missing():
        raise InputError("E_BROWSER", "no browser to measure with", lacks)
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def opened(browser: Browser, url: str, still: bool = True) -> Opened:
    """Open a page in a profile that has nothing stored, and wait until its first plot is painted.

    Parameters
    ----------
    browser : Browser
        From `chromium`.
    url : str
        Served already.
    still : bool
        Wait until nothing comes any more, too; otherwise the tally is not complete.

    Returns
    -------
    Opened
        The page and what it took.
    """
    tab = browser.new_context(viewport=SIZE).new_page()
    tab.set_default_timeout(PATIENCE)
    bodies, frames = [], []
    tab.on("response", lambda one: bodies.append(one))  # noqa: PLW0108  Playwright marks it
    tab.on("websocket", lambda line: line.on("framereceived", lambda frame: frames.append(len(frame))))
    asked = time.perf_counter()
    tab.goto(url, wait_until="commit")
    tab.wait_for_function(scripts.PAINTED, polling=50)
    painted, before = time.perf_counter(), -1
    while still and before != len(frames):
        before = len(frames)
        tab.wait_for_timeout(3000)
    http = sum(len(one.body()) for one in bodies if one.ok) if still else 0
    return Opened(tab, asked, painted, Tally(http, sum(frames), len(frames)), frames)


def timed(tab: Tab, act: Callable[[], object], quiet: float = 400, patience: float = 15_000) -> float:
    """Time one thing that a person does.

    Parameters
    ----------
    tab : playwright.sync_api.Page
        From `opened`.
    act : callable
        Does it by mouse or keyboard; takes nothing.
    quiet : float
        ms without a change after which it is over.
    patience : float
        ms at most.

    Returns
    -------
    float
        Seconds from click or key to the frame after the last change; NaN if nothing changed.
    """
    from playwright.sync_api import TimeoutError as NothingChanged

    tab.evaluate(scripts.TIMED)
    act()
    try:
        tab.wait_for_function(scripts.QUIET, arg=quiet, polling=50, timeout=patience)
    except NothingChanged:
        tab.evaluate("() => { timing.over = true }")
        return float("nan")
    return tab.evaluate(scripts.OVER) / 1000


def choose(tab: Tab, label: str, option: str) -> float:
    """Choose from a list, timed from the click on the option.

    Parameters
    ----------
    tab : playwright.sync_api.Page
        From `opened`.
    label, option : str
        Of the list.

    Returns
    -------
    float
        As `timed`.
    """
    tab.bring_to_front()
    tab.get_by_label(label, exact=True).click()
    item = tab.get_by_role("menuitem", name=option, exact=True)
    item.wait_for()
    tab.wait_for_timeout(300)  # the list has unfolded
    return timed(tab, item.click)


def step(tab: Tab, label: str, key: str) -> float:
    """Press a key on a slider.

    Parameters
    ----------
    tab : playwright.sync_api.Page
        From `opened`.
    label : str
        Of the slider.
    key : str
        Such as ``"ArrowRight"``.

    Returns
    -------
    float
        As `timed`.
    """
    tab.bring_to_front()
    tab.get_by_role("slider", name=label).focus()
    return timed(tab, lambda: tab.keyboard.press(key))


def scroll(tab: Tab, place: str) -> None:
    """Scroll to a card and wait until it is there.

    Parameters
    ----------
    tab : playwright.sync_api.Page
        From `opened`.
    place : str
        Title of the card.
    """
    card = tab.locator(".question", has_text=place).last
    card.evaluate("one => one.scrollIntoView({block: 'start'})")
    card.locator(".bk-Figure").first.wait_for()
    tab.wait_for_timeout(2000)


def box(tab: Tab, place: str) -> tuple[float, float, float, float]:
    """Scroll to the largest figure of a card and measure it.

    Parameters
    ----------
    tab : playwright.sync_api.Page
        From `opened`.
    place : str
        Title of its card.

    Returns
    -------
    tuple of float
        Left, top, width, height in the window.
    """
    tab.bring_to_front()
    figures = tab.locator(".question", has_text=place).last.locator(".bk-Figure").all()
    boxes = [(one.bounding_box() or {"width": 0, "height": 0}) for one in figures]
    areas = [one["width"] * one["height"] for one in boxes]
    figure = figures[areas.index(max(areas))]
    figure.evaluate("one => one.scrollIntoView({block: 'center'})")
    tab.wait_for_timeout(600)
    found = figure.bounding_box()
    return found["x"], found["y"], found["width"], found["height"]


def click(tab: Tab, inside: tuple[float, float, float, float], across: float, down: float) -> float:
    """Click into a figure.

    Parameters
    ----------
    tab : playwright.sync_api.Page
        From `opened`.
    inside : tuple of float
        From `box`.
    across, down : float
        Where, as parts of its width and height.

    Returns
    -------
    float
        As `timed`.
    """
    x, y, width, height = inside
    return timed(tab, lambda: tab.mouse.click(x + across * width, y + down * height))


def lasso(tab: Tab, inside: tuple[float, float, float, float], centre: tuple[float, float], radius: float) -> float:
    """Draw a lasso into a figure whose lasso is switched on.

    Parameters
    ----------
    tab : playwright.sync_api.Page
        From `opened`.
    inside : tuple of float
        From `box`.
    centre : tuple of float
        As parts of its width and height.
    radius : float
        Likewise.

    Returns
    -------
    float
        As `timed`, from letting go.
    """
    x, y, width, height = inside
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -0.9)]
    path = [(x + (centre[0] + radius * a) * width, y + (centre[1] + radius * b) * height) for a, b in corners]
    tab.mouse.move(*path[0])
    tab.mouse.down()
    for at in path[1:]:
        tab.mouse.move(*at, steps=6)
    return timed(tab, tab.mouse.up)
