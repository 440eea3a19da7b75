"""What is a server spared? Imports that nothing here needs, waiting for what does not come, and doing things again."""

from __future__ import annotations

import logging

from bokeh.core.property.descriptors import PropertyDescriptor
from bokeh.document import Document
from panel.reactive import Syncable

log = logging.getLogger(__name__)
TOGETHER = 5  # ms for the changes of one gesture to arrive in, which come in one message; Panel's own are 50


def without_extensions() -> bool:
    """Keep numba from importing its registered extensions when it compiles for the first time in this process.

    Packages that come along with readers of files register types of theirs (sympy by way of vector, awkward): more than
    a second and 100 MB of every server, before the first picture. Numba has no setting for it; should the name that is
    used here go away, they are imported as ever. Not for notebooks, whose owner may compile what needs them.

    Returns
    -------
    bool
        Whether it is prevented.
    """
    from numba.core import entrypoints

    if not hasattr(entrypoints, "_already_initialized"):
        log.info("numba loads its extensions")
        return False
    entrypoints._already_initialized = True
    return True


def without_waiting(document: Document) -> None:
    """Let a page act on what it is told, and send what it says, as soon as it can.

    Panel collects changes for 50 ms. And of a message's parts the network holds back all but the first until that has
    been acknowledged, some 40 ms later, unless it is told not to.

    Parameters
    ----------
    document : bokeh.document.Document
        Of a page whose line is open.
    """
    if hasattr(Syncable, "_debounce"):
        Syncable._debounce = TOGETHER
    session = getattr(document.session_context, "session", None)
    for line in getattr(session, "_subscribed_connections", ()):
        line._socket.set_nodelay(True)


def without_repeats() -> bool:
    """Keep Bokeh from working out the defaults of a kind of model again for each model of that kind.

    A page has hundreds of models of some tens of kinds, and most of their properties are left as they are: this is a
    sixth of what it takes to make one. Only values that Bokeh itself takes for the same in all models are remembered,
    and not those of a theme. Should Bokeh's inside change, it is left as it is.

    Returns
    -------
    bool
        Whether they are remembered.
    """
    kind, wanted = PropertyDescriptor, ("instance_default", "has_unstable_default")
    if hasattr(kind.instance_default, "before"):
        return True
    if not all(callable(getattr(kind, name, None)) for name in wanted) or not hasattr(kind, "is_unstable"):
        log.info("Bokeh works out defaults again")
        return False
    default, unstable = kind.instance_default, kind.has_unstable_default
    defaults: dict[tuple[type, str], object] = {}
    kinds: dict[tuple[type, str], bool] = {}

    def has_unstable_default(self: PropertyDescriptor, obj: object) -> bool:
        key = (type(obj), self.name)
        if key not in kinds:
            kinds[key] = unstable(self, obj)
        return kinds[key]

    def instance_default(self: PropertyDescriptor, obj: object) -> object:
        key = (type(obj), self.name)
        if obj.themed_values() is not None or has_unstable_default(self, obj):
            return default(self, obj)
        if key not in defaults:
            defaults[key] = default(self, obj)
        return defaults[key]

    instance_default.before, has_unstable_default.before = default, unstable
    kind.instance_default, kind.has_unstable_default = instance_default, has_unstable_default
    return True
