"""Where does the optimal plan move transverse momentum? Lines and circles, drawn by the browser from plain numbers."""

from __future__ import annotations

import numpy as np
import param
from panel.custom import JSComponent

from jetexplore.distances.transport import ImagePlan
from jetexplore.views import facet, plots


class PlanPicture(JSComponent):
    """The plan between two jets: circles of areas that grow with pT, filled and open, and a line an arc.

    Parameters
    ----------
    **options
        Of the component.

    Examples
    --------
    >>> picture = PlanPicture()
    >>> picture.title
    ''
    """

    title = param.String(default="", doc="above the picture")
    arcs = param.Bytes(default=b"", doc="(n, 5) little-endian float32: start, end, both (x, y) in rad, and flow")
    colours = param.List(default=[plots.COLOURS["QCD"], plots.OTHER], doc="of the first and of the second jet")

    _esm = (
        facet.script()
        + """
    export function render({model, el}) {
      const one = facet(true), row = made("div", {className: "facets"})
      row.append(one.root)
      el.append(made("style", {textContent: STYLE}), row)
      const circles = (places, colour, filled) => places.forEach(({x, y, mass}) => one.inside.append(drawn("circle", {
        cx: across(x), cy: down(y), r: 1.5 + 13 * Math.sqrt(mass), fill: filled ? colour : "none", "fill-opacity": .75,
        stroke: colour, "stroke-width": 1.5, "data-mass": mass})))
      const summed = (arcs, first) => {
        const found = new Map()
        for (const arc of arcs) {
          const [x, y] = arc.slice(first, first + 2), name = `${x},${y}`
          found.set(name, {x, y, mass: (found.get(name)?.mass ?? 0) + arc[4]})
        }
        return [...found.values()]
      }
      const show = () => {
        const numbers = new Float32Array(model.arcs.slice(0)), arcs = []
        for (let at = 0; at < numbers.length; at += 5) arcs.push([...numbers.subarray(at, at + 5)])
        one.name(model.title)
        one.inside.replaceChildren()
        for (const [x1, y1, x2, y2, flow] of arcs) one.inside.append(drawn("line", {x1: across(x1), y1: down(y1),
          x2: across(x2), y2: down(y2), stroke: FRAME, "stroke-opacity": .75, "stroke-linecap": "round",
          "stroke-width": .6 + 7 * Math.sqrt(flow)}))
        circles(summed(arcs, 0), model.colours[0], true)
        circles(summed(arcs, 2), model.colours[1], false)
      }
      model.on(["title", "arcs", "colours"], show)
      show()
    }
    """
    )

    def __init__(self, **options: object) -> None:
        super().__init__(**{"margin": (4, 10), "width": 345, **options})

    def show(self, plan: ImagePlan, name: str, title: str) -> None:
        """Show this plan instead of that before.

        Parameters
        ----------
        plan : ImagePlan
            Arcs with coordinates and flow.
        name : str
            Class of the first jet, for its colour.
        title : str
            Above the picture.
        """
        arcs = np.column_stack([plan.start, plan.end, plan.flow]).astype("<f4")
        colours = [plots.COLOURS.get(name, plots.OTHER), plots.OTHER]
        self.param.update(title=title, arcs=np.ascontiguousarray(arcs).tobytes(), colours=colours)
