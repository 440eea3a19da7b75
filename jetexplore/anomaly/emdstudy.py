"""How good is a learned energy mover's distance, and what does it cost? Figure 2 of Tsan et al. (2021), section 4.

The paper's test pairs are of jets that occur in training pairs, too. Here they stand beside pairs of jets that the
network has never seen; and the exact distance, which is what a learned one has to beat, beside both.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jetexplore.errors import InputError
from jetexplore.files import digest, stored
from jetexplore.jets import Jets

if TYPE_CHECKING:
    from jetexplore.models.cards import Card
    from jetexplore.models.emdbench import Throughput
    from jetexplore.models.emdpairs import Pairs
    from jetexplore.models.learnedemd import LearnedEMD

N_TEST = 10_000  # pairs at most, of each kind
PUBLISHED = {"bias": -0.00003, "sd": 0.016}  # relative difference, caption of figure 2: seen jets, their own data


class Comparison(NamedTuple):
    """True and predicted EMDs of pairs."""

    true: np.ndarray  # (n,) rad for shares (R = 1), GeV otherwise
    predicted: np.ndarray  # (n,)
    relative: np.ndarray  # (n,) (predicted - true) / true

    @property
    def summary(self) -> dict[str, float]:
        """Say in numbers how good they are: relative differences in %, and the correlation."""
        return {
            "bias": 100 * float(self.relative.mean()),
            "sd": 100 * float(self.relative.std()),
            "median": 100 * float(np.median(np.abs(self.relative))),
            "correlation": float(np.corrcoef(self.true, self.predicted)[0, 1]),
        }


class Figure2(NamedTuple):
    """Both panels of figure 2 of Tsan et al. (2021), and both once more for jets that were never seen."""

    seen: Comparison  # the paper's: pairs that were not trained on, of jets that were
    unseen: Comparison


def compare(network: LearnedEMD, x: Jets, emd: np.ndarray, number: np.ndarray) -> Comparison:
    """Predict EMDs of some pairs of jets whose true ones are known.

    Parameters
    ----------
    network : LearnedEMD
        From `models.load_emdgnn`.
    x : Jets
        Jets.
    emd : ndarray, shape (n * (n - 1) / 2,)
        True EMDs of all their pairs.
    number : ndarray of int
        Which pairs.

    Returns
    -------
    Comparison
        Of those pairs whose true EMD is not zero.
    """
    from jetexplore.models import emdpairs

    number = number[emd[number] > 0]
    predicted, true = network.pairs(x, x, *emdpairs.of(number, len(x))), emd[number]
    return Comparison(true, predicted, predicted / true - 1)


def figure_2(source: str | Path | LearnedEMD, data: Pairs | None = None, n: int = N_TEST) -> Figure2:
    """Compare true and predicted EMDs, figure 2 of Tsan et al. (2021), for seen and for unseen jets.

    Parameters
    ----------
    source : str, pathlib.Path or LearnedEMD
        A name in `models.networks`, a file, or a network.
    data : Pairs, optional
        What it was trained on, from `emdpairs.pairs`; without, the comparison that was stored when it was evaluated.
    n : int
        Pairs at most, of each kind.

    Returns
    -------
    Figure2
        Both comparisons.

    Raises
    ------
    InputError
        ``E_CHOICE`` if the network was not trained on these jets, ``E_RESULT`` if nothing was stored.
    """
    network, card = _network(source), _network(source).card
    if data is not None and (card.data, card.n_train, network.weights) != (data.key, len(data.jets), data.weights):
        found = f"{len(data.jets)} jets of {data.origin!r} with weights {data.weights!r}"
        expected = f"the {card.n_train} jets it was trained on, with weights {network.weights!r}"
        raise InputError("E_CHOICE", found, expected, where=card.name)

    def compute() -> dict[str, np.ndarray]:
        if data is None:
            mend = "give its training pairs, from emdpairs.pairs"
            raise InputError("E_RESULT", "no stored comparison", "a network that was evaluated here", card.name, mend)
        others = np.random.default_rng(2111).permutation(len(data.unseen_emd))[:n]
        seen = compare(network, data.jets, data.emd, data.test[:n])
        unseen = compare(network, data.unseen, data.unseen_emd, others)
        return {"seen": np.array(seen[:2]), "unseen": np.array(unseen[:2])}

    made = (card.name, card.data, card.loss, card.curve, n)  # what it was made with, not what was found about it
    found = stored(f"figure2-{card.name}", digest("figure2-1", made), compute)
    return Figure2(*(Comparison(*found[kind], found[kind][1] / found[kind][0] - 1) for kind in Figure2._fields))


def throughput(source: str | Path | LearnedEMD, x: Jets, n: int = 512, turns: int = 3) -> list[Throughput]:
    """Measure how fast EMDs and their gradients come, exact and learned: `models.emdbench.throughput`.

    Parameters
    ----------
    source : str, pathlib.Path or LearnedEMD
        As in `figure_2`.
    x : Jets
        Jets to take pairs of, at random.
    n : int
        Pairs a turn.
    turns : int
        Turns of all ways, one after the other.

    Returns
    -------
    list of Throughput
        Exact distances, learned ones, exact gradients, learned gradients, training steps.
    """
    from jetexplore.models import emdbench

    return emdbench.throughput(_network(source), x, n, turns)


def _network(source: str | Path | LearnedEMD) -> LearnedEMD:
    from jetexplore import models

    return models.load_emdgnn(source) if isinstance(source, str | Path) else source


def evaluate_emdgnn(source: str | Path, data: Pairs, n: int = N_TEST) -> Card:
    """Write into a network's card how good it is on seen and unseen jets, and how fast.

    Parameters
    ----------
    source : str or pathlib.Path
        A name in `models.networks`, or a file.
    data : Pairs
        What it was trained on.
    n : int
        Pairs at most, of each kind.

    Returns
    -------
    Card
        The new card; its results have ``seen_`` and ``unseen_`` bias, sd, median (of relative differences, in %) and
        correlation, and pairs a second of each way in `throughput`.
    """
    from jetexplore import models
    from jetexplore.models import checkpoints

    path = checkpoints.path_of(source)
    network = models.load_emdgnn(path)
    found = figure_2(network, data, n)
    results = {
        f"{kind}_{name}": value for kind in found._fields for name, value in getattr(found, kind).summary.items()
    }
    n_pairs = {f"{kind}_pairs": float(len(getattr(found, kind).true)) for kind in found._fields}
    speed = {
        f"{one.way.replace(' ', '_')}_per_second": one.pairs_per_second
        for one in throughput(network, data.unseen, min(512, n))
    }
    return checkpoints.annotate(path, results={**network.card.results, **results, **n_pairs, **speed})
