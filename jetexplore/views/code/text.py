"""Which lines of the library compute what a card shows? Text that can be run as it is, for the present selections."""

from __future__ import annotations

from importlib.metadata import version

from jetexplore.views.code import compare, dijets, networks, own, pairs, references, scores
from jetexplore.views.code.snippet import Snippet
from jetexplore.views.state import Choice

SNIPPETS: dict[str, Snippet] = {
    "jets": references.JETS,
    "pairs": pairs.PAIRS,
    "scores": scores.SCORES,
    "map": scores.MAP,
    "events": references.EVENTS,
    "table2": references.TABLE2,
    "networks": networks.NETWORKS,
    "compare": compare.COMPARE,
    "plane": scores.PLANE,
    "dijets": dijets.DIJETS,
    "own": own.OWN,
}


def code(anchor: str, choice: Choice) -> str:
    """Write the code of a card.

    Parameters
    ----------
    anchor : str
        Of the card, a key of `SNIPPETS`.
    choice : Choice
        The selections.

    Returns
    -------
    str
        Python; it uses nothing but the library.

    Examples
    --------
    >>> print(code("scores", Choice(k=5)).splitlines()[3])
    chosen = {'reference': 'QCD', 'metric': 'Wass(1)', 'kind': 'medoids', 'k': 5, 'combine': 'min'}
    """
    return f"# with jetexplore {version('jetexplore')}\n{SNIPPETS[anchor].write(choice)}"
