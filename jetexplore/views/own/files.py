"""Whose files may a page show? Those that the operator named, to all; those dropped on a page, to that page only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from jetexplore.anomaly.ownjets import Own
from jetexplore.views.state import Choice


class Held(NamedTuple):
    """A file and what was computed of it."""

    own: Own
    results: dict[tuple[str, str], object]  # ("score", name), ("map", space)


class Operator(NamedTuple):
    """What the operator of the server decided."""

    files: Mapping[str, Held] = {}
    upload: bool | None = None  # None: as the request tells


_decided = [Operator()]


def decide(files: Mapping[str, Held], upload: bool | None) -> None:
    """Say which files every page shows, and whether files may be dropped.

    Parameters
    ----------
    files : mapping of str to Held
        By the name that an address may say; from `opened`.
    upload : bool or None
        None where the request has to tell whether the page is served to this machine only.
    """
    _decided[0] = Operator(dict(files), upload)


def decided_upload() -> bool | None:
    """Give what the operator decided of files that are dropped.

    Returns
    -------
    bool or None
        None if nothing.
    """
    return _decided[0].upload


def offered() -> Mapping[str, Held]:
    """Give the files that every page shows.

    Returns
    -------
    mapping of str to Held
        By name.
    """
    return _decided[0].files


def on_page(choice: Choice) -> dict[str, Held]:
    """List the files that a page may show.

    Parameters
    ----------
    choice : Choice
        Its selections.

    Returns
    -------
    dict of str to Held
        Those of the operator, then what was dropped.
    """
    return {**offered(), **choice.dropped}


def held(choice: Choice) -> Held | None:
    """Give the file that is chosen.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    Held or None
        None if there is none of that name on this page.
    """
    files = on_page(choice)
    return files.get(choice.own or next(iter(files), ""))
