"""Which two scores are compared? Each side is any score of the sample, or one that follows the other selections."""

from __future__ import annotations

import panel as pn
import panel_material_ui as pmui

from jetexplore.anomaly import namedscores
from jetexplore.anomaly.reconstruction import SCORES
from jetexplore.views import autoencoders, betascan, damaged
from jetexplore.views.scores import SCORED
from jetexplore.views.state import Choice
from jetexplore.views.wrapping import wrapped

SIDES = ("left", "right")
ORIGINS = {
    "the reference events chosen": "events",
    "the network chosen": "network",
    "another network": "network: ",
    "a label-free score": "label-free: ",
    "no training": "no training: ",
}
INSTEAD = "no training: jet mass"  # where a link names a score that there is not
DEPENDS = ["left", "right", *SCORED, "network", "score"]


def meant(choice: Choice, side: str) -> str:
    """Name the score of a side, as the library calls it.

    Parameters
    ----------
    choice : Choice
        The selections.
    side : {"left", "right", "own_score"}
        Which one.

    Returns
    -------
    str
        For ``namedscores.named_scores``; one may follow the reference events or the network that are chosen elsewhere.

    Examples
    --------
    >>> meant(Choice(k=5), "left")
    'events: QCD, Wass(1), medoids, 5, min'
    """
    name = getattr(choice, side)
    if name == "events":
        return namedscores.events_name(*(getattr(choice, one) for one in SCORED))
    if name == "network":
        return f"network: {autoencoders.shown(choice)}, {choice.score}"
    return name


def both(choice: Choice) -> tuple[dict[str, str], list[str]]:
    """Name both scores, and say where one is shown instead of another.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    names : dict of str to str
        By side; each exists.
    told : list of str
        A sentence for each that does not.

    Examples
    --------
    >>> both(Choice(left="label-free: Magic"))[1]
    ["There is no score 'label-free: Magic'; 'no training: jet mass' is shown."]
    """
    names = {side: meant(choice, side) for side in SIDES}
    missing = [side for side in SIDES if not namedscores.exists(names[side])]
    told = [f"There is no score {names[side]!r}; {INSTEAD!r} is shown." for side in missing]
    return {side: INSTEAD if side in missing else name for side, name in names.items()}, told


class Side(pn.viewable.Viewer):
    """Selections that come to the name of one score.

    Parameters
    ----------
    choice : Choice
        Whose ``left`` or ``right`` is written and followed.
    side : {"left", "right", "own_score"}
        Which one.
    label : str, optional
        What it is called; the side's name by default.

    Examples
    --------
    >>> side = Side(Choice(), "left")
    >>> side.origin.value = "label-free: "
    >>> side.choice.left
    'label-free: ScaledW'
    """

    def __init__(self, choice: Choice, side: str, label: str = "") -> None:
        super().__init__()
        self.choice, self.side, self._following = choice, side, False
        label = label or side.capitalize()
        self.origin = pmui.Select(label=label, options=ORIGINS, width=300)
        self.which = pmui.Select(label=f"{label}: which", options=[], width=300)
        self.score = pmui.Select(label=f"{label}: scored by", options=list(SCORES), width=130)
        self._follow()
        self.origin.param.watch(self._begin, "value")
        for one in (self.which, self.score):
            one.param.watch(self._choose, "value")
        choice.on_change([side], self._follow)

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return wrapped(self.origin, self.which, self.score, gap="4px 12px", styles={"flex": "1 1 320px"})

    def _follow(self) -> None:
        """Show what is chosen, without choosing."""
        name = getattr(self.choice, self.side)
        kind, _, within = name.partition(": ")
        origin = f"{kind}: " if within else kind
        network, _, score = within.rpartition(", ")
        self._following = True
        try:
            self.origin.value = origin
            names = _names(origin)
            which = network if origin == "network: " else within
            grey = [one for one in damaged.reasons() if origin == "network: " and betascan.WRITTEN.match(one)]
            options = {one: one for one in names} | {f"{one} · damaged": one for one in grey}
            value = which if which in names else None
            self.which.param.update(options=options, disabled_options=grey, value=value)
            if score in SCORES:
                self.score.value = score
            self.which.visible, self.score.visible = bool(within), origin == "network: "
        finally:
            self._following = False

    def _begin(self, *_: object) -> None:
        if not self._following:
            origin = self.origin.value
            first = next(iter(_names(origin)), "")
            setattr(self.choice, self.side, self._named(origin, first))

    def _choose(self, *_: object) -> None:
        if not self._following and self.which.value:
            setattr(self.choice, self.side, self._named(self.origin.value, self.which.value))

    def _named(self, origin: str, which: str) -> str:
        return f"{origin}{which}, {self.score.value}" if origin == "network: " else f"{origin}{which}"


def _names(origin: str) -> list[str]:
    if origin == "network: ":
        return list(dict.fromkeys(one.rpartition(", ")[0] for one in namedscores.KINDS["network"].names()))
    return namedscores.KINDS[origin[:-2]].names() if origin.endswith(": ") else []
