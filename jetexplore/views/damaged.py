"""Which networks cannot be used, and why? They are shown, greyed, with the reason."""

from __future__ import annotations

import html

from jetexplore import models

GRAPH = "pgae-"  # how the files of graph autoencoders are called


def reasons() -> dict[str, str]:
    """List networks whose files are damaged.

    Returns
    -------
    dict of str to str
        By name of the file without its ending, what is wrong; without the place of the file.

    Examples
    --------
    >>> reasons()
    {}
    """
    found = {}
    for file, said in models.refused().items():
        _, place, rest = said.partition(f"{file}: ")
        found[file.removesuffix(".safetensors")] = rest if place else said
    return found


def told(graphs: bool = False) -> str:
    """Write what cannot be used as HTML; nothing in it acts as markup.

    Parameters
    ----------
    graphs : bool
        Only graph autoencoders, or all but these.

    Returns
    -------
    str
        A line for each; empty if there are none.

    Examples
    --------
    >>> told()
    ''
    """
    some = {name: reason for name, reason in reasons().items() if name.startswith(GRAPH) == graphs}
    if not some:
        return ""
    lines = "".join(f"<li><b>{html.escape(name)}</b>: {html.escape(reason)}</li>" for name, reason in some.items())
    return (
        '<div style="opacity:0.75;font-size:13px;overflow-wrap:anywhere">Damaged, so that they cannot be chosen:'
        f'<ul style="margin:2px 0">{lines}</ul></div>'
    )
