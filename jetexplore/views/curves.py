"""How good is a cut anywhere on a score? Background rejection or significance improvement, one shown at a time."""

from __future__ import annotations

import holoviews as hv
import panel as pn
import panel_material_ui as pmui

from jetexplore.views.state import Choice

# Panel gives figures of a page whose axes are called alike, such as x, one common range: here each has its own
WIDE = {"sizing_mode": "stretch_width", "linked_axes": False}


class Curves(pn.viewable.Viewer):
    """Two figures, of which the selected one is seen.

    Parameters
    ----------
    choice : Choice
        The selections; listens to the curve.
    figures : dict of str to holoviews.DynamicMap
        By the names that ``curve`` may have.
    label : str
        What the buttons choose, for who hears them.

    Examples
    --------
    >>> _ = hv.extension("bokeh", logo=False)
    >>> made = {name: hv.DynamicMap(lambda: hv.Curve([1, 2])) for name in ("ROC", "SIC")}
    >>> curves = Curves(Choice(curve="SIC"), made, "Curve")
    >>> curves.choice.curve = "ROC"
    >>> {name: box.visible for name, box in curves.boxes.items()}
    {'SIC': False, 'ROC': True}
    """

    def __init__(self, choice: Choice, figures: dict[str, hv.DynamicMap], label: str) -> None:
        super().__init__()
        self.choice, self._figures = choice, figures
        self.boxes: dict[str, pn.Column] = {}
        buttons = pmui.RadioButtonGroup.from_param(
            choice.param.curve,
            label=label,
            size="small",
            margin=(0, 10),
        )  # fmt: skip
        self._layout = pn.Column(buttons, sizing_mode="stretch_width")
        self._show()
        choice.on_change(["curve"], self._show)

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def _show(self) -> None:
        """Make the figure when it is first wanted; in a box, since a figure itself cannot be hidden."""
        name = self.choice.curve
        if name not in self.boxes:
            pane = pn.pane.HoloViews(self._figures[name], height=340, min_width=280, **WIDE)
            self.boxes[name] = pn.Column(pane, sizing_mode="stretch_width")
            self._layout.append(self.boxes[name])
        for other, box in self.boxes.items():
            box.visible = other == name
