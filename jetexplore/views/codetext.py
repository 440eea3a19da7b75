"""Which lines of the library compute what a card shows? Text that can be run as it is, for the present selections."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import NamedTuple

from jetexplore.anomaly import networkpairs, networkstudy
from jetexplore.distances.metrics import METRICS
from jetexplore.views import axes, chooser, comparecode, graph, ownfiles, sides
from jetexplore.views.lasso import strokes
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


def _chosen_pairs(choice: Choice) -> tuple[str, str]:
    if not choice.lasso:
        return "", "r = distances.correlation(x, y)\n"
    return (
        "from jetexplore.anomaly import mapjets\nfrom jetexplore.distances.pairs import pairs_among\n",
        f"""\
{_strokes(choice)}
mask, known = mapjets.chosen_of_class(strokes, {choice.sample!r}, distances.n_items(len(x)))
kept = pairs_among(mask)  # pairs of which both jets are chosen on the map
r = distances.correlation(x[kept], y[kept]) if len(kept) > 1 else float("nan")
""",
    )


def _pairs(choice: Choice) -> str:
    i, j = choice.pair
    metrics = tuple(axes.axis(choice, name) for name in axes.AXES)
    free = not set(metrics) <= set(METRICS)  # computed now, and not kept in a file
    given = "livepairs.pairs" if free else "anomaly.pairs"
    return f"""\
from jetexplore import anomaly, distances
{"from jetexplore.anomaly import livepairs" + chr(10) if free else ""}\
{_chosen_pairs(choice)[0]}\

x, y = ({given}({choice.sample!r}, metric) for metric in {metrics!r})
{_chosen_pairs(choice)[1]}\
i, j = {i}, {j}
place = distances.pair_index(i, j, distances.n_items(len(x)))
images = anomaly.images()[{choice.sample!r}]
plan = distances.optimal_plan(images[i], images[j], {axes.plan_metric(choice)!r})
print(f"Pearson r = {{r:.3f}}; jets {{i}}, {{j}}: {{x[place]:.6g}}, {{y[place]:.6g}}; plan {{plan.distance:.6f}} rad")
"""


def _strokes(choice: Choice) -> str:
    return f"strokes = [\n{''.join(f'    mapjets.Stroke{tuple(one)!r},{chr(10)}' for one in strokes(choice.lasso))}]"


def _map(choice: Choice) -> str:
    return f"""\
from jetexplore import anomaly
from jetexplore.anomaly import mapjets

found = anomaly.space_embedding({choice.space!r})  # places, trustworthiness
{_strokes(choice)}
mask = mapjets.chosen(strokes)  # all jets if there is no stroke
{_scored(choice)}
scores = mapjets.on_map(anomaly.sample_scores(**chosen))
average = mapjets.average(mask)
medoids = mapjets.representatives(mask, {choice.metric!r}).medoids if mask.any() else []
marked = mapjets.images()[{choice.at}]
for one in mapjets.summaries(mask, scores):
    print(f"{{one.name}}: {{one.jets}} of {{one.of}} jets, score {{one.median_score:.4g}}, {{one.median_mass:.1f}} GeV")
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


def _own(choice: Choice) -> str:
    held, name = ownfiles.held(choice), sides.meant(choice, "own_score")
    path = f"{held.own.name!r})  # its path" if held else 'data_dir() / "sample" / "W_test.npz")  # or your file'
    return f"""\
from jetexplore.anomaly import ownjets, ownplaces, ownsummary
from jetexplore.files import data_dir

own = ownjets.read({path}
found = ownjets.rated(own.jets, {name!r})  # scores, percentiles, p-values
placed = ownplaces.placed(own.jets[:{ownfiles.PLACED}], {choice.space!r})
print(ownsummary.text(ownsummary.summary(own, {{{name!r}: found}})))
print(f"rows of the highest: {{own.row[ownsummary.highest(found, 6)]}}; unlike the map: {{placed.unlike.sum()}}")
"""


SNIPPETS: dict[str, Snippet] = {
    "jets": Snippet(("example", "reference", "metric", "kind", "k"), _jets),
    "pairs": Snippet(("sample", "x", "y", "power", "pair", "lasso"), _pairs),
    "scores": Snippet((*SCORED, "signal", "efficiency"), _scores),
    "map": Snippet(("space", "lasso", "at", *SCORED), _map),
    "events": Snippet(("reference", "metric", "kind", "k"), _events),
    "table2": Snippet(("table_reference", "table_signal"), _table2),
    "networks": Snippet(
        (
            "architecture", "network", "passing", "example", "rank", "shift", "features", "against", "score",
            "graph", "cloud_class", "cloud", "component",
        ),
        _networks,
    ),
    "compare": Snippet((*sides.DEPENDS, "signal"), comparecode.write),
    "plane": Snippet((*SCORED, "network", "score"), _plane),
    "dijets": Snippet(tuple(WATCHED), _dijets),
    "own": Snippet(("own", "own_score", *SCORED, "network", "score", "space"), _own),
}  # fmt: skip
