"""How is the explorer served to others? The app of ``panel serve``, behind a door that opens for little."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import sys
import threading
import time
from pathlib import Path

from bokeh.protocol import SPEC
from bokeh.server.urls import per_app_patterns
from panel.io.liveness import LivenessHandler
from panel.io.resources import COMPONENT_PATH
from panel.io.server import Server, get_server

from jetexplore.errors import InputError
from jetexplore.views import handlers
from jetexplore.views.own import files, reading
from jetexplore.views.servingoptions import LOOPBACK, Options, may_drop, origins

LEAVE = 1.0  # s after a signal until threads that still compute are left alone
UNUSED = 30_000  # ms that a page is kept which a browser has left, or not reached yet while others are being made
EXPIRES = 300  # s in which the browser must come back for the page it was given


def app() -> Path:
    """Find the app beside the package.

    Returns
    -------
    pathlib.Path
        ``apps/explorer.py``.

    Raises
    ------
    FileNotFoundError
        If jetexplore was not installed from a clone.

    Examples
    --------
    >>> app().name
    'explorer.py'
    """
    path = Path(__file__).resolve().parents[2] / "apps" / "explorer.py"
    if not path.is_file():
        raise FileNotFoundError(f"no app at {path}; install with 'pip install -e .' from a clone")
    return path


def server(options: Options) -> Server:
    """Make the server without starting it.

    Parameters
    ----------
    options : Options
        How.

    Returns
    -------
    panel.io.server.Server
        Bound to its port.

    Raises
    ------
    FileNotFoundError
        If there is no app.
    InputError
        ``E_ORIGIN`` or ``E_RANGE`` for options that cannot be; those of ``jets.read`` for a file that cannot be used.
    """
    if options.max_pages < 1:
        raise InputError("E_RANGE", f"--max-pages {options.max_pages}", "at least 1")
    if not 0 <= options.port < 65536:
        raise InputError("E_RANGE", f"--port {options.port}", "0 to 65535")
    files.decide(reading.opened(options.files, **options.reading), may_drop(options))
    environment = os.environ.get("BOKEH_ALLOW_WS_ORIGIN", "")  # Bokeh takes it instead of what it is given
    port = options.port or _free(options.address)
    allowed = origins([*options.origins, *filter(None, environment.split(","))], port)
    os.environ.pop("BOKEH_ALLOW_WS_ORIGIN", None)
    # neither autoload.js nor metadata: they make pages, too, and nothing here is embedded elsewhere
    per_app_patterns[:] = [(r"/ws", handlers.Line), (r"/?", handlers.Page)]
    SPEC["ERROR"] = handlers.Failure
    made = get_server(
        {"explorer": str(app())}, port=port, address=options.address, websocket_origin=allowed, warm=options.warm,
        basic_auth=options.basic_auth, cookie_secret=secrets.token_hex(32), show=options.show, start=False,
        session_token_expiration=EXPIRES, unused_session_lifetime_milliseconds=UNUSED,
        check_unused_sessions_milliseconds=5000, sign_sessions=True, secret_key=secrets.token_bytes(32),
        http_server_kwargs={"max_body_size": 1 << 20},
        extra_patterns=[
            ("/liveness", LivenessHandler, {"applications": {}}),  # knows no app: it would make a page to try it
            ("/health", handlers.Health, {}),
            (f"/{COMPONENT_PATH}(.*)", handlers.Resource, {}),
        ],
    )  # fmt: skip
    made._tornado.settings["max_pages"] = options.max_pages
    made._tornado.add_transform(handlers.Headers)
    return made


def serve(options: Options) -> int:
    """Serve until the process is told to stop, and leave within `LEAVE` seconds whatever is being computed.

    Parameters
    ----------
    options : Options
        How.

    Returns
    -------
    int
        Never: the process ends with 0.
    """
    made = server(options)
    if options.address not in LOOPBACK and not options.basic_auth:
        print("Anyone who reaches this machine can open the explorer; --basic-auth FILE asks for a password.")
    print(f"The explorer is at http://{options.address}:{made.port}/explorer", flush=True)

    def stop(*_: object) -> None:
        threading.Thread(target=_leave, args=(LEAVE,), daemon=True).start()
        made.io_loop.asyncio_loop.call_soon_threadsafe(made.io_loop.stop)

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, stop)  # between two instructions, not when the event loop is free
    made.start()
    made.io_loop.start()
    _leave()
    return 0


def _leave(after: float = 0.0) -> None:
    time.sleep(after)
    sys.stdout.flush()
    os._exit(0)  # an interpreter that ends waits for its threads and takes down a million objects; files are whole


def _free(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]
