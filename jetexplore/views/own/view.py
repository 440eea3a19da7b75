"""What about my jets? A file that was named or dropped: scored and shown beside the sample, in the background."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import panel as pn
import panel_material_ui as pmui
import param

from jetexplore.anomaly import namedscores
from jetexplore.anomaly.ownjets import Stopped
from jetexplore.views import sides
from jetexplore.views.live import after
from jetexplore.views.own import admission, files, reading, results, text
from jetexplore.views.own.drop import Drop
from jetexplore.views.own.figures import OwnFigures
from jetexplore.views.scores import SCORED
from jetexplore.views.state import Choice
from jetexplore.views.wrapping import wrapped

DEPENDS = ["own", "own_score", *SCORED, "network", "score", "space"]
SCORING = "Scoring your jets"
BAR = (
    '<progress style="width:100%" max="{1}" value="{0}" aria-label="Jets scored"></progress> {0:,} of {1:,} jets scored'
)


class OwnView(pn.viewable.Viewer):
    """One's own jets, by any score of the page.

    Parameters
    ----------
    choice : Choice
        The selections; listens to the file, the score and what it follows, the space of the map.

    Examples
    --------
    >>> OwnView().badge.object  # without a file
    ''
    """

    def __init__(self, choice: Choice | None = None) -> None:
        super().__init__()
        self.choice, self.figures = choice or Choice(), OwnFigures()
        self._stop, self._done = threading.Event(), (0, 1)
        self.badge, self.summary, self.bar = (pn.pane.HTML(sizing_mode="stretch_width", margin=(4, 10)) for _ in "123")
        self.stop = pmui.Button(label="Stop scoring", variant="outlined", visible=False, margin=(4, 10))
        self.stop.on_click(lambda _: self._stop.set())
        self.file = pmui.Select(label="File", options=[], width=260, visible=False)
        self.file.param.watch(self._choose, "value")
        self._score = wrapped(self.file, sides.Side(self.choice, "own_score", "Scored by"), gap="4px 12px")
        may = admission.may_drop()
        self.drop = Drop(self._take, reading.MOST) if may else pn.Spacer(height=0)
        said = pn.pane.HTML(text.ALLOWED if may else text.REFUSED, margin=(0, 12), sizing_mode="stretch_width")
        self._tell()
        carry = after(self.choice, DEPENDS, self._prepare, self._show, SCORING)
        self.choice.on_change(DEPENDS, self._watch)
        self._layout = pn.Column(
            self.badge, self.drop, said, self._score, self.summary, self.bar, self.stop, self.figures,
            sizing_mode="stretch_width",
        )  # fmt: skip
        if self.choice.ready:
            self._prepare()
            self._show()
        elif files.held(self.choice):
            self.choice.param.watch(lambda _: self._begin(carry), "ready")

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def _begin(self, *tasks) -> None:  # noqa: ANN002
        for task in (*tasks, self._watch):
            param.parameterized.async_executor(task)

    def _meant(self) -> tuple[str, str]:
        name = sides.meant(self.choice, "own_score")
        return name if namedscores.exists(name) else sides.INSTEAD, self.choice.space

    def _prepare(self) -> None:
        """Compute what is to be shown; only the newest request goes on."""
        held, mine = files.held(self.choice), threading.Event()
        before, self._stop, self._done = self._stop, mine, (0, 1)
        before.set()
        if held is None:
            return

        def progress(done: int, of: int) -> None:
            if mine is self._stop:
                self._done = done, of

        with contextlib.suppress(Stopped):
            results.compute(held, *self._meant(), progress, mine.is_set)

    async def _watch(self) -> None:
        """Show how far it is, for as long as it lasts."""
        await asyncio.sleep(0.2)
        while SCORING in self.choice.busy and files.held(self.choice):
            self.stop.visible = not self._stop.is_set()
            self.bar.object = BAR.format(*self._done)
            await asyncio.sleep(0.4)
        self.stop.visible, self.bar.object = False, ""

    def _show(self) -> None:
        self._tell()
        held, meant = files.held(self.choice), self._meant()
        found = results.results(held, *meant) if held else None
        self.figures.__panel__().visible = found is not None or held is None
        if found is not None:
            self.figures.show(held, *meant, found)
        elif held:
            self.summary.object += "<p><b>Stopped.</b> Choose another score to go on.</p>"

    def _tell(self) -> None:
        held, choice = files.held(self.choice), self.choice
        self.badge.object = text.badge(held.own if held else None)
        self.summary.object = text.summary(held.own) if held else text.missing(choice.own)
        self._score.visible = bool(held)
        names = {f"{one.own.name} ({name})": name for name, one in files.on_page(choice).items()}
        self.file.param.update(options=names, value=(choice.own or next(iter(names.values()), None)) if held else None)
        self.file.visible = len(names) > 1

    def _choose(self, event: param.parameterized.Event) -> None:
        if event.new and event.new != (self.choice.own or next(iter(files.on_page(self.choice)), "")):
            self.choice.own = event.new

    async def _take(self, name: str, content: bytes) -> str:
        held = await asyncio.to_thread(reading.parsed, name, content)
        number = max((int(one.rpartition("-")[2]) for one in self.choice.dropped), default=0) + 1
        self.choice.param.update(dropped={f"dropped-{number}": held}, own=f"dropped-{number}")
        return f"{held.own.name}: {len(held.own.jets):,} jets, shown here and nowhere else."


def prepare(_: Choice) -> dict[str, object]:
    """Prepare nothing: there is no file yet.

    Returns
    -------
    dict
        Empty.
    """
    return {}
