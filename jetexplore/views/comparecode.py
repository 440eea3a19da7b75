"""Which lines and which numbers are behind a comparison of two scores? For its code and its files."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from jetexplore.anomaly import comparison, namedscores
from jetexplore.views import sides
from jetexplore.views.state import Choice


def write(choice: Choice) -> str:
    """Write the code of the comparison.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    str
        Python; it uses nothing but the library.
    """
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


def scores(choice: Choice) -> Mapping[str, np.ndarray]:
    """List both scores of every test jet.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    mapping of str to array
        A row a jet: class, number, both scores (bigger is more anomalous) and their ranks among QCD jets.
    """
    both = [namedscores.named_scores(name) for name in sides.both(choice)[0].values()]
    ranks = [comparison.background_ranks(one) for one in both]
    many = {name: len(some) for name, some in both[0].items()}
    columns: dict[str, np.ndarray] = {
        "class": np.repeat(list(many), list(many.values())),
        "jet": np.concatenate([np.arange(n) for n in many.values()]),
    }
    for side, score, rank in zip(sides.SIDES, both, ranks, strict=True):
        columns[side] = np.concatenate([score[name] for name in many])
        columns[f"rank_{side}"] = np.concatenate([rank[name] for name in many])
    return columns
