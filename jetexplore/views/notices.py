"""What is a person told? What is being computed and what went wrong, at the lower right, whatever part is seen."""

from __future__ import annotations

import panel as pn
import panel_material_ui as pmui

from jetexplore.views.state import Choice

GROUND = {"bgcolor": "background.paper"}  # it lies over other things
SHOWN = 3  # the newest
CORNER = {"position": "fixed", "bottom": "12px", "right": "12px", "max-width": "min(460px, 94vw)", "z-index": "1200"}


def alert(text: str, severity: str = "error", **options: object) -> pmui.Alert:
    """Show a sentence as it is: nothing in it, such as a part of a link, acts as markup.

    Parameters
    ----------
    text : str
        One sentence.
    severity : str
        "error", "warning" or "info".
    **options
        Of `panel_material_ui.Alert`.

    Returns
    -------
    panel_material_ui.Alert
        Dark text on a pale ground, or the reverse on a dark page.
    """
    return pmui.Alert(object=literal(text), severity=severity, variant="outlined", margin=(4, 0), **options)


def literal(text: str) -> str:
    """Write a text so that neither Markdown nor HTML finds anything in it.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        Every character but letters, digits and spaces as a numeric entity.

    Examples
    --------
    >>> literal("<b>")
    '&#60;b&#62;'
    """
    return "".join(one if one.isalnum() or one == " " else f"&#{ord(one)};" for one in text)


def notices(choice: Choice) -> pn.Column:
    """Follow the selections' notices and what is being computed.

    Parameters
    ----------
    choice : Choice
        Whose ``busy`` and ``notices`` are shown; a notice that the person closes is forgotten.

    Returns
    -------
    panel.Column
        Fixed in the corner of the window.
    """
    busy, told = pn.Column(sizing_mode="stretch_width"), pn.Column(sizing_mode="stretch_width")

    def show_busy(*_: object) -> None:
        busy.objects = [alert(f"{what} ...", "info", sx=GROUND) for what in choice.busy]

    def show_told(*_: object) -> None:
        told.objects = [_closeable(choice, text) for text in choice.notices[-SHOWN:]]

    choice.param.watch(show_busy, "busy")
    choice.param.watch(show_told, "notices")
    show_told()
    return pn.Column(told, busy, styles=CORNER)


def _closeable(choice: Choice, text: str) -> pmui.Alert:
    shown = alert(text, "warning", closeable=True, sx=GROUND)
    shown.param.watch(lambda event: choice.forget(text) if event.new else None, "closed")
    return shown
