"""May a file be dropped on this page? On a page that its own machine alone can see, or where the operator says so."""

from __future__ import annotations

import os
import re
import sys

import panel as pn

from jetexplore.views.own import files

HERE = ("localhost", "127.0.0.1", "::1")
FORWARDED = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via")


def may_drop() -> bool:
    """Tell whether files may be dropped on the page that is being made.

    Returns
    -------
    bool
        As the operator decided, else whether the page is asked for by this machine, by its own name and not through a
        proxy, and no other origin is let in.
    """
    decided = files.decided_upload()
    if decided is not None:
        return decided
    if os.environ.get("BOKEH_ALLOW_WS_ORIGIN") or any(
        word.startswith(("--allow-websocket-origin", "--use-xheaders")) for word in sys.argv
    ):
        return False
    context = pn.state.curdoc.session_context if pn.state.curdoc else None
    return context is not None and context.request is not None and is_local(context.request)


def is_local(request: object) -> bool:
    """Tell whether a request comes from this machine itself.

    Parameters
    ----------
    request : object
        With ``remote_ip`` and ``headers``.

    Returns
    -------
    bool
        Whether the other end and the name it asks for are this machine, and nothing says that it was passed on.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> is_local(SimpleNamespace(remote_ip="127.0.0.1", headers={"Host": "localhost:5006"}))
    True
    >>> is_local(SimpleNamespace(remote_ip="127.0.0.1", headers={"Host": "jets.example.org"}))
    False
    """
    headers = {str(name).lower(): str(value) for name, value in dict(request.headers).items()}
    host = re.sub(r":\d+$", "", headers.get("host", "")).strip("[]")
    return (
        getattr(request, "remote_ip", None) in ("127.0.0.1", "::1")
        and host in HERE
        and not any(name in headers for name in FORWARDED)
    )
