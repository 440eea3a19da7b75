"""What has been chosen: every selection of the explorer in one place, for one visitor."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import panel as pn
import param

from jetexplore.anomaly.embedding import SIZES
from jetexplore.anomaly.ensembles import K_MAX, REFERENCE_KINDS
from jetexplore.anomaly.latentstudy import POWERS
from jetexplore.anomaly.mapjets import SPACES
from jetexplore.anomaly.networkpairs import FEATURES
from jetexplore.anomaly.reconstruction import SCORES
from jetexplore.anomaly.resonance.calibration import RECIPES
from jetexplore.anomaly.resonance.jetscores import JET_SCORES
from jetexplore.anomaly.resonance.outliers import COMBINE as JETS_COMBINED
from jetexplore.anomaly.scores import COMBINE
from jetexplore.anomaly.table2 import BOTH
from jetexplore.distances.metrics import METRICS
from jetexplore.views import changes
from jetexplore.views.lasso import LASSO

IMAGE_METRICS = [name for name, metric in METRICS.items() if metric.inputs == "images"]
CLASSES = ["QCD", "Top", "W"]
AGAINST = [f"Wass({p:g})" for p in POWERS]
ROWS = ["all", "QCD", "Top", BOTH]
APART = ("name", "ready", "reached", "busy", "notices", "dropped")  # of the page, not of what it shows
LATENT = 64  # dimensions
# what a link may call a network; whether there is one of that name is another question
NETWORK = r"^(|untrained-d[123]|vae-[A-Za-z0-9_.+-]{1,80})\Z"
# a score of `anomaly.namedscores`, or one that follows the other selections
SIDE = (
    r"^(events|network|network: (untrained-d[123]|vae-[A-Za-z0-9_.+-]{1,80}), [A-Za-z0-9().]{1,20}"
    r"|(label-free|no training): [A-Za-z0-9 ,().%-]{1,60})\Z"
)
OWN = r"^(|[A-Za-z0-9_.-]{1,60})\Z"  # a file by the name that the page gives it, never a path
POWER = "Wass(p)"  # an axis of the pairs whose p is chosen freely
GRAPH = r"^(|pgae-[A-Za-z0-9_.+-]{1,80})\Z"
ARCHITECTURES = {"jet images (VAE)": "VAE", "particle clouds (PGAE)": "PGAE"}
COLOURINGS = ["class", "score", "mass", "multiplicity"]
N_MAPPED = sum(SIZES.values())
DIJETS = ["background", "signal", "box1"]


class Choice(param.Parameterized):
    """The selections. Views listen through `on_change`, which stays silent until the page is ready."""

    example = param.Integer(default=0, bounds=(0, 1999), doc="which test jet of each class is shown")
    reference = param.Selector(default="QCD", objects=["QCD", "Top"], doc="class of the reference events")
    kind = param.Selector(default="medoids", objects=list(REFERENCE_KINDS), doc="how the reference events are chosen")
    metric = param.Selector(default="Wass(1)", objects=IMAGE_METRICS, doc="metric of the medoids and of the score")
    k = param.Integer(default=3, bounds=(1, K_MAX), doc="number of medoids")
    combine = param.Selector(default="min", objects=list(COMBINE), doc="distances to several events, combined")
    sample = param.Selector(default="QCD", objects=CLASSES, doc="class of the pairs")
    x = param.Selector(default="MSE", objects=[*IMAGE_METRICS, POWER], doc="metric on the horizontal axis")
    y = param.Selector(default="Wass(1)", objects=[*IMAGE_METRICS, POWER], doc="metric on the vertical axis")
    power = param.Number(default=1.5, bounds=(0.25, 10.0), step=0.05, doc="p of an axis that is Wass(p)")
    pair = param.NumericTuple(default=(0, 1), length=2, doc="the two jets whose transport plan is shown")
    signal = param.Selector(default="Top", objects=["Top", "W"], doc="the signal to find")
    efficiency = param.Number(default=0.5, bounds=(0.01, 1.0), step=0.01, doc="signal efficiency at the cut")
    curve = param.Selector(default="ROC", objects=["ROC", "SIC"], doc="what is drawn of a score")
    left = param.String(default="events", regex=SIDE, doc="the first of two scores that are compared")
    right = param.String(default="network", regex=SIDE, doc="the second")
    network = param.String(default="", regex=NETWORK, doc="the network; if empty, that of least validation loss")
    passing = param.Selector(default="QCD", objects=CLASSES, doc="class of the jet that passes through the network")
    rank = param.Integer(default=0, bounds=(0, LATENT - 1), doc="the latent dimension moved, 0 is the most active")
    shift = param.Number(default=0.0, bounds=(-5.0, 5.0), step=0.1, doc="how far, in standard deviations over QCD jets")
    features = param.Selector(default="latent", objects=list(FEATURES), doc="what of the network is compared")
    against = param.Selector(default="Wass(1)", objects=AGAINST, doc="the distance it is compared with")
    score = param.Selector(default="Loss", objects=list(SCORES), doc="anomaly score of the network")
    table_reference = param.Selector(
        default="all", objects=ROWS, doc="reference of the rows of table 2 that are listed"
    )
    table_signal = param.Selector(default="both", objects=["both", "Top", "W"], doc="signal of table 2 that is listed")

    architecture = param.Selector(default="VAE", objects=list(ARCHITECTURES.values()), doc="kind of network")
    graph = param.String(default="", regex=GRAPH, doc="the graph autoencoder; if empty, the first")
    cloud_class = param.Selector(default="background", objects=DIJETS, doc="class of the jet shown as a cloud")
    cloud = param.Integer(default=0, bounds=(0, 1999), doc="which jet of it")
    component = param.Selector(default="px", objects=["px", "py", "pz", "pt"], doc="component of the momenta")
    jet_score = param.Selector(default="PGAE MSE, transverse", objects=list(JET_SCORES), doc="score of dijet events")
    event_combine = param.Selector(default="min", objects=list(JETS_COMBINED), doc="scores of two jets, combined")
    quantile = param.Number(default=0.7, bounds=(0.3, 0.95), step=0.05, doc="jets beyond it are outliers")
    resonance = param.Selector(default="box1", objects=["none", "signal", "box1"], doc="what is put into the events")
    injected = param.Integer(default=1000, bounds=(0, 2000), step=50, doc="how many signal events are put in")
    recipe = param.Selector(default="refitted", objects=list(RECIPES), doc="how the background is fitted and judged")

    space = param.Selector(default="Wass(1)", objects=list(SPACES), doc="what the map of jets keeps the neighbours of")
    colour = param.Selector(default="class", objects=COLOURINGS, doc="what the colours of the map tell")
    lasso = param.String(default="", regex=LASSO, doc="lines drawn round jets of the map; empty for all jets")
    at = param.Integer(default=0, bounds=(0, N_MAPPED - 1), doc="which jet of the map is marked")

    own = param.String(default="", regex=OWN, doc="the file of one's own jets that is shown; if empty, the first")
    own_score = param.String(default="events", regex=SIDE, doc="what one's own jets are scored by")

    dropped = param.Dict(default={}, doc="files that were dropped on this page, by name; no one else sees them")
    ready = param.Boolean(default=False, doc="the page has been laid out and may be updated")
    reached = param.List(default=[], doc="sections that have been scrolled into view")
    busy = param.List(default=[], doc="what is being computed")
    notices = param.List(default=[], doc="what a person should be told, oldest first")

    def __init__(self, **values: object) -> None:
        """Start with these values; ready at once outside a served page."""
        super().__init__(**values)
        pn.state.onload(self._on_load)

    def _on_load(self) -> None:
        self.ready = True

    def selections(self) -> dict[str, object]:
        """Give what a link may say.

        Returns
        -------
        dict
            Values by name.
        """
        return {name: value for name, value in self.param.values().items() if name not in APART}

    def notify(self, text: str) -> None:
        """Tell the person something.

        Parameters
        ----------
        text : str
            One sentence.
        """
        self.notices = [*self.notices, text]

    def forget(self, text: str) -> None:
        """Leave out a notice that the person has closed.

        Parameters
        ----------
        text : str
            The sentence.
        """
        self.notices = [other for other in self.notices if other != text]

    def on_change(self, names: list[str], act: Callable[[], None | Awaitable[None]]) -> None:
        """Call ``act`` when one of the selections changes, as `changes.on_change` does.

        Parameters
        ----------
        names : list of str
            Selections to listen to.
        act : callable
            Called without arguments; may be a coroutine function.
        """
        changes.on_change(self, names, act)
