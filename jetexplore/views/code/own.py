"""Which lines score and place jets of a file?"""

from __future__ import annotations

from jetexplore.views import sides
from jetexplore.views.code.snippet import Snippet
from jetexplore.views.own import files
from jetexplore.views.own.results import PLACED
from jetexplore.views.scores import SCORED
from jetexplore.views.state import Choice


def _own(choice: Choice) -> str:
    held, name = files.held(choice), sides.meant(choice, "own_score")
    path = f"{held.own.name!r})  # its path" if held else 'data_dir() / "sample" / "W_test.npz")  # or your file'
    return f"""\
from jetexplore.anomaly import ownjets, ownplaces, ownsummary
from jetexplore.files import data_dir

own = ownjets.read({path}
found = ownjets.rated(own.jets, {name!r})  # scores, percentiles, p-values
placed = ownplaces.placed(own.jets[:{PLACED}], {choice.space!r})
print(ownsummary.text(ownsummary.summary(own, {{{name!r}: found}})))
print(f"rows of the highest: {{own.row[ownsummary.highest(found, 6)]}}; unlike the map: {{placed.unlike.sum()}}")
"""


OWN = Snippet(("own", "own_score", *SCORED, "network", "score", "space"), _own)
