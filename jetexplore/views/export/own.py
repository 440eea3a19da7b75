"""What is known of one's own jets? Columns of plain arrays, and where they come from."""

from __future__ import annotations

from jetexplore import jets
from jetexplore.anomaly import ownjets, ownsummary
from jetexplore.errors import InputError
from jetexplore.views import sides
from jetexplore.views.export.columns import Columns
from jetexplore.views.own import files
from jetexplore.views.state import Choice


def scored(choice: Choice) -> Columns:
    """List the jets of the file that is shown.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    mapping of str to array
        As `ownsummary.table`.

    Raises
    ------
    InputError
        ``E_FILE`` if no file is shown.
    """
    held, name = _held(choice), sides.meant(choice, "own_score")
    found = held.results.get(("score", name))
    return ownsummary.table(held.own, found or ownjets.rated(held.own.jets, name))


def made_of(choice: Choice) -> str:
    """Tell which file it is and what it was compared with.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    str
        With digests, and the name of the score.
    """
    held = files.held(choice)
    if held is None:
        return "no file"
    own = held.own
    test, reference = jets.provenance().key, jets.provenance(split="reference").key
    name = " ".join(own.name.split())
    return (
        f"YOURS: {name} ({own.layout}), SHA-256 {own.key}; score {sides.meant(choice, 'own_score')}; digests of the "
        f"sample's test and reference jets {test}, {reference}"
    )


def _held(choice: Choice) -> files.Held:
    held = files.held(choice)
    if held is None:
        raise InputError("E_FILE", "no file of yours on this page", "one that is dropped, or explore FILE")
    return held
