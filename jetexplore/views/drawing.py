"""Can HoloViews draw yet? Its part for Bokeh, which takes a second to load and is not needed for the first pictures."""

from __future__ import annotations

from functools import cache


@cache
def load() -> str:
    """Load what HoloViews draws with; called in a thread before a view is made, for views set options of elements.

    Panel would load it with the first figure that is shown, and a view that is made before has no options to set.

    Returns
    -------
    str
        Name of the plot library.

    Examples
    --------
    >>> load()
    'bokeh'
    """
    import holoviews as hv
    import holoviews.plotting.bokeh  # noqa: F401  registers what it draws

    hv.Store.set_current_backend("bokeh")  # which fills hv.opts
    return hv.Store.current_backend
