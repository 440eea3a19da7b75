"""How does an axis look on paper? Ticks and their names as on the page, a legend, a bar of colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jetexplore.views.paper.frames import Colours, Scale
from jetexplore.views.paper.inks import colour_map

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
COLUMNS = 4  # of a legend above or below
BESIDE = {  # legends outside the frame
    "right": {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0)},
    "left": {"loc": "upper right", "bbox_to_anchor": (-0.2, 1.0)},
    "top": {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "ncols": COLUMNS},
    "bottom": {"loc": "upper center", "bbox_to_anchor": (0.5, -0.2), "ncols": COLUMNS},
}


def power(value: float, _: object = None) -> str:
    """Write a tick of a logarithmic axis.

    Parameters
    ----------
    value : float
        Of the tick.

    Returns
    -------
    str
        Powers of ten outside 0.1 to 100 as such.

    Examples
    --------
    >>> power(1e-3), power(10.0), power(1e5)
    ('10⁻³', '10', '10⁵')
    """
    from math import isclose, log10

    exponent = round(log10(value)) if value > 0 else 0
    if abs(exponent) > 2 or exponent == -2:
        front = value / 10.0**exponent
        raised = f"10{str(exponent).translate(RAISED)}"
        return raised if isclose(front, 1.0, rel_tol=1e-6) else f"{front:g}·{raised}"
    return f"{value:g}"


def scale(axes: Axes, across: Scale, up: Scale) -> None:
    """Set what is shown of both axes, and their ticks and labels.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Of one figure.
    across, up : Scale
        The two axes.
    """
    axes.set(xscale="log" if across.log else "linear", yscale="log" if up.log else "linear")
    across, up = (_positive(one) for one in (across, up))
    axes.set(xlim=(across.low, across.high), ylim=(up.low, up.high), xlabel=across.label, ylabel=up.label)
    for axis, one in ((axes.xaxis, across), (axes.yaxis, up)):
        _ticks(axis, one)
    for side, one in (("bottom", across), ("left", up)):
        axes.spines[side].set_visible(one.shown)
    for side, one in (("top", across), ("right", up)):
        axes.spines[side].set_visible(one.shown)
    axes.tick_params(direction="in", which="both", top=across.shown, right=up.shown)


def _positive(one: Scale) -> Scale:
    """Give a logarithmic axis that is said to begin at zero, as Bokeh may until it is drawn, a beginning."""
    if not one.log or one.low > 0:
        return one
    ticks = [tick for tick in one.ticks or () if 0 < tick < one.high]
    return one._replace(low=0.3 * min(ticks) if ticks else 1e-4 * one.high)


def _ticks(axis: Axis, one: Scale) -> None:
    from matplotlib import ticker

    def written(value: float, place: object = None) -> str:
        if value in one.names:
            return one.names[value]
        if one.pattern:
            return one.pattern % value
        return power(value, place) if one.log else f"{value:.10g}".replace("-", "−")

    if not one.shown:
        axis.set_major_locator(ticker.NullLocator())
        axis.set_minor_locator(ticker.NullLocator())
        return
    if one.ticks is not None:
        axis.set_major_locator(ticker.FixedLocator(one.ticks))
        axis.set_minor_locator(ticker.NullLocator())
    elif not one.log:
        axis.set_major_locator(ticker.MaxNLocator(6, steps=[1, 2, 5, 10]))
    elif one.high < 30 * one.low:  # powers of ten alone would be one tick or none
        axis.set_major_locator(ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(ticker.FuncFormatter(written))
    if one.log:
        axis.set_minor_formatter(ticker.NullFormatter())


def legend(axes: Axes, handles: Sequence[tuple[Artist, str]], where: str) -> None:
    """Name what is drawn.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Of the figure.
    handles : sequence of tuple
        What was drawn, and its name.
    where : str
        As in `Frame.legend`.
    """
    up, _, side = where.partition("_")
    inside = {"loc": f"{ {'top': 'upper', 'bottom': 'lower'}.get(up, 'center') } {side or 'center'}"}
    inside = {"loc": "center"} if where == "center" else inside
    drawn, names = zip(*handles, strict=True)
    axes.legend(drawn, names, **BESIDE.get(where, inside), borderaxespad=0.6).set_zorder(9)


def bar(axes: Axes, colours: Colours, label: str) -> None:
    """Draw a bar of colours.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Narrow and upright.
    colours : Colours
        Of the figure beside it.
    label : str
        What the colours tell.
    """
    from matplotlib.colorbar import ColorbarBase
    from matplotlib.ticker import FuncFormatter, NullFormatter

    table, norm = colour_map(colours)
    drawn = ColorbarBase(axes, cmap=table, norm=norm)
    if colours.log:
        drawn.ax.yaxis.set_major_formatter(FuncFormatter(power))
        drawn.ax.yaxis.set_minor_formatter(NullFormatter())
    drawn.ax.set_title(label, fontsize=8, loc="left")
