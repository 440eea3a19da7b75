r"""What does a trained EMD-GNN say of two jets? Distances and their gradients, and the exact ones beside them.

A learned distance is worth having where it is faster than the exact one, or where its gradient is better. Both can be
looked at here: the exact EMD has a gradient, too, by the envelope theorem. With the plan f of two clouds held fixed, a
particle at y is drawn towards those it receives from, :math:`\partial / \partial y_j = \sum_i f_{ij} (y_j - x_i) /
|y_j - x_i|`; and the dual potential is the gradient by its pT.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from jetexplore import distances
from jetexplore.errors import InputError
from jetexplore.jets import Jets
from jetexplore.models import checkpoints, emdgraphs
from jetexplore.models.cards import Card
from jetexplore.models.emdgnn import EMDGNN
from jetexplore.models.emdgraphs import UNITS, Clouds

CHUNK = 128  # pairs at a time


class Gradient(NamedTuple):
    """EMDs of pairs and their gradients by the second jet's particles, in coordinates relative to its axis."""

    emd: np.ndarray  # (n,) rad for shares, GeV otherwise
    by: np.ndarray  # (t, 3) by share of pT (or pT), eta and phi of each particle; rad or a pure number, 1 for GeV
    offsets: np.ndarray  # (n + 1,) particles of the second jet of pair i: ``offsets[i]:offsets[i + 1]``


class Agreement(NamedTuple):
    """How far two gradients point the same way, one cosine a pair."""

    pt: np.ndarray  # (n,) by pT
    position: np.ndarray  # (n,) by eta and phi


