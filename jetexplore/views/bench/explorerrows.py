"""What is measured of the explorer, and what was promised: one function a section, one row a quantity.

The explorer is served by ``panel serve apps/explorer.py``, as the README says, unless a row says otherwise. The bare
page, one datashaded plot of as many points, takes turns with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jetexplore.views import raster
from jetexplore.views.bench import chromium, rude, serverbench, serverpage
from jetexplore.views.bench.measures import Extent, Row, repeated, row
from jetexplore.views.bench.served import COUNTED, Served, served
from jetexplore.views.pairs import SHAPE
from jetexplore.views.plots import density
from jetexplore.views.serving import app

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAIRS = "How far apart are two jets, and what does that mean?"
SCORES = "Which jets does it call anomalous, and is that any good?"
MAP = "Where do jets lie?"
LIGHT, RASTER = serverbench.LIGHT, serverbench.RASTER
MANY = 10_000_000
SOON = ("--unused-session-lifetime", "15000", "--check-unused-sessions", "1000")  # Bokeh looks every 17 s


def start(browser: Browser, bare: Path, extent: Extent) -> list[Row]:
    """Start processes of both in turn.

    Parameters
    ----------
    browser : Browser
        From `chromium.chromium`.
    bare : pathlib.Path
        The bare page.
    extent : Extent
        How much.

    Returns
    -------
    list of Row
        Of the first and of the second visitor.
    """
    found = {"ours": ([], []), "bare": ([], [])}
    for _ in range(extent.starts):
        for name, path in (("ours", app()), ("bare", bare)):
            with served(path) as server:
                first = chromium.opened(browser, server.url)  # and quiet: no one else comes while it is being made
                second = chromium.opened(browser, server.url, still=False)
                found[name][0].append(first.painted - server.began)
                found[name][1].append(second.painted - second.asked)
                first.tab.context.close()
                second.tab.context.close()
    return [
        row("process start to first plot", found["ours"][0], "s", most=8, bare=found["bare"][0], ratio=1.4),
        row("second visitor to first plot", found["ours"][1], "s", most=2.5, bare=found["bare"][1]),
    ]


class Live(NamedTuple):
    """Both pages, open."""

    server: Served
    ours: chromium.Opened
    bare: chromium.Opened


def _payload(live: Live, extent: Extent) -> list[Row]:  # noqa: ARG001
    ours, bare = live.ours.tally, live.bare.tally
    before = len(live.ours.frames)
    chromium.choose(live.ours.tab, RASTER, "MAE")
    again = sum(live.ours.frames[before:])
    chromium.choose(live.ours.tab, RASTER, "MSE")
    return [
        row("initial page, websocket", [ours.websocket / 1e6], "MB", most=1.5, bare=[bare.websocket / 1e6]),
        row("initial page, files of HTML, scripts, styles", [ours.http / 1e6], "MB", bare=[bare.http / 1e6]),
        row("one density anew", [again / 1e3], "kB", most=300),
    ]


def _select(live: Live, extent: Extent) -> list[Row]:
    ours, bare = [], []
    for number in repeated(extent._replace(rounds=extent.rounds + 1)):  # the first counts what is stored from then on
        ours.append(chromium.choose(live.ours.tab, RASTER, "MSE" if number % 2 else "MAE"))
        bare.append(chromium.choose(live.bare.tab, "Data", "a" if number % 2 else "b"))
    there = serverbench.run(serverbench.load(live.server.url, 1, extent.rounds, think=0.2))
    wide = _milli(there.raster)
    return [
        row("selector to density, server and wire", wide, most=60),
        row("selector to density, browser", _milli(ours[1:]), most=300, by="p95", bare=_milli(bare[1:])),
        row("light control, server and wire", _milli(there.light)),
    ]


def _light(live: Live, extent: Extent) -> list[Row]:
    ours, bare = [], []
    chromium.scroll(live.ours.tab, SCORES)
    for number in repeated(extent):
        key = "ArrowLeft" if number % 2 else "ArrowRight"
        ours.append(chromium.step(live.ours.tab, LIGHT, key))
        bare.append(chromium.step(live.bare.tab, "Number", key))
    return [row("light control, browser", _milli(ours), bare=_milli(bare))]


def _pair(live: Live, extent: Extent) -> list[Row]:
    for metric in ("MAE", "MSE"):  # there are pairs in the middle
        chromium.choose(live.ours.tab, RASTER, metric)
    there, tab = chromium.box(live.ours.tab, PAIRS), live.ours.tab
    clicks = []
    for number in repeated(extent):
        before = tab.url
        took = chromium.click(tab, there, 0.22 + 0.011 * (number % 20), 0.5)
        clicks += [took] if tab.url != before else []  # far from any pair, or the same one again
    return [
        row("click to transport plan, server", _milli(serverpage.pairs(extent.rounds)), most=50),
        row("click to transport plan, browser", _milli(clicks), most=300, by="p95"),
    ]


def _lasso(live: Live, extent: Extent) -> list[Row]:
    tab = live.ours.tab
    tab.get_by_text(MAP, exact=True).evaluate("one => one.scrollIntoView({block: 'start'})")
    tab.locator("canvas.big[data-jet]").first.wait_for()  # it is made when it is seen
    tab.wait_for_timeout(3000)
    there, found = chromium.box(tab, MAP), []
    for number in repeated(extent):
        found.append(chromium.lasso(tab, there, (0.4 + 0.01 * number, 0.5), 0.12))
    first, medoids = serverpage.lassos(extent.rounds)
    return [
        row("lasso to map, pairs, numbers and average, server", _milli(first), most=80),
        row("lasso to medoids, beside the event loop", _milli(medoids)),
        row("lasso to all linked views, browser", _milli(found), most=500, by="p95"),
    ]


def _memory(live: Live, extent: Extent) -> list[Row]:  # noqa: ARG001
    time.sleep(5)
    return [row("memory, idle server and one visitor", [live.server.process.memory_info().rss / 1e6], "MB", most=600)]


def _used(live: Live, extent: Extent) -> list[Row]:  # noqa: ARG001
    time.sleep(5)
    return [row("memory after all that was done here", [live.server.process.memory_info().rss / 1e6], "MB")]


def _large(extent: Extent) -> list[Row]:
    """Pan over synthetic pairs: what the explorer does for a new window, without the page."""
    rng = np.random.default_rng(0)
    x, y = rng.gamma(2, size=(2, MANY)).astype(np.float32)
    raster.datashaded(x[:2], y[:2], (0, 0, 1, 1), (2, 2))
    spent = []
    for number in range(extent.rounds):
        left = number / extent.rounds
        start = time.perf_counter()
        counts = raster.datashaded(x, y, (left, 0.0, left + 4, 5.0), SHAPE)
        density(counts, (left, 0.0, left + 4, 5.0), ("x", "y"))
        spent.append(time.perf_counter() - start)
    return [row("pan over 10^7 synthetic pairs, server", _milli(spent), most=250)]


def _server(extent: Extent) -> list[Row]:
    rows = []
    with served(app(), (*COUNTED, *SOON)) as server:
        heard = serverbench.run(serverbench.overheard(server.url))
        rows.append(row("messages of an action to other pages", [heard], "", most=0))
        for pages in extent.pages:
            found = serverbench.run(serverbench.load(server.url, pages, extent.actions))
            limit = {5: (250, 250), 20: (400, 800)}.get(pages, (None, None))
            rows.append(row(f"{pages} pages, first pictures of all", [found.first], "s"))
            rows.append(row(f"{pages} pages, all ready", [found.ready], "s", most=10 if pages == 20 else None))
            rows.append(row(f"{pages} pages, all scrolled to the scores", [found.scrolled], "s"))
            rows.append(row(f"{pages} pages, light control", _milli(found.light), most=limit[0], by="p95"))
            rows.append(row(f"{pages} pages, density anew", _milli(found.raster), most=limit[1], by="p95"))
        for name, act in rude.RUDE.items():
            serverbench.run(act(server.url))
            rested, after = serverbench.rests(server)
            rows.append(row(f"rests after a client that: {name}", [after if rested else np.inf], "s", most=90))
        rows += _visits(server, extent)
    for explore, name in ((False, "panel serve"), (True, "jetexplore explore")):
        for kind in ("idle", "load", "rude"):
            rows.append(row(f"SIGTERM to exit, {name}, {kind}", [serverbench.leaving(explore, kind)], "s", most=3))
    return rows


def _visits(server: Served, extent: Extent) -> list[Row]:
    serverbench.run(serverbench.visit(server.url, 10))
    before = serverbench.forgotten(server, 2)  # the last page is held until another one comes
    series = [(0, before["rss"] / 1e6)]
    for done in range(10, extent.visits + 1, 10):
        serverbench.run(serverbench.visit(server.url, 10))
        series.append((done, server.process.memory_info().rss / 1e6))  # with some of these ten, every time
    after = serverbench.forgotten(server, before["Document"])
    series.append((extent.visits, after["rss"] / 1e6))
    trimmed = serverbench.counted(server, trim=True)["rss"], server.process.memory_info().rss
    slope = np.polyfit(*np.transpose(series[1:-1]), 1)[0] if len(series) > 3 else np.nan
    kept = [after[kind] - before[kind] for kind in ("Document", "Viewer", "Plot", "Choice")]
    told = f"{extent.visits} pages opened and left"
    return [
        row(f"{told}: documents, views, plots, selections kept", [sum(map(abs, kept))], "", most=0),
        row(f"{told}: growth of memory", [series[-1][1] - series[0][1]], "MB", most=30),
        row(f"{told}: slope", [slope], "MB/page", most=0.2),
        row(f"{told}: of it given back by malloc_trim", [(trimmed[0] - trimmed[1]) / 1e6], "MB"),
    ]


def _milli(seconds: Sequence[float]) -> list[float]:
    return [1000 * one for one in seconds] or [np.nan]


# sections by what they need: a browser and new processes, both pages open in a browser, nothing
LIVE: dict[str, Callable[[Live, Extent], list[Row]]] = {
    "memory": _memory, "payload": _payload, "select": _select, "light": _light, "pair": _pair, "lasso": _lasso,
    "used": _used,
}  # fmt: skip
ALONE: dict[str, Callable[[Extent], list[Row]]] = {"large": _large, "server": _server}
