"""Which questions does the page answer? One card each, in their order, and what is told below its title."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

import panel as pn
import panel_material_ui as pmui

from jetexplore.errors import InputError
from jetexplore.views import compare, ensemble, pairs, plane, published, resonance, scores
from jetexplore.views.jets import JetsView
from jetexplore.views.later import Later
from jetexplore.views.map import MapView
from jetexplore.views.map import prepare as prepare_map
from jetexplore.views.networks import NetworksView
from jetexplore.views.notices import alert
from jetexplore.views.own import OwnView
from jetexplore.views.pairs import PairsView
from jetexplore.views.scores import ScoresView
from jetexplore.views.state import Choice
from jetexplore.views.tools import Tools

log = logging.getLogger(__name__)
CARDS = (  # view, anchor, title, what is told below it
    (
        JetsView,
        "jets",
        "What do these jets look like?",
        "Each picture is one jet seen along its axis: where its transverse momentum goes, after centring, turning its "
        "principal axis upright and flipping the harder side up and right.",
    ),
    (
        partial(Later, view=PairsView, prepare=pairs.prepare, name="the pairs of jets", height=660, wait=False),
        "pairs",
        "How far apart are two jets, and what does that mean?",
        "The Wasserstein distance is the least work, transverse momentum times angle, that turns one jet into the "
        "other; the pixel-wise MSE and MAE do not know how far anything moved.",
    ),
    (
        partial(Later, view=ScoresView, prepare=scores.prepare, name="the scores", height=480, wait=False),
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


def card(choice: Choice, view: Callable[[Choice], pn.viewable.Viewer], anchor: str, title: str, told: str) -> pmui.Card:
    """Make a card; a view that fails leaves a card that says so.

    Parameters
    ----------
    choice : Choice
        The selections.
    view : callable
        Takes them and gives the view.
    anchor, title, told : str
        As in `CARDS`.

    Returns
    -------
    panel_material_ui.Card
        With the buttons for its code and its data.

    Examples
    --------
    >>> card(Choice(), lambda choice: pn.Spacer(), *CARDS[0][1:]).title
    'What do these jets look like?'
    """
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
        Tools(choice, anchor, title, content),
        title=title,
        collapsible=False,
        sizing_mode="stretch_width",
        margin=(8, 0),
    )
