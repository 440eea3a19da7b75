"""What can be taken away from a card? The code that computes it, as text, and its data, as files."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

import panel as pn
import param
from panel.custom import JSComponent

from jetexplore.errors import InputError
from jetexplore.views.code.text import SNIPPETS, code
from jetexplore.views.export import figures, files
from jetexplore.views.export.offers import EXPORTS
from jetexplore.views.paper import keys
from jetexplore.views.paper.sheet import FORMS
from jetexplore.views.state import Choice

log = logging.getLogger(__name__)
Made = tuple[str, bytes]  # name and content of a file


class Tools(JSComponent):
    """A row of buttons in a card: copy its code, see it, save its figures, and a button for each file of its data.

    The code lies in the browser, so copying asks nothing of the server. Files are sent when asked for and not kept, so
    the same one can be asked for twice; a download widget would keep it and stay silent the second time.

    Parameters
    ----------
    choice : Choice
        The selections.
    anchor : str
        Of the card.
    card : str
        Its title.
    content : panel.viewable.Viewable or Viewer, optional
        What it shows; without it, there are no figures to save.

    Examples
    --------
    >>> tools = Tools(Choice(), "scores", "Which jets?")
    >>> tools.files
    ['Scores (CSV)', 'ROC curves (CSV)']
    >>> "sample_scores" in tools.code
    True
    """

    anchor = param.String(default="", doc="of the card")
    card = param.String(default="", doc="title of the card, for who hears the buttons without seeing it")
    code = param.String(default="", doc="of the library")
    files = param.List(default=[], doc="what the buttons say, one a file")
    forms = param.List(default=[], doc="of files that figures are saved as")

    _esm = Path(__file__).with_suffix(".js").read_text("utf-8")

    def __init__(
        self, choice: Choice, anchor: str, card: str, content: pn.viewable.Viewable | pn.viewable.Viewer | None = None
    ) -> None:
        self._content = None if anchor in figures.WITHOUT else content
        self._choice, self._snippet = choice, SNIPPETS[anchor]
        self._exports, self._asked = EXPORTS.get(anchor, ()), set()
        super().__init__(
            anchor=anchor,
            card=card,
            files=[one.label for one in self._exports],
            forms=[] if self._content is None else list(FORMS),
            sizing_mode="stretch_width",
            margin=(6, 10, 10, 10),
        )
        if choice.ready:
            self._write()
        else:  # the first pictures go first
            choice.param.watch(lambda _: self._write(), "ready")
        choice.on_change(list(self._snippet.names), self._write)

    def _write(self) -> None:
        self.code = code(self.anchor, self._choice)

    def _handle_msg(self, data: object) -> None:
        asked = data if isinstance(data, dict) else {}
        number, form = asked.get("file"), asked.get("figure")
        if type(number) is int and 0 <= number < len(self._exports):
            self._begin(number, {"file": number}, self._exports[number].label, lambda: self._file(number))
        elif isinstance(form, str) and form in self.forms:
            self._begin(form, {"figure": form}, f"A figure as {form.upper()}", lambda: self._figure(form))

    def _begin(self, key: object, answer: dict, label: str, ask: Callable[[], Callable[[], Made]]) -> None:
        if key not in self._asked:
            self._asked.add(key)
            param.parameterized.async_executor(lambda: self._send(key, answer, label, ask))

    def _now(self) -> Choice:
        """Give what is asked for, though the person may go on."""
        return Choice(**self._choice.selections(), dropped=self._choice.dropped)

    def _file(self, number: int) -> Callable[[], Made]:
        return partial(files.file, self._exports[number], self._now())

    def _figure(self, form: str) -> Callable[[], Made]:
        return partial(
            figures.figure, self.anchor, self.card, self._now(), keys.shown(self.anchor, self._content), form
        )

    async def _send(self, key: object, answer: dict, label: str, ask: Callable[[], Callable[[], Made]]) -> None:
        """See on the page what is wanted, make it off the event loop and send it."""
        choice, sent = self._choice, {**answer, "failed": True}
        try:
            name, content = await asyncio.to_thread(ask())
            sent = {**answer, "name": name, "content": base64.b64encode(content).decode()}
        except (InputError, FileNotFoundError) as error:
            choice.notify(f"{label} of '{self.card}' could not be made: {error}")
        except Exception:
            log.exception("%s could not be exported", label)
            choice.notify(f"{label} could not be made. The server's log has the details.")
        finally:
            self._asked.discard(key)
            self._send_msg(sent)
