"""When does a view follow a selection? Once a change, not before the page is ready, and whatever fails elsewhere."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from jetexplore.views.frozen import frozen

if TYPE_CHECKING:
    from jetexplore.views.state import Choice

log = logging.getLogger(__name__)


def on_change(choice: Choice, names: list[str], act: Callable[[], None | Awaitable[None]]) -> None:
    """Call ``act`` when one of the selections changes, but never before the page is ready.

    A plot that is updated before its page is ready reschedules itself for ever, so changes made until then are
    carried out once, when the page is. A failure is told; it does not keep others from following the same change,
    and what failed is tried again at the next one.

    Parameters
    ----------
    choice : Choice
        The selections.
    names : list of str
        Those to listen to.
    act : callable
        Called without arguments; may be a coroutine function.
    """
    seen = {name: getattr(choice, name) for name in names}

    def is_new() -> bool:
        now = {name: getattr(choice, name) for name in names}
        if not choice.ready or now == seen:
            return False
        seen.update(now)
        return True

    def failed() -> None:
        log.exception("a view failed to follow %s", ", ".join(names))
        seen.clear()
        choice.notify("Part of the page could not be redrawn. The server's log has the details.")

    def changed(*_: object) -> None:
        if is_new():
            try:
                with frozen():
                    act()
            except Exception:
                failed()

    async def changed_async(*_: object) -> None:
        if is_new():
            try:
                await act()
            except Exception:
                failed()

    choice.param.watch(changed_async if inspect.iscoroutinefunction(act) else changed, [*names, "ready"])