class LearnedEMD:
    """A trained EMD-GNN that is only asked, in float32.

    Parameters
    ----------
    module : EMDGNN
        The network.
    card : Card
        What is known of it.

    Examples
    --------
    >>> network = LearnedEMD(EMDGNN(), Card("unknown", "emdgnn", 0, inputs="share-raw-2"))
    >>> x = Jets(pt=[50.0, 50.0, 80.0], eta=[-0.1, 0.1, 2.0], phi=[0.0, 0.0, 1.0], offsets=[0, 2, 3])
    >>> network.distances(x[:1], x[1:]).shape
    (1,)
    """

    def __init__(self, module: EMDGNN, card: Card) -> None:
        self.module, self.card = module.eval().requires_grad_(False), card

    @property
    def weights(self) -> str:
        """Which reading of relative pT: "share" or "GeV"."""
        return self.card.inputs.split("-")[0]

    def distances(self, x: Jets, y: Jets) -> np.ndarray:
        """Predict the EMD of jets of the same number.

        Parameters
        ----------
        x, y : Jets
            Equally many; moved to their axes here.

        Returns
        -------
        ndarray, shape (n,)
            rad for shares (R = 1), GeV otherwise; >= 0, the same for ``y, x`` up to rounding.

        Raises
        ------
        InputError
            ``E_LENGTH`` if there are not equally many, ``E_INPUTS`` for something else than jets.
        """
        same = np.arange(_equally(x, y))
        return self.pairs(x, y, same, same)

    def pairs(self, x: Jets, y: Jets, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """Predict the EMD of pairs ``x[i], y[j]``.

        Parameters
        ----------
        x, y : Jets
            Any.
        i, j : ndarray of int, shape (n,)
            Pairs.

        Returns
        -------
        ndarray, shape (n,)
            As in `distances`.
        """
        left, right = emdgraphs.clouds(x, self.weights), emdgraphs.clouds(y, self.weights)
        i, j = (torch.from_numpy(np.ascontiguousarray(side, dtype=np.int64)) for side in (i, j))
        out = np.empty(len(i))
        with torch.inference_mode():
            for start in range(0, len(i), CHUNK):
                part = slice(start, start + CHUNK)
                out[part] = self.module(*emdgraphs.graphs(left, right, i[part], j[part])).mean(0).numpy()
        return out * UNITS[self.weights]

    def gradient(self, x: Jets, y: Jets) -> Gradient:
        """Differentiate the predicted EMD by the particles of the second jets.

        The neighbours are held, as in training; jets stay at their axes.

        Parameters
        ----------
        x, y : Jets
            Equally many.

        Returns
        -------
        Gradient
            By pT for shares: of shares as they are normalised, so that their mean, weighted with the shares, is 0.

        Raises
        ------
        InputError
            As in `distances`.
        """
        n = _equally(x, y)
        left, right = emdgraphs.clouds(x, self.weights), emdgraphs.clouds(y, self.weights)
        particles = right.particles.clone().requires_grad_()
        unit, values = UNITS[self.weights], np.empty(n)
        for start in range(0, n, CHUNK):
            same = torch.arange(start, min(start + CHUNK, n))
            found = self.module(*emdgraphs.graphs(left, Clouds(particles, right.offsets), same, same)).mean(0)
            found.sum().backward()
            values[start : start + CHUNK] = found.detach().numpy() * unit
        by = particles.grad.double().numpy() * unit
        if self.weights == "GeV":
            by[:, 0] /= UNITS["GeV"]
        return Gradient(values, _on_shares(by, y) if self.weights == "share" else by, y.offsets)


def exact_gradient(x: Jets, y: Jets, weights: str = "share") -> Gradient:
    """Differentiate the exact EMD, R = 1, by the particles of the second jets.

    Parameters
    ----------
    x, y : Jets
        Equally many; moved to their axes here.
    weights : {"share", "GeV"}
        As in `emdgraphs.clouds`.

    Returns
    -------
    Gradient
        As in `LearnedEMD.gradient`. Where the plan is not unique this is one of the subgradients; particles that lie
        on those they receive from are not drawn anywhere.

    Raises
    ------
    InputError
        ``E_LENGTH``, ``E_CHOICE``.

    Examples
    --------
    >>> x = Jets(pt=[60.0, 40.0], eta=[0.1, -0.15], phi=[0.0, 0.0], offsets=[0, 2])
    >>> y = Jets(pt=[60.0, 40.0], eta=[0.2, -0.30], phi=[0.0, 0.0], offsets=[0, 2])
    >>> found = exact_gradient(x, y)
    >>> found.emd.round(2).tolist(), found.by[:, 1].round(2).tolist()  # outwards: further from x
    ([0.12], [0.6, -0.4])
    """
    n = _equally(x, y)
    x, y = emdgraphs.relative(x), emdgraphs.relative(y)
    values, by = np.empty(n), np.zeros((len(y.pt), 3))
    for k in range(n):
        one, two = (slice(*side.offsets[k : k + 2]) for side in (x, y))
        a, b = x.pt[one], y.pt[two]
        step = np.stack([y.eta[None, two] - x.eta[one, None], y.phi[None, two] - x.phi[one, None]])
        step[1] = (step[1] + np.pi) % (2 * np.pi) - np.pi
        cost = np.hypot(*step)
        if weights == "share":
            a, b = a / a.sum(), b / b.sum()
        lacking, padded = b.sum() - a.sum(), cost
        if weights == "GeV" and lacking > 0:
            a, padded = np.append(a, lacking), np.pad(cost, ((0, 1), (0, 0)), constant_values=1.0)
        if weights == "GeV" and lacking <= 0:
            b, padded = np.append(b, -lacking), np.pad(cost, ((0, 0), (0, 1)), constant_values=1.0)
        found = distances.plan(a, b, padded)
        values[k] = found.cost
        real = (found.source < cost.shape[0]) & (found.target < cost.shape[1])
        source, target, flow = (part[real] for part in found[:3])
        with np.errstate(invalid="ignore", divide="ignore"):
            pull = np.nan_to_num(flow * step[:, source, target] / cost[source, target])
        at = two.start + target
        for axis in (0, 1):
            np.add.at(by[:, 1 + axis], at, pull[axis])
        by[two, 0] = found.target_potential[: cost.shape[1]]
        if weights == "GeV":  # a further GeV is one more to be created, or one less to vanish
            by[two, 0] += found.source_potential[-1] if lacking > 0 else -found.target_potential[-1]
    return Gradient(values, _on_shares(by, y) if weights == "share" else by, y.offsets)


def compare_gradients(network: LearnedEMD, x: Jets, y: Jets) -> Agreement:
    """Compare the direction of the learned EMD's gradient with that of the exact one, pair by pair.

    Parameters
    ----------
    network : LearnedEMD
        From `load_emdgnn`.
    x, y : Jets
        Equally many.

    Returns
    -------
    Agreement
        Cosines, 1 for the same direction; nan where a gradient vanishes, as for a jet of one particle.
    """
    learned, true = network.gradient(x, y), exact_gradient(x, y, network.weights)
    return Agreement(_cosine(learned, true, [0]), _cosine(learned, true, [1, 2]))


def _cosine(one: Gradient, two: Gradient, columns: list[int]) -> np.ndarray:
    def sums(values: np.ndarray) -> np.ndarray:
        return np.add.reduceat(values.sum(1), one.offsets[:-1])

    a, b = one.by[:, columns], two.by[:, columns]
    with np.errstate(invalid="ignore", divide="ignore"):
        return sums(a * b) / np.sqrt(sums(a * a) * sums(b * b))


def _on_shares(by: np.ndarray, y: Jets) -> np.ndarray:
    # shares sum to one whatever the pT: only what differs from the weighted mean is felt
    share = y.pt / np.bincount(y.jet, y.pt)[y.jet]
    by[:, 0] -= np.bincount(y.jet, share * by[:, 0])[y.jet]
    return by


def _equally(x: Jets, y: Jets) -> int:
    if len(x) != len(y):
        raise InputError("E_LENGTH", f"{len(x)} and {len(y)} jets", "equally many")
    return len(x)


def load_emdgnn(source: str | Path) -> LearnedEMD:
    """Load a trained EMD-GNN by name, or from a file.

    Parameters
    ----------
    source : str or pathlib.Path
        A name in `models.networks`, or a ``.safetensors`` file.

    Returns
    -------
    LearnedEMD
        The network; the same object for the same unchanged file.

    Raises
    ------
    InputError
        ``E_NETWORK`` for an unknown name, ``E_CARD`` for another kind of network, and those of `weightfile.read` and
        `weightfile.fill` for a file that is damaged or none of ours.
    FileNotFoundError
        If there is no such file.
    """
    return checkpoints.load(source, "emdgnn", "an EMD-GNN", _build, LearnedEMD)


def _build(card: Card) -> EMDGNN:
    parts = card.inputs.split("-")
    known = len(parts) == 3 and parts[0] in UNITS and parts[1] in ("raw", "normalised") and parts[2] in ("2", "3")
    if not known:
        raise InputError("E_CARD", f"inputs {card.inputs[:40]!r}", "pT, first layer and layers of an EMD-GNN")
    return EMDGNN(neighbours=card.neighbours, linears=int(parts[2]), first=parts[1])
