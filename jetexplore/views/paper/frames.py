"""What is a figure, whoever draws it? Plain arrays and words: scales, layers, colours, a legend."""

from __future__ import annotations

from typing import NamedTuple


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
