"""What is a server spared? Imports that nothing here needs, and waiting for what does not come."""

from __future__ import annotations

import ctypes
import logging
from contextlib import suppress

from bokeh.document import Document
from panel.reactive import Syncable

log = logging.getLogger(__name__)
TOGETHER = 5  # ms for the changes of one gesture to arrive in, which come in one message; Panel's own are 50


def without_extensions() -> bool:
    """Keep numba from importing its registered extensions when it compiles for the first time in this process.

    Packages that come along with readers of files register types of theirs (sympy by way of vector, awkward): more than
    a second and 100 MB of every server, before the first picture. Numba has no setting for it; should the name that is
    used here go away, they are imported as ever. Not for notebooks, whose owner may compile what needs them.

    Returns
    -------
    bool
        Whether it is prevented.
    """
    from numba.core import entrypoints

    if not hasattr(entrypoints, "_already_initialized"):
        log.info("numba loads its extensions")
        return False
    entrypoints._already_initialized = True
    return True


def without_waiting(document: Document) -> None:
    """Let a page act on what it is told, and send what it says, as soon as it can.

    Panel collects changes for 50 ms. And of a message's parts the network holds back all but the first until that has
    been acknowledged, some 40 ms later, unless it is told not to.

    Parameters
    ----------
    document : bokeh.document.Document
        Of a page whose line is open.
    """
    if hasattr(Syncable, "_debounce"):
        Syncable._debounce = TOGETHER
    session = getattr(document.session_context, "session", None)
    for line in getattr(session, "_subscribed_connections", ()):
        line._socket.set_nodelay(True)


def give_back() -> None:
    """Give free memory back to the system; the C library would keep it for later, after pages that were left, too."""
    with suppress(OSError, AttributeError):  # another C library than that of GNU
        ctypes.CDLL(None).malloc_trim(0)
