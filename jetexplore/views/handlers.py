"""What may a visitor of `jetexplore explore` ask for? Handlers that refuse what those of Panel and Bokeh let pass."""

from __future__ import annotations

import sys
from contextlib import suppress

from bokeh.protocol.messages.error import error
from bokeh.util.token import get_session_id
from panel.io.server import ComponentResourceHandler, DocHandler, WSHandler
from tornado.httputil import HTTPHeaders
from tornado.web import HTTPError, OutputTransform, RequestHandler

from jetexplore.views import faults

FULL = "The explorer is busy: as many pages are open as it may serve. Please try again in a minute.\n"
AGAIN = "60"  # s
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Bokeh and Panel make functions of text and import modules from blobs; nothing of another host is ever needed
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "connect-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
}


class Headers(OutputTransform):
    """Adds `HEADERS` to every answer, those of files and of errors, too."""

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:  # fmt: skip
        """Add them, and do not tell which server this is."""
        for name, value in HEADERS.items():
            headers[name] = value
        headers.pop("Server", None)
        return super().transform_first_chunk(status_code, headers, chunk, finishing)


class Page(DocHandler):
    """Opens a page unless ``settings["max_pages"]`` are open."""

    async def get(self, *args: object, **kwargs: object) -> None:
        """Answer 503 and a sentence when full."""
        if is_full(self):
            self.set_status(503)
            self.set_header("Retry-After", AGAIN)
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.finish(FULL)
            return
        await super().get(*args, **kwargs)


class Line(WSHandler):
    """Opens a websocket only for a browser that says which page asks; others are told no before anything is made."""

    async def prepare(self) -> None:
        """Refuse a missing origin, and a token whose page is gone when the server is full."""
        await super().prepare()
        if self._finished:
            return
        if "Origin" not in self.request.headers:
            self.set_status(403)
            self.finish("A websocket needs an Origin.\n")
        elif is_full(self) and not self._is_open():
            self.set_status(503)
            self.finish(FULL)

    def _is_open(self) -> bool:
        parts = self.request.headers.get("Sec-WebSocket-Protocol", "").split(",")
        with suppress(Exception):  # whatever a token may be that was made up
            return get_session_id(parts[-1].strip()) in self.application_context._sessions
        return False


class Health(RequestHandler):
    """Tells how the server is, in numbers that tell nothing of anyone: for a supervisor that restarts it."""

    def get(self) -> None:
        """Answer with open pages, how many there may be, and failures that were not foreseen since the start."""
        pages = sum(len(one._sessions) for one in self.application._applications.values())
        self.write({"pages": pages, "max_pages": self.settings["max_pages"], "failures": faults.counted()})


class Resource(ComponentResourceHandler):
    """Gives files of components that are in use; Panel's own imports any module that an address names."""

    def parse_url_path(self, path: str) -> str:
        """Refuse modules that are not imported yet."""
        if path.split("/", maxsplit=1)[0] not in sys.modules:
            raise HTTPError(404)
        return super().parse_url_path(path)


class Failure(error):
    """Tells a browser that something failed; Bokeh's own sends the traceback with all paths."""

    @classmethod
    def create(cls, request_id: str, text: str, **metadata: object) -> Failure:  # noqa: ARG003
        """Leave out what happened: the log of the server has it."""
        header = cls.create_header(request_id=request_id)
        return cls(header, metadata, {"text": "The server could not do this.", "traceback": None})


def is_full(handler: Page | Line) -> bool:
    """Tell whether another page would be one too many.

    Parameters
    ----------
    handler : Page or Line
        Knows the open pages; those that a browser has just left are counted until they are forgotten.

    Returns
    -------
    bool
        Whether ``settings["max_pages"]`` are open.
    """
    return len(handler.application_context._sessions) >= handler.settings["max_pages"]
