"""How many images a second does a network learn from, and score? Against the same network in plain float32.

The peer is what one writes first: layers that keep their inputs, the channels in front, every number in float32, Adam
without fused steps. Ours is `training.fit` and `Autoencoder.reconstruct` as they are used. One thread, in turn.
"""

from __future__ import annotations

import copy
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from jetexplore import jets
from jetexplore.distances.benchmark import interleaved
from jetexplore.models import elbo, losses, recipes, training
from jetexplore.models.autoencoder import CHUNK, Autoencoder, untrained


class Extent(NamedTuple):
    """How much is measured."""

    train: int = 1024  # images an epoch of training has
    score: int = 1024
    rounds: int = 5
    depths: tuple[int, ...] = (1, 2, 3)
    batches: tuple[int, ...] = (32, 128)


FULL = Extent()
QUICK = Extent(64, 64, 1, (3,), (32,))


def benchmark_networks(extent: Extent = FULL, progress: bool = False) -> list[dict]:
    """Time training and scoring of the autoencoders of Fraser et al. (2021) against plain float32, one thread, in turn.

    Parameters
    ----------
    extent : Extent
        How much is measured.
    progress : bool
        Show a progress bar.

    Returns
    -------
    list of dict
        One row a task and depth: ``task`` ("train" or "score"), ``downsamplings``, ``batch``, ``rate`` (images a
        second of processor time, ours, by the median), ``rate_plain``, ``ratio`` (of the rates), ``error`` (largest
        difference between the two scores relative to the largest score; of training, of the loss after an epoch), and
        ``precision``.

    Notes
    -----
    Training minimises eq. (3.5) with the mean squared error; scoring is the reconstruction of the mean latent point
    and its mean squared error.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _rows(extent, progress)
    finally:
        torch.set_num_threads(threads)


def _rows(extent: Extent, progress: bool) -> list[dict]:
    images = jets.images(jets.load("sample", "reference")["QCD"][: max(extent.train, extent.score)]).astype(np.float32)
    usual = recipes.Recipe(beta=1e-8)
    methods, precisions = {}, {}
    for depth in extent.depths:
        network = untrained(depth)
        plain = plain_layers(network.module)
        methods["score", depth, CHUNK, True] = partial(score, network, images[: extent.score])
        methods["score", depth, CHUNK, False] = partial(score_plain, plain, images[: extent.score])
        precisions["score"] = "float32"
        for batch in extent.batches:
            recipe = usual._replace(downsamplings=depth, batch=batch)
            given = recipe, torch.from_numpy(images[: extent.train])
            methods["train", depth, batch, True] = partial(train, network.module, *given)
            methods["train", depth, batch, False] = partial(train_plain, plain, *given)
            precisions["train"] = recipe.precision
    found = interleaved(methods, extent.rounds, progress=progress, title="networks")
    rows = []
    for (task, depth, batch, ours), timing in found.items():
        if not ours:
            continue
        plain = found[task, depth, batch, False]
        n = extent.train if task == "train" else extent.score
        apart = np.abs(timing.result - plain.result).max() / np.abs(plain.result).max()
        rows.append({
            "task": task, "downsamplings": depth, "batch": batch, "precision": precisions[task],
            "rate": n / timing.median, "rate_plain": n / plain.median, "ratio": plain.median / timing.median,
            "error": float(apart),
        })  # fmt: skip
    return rows


def plain_layers(module: nn.Module) -> nn.Module:
    """Copy a network with what was done for speed undone.

    Parameters
    ----------
    module : nn.Module
        The network; left as it is.

    Returns
    -------
    nn.Module
        The same weights with the channels in front, and activations that keep their inputs.

    Examples
    --------
    >>> any(layer.inplace for layer in plain_layers(nn.Sequential(nn.ELU(inplace=True))) if hasattr(layer, "inplace"))
    False
    """
    module = copy.deepcopy(module).to(memory_format=torch.contiguous_format)
    for layer in module.modules():
        if isinstance(layer, nn.ELU):
            layer.inplace = False
    return module


def score(network: Autoencoder, images: np.ndarray) -> np.ndarray:
    """Give the mean squared error of each image's reconstruction, shape (n,)."""
    return ((network.reconstruct(images) - images) ** 2).mean((1, 2))


def score_plain(module: nn.Module, images: np.ndarray) -> np.ndarray:
    """Do what `score` does in the plainest way."""
    module.eval()
    found = []
    with torch.no_grad():
        for start in range(0, len(images), CHUNK):
            x = torch.from_numpy(images[start : start + CHUNK])
            found.append(((module(x).reconstruction - x) ** 2).mean((1, 2)))
    return torch.cat(found).numpy()


def train(module: nn.Module, recipe: recipes.Recipe, images: Tensor) -> np.ndarray:
    """Train a copy for one epoch and give the mean loss on the way."""
    module = copy.deepcopy(module)
    form = losses.LOSSES["MSE"]
    found = training.fit(
        module, recipes.objective(recipe, form.function), [images], [images[:1]],
        training.Schedule(epochs=1, batch=recipe.batch), noise=module.latent, scale=form.scale,
        precision=recipe.precision, progress=False,
    )  # fmt: skip
    return np.array(found.epochs[0].train["loss"])


def train_plain(module: nn.Module, recipe: recipes.Recipe, images: Tensor) -> np.ndarray:
    """Do what `train` does in the plainest way: the same order, noise and steps."""
    module = copy.deepcopy(module).train()
    scale = losses.LOSSES["MSE"].scale
    optimiser = torch.optim.Adam(module.parameters(), training.Schedule().rate)
    generator = torch.Generator().manual_seed(0)
    order = torch.randperm(len(images), generator=generator)
    total = 0.0
    for start in range(0, len(order), recipe.batch):
        batch = images[order[start : start + recipe.batch]]
        found = module(batch, torch.randn(len(batch), module.latent, generator=generator))
        apart = ((found.reconstruction - batch) ** 2).mean((1, 2))
        loss = elbo.loss(apart, elbo.kld(found.latent, recipe.kld), recipe.beta).mean()
        optimiser.zero_grad()
        (loss * scale).backward()
        optimiser.step()
        total += loss.item() * len(batch)
    return np.array(total / len(order))
