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
  row.append(button("\u2190", "Previous jet of the map", -1), number, button("\u2192", "Next jet of the map", 1))
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
    told.textContent = `${named(jet)}, ${which}\nmass ${mass.toFixed(1)} GeV\npT ${pt.toFixed(1)} GeV\n` +
      `${many} particles\nscore ${score.toPrecision(4)}\n${model.told}`
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
