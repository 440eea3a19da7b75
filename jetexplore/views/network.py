"""What did a network learn? Its card, one jet's way through it, its latent space, and what it is worth."""

from __future__ import annotations

from functools import partial

import holoviews as hv
import panel as pn
import panel_material_ui as pmui

from jetexplore.anomaly import networkstudy
from jetexplore.errors import InputError
from jetexplore.models.cards import Card
from jetexplore.views import autoencoders, latentpairs, learningplots, passage, worth
from jetexplore.views.cardtext import describe
from jetexplore.views.chooser import Chooser
from jetexplore.views.curves import WIDE
from jetexplore.views.latentpairs import LatentPairsView
from jetexplore.views.live import after, in_turn
from jetexplore.views.notices import alert
from jetexplore.views.passage import PassageView
from jetexplore.views.state import Choice
from jetexplore.views.worth import WorthView
from jetexplore.views.wrapping import wrapped

PARTS = {  # shown one after the other, each as soon as it is ready
    PassageView: ("What comes out?", "Passing a jet through the network", passage.prepare),
    LatentPairsView: ("Are near jets near inside?", "Comparing 499,500 pairs inside", latentpairs.prepare),
    WorthView: ("Does it find anything?", "Scoring 10,000 test jets", worth.prepare),
}
NONE = "No trained network is here yet; what is shown has random weights. 'jetexplore train vae' makes one."


class NetworkView(pn.viewable.Viewer):
    """One network of the scan of Fraser et al. (2021), sections 3.2 and 4: what it learned and what it is worth.

    Parameters
    ----------
    choice : Choice
        The selections.

    Examples
    --------
    >>> len(NetworkView(Choice(network="untrained-d1")).__panel__())  # choice, problems, card, what follows
    4
    """

    def __init__(self, choice: Choice | None = None) -> None:
        super().__init__()
        self.choice = choice or Choice()
        self.parts: list[pn.viewable.Viewer] = []
        self._faults: dict[str, str] = {}  # by network: a thread that comes late must not tell of another one
        self._growing = False
        self._stream = hv.streams.Counter()
        self._layout = pn.Column(sizing_mode="stretch_width")
        self._prepare()
        self._fill()

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def _prepare(self) -> None:
        """Load the network; its own faults are told where it would be shown."""
        name = autoencoders.shown(self.choice)
        self._faults[name] = fault(name)

    @property
    def _problem(self) -> str:
        return self._faults.get(autoencoders.shown(self.choice), "")

    def _fill(self) -> None:
        self._problem_shown = pn.Column(sizing_mode="stretch_width")
        self._about = pn.pane.HTML(sizing_mode="stretch_width", margin=(4, 10))
        self._body = pn.Column(sizing_mode="stretch_width")
        self._card = self._read_card()
        curve = hv.DynamicMap(lambda counter: learningplots.learning_curves(self._card), streams=[self._stream])  # noqa: ARG005
        pane = pn.pane.HoloViews(curve, height=270, min_width=280, **WIDE)
        self._facts = wrapped(
            pn.Column(self._about, styles={"flex": "1 1 340px"}),
            pn.Column(pane, styles={"flex": "1 1 340px"}),
            sizing_mode="stretch_width",
        )
        self._show()  # before a browser builds it: what changes while it does may be lost there
        self._layout.objects = [Chooser(self.choice), self._problem_shown, self._facts, self._body]
        after(self.choice, ["network"], self._prepare, self._update, "Loading the network")

    def _read_card(self) -> Card:
        name = autoencoders.shown(self.choice)
        return networkstudy.card(name if autoencoders.exists(name) else "untrained-d3")

    def _update(self) -> None:
        self._card = self._read_card()
        self._stream.event()
        self._show()

    def _show(self) -> None:
        empty = [] if autoencoders.trained() else [alert(NONE, "info")]
        self._problem_shown.objects = [alert(self._problem, "warning")] if self._problem else empty
        self._facts.visible = autoencoders.exists(autoencoders.shown(self.choice))
        self._about.object = describe(self._card)
        self._body.visible = not self._problem
        missing = [view for view in PARTS if not any(isinstance(part, view) for part in self.parts)]
        if missing and not self._problem and not self._growing:
            self._growing = True
            steps = []
            for view in missing:
                heading, what, prepare = PARTS[view]
                steps.append((what, partial(prepare, self.choice), partial(self._add, view, heading)))
            in_turn(self.choice, steps, self._grown)

    def _add(self, view: type[pn.viewable.Viewer], heading: str) -> None:
        if not self._problem:
            self.parts.append(view(self.choice))
            self._body.extend([pmui.Typography(heading, variant="h6", margin=(18, 10, 4, 10)), self.parts[-1]])

    def _grown(self) -> None:
        self._growing = False


def prepare(choice: Choice) -> dict[str, object]:
    """Load what `NetworkView` shows, and torch, which takes seconds to import; may run in any thread.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    dict
        Empty: the library remembers networks.
    """
    fault(autoencoders.shown(choice))
    return {}


def fault(name: str) -> str:
    """Load a network, and tell what is wrong with it.

    Parameters
    ----------
    name : str
        Of the network.

    Returns
    -------
    str
        A sentence; empty if nothing is.

    Examples
    --------
    >>> fault("untrained-d1")
    ''
    """
    from jetexplore.models import recipes  # noqa: F401  the chooser names what was not run by it

    try:
        if not autoencoders.exists(name):
            return autoencoders.missing(name)
        networkstudy.network(name)
    except (InputError, OSError) as error:
        return f"{name} cannot be shown: {error}"
    return ""
