"""Can HoloViews draw yet? Its part for Bokeh, which takes a second to load and is not needed for the first pictures."""

from __future__ import annotations

from functools import cache


@cache
def load() -> str:
    """Load what HoloViews draws with; called in a thread before a view is made, for views set options of elements.

    Panel would load it with the first figure that is shown, and a view that is made before has no options to set.
    Figures are drawn without WebGL: the browser's own drawing of a picture and two thousand points takes a few
    milliseconds, and what WebGL has drawn is copied into it afterwards, 0.15 s where there is no graphics card.

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
    hv.Store.renderers["bokeh"].webgl = False
    return hv.Store.current_backend
