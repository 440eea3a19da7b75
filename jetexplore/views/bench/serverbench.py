"""What does a server do with many pages, with pages that are gone, with rude clients, and when it is told to stop?"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from urllib.request import urlopen

import numpy as np

from jetexplore.views.bench import rude
from jetexplore.views.bench.pageclient import SCORES, Page, left, opened
from jetexplore.views.bench.served import Served, busy, served
from jetexplore.views.serving import app

LIGHT = "Signal efficiency at the cut"
RASTER = "Horizontal metric"
K = "Number of events k"
THINK = 1.0  # s
FORGOTTEN = 40.0  # s until a server has forgotten a page that was left: twice its lifetime, and some
LATE = 3.0  # s in which a page still hears of its own cards
RESTS = 0.05  # processors
MB = 1e6


class Load(NamedTuple):
    """Many people at once."""

    pages: int
    first: float  # s until all pages had their first pictures
    ready: float  # s until all had every card that is made without being scrolled to
    scrolled: float  # s until all had come to the scores, after that
    light: list[float]  # s of each light action
    raster: list[float]  # s of each density that was counted anew


def run(work: Coroutine) -> object:
    """Carry out asynchronous work in a thread of its own: another event loop may run in this one.

    Parameters
    ----------
    work : coroutine
        What to do.

    Returns
    -------
    object
        What it gave.

    Examples
    --------
    >>> run(asyncio.sleep(0, "done"))
    'done'
    """
    with ThreadPoolExecutor(1) as other:
        return other.submit(lambda: asyncio.run(work)).result()


async def load(url: str, pages: int, actions: int, think: float = THINK) -> Load:
    """Open pages at once and use a light control and then the density in each, with time to think before.

    Parameters
    ----------
    url : str
        Of the explorer.
    pages : int
        So many.
    actions : int
        Of each kind in each page.
    think : float
        Seconds before each.

    Returns
    -------
    Load
        What was measured.
    """
    start = time.perf_counter()
    some = await asyncio.gather(*(opened(url) for _ in range(pages)))
    ready, first = time.perf_counter() - start, max(page.pulled for page in some) - start
    await asyncio.gather(*(page.see("scores", SCORES) for page in some))
    scrolled = time.perf_counter() - start - ready
    rng = np.random.default_rng(0)
    starts = rng.uniform(0, think, pages)  # people do not act in step

    async def person(page: Page, wait: float) -> tuple[list[float], list[float]]:
        await asyncio.sleep(wait)
        light, raster = [], []
        for number in range(actions):
            await asyncio.sleep(think)
            value = 0.3 if number % 2 else 0.6
            light.append((await page.act(page.find(label=LIGHT), "value_throttled", value))[0])
        for number in range(actions):
            await asyncio.sleep(think)
            metric = "MSE" if number % 2 else "MAE"
            raster.append((await page.act(page.find(label=RASTER), "value", metric, 100_000))[0])
        return light, raster

    done = await asyncio.gather(*(person(page, wait) for page, wait in zip(some, starts, strict=True)))
    await left(some)
    light, raster = ([one for some in kind for one in some] for kind in zip(*done, strict=True))
    return Load(pages, first, ready, scrolled, light, raster)


async def overheard(url: str) -> int:
    """Count messages that a page receives while another one is used.

    Parameters
    ----------
    url : str
        Of the explorer.

    Returns
    -------
    int
        0 if pages have nothing to do with each other.
    """
    one, other = await asyncio.gather(opened(url), opened(url))
    for page in (one, other):
        await page.see("scores", SCORES)
    await asyncio.sleep(LATE)
    before = len(other.received)
    await one.act(one.find(label=LIGHT), "value_throttled", 0.3)
    await one.act(one.find(label=RASTER), "value", "MAE", 100_000)
    await one.act(one.find(label=K), "value_throttled", 5)
    found = len(other.received) - before
    await left([one, other])
    return found


async def visit(url: str, pages: int, together: int = 5) -> None:
    """Open and leave pages, a few at a time; every second one is used.

    Parameters
    ----------
    url : str
        Of the explorer.
    pages : int
        So many in all.
    together : int
        At a time.
    """
    for begin in range(0, pages, together):
        some = await asyncio.gather(*(opened(url) for _ in range(min(together, pages - begin))))
        for page in some[::2]:
            await page.see("scores", SCORES)
            await page.act(page.find(label=K), "value_throttled", 5)
        await left(some)


def counted(server: Served, trim: bool = False) -> dict[str, int]:
    """Ask a server with the counting route what it holds.

    Parameters
    ----------
    server : Served
        Started with `COUNTED`.
    trim : bool
        Let it give memory back to the system, too.

    Returns
    -------
    dict of str to int
        As `counting.counts`, and ``rss`` in bytes.
    """
    address = server.url.rsplit("/", 1)[0] + "/counts" + ("?trim=1" if trim else "")
    with urlopen(address, timeout=120) as answer:  # noqa: S310
        found = json.loads(answer.read())
    return found | {"rss": server.process.memory_info().rss}


def forgotten(server: Served, documents: int, patience: float = 4 * FORGOTTEN) -> dict[str, int]:
    """Wait until a server holds no more documents than before.

    Parameters
    ----------
    server : Served
        Started with `COUNTED`.
    documents : int
        Before.
    patience : float
        Seconds at most.

    Returns
    -------
    dict
        As `counted`.
    """
    end = time.monotonic() + patience
    while (found := counted(server))["Document"] > documents and time.monotonic() < end:
        time.sleep(2)
    return found


def rests(server: Served, patience: float = 90.0) -> tuple[bool, float]:
    """Wait until a server rests.

    Parameters
    ----------
    server : Served
        That no one uses any more.
    patience : float
        Seconds at most.

    Returns
    -------
    rested : bool
        Whether two seconds on end kept less than `RESTS` of a processor busy.
    seconds : float
        Until then.
    """
    start, last = time.monotonic(), 1.0
    while time.monotonic() - start < patience:
        now = busy(server.process, 2)
        if max(last, now) < RESTS:
            return True, time.monotonic() - start
        last = now
    return False, time.monotonic() - start


async def _hold(url: str, pages: int) -> list[Page]:
    some = await asyncio.gather(*(opened(url) for _ in range(pages)))
    for page in some:
        await page.change(page.find(label=RASTER), "value", "MAE")
    return some


def leaving(explore: bool, kind: str) -> float:
    """Time how long a server takes to end after SIGTERM.

    Parameters
    ----------
    explore : bool
        ``jetexplore explore``, or plain ``panel serve``.
    kind : str
        ``"idle"``, ``"load"`` (five pages whose densities are asked for) or ``"rude"`` (a change before ready).

    Returns
    -------
    float
        Seconds.
    """
    with served(None if explore else app()) as server:
        with urlopen(server.url, timeout=120):  # noqa: S310
            pass
        if kind == "rude":
            run(rude.before_ready(server.url))
        with ThreadPoolExecutor(1) as other:
            if kind == "load":
                other.submit(lambda: asyncio.run(_hold(server.url, 5))).result()
            start = time.perf_counter()
            server.process.terminate()
            server.process.wait(60)
            return time.perf_counter() - start
