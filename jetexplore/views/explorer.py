"""The page: seven questions about the sample, one set of selections, one URL."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

import panel as pn
import panel_material_ui as pmui
from panel.util import edit_readonly

from jetexplore import jets
from jetexplore.distances import compilation
from jetexplore.errors import InputError
from jetexplore.views import compare, ensemble, faults, ownfiles, plane, published, raster, resonance
from jetexplore.views.address import from_query, keep_in_step
from jetexplore.views.jets import JetsView
from jetexplore.views.later import Later
from jetexplore.views.map import MapView
from jetexplore.views.map import prepare as prepare_map
from jetexplore.views.networks import NetworksView
from jetexplore.views.notices import alert, notices
from jetexplore.views.own import OwnView
from jetexplore.views.pairs import PairsView
from jetexplore.views.scores import ScoresView
from jetexplore.views.state import Choice
from jetexplore.views.tools import Tools
from jetexplore.views.tours import Tours, stops

log = logging.getLogger(__name__)
READABLE = {"& .MuiChip-label": {"color": "#000"}}  # white on orange has a contrast of 3.1 only
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
CARDS = (  # view, anchor, title, what is told below it
    (
        JetsView,
        "jets",
        "What do these jets look like?",
        "Each picture is one jet seen along its axis: where its transverse momentum goes, after centring, turning its "
        "principal axis upright and flipping the harder side up and right.",
    ),
    (
        PairsView,
        "pairs",
        "How far apart are two jets, and what does that mean?",
        "The Wasserstein distance is the least work, transverse momentum times angle, that turns one jet into the "
        "other; the pixel-wise MSE and MAE do not know how far anything moved.",
    ),
    (
        ScoresView,
        "scores",
        "Which jets does it call anomalous, and is that any good?",
        "The score is the distance to the reference events. With QCD jets as reference no signal is used to make it: "
        "Top and W jets only tell how well it does. With Top jets as reference, near ones are called anomalous.",
    ),
    (
        partial(Later, view=MapView, prepare=prepare_map, name="the map of jets", height=900),
        "map",
        "Where do jets lie?",
        "Jets that are alike lie close together, by a distance or inside a network. Nothing here was told what a jet "
        "is: where classes part, they can be told apart without labels. Every point has its image.",
    ),
    (
        partial(Later, view=ensemble.EnsembleView, prepare=ensemble.prepare, name="the reference events", height=700),
        "events",
        "Which events stand for the ensemble?",
        "A few events stand for many: the average of all, k medoids, or others. More medoids lie nearer to every jet; "
        "the elbow is where one more hardly helps. The controls choose class, metric, kind and k.",
    ),
    (
        partial(Later, view=published.Table2View, prepare=published.prepare, name="table 2", height=640),
        "table2",
        "Table 2, live: is that what was published?",
        "Every row is one choice of reference events, scored on the jets of this page beside the number that Fraser "
        "et al. (2021) print. Press a row, and the whole page shows it.",
    ),
    (
        NetworksView,
        "networks",
        "What did a network learn?",
        "An autoencoder squeezes a jet through few numbers, 64 an image or two a particle, and draws it again. Trained "
        "on QCD jets only, it should draw others badly. An untrained network and the average image are beside those of "
        "images: much needs no training.",
    ),
    (
        partial(Later, view=compare.CompareView, prepare=compare.prepare, name="the comparison", height=1100),
        "compare",
        "Would another choice have been better?",
        "Two scores of the same jets: areas and their difference, whose error knows that the jets are the same, ranks "
        "of all jets, and the jets that one score finds more unusual than the other. Grey curves need no training.",
    ),
    (
        partial(Later, view=plane.PlaneView, prepare=plane.prepare, name="all scores", height=620),
        "plane",
        "Which score finds both signals, and who could have known?",
        "Each point is one anomaly score with one choice of its options: how well it finds Top jets against how well "
        "it finds W jets. Signs around points are what a rule would choose that is shown no signal of these.",
    ),
    (
        partial(Later, view=resonance.ResonanceView, prepare=resonance.prepare, name="dijet events", height=900),
        "dijets",
        "Is there a bump?",
        "A new particle that decays to two jets makes a bump in their mass. Events whose two jets look unusual are "
        "compared with what all other events predict, and the least likely window with what chance alone would do.",
    ),
    (
        OwnView,
        "own",
        "What about my jets?",
        "Jets of a file of yours, scored like the sample's, and ranked among its QCD jets. These were simulated with "
        "one generator, one detector, one window on pT: elsewhere a high rank tells a difference, not yet a signal.",
    ),
)


def page() -> pmui.Page:
    """Compose the explorer for one visitor.

    Returns
    -------
    panel_material_ui.Page
        Complete; give it ``servable()``.
    """
    values, problems = from_query(pn.state.location.search if pn.state.location else "")
    choice = Choice(**values)
    for problem in problems:
        choice.notify(problem)
    order = (CARDS[-1], *CARDS[:-1]) if ownfiles.offered() else CARDS
    cards = [_card(choice, *card) for card in order]
    tours = Tours(stops=stops(), armed=choice.param.ready, sizing_mode="stretch_width", margin=(10, 10, 0, 10))
    layout = pmui.Page(
        title="jetexplore", sidebar=[tours, *_sidebar(choice)], sidebar_width=300, busy_indicator="linear"
    )
    content = [_provenance(), _small_screen(choice, layout, tours), *cards, notices(choice), faults.Names()]
    layout.main = [pmui.Container(*content, width_option="xl")]
    with edit_readonly(layout):
        # otherwise it follows the whole server's state, which every visitor changes and which keeps a page for ever
        layout.busy = choice.param.busy.rx().rx.bool()
    if pn.state.curdoc:
        pn.state.on_session_destroyed(lambda _: _let_go(layout))
    if pn.state.location:
        keep_in_step(choice, pn.state.location)
    faults.watch_over(choice)
    choice.param.watch(lambda _: _warm(), "ready")  # not before: the first pictures would wait for it
    return layout


def _let_go(layout: pmui.Page) -> None:
    """Disconnect the plots of a page that was closed; HoloViews would keep them and all they belong to.

    Panel looks for them by way of the page's models, which are empty by then.
    """
    for pane in layout.select(pn.pane.HoloViews):
        for plot, _ in pane._plots.values():
            plot.cleanup()


def _small_screen(choice: Choice, layout: pmui.Page, tours: Tours) -> pmui.BreakpointSwitcher:
    """Close the controls where they would cover the page, also when a tour has been chosen, and say where they are."""
    told = pmui.Typography("The controls are behind the button at the top left.", variant="body2", margin=(0, 4))
    switcher = pmui.BreakpointSwitcher(small=told, large=pn.Spacer(height=0), breakpoint="md")

    def fit(*_: object) -> None:
        if choice.ready and switcher.current is not None:
            layout.sidebar_open = switcher.current is switcher.large

    switcher.param.watch(fit, "current")
    choice.param.watch(fit, "ready")
    tours.on_msg(fit)
    return switcher


def _card(
    choice: Choice, view: Callable[[Choice], pn.viewable.Viewer], anchor: str, title: str, told: str
) -> pmui.Card:
    try:
        content = view(choice)
    except (FileNotFoundError, InputError) as error:  # the other views live on
        content = alert(f"This view cannot be shown: {error}")
    except Exception:  # Panel would show the visitor its traceback instead of the page
        log.exception("the view %s could not be made", anchor)
        content = alert("This view could not be made. The server's log has the details.")
    return pmui.Card(
        pmui.Typography(told, variant="body2", sx={"opacity": 0.8}, margin=(0, 10)),
        content,
        Tools(choice, anchor, title),
        title=title,
        collapsible=False,
        sizing_mode="stretch_width",
        margin=(8, 0),
    )


def _sidebar(choice: Choice) -> list[pn.viewable.Viewable]:
    items = []
    for heading, names in CONTROLS.items():
        items.append(pmui.Typography(heading, variant="subtitle2", margin=(14, 10, 2, 10)))
        items += [_widget(choice, name, label) for name, label in names.items()]
    return items


def _widget(choice: Choice, name: str, label: str) -> pn.widgets.Widget:
    return WIDGETS.get(name, pmui.Select).from_param(
        choice.param[name], label=label, sizing_mode="stretch_width", disabled=choice.param.ready.rx().rx.not_()
    )


def _provenance() -> pn.FlexBox:
    try:
        test, reference = jets.provenance(), jets.provenance(split="reference")
    except (FileNotFoundError, InputError) as error:
        return pn.FlexBox(alert(str(error)))
    counts, others = (
        ", ".join(f"{data['n']:,} {name}" for name, data in some.metadata.items()) for some in (test, reference)
    )
    yours = [pmui.Chip(label="YOURS BESIDE IT", color="error", margin=4)] if ownfiles.offered() else []
    return pn.FlexBox(
        *yours,
        pmui.Chip(label=test.origin.upper(), color="warning", margin=4, sx=READABLE),
        pmui.Typography(
            f"{test.description[0].upper()}{test.description[1:]}. Test jets: {counts}; "
            f"disjoint reference jets: {others}. Files {test.key[:8]} and {reference.key[:8]}.",
            variant="body2",
            margin=(8, 4),
        ),
        sizing_mode="stretch_width",
    )


def _warm() -> None:
    raster.warm()
    compilation.start()
