"""What is a person told? What is being computed and what went wrong, at the lower right, whatever part is seen."""

from __future__ import annotations

import panel as pn
import panel_material_ui as pmui
import param
from panel.custom import JSComponent

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


class Busy(JSComponent):
    """Tells what is being computed, over the page: what comes and goes inside has all of the page laid out anew.

    Examples
    --------
    >>> Busy(what=["Counting"]).what
    ['Counting']
    """

    what = param.List(default=[], doc="one line each")

    _esm = """
    export function render({model, el}) {
      const style = document.createElement("style"), list = document.createElement("div")
      style.textContent = `
        div {position: fixed; top: 76px; right: 12px; z-index: 1200; font-size: 14px; pointer-events: none;
             display: flex; flex-direction: column; gap: 6px; align-items: flex-end; max-width: 94vw}
        span {background: #0b4f7a; color: #fff; padding: 8px 14px; border-radius: 4px;
              box-shadow: 0 2px 8px rgba(0, 0, 0, .35)}
        span::before {content: ""; display: inline-block; width: .7em; height: .7em; margin-right: .6em;
              border: 2px solid rgba(255, 255, 255, .35); border-top-color: #fff; border-radius: 50%;
              animation: turn 1s linear infinite}
        @keyframes turn {to {transform: rotate(1turn)}}
        @media (prefers-reduced-motion: reduce) {span::before {animation: none}}
      `
      list.setAttribute("role", "status")
      el.append(style, list)
      const show = () => list.replaceChildren(...model.what.map(one =>
        Object.assign(document.createElement("span"), {textContent: one + " ..."})))
      model.on("what", show)
      show()
    }
    """


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
    told = pn.Column(sizing_mode="stretch_width")

    def show_told(*_: object) -> None:
        told.objects = [_closeable(choice, text) for text in choice.notices[-SHOWN:]]

    choice.param.watch(show_told, "notices")
    show_told()
    return pn.Column(told, Busy(what=choice.param.busy), styles=CORNER)


def _closeable(choice: Choice, text: str) -> pmui.Alert:
    shown = alert(text, "warning", closeable=True, sx=GROUND)
    shown.param.watch(lambda event: choice.forget(text) if event.new else None, "closed")
    return shown
