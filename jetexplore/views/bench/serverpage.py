"""How long does the server work for one thing that a person does? A page of two cards in this process, no browser."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import holoviews as hv
import numpy as np
import panel as pn
import param
from bokeh.document import Document
from panel.io.state import set_curdoc

from jetexplore.anomaly import mapjets
from jetexplore.views import map as mapview
from jetexplore.views import selected
from jetexplore.views.frozen import spare
from jetexplore.views.lasso import strokes
from jetexplore.views.pairs import PairsView
from jetexplore.views.state import Choice

CORNERS = 30
RADIUS = 0.12  # of the map's width and height


def pairs(rounds: int) -> list[float]:
    """Choose one pair after the other.

    Parameters
    ----------
    rounds : int
        So many.

    Returns
    -------
    list of float
        Seconds until the two jets and the plan between them are ready to be sent.
    """
    choice = Choice()
    with _page(PairsView(choice)):
        choice.pair = (0, 499)  # the first one imports the solver
        return [_timed(lambda n=n: setattr(choice, "pair", (n, 500 + n))) for n in range(rounds)]


def lassos(rounds: int) -> tuple[list[float], list[float]]:
    """Draw one line after the other on the map.

    Parameters
    ----------
    rounds : int
        So many.

    Returns
    -------
    first : list of float
        Seconds until map, pairs, numbers and average are ready to be sent; the event loop is busy with it.
    medoids : list of float
        Seconds that a thread then looks for medoids.
    """
    choice, first, medoids = Choice(), [], []
    mapview.prepare(choice)
    view = mapview.MapView(choice)
    with _page(PairsView(choice), view):
        for number in range(rounds + 1):
            line = _circle(view.mapped.places, 0.4 + 0.01 * (number % 20))
            first.append(_timed(lambda line=line: view._draw(line)))
            medoids.append(_timed(lambda: selected.prepare_pictures(choice)))
            if not mapjets.chosen(strokes(choice.lasso)).any():
                raise ValueError("a line round no jet measures nothing")
    return first[1:], medoids[1:]


def _circle(places: np.ndarray, across: float) -> np.ndarray:
    low, high = places.min(0), places.max(0)
    angles = np.linspace(0, 2 * np.pi, CORNERS)
    return low + (high - low) * (np.array([across, 0.5]) + RADIUS * np.stack([np.cos(angles), np.sin(angles)], axis=1))


@contextmanager
def _page(*views: pn.viewable.Viewer) -> Iterator[None]:
    hv.extension("bokeh", logo=False)
    document, carry_out = Document(), param.parameterized.async_executor
    param.parameterized.async_executor = lambda function: None  # noqa: ARG005  what is done in a thread is timed apart
    try:
        spare(document)  # as `explorer.page` does
        with set_curdoc(document):
            pn.Column(*views).server_doc(document)
            views[0].choice.ready = True
            yield
    finally:
        param.parameterized.async_executor = carry_out


def _timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start
