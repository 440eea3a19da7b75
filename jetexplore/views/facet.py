"""What do pictures in the plane of a jet share? Title, frame, ticks and names of the axes, drawn by the browser."""

from __future__ import annotations

from jetexplore.views.plots import ANGLES, GREY, NIGHT, VIEW

TICKS = (-1, 0, 1)  # rad
STYLE = """
:host {display: block}
.facets {display: flex; flex-wrap: wrap; gap: 4px 10px}
.facet {flex: 0 1 250px; width: 250px; min-width: 0; font-size: 12px; margin: 0; position: relative}
.facet.large {flex-basis: 345px; width: 345px}
.facet .title {font-weight: 600; line-height: 1.3; min-height: 1.3em; overflow-wrap: anywhere; padding-left: 15%}
.facet .plane {position: relative}
.facet svg {display: block; width: 100%; height: auto; overflow: visible; color: inherit}
.facet text {fill: currentColor; font-size: 11px; font-family: inherit}
.facet .clip {position: absolute; overflow: hidden}
.facet canvas {position: absolute; image-rendering: pixelated; display: block}
.facet .read {position: absolute; left: 17%; top: 6%; padding: 1px 6px; border-radius: 3px; display: none;
  background: rgba(0, 0, 0, .75); color: #fff; pointer-events: none; font-variant-numeric: tabular-nums}
.facet button {font: inherit; color: inherit; background: transparent; cursor: pointer; padding: 4px 8px;
  min-height: 32px; width: 100%; border: 1px solid rgba(128, 128, 140, .6); border-radius: 4px}
.facet button:hover {background: rgba(128, 128, 140, .15)}
.facet button:focus-visible {outline: 2px solid currentColor; outline-offset: 1px}
@media (max-width: 700px) {
  .facet {flex-basis: calc(50% - 5px); width: calc(50% - 5px)}
  .facet.large {flex-basis: 100%; width: 100%; max-width: 360px}
  .facet:not(.large) text {font-size: 15px}
}
"""
# the frame takes up 38...246 of 250 across and 4...212 of 248 down
SCRIPT = """
const SVG = "http://www.w3.org/2000/svg", LEFT = 38, TOP = 4, SIDE = 208, WIDE = 250, HIGH = 248
const made = (tag, more = {}) => Object.assign(document.createElement(tag), more)
const drawn = (tag, attributes, text) => {
  const one = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) one.setAttribute(name, value)
  if (text !== undefined) one.textContent = text
  return one
}
const across = x => LEFT + (x + VIEW) / (2 * VIEW) * SIDE, down = y => TOP + (VIEW - y) / (2 * VIEW) * SIDE
const facet = large => {
  const root = made("figure", {className: large ? "facet large" : "facet"}), title = made("div", {className: "title"})
  const plane = made("div", {className: "plane"}), svg = drawn("svg", {viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img"})
  const line = (x1, y1, x2, y2) => svg.append(drawn("line", {x1, y1, x2, y2, stroke: "currentColor"}))
  const text = (x, y, what, more) => svg.append(drawn("text", {x, y, "text-anchor": "middle", ...more}, what))
  const inside = drawn("svg", {x: LEFT, y: TOP, width: SIDE, height: SIDE,
    viewBox: `${LEFT} ${TOP} ${SIDE} ${SIDE}`, overflow: "hidden"})
  svg.append(inside, drawn("rect",
    {x: LEFT, y: TOP, width: SIDE, height: SIDE, fill: "none", stroke: FRAME, "stroke-opacity": .6}))
  for (const tick of TICKS) {
    line(across(tick), TOP + SIDE, across(tick), TOP + SIDE + 4)
    line(LEFT - 4, down(tick), LEFT, down(tick))
    const name = String(tick).replace("-", "\\u2212")
    text(across(tick), TOP + SIDE + 15, name)
    text(LEFT - 7, down(tick) + 4, name, {"text-anchor": "end"})
  }
  text(LEFT + SIDE / 2, HIGH - 3, NAMES[0])
  text(0, 0, NAMES[1], {transform: `translate(11, ${TOP + SIDE / 2}) rotate(-90)`})
  plane.append(svg)
  root.append(title, plane)
  const name = what => {
    title.textContent = what
    svg.setAttribute("aria-label", what)
  }
  return {root, plane, svg, inside, name}
}
"""


def script() -> str:
    """Give the part of a component's module that draws frames.

    Returns
    -------
    str
        Defines ``facet(large)``, ``across`` and ``down``, which turn rad into units of the drawing, ``made`` and
        ``drawn``, which make elements of a page and of a drawing.

    Examples
    --------
    >>> "const VIEW = 1.2" in script()
    True
    """
    given = {"VIEW": VIEW, "TICKS": list(TICKS), "NAMES": ANGLES, "FRAME": GREY, "NIGHT": NIGHT, "STYLE": STYLE}
    return "".join(f"const {name} = {_literal(value)}\n" for name, value in given.items()) + SCRIPT


def _literal(value: object) -> str:
    import json

    return json.dumps(value)
