"""What does a card show now? Its figures as plain arrays and words, copied from the models that the page draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import panel as pn

if TYPE_CHECKING:
    from bokeh.models import Axis, ColorMapper, Model, Plot

SIZE = (420, 320)  # px of the data area of a figure that no browser has laid out yet
DECORATION = 70  # px that axis and labels take away from a figure's height


class Scale(NamedTuple):
    """One axis."""

    label: str
    low: float
    high: float
    log: bool
    shown: bool
    ticks: list[float] | None  # None: wherever they fit
    names: dict[float, str]  # of ticks that do not show their number
    pattern: str  # such as "%.2g"; empty for the usual


class Colours(NamedTuple):
    """How numbers become colours."""

    palette: list[str]
    low: float
    high: float
    log: bool
    empty: str | tuple  # of NaN


class Layer(NamedTuple):
    """One glyph or annotation: its columns and looks."""

    kind: str  # the name of its model, such as "Line"
    looks: dict[str, object]  # columns are arrays, all else one value
    name: str  # in the legend; empty if it is not there


class Frame(NamedTuple):
    """One figure."""

    title: str
    size: tuple[int, int]  # px of the data area
    across: Scale
    up: Scale
    layers: list[Layer]
    legend: str  # where: such as "top_right", or "right" of it; empty for none
    bar: tuple[Colours, str] | None  # of colours, with what they tell


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
        renderer.id: _plain(item.label)
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
        layers=[_layer(one, names.get(one.id, "")) for one in [*figure.renderers, *others] if one.visible],
        legend=str(legends[0][1]) if legends else "",
        bar=(_colours(bars[0].color_mapper), bars[0].title or "") if bars else None,
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
        names={float(one): _plain(text) for one, text in named.items()},
        pattern=getattr(axis.formatter, "format", "") if shown and hasattr(axis.formatter, "format") else "",
    )


def _layer(model: Model, name: str) -> Layer:
    glyph = getattr(model, "glyph", None)
    source = getattr(model, "data_source", None) or getattr(model, "source", None)
    data: Mapping[str, object] = source.data if source else {}
    drawn = glyph or model
    looks = {key: _resolved(value, data) for key, value in drawn.properties_with_values().items()}
    if "color_mapper" in looks:
        looks["color_mapper"] = _colours(looks["color_mapper"])
    return Layer(type(drawn).__name__, looks, name)


def _resolved(value: object, data: Mapping[str, object]) -> object:
    from bokeh.core.property.vectorization import Field, Value

    if isinstance(value, Value):
        return value.value
    if not isinstance(value, Field):
        return value
    column = data.get(value.field, [])
    column = column if isinstance(column, list) else np.array(column)
    mapper = getattr(value, "transform", None)
    return _mapped(column, mapper) if hasattr(mapper, "palette") else column


def _mapped(column: np.ndarray | list, mapper: ColorMapper) -> list[str]:
    palette = list(mapper.palette)
    if hasattr(mapper, "factors"):
        known = {factor: palette[rank % len(palette)] for rank, factor in enumerate(mapper.factors)}
        return [known.get(one, mapper.nan_color) for one in column]
    scale = _colours(mapper)
    values = np.asarray(column, dtype=float)
    low, high = scale.low, scale.high
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.log(values / low) / np.log(high / low) if scale.log else (values - low) / (high - low)
    rank = np.clip(np.nan_to_num(part) * len(palette), 0, len(palette) - 1).astype(int)
    return [palette[one] if good else scale.empty for one, good in zip(rank, np.isfinite(values), strict=True)]


def _colours(mapper: ColorMapper) -> Colours:
    from bokeh.models import LogColorMapper

    log = isinstance(mapper, LogColorMapper)
    return Colours(list(mapper.palette), float(mapper.low), float(mapper.high), log, mapper.nan_color)


def _plain(text: object) -> str:
    return str(getattr(text, "value", getattr(text, "text", text)) or "")
