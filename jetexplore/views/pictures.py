"""What do these jets look like? A row of jet images on one logarithmic scale, drawn by the browser from their numbers.

A figure of Bokeh is some thirty models that the server makes, sends and looks through; a row of ten would cost more
than all else on the page. Nothing is dragged or zoomed in these pictures, so a canvas each is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import param
from panel.custom import JSComponent

from jetexplore import jets
from jetexplore.views import facet, plots


class Pictures(JSComponent):
    """Images of jets in a row, two beside each other on a phone; the pointer tells the value of a pixel.

    Parameters
    ----------
    choose : callable, optional
        Takes the place in the row of the picture whose caption was pressed; without it, captions are not buttons.
    **options
        Of the component.

    Examples
    --------
    >>> row = Pictures()
    >>> row.show(["one jet"], np.full((1, 40, 40), 1 / 1600))
    >>> row.titles, row.images.shape
    (['one jet'], (1, 40, 40))
    """

    titles = param.List(default=[], doc="one above each picture")
    captions = param.List(default=[], doc="one below each picture, or none")
    pixels = param.Bytes(default=b"", doc="images one after the other, (n, npix, npix) little-endian float32")
    npix = param.Integer(default=40, doc="pixels along a side")
    edge = param.Number(default=-1.64, doc="rad; left and lower edge of an image, whose axis is a pixel's centre")
    pitch = param.Number(default=0.08, doc="rad; side of a pixel")
    scale = param.List(default=[plots.FAINTEST, 1.0], doc="ends of the colour scale")
    signed = param.List(default=[], doc="places of the pictures that show differences")
    span = param.Number(default=0.1, doc="ends of the linear colour scale of differences")
    colours = param.List(default=[plots.NIGHT, *plots.palette(plots.JET_PALETTE)], doc="too faint first, then rising")
    signed_colours = param.List(default=[], doc="of differences, rising")
    buttons = param.Boolean(default=False, doc="whether captions can be pressed")

    _esm = (
        facet.script()
        + """
    export function render({model, el}) {
      const row = made("div", {className: "facets"}), facets = []
      el.append(made("style", {textContent: STYLE}), row)
      const parsed = some => some.map(one => [1, 3, 5].map(place => parseInt(one.slice(place, place + 2), 16)))
      const make = place => {
        const one = facet(false), read = made("div", {className: "read"}), clip = made("div", {className: "clip"})
        one.canvas = made("canvas")
        Object.assign(clip.style, {left: `${100 * LEFT / WIDE}%`, top: `${100 * TOP / HIGH}%`,
          width: `${100 * SIDE / WIDE}%`, height: `${100 * SIDE / HIGH}%`})
        one.canvas.setAttribute("aria-hidden", "true")  // the drawing has the name
        one.below = made(model.buttons ? "button" : "div", {className: "caption"})
        if (model.buttons) one.below.addEventListener("click", () => model.send_msg({press: place}))
        one.canvas.addEventListener("pointermove", event => {
          const box = one.canvas.getBoundingClientRect(), shown = one.canvas.width
          const limit = value => Math.min(Math.max(value, 0), shown - 1)
          const column = limit(Math.floor((event.clientX - box.left) / box.width * shown))
          const line = limit(Math.floor((event.clientY - box.top) / box.height * shown))
          const value = one.values[line * shown + column], centre = at => model.edge + (at + .5) * model.pitch
          const x = centre(one.first + column), y = centre(one.first + shown - 1 - line)
          read.textContent = `(${x.toFixed(2)}, ${y.toFixed(2)}) rad: ${Number(value.toPrecision(3))}`
          read.style.display = "block"
        })
        one.canvas.addEventListener("pointerleave", () => { read.style.display = "none" })
        clip.append(one.canvas)
        one.plane.append(clip, read)
        one.root.append(one.below)
        return one
      }
      const paint = (one, image, signed) => {
        // the pixels that can be seen, those at the rim in part
        const n = model.npix, within = at => Math.min(Math.max(at, 0), n)
        const first = within(Math.floor((-VIEW - model.edge) / model.pitch + 1e-9))
        const shown = within(Math.ceil((VIEW - model.edge) / model.pitch - 1e-9)) - first
        const part = rad => `${100 * rad / (2 * VIEW)}%`, top = model.edge + (first + shown) * model.pitch
        one.first = first
        Object.assign(one.canvas.style, {left: part(model.edge + first * model.pitch + VIEW), top: part(VIEW - top),
          width: part(shown * model.pitch), height: part(shown * model.pitch)})
        const colours = parsed(signed ? model.signed_colours : model.colours), [low, high] = model.scale.map(Math.log)
        const many = colours.length - !signed, painted = new ImageData(shown, shown)
        one.values = new Float32Array(shown * shown)
        for (let line = 0; line < shown; line++) for (let column = 0; column < shown; column++) {
          const value = image[(first + shown - 1 - line) * n + first + column]  // rows run upwards
          const along = signed ? (value / model.span + 1) / 2 : (Math.log(value) - low) / (high - low)
          const level = Math.min(Math.max(Math.floor(along * many), 0), many - 1)
          const colour = signed ? level : value >= model.scale[0] ? 1 + level : 0
          painted.data.set([...colours[colour], 255], 4 * (line * shown + column))
          one.values[line * shown + column] = value
        }
        one.canvas.width = one.canvas.height = shown
        one.canvas.getContext("2d").putImageData(painted, 0, 0)
      }
      const show = () => {
        const many = model.titles.length, size = model.npix ** 2
        if (model.pixels.byteLength !== 4 * size * many) return  // the other half is on its way
        const images = new Float32Array(model.pixels.slice(0))
        while (facets.length < many) {
          facets.push(make(facets.length))
          row.append(facets[facets.length - 1].root)
        }
        facets.forEach((one, place) => {
          one.root.hidden = place >= many
          one.root.style.display = place < many ? "" : "none"
          if (place >= many) return
          one.name(model.titles[place])
          one.below.textContent = model.captions[place] ?? ""
          one.below.style.display = model.captions[place] ? "" : "none"
          paint(one, images.subarray(place * size, (place + 1) * size), model.signed.includes(place))
        })
      }
      model.on(["titles", "captions", "pixels"], show)
      show()
    }
    """
    )

    def __init__(self, choose: Callable[[int], None] | None = None, **options: object) -> None:
        centres = jets.pixel_centres()
        pitch = float(centres[1] - centres[0])
        options = {"sizing_mode": "stretch_width", "margin": (4, 10), **options}
        edge = float(centres[0]) - pitch / 2
        super().__init__(edge=edge, pitch=pitch, npix=len(centres), buttons=choose is not None, **options)
        self._choose = choose

    @property
    def images(self) -> np.ndarray:
        """Give what is shown.

        Returns
        -------
        ndarray, shape (n, npix, npix), float32
            Fraction of pT, [picture, vertical, horizontal].
        """
        return np.frombuffer(self.pixels, "<f4").reshape(-1, self.npix, self.npix)

    def show(self, titles: Sequence[str], images: Sequence[np.ndarray], captions: Sequence[str] = ()) -> None:
        """Show these pictures instead of those before.

        Parameters
        ----------
        titles : sequence of str
            One a picture.
        images : sequence of ndarray, shape (npix, npix)
            Fraction of pT, [vertical, horizontal].
        captions : sequence of str
            One a picture, or none.

        Raises
        ------
        ValueError
            If there are not as many titles as images.
        """
        some = np.asarray(images, "<f4").reshape(-1, self.npix, self.npix)
        if len(titles) != len(some):
            raise ValueError(f"{len(titles)} titles for {len(some)} images; each image has one.")
        self.param.update(titles=list(titles), captions=list(captions), pixels=some.tobytes())

    def _handle_msg(self, data: object) -> None:
        place = data.get("press") if isinstance(data, dict) else None
        if self._choose and type(place) is int and 0 <= place < len(self.titles):
            self._choose(place)
