"""Which lines compare two scores?"""

from __future__ import annotations

from jetexplore.views import sides
from jetexplore.views.code.snippet import Snippet
from jetexplore.views.state import Choice


def _compare(choice: Choice) -> str:
    left, right = sides.both(choice)[0].values()
    return f"""\
from jetexplore.anomaly import comparison, improvement, namedscores

left, right = {left!r}, {right!r}
curves = [namedscores.named_rocs(name) for name in (left, right)]
baselines = {{name: namedscores.named_rocs(f"no training: {{name}}") for name in namedscores.UNTRAINED}}
ranks = [comparison.background_ranks(namedscores.named_scores(name)) for name in (left, right)]  # fractions of QCD
apart = comparison.disagreements(*ranks, ["QCD", {choice.signal!r}], most=3, among=2000)
improvements = [improvement.improvement(one[{choice.signal!r}]) for one in curves]
for signal, found in namedscores.named_differences(left, right).items():
    print(f"AUC {{signal}} {{found.left.value:.3f}} and {{found.right.value:.3f}}", end=": ")
    print(f"{{found.value:+.3f}} ± {{found.error:.3f}}")
for name in ("QCD", {choice.signal!r}):
    print(f"rank correlation of {{name}} jets {{comparison.rank_correlation(*(some[name] for some in ranks)):.3f}}")
"""


COMPARE = Snippet((*sides.DEPENDS, "signal"), _compare)
