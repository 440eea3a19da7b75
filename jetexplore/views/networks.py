"""Which kind of network? Image autoencoders of one paper, graph autoencoders of the other."""

from __future__ import annotations

import panel as pn
import panel_material_ui as pmui

from jetexplore.views import graph, network
from jetexplore.views.later import Later
from jetexplore.views.state import ARCHITECTURES, Choice


class NetworksView(pn.viewable.Viewer):
    """Both kinds of networks, one at a time.

    Parameters
    ----------
    choice : Choice
        The selections; ``architecture`` says which kind is seen.

    Examples
    --------
    >>> view = NetworksView(Choice(architecture="PGAE"))
    >>> view.images.visible, view.graphs.visible
    (False, True)
    """

    def __init__(self, choice: Choice | None = None) -> None:
        super().__init__()
        self.choice = choice or Choice()
        self.kinds = (
            Later(self.choice, network.NetworkView, network.prepare, "the image autoencoders", 700),
            Later(self.choice, graph.GraphView, graph.prepare, "the graph autoencoders", 700),
        )
        self.images, self.graphs = (pn.Column(one, sizing_mode="stretch_width") for one in self.kinds)
        kind = pmui.RadioButtonGroup.from_param(
            self.choice.param.architecture, options=ARCHITECTURES, label="Kind of network", margin=(8, 10)
        )
        self._turn()
        self.choice.on_change(["architecture"], self._turn)
        self._layout = pn.Column(kind, self.images, self.graphs, sizing_mode="stretch_width")

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def _turn(self) -> None:
        self.images.visible = self.choice.architecture == "VAE"
        self.graphs.visible = not self.images.visible


def prepare(_: Choice) -> dict[str, object]:
    """Prepare nothing: each kind is loaded when it is seen.

    Returns
    -------
    dict
        Empty.
    """
    return {}
