"""Which lines of the library compute what a card shows? Text that can be run as it is, for the present selections."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import NamedTuple

from jetexplore.anomaly import networkpairs, networkstudy
from jetexplore.views import chooser, graph
from jetexplore.views.resonance import WATCHED
from jetexplore.views.scores import SCORED
from jetexplore.views.state import Choice


class Snippet(NamedTuple):
    """How the code of one card is written."""

    names: tuple[str, ...]  # selections that it depends on
    write: Callable[[Choice], str]


def code(anchor: str, choice: Choice) -> str:
    """Write the code of a card.

    Parameters
    ----------
    anchor : str
        Of the card, a key of `SNIPPETS`.
    choice : Choice
        The selections.

    Returns
    -------
    str
        Python; it uses nothing but the library.

    Examples
    --------
    >>> print(code("scores", Choice(k=5)).splitlines()[3])
    chosen = {'reference': 'QCD', 'metric': 'Wass(1)', 'kind': 'medoids', 'k': 5, 'combine': 'min'}
    """
    return f"# with jetexplore {version('jetexplore')}\n{SNIPPETS[anchor].write(choice)}"


def _scored(choice: Choice) -> str:
    return f"chosen = { ({name: getattr(choice, name) for name in SCORED})!r}"


def _jets(choice: Choice) -> str:
    kind = "random" if choice.kind == "random" else "medoids"
    return f"""\
from jetexplore import anomaly, jets

number = {choice.example}
shown = {{name: some[number] for name, some in anomaly.images().items()}}  # (40, 40), fractions of pT
mass = {{name: some.momenta().mass[number] for name, some in jets.load().items()}}  # GeV
(average,) = anomaly.reference_images({choice.reference!r}, kind="average")
events = anomaly.reference_images({choice.reference!r}, {choice.metric!r}, {kind!r}, k={choice.k})
print(mass, anomaly.ensemble({choice.reference!r}, {choice.metric!r}).elbow.n_medoids)
"""


def _pairs(choice: Choice) -> str:
    i, j = choice.pair
    return f"""\
from jetexplore import anomaly, distances

x, y = (anomaly.pairs({choice.sample!r}, metric) for metric in ({choice.x!r}, {choice.y!r}))
r = distances.correlation(x, y)
i, j = {i}, {j}
place = distances.pair_index(i, j, distances.n_items(len(x)))
images = anomaly.images()[{choice.sample!r}]
plan = distances.optimal_plan(images[i], images[j], {choice.y if choice.y.startswith("Wass") else "Wass(1)"!r})
print(f"Pearson r = {{r:.3f}}; jets {{i}}, {{j}}: {{x[place]:.6g}}, {{y[place]:.6g}}; plan {{plan.distance:.6f}} rad")
"""


def _scores(choice: Choice) -> str:
    return f"""\
from jetexplore import anomaly

{_scored(choice)}
scores, curves = anomaly.sample_scores(**chosen), anomaly.sample_rocs(**chosen)
cut = curves[{choice.signal!r}].cut({choice.efficiency!r})  # keeps this much of the signal
working = anomaly.working_point(scores["QCD"], scores[{choice.signal!r}], cut)
for signal, curve in curves.items():
    print(f"AUC {{signal}} {{curve.auc:.3f}} ± {{curve.auc_error:.3f}}")
print(f"{{working.signal_efficiency:.1%}} and {{working.background_efficiency:.2%}} kept at {{cut:.4g}}")
"""


def _events(choice: Choice) -> str:
    other = f"""\
others = anomaly.reference_images({"Top" if choice.reference == "QCD" else "QCD"!r}, {choice.metric!r}, k={choice.k})
"""
    return f"""\
from jetexplore import anomaly
from jetexplore.anomaly.ensembles import cluster_sizes

k = {choice.k}
found = anomaly.ensemble({choice.reference!r}, {choice.metric!r})
medoids = found.medoids[k - 1]  # places among the reference jets
sizes = cluster_sizes({choice.reference!r}, {choice.metric!r})[k - 1]
events = anomaly.reference_images({choice.reference!r}, {choice.metric!r}, {choice.kind!r}, k)
{other if choice.kind == "contrast" else ""}\
print(f"elbow: {{found.elbow.n_medoids}}; k = {{k}}: {{medoids}}, nearest to {{sizes}} jets")
"""


def _table2(choice: Choice) -> str:
    conditions = [
        f'one["{name}"] == {value!r}'
        for name, value, everything in (
            ("reference", choice.table_reference, "all"), ("signal", choice.table_signal, "both")
        )
        if value != everything
    ]  # fmt: skip
    chosen = f" if {' and '.join(conditions)}" if conditions else ""
    return f"""\
from jetexplore.anomaly import table2, table2study

