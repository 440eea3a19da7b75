"""Clients that break the rules, as no browser would: a server must rest, and serve others, after each of them."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from jetexplore.views.bench import pageclient
from jetexplore.views.bench.pageclient import connected, opened, token

SLIDER, LIST = "Number of events k", "Horizontal metric"


async def before_ready(url: str) -> None:
    """Change a slider before the page says that it is ready.

    Parameters
    ----------
    url : str
        Of the explorer.
    """
    page = await opened(url, ready=False)
    for k in (4, 5, 6, 7):
        await page.change(page.find(label=SLIDER), "value_throttled", k)
        await asyncio.sleep(0.3)
    page.close()


async def late(url: str) -> None:
    """Say that the page is ready only after a slider was changed.

    Parameters
    ----------
    url : str
        Of the explorer.
    """
    page = await opened(url, ready=False)
    for k in (4, 5, 6, 7):
        await page.change(page.find(label=SLIDER), "value_throttled", k)
        await asyncio.sleep(0.3)
    await page.send("PATCH-DOC", {"events": [pageclient.READY]})
    await asyncio.sleep(0.3)
    page.close()


async def nonsense(url: str) -> None:
    """Send what is no message, and changes of what does not exist.

    Parameters
    ----------
    url : str
        Of the explorer.
    """
    page = await opened(url)
    for event in ({"kind": "Nonsense"}, {"kind": "ModelChanged", "model": {"id": "p0"}, "attr": "x", "new": 1}):
        await page.send("PATCH-DOC", {"events": [event]})
    for text in ("", "{", "null", "[]"):
        with suppress(Exception):  # closed by the server
            await page.line.write_message(text)
    await asyncio.sleep(0.3)
    page.close()


async def middle(url: str) -> None:
    """Leave while a picture is being made.

    Parameters
    ----------
    url : str
        Of the explorer.
    """
    page = await opened(url)
    await page.change(page.find(label=LIST), "value", "MAE")
    page.close()


async def half(url: str) -> None:
    """Leave in the middle of a message.

    Parameters
    ----------
    url : str
        Of the explorer.
    """
    page = await opened(url)
    await page.line.write_message('{"msgid": "1", "msgtype": "PATCH-DOC"}')
    page.close()


async def unheard(url: str) -> None:
    """Ask for the page five times and read nothing.

    Parameters
    ----------
    url : str
        Of the explorer.
    """
    page = await connected(url, *await token(url))  # reads nothing of what it asks for
    for _ in range(5):
        await page.send("PULL-DOC-REQ", {})
    page.close()


RUDE = {
    "a change before the page is ready": before_ready,
    "ready too late": late,
    "nonsense": nonsense,
    "leaves while a picture is made": middle,
    "leaves in the middle of a message": half,
    "does not read": unheard,
}
