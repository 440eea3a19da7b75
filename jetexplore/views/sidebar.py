"""Which controls belong to the whole page? Those in the sidebar, by the question they change the answer of."""

from __future__ import annotations

import panel as pn
import panel_material_ui as pmui

from jetexplore.views.state import Choice

CONTROLS = {
    "What do they look like?": {"example": "Jet number"},
    "What stands for the background?": {
        "reference": "Reference sample",
        "kind": "Reference events",
        "metric": "Metric of medoids and score",
        "k": "Number of events k",
        "combine": "Distances to k events",
    },
    "How far apart are two?": {"sample": "Class of the pairs", "x": "Horizontal metric", "y": "Vertical metric"},
    "What is called anomalous?": {"signal": "Signal", "efficiency": "Signal efficiency at the cut"},
}
WIDGETS = {
    "example": pmui.IntSlider,
    "k": pmui.IntSlider,
    "efficiency": pmui.FloatSlider,
    "reference": pmui.RadioButtonGroup,
    "combine": pmui.RadioButtonGroup,
    "sample": pmui.RadioButtonGroup,
    "signal": pmui.RadioButtonGroup,
}


def sidebar(choice: Choice) -> list[pn.viewable.Viewable]:
    """Make the controls.

    Parameters
    ----------
    choice : Choice
        The selections, which they set and follow.

    Returns
    -------
    list of panel.viewable.Viewable
        Headings and controls, from top to bottom; no control can be used before the page is ready.

    Examples
    --------
    >>> len(sidebar(Choice())) == len(CONTROLS) + sum(map(len, CONTROLS.values()))
    True
    """
    items = []
    for heading, names in CONTROLS.items():
        items.append(pmui.Typography(heading, variant="subtitle2", margin=(14, 10, 2, 10)))
        items += [_widget(choice, name, label) for name, label in names.items()]
    return items


def _widget(choice: Choice, name: str, label: str) -> pn.widgets.Widget:
    return WIDGETS.get(name, pmui.Select).from_param(
        choice.param[name], label=label, sizing_mode="stretch_width", disabled=choice.param.ready.rx().rx.not_()
    )
