"""On which jets do the numbers of a network's card stand, and are they those that are here?

A card carries the digest of the jets that the network was trained on (``data``) and of those its areas were measured
on (``tested``). The latter is unknown where the area was measured before it was kept, and is then never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping

from jetexplore import jets
from jetexplore.errors import InputError
from jetexplore.models.cards import Card


def other_jets(card: Card, source: str = "sample") -> str:
    """Say what of a card was not made with the jets that are here.

    Parameters
    ----------
    card : Card
        Of a network.
    source : str
        The data set that it is shown with.

    Returns
    -------
    str
        One sentence; empty if there is nothing to say.

    Examples
    --------
    >>> other_jets(Card("a", "vae", 3, origin="yours", data="0" * 16))
    "trained on jets of another origin ('yours', here 'simulated here')"
    """
    here = jets.provenance(source)
    told = []
    if card.origin and card.origin != here.origin:
        told.append(f"trained on jets of another origin ({card.origin!r}, here {here.origin!r})")
    if _stale(card, here.key):
        told.append(f"its areas stand on other test jets (digest {card.tested}, here {here.key})")
    return "; ".join(told)


def stale(cards: Mapping[str, Card], source: str = "sample") -> list[str]:
    """List networks whose areas were measured on other jets than those of a data set.

    Parameters
    ----------
    cards : mapping of str to Card
        From ``models.networks``.
    source : str
        Data set.

    Returns
    -------
    list of str
        Names; those whose jets are unknown are not among them.

    Examples
    --------
    >>> stale({})
    []
    """
    here = jets.provenance(source).key
    return [name for name, card in cards.items() if _stale(card, here)]


def check(cards: Mapping[str, Card], source: str = "sample") -> None:
    """Refuse areas that were measured on other jets, where they are to be printed as those of a data set.

    Parameters
    ----------
    cards, source
        As in `stale`.

    Raises
    ------
    InputError
        ``E_DATA`` if there are any.

    Examples
    --------
    >>> check({})
    """
    found = stale(cards, source)
    if found:
        first = cards[found[0]]
        many = f" and {len(found) - 1} more" if len(found) > 1 else ""
        said = f"areas of {first.name}{many} on other test jets (digest {first.tested})"
        here = f"those of {source!r} (digest {jets.provenance(source).key})"
        raise InputError("E_DATA", said, here, mend="--score measures them anew")


def _stale(card: Card, here: str) -> bool:
    return bool(card.areas and card.tested and card.tested != here)
