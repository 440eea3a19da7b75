"""Which network? By training metric, number of blocks and beta; what was never trained says so."""

from __future__ import annotations

import panel as pn
import panel_material_ui as pmui

from jetexplore.views import damaged
from jetexplore.views.autoencoders import UNTRAINED, shown, trained
from jetexplore.views.betascan import Kind, kind_of, training_metrics, variants
from jetexplore.views.state import Choice
from jetexplore.views.wrapping import wrapped


class Chooser(pn.viewable.Viewer):
    """Three selections that come to the name of one network.

    Parameters
    ----------
    choice : Choice
        Whose ``network`` is written and followed.
    """

    def __init__(self, choice: Choice) -> None:
        super().__init__()
        self.choice = choice
        self.metric = pmui.Select(label="Training metric", options=[*training_metrics(), UNTRAINED], width=170)
        self.blocks = pmui.Select(label="Blocks", options=[1, 2, 3], width=110)
        self.variant = pmui.Select(label="β, weight of the divergence", options={}, width=260)
        self.told = pn.pane.HTML(sizing_mode="stretch_width", margin=(0, 10))
        self._following = False
        self._follow()
        self.metric.param.watch(self._choose_kind, "value")
        self.blocks.param.watch(self._choose_kind, "value")
        self.variant.param.watch(self._choose_variant, "value")
        choice.on_change(["network"], self._follow)

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        selections = wrapped(self.metric, self.blocks, self.variant, sizing_mode="stretch_width", gap="4px 12px")
        return pn.Column(selections, self.told, sizing_mode="stretch_width")

    def _follow(self) -> None:
        """Show what is chosen, without choosing."""
        name = shown(self.choice)
        kind = kind_of(name)
        options = variants(kind)
        self._following = True
        try:
            self.metric.options = [*training_metrics(), UNTRAINED]
            self.metric.value, self.blocks.value = kind
            grey = [one for one in options.values() if one in damaged.reasons()]
            value = name if name in options.values() else None
            self.variant.param.update(options=options, disabled_options=grey, value=value)
            self.told.object = damaged.told()
        finally:
            self._following = False

    def _choose_kind(self, *_: object) -> None:
        """Keep beta if there is such a network; else take the one of least loss, else the place in the scan."""
        if self._following:
            return
        kind, now = Kind(self.metric.value, self.blocks.value), shown(self.choice)
        names = list(variants(kind).values())
        cards = {name: card for name, card in trained().items() if name in names}
        beta = now.rpartition("-b")[2]
        alike = [name for name in names if name.rpartition("-b")[2] == beta]
        least = min(cards.values(), key=lambda card: card.loss, default=None)
        better = [name for name in alike if name in cards] or ([least.name] if least else []) or alike or names
        self.choice.network = better[0]

    def _choose_variant(self, *_: object) -> None:
        if not self._following and self.variant.value:
            self.choice.network = self.variant.value
