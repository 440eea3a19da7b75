"""How many jets a second does a graph autoencoder learn from, and score? Against PyTorch Geometric.

Both ways are the network of Tsan et al. (2021) with the same weights: ours as it is, and one whose two layers are
`torch_geometric.nn.EdgeConv` over lists of all edges, made before the clock runs. One thread, in turn.
"""

from __future__ import annotations

import copy
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from jetexplore.distances.benchmark import interleaved
from jetexplore.errors import InputError
from jetexplore.models.cloudautoencoder import initial
from jetexplore.models.cloudlosses import mse
from jetexplore.models.pgae import PGAE


class Extent(NamedTuple):
    """How much is measured."""

    particles: tuple[int, ...] = (30, 50, 100)  # of every jet
    edges: int = 150_000  # about so many a batch
    rounds: int = 5


FULL = Extent()
QUICK = Extent((10,), 1_000, 1)


class Listed(nn.Module):
    """The same autoencoder of jets of one size, made of PyTorch Geometric's layers.

    Parameters
    ----------
    module : PGAE
        Its weights are copied.
    n : int
        Jets of a batch.
    particles : int
        Particles of every jet.

    Raises
    ------
    InputError
        ``E_EXTRA`` if PyTorch Geometric is not installed.
    """

    def __init__(self, module: PGAE, n: int, particles: int) -> None:
        super().__init__()
        try:
            from torch_geometric.nn import EdgeConv
        except ImportError as error:
            found = "no torch_geometric to compare with"
            raise InputError("E_EXTRA", found, "pip install 'jetexplore[test]'") from error
        self.norm = copy.deepcopy(module.norm)
        phis = [copy.deepcopy(one.phi) for one in (module.encoder, module.decoder)]
        self.encoder, self.decoder = (EdgeConv(phi, aggr="mean") for phi in phis)  # which draws new weights
        for phi, one in zip(phis, (module.encoder, module.decoder), strict=True):
            phi.load_state_dict(one.phi.state_dict())
        first, second = (~torch.eye(particles, dtype=torch.bool)).nonzero().T
        starts = particles * torch.arange(n)[:, None]
        self.edges = torch.stack([(starts + second).flatten(), (starts + first).flatten()])

    def forward(self, clouds: Tensor, counts: Tensor) -> Tensor:
        """Reconstruct particles, as `PGAE` does in units of one."""
        x = self.norm(clouds, counts).flatten(0, 1)
        return self.decoder(self.encoder(x, self.edges), self.edges).view(clouds.shape)


def benchmark_edgeconv(extent: Extent = FULL, progress: bool = False) -> list[dict]:
    """Time training steps and scoring of the autoencoder of Tsan et al. (2021) against PyTorch Geometric.

    Parameters
    ----------
    extent : Extent
        How much is measured.
    progress : bool
        Show a progress bar.

    Returns
    -------
    list of dict
        One row a task and size: ``task`` ("train": forward and backward, or "score"), ``particles``, ``batch``,
        ``rate`` (jets a second of processor time, ours, by the median), ``rate_pyg``, ``ratio`` (of the rates) and
        ``error`` (largest difference of scores, or of the gradients of all weights, relative to the largest).

    Raises
    ------
    InputError
        ``E_EXTRA`` if PyTorch Geometric is not installed.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _rows(extent, progress)
    finally:
        torch.set_num_threads(threads)


def _rows(extent: Extent, progress: bool) -> list[dict]:
    methods, batches = {}, {}
    for particles in extent.particles:
        n = batches[particles] = max(1, extent.edges // (particles * (particles - 1)))
        network = initial(seed=0)
        batch = torch.randn(n, particles, 3, generator=torch.Generator().manual_seed(0)), torch.full((n,), particles)
        for task in (step, score):
            methods[task, particles, "ours"] = partial(task, copy.deepcopy(network), *batch)
            methods[task, particles, "pyg"] = partial(task, Listed(network, n, particles), *batch)
    found = interleaved(methods, extent.rounds, progress=progress, title="edgeconv")
    rows = []
    for task, name in ((step, "train"), (score, "score")):
        for particles, n in batches.items():
            ours, theirs = found[task, particles, "ours"], found[task, particles, "pyg"]
            apart = np.abs(ours.result - theirs.result).max() / np.abs(theirs.result).max()
            rows.append({
                "task": name, "particles": particles, "batch": n, "rate": n / ours.median,
                "rate_pyg": n / theirs.median, "ratio": theirs.median / ours.median, "error": float(apart),
            })  # fmt: skip
    return rows


def step(module: nn.Module, clouds: Tensor, counts: Tensor) -> np.ndarray:
    """Go forward and back once; give the gradients of all weights, in one row."""
    module.train().zero_grad()
    mse(clouds, module(clouds, counts), counts).mean().backward()
    return np.concatenate([weights.grad.numpy().ravel() for weights in module.parameters()])


def score(module: nn.Module, clouds: Tensor, counts: Tensor) -> np.ndarray:
    """Give the mean squared error of each jet, shape (n,)."""
    module.eval()
    with torch.inference_mode():
        return mse(clouds, module(clouds, counts), counts).numpy()
