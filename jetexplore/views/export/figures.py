"""How are the figures of a card taken away? One sheet of those it shows now, under a name that says what was chosen."""

from __future__ import annotations

from collections.abc import Sequence

from jetexplore.views.export import files
from jetexplore.views.export.offers import EXPORTS
from jetexplore.views.origin import origin
from jetexplore.views.paper import sheet
from jetexplore.views.paper.frames import Frame
from jetexplore.views.state import Choice

WITHOUT = ("table2",)  # cards without a figure


def figure(anchor: str, title: str, choice: Choice, frames: Sequence[Frame], form: str) -> tuple[str, bytes]:
    """Draw the figures of a card for paper.

    Parameters
    ----------
    anchor, title : str
        Of the card.
    choice : Choice
        The selections.
    frames : sequence of Frame
        What the card shows, from ``paper.keys.shown``.
    form : {"png", "svg", "pdf"}
        Of the file.

    Returns
    -------
    name : str
        Tells the card and its selections.
    content : bytes
        The same for the same figures.

    Raises
    ------
    InputError
        Those of ``paper.sheet.file``.

    Examples
    --------
    >>> from jetexplore.views.jets import JetsView
    >>> from jetexplore.views.paper.keys import shown
    >>> name, content = figure("jets", "Jets", Choice(k=1), shown("jets", JetsView(Choice(k=1))), "svg")
    >>> name, content[:5]
    ('jetexplore-figures-jets-0-QCD-medoids-Wass1-1.svg', b'<?xml')
    """
    names = dict.fromkeys(name for one in EXPORTS.get(anchor, ()) for name in one.names)
    content = sheet.file(frames, form, title, origin(anchor, choice, f"figures of '{title}'"))
    return f"{files.name(f'figures-{anchor}', names, choice)}.{form}", content
