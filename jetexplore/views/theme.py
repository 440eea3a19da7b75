"""Light or dark? As the person's system has it, until the person presses the button at the top."""

from __future__ import annotations

from panel.custom import JSComponent


class SystemTheme(JSComponent):
    """Turns the page dark where the system is, and follows it; seen by no one.

    The theme is the browser's affair: a visitor whose system is light costs nothing, and nobody's page is loaded twice.

    Examples
    --------
    >>> SystemTheme().width
    0
    """

    _esm = """
    export function render({model, el}) {
      el.style.display = "none"
      const models = () => Bokeh.documents.flatMap(document => [...document.all_models])
      const page = models().find(one => one.class_name === "Page")
      const wanted = window.matchMedia("(prefers-color-scheme: dark)")
      if (!page) return
      let last = page.data.dark_theme
      const follow = () => {
        if (page.data.dark_theme !== last) return  // the person has chosen
        last = wanted.matches
        if (page.data.dark_theme !== last) page.data.dark_theme = last
      }
      // a figure that is told its colours before it has been laid out fails, and the page with it
      const drawing = () => models().some(one => one.type.endsWith("Figure"))
        && !Bokeh.documents.every(one => one.is_idle)
      const careful = () => drawing() ? setTimeout(careful, 200) : follow()
      wanted.addEventListener("change", careful)
      careful()
    }
    """

    def __init__(self, **options: object) -> None:
        super().__init__(**{"width": 0, "height": 0, "margin": 0, **options})
