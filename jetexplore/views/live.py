"""How does a view follow the selections? One figure for life, redrawn when what it depends on changes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import holoviews as hv

from jetexplore.errors import InputError
from jetexplore.views.state import Choice

log = logging.getLogger(__name__)


def live(choice: Choice, names: list[str], draw: Callable[[], hv.Element]) -> hv.DynamicMap:
    """Draw now, and again whenever one of the named selections changes.

    Parameters
    ----------
    choice : Choice
        The selections.
    names : list of str
        Those the picture depends on.
    draw : callable
        Gives the element, always of one type.

    Returns
    -------
    holoviews.DynamicMap
        Its figure is made once; later only data travel.
    """
    stream = hv.streams.Counter()
    choice.on_change(names, stream.event)
    return hv.DynamicMap(lambda counter: draw(), streams=[stream])  # noqa: ARG005


def after(choice: Choice, names: list[str], prepare: Callable[[], object], act: Callable[[], None], what: str) -> None:
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
        What is being done, shown to the person meanwhile.
    """
    latest = {"number": 0}

    async def carry_out() -> None:
        latest["number"] += 1
        number = latest["number"]
        if what not in choice.busy:
            choice.busy = [*choice.busy, what]
        try:
            await asyncio.to_thread(prepare)
            if number == latest["number"]:
                act()
        except InputError as error:
            choice.notify(f"{what} failed: {error}")
        except Exception:
            log.exception("%s failed", what)
            choice.notify(f"{what} failed; the view shows what it showed before. The server's log has the details.")
        finally:
            if number == latest["number"]:
                choice.busy = [other for other in choice.busy if other != what]

    choice.on_change(names, carry_out)
