"""What does a glyph look like? Its columns and colours, copied from the model that the page draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from jetexplore.views.paper.frames import Colours, Layer

if TYPE_CHECKING:
    from bokeh.models import ColorMapper, Model


def layer(model: Model, name: str) -> Layer:
    """Copy a glyph or annotation, with its name in the legend."""
    glyph = getattr(model, "glyph", None)
    source = getattr(model, "data_source", None) or getattr(model, "source", None)
    data: Mapping[str, object] = source.data if source else {}
    drawn = glyph or model
    looks = {key: _resolved(value, data) for key, value in drawn.properties_with_values().items()}
    if "color_mapper" in looks:
        looks["color_mapper"] = colours(looks["color_mapper"])
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
    scale = colours(mapper)
    values = np.asarray(column, dtype=float)
    low, high = scale.low, scale.high
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.log(values / low) / np.log(high / low) if scale.log else (values - low) / (high - low)
    rank = np.clip(np.nan_to_num(part) * len(palette), 0, len(palette) - 1).astype(int)
    return [palette[one] if good else scale.empty for one, good in zip(rank, np.isfinite(values), strict=True)]


def colours(mapper: ColorMapper) -> Colours:
    """Copy how numbers become colours."""
    from bokeh.models import LogColorMapper

    log = isinstance(mapper, LogColorMapper)
    return Colours(list(mapper.palette), float(mapper.low), float(mapper.high), log, mapper.nan_color)


def plain(text: object) -> str:
    """Give a text, whatever Bokeh holds it in."""
    return str(getattr(text, "value", getattr(text, "text", text)) or "")
