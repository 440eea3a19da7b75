"""How many objects does a server hold? A route tells: ``panel serve --plugins jetexplore.views.bench.counting``."""

from __future__ import annotations

import ctypes
import gc
from collections import Counter

from tornado.web import RequestHandler

from jetexplore.views.state import Choice

KINDS = ("Document", "Viewer", "Plot", "Choice")


def counts(gather: bool = True) -> dict[str, int]:
    """Count what belongs to pages.

    Parameters
    ----------
    gather : bool
        Collect garbage before.

    Returns
    -------
    dict of str to int
        Bokeh documents, views, HoloViews plots, selections, and all objects.

    Examples
    --------
    >>> before = counts()["Choice"]
    >>> kept = Choice()
    >>> counts()["Choice"] - before
    1
    """
    from bokeh.document import Document
    from holoviews.plotting.plot import Plot
    from panel.viewable import Viewer

    settled = gc.get_freeze_count()
    gc.unfreeze()  # what `memory.settle` has put aside is not listed
    if gather:
        for _ in range(3):
            gc.collect()
    found: Counter[str] = Counter()
    every = gc.get_objects()
    for kind, cls in zip(KINDS, (Document, Viewer, Plot, Choice), strict=True):
        found[kind] = sum(issubclass(type(one), cls) for one in every)
    many = len(every)
    del every
    if settled:
        gc.freeze()
    return {**found, "all": many}


class Counts(RequestHandler):
    """Answers with `counts`; ``?trim=1`` also gives free memory back to the system."""

    def get(self) -> None:
        """Count."""
        found = counts()
        if self.get_argument("trim", "") and hasattr(ctypes.CDLL(None), "malloc_trim"):
            ctypes.CDLL(None).malloc_trim(0)
        self.write(found)


ROUTES = [("/counts", Counts, {})]
