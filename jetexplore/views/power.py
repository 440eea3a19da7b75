"""Which p? A number for axes that are Wass(p), how far its computation is, and a button that stops it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import panel as pn
import panel_material_ui as pmui

from jetexplore.views.axes import AXES, axis
from jetexplore.views.live import SOON
from jetexplore.views.state import POWER, Choice
from jetexplore.views.wrapping import wrapped

COMPUTING = "Computing the distances of 499,500 pairs"
PAUSE = 0.25  # s between two looks at how far it is
FOLLOWED = ["sample", *AXES, "power"]


class Power(pn.viewable.Viewer):
    """The number p, shown while an axis asks for it, and the progress of distances that are being computed.

    Parameters
    ----------
    choice : Choice
        The selections; writes ``power``.
    back : callable
        Selects what is drawn, so that what is being computed is no longer wanted.

    Examples
    --------
    >>> power = Power(Choice(y="Wass(p)", power=1.3), lambda: None)
    >>> power.input.visible, power.asked()
    (True, ('QCD', 'MSE', 'Wass(1.3)'))
    """

    def __init__(self, choice: Choice, back: Callable[[], None]) -> None:
        super().__init__()
        self.choice, self.done = choice, 0.0  # the fraction that is computed
        self.input = pmui.FloatInput.from_param(choice.param.power, label="p of Wass(p)", width=130)
        self.told = pn.pane.Markdown(margin=(12, 4))
        self.stop = pmui.Button(label="Stop", variant="outlined", size="small", visible=False, margin=(14, 4))
        self.stop.on_click(lambda _: back())
        self._offer()
        choice.on_change(list(AXES), self._offer)
        choice.on_change(FOLLOWED, self.follow)

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return wrapped(self.input, self.stop, self.told, sizing_mode="stretch_width")

    def asked(self) -> tuple[str, ...]:
        """Give what has to be there before it can be drawn.

        Returns
        -------
        tuple of str
            Class, and the metrics of both axes.
        """
        return self.choice.sample, *(axis(self.choice, name) for name in AXES)

    def wanted(self) -> Callable[[float], bool]:
        """Give a function that tells a computation whether it is still wanted, and is told how far it is.

        Returns
        -------
        callable
            For ``livepairs.pairs``; may be called in any thread. A later selection ends it.
        """
        begun, self.done = self.asked(), 0.0

        def still(fraction: float) -> bool:
            if begun != self.asked():
                return False
            self.done = fraction
            return True

        return still

    async def follow(self) -> None:
        """Tell how far a computation is until it ends."""
        begun = self.asked()
        await asyncio.sleep(2 * SOON)
        while COMPUTING in self.choice.busy and begun == self.asked():
            self.stop.visible = True
            self.told.object = f"{self.done:.0%} of 499,500 pairs"
            await asyncio.sleep(PAUSE)
        if begun == self.asked():
            self.stop.visible, self.told.object = False, ""

    def _offer(self) -> None:
        self.input.visible = POWER in (self.choice.x, self.choice.y)
