"""What happens when something fails that no one expected? The person is told, the page lives on."""

from __future__ import annotations

import logging
import weakref

import panel as pn
from panel.custom import JSComponent

from jetexplore.views.state import Choice

log = logging.getLogger(__name__)
_counting = logging.getLogger("jetexplore.views")
TOLD = "Something on the page failed; it shows what it showed before. The server's log has the details."


class Tally(logging.Handler):
    """Counts what failed on any page: every failure that was not foreseen is logged as an error.

    Examples
    --------
    >>> tally = Tally()
    >>> tally.handle(logging.makeLogRecord({"levelno": logging.ERROR}))
    True
    >>> tally.failures
    1
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.failures = 0

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002
        """Count one more; the logging module calls it one thread at a time."""
        self.failures += 1


def counted() -> int:
    """Tell how many failures there were since the process began; ``/health`` of ``jetexplore explore`` tells it, too.

    Returns
    -------
    int
        On all pages together.

    Examples
    --------
    >>> counted() >= 0
    True
    """
    for handler in _counting.handlers:
        if isinstance(handler, Tally):
            return handler.failures
    _counting.addHandler(Tally())
    return 0


def watch_over(choice: Choice) -> None:
    """Tell the visitor of whatever fails on this page: a click, a slider, a button, a picture.

    Without it such a failure is seen in the server's log only, and a plot whose click or zoom has failed once never
    reports another one.

    Parameters
    ----------
    choice : Choice
        Takes the notice; not kept alive by this.
    """
    counted()  # from now on
    held = weakref.ref(choice)

    def failed(error: BaseException) -> None:
        from holoviews.plotting.bokeh.callbacks import Callback  # with it comes matplotlib, too much for the start

        log.error("a callback failed", exc_info=error)
        for one in list(Callback._callbacks.values()):
            if one.plot is not None and one.plot.document is pn.state.curdoc and one._active:
                one._active, one._queue, one._event_queue = False, [], []
                one._set_busy(False)
        page = held()
        if page is not None and TOLD not in page.notices:
            page.notify(TOLD)

    if pn.state.curdoc:  # otherwise it would hold for every page
        pn.config.exception_handler = failed


class Names(JSComponent):
    """Gives names and roles to what the widgets leave without, for those who hear the page."""

    _esm = """
    export function render({el}) {
      const watched = new WeakSet()
      let soon = null
      const mend = root => {
        root.querySelectorAll("span[aria-label]:not([role])").forEach(one => one.setAttribute("role", "img"))
        root.querySelectorAll("div[aria-label='Resize sidebar']:not([role])")
          .forEach(one => one.setAttribute("role", "separator"))
        root.querySelectorAll("[role=progressbar]:not([aria-label])")
          .forEach(one => one.setAttribute("aria-label", "Busy"))
        root.querySelectorAll("*").forEach(one => { if (one.shadowRoot) watch(one.shadowRoot) })
      }
      const changed = new Set()
      const later = () => {
        soon = null
        const roots = [...changed]
        changed.clear()
        roots.forEach(mend)
      }
      const watch = root => {
        if (watched.has(root)) return
        watched.add(root)
        new MutationObserver(() => {
          changed.add(root)
          soon = soon || setTimeout(later, 250)
        }).observe(root, {childList: true, subtree: true})
        mend(root)
      }
      watch(document.body)
    }
    """
