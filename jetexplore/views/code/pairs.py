"""Which lines give the distances of all pairs, and the plan of one?"""

from __future__ import annotations

from jetexplore.distances.metrics import METRICS
from jetexplore.views import axes
from jetexplore.views.code.snippet import Snippet, drawn
from jetexplore.views.state import Choice


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


def _chosen_pairs(choice: Choice) -> tuple[str, str]:
    if not choice.lasso:
        return "", "r = distances.correlation(x, y)\n"
    return (
        "from jetexplore.anomaly import mapjets\nfrom jetexplore.distances.pairs import pairs_among\n",
        f"""\
{drawn(choice)}
mask, known = mapjets.chosen_of_class(strokes, {choice.sample!r}, distances.n_items(len(x)))
kept = pairs_among(mask)  # pairs of which both jets are chosen on the map
r = distances.correlation(x[kept], y[kept]) if len(kept) > 1 else float("nan")
""",
    )


PAIRS = Snippet(("sample", "x", "y", "power", "pair", "lasso"), _pairs)
