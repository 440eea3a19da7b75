"""Where do the numbers of a card come from? Version, data and networks with digests, and the selections as a link."""

from __future__ import annotations

import hashlib
import re
from importlib.metadata import version

from jetexplore import jets
from jetexplore.anomaly import named
from jetexplore.anomaly.resonance import read_table
from jetexplore.errors import InputError
from jetexplore.views import autoencoders, graph, sides
from jetexplore.views.address import to_query
from jetexplore.views.export.own import made_of
from jetexplore.views.state import Choice


def origin(anchor: str, choice: Choice, stem: str) -> list[str]:
    """Tell where the numbers of a card come from.

    Parameters
    ----------
    anchor : str
        Of the card.
    choice : Choice
        The selections.
    stem : str
        What is taken away of it.

    Returns
    -------
    list of str
        Version; data with digests; the SHA-256 of the file of each network; selections as the query of a URL.

    Examples
    --------
    >>> origin("plane", Choice(k=5), "plane")[-1]
    'selections: ?k=5'
    """
    return [
        f"jetexplore {version('jetexplore')}: {stem}",
        f"data: {_data(anchor, choice)}",
        *(f"network: {_network(name)}" for name in _names(anchor, choice)),
        f"selections: {to_query(choice) or 'the usual ones'}",
    ]


def _data(anchor: str, choice: Choice) -> str:
    if anchor == "own":
        return made_of(choice)
    if anchor == "dijets":
        about = read_table().about
        return f"dijet events, {about.get('origin', 'of unknown origin')}; digest of the table {about.get('key', '?')}"
    test, reference = jets.provenance(), jets.provenance(split="reference")
    return f"sample, {test.origin}: {test.description}; digests of test and reference jets {test.key}, {reference.key}"


def _names(anchor: str, choice: Choice) -> list[str]:
    """Name the networks whose numbers a card shows."""
    if anchor == "networks":
        return [graph.shown(choice) if choice.architecture == "PGAE" else autoencoders.shown(choice)]
    scores = {"compare": lambda: [*sides.both(choice)[0].values()], "own": lambda: [sides.meant(choice, "own_score")]}
    written = (re.match(r"network: ([^,]+),", score) for score in scores.get(anchor, list)())
    return list(dict.fromkeys(one[1] for one in written if one))


def _network(name: str) -> str:
    try:
        file = named.weights_of(name)
        content = b"" if isinstance(file, str) else file.read_bytes()
    except (InputError, FileNotFoundError):
        return f"{name}, which is not here" if name else "none"
    return f"{name}, SHA-256 {hashlib.sha256(content).hexdigest()}" if content else f"{name}, weights by its seed"
