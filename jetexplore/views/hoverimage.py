"""What does a point of the map look like? Its jet's image, drawn by the browser from bytes that it was sent once."""

from __future__ import annotations

import itertools

import numpy as np
import param
from bokeh.models import CustomJS, Plot
from panel.custom import JSComponent

from jetexplore.anomaly import mapjets
from jetexplore.views import atlas, plots

_keys = itertools.count()
EVENTS = ("mousemove", "mouseleave", "tap")
# of a figure: says where the pointer is, in the figure's units, and how large a pixel of the screen is in them
POINTED = """
const {x_range, y_range, inner_width, inner_height} = figure
window.dispatchEvent(new CustomEvent(key, {detail: {
    kind, x: cb_obj.x, y: cb_obj.y,
    pixel: [(x_range.end - x_range.start) / inner_width, (y_range.end - y_range.start) / inner_height],
}}))
"""


class HoverImage(JSComponent):
    """The image of the jet at the pointer, of the one marked otherwise, with buttons to the next and previous one.

    Pointing asks nothing of the server; pressing a point, a button or typing a number marks a jet, which is ``at``.

    Parameters
    ----------
    jets : MapJets
        Of the map.
    **options
        Of the component.

    Examples
    --------
    >>> len(HoverImage(mapjets.map_jets()).atlas) < 200_000
    True
    """

    atlas = param.Bytes(default=b"", doc="images, from atlas.packed")
    places = param.Bytes(default=b"", doc="(n, 2) little-endian float32")
    facts = param.Bytes(default=b"", doc="(n, 4) little-endian float32: mass, pT, constituents, score")
    numbers = param.List(default=[], doc="[class, how many], in order")
    palette = param.List(default=[], doc="colours from 1e-4 to 1, after that of an empty pixel")
    at = param.Integer(default=0, doc="the jet that is marked")
    key = param.String(default="", doc="name of the window's event that tells where the pointer is")
    told = param.String(default="", doc="what the score is")

    _esm = """
    const SIZE = 40, SHOWN = 30, NEAR = 14  // pixels of an image, of its middle that is shown, of the screen
    const STYLE = `
    :host {display: block}
    .all {display: flex; flex-wrap: wrap; gap: 6px 14px; align-items: flex-start; font-size: 13px; line-height: 1.45}
    canvas {image-rendering: pixelated; border-radius: 4px; display: block}
    .big {width: 240px; height: 240px; max-width: 100%}
    .row {display: flex; gap: 6px; align-items: center; margin-top: 6px; width: 240px; max-width: 100%}
    button, input {font: inherit; color: inherit; background: transparent; padding: 4px 10px; min-height: 32px;
                   border: 1px solid rgba(128,128,140,.6); border-radius: 4px}
    button {cursor: pointer}
    button:hover {background: rgba(128,128,140,.15)}
    button:focus-visible, input:focus-visible {outline: 2px solid currentColor; outline-offset: 1px}
    input {width: 5.2em; flex: 1}
    .told {white-space: pre-line; margin-top: 4px; min-height: 7.5em; max-width: 240px; overflow-wrap: anywhere}
    .told::first-line {font-weight: 600}
    .near {position: fixed; z-index: 1100; pointer-events: none; display: none; padding: 3px; background: #171628;
           color: #fff; font-size: 12px; border-radius: 5px; box-shadow: 0 2px 8px rgba(0,0,0,.4)}
    .near canvas {width: 120px; height: 120px}
    .near span {display: block; text-align: center; padding-top: 2px}
    `
    export function render({model, el}) {
      const made = (tag, more = {}) => Object.assign(document.createElement(tag), more)
      const canvas = className => Object.assign(made("canvas", {className}), {width: SHOWN, height: SHOWN})
      const big = canvas("big"), small = canvas(""), near = made("div", {className: "near"})
      const label = made("span"), told = made("div", {className: "told"}), all = made("div", {className: "all"})
      const row = made("div", {className: "row"}), left = made("div")
      big.setAttribute("role", "img")
      told.setAttribute("role", "status")
      near.append(small, label)
      near.setAttribute("aria-hidden", "true")  // the same is told beside
      const n = model.numbers.reduce((sum, [, many]) => sum + many, 0)
      const number = made("input", {type: "number", min: 0, max: n - 1, step: 1})
      number.setAttribute("aria-label", `Marked jet of the map, 0 to ${n - 1}`)
      const mark = to => { if (Number.isInteger(to) && 0 <= to && to < n) model.at = to }
      const button = (text, name, step) => {
        const one = made("button", {type: "button", textContent: text})
        one.setAttribute("aria-label", name)
        one.addEventListener("click", () => mark((model.at + step + n) % n))
        return one
      }
      row.append(button("\\u2190", "Previous jet of the map", -1), number, button("\\u2192", "Next jet of the map", 1))
      number.addEventListener("change", () => { mark(number.valueAsNumber); number.value = model.at })
      left.append(big, row)
      all.append(left, told)
      el.append(made("style", {textContent: STYLE}), all, near)

      const colours = model.palette.map(one => [1, 3, 5].map(place => parseInt(one.slice(place, place + 2), 16)))
      let images = null, hovered = null, places = [], facts = []
      const draw = (on, jet) => {
        if (!images) return
        const data = new ImageData(SHOWN, SHOWN), edge = (SIZE - SHOWN) / 2
        for (let row = 0; row < SHOWN; row++) for (let column = 0; column < SHOWN; column++) {
          const level = images[(jet * SIZE + SIZE - 1 - edge - row) * SIZE + edge + column]  // rows run upwards
          const many = colours.length - 1, place = Math.min(Math.floor((level - 1) / 254 * many), many - 1)
          data.data.set([...colours[level ? 1 + place : 0], 255], 4 * (row * SHOWN + column))
        }
        on.getContext("2d").putImageData(data, 0, 0)
      }
      const named = jet => {
        let first = 0
        for (const [name, many] of model.numbers) {
          if (jet < first + many) return `${name} jet ${jet - first}`
          first += many
        }
      }
      const show = () => {
        const jet = hovered ?? model.at, [mass, pt, many, score] = facts.slice(4 * jet, 4 * jet + 4)
        const which = hovered === null ? "marked" : "at the pointer"
        draw(big, jet)
        big.dataset.jet = images ? jet : ""
        big.setAttribute("aria-label", `Image of ${named(jet)}`)
        told.textContent = `${named(jet)}, ${which}\\nmass ${mass.toFixed(1)} GeV\\npT ${pt.toFixed(1)} GeV\\n` +
          `${many} particles\\nscore ${score.toPrecision(4)}\\n${model.told}`
        number.value = model.at
      }
      const floats = bytes => new Float32Array(bytes.slice(0))
      const unpack = async () => {
        const stream = new Blob([model.atlas]).stream().pipeThrough(new DecompressionStream("deflate"))
        images = new Uint8Array(await new Response(stream).arrayBuffer())
        show()
      }
      const read = () => { places = floats(model.places); facts = floats(model.facts); show() }

      let pointer = [0, 0]
      const follow = event => { pointer = [event.clientX, event.clientY] }
      const nearest = ({x, y, pixel}) => {
        let best = NEAR ** 2, found = null
        for (let jet = 0; jet < n; jet++) {
          const dx = (places[2 * jet] - x) / pixel[0], dy = (places[2 * jet + 1] - y) / pixel[1]
          const away = dx * dx + dy * dy
          if (away < best) { best = away; found = jet }
        }
        return found
      }
      const pointed = ({detail}) => {
        const jet = detail.kind === "mouseleave" ? null : nearest(detail)
        if (detail.kind === "tap") {
          if (jet !== null) mark(jet)
          return
        }
        if (jet !== null) {
          const across = pointer[0] + 150 > window.innerWidth ? -142 : 16
          const down = pointer[1] + 180 > window.innerHeight ? -160 : 16
          near.style.left = `${pointer[0] + across}px`
          near.style.top = `${pointer[1] + down}px`
        }
        near.style.display = jet === null ? "none" : "block"
        if (jet === hovered) return
        hovered = jet
        if (jet !== null) { draw(small, jet); label.textContent = named(jet) }
        show()
      }
      window.addEventListener("pointermove", follow, {capture: true, passive: true})
      window.addEventListener(model.key, pointed)
      model.on("remove", () => {
        window.removeEventListener("pointermove", follow, {capture: true})
        window.removeEventListener(model.key, pointed)
      })
      model.on(["places", "facts"], read)
      model.on(["at", "told"], show)
      read()
      unpack()
    }
    """

    def __init__(self, jets: mapjets.MapJets, **options: object) -> None:
        names, many = np.unique(jets.names, return_counts=True)
        self._about = np.stack([jets.mass, jets.pt, jets.multiplicity]).astype(np.float32)
        super().__init__(
            atlas=atlas.packed(mapjets.images()),
            numbers=[[name, int(many[names == name][0])] for name in dict.fromkeys(jets.names.tolist())],
            palette=[plots.NIGHT, *plots.palette(plots.JET_PALETTE)],
            key=f"jetexplore-pointed-{next(_keys)}",
            **options,
        )

    def describe(self, places: np.ndarray, scores: np.ndarray, told: str) -> None:
        """Tell where the jets are, and what they score.

        Parameters
        ----------
        places : ndarray, shape (n, 2)
            On the map.
        scores : ndarray, shape (n,)
            Of the jets of the map.
        told : str
            What the score is.
        """
        facts = np.vstack([self._about, scores]).T
        self.param.update(
            places=places.astype("<f4").tobytes(), facts=np.ascontiguousarray(facts, "<f4").tobytes(), told=told
        )

    def attach(self, figure: Plot) -> None:
        """Let a figure tell where the pointer is, in the browser alone.

        Parameters
        ----------
        figure : bokeh.models.Plot
            The map; attached once, however often it is redrawn.
        """
        for kind in EVENTS:
            known = figure.js_event_callbacks.get(kind, [])
            if not any(isinstance(one, CustomJS) and one.args.get("key") == self.key for one in known):
                figure.js_on_event(kind, CustomJS(args={"figure": figure, "key": self.key, "kind": kind}, code=POINTED))
