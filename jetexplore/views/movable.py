"""How is a mark moved in a figure that stays as it is? Its numbers go to the browser, and nothing is drawn anew.

HoloViews goes through all that lies over each other in a figure, and works out its ranges, for one line that moved.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from panel.io.document import unlocked

if TYPE_CHECKING:
    from holoviews.plotting.bokeh import ElementPlot


class Movable:
    """Moves an element of figures that have been drawn; an option of the element.

    Examples
    --------
    >>> mark = Movable()
    >>> mark.move(x=[0.5], y=[2.0])  # in no figure yet
    False
    """

    def __init__(self) -> None:
        self._sources: weakref.WeakSet = weakref.WeakSet()

    def hook(self, plot: ElementPlot, element: object) -> None:  # noqa: ARG002
        """Take down where a figure has the numbers of the element; for the option ``hooks``.

        Parameters
        ----------
        plot : holoviews.plotting.bokeh.ElementPlot
            Of the element.
        element : holoviews.Element
            What it draws.
        """
        self._sources.add(plot.handles["source"])

    def move(self, **columns: Sequence[float]) -> bool:
        """Put the element elsewhere.

        Parameters
        ----------
        **columns : sequence of float
            By dimension of the element, all of the same length.

        Returns
        -------
        bool
            Whether there is a figure that shows it, with these columns; otherwise nothing has been moved.
        """
        sources = list(self._sources)
        if not sources or any(set(one.data) != set(columns) for one in sources):
            return False
        with unlocked():
            for source in sources:
                source.data = {name: np.asarray(values, dtype=float) for name, values in columns.items()}
        return True
