"""What does a card show now? Its figures as plain arrays and words, copied from the models that the page draws."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import panel as pn

from jetexplore.views.paper.frames import Frame, Scale
from jetexplore.views.paper.layers import colours, layer, plain

if TYPE_CHECKING:
    from bokeh.models import Axis, Model, Plot


SIZE = (420, 320)  # px of the data area of a figure that no browser has laid out yet
DECORATION = 70  # px that axis and labels take away from a figure's height


def frames(content: pn.viewable.Viewable | pn.viewable.Viewer) -> list[Frame]:
    """Copy the figures that are visible, as they are: what is zoomed to is kept.

    Nothing of the page is changed, and nothing of HoloViews' choice of a plot library, which all visitors share. Short:
    to be called on the page's event loop, so that a figure is not changed meanwhile.

    Parameters
    ----------
    content : panel.viewable.Viewable or Viewer
        A card, or part of one.

    Returns
    -------
    list of Frame
        From top left to bottom right.

    Examples
    --------
    >>> import holoviews
    >>> from jetexplore.views.plots import mark
    >>> holoviews.extension("bokeh", logo=False)
    >>> pane = pn.pane.HoloViews(mark(1.0, 2.0))
    >>> _ = pane.get_root()
    >>> [layer.kind for layer in frames(pane)[0].layers]
    ['Scatter']
    """
    return list(_found(content))


def _found(content: object) -> Iterator[Frame]:
    from bokeh.models import Plot

    from jetexplore.views.paper import jetplane

    if isinstance(content, pn.viewable.Viewer):
        yield from _found(content.__panel__())
    elif not getattr(content, "visible", True):
        return
    elif isinstance(content, pn.pane.HoloViews):
        for drawn, _ in list(content._plots.values())[-1:]:
            yield from (_frame(one) for one in drawn.state.select({"type": Plot}) if one.visible)
    elif isinstance(content, jetplane.Pictures):
        yield from jetplane.pictures(content)
    elif isinstance(content, jetplane.PlanPicture):
        yield from jetplane.plan(content)
    else:
        for part in getattr(content, "objects", None) or ():
            yield from _found(part)


def _frame(figure: Plot) -> Frame:
    from bokeh.models import ColorBar

    places = {
        "": figure.center,
        "right": figure.right,
        "left": figure.left,
        "top": figure.above,
        "bottom": figure.below,
    }
    legends = [(one, side or one.location) for side, some in places.items() for one in some if one in figure.legend]
    legends = [(one, side) for one, side in legends if one.visible and one.items]
    names = {
        renderer.id: plain(item.label)
        for one, _ in legends
        for item in one.items
        for renderer in item.renderers[:1]
        if item.visible
    }
    bars = [one for some in places.values() for one in some if isinstance(one, ColorBar) and one.visible]
    others = [one for one in figure.center if hasattr(one, "source") and one.visible]  # error bars
    return Frame(
        title=figure.title.text if figure.title and figure.title.visible else "",
        size=_size(figure),
        across=_scale(figure.below + figure.above, figure.x_range, figure.x_scale),
        up=_scale(figure.left + figure.right, figure.y_range, figure.y_scale),
        layers=[layer(one, names.get(one.id, "")) for one in [*figure.renderers, *others] if one.visible],
        legend=str(legends[0][1]) if legends else "",
        bar=(colours(bars[0].color_mapper), bars[0].title or "") if bars else None,
    )


def _size(figure: Plot) -> tuple[int, int]:
    from bokeh.core.property.descriptors import UnsetValueError

    try:  # told by the browser once it has laid out the page
        width, height = figure.inner_width, figure.inner_height
    except UnsetValueError:
        width = height = None
    down = figure.height - DECORATION if figure.height else SIZE[1]
    return int(width or figure.frame_width or SIZE[0]), int(height or figure.frame_height or max(down, 80))


def _scale(axes: list[Axis], extent: Model, scale: Model) -> Scale:
    from bokeh.models import Axis, LogScale

    axis = next((one for one in axes if isinstance(one, Axis)), None)
    shown = axis is not None and axis.visible
    ticks = getattr(axis.ticker, "ticks", None) if shown else None
    named = dict(axis.major_label_overrides) if shown else {}
    return Scale(
        label=str(axis.axis_label or "") if shown else "",
        low=float(extent.start),
        high=float(extent.end),
        log=isinstance(scale, LogScale),
        shown=shown,
        ticks=None if ticks is None else [float(one) for one in ticks],
        names={float(one): plain(text) for one, text in named.items()},
        pattern=getattr(axis.formatter, "format", "") if shown and hasattr(axis.formatter, "format") else "",
    )
