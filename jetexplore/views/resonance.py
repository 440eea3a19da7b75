"""Is there a bump? Dijet events cut on a score, the background predicted for them, and how surprising the rest is."""

from __future__ import annotations

import html
from collections.abc import Callable

import holoviews as hv
import panel as pn
import panel_material_ui as pmui

from jetexplore.anomaly import resonance
from jetexplore.anomaly.resonance import JET_SCORES, TableSearch
from jetexplore.views import resonanceplots, windowplots
from jetexplore.views.curves import WIDE
from jetexplore.views.live import after
from jetexplore.views.state import Choice
from jetexplore.views.wrapping import wrapped

WATCHED = ["jet_score", "event_combine", "quantile", "resonance", "injected", "recipe"]
PANES: tuple[tuple[tuple[Callable, int, str], ...], ...] = (  # columns of those beside each other
    (
        (resonanceplots.outlier_spectrum, 340, "What is beyond the cut, and what the other events predict"),
        (resonanceplots.pulls, 210, "Observed less predicted"),
    ),
    (
        (resonanceplots.transfer_band, 275, "The transfer factor"),
        (windowplots.tomography, 275, "Every window with an excess"),
    ),
    ((windowplots.statistic_distribution, 300, "How often would that happen without a signal?"),),
)
TITLES = {"none": "no signal", "signal": "W'(3500) → X(500) Y(100)", "box1": "W'(3823) → X(732) Y(378), like box 1"}
TOLD = {
    "refitted": "The fit is repeated in every pseudo-experiment: global p is uniform in 500 toys without a signal.",
    "fixed": "Pseudo-experiments are compared to the background of the data: global p comes out too large.",
    "authors": "The fit of the authors' public code, unweighted and not repeated: in six to eight of ten toys "
    "without a signal it gives global p below 0.1. It is here to compare with the paper's 2.8 sigma.",
}


class ResonanceView(pn.viewable.Viewer):
    """The dijet search of Tsan et al. (2021), section 4, on simulated events with a signal that is put in.

    Parameters
    ----------
    choice : Choice
        The selections.

    Examples
    --------
    >>> from jetexplore.anomaly.resonance import read_table
    >>> "simulated" in read_table().about["origin"]
    True
    """

    def __init__(self, choice: Choice | None = None) -> None:
        super().__init__()
        self.choice = choice or Choice()
        self.told = pn.pane.HTML(sizing_mode="stretch_width", margin=(4, 10))
        self._stream = hv.streams.Counter()
        self._load()
        after(self.choice, WATCHED, self._search, self._reload, "Searching for a resonance")
        panes = [
            pn.Column(*(part for one in some for part in self._pane(*one)), styles={"flex": "1 1 380px"})
            for some in PANES
        ]
        self._layout = pn.Column(
            self._controls(), self.told, wrapped(*panes, sizing_mode="stretch_width"), sizing_mode="stretch_width"
        )

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the layout."""
        return self._layout

    def _pane(self, draw: Callable, height: int, title: str) -> tuple[pn.viewable.Viewable, ...]:
        live = hv.DynamicMap(lambda counter: draw(self.found.search), streams=[self._stream])  # noqa: ARG005
        return (
            pmui.Typography(title, variant="subtitle2", margin=(8, 10, 0, 10)),
            pn.pane.HoloViews(live, height=height, min_width=280, **WIDE),
        )

    def _controls(self) -> pn.Column:
        parameters = self.choice.param
        return wrapped(
            pmui.Select.from_param(parameters.jet_score, label="Jet score", width=210),
            pmui.RadioButtonGroup.from_param(parameters.event_combine, label="Of the two jets"),
            pmui.FloatSlider.from_param(parameters.quantile, label="Quantile of the cut", width=200),
            pmui.Select.from_param(parameters.resonance, label="Signal put in", options=_signals(), width=325),
            pmui.IntSlider.from_param(parameters.injected, label="Signal events put in", width=240),
            pmui.Select.from_param(parameters.recipe, label="Recipe", width=130),
            sizing_mode="stretch_width", gap="6px 18px", align_items="center",
        )  # fmt: skip

    def _search(self) -> TableSearch:
        return search(self.choice)

    def _load(self) -> None:
        self.found = self._search()
        self.told.object = describe(self.found, self.choice)

    def _reload(self) -> None:
        self._load()
        self._stream.event()


def search(choice: Choice) -> TableSearch:
    """Search as the selections say.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    TableSearch
        What was found.
    """
    put_in = choice.injected if choice.resonance != "none" else 0
    return resonance.search_table(
        choice.jet_score, choice.event_combine, choice.quantile, choice.resonance if put_in else "none", put_in,
        choice.recipe,
    )  # fmt: skip


def prepare(choice: Choice) -> dict[str, object]:
    """Search once; may run in any thread.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    dict
        Nothing: the search is remembered by the library.
    """
    search(choice)
    return {}


def _signals() -> dict[str, str]:
    return {title: name for name, title in TITLES.items()}


def describe(found: TableSearch, choice: Choice) -> str:
    """Tell in words what was found, and what had been put there.

    Parameters
    ----------
    found : TableSearch
        The search.
    choice : Choice
        The selections it belongs to.

    Returns
    -------
    str
        HTML.
    """
    one, bent = found.search, found.sculpting
    sign, least = ("≤", "at least ") if one.at_floor else ("=", "")
    surprise = f"{least}{one.z:.1f} standard deviations" if one.z > 0 else "less than chance alone would do"
    table = resonance.read_table()
    rows = [
        f"<b>{one.low / 1000:.2f} to {one.high / 1000:.2f} TeV</b> is the least likely window: local p = "
        f"{one.local_p:.2g}, <b>global p {sign} {one.global_p:.2g}</b>, {surprise}. " + TOLD[choice.recipe],
        f"<b>{html.escape(str(table.about.get('origin', 'of unknown origin')).upper())}</b>: {found.n_events:,} events "
        f"in the range; the cut keeps {found.kept_background:.1%} of the background"
        + (f" and {found.kept_signal:.0%} of {found.n_signal} signal events" if found.n_signal else "")
        + (f". AUC of this score: <b>{found.auc.value:.3f}</b>" if found.auc else "")
        + f". The score: {html.escape(JET_SCORES[choice.jet_score].told)}.",
        f"The cut bends the background's spectrum by {bent.distance:.3f} (Jensen-Shannon distance; a random cut of as "
        f"many events: {bent.by_chance:.3f} ± {bent.by_chance_spread:.3f}). Tsan et al. report 3.7 TeV and 2.8 "
        "standard deviations for black box 1, whose events these are not.",
    ]
    return "".join(f'<div style="margin-bottom:6px">{row}</div>' for row in rows)
