"""How is a tour taken? By a link in a list that folds away; the page changes as it is."""

from __future__ import annotations

import param
from panel.custom import JSComponent

SHOW = "jetexplore-show"  # event of the window that asks the card named in it to scroll into view


class Tours(JSComponent):
    """A list of links that folds away; a press changes the page as it is, and a copied link opens anew.

    Examples
    --------
    >>> from jetexplore.views.tours import stops
    >>> found = Tours(stops=stops())
    >>> [paper for paper, _ in found.stops]
    ['Fraser et al. (2021)', 'Tsan et al. (2021)']
    """

    armed = param.Boolean(default=False, doc="the page follows its address; until then a link loads it anew")
    stops = param.List(default=[], doc="[paper, [[title, section, sentence, query, card], ...]]")

    _esm = (
        """
    const STYLE = `
    details {font-size: 13px; line-height: 1.4}
    summary {cursor: pointer; font-weight: 600; padding: 6px 2px}
    summary:focus-visible, a:focus-visible {outline: 2px solid currentColor; outline-offset: 2px; border-radius: 2px}
    p {margin: 8px 0 2px; font-weight: 600}
    ul {margin: 0; padding: 0; list-style: none}
    li {margin: 0 0 8px}
    a {color: inherit; text-underline-offset: 3px}
    `
    export function render({model, el}) {
      const made = (tag, text, more = {}) =>
        Object.assign(document.createElement(tag), text === null ? {} : {textContent: text}, more)
      const go = (event, query, card) => {
        if (!model.armed || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
        event.preventDefault()
        if (window.location.search !== query)  // the page follows its address as if a person had gone back to it
          history.pushState({}, "", window.location.pathname + query)
        window.dispatchEvent(new PopStateEvent("popstate"))
        window.dispatchEvent(new CustomEvent("SHOW", {detail: card}))
        model.send_msg({card})
      }
      const details = made("details", null), all = [made("summary", "Tours through the papers")]
      for (const [paper, some] of model.stops) {
        const list = made("ul", null)
        for (const [title, section, told, query, card] of some) {
          const item = made("li", null)
          const link = made("a", `${section}: ${title}`, {href: (query || "?") + "#" + card})
          link.addEventListener("click", event => go(event, query, card))
          item.append(link, made("div", told))
          list.append(item)
        }
        all.push(made("p", paper), list)
      }
      details.append(...all)
      el.append(made("style", STYLE), details)
    }
    """
    ).replace("SHOW", SHOW)
