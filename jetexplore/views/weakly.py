"""How does HoloViews call a view without keeping it? What an element is told to call, it is told for ever."""

from __future__ import annotations

import weakref
from collections.abc import Callable


def weakly(method: Callable[..., None]) -> Callable[..., None]:
    """Call a method as long as what it belongs to is there.

    HoloViews stores the options of every element in one place of the process, ``hooks`` among them, until the element
    is gone. A hook that is a method of a view keeps the view, which keeps the element, which keeps the hook.

    Parameters
    ----------
    method : callable
        Bound; something else must hold its object.

    Returns
    -------
    callable
        Does nothing once the object is gone.

    Examples
    --------
    >>> class View:
    ...     def dress(self, plot, element):
    ...         print(plot, element)
    >>> view = View()
    >>> hook = weakly(view.dress)
    >>> hook("figure", "line")
    figure line
    >>> del view
    >>> hook("figure", "line")
    """
    held = weakref.WeakMethod(method)

    def call(*arguments: object) -> None:
        alive = held()
        if alive is not None:
            alive(*arguments)

    return call
