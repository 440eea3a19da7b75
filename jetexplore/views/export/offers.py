"""Which files does a card offer? Each by its button, its name, and what a row of it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from jetexplore.views.export import dijets, networks, own, pairs, pictures, scores
from jetexplore.views.export.columns import Columns
from jetexplore.views.export.map import mapped
from jetexplore.views.resonance import WATCHED
from jetexplore.views.scores import SCORED
from jetexplore.views.state import Choice


class Export(NamedTuple):
    """One file that a card offers."""

    label: str  # of its button
    stem: str  # of its name
    names: tuple[str, ...]  # selections that are named in its name
    columns: Callable[[Choice], Columns]
    told: str  # what a row is, with units
    form: str = "csv"  # or "parquet"


OWN = (
    "a jet of the file: place in it, momentum in GeV, score (bigger is more anomalous), percentile and p-value among "
    "the QCD test jets of the sample"
)
INSIDE = ("network", "features", "against"), ("graph", "component", "cloud_class")
EXPORTS: dict[str, tuple[Export, ...]] = {
    "jets": (
        Export("Pictures (CSV)", "pictures", ("example", "reference", "kind", "metric", "k"), pictures.pictures,
               "a pixel that is not empty: eta and phi of its centre in rad, fraction of the jet's pT"),
    ),
    "pairs": (
        Export("All pairs (CSV.gz)", "pairs", ("sample", "x", "y"), pairs.pairs,
               "a pair of test jets i, j; Wass(p) in rad"),
        Export("Transport plan (CSV)", "plan", ("sample", "pair", "y"), pairs.transport,
               "an arrow from eta, phi to eta_to, phi_to in rad; fraction of pT; cost of moving all of it"),
    ),
    "scores": (
        Export("Scores (CSV)", "scores", tuple(SCORED), scores.scores, "a test jet; bigger is more anomalous"),
        Export("ROC curves (CSV)", "roc", tuple(SCORED), scores.rocs, "a threshold; score >= threshold is kept"),
    ),
    "map": (
        Export("Chosen jets (CSV)", "map", ("space",), mapped,
               "a chosen jet: class, place among its test jets, place on the map (no unit), score, mass and pT in GeV"),
    ),
    "events": (
        Export("Reference events (CSV)", "events", ("reference", "kind", "metric", "k"), pictures.events,
               "a pixel that is not empty: eta and phi of its centre in rad, fraction of the jet's pT"),
        Export("Medoids for every k (CSV)", "medoids", ("reference", "metric"), pictures.medoids,
               "a medoid: its place among the reference jets; distances to the nearest medoid, Wass(p) in rad"),
    ),
    "table2": (
        Export("Rows shown (CSV)", "table2", ("table_reference", "table_signal"), scores.published,
               "a row of table 2 and a signal; areas under the ROC curve"),
    ),
    "networks": (
        Export("Scores (CSV)", "network-scores", ("architecture", "network", "graph", "score"),
               networks.scores,
               "a test jet, bigger is more anomalous; of a graph autoencoder a threshold of its events' ROC curve"),
        Export("Inside (CSV)", "network-inside", ("architecture", *INSIDE[0], *INSIDE[1]), networks.inside,
               "a pair of QCD test jets, Wass(p) in rad; of a graph autoencoder a bin in GeV"),
    ),
    "compare": (
        Export("Both scores (CSV)", "compare", ("left", "right", "network", "score", *SCORED), scores.compared,
               "a test jet; bigger is more anomalous; a rank is the fraction of QCD jets below"),
    ),
    "plane": (Export("All scores (CSV)", "plane", (), scores.points, "a score with one choice of its options"),),
    "dijets": (
        Export("Spectrum (CSV)", "spectrum", tuple(WATCHED), dijets.spectrum,
               "a bin of the dijet mass, edges in GeV; events"),
        Export("Windows (CSV)", "windows", tuple(WATCHED), dijets.windows,
               "a window of the dijet mass, edges in GeV; events"),
    ),
    "own": (
        Export("Your jets (CSV)", "own", ("own", "own_score"), own.scored, OWN),
        Export("Your jets (Parquet)", "own-parquet", ("own", "own_score"), own.scored, OWN,
               form="parquet"),
    ),
}  # fmt: skip
