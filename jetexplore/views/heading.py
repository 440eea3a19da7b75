"""What does a card ask, and what does it show? Its title and a line on it; links and tours come here."""

from __future__ import annotations

import param

from jetexplore.views.sight import WATCH, Sight
from jetexplore.views.tourlist import SHOW


class Heading(Sight):
    """The head of a card, which knows its place: an address that ends in ``#anchor`` and a tour scroll to it.

    Parameters
    ----------
    **options
        Of the component.

    Examples
    --------
    >>> Heading(title="Where do jets lie?", anchor="map").title
    'Where do jets lie?'
    """

    title = param.String(default="", doc="of the card")
    told = param.String(default="", doc="below it")
    anchor = param.String(default="", doc="of the card, in addresses")

    _esm = (
        WATCH
        + """
    const STYLE = `
    h3 {font-size: 18.4px; font-weight: 500; line-height: 1.4; margin: 0; padding: 0 0 12px}
    h3:focus-visible {outline: 2px solid currentColor; outline-offset: 2px}
    p {font-size: 14px; line-height: 1.43; margin: 0 10px}
    .told {opacity: .8; margin-bottom: 8px}
    .waiting {margin: 16px 10px; font-size: 16px}
    `
    const GAP = 10  // px
    export function render({model, el}) {
      const made = (tag, text, name) => Object.assign(document.createElement(tag), {textContent: text, className: name})
      const head = made("h3", model.title, ""), line = made("p", "", "waiting")
      el.append(made("style", STYLE, ""), head, made("p", model.told, "told"), line)
      waits(model, line)
      const stops = () => {  // else keys pass by what is not there yet
        if (model.waiting) head.tabIndex = 0
        else setTimeout(() => { head.tabIndex = -1 }, 2000)  // ms that its content needs to be drawn
      }
      model.on("waiting", stops)
      stops()

      const around = name => {  // the nearest ancestor of a class, through all shadows
        let at = el
        while (at && !(at.classList && at.classList.contains(name)))
          at = at.parentElement || (at.getRootNode() && at.getRootNode().host)
        return at
      }
      watched(model, el)
      let moved = false  // by the person, who has the last word
      let following = null
      const arrive = () => {
        const card = around("question"), frame = around("main-content"), end = Date.now() + 15000
        if (!card) return
        const above = () => frame ? frame.getBoundingClientRect().top : 0  // the bar at the top
        const scroll = () => {
          card.style.scrollMarginTop = GAP + "px"
          card.scrollIntoView({block: "start"})
        }
        moved = false
        clearInterval(following)
        scroll()
        following = setInterval(() => {  // this card and those above get their content later, and change their height
          if (moved || Date.now() > end) return clearInterval(following)
          if (Math.abs(card.getBoundingClientRect().top - above() - GAP) > 2) scroll()
        }, 200)
      }
      const shown = event => event.detail === model.anchor && arrive()
      const linked = () => model.armed && window.location.hash === "#" + model.anchor && arrive()
      for (const name of ["wheel", "touchmove", "keydown", "mousedown"])
        window.addEventListener(name, () => { moved = true }, {passive: true, capture: true})
      window.addEventListener("SHOW", shown)
      window.addEventListener("hashchange", linked)
      model.on("armed", linked)
      linked()
    }
    """
    ).replace("SHOW", SHOW)
