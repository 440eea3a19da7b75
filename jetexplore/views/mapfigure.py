"""How is the map drawn? Pale points, bright ones that are chosen, lines round these, a ring round the marked one."""

from __future__ import annotations

from collections.abc import Callable

import holoviews as hv
import numpy as np
import panel as pn
from bokeh.models import LassoSelectTool, Plot

from jetexplore.anomaly import mapjets
from jetexplore.views import mapplots
from jetexplore.views.curves import WIDE
from jetexplore.views.lasso import strokes
from jetexplore.views.live import together
from jetexplore.views.mapped import Mapped
from jetexplore.views.state import Choice
from jetexplore.views.weakly import weakly

PALE, BRIGHT = 0.15, 0.8


class MapFigure(pn.viewable.Viewer):
    """One figure for life, drawn anew when it is told what has changed.

    Parameters
    ----------
    choice : Choice
        The selections.
    mapped : Mapped
        Places and colours.
    attach : callable
        Takes the figure of Bokeh, to follow the pointer on it.

    Examples
    --------
    >>> _ = hv.extension("bokeh", logo=False)
    >>> from jetexplore.views.lasso import drawn
    >>> choice = Choice(lasso=drawn("", "replace", "Wass(1)", np.array([[-9, -9], [9, -9], [9, 9], [-9, 9]])))
    >>> len(MapFigure(choice, Mapped(choice), print).outline("add").split())
    1
    """

    def __init__(self, choice: Choice, mapped: Mapped, attach: Callable[[Plot], None]) -> None:
        super().__init__()
        self.choice, self.mapped, self._attach = choice, mapped, attach
        self._base, self._bright, self._ring = (
            hv.streams.Counter().rename(counter=name) for name in ("base", "bright", "ring")
        )
        layers = [
            _layer(lambda: self.points(np.ones(len(mapped.places), bool), PALE), self._base),
            _layer(lambda: self.points(mapjets.chosen(strokes(choice.lasso)), BRIGHT), self._bright),
            *(_layer(lambda sign=sign: self.outline(sign), self._bright) for sign in mapjets.SIGNS),
            _layer(lambda: mapplots.ring(mapped.places[choice.at]), self._ring),
        ]
        self.lasso = hv.streams.Lasso(source=layers[0])
        axes = tuple(f"{mapped.method} {number} [arbitrary unit]" for number in (1, 2))
        shown = mapplots.frame(hv.Overlay(layers).collate(), axes).opts(hv.opts.Overlay(hooks=[weakly(self._dress)]))
        self._layout = pn.pane.HoloViews(shown, height=mapplots.HEIGHT, min_width=300, **WIDE)

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the pane."""
        return self._layout

    def move(self) -> None:
        """Draw anew what lies elsewhere."""
        together(self._base, self._bright, self._ring)

    def recolour(self) -> None:
        """Draw anew what has other colours."""
        together(self._base, self._bright)

    def choose(self) -> None:
        """Draw anew which jets are chosen."""
        self._bright.event()

    def mark(self) -> None:
        """Draw anew which jet is marked."""
        self._ring.event()

    def points(self, mask: np.ndarray, alpha: float) -> hv.Points:
        """Draw some jets.

        Parameters
        ----------
        mask : ndarray of bool, shape (n,)
            Which.
        alpha : float
            Opacity.

        Returns
        -------
        holoviews.Points
            In their colours.
        """
        found = self.mapped
        return mapplots.points(found.places[mask], found.jets.names[mask], found.colours[mask], alpha)

    def outline(self, sign: str) -> hv.Path:
        """Draw the lines that were drawn in this space.

        Parameters
        ----------
        sign : str
            Of ``mapjets.SIGNS``.

        Returns
        -------
        holoviews.Path
            Those that add or take away.
        """
        return mapplots.outline([one for one in strokes(self.choice.lasso) if one.space == self.mapped.space], sign)

    def _dress(self, plot: object, _element: object) -> None:
        """Send one event a line, and let the browser draw what is pointed at."""
        figure = plot.state
        figure.toolbar.active_scroll = None  # a wheel scrolls the page
        for tool in figure.tools:
            if isinstance(tool, LassoSelectTool):
                tool.update(continuous=False, persistent=False, renderers=[])  # what is chosen is ours to say
        self._attach(figure)


def _layer(draw: Callable[[], hv.Element], stream: hv.streams.Counter) -> hv.DynamicMap:
    return hv.DynamicMap(lambda **_: draw(), streams=[stream])
