"""What is a card? A question, what answers it, and what can be taken away from it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import NamedTuple

import panel as pn

from jetexplore.errors import InputError
from jetexplore.views.heading import Heading
from jetexplore.views.later import Later
from jetexplore.views.notices import alert
from jetexplore.views.state import Choice
from jetexplore.views.tools import Tools

log = logging.getLogger(__name__)
PAPER = {  # as the theme has it, light or dark
    "background": "var(--panel-surface-color)",
    "color": "var(--panel-on-surface-color)",
    "box-shadow": "var(--mui-shadows-1)",
    "border": "1px solid rgba(128, 128, 140, .25)",  # in the dark a shadow is not seen
    "border-radius": "4px",
    "padding": "12px 16px",
}


class Question(NamedTuple):
    """A question that the page answers."""

    view: Callable[..., pn.viewable.Viewer]  # takes the selections, and what was prepared as keywords
    anchor: str  # in addresses
    title: str
    told: str  # below the title
    name: str = ""  # of what is on its way, for a view that is made later
    height: int = 0  # pixels that are kept free for it, so that the cards below stay out of sight
    prepare: Callable[[Choice], dict[str, object]] | None = None  # long, in a thread
    wait: bool = True  # until it is scrolled to; else only until the first pictures are there


class Card(pn.Column):
    """A card of the page.

    A column of Bokeh in the colours of the theme: a card of the theme's own is five times as many models, which each
    visit makes, sends and looks through.

    Parameters
    ----------
    *content : object
        The first of them a `Heading`.
    **options
        Of the column.

    Examples
    --------
    >>> Card(Heading(title="Where do jets lie?")).title
    'Where do jets lie?'
    """

    def __init__(self, *content: object, **options: object) -> None:
        usual = {"styles": PAPER, "css_classes": ["question"], "sizing_mode": "stretch_width", "margin": (8, 0)}
        super().__init__(*content, **{**usual, **options})

    @property
    def title(self) -> str:
        """The question."""
        return self[0].title


def card(choice: Choice, question: Question) -> Card:
    """Make a card; a view that fails leaves a card that says so.

    Parameters
    ----------
    choice : Choice
        The selections.
    question : Question
        What it answers.

    Returns
    -------
    Card
        With the buttons for its code and its data, once it shows something.

    Examples
    --------
    >>> card(Choice(), Question(lambda choice: pn.Spacer(), "jets", "What do they look like?", "")).title
    'What do they look like?'
    """
    heading = Heading(
        title=question.title,
        told=question.told,
        anchor=question.anchor,
        armed=choice.param.ready,
        sizing_mode="stretch_width",
    )

    def tools(content: object) -> Tools:
        return Tools(choice, question.anchor, question.title, content)

    try:
        if question.prepare is None:
            content = question.view(choice)
        else:
            making = question.view, question.prepare, question.name, question.height, question.wait
            return Card(heading, Later(choice, *making, heading, tools))
    except (FileNotFoundError, InputError) as error:  # the other views live on
        content = alert(f"This view cannot be shown: {error}")
    except Exception:  # Panel would show the visitor its traceback instead of the page
        log.exception("the view %s could not be made", question.anchor)
        content = alert("This view could not be made. The server's log has the details.")
    heading.waiting = ""
    return Card(heading, content, tools(content))
