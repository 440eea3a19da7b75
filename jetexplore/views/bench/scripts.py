"""What is run in the browser to time it, and the page that the explorer is compared with."""

from __future__ import annotations

# the same libraries, one datashaded plot of as many points, one control that draws it anew and one that does not
BARE = """
import holoviews as hv, numpy as np, pandas as pd, panel as pn, panel_material_ui as pmui
from holoviews.operation.datashader import rasterize

pn.extension(throttled=True)
hv.extension("bokeh")


@pn.cache
def points(which):
    x, y = np.random.default_rng(ord(which)).gamma(2, size=(2, 499_500)).astype(np.float32)
    return pd.DataFrame({"x": x, "y": y})


select = pmui.Select(label="Data", options=["a", "b"], sizing_mode="stretch_width")
slider = pmui.IntSlider(label="Number", start=0, end=100, sizing_mode="stretch_width")
drawn = hv.DynamicMap(lambda value: hv.Points(points(value), ["x", "y"]), streams={"value": select.param.value})
plot = rasterize(drawn, width=300, height=220, dynamic=True).opts(responsive=True, height=430)
told = pn.pane.Markdown(pn.bind("Number {}".format, slider.param.value_throttled))
pmui.Page(title="bare", sidebar=[select, slider], main=[pn.pane.HoloViews(plot, height=430), told]).servable()
"""
# something has been drawn in the frame of a figure that has a picture or lines: its canvas is not one colour there
PAINTED = """() => {
    const canvases = []
    const walk = root => root.querySelectorAll("*").forEach(e => {
        if (e.tagName == "CANVAS" && e.width && e.clientWidth > 50) canvases.push(e)
        if (e.shadowRoot) walk(e.shadowRoot)
    })
    walk(document)
    return canvases.some(c => {
        const part = c.getContext("2d").getImageData(c.width * .3, c.height * .3, c.width * .4, c.height * .4).data
        const seen = new Set()
        for (let at = 0; at < part.length && seen.size < 4; at += 4)
            if (part[at + 3]) seen.add(part[at] << 16 | part[at + 1] << 8 | part[at + 2])
        return seen.size >= 4
    })
}"""
# from what a person does to the frame after the last change of what is drawn or told
TIMED = """() => {
    const timing = window.timing = {begun: null, at: null, over: false}
    for (const name of ["click", "keydown", "pointerup"])
        window.addEventListener(name, () => { timing.begun = performance.now() }, {capture: true, once: true})
    const seen = new Map()
    const changed = () => {
        let any = false
        for (const document of Bokeh.documents) for (const [id, model] of document._all_models) {
            const drawn = model.data && (model.data.arcs ?? model.data.pixels)  // what components draw themselves
            const now = model.type == "ColumnDataSource" ? model.data : model.text ?? drawn
            if (now === undefined || seen.get(id) === now) continue
            seen.set(id, now)
            any = true
        }
        return any
    }
    changed()
    let owed = 0
    const frame = () => {
        if (changed() && timing.begun !== null) owed = 2
        if (owed > 0 && --owed == 0) timing.at = performance.now()
        if (!timing.over) requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
}"""
QUIET = "quiet => timing.at !== null && performance.now() - timing.at > quiet"
OVER = "() => { timing.over = true; return timing.at - timing.begun }"
