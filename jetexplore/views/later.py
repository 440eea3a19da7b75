"""When is a section made? When it is scrolled to, or once the page is there: until then the page starts without it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import panel as pn
import param

from jetexplore.views.live import in_turn
from jetexplore.views.notices import alert
from jetexplore.views.sight import Sight
from jetexplore.views.state import Choice

LAID_OUT = 1.5  # s
FAILED = "This section could not be made; the notice says why. Reload the page to try again."


class Later(pn.viewable.Viewer):
    """Room for a view that is prepared off the event loop and built when it is first seen.

    Parameters
    ----------
    choice : Choice
        The selections; the section adds its name to ``reached``.
    view : callable
        Takes the selections, and what was prepared as keywords, and gives the view; short.
    prepare : callable
        Takes the selections and computes what the view shows, as keywords; long, runs in a thread.
    name : str
        Of the section.
    height : int
        Room in pixels that is kept free, so that the sections below stay out of sight.
    wait : bool
        Whether to wait until it is scrolled to; else it is made as soon as the first pictures are there.
    sight : Sight, optional
        What has to be seen, and says what is on its way; if there is none, the section has one of its own.
    below : callable, optional
        Takes the section, once it has its view, and gives what lies below that.

    Examples
    --------
    >>> later = Later(Choice(), lambda choice: pn.Spacer(), lambda choice: {}, "empty", 100)
    >>> later.view is None
    True
    """

    def __init__(
        self,
        choice: Choice,
        view: Callable[..., pn.viewable.Viewable],
        prepare: Callable[[Choice], dict[str, object]],
        name: str,
        height: int,
        wait: bool = True,
        sight: Sight | None = None,
        below: Callable[[Later], pn.viewable.Viewable] | None = None,
    ) -> None:
        super().__init__()
        self.choice, self.view = choice, None
        self._make, self._prepare, self._section, self._below = view, prepare, name, below
        self._begun, self._found = False, {}
        self._layout = pn.Column(min_height=height, sizing_mode="stretch_width")
        self.sight = sight
        if sight is None:
            self.sight = Sight(armed=choice.param.ready)
            self._layout.append(self.sight)
        self.sight.waiting = f"Loading {name} ..."
        choice.on_change(["reached"], self._begin)
        if wait:
            self.sight.param.watch(self._seen, "seen")
        elif choice.ready:  # nobody waits for a page
            self._compute()
            self._fill()
        else:
            choice.param.watch(self._seen, "ready")

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def _seen(self, *_: object) -> None:
        self.choice.reached = [*self.choice.reached, self._section]

    def _begin(self) -> None:
        if self._section in self.choice.reached and not self._begun:
            self._begun = True
            in_turn(self.choice, [(f"Loading {self._section}", self._compute, self._fill)], self._finish)

    def _compute(self) -> None:
        self._found = self._prepare(self.choice)

    def _fill(self) -> None:
        self.view = self._make(self.choice, **self._found)
        self._show(self.view, *([self._below(self)] if self._below else []))

    def _show(self, *content: object) -> None:
        self.sight.waiting = ""
        self._layout.objects = list(content)
        document = pn.state.curdoc
        if document and document.session_context:
            param.parameterized.async_executor(self._shrink)
        else:
            self._layout.min_height = None

    async def _shrink(self) -> None:
        """Keep the room until the content has been laid out in it: a card that folds up meanwhile moves the page."""
        await asyncio.sleep(LAID_OUT)
        self._layout.min_height = None

    def _finish(self) -> None:
        if self.view is None:
            self._show(alert(FAILED))
