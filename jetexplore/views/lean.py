"""What need not be loaded to serve the page? What other packages register with numba, used by no kernel here."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)


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
