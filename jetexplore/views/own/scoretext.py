"""What is told of scores and places of one's own jets? As HTML, in which nothing that a file says acts as markup."""

from __future__ import annotations

import html

import numpy as np

from jetexplore.anomaly.curves import Roc
from jetexplore.anomaly.ownjets import Own, Rated
from jetexplore.anomaly.ownplaces import Placed


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
