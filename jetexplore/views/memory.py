"""How does a server keep its memory? What pages used is given back, and what is its own is not searched for garbage."""

from __future__ import annotations

import ctypes
import gc
import weakref
from contextlib import suppress

from tornado.ioloop import IOLoop

SELDOM = 100  # times that the young are looked through before all are; Python's own is 10
QUIET = 5.0  # s without a page until the server looks through what it has
_open: weakref.WeakSet = weakref.WeakSet()


def came(page: object) -> None:
    """Take down that a page is open.

    Parameters
    ----------
    page : object
        That somebody has opened.
    """
    _open.add(page)
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, SELDOM)  # Panel looks through all when a page was left


def left(page: object) -> None:
    """Give back what a page used; when it was the last one, `settle` after a while.

    Parameters
    ----------
    page : object
        That was left.
    """
    _open.discard(page)
    give_back()
    loop = IOLoop.current(instance=False)
    if not _open and loop is not None:
        loop.call_later(QUIET, _settle_if_quiet)


def _settle_if_quiet() -> None:
    if not _open:
        settle()
        give_back()


def settle() -> None:
    """Take all that there is for the server's own, which is there to stay, and no longer look through it for garbage.

    A look through all that the packages hold takes longer than making a page, and falls into somebody's every tenth
    action. What belongs to a page that is open stays until this is called again, when none is.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def give_back() -> None:
    """Give free memory back to the system; the C library would keep it for later, after pages that were left, too."""
    with suppress(OSError, AttributeError):  # another C library than that of GNU
        ctypes.CDLL(None).malloc_trim(0)
