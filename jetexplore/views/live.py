"""How does a view follow the selections? One figure for life, redrawn when what it depends on changes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import holoviews as hv
import param

from jetexplore.errors import InputError
from jetexplore.views import drawing
from jetexplore.views.frozen import frozen
from jetexplore.views.state import Choice

log = logging.getLogger(__name__)
SOON = 0.2  # s; what takes no longer is not announced, which would cost as much as doing it


def together(*streams: hv.streams.Counter) -> None:
    """Draw what depends on any of these anew, a figure that depends on several but once.

    Parameters
    ----------
    *streams : holoviews.streams.Counter
        Of pictures that may lie over each other; named apart by ``rename``.
    """
    for stream in streams:
        stream.update()
    hv.streams.Stream.trigger(list(streams))


def after(
    choice: Choice,
    names: list[str],
    prepare: Callable[[], object],
    act: Callable[[], None],
    what: str,
    fail: Callable[[str], None] | None = None,
) -> Callable[[], Awaitable[None]]:
    """Prepare off the event loop when a selection changes, then act; other pages and controls stay alive.

    Parameters
    ----------
    choice : Choice
        The selections.
    names : list of str
        Those that make the preparation necessary.
    prepare : callable
        Long; runs in a thread and must not touch the page. Its result is remembered by the library.
    act : callable
        Short; runs on the page, and only for the latest change.
    what : str
        What is being done, shown to the person if it takes long.
    fail : callable, optional
        Takes the sentence when it failed, instead of a notice.

    Returns
    -------
    callable
        Coroutine function that does both now.
    """
    tell = fail or choice.notify
    latest = {"number": 0}

    async def carry_out() -> None:
        latest["number"] += 1
        number = latest["number"]
        try:
            await _prepared(choice, prepare, what)
            if number == latest["number"]:
                with frozen():
                    act()
        except InputError as error:
            tell(f"{what} failed: {error}")
        except Exception:
            log.exception("%s failed", what)
            tell(f"{what} failed; the view shows what it showed before. The server's log has the details.")
        finally:
            if number == latest["number"] and what in choice.busy:
                choice.busy = [other for other in choice.busy if other != what]

    choice.on_change(names, carry_out)
    return carry_out


def in_turn(
    choice: Choice, steps: list[tuple[str, Callable[[], object], Callable[[], None]]], finish: Callable[[], None]
) -> None:
    """Prepare one thing after the other off the event loop, and act as soon as each is ready.

    Parameters
    ----------
    choice : Choice
        If it changes while something is prepared, that is prepared again before it acts.
    steps : list of tuple
        What is being done; long work for a thread; what follows on the page.
    finish : callable
        Called after the last one, whatever went wrong.
    """

    async def carry_out() -> None:
        for what, prepare, act in steps:
            try:
                before = None
                while before != (now := choice.selections()):
                    before = now
                    await _prepared(choice, prepare, what)
                act()
            except InputError as error:
                choice.notify(f"{what} failed: {error}")
            except Exception:
                log.exception("%s failed", what)
                choice.notify(f"{what} failed. The server's log has the details.")
            finally:
                if what in choice.busy:
                    choice.busy = [other for other in choice.busy if other != what]
        finish()

    param.parameterized.async_executor(carry_out)


def following(
    choice: Choice, work: Callable[[], object], act: Callable[[object], None], what: str
) -> Callable[..., Awaitable[None]]:
    """Do short work off the event loop as often as can be: asked again meanwhile, it is done once more at the end.

    For a slider that is being dragged, whose every place is not worth a thread of its own.

    Parameters
    ----------
    choice : Choice
        Is told of a failure.
    work : callable
        Short; runs in a thread and must not touch the page.
    act : callable
        Takes what the work gave; runs on the page.
    what : str
        What is being done, for the notice of a failure.

    Returns
    -------
    callable
        Coroutine function; takes any arguments, as a watcher.
    """
    state = {"running": False, "again": False}

    async def follow(*_: object) -> None:
        state["again"] = True
        if state["running"]:
            return
        state["running"] = True
        try:
            while state["again"]:
                state["again"] = False
                found = await asyncio.to_thread(work)
                with frozen():
                    act(found)
        except InputError as error:
            choice.notify(f"{what} failed: {error}")
        except Exception:
            log.exception("%s failed", what)
            choice.notify(f"{what} failed; the view shows what it showed before. The server's log has the details.")
        finally:
            state["running"] = False

    return follow


async def _prepared(choice: Choice, prepare: Callable[[], object], what: str) -> None:
    """Prepare in a thread; the selections list it as work in progress if it takes long."""

    def work() -> None:
        drawing.load()  # what follows on the page draws
        prepare()

    preparing = asyncio.ensure_future(asyncio.to_thread(work))
    if not (await asyncio.wait({preparing}, timeout=SOON))[0] and what not in choice.busy:
        choice.busy = [*choice.busy, what]
    await preparing
