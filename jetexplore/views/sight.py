"""When does a person come to a part of the page? When it stays in view, or just below it, for a moment."""

from __future__ import annotations

import param
from panel.custom import JSComponent

WATCH = """
    const watched = (model, part) => {  // told once; not before the page is laid out: until then all is near its top
      let soon
      const watcher = new IntersectionObserver(entries => {
        clearTimeout(soon)
        if (!entries[entries.length - 1].isIntersecting) return
        soon = setTimeout(() => {
          watcher.disconnect()
          model.seen = true
        }, 300)
      }, {rootMargin: "0px 0px 400px"})  // soon in view: it is there when the person is
      const begin = () => model.armed && !model.seen && watcher.observe(part)
      model.on("armed", begin)
      begin()
    }
    const waits = (model, line) => {  // says what is on its way
      const write = () => {
        line.textContent = model.waiting
        line.hidden = !model.waiting
      }
      model.on("waiting", write)
      write()
    }
"""


class Sight(JSComponent):
    """Becomes ``seen`` when it stays in view, or little below it, for a moment, once it is ``armed``.

    Parameters
    ----------
    **options
        Of the component.

    Examples
    --------
    >>> Sight(waiting="Loading the map ...").seen
    False
    """

    armed = param.Boolean(default=False, doc="the page is laid out; until then everything is near its top")
    seen = param.Boolean(default=False, doc="somebody has come to it")
    waiting = param.String(default="", doc="what is on its way, told where it will be")

    _esm = (
        WATCH
        + """
    export function render({model, el}) {
      const line = document.createElement("p")
      line.style.cssText = "margin: 10px"
      el.style.minHeight = "1px"
      el.append(line)
      waits(model, line)
      watched(model, el)
    }
    """
    )