records = [one for one in table2.read_table_2(table2study.key_of()){chosen}]
print(table2.text(records))
"""


def _network(choice: Choice) -> str:
    name = chooser.shown(choice)
    return f"""\
from jetexplore import anomaly
from jetexplore.anomaly import networkpairs, networkscores, networkstudy

name = {name!r}
passed = networkstudy.passage(name, {choice.passing!r}, {choice.example})  # image, reconstruction, latent mean, scores
moved = networkstudy.moved(name, passed.mean, rank={choice.rank}, shift={choice.shift!r})
inside = networkpairs.inner_distances(name, {features(choice, name)!r})  # of 499,500 pairs of QCD jets
outside = anomaly.pairs("QCD", {choice.against!r})
agreement = networkpairs.agreement(name, {features(choice, name)!r}, p={choice.against[5:-1]})
curves = networkscores.network_rocs(name, {choice.score!r})
baselines = networkscores.baseline_rocs(name, {choice.score!r})
print(f"Pearson r = {{agreement.r:.3f}} ± {{agreement.error:.3f}}")
for signal, curve in curves.items():
    print(f"AUC {{signal}} {{curve.auc:.3f}} ± {{curve.auc_error:.3f}}")
"""


def features(choice: Choice, name: str) -> str:
    """Name what is compared inside a network, as the page does: the last block where a deeper one was chosen.

    Parameters
    ----------
    choice : Choice
        The selections.
    name : str
        Of the network, which need not exist.

    Returns
    -------
    str
        A name in ``networkpairs.FEATURES``.

    Examples
    --------
    >>> features(Choice(features="block 3"), "untrained-d1")
    'block 1'
    """
    if not chooser.exists(name):
        return choice.features
    depth = networkstudy.card(name).downsamplings
    return choice.features if choice.features in networkpairs.features_of(depth) else f"block {depth}"


def _graph(choice: Choice) -> str:
    name = graph.shown(choice) or choice.graph or "pgae-momenta-MSE"
    return f"""\
from jetexplore.anomaly import graphstudy, resonance

name = {name!r}
cloud = graphstudy.cloud(name, {choice.cloud_class!r}, {choice.cloud})  # one jet before and after
components = graphstudy.component_histograms(name, {choice.component!r}, {choice.cloud_class!r})
score = graphstudy.score_of(name)
curves = graphstudy.event_rocs(score) if score in resonance.read_table().scores else {{}}
print(f"loss {{cloud.loss:.4g}} ({{cloud.metric}}), mass {{cloud.mass[0]:.0f}} and {{cloud.mass[1]:.0f}} GeV")
print({{signal: round(curve.auc, 3) for signal, curve in curves.items()}})
"""


def _networks(choice: Choice) -> str:
    return (_network if choice.architecture == "VAE" else _graph)(choice)


def _plane(choice: Choice) -> str:
    return f"""\
from jetexplore import anomaly
from jetexplore.anomaly import plane

points = plane.plane()  # every score with every choice of its options
front = plane.front(point for point in points if point.family != "supervised")
{_scored(choice)}
here = {{signal: curve.auc for signal, curve in anomaly.sample_rocs(**chosen).items()}}
network = next((point for point in points if point.title == {f"{chooser.shown(choice)}, {choice.score}"!r}), None)
print(here, network)
for point in front:
    print(f"{{point.title}}: Top {{point.top:.3f}}, W {{point.w:.3f}}")
"""


def _dijets(choice: Choice) -> str:
    many = choice.injected if choice.resonance != "none" else 0
    arguments = (
        choice.jet_score, choice.event_combine, choice.quantile, choice.resonance if many else "none", many,
        choice.recipe,
    )  # fmt: skip
    return f"""\
from jetexplore.anomaly import resonance

found = resonance.search_table({", ".join(map(repr, arguments))})
one = found.search
print(f"{{one.low:.0f}} to {{one.high:.0f}} GeV: local p = {{one.local_p:.2g}}, global p = {{one.global_p:.2g}}")
"""


SNIPPETS: dict[str, Snippet] = {
    "jets": Snippet(("example", "reference", "metric", "kind", "k"), _jets),
    "pairs": Snippet(("sample", "x", "y", "pair"), _pairs),
    "scores": Snippet((*SCORED, "signal", "efficiency"), _scores),
    "events": Snippet(("reference", "metric", "kind", "k"), _events),
    "table2": Snippet(("table_reference", "table_signal"), _table2),
    "networks": Snippet(
        (
            "architecture", "network", "passing", "example", "rank", "shift", "features", "against", "score",
            "graph", "cloud_class", "cloud", "component",
        ),
        _networks,
    ),
    "plane": Snippet((*SCORED, "network", "score"), _plane),
    "dijets": Snippet(tuple(WATCHED), _dijets),
}  # fmt: skip
