"""How is a page spared from looking through all its models again and again? It does so when some have come or gone.

After every picture that is drawn anew, HoloViews has Bokeh visit each model of the page, many hundreds of them, to find
those that are new or no longer used. New numbers in a figure that is there bring none; then the visit, which costs more
than the picture, is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import panel as pn
from bokeh.document import Document
from bokeh.document.models import DocumentModelManager


class Spared(DocumentModelManager):
    """The models of a page, looked through after changes that bring or remove some, and only then."""

    _stale, _rooted = False, ()

    def invalidate(self) -> None:
        """Take down that models have come or gone, and look them through unless more changes follow."""
        self._stale = True
        super().invalidate()

    def recompute(self) -> None:
        """Look all models through, if the page has not been left meanwhile."""
        if self._roots() is None:
            return
        self._stale, self._rooted = False, self._roots()
        super().recompute()

    def _roots(self) -> tuple[str, ...] | None:
        document = self._document()
        if document is None or not hasattr(document, "_roots"):  # as Bokeh leaves it when the page was left
            return None
        return tuple(root.id for root in document.roots)

    def _pop_freeze(self) -> None:
        if self._freeze_count > 1 or self._stale or self._roots() != self._rooted:
            super()._pop_freeze()
        else:
            self._freeze_count -= 1


def spare(document: Document | None) -> None:
    """Spare a page needless visits of all its models.

    Parameters
    ----------
    document : bokeh.document.Document or None
        Of the page; nothing is done without one.

    Examples
    --------
    >>> page = Document()
    >>> spare(page)
    >>> type(page.models).__name__
    'Spared'
    """
    if document is not None and type(document.models) is DocumentModelManager:
        document.models.__class__ = Spared


@contextmanager
def frozen() -> Iterator[None]:
    """Carry out changes of the page as one: its models are looked through once, at the end, if need be.

    Blocks may lie in each other.

    Yields
    ------
    None
        A failure inside ends the block as it should: Bokeh itself would take in no new model from then on.

    Examples
    --------
    >>> with frozen():
    ...     pass
    """
    document = pn.state.curdoc
    if document is None:
        yield
        return
    models, failure = document.models, None
    with models.freeze():
        depth = models._freeze_count
        try:
            yield
        except BaseException as error:  # noqa: BLE001  raised again below
            failure, models._freeze_count = error, depth  # what HoloViews left frozen when it failed, too
    if failure is not None:
        raise failure
