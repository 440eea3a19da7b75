"""Which lines give scores, their curves, the jets chosen by them on the map, and the plane of all scores?"""

from __future__ import annotations

from jetexplore.views import autoencoders
from jetexplore.views.code.snippet import Snippet, chosen_score, drawn
from jetexplore.views.scores import SCORED
from jetexplore.views.state import Choice


def _scores(choice: Choice) -> str:
    return f"""\
from jetexplore import anomaly

{chosen_score(choice)}
scores, curves = anomaly.sample_scores(**chosen), anomaly.sample_rocs(**chosen)
cut = curves[{choice.signal!r}].cut({choice.efficiency!r})  # keeps this much of the signal
working = anomaly.working_point(scores["QCD"], scores[{choice.signal!r}], cut)
for signal, curve in curves.items():
    print(f"AUC {{signal}} {{curve.auc:.3f}} ± {{curve.auc_error:.3f}}")
print(f"{{working.signal_efficiency:.1%}} and {{working.background_efficiency:.2%}} kept at {{cut:.4g}}")
"""


def _map(choice: Choice) -> str:
    return f"""\
from jetexplore import anomaly
from jetexplore.anomaly import mapjets

found = anomaly.space_embedding({choice.space!r})  # places, trustworthiness
{drawn(choice)}
mask = mapjets.chosen(strokes)  # all jets if there is no stroke
{chosen_score(choice)}
scores = mapjets.on_map(anomaly.sample_scores(**chosen))
average = mapjets.average(mask)
medoids = mapjets.representatives(mask, {choice.metric!r}).medoids if mask.any() else []
marked = mapjets.images()[{choice.at}]
for one in mapjets.summaries(mask, scores):
    print(f"{{one.name}}: {{one.jets}} of {{one.of}} jets, score {{one.median_score:.4g}}, {{one.median_mass:.1f}} GeV")
"""


def _plane(choice: Choice) -> str:
    return f"""\
from jetexplore import anomaly
from jetexplore.anomaly import plane

points = plane.plane()  # every score with every choice of its options
front = plane.front(point for point in points if point.family != "supervised")
{chosen_score(choice)}
here = {{signal: curve.auc for signal, curve in anomaly.sample_rocs(**chosen).items()}}
network = next((point for point in points if point.title == {f"{autoencoders.shown(choice)}, {choice.score}"!r}), None)
print(here, network)
for point in front:
    print(f"{{point.title}}: Top {{point.top:.3f}}, W {{point.w:.3f}}")
"""


SCORES = Snippet((*SCORED, "signal", "efficiency"), _scores)
MAP = Snippet(("space", "lasso", "at", *SCORED), _map)
PLANE = Snippet((*SCORED, "network", "score"), _plane)
