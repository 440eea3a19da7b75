"""Which lines search for a bump?"""

from __future__ import annotations

from jetexplore.views.code.snippet import Snippet
from jetexplore.views.resonance import WATCHED
from jetexplore.views.state import Choice


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


DIJETS = Snippet(tuple(WATCHED), _dijets)
