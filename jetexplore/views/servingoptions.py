"""How is the explorer served, and to whom? What its operator says, and what follows from it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jetexplore.errors import InputError

LOOPBACK = ("localhost", "127.0.0.1")
ORIGIN = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?")


class Options(NamedTuple):
    """How the explorer is served."""

    port: int = 5006  # 0: any
    address: str = "127.0.0.1"
    origins: tuple[str, ...] = ()  # hosts, besides this machine, whose pages may open a websocket
    basic_auth: str | None = None  # a file of names and passwords, or one password
    show: bool = True
    max_pages: int = 30
    warm: bool = True
    files: tuple[str, ...] = ()  # of one's own jets, shown to all
    upload: bool = False  # whether any visitor may drop a file; on a page for this machine alone they may anyway
    reading: Mapping[str, object] = {}  # how the files are read, as for ``jets.read``


def origins(given: Sequence[str], port: int) -> list[str]:
    """List the hosts whose pages may open a websocket.

    Parameters
    ----------
    given : sequence of str
        Such as ``"jets.example.org"`` or ``"jets.example.org:8000"``.
    port : int
        The server's own.

    Returns
    -------
    list of str
        This machine by its names, and those given.

    Raises
    ------
    InputError
        ``E_ORIGIN`` for what is no host: ``*`` would let the page of any site read and steer the explorer.

    Examples
    --------
    >>> origins(["jets.example.org"], 5006)[-1]
    'jets.example.org'
    """
    for origin in given:
        if not ORIGIN.fullmatch(origin):
            expected = "a host with or without a port, such as jets.example.org:8000"
            raise InputError("E_ORIGIN", f"origin {origin!r}", expected, where="--allow-websocket-origin")
    return [f"{name}:{port}" for name in LOOPBACK] + list(given)


def may_drop(options: Options) -> bool | None:
    """Tell whether any visitor may drop a file.

    Parameters
    ----------
    options : Options
        How the explorer is served.

    Returns
    -------
    bool or None
        None where the request decides: a server that listens to this machine and to no page of another host.

    Examples
    --------
    >>> may_drop(Options(address="0.0.0.0"))
    False
    """
    if options.upload:
        return True
    return None if options.address in LOOPBACK and not options.origins else False
