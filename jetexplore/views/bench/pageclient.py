"""A page without a browser: what Bokeh's protocol says to a server, and what comes back, message by message."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

READY = {
    "kind": "MessageSent", "msg_type": "bokeh_event",
    "msg_data": {"type": "event", "name": "document_ready", "values": {"type": "map"}},
}  # fmt: skip
QUIET = 0.35  # s without a message after which an action is over
PATIENCE = 120.0  # s
LEAST = 300  # bytes; smaller patches tell of being busy, not of pictures
COMPLETE = ("Pearson r",)  # told by the last card with figures that is made without being scrolled to
SCORES = "background rejection"  # told by the card of the scores
GET = {"request_timeout": 120, "connect_timeout": 60}


class Message(NamedTuple):
    """What the server sent."""

    at: float  # time.perf_counter()
    kind: str  # such as PATCH-DOC
    size: int  # bytes of all its parts
    content: str


class Page:
    """One open page; make it with `opened`.

    Parameters
    ----------
    line : tornado.websocket.WebSocketClientConnection
        To the server.
    html : int
        Bytes of the page before anything was sent through it.
    """

    def __init__(self, line: WebSocketClientConnection, html: int) -> None:
        self.line, self.html, self.models = line, html, {}
        self.received: list[Message] = []
        self.pulled = float("nan")  # time.perf_counter() when the document, with the first pictures, was there
        self._number = 0
        self._reading: asyncio.Task | None = None

    async def send(self, kind: str, content: dict) -> None:
        """Send one message.

        Parameters
        ----------
        kind : str
            Such as ``"PATCH-DOC"``.
        content : dict
            Of it.
        """
        self._number += 1
        for part in ({"msgid": str(self._number), "msgtype": kind}, {}, content):
            await self.line.write_message(json.dumps(part))

    async def next(self) -> Message | None:
        """Read one message with all its buffers; None when the line is closed."""
        parts = [await self.line.read_message() for _ in range(3)]
        if None in parts:
            return None
        header = json.loads(parts[0])
        for _ in range(2 * header.get("num_buffers", 0)):
            parts.append(await self.line.read_message())
        size = sum(map(len, filter(None, parts)))
        return Message(time.perf_counter(), header["msgtype"], size, parts[2])

    async def pull(self) -> Message:
        """Ask for the document and remember its models."""
        await self.send("PULL-DOC-REQ", {})
        while (found := await self.next()) is not None and found.kind != "PULL-DOC-REPLY":
            pass
        if found is None:
            raise ConnectionError("the server closed the page")
        self.pulled = found.at
        self.models = {one["id"]: one for one in models(json.loads(found.content))}
        return found

    def complete(self) -> bool:
        """Tell whether the cards have come that are made once a page is laid out."""
        return all(any(text in one.content for one in self.received) for text in COMPLETE)

    def listen(self) -> None:
        """Read from now on whatever comes."""
        self._reading = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        while (found := await self.next()) is not None:
            self.received.append(found)

    def find(self, **attributes: object) -> str:
        """Give the id of the model that has these attributes.

        Parameters
        ----------
        **attributes
            Such as ``label="Jet number"``.

        Returns
        -------
        str
            The first of them.
        """
        for key, model in self.models.items():
            has = model.get("attributes", {})
            if all(has.get(name) == value for name, value in attributes.items()):
                return key
        raise KeyError(attributes)

    async def change(self, key: str, attr: str, new: object) -> None:
        """Change an attribute of a model, as a widget does."""
        await self.send(
            "PATCH-DOC", {"events": [{"kind": "ModelChanged", "model": {"id": key}, "attr": attr, "new": new}]}
        )

    async def act(
        self, key: str, attr: str, new: object, least: int = LEAST, patience: float = 60.0
    ) -> tuple[float, int]:  # fmt: skip
        """Change an attribute and wait until nothing more comes.

        Parameters
        ----------
        key, attr, new
            As in `change`.
        least : int
            Bytes of a message that is waited for.
        patience : float
            Seconds at most.

        Returns
        -------
        seconds : float
            Until the last message of at least ``least`` bytes; NaN if there was none.
        size : int
            Bytes of all messages.
        """
        before, start = len(self.received), time.perf_counter()
        await self.change(key, attr, new)
        while True:
            await asyncio.sleep(0.02)
            now, come = time.perf_counter(), self.received[before:]
            large = [one for one in come if one.size >= least]
            if (large and now - come[-1].at > QUIET) or now - start > patience:
                return (large[-1].at - start if large else float("nan")), sum(one.size for one in come)

    async def see(self, anchor: str, text: str, patience: float = PATIENCE) -> None:
        """Scroll to a card, as a person does, and wait until it tells a text.

        Parameters
        ----------
        anchor : str
            Of the card.
        text : str
            That it tells.
        patience : float
            Seconds at most.
        """
        await self.change(self.find(anchor=anchor), "seen", True)
        start = time.perf_counter()
        while not any(text in one.content for one in self.received):
            if time.perf_counter() - start > patience:
                raise TimeoutError(f"the card {anchor} never came")
            await asyncio.sleep(0.05)

    def close(self) -> None:
        """Leave without a word."""
        if self._reading:
            self._reading.cancel()
        self.line.close()


async def token(url: str) -> tuple[str, int]:
    """Get a page.

    Parameters
    ----------
    url : str
        With its query.

    Returns
    -------
    token : str
        For `connected`.
    size : int
        Bytes of the page.
    """
    answer = await AsyncHTTPClient().fetch(HTTPRequest(url, **GET))
    found = re.search(rb'"token":"([^"]+)"', answer.body)
    if found is None:
        raise ConnectionError("a page without a token")
    return found.group(1).decode(), len(answer.body)


async def connected(url: str, token: str, html: int = 0) -> Page:
    """Open the websocket of a page and wait until it is acknowledged."""
    base, origin = url.split("?", maxsplit=1)[0], "/".join(url.split("/")[:3])
    request = HTTPRequest(base.replace("http", "ws", 1) + "/ws", headers={"Origin": origin}, **GET)
    line = await websocket_connect(request, subprotocols=["bokeh", token], max_message_size=1 << 28)
    line.protocol.set_nodelay(True)  # as browsers do
    page = Page(line, html)
    if await page.next() is None:
        raise ConnectionError("not acknowledged")
    return page


async def opened(url: str, ready: bool = True) -> Page:
    """Open a page as a browser does.

    Parameters
    ----------
    url : str
        With its query.
    ready : bool
        Say that it is laid out, and wait until what follows has come.

    Returns
    -------
    Page
        Listening.
    """
    page = await connected(url, *await token(url))
    await page.pull()
    page.listen()
    if ready:
        start = time.perf_counter()
        await page.send("PATCH-DOC", {"events": [READY]})
        while not page.complete() or time.perf_counter() - page.received[-1].at < QUIET:
            if time.perf_counter() - start > PATIENCE:
                raise TimeoutError("the page is never at rest")
            await asyncio.sleep(0.05)
    return page


def models(part: object) -> Iterator[dict]:
    """Find every model in a document.

    Parameters
    ----------
    part : object
        What JSON gave.

    Yields
    ------
    dict
        With ``id`` and ``attributes``.

    Examples
    --------
    >>> [one["id"] for one in models({"roots": [{"type": "object", "id": "p1", "attributes": {}}]})]
    ['p1']
    """
    inner: Sequence = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    if isinstance(part, dict) and part.get("type") == "object" and "id" in part:
        yield part
    for one in inner:
        yield from models(one)


async def left(pages: Sequence[Page]) -> None:
    """Close pages and let the lines end."""
    for page in pages:
        with suppress(Exception):
            page.close()
    await asyncio.sleep(0.1)
