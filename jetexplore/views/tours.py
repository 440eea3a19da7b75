"""Where does a section of a paper live on this page? Links that show it, one a section, as plain URLs."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from jetexplore.views.address import to_query
from jetexplore.views.state import Choice

FRASER, TSAN = "Fraser et al. (2021)", "Tsan et al. (2021)"


class Tour(NamedTuple):
    """One stop: what of a paper can be seen, and what the page has to be set to."""

    title: str
    paper: str
    section: str
    told: str  # one sentence
    card: str  # anchor of the card to scroll to
    selections: dict[str, object]


PART = "ta6_6~20_6~20_17~6_17"  # of the map

TOURS = (
    Tour(
        "Sparse jets and their average", FRASER, "2",
        "Single jets fill few pixels and look nothing like the average of all of them.",
        "jets", {"example": 12},
    ),
    Tour(
        "Two kinds of distance", FRASER, "3",
        "Every pair of QCD jets in the plane of MSE and Wass(1), as in figure 1, with the transport plan of one pair.",
        "pairs", {"sample": "QCD", "x": "MSE", "y": "Wass(1)", "pair": (3, 141)},
    ),
    Tour(
        "How anomalous an autoencoder finds a jet", FRASER, "4.1",
        "The autoencoder trained with the MSE, scored by the MAE, and the scan over β of table 1 and figure 3.",
        "networks", {"architecture": "VAE", "score": "MAE", "passing": "Top", "signal": "Top"},
    ),
    Tour(
        "What the autoencoder has learned", FRASER, "4.2",
        "Distances after the second block of the network against Wass(0.5), as in figure 6.",
        "networks", {"architecture": "VAE", "features": "block 2", "against": "Wass(0.5)"},
    ),
    Tour(
        "Where the network puts jets", FRASER, "4.2",
        "Jets placed by the latent means of a network that saw QCD jets only, and a line round a part rich in W jets.",
        "map", {"space": "vae-MSE-d3-b1e-8", "lasso": PART},
    ),
    Tour(
        "A few events stand for all", FRASER, "5",
        "Five medoids instead of one average, and the elbow of figure 7 that suggests how many.",
        "events", {"reference": "QCD", "metric": "Wass(1)", "kind": "medoids", "k": 5},
    ),
    Tour(
        "What is best for one signal is not for another", FRASER, "5",
        "The rows of table 2 for W jets beside what is printed; a press on a row shows it on the whole page.",
        "table2", {"signal": "W", "metric": "MAE", "kind": "average", "table_reference": "QCD", "table_signal": "W"},
    ),
    Tour(
        "What could be reached if the signal were known", FRASER, "B",
        "Lines in the plane of all scores show the areas of networks that were trained with labels.",
        "plane", {"kind": "contrast", "k": 5},
    ),
    Tour(
        "Medoids beside an autoencoder", FRASER, "6",
        "Five medoids and a network score the same W jets: curves, ranks against ranks, and jets on which they differ.",
        "compare",
        {"k": 5, "signal": "W", "left": "events", "right": "network: vae-MSE-d3-b1e-8, MAE"},
    ),
    Tour(
        "A jet as a graph of particles", TSAN, "3",
        "One dijet jet before and after a graph autoencoder that leaves two numbers to each particle.",
        "networks", {"architecture": "PGAE", "cloud_class": "signal", "cloud": 3},
    ),
    Tour(
        "What the graph autoencoder finds", TSAN, "4, PGAE",
        "The distribution of p_x before and after the network and the ROC curves of events, as in figure 1.",
        "networks", {"architecture": "PGAE", "graph": "pgae-momenta-MSE", "component": "px"},
    ),
    Tour(
        "Is there a bump?", TSAN, "4, resonance search",
        "Events like black box 1, of which both jets lie beyond the 70 % quantile of a graph autoencoder's loss.",
        "dijets",
        {"jet_score": "PGAE MSE", "event_combine": "min", "quantile": 0.7, "resonance": "box1", "injected": 800},
    ),
)  # fmt: skip


@lru_cache(maxsize=1)
def stops() -> list[list[object]]:
    """List the tours for `tourlist.Tours`, by paper.

    Returns
    -------
    list
        Paper and, for each of its tours, title, section, sentence, query and card.

    Examples
    --------
    >>> stops()[0][1][0][3:]
    ['?example=12', 'jets']
    """
    return [
        [paper, [[one.title, f"section {one.section}", one.told, query(one), one.card] for one in some]]
        for paper, some in groupby(TOURS, lambda one: one.paper)
    ]


def query(tour: Tour) -> str:
    """Write the selections of a tour as the query of a URL.

    Parameters
    ----------
    tour : Tour
        One of `TOURS`.

    Returns
    -------
    str
        What differs from the usual selections; all others are the usual ones.

    Examples
    --------
    >>> query(next(tour for tour in TOURS if tour.card == "events"))
    '?k=5'
    """
    return to_query(Choice(**tour.selections))
