"""A visitor of the explorer in headless Chromium: the server as the README says, its log, and what a page does."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
BROWSER = [
    pytest.mark.ui,
    pytest.mark.skipif(
        CHROMIUM is None and os.environ.get("JETEXPLORE_BROWSER_TESTS") != "required",
        reason="no Chromium on this machine; JETEXPLORE_BROWSER_TESTS=required makes this a failure",
    ),
]
WAIT = 120_000  # ms; a busy machine is slow, and nothing here is timed
PAIRS = "How far apart are two jets, and what does that mean?"
SCORES = "Which jets does it call anomalous, and is that any good?"
ENSEMBLE = "Which events stand for the ensemble?"
NETWORKS = "What did a network learn?"
MODELS = "Bokeh.documents.flatMap(one => [...one._all_models.values()])"
TITLES = f"""() => {{
    const found = []
    const walk = root => root.querySelectorAll("*").forEach(e => {{
        if (e.matches(".facet:not([hidden]) svg[role=img]")) found.push(e.getAttribute("aria-label"))
        if (e.shadowRoot) walk(e.shadowRoot)
    }})
    walk(document)
    const figures = (window.Bokeh ? {MODELS} : []).filter(one => one.type == "Figure")
    return [...found, ...figures.map(one => one.title ? one.title.text : "")]
}}"""
FIGURE = """(card, number) => {
    const found = []
    const walk = root => root.querySelectorAll("*").forEach(e => {
        if (e.classList.contains("bk-Figure")) found.push(e)
        if (e.shadowRoot) walk(e.shadowRoot)
    })
    walk(card.shadowRoot || card)
    return found[number]
}"""
ENABLED = "(all, wide) => (all.length > 0 || !wide) && all.every(one => !one.disabled)"
RIGHT = """() => {
    let right = 0, widest = ""
    const walk = root => root.querySelectorAll("*").forEach(e => {
        const at = e.closest(".frame, .rows, .bk-Figure, .MuiLinearProgress-root") ? 0 : e.getBoundingClientRect().right
        if (at > right) [right, widest] = [at, e.outerHTML.slice(0, 200)]
        if (e.shadowRoot && !e.classList.contains("bk-Figure")) walk(e.shadowRoot)
    })
    walk(document.querySelector("main") || document)
    return [right, widest]
}"""


SCROLLED = f"""anchor => {{
    const found = {MODELS}.find(m => m.class_name == "Heading" && m.data.anchor == anchor)
    found.data.seen = true
}}"""


class Served(NamedTuple):
    """A server that answers."""

    url: str
    process: psutil.Process
    said: IO[str]

    def faults(self):
        """What it said since this was last asked, if that has a traceback of something of ours that failed."""
        log = self.said.read()
        return log[-5000:] if str(ROOT / "jetexplore") in log else ""


@contextmanager
def served(**environment):
    """Serve as the README says."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "panel", "serve", "apps/explorer.py", "--port", str(port)]
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env={**os.environ, **environment})
        try:
            wait_for(port, process, Path(folder) / "log")
            with (Path(folder) / "log").open() as said:
                found = Served(f"http://localhost:{port}/explorer", psutil.Process(process.pid), said)
                yield found
                process.terminate()
                process.wait(60)
                assert not (faults := found.faults()), faults
        finally:
            process.kill()
            process.wait(60)


def wait_for(port, process, log, seconds=120):
    """Wait until a server listens."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"no server within {seconds} s:\n{log.read_text()[-2000:]}")


class Visitor:
    """One page, what it asked for and what it complained about."""

    def __init__(self, page, url):
        self.page, self.url, self.complaints, self.requests = page, url, [], []
        page.set_default_timeout(WAIT)
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def open(self, query=""):
        self.page.goto(self.url + query)
        self.page.wait_for_selector("canvas", state="attached")
        self.until(lambda: len(self.titles()) >= 10)
        self.page.evaluate(SCROLLED, "scores")  # as if it had been scrolled to
        self.until(lambda: len(self.titles()) >= 12)
        wide = self.page.viewport_size["width"] > 900  # a phone closes the sidebar, and its sliders are gone
        self.until(lambda: self.page.locator("input[type=range]").evaluate_all(ENABLED, wide))

    def until(self, holds, seconds=90):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if holds():
                return
            self.page.wait_for_timeout(100)
        pytest.fail(f"not within {seconds} s; the URL is {self.page.url}, the figures {self.titles()}")

    def was_quiet(self):
        """Whether nothing went wrong on the page and nothing was asked of another machine."""
        http = [urlsplit(url).hostname for url in self.requests if urlsplit(url).scheme in ("http", "https")]
        assert self.complaints == []
        assert set(http) == {"localhost"}
        return True

    def titles(self):
        """Names of pictures that the page draws itself, then of Bokeh's figures."""
        return self.page.evaluate(TITLES)

    def pairs_shown(self):
        """Sum over the pixels of the pair plot."""
        from jetexplore.views.pairs import SHAPE

        return self.page.evaluate(
            f"() => {MODELS}.map(m => m.type == 'ColumnDataSource' && m.data.image ? m.data.image[0] : null)"
            f".filter(i => i && i.shape && i.shape[0] == {SHAPE[0]})"
            ".map(i => i.reduce((sum, one) => sum + (isFinite(one) ? one : 0), 0))[0]"
        )

    def shown_figures(self):
        """Count the figures that can be seen."""
        return self.page.locator(":is(.bk-Figure, .facet) >> visible=true").count()

    def figure(self, title, number=0):
        """Box of a figure of Bokeh in the card of this title, once it is in the middle of the window."""
        card = self.page.locator(".question", has_text=title).last
        one = card.evaluate_handle(FIGURE, number).as_element()
        one.evaluate("e => e.scrollIntoView({block: 'center'})")
        self.page.wait_for_timeout(500)
        box = one.bounding_box()
        return box["x"], box["y"], box["width"], box["height"]

    def click(self, title, number, across, down):
        x, y, width, height = self.figure(title, number)
        self.page.mouse.click(x + across * width, y + down * height)

    def state(self):
        return {name: values[0] for name, values in parse_qs(urlsplit(self.page.url).query).items()}

    def choose(self, label, option):
        self.page.get_by_label(label).click()
        self.page.get_by_role("menuitem", name=option, exact=True).click()

    def press(self, label, *keys):
        """Press keys on a slider."""
        slider = self.page.get_by_role("slider", name=label)
        slider.focus()
        for key in keys:
            self.page.keyboard.press(key)
        return slider

    def says(self, text):
        return self.page.get_by_text(text).count() > 0

    def reach(self, title, said):
        """Scroll to a section and wait until it says what it says when it is there."""

        def there():
            self.page.get_by_text(title, exact=True).evaluate("e => e.scrollIntoView({block: 'center'})")
            self.page.wait_for_timeout(500)
            return self.says(said)

        self.until(there, 240)

    def go_to_networks(self):
        """Scroll until the section of networks begins to load."""
        self.page.get_by_text(NETWORKS, exact=True).scroll_into_view_if_needed()
        self.page.wait_for_timeout(300)
        self.page.get_by_text("An autoencoder squeezes").scroll_into_view_if_needed()

    def scroll_to_networks(self):
        """Go to the section of networks and wait for its first pictures."""
        self.go_to_networks()
        self.until(lambda: "reconstruction" in self.titles(), 240)
