"""What is told of a file? As HTML, in which nothing that it says acts as markup."""

from __future__ import annotations

import html

import numpy as np

from jetexplore.anomaly import ownsummary
from jetexplore.anomaly.ownjets import Own, outside

MARK = (
    '<span style="background:#B3261E;color:#fff;border-radius:14px;padding:4px 16px;font-size:16px;font-weight:700;'
    'letter-spacing:.06em;white-space:nowrap">YOURS</span>'
)
ALLOWED = (
    "HDF5, .npz, Parquet or ROOT, up to 16 MiB. A dropped file is read by a process of its own with little memory and "
    "time, belongs to this page only, and is gone with it."
)
REFUSED = (
    "No file can be dropped here, because this page is not served to its own machine alone. On your own machine: "
    "<code>jetexplore explore FILE</code>. Who runs this server can allow it: "
    "<code>jetexplore explore --allow-upload</code>, or show a file to all: <code>jetexplore explore FILE</code>."
)


def badge(own: Own | None) -> str:
    """Say whose jets these are.

    Parameters
    ----------
    own : Own or None
        The file that is shown.

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> "YOURS" in badge(None)
    False
    """
    if own is None:
        return ""
    named = f"<b>{html.escape(own.name)}</b> ({html.escape(own.layout)}, SHA-256 {own.key[:12]}…)"
    return (
        f'<div style="display:flex;flex-wrap:wrap;gap:6px 14px;align-items:center;font-size:15px">{MARK}'
        f'<span style="overflow-wrap:anywhere">{named}: not simulated here, not checked by anyone but you.</span></div>'
    )


def missing(name: str) -> str:
    """Say that a link names a file that is not here.

    Parameters
    ----------
    name : str
        As the link has it; empty if it names none.

    Returns
    -------
    str
        HTML.
    """
    if not name:
        return ""
    told = "a dropped file is gone with its page: drop it again" if name.startswith("dropped") else "choose another"
    return f"<p>There is no file {html.escape(name)} on this page; {told}.</p>"


def summary(own: Own) -> str:
    """Tell what is in a file.

    Parameters
    ----------
    own : Own
        Its jets.

    Returns
    -------
    str
        HTML: jets, classes, ranges, warnings.
    """
    names = own.names
    classes = "no labels"
    if names is not None:
        kinds, many = np.unique(names.astype(str), return_counts=True)
        classes = ", ".join(f"{kind} {count:,}" for kind, count in zip(kinds[:8].tolist(), many.tolist(), strict=False))
    cell = "padding:1px 10px;text-align:right;font-variant-numeric:tabular-nums"
    rows = "".join(
        f'<tr><th scope="row" style="{cell}">{name}</th>'
        + "".join(f'<td style="{cell}">{value:.4g}</td>' for value in some)
        + "</tr>"
        for name, some in ownsummary.ranges(own).items()
    )
    heads = "".join(f'<th scope="col" style="{cell}">{head}</th>' for head in ("", "5 %", "median", "95 %"))
    warned = "".join(
        f'<li style="overflow-wrap:anywhere">{html.escape(one)}</li>' for one in (*own.warnings, *outside(own.jets))
    )
    return (
        f"<p><b>{len(own.jets):,} jets</b>; {html.escape(classes)}.</p>"
        f'<table style="border-collapse:collapse;font-size:13px"><tr>{heads}</tr>{rows}</table>'
        + (f'<ul style="color:#B26A00;margin:6px 0;padding-left:20px">{warned}</ul>' if warned else "")
    )
