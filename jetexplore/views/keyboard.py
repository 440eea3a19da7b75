"""What is missing for who has a keyboard only? A list of choices that opens."""

from __future__ import annotations

from panel.custom import JSComponent


class Keyboard(JSComponent):
    """Opens a list of choices with Enter, space or an arrow, as a press on it does; seen by no one.

    The lists of Panel Material UI open for a pointer alone, for they are told whether they are open.

    Examples
    --------
    >>> Keyboard().width
    0
    """

    _esm = """
    export function render({model, el}) {
      el.style.display = "none"
      const opens = event => {
        const list = event.composedPath()[0]
        if (!["Enter", " ", "ArrowDown", "ArrowUp"].includes(event.key) || !list.matches) return
        if (!list.matches(".MuiSelect-select[role=combobox][aria-expanded=false]:not([aria-disabled=true])")) return
        event.preventDefault()
        // letting go of the space bar chooses what has the focus: it must not be in the list yet
        if (event.type === (event.key === " " ? "keyup" : "keydown")) list.click()
      }
      for (const kind of ["keydown", "keyup"]) window.addEventListener(kind, opens, {capture: true})
      model.on("remove", () => {
        for (const kind of ["keydown", "keyup"]) window.removeEventListener(kind, opens, {capture: true})
      })
    }
    """

    def __init__(self, **options: object) -> None:
        super().__init__(**{"width": 0, "height": 0, "margin": 0, **options})
