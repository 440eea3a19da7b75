"""Which jets do two scores see most differently? Pictures of them; a press makes one the page's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import holoviews as hv
import panel as pn
import panel_material_ui as pmui

from jetexplore import anomaly, jets
from jetexplore.anomaly.comparison import Disagreement
from jetexplore.views import plots


class Apart(pn.viewable.Viewer):
    """Pictures of jets, each with the ranks that two scores give it.

    Parameters
    ----------
    choose : callable
        Takes class and number of the jet that was pressed.
    many : int
        Most pictures there can be.

    Examples
    --------
    >>> _ = hv.extension("bokeh", logo=False)
    >>> apart = Apart(print, 2)
    >>> apart.show([Disagreement("W", 7, 0.9, 0.1)])
    >>> [button.label for button in apart.buttons if button.visible]
    ['W 7: 90.0 % left, 10.0 % right']
    """

    def __init__(self, choose: Callable[[str, int], None], many: int) -> None:
        super().__init__()
        self._centres, self._stream = jets.pixel_centres(), hv.streams.Counter()
        self.jets: list[Disagreement] = []
        self.buttons = [pmui.Button(variant="text", size="small", margin=0, width=250) for _ in range(many)]
        for rank, button in enumerate(self.buttons):
            button.on_click(lambda _, rank=rank: choose(self.jets[rank].name, self.jets[rank].number))
        self._boxes = [
            pn.FlexBox(
                pn.pane.HoloViews(self._live(rank), width=250, height=280),
                button,
                width=254,
                height=318,
                sizing_mode="fixed",
            )
            for rank, button in enumerate(self.buttons)
        ]
        self._layout = pn.FlexBox(*self._boxes, sizing_mode="stretch_width")

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def show(self, some: Sequence[Disagreement]) -> None:
        """Show these jets.

        Parameters
        ----------
        some : sequence of Disagreement
            At most as many as there is room for; figures that are not needed are hidden.
        """
        self.jets = list(some)
        for rank, (button, box) in enumerate(zip(self.buttons, self._boxes, strict=True)):
            button.visible = box.visible = rank < len(self.jets)
            if button.visible:
                one = self.jets[rank]
                button.label = f"{one.name} {one.number}: {_percent(one.left)} left, {_percent(one.right)} right"
        self._stream.event()

    def _live(self, rank: int) -> hv.DynamicMap:
        return hv.DynamicMap(lambda counter: self._jet(rank), streams=[self._stream])  # noqa: ARG005

    def _jet(self, rank: int) -> hv.Image:
        name, number = self.jets[rank][:2] if rank < len(self.jets) else ("QCD", 0)  # a hidden figure is valid, too
        return plots.jet_image(anomaly.images()[name][number], self._centres, f"{name} jet {number}")


def _percent(rank: float) -> str:
    return f"{100 * rank:.1f} %"
