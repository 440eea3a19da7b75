"""How is a page spared from looking through all its models after each of several changes? It is told of the last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import panel as pn


@contextmanager
def frozen() -> Iterator[None]:
    """Carry out changes of the page as one.

    After every picture that is drawn anew Bokeh visits each model of the page, thousands of them, to find those that
    have come and gone. Within this block it does so once, at the end. Blocks may lie in each other.

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
