"""What does a graph autoencoder make of jets? A trained or an untrained network, jets and plain arrays in and out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from jetexplore.errors import InputError
from jetexplore.jets import Jets
from jetexplore.models import checkpoints
from jetexplore.models.cards import Card
from jetexplore.models.cloudinputs import INPUTS
from jetexplore.models.pgae import PGAE, distance

PLACES = 16_384  # for particles at a time
LIGHTEST, WIDEST = 1e-6, 10.0  # GeV and |eta| that a reconstructed particle is brought to, as `Jets` asks


def clouds(some: Jets, inputs: str = "momenta", extra: np.ndarray | None = None) -> tuple[Tensor, Tensor]:
    """Lay jets out in one array, as networks of clouds take them.

    Parameters
    ----------
    some : Jets
        Jets.
    inputs : str
        A key of `INPUTS`.
    extra : ndarray, shape (n_constituents, k), optional
        Further numbers of each particle.

    Returns
    -------
    particles : Tensor of float32, shape (n, longest, 3 + k)
        0 behind the last particle of each jet.
    counts : Tensor of int64, shape (n,)
        Particles of each jet.

    Raises
    ------
    InputError
        ``E_SHAPE`` if there are not so many extra numbers.

    Examples
    --------
    >>> x, counts = clouds(Jets([2.0, 1.0, 4.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0, 2, 3]))
    >>> x[..., 0].tolist(), counts.tolist()
    ([[2.0, 1.0], [4.0, 0.0]], [2, 1])
    """
    features = INPUTS[inputs].features(some)
    if extra is not None:
        extra = np.asarray(extra, dtype=np.float32)
        if extra.ndim != 2 or len(extra) != len(features) or not np.isfinite(extra).all():
            found = f"extra numbers of shape {extra.shape}"
            raise InputError("E_SHAPE", found, f"({len(features)}, k) finite numbers")
        features = np.concatenate([features, extra], 1)
    counts = some.counts
    laid = np.zeros((len(some), int(counts.max(initial=0)), features.shape[1]), np.float32)
    laid[np.arange(laid.shape[1]) < counts[:, None]] = features
    return torch.from_numpy(laid), torch.from_numpy(counts)


class CloudAutoencoder:
    """A graph autoencoder that is only asked, in float32.

    Jets go through it in blocks of similar size, so that neither memory nor time is spent on empty places. A jet's
    result does not depend on the others.

    Parameters
    ----------
    module : PGAE
        The network.
    card : Card
        What is known of it.

    Examples
    --------
    >>> network = CloudAutoencoder(PGAE("relative"), Card("untrained", "pgae", 0, inputs="relative"))
    >>> network.encode(Jets([2.0, 1.0], [0.0, 0.1], [0.0, 0.1], [0, 2])).shape
    (2, 2)
    """

    def __init__(self, module: PGAE, card: Card) -> None:
        self.module = module.eval()
        self.card = card

    def encode(self, some: Jets, extra: np.ndarray | None = None) -> np.ndarray:
        """Encode the particles of jets.

        Parameters
        ----------
        some : Jets
            Jets.
        extra : ndarray, shape (n_constituents, k), optional
            Further numbers of each particle, where the network takes any.

        Returns
        -------
        ndarray of float32, shape (n_constituents, 2)
            In the order of the particles.

        Raises
        ------
        InputError
            ``E_SHAPE`` if the network takes another number of extra columns.
        """
        return self._particles(some, extra, self.module.encode, self.module.latent)

    def features(self, some: Jets, extra: np.ndarray | None = None) -> np.ndarray:
        """Reconstruct what the network saw of each particle.

        Parameters
        ----------
        some, extra
            As in `encode`.

        Returns
        -------
        ndarray of float32, shape (n_constituents, 3)
            As `INPUTS` says: momenta in GeV, or shares and angles.
        """
        return self._particles(some, extra, self.module, 3)

    def reconstruct(self, some: Jets, extra: np.ndarray | None = None) -> Jets:
        """Reconstruct jets, particle by particle.

        Parameters
        ----------
        some, extra
            As in `encode`.

        Returns
        -------
        Jets
            As many particles in the same order; a pT below 1e-6 GeV and abs(eta) above 10 are brought to these.
        """
        found = torch.from_numpy(self.features(some, extra).astype(np.float64))
        weight, eta, phi = INPUTS[self.module.inputs].points(found).numpy().T
        if INPUTS[self.module.inputs].about_axis:
            whole, jet = some.momenta(), some.jet
            weight, eta, phi = weight * whole.pt[jet], eta + whole.eta[jet], phi + whole.phi[jet]
        return Jets(weight.clip(LIGHTEST), eta.clip(-WIDEST, WIDEST), phi, some.offsets)

    def jet_losses(self, some: Jets, metric: str | None = None, extra: np.ndarray | None = None) -> np.ndarray:
        """Compare each jet with its reconstruction.

        Parameters
        ----------
        some : Jets
            Jets.
        metric : str, optional
            A key of `CLOUD_LOSSES`; that of the training by default.
        extra : ndarray, shape (n_constituents, k), optional
            As in `encode`.

        Returns
        -------
        ndarray of float32, shape (n,)
            In the units of `pgae.distance`; larger for jets unlike those of the training.
        """
        metric = self.card.training_metric if metric is None else metric
        found = np.empty(len(some), np.float32)
        for rows, x, counts in self._blocks(some, extra):
            found[rows] = distance(self.module, metric, x, self.module(x, counts), counts).numpy()
        return found

    def _particles(self, some: Jets, extra: np.ndarray | None, function: object, width: int) -> np.ndarray:
        found = np.empty((len(some.pt), width), np.float32)
        for rows, x, counts in self._blocks(some, extra):
            y = function(x, counts).numpy()
            for row, n, some_y in zip(rows, counts.tolist(), y, strict=True):
                found[some.offsets[row] : some.offsets[row] + n] = some_y[:n]
        return found

    def _blocks(self, some: Jets, extra: np.ndarray | None) -> Iterator[tuple[np.ndarray, Tensor, Tensor]]:
        columns = 0 if extra is None else np.shape(extra)[-1]
        if columns != self.module.extra:
            raise InputError("E_SHAPE", f"{columns} extra columns", f"{self.module.extra}, as the network was made")
        order = np.argsort(some.counts, kind="stable")
        counts, first = some.counts[order], 0
        with torch.inference_mode():
            while first < len(order):
                wide = counts[first:] * np.arange(1, len(order) - first + 1)  # places of so many jets more
                rows = order[first : first + max(1, int(np.searchsorted(wide, PLACES, "right")))]
                part = some[rows]
                mine = None
                if extra is not None:
                    mine = np.concatenate([extra[some.offsets[k] : some.offsets[k + 1]] for k in rows])
                yield rows, *clouds(part, self.module.inputs, mine)
                first += len(rows)


def load_pgae(source: str | Path) -> CloudAutoencoder:
    """Load a trained graph autoencoder by name, or from a file.

    Parameters
    ----------
    source : str or pathlib.Path
        A name in `models.networks`, or a ``.safetensors`` file.

    Returns
    -------
    CloudAutoencoder
        The network; the same object for the same unchanged file.

    Raises
    ------
    InputError
        ``E_NETWORK`` for an unknown name, ``E_CARD`` for another kind of network, and those of `weightfile.read` and
        `weightfile.fill` for a file that is damaged or none of ours.
    FileNotFoundError
        If there is no such file.
    """
    return checkpoints.load(source, "pgae", "a graph autoencoder", _build, CloudAutoencoder)


def _build(card: Card) -> PGAE:
    extra = card.results.get("extra", 0)
    if card.inputs not in INPUTS or extra not in range(100):
        raise InputError("E_CARD", f"inputs {card.inputs[:40]!r} with {extra} more", ", ".join(INPUTS))
    return PGAE(card.inputs, int(extra))


def initial(inputs: str = "momenta", seed: int = 0, extra: int = 0) -> PGAE:
    """Draw the weights a training begins with.

    Parameters
    ----------
    inputs, extra
        As in `PGAE`.
    seed : int
        Same seed, same weights; torch's own generator is left as it was.

    Returns
    -------
    PGAE
        The network.

    Examples
    --------
    >>> bool((initial(seed=1).encoder.phi[0].weight == initial(seed=1).encoder.phi[0].weight).all())
    True
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return PGAE(inputs, extra)
