"""Which lines ask a network what it learned, of images or of particle clouds?"""

from __future__ import annotations

from jetexplore.views import autoencoders, graph
from jetexplore.views.code.snippet import Snippet
from jetexplore.views.state import Choice


def _networks(choice: Choice) -> str:
    return (_network if choice.architecture == "VAE" else _graph)(choice)


def _network(choice: Choice) -> str:
    name = autoencoders.shown(choice)
    return f"""\
from jetexplore import anomaly
from jetexplore.anomaly import networkpairs, networkscores, networkstudy

name = {name!r}
passed = networkstudy.passage(name, {choice.passing!r}, {choice.example})  # image, reconstruction, latent mean, scores
moved = networkstudy.moved(name, passed.mean, rank={choice.rank}, shift={choice.shift!r})
inside = networkpairs.inner_distances(name, {autoencoders.features(choice, name)!r})  # of 499,500 pairs of QCD jets
outside = anomaly.pairs("QCD", {choice.against!r})
agreement = networkpairs.agreement(name, {autoencoders.features(choice, name)!r}, p={choice.against[5:-1]})
curves = networkscores.network_rocs(name, {choice.score!r})
baselines = networkscores.baseline_rocs(name, {choice.score!r})
print(f"Pearson r = {{agreement.r:.3f}} ± {{agreement.error:.3f}}")
for signal, curve in curves.items():
    print(f"AUC {{signal}} {{curve.auc:.3f}} ± {{curve.auc_error:.3f}}")
"""


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


NETWORKS = Snippet(
    (
        "architecture", "network", "passing", "example", "rank", "shift", "features", "against", "score",
        "graph", "cloud_class", "cloud", "component",
    ),
    _networks,
)  # fmt: skip
