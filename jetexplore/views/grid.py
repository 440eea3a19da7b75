"""How are many numbers shown so that a row can be chosen by pointer, keyboard or screen reader? A plain HTML table."""

from __future__ import annotations

from collections.abc import Callable

import param
from panel.custom import JSComponent


class Grid(JSComponent):
    """A table of text whose rows begin with a button; it asks nothing of the network.

    Nothing in its texts acts as markup. ``rows`` are drawn anew when they change; ``current`` only marks them.

    Examples
    --------
    >>> grid = Grid(rows=[["a", [["0.81", 0]]]])
    >>> grid.on_choose(lambda row: print("row", row))
    >>> grid._handle_msg({"row": 0}), grid._handle_msg({"row": 5}), grid._handle_msg("nonsense")
    row 0
    (None, None, None)
    """

    corner = param.String(default="", doc="heading of the column of buttons")
    groups = param.List(default=[], doc="[heading, number of columns] of neighbouring columns")
    columns = param.List(default=[], doc="headings of the columns")
    rows = param.List(default=[], doc="[text of the button, [[text, level or -1], ...]]")
    current = param.List(default=[], doc="numbers of the rows that are chosen")
    label = param.String(default="", doc="what the table holds, for who cannot see it")

    _esm = """
    const STYLE = `
    .frame {overflow: auto; max-height: 520px; border: 1px solid rgba(128,128,140,.45); border-radius: 4px}
    table {border-collapse: separate; border-spacing: 0; font-size: 13px; width: 100%}
    th, td {padding: 3px 8px; text-align: right; white-space: nowrap; border-bottom: 1px solid rgba(128,128,140,.25)}
    thead th {position: sticky; background: var(--ground); z-index: 2; font-weight: 600}
    thead tr:nth-child(1) th {top: 0; height: 29px; box-sizing: border-box; text-align: center}
    thead tr:nth-child(2) th {top: 29px}
    thead th:first-child, tbody th {position: sticky; left: 0; text-align: left; background: var(--ground); z-index: 1}
    thead th:first-child {z-index: 3; top: 0}
    @media (max-width: 600px) {
      th, td {padding: 3px 5px; font-size: 12px} thead th:first-child, tbody th {white-space: normal; max-width: 96px}
    }
    .first {border-left: 2px solid rgba(128,128,140,.6)}
    button {all: unset; cursor: pointer; display: block; width: 100%; font-weight: 400; text-decoration: underline;
            text-decoration-color: rgba(128,128,140,.6); text-underline-offset: 3px}
    button:focus-visible {outline: 2px solid currentColor; outline-offset: 1px; border-radius: 2px}
    button[aria-pressed=true] {font-weight: 700}
    button[aria-pressed=true]::before {content: "► "; content: "► " / ""}
    tr:hover td {background-image: linear-gradient(rgba(128,128,140,.15), rgba(128,128,140,.15))}
    .l0 {background: rgba(0,158,115,.16)} .l1 {background: rgba(240,228,66,.18)}
    .l2 {background: rgba(230,159,0,.34)} .l3 {background: rgba(213,94,0,.5)}
    `
    export function render({model, el}) {
      const made = (tag, text, more = {}) =>
        Object.assign(document.createElement(tag), text === null ? {} : {textContent: text}, more)
      const frame = made("div", null, {className: "frame", tabIndex: 0})
      const table = made("table", null)
      frame.setAttribute("role", "region")
      frame.append(table)
      el.append(made("style", STYLE), frame)
      const ground = () => {
        let at = el, found = ""
        while (at && !found) {
          const colour = getComputedStyle(at).backgroundColor
          if (colour && !/, 0\\)$|transparent/.test(colour)) found = colour
          at = at.parentElement || (at.getRootNode() && at.getRootNode().host)
        }
        frame.style.setProperty("--ground", found || "Canvas")
      }
      const buttons = () => [...table.querySelectorAll("tbody button")]
      const stop = at => buttons().forEach((button, number) => { button.tabIndex = number === at ? 0 : -1 })
      const mark = () => {
        buttons().forEach((button, number) =>
          button.setAttribute("aria-pressed", String(model.current.includes(number))))
        stop(Math.max(model.current[0] ?? 0, 0))  // a hundred rows are one stop of the tab key
      }
      const STEPS = {ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity}
      table.addEventListener("keydown", event => {
        const all = buttons(), at = all.indexOf(event.target)
        if (at < 0 || !(event.key in STEPS)) return
        event.preventDefault()
        const next = Math.min(Math.max(at + STEPS[event.key], 0), all.length - 1)
        stop(next)
        all[next].focus()
      })
      const draw = () => {
        table.setAttribute("aria-label", model.label)
        frame.setAttribute("aria-label", model.label)
        const starts = new Set(), head = made("thead", null), body = made("tbody", null)
        const above = made("tr", null), below = made("tr", null)
        above.append(made("th", model.corner, {scope: "col", rowSpan: 2}))
        let at = 0
        for (const [text, size] of model.groups) {
          starts.add(at)
          above.append(made("th", text, {scope: "colgroup", colSpan: size, className: "first"}))
          at += size
        }
        model.columns.forEach((text, number) =>
          below.append(made("th", text, {scope: "col", className: starts.has(number) ? "first" : ""})))
        head.append(above, below)
        model.rows.forEach(([text, cells], number) => {
          const row = made("tr", null), first = made("th", null, {scope: "row"})
          const button = made("button", text, {type: "button"})
          button.addEventListener("click", () => model.send_msg({row: number}))
          first.append(button)
          row.append(first)
          cells.forEach(([said, level], column) => row.append(made("td", said, {
            className: (starts.has(column) ? "first " : "") + (level >= 0 ? "l" + level : "")})))
          body.append(row)
        })
        table.replaceChildren(head, body)
        mark()
        ground()
      }
      for (const name of ["rows", "columns", "groups"]) model.on(name, draw)
      model.on("current", mark)
      new MutationObserver(ground).observe(document.documentElement, {attributes: true})
      new MutationObserver(ground).observe(document.body, {attributes: true})
      draw()
      requestAnimationFrame(ground)
    }
    """

    def __init__(self, **params: object) -> None:
        super().__init__(**params)
        self._listeners: list[Callable[[int], None]] = []

    def on_choose(self, act: Callable[[int], None]) -> None:
        """Call ``act`` with the number of a row when its button is pressed.

        Parameters
        ----------
        act : callable
            Takes the number.
        """
        self._listeners.append(act)

    def _handle_msg(self, data: object) -> None:
        number = data.get("row") if isinstance(data, dict) else None
        if type(number) is int and 0 <= number < len(self.rows):  # whatever a browser says
            for act in self._listeners:
                act(number)
