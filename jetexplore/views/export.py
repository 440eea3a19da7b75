"""How is what a card shows written to a file? CSV that says where it comes from, under a name that says what it is."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from jetexplore.anomaly import scoretable
from jetexplore.views import comparecode, exportmap, exportown, exportsearch, exporttables
from jetexplore.views.axes import AXES, axis
from jetexplore.views.exporttables import Columns
from jetexplore.views.origin import origin
from jetexplore.views.resonance import WATCHED
from jetexplore.views.scores import SCORED
from jetexplore.views.state import Choice

LARGE = 50_000  # rows from which a file is packed


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
        Export("Pictures (CSV)", "pictures", ("example", "reference", "kind", "metric", "k"), exporttables.pictures,
               "a pixel that is not empty: eta and phi of its centre in rad, fraction of the jet's pT"),
    ),
    "pairs": (
        Export("All pairs (CSV.gz)", "pairs", ("sample", "x", "y"), exporttables.pairs,
               "a pair of test jets i, j; Wass(p) in rad"),
        Export("Transport plan (CSV)", "plan", ("sample", "pair", "y"), exporttables.transport,
               "an arrow from eta, phi to eta_to, phi_to in rad; fraction of pT; cost of moving all of it"),
    ),
    "scores": (
        Export("Scores (CSV)", "scores", tuple(SCORED), exporttables.scores, "a test jet; bigger is more anomalous"),
        Export("ROC curves (CSV)", "roc", tuple(SCORED), exporttables.rocs, "a threshold; score >= threshold is kept"),
    ),
    "map": (
        Export("Chosen jets (CSV)", "map", ("space",), exportmap.mapped,
               "a chosen jet: class, place among its test jets, place on the map (no unit), score, mass and pT in GeV"),
    ),
    "events": (
        Export("Reference events (CSV)", "events", ("reference", "kind", "metric", "k"), exporttables.events,
               "a pixel that is not empty: eta and phi of its centre in rad, fraction of the jet's pT"),
        Export("Medoids for every k (CSV)", "medoids", ("reference", "metric"), exporttables.medoids,
               "a medoid: its place among the reference jets; distances to the nearest medoid, Wass(p) in rad"),
    ),
    "table2": (
        Export("Rows shown (CSV)", "table2", ("table_reference", "table_signal"), exporttables.published,
               "a row of table 2 and a signal; areas under the ROC curve"),
    ),
    "networks": (
        Export("Scores (CSV)", "network-scores", ("architecture", "network", "graph", "score"),
               exporttables.network_scores,
               "a test jet, bigger is more anomalous; of a graph autoencoder a threshold of its events' ROC curve"),
        Export("Inside (CSV)", "network-inside", ("architecture", *INSIDE[0], *INSIDE[1]), exporttables.network_inside,
               "a pair of QCD test jets, Wass(p) in rad; of a graph autoencoder a bin in GeV"),
    ),
    "compare": (
        Export("Both scores (CSV)", "compare", ("left", "right", "network", "score", *SCORED), comparecode.scores,
               "a test jet; bigger is more anomalous; a rank is the fraction of QCD jets below"),
    ),
    "plane": (Export("All scores (CSV)", "plane", (), exporttables.points, "a score with one choice of its options"),),
    "dijets": (
        Export("Spectrum (CSV)", "spectrum", tuple(WATCHED), exportsearch.spectrum,
               "a bin of the dijet mass, edges in GeV; events"),
        Export("Windows (CSV)", "windows", tuple(WATCHED), exportsearch.windows,
               "a window of the dijet mass, edges in GeV; events"),
    ),
    "own": (
        Export("Your jets (CSV)", "own", ("own", "own_score"), exportown.scored, OWN),
        Export("Your jets (Parquet)", "own-parquet", ("own", "own_score"), exportown.scored, OWN,
               form="parquet"),
    ),
}  # fmt: skip


def file(what: Export, choice: Choice) -> tuple[str, bytes]:
    """Write a file of a card's data.

    Parameters
    ----------
    what : Export
        Of `EXPORTS`.
    choice : Choice
        The selections.

    Returns
    -------
    name : str
        Tells what it is and of which selections.
    content : bytes
        CSV by RFC 4180 with a header, after lines that begin with ``#``; packed by gzip if it is large. Numbers are
        written so that reading gives the same ones.

    Raises
    ------
    InputError
        Where the data cannot be made.

    Examples
    --------
    >>> name, content = file(EXPORTS["scores"][0], Choice(k=5))
    >>> name
    'jetexplore-scores-QCD-Wass1-medoids-5-min.csv'
    >>> content.decode().splitlines()[0].split()[:2]
    ['#', 'jetexplore']
    """
    import pandas as pd

    columns = dict(what.columns(choice))
    stem = name(what.stem.partition("-parquet")[0], what.names, choice)
    if what.form == "parquet":
        return f"{stem}.parquet", scoretable.packed(columns, {"lines": provenance(what, choice)})
    table = pd.DataFrame(columns)
    head = "".join(f"# {line}\n" for line in provenance(what, choice))
    content = (head + table.to_csv(index=False, lineterminator="\n")).encode()
    if len(table) < LARGE:
        return f"{stem}.csv", content
    return f"{stem}.csv.gz", gzip.compress(content, compresslevel=1, mtime=0)  # the same data give the same bytes


def name(stem: str, names: Iterable[str], choice: Choice) -> str:
    """Name a file, without its ending.

    Parameters
    ----------
    stem : str
        What it is.
    names : iterable of str
        Selections that its name tells.
    choice : Choice
        The selections.

    Returns
    -------
    str
        Letters, digits and ``_.+-``, at most 120.

    Examples
    --------
    >>> name("pairs", ("sample", "x"), Choice())
    'jetexplore-pairs-QCD-MSE'
    """
    chosen = (axis(choice, one) if one in AXES else getattr(choice, one) for one in names)
    return "-".join(part for part in ("jetexplore", stem, *map(_plain, chosen)) if part)[:120]


def provenance(what: Export, choice: Choice) -> list[str]:
    """Tell where the numbers of a file come from.

    Parameters
    ----------
    what : Export
        Of `EXPORTS`.
    choice : Choice
        The selections.

    Returns
    -------
    list of str
        As `origin.origin`, and what a row is.

    Examples
    --------
    >>> provenance(EXPORTS["plane"][0], Choice(k=5))[2:]
    ['selections: ?k=5', 'each row: a score with one choice of its options']
    """
    (anchor,) = (anchor for anchor, some in EXPORTS.items() if what.stem in {one.stem for one in some})
    return [*origin(anchor, choice, what.stem), f"each row: {what.told}"]


def _plain(value: object) -> str:
    """Write a selection so that it may be part of a file name anywhere."""
    text = "_".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return re.sub(r"[^A-Za-z0-9_.+]+", "", text)
