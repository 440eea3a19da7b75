"""What is told of one's own jets? As HTML, in which nothing that a file says acts as markup."""

from __future__ import annotations

import html

import numpy as np

from jetexplore.anomaly import ownsummary
from jetexplore.anomaly.curves import Roc
from jetexplore.anomaly.ownjets import Own, Rated, outside
from jetexplore.anomaly.ownplaces import Placed

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


def told(name: str, found: Rated, curves: dict[str, Roc], why: str) -> str:
    """Tell what a score says of the jets.

    Parameters
    ----------
    name : str
        Of the score.
    found : Rated
        What it says.
    curves : dict of str to Roc
        By signal.
    why : str
        Which is the background, or why there is no curve.

    Returns
    -------
    str
        HTML.
    """
    known = np.isfinite(found.scores)
    if not known.any():
        return f"<p>{html.escape(name)}: no jet has a score, for less than half of their pT lies in an image.</p>"
    percentile = found.percentile[known]
    lost = f" {int((~known).sum()):,} jets have no score: too wide for an image." if not known.all() else ""
    areas = "".join(
        f" AUC of {html.escape(signal)}: <b>{one.auc:.3f} ± {one.auc_error:.3f}</b>." for signal, one in curves.items()
    )
    return (
        f"<p>By <b>{html.escape(name)}</b> the median of your jets lies above <b>{np.median(percentile):.1f} %</b> of "
        f"the sample's QCD jets; <b>{100 * np.mean(percentile > 99):.1f} %</b> of them above 99 %, where 1 % is what "
        f"chance gives.{lost} {html.escape(why)}{areas}</p>"
    )


def places(found: Placed, space: str) -> str:
    """Tell how places on the map were found, and which jets have none worth the name.

    Parameters
    ----------
    found : Placed
        Places.
    space : str
        Of the map.

    Returns
    -------
    str
        HTML.
    """
    many, unlike = len(found.nearest), int(np.sum(found.unlike))
    warned = (
        f' <b style="color:#B3261E">{unlike:,} of them are unlike anything in the map</b> (crosses): even the nearest '
        f"jet is farther than {found.limit:.3g}, as 1 % of the sample's other jets at most are."
        if unlike
        else f" All have a jet of the map within {found.limit:.3g}, as 99 % of the sample's other jets have."
    )
    return (
        f"<p>{many:,} of your jets, each at the mean place of the {found.k} jets of the map that are nearest by "
        f"{html.escape(space)}: the map was made without them, so this is where their likes lie, not a place of their "
        f"own.{warned}</p>"
    )


def picture(own: Own, found: Rated, place: int) -> str:
    """Name a jet.

    Parameters
    ----------
    own, found
        The jets and their scores.
    place : int
        Which jet.

    Returns
    -------
    str
        Plain text.
    """
    names = own.names
    what = "" if names is None else f", {names[place]}"
    return (
        f"row {int(own.row[place]):,}{what}: score {found.scores[place]:.4g}, above {found.percentile[place]:.2f} %, "
        f"p = {found.pvalue[place]:.2g}"
    )
