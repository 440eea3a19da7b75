"""Which lines show jets, the events that stand for the background, and what table 2 says of them?"""

from __future__ import annotations

from jetexplore.views.code.snippet import Snippet
from jetexplore.views.state import Choice


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


JETS = Snippet(("example", "reference", "metric", "kind", "k"), _jets)
EVENTS = Snippet(("reference", "metric", "kind", "k"), _events)
TABLE2 = Snippet(("table_reference", "table_signal"), _table2)
