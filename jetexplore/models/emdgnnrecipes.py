"""How does one EMD-GNN come about? Tsan et al. (2021), section 4 and appendix A: pairs, a schedule, a card.

Batches of 128 pairs, Adam at 0.01, a tenth of it after 4 epochs without a better validation loss, down to 1e-6, an end
after 10. An epoch of the paper is all 400,000 training pairs; here it is ``pairs_per_epoch`` of them, drawn anew each
time, since that is what a processor gets through between two looks at the validation loss.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from jetexplore.errors import InputError
from jetexplore.models import emdgnn, emdgraphs, finished, training
from jetexplore.models.cards import Card
from jetexplore.models.emdgnn import EMDGNN
from jetexplore.models.emdgraphs import UNITS
from jetexplore.models.emdpairs import Pairs
from jetexplore.models.training import Schedule

VERSION = 1  # of everything that decides the numbers, for trainings that go on


class EMDRecipe(NamedTuple):
    """What decides an EMD-GNN, apart from the jets; batch, rate and schedule are those of appendix A."""

    weights: str = "share"
    n_train: int = 1000  # jets
    n_unseen: int = 200  # jets in no training pair
    pairs_per_epoch: int = 20_000
    n_valid: int = 2000  # validation pairs, of the tenth that is for that
    epochs: int = 200
    batch: int = 128
    rate: float = 0.01
    seed: int = 0
    linears: int = 2
    first: str = "raw"
    label: str = ""

    @property
    def name(self) -> str:
        """Short name: weights, jets, and what departs from the usual."""
        usual = EMDRecipe()
        parts = ["emdgnn", self.weights, f"n{self.n_train}"] + ([f"s{self.seed}"] if self.seed else [])
        parts += [f"{name}{getattr(self, name)}" for name in ("rate", "linears") if self[self._fields.index(name)]
                  != getattr(usual, name)]  # fmt: skip
        parts += [self.first] if self.first != usual.first else []
        return "-".join(parts + ([self.label] if self.label else []))


def schedule(recipe: EMDRecipe) -> Schedule:
    """Give the schedule of appendix A of Tsan et al. (2021).

    Parameters
    ----------
    recipe : EMDRecipe
        Its epochs, batch and rate are used.

    Returns
    -------
    Schedule
        A tenth after 4 epochs without improvement, at least 1e-6, an end after 10.

    Examples
    --------
    >>> schedule(EMDRecipe()).patience
    4
    """
    return Schedule(recipe.epochs, recipe.batch, recipe.rate, 0.1, patience=4, floor=1e-6, stop=10)


def objective(data: Pairs, train: np.ndarray, device: str = "cpu") -> training.Objective:
    """Write the symmetric loss of Tsan et al. (2021), section 3, as what `training.fit` minimises.

    While training, each event is a pair drawn from ``train`` by the normal number that comes with it, so that a run
    that was stopped goes on with the same pairs; otherwise it is the number of a pair.

    Parameters
    ----------
    data : Pairs
        Jets and distances.
    train : ndarray of int
        Numbers of the pairs to draw from.
    device : str
        Where the network is.

    Returns
    -------
    callable
        Network, batch, noise to loss, distance and asymmetry, as `emdgnn.terms` gives them.
    """
    clouds = emdgraphs.Clouds(*(part.to(device) for part in emdgraphs.clouds(data.jets, data.weights)))
    i, j = (torch.from_numpy(side).to(device) for side in np.triu_indices(len(data.jets), 1))
    true = torch.from_numpy((data.emd / UNITS[data.weights]).astype(np.float32)).to(device)
    choice = torch.from_numpy(train).to(device)

    def found(module: nn.Module, batch: tuple[Tensor, ...], noise: Tensor | None) -> Mapping[str, Tensor]:
        (number,) = batch
        if module.training:
            uniform = torch.special.ndtr(noise[:, 0].double())
            number = choice[(uniform * len(choice)).long().clamp_max(len(choice) - 1)]
        outputs = module(*emdgraphs.graphs(clouds, clouds, i[number], j[number]))
        return emdgnn.terms(outputs.float(), true[number])

    return found


def train_emdgnn(
    recipe: EMDRecipe, data: Pairs, folder: str | Path, *, device: str = "cpu", progress: bool = True
) -> Path:
    """Train one EMD-GNN into a file; a run that was killed goes on where it was.

    Parameters
    ----------
    recipe : EMDRecipe
        What to train.
    data : Pairs
        From `emdpairs.pairs`, of the recipe's numbers and weights.
    folder : str or pathlib.Path
        Where the file goes, and while it is made, one to resume from.
    device : str
        Such as ``"cpu"`` or ``"cuda"``.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    pathlib.Path
        The file; where it is there already, nothing is done.

    Raises
    ------
    InputError
        Those of `training.fit` and `EMDGNN`, ``E_CHOICE`` if the pairs are not those of the recipe, ``E_RANGE``.
    """
    if (data.weights, len(data.jets), len(data.unseen)) != (recipe.weights, recipe.n_train, recipe.n_unseen):
        found = f"{len(data.jets)} and {len(data.unseen)} jets with weights {data.weights!r}"
        expected = f"{recipe.n_train} and {recipe.n_unseen} with {recipe.weights!r}, as the recipe says"
        raise InputError("E_CHOICE", found, expected)
    for name in ("pairs_per_epoch", "n_valid", "epochs", "batch"):
        if getattr(recipe, name) < 1:
            raise InputError("E_RANGE", f"{getattr(recipe, name)}", "a whole number >= 1", where=name)

    def make(resume: Path, key: str) -> tuple[nn.Module, Card]:
        module = initial(recipe).to(device)
        found = training.fit(
            module,
            objective(data, data.train, device),
            [torch.arange(recipe.pairs_per_epoch, device=device)],
            [torch.from_numpy(data.valid[: recipe.n_valid]).to(device)],
            schedule(recipe),
            noise=1,
            seed=recipe.seed,
            precision="float32",
            resume=resume,
            key=key,
            progress=progress,
        )
        return module, _card(recipe, found, data)

    decides = VERSION, tuple(recipe._replace(epochs=0)), data.key
    return finished.once(folder, recipe.name, decides, make, data=data.key, half=False)


def initial(recipe: EMDRecipe) -> EMDGNN:
    """Draw the weights a training begins with; torch's own generator is left as it was.

    Parameters
    ----------
    recipe : EMDRecipe
        Its seed and architecture are used.

    Returns
    -------
    EMDGNN
        The network.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return EMDGNN(linears=recipe.linears, first=recipe.first)


def _card(recipe: EMDRecipe, found: training.Fit, data: Pairs) -> Card:
    best, drawn = found.epochs[found.best].valid, len(found.epochs) * recipe.pairs_per_epoch
    return Card(
        name=recipe.name,
        kind="emdgnn",
        downsamplings=0,
        output="softplus",
        decoder_channels=0,
        inputs=f"{recipe.weights}-{recipe.first}-{recipe.linears}",  # pT, first layer, linear layers: see `emdgnn`
        neighbours=emdgnn.NEIGHBOURS,
        training_metric="EMD",
        kld="none",
        loss_scale=1.0,
        label=recipe.label,
        seed=recipe.seed,
        n_train=recipe.n_train,
        n_valid=min(recipe.n_valid, len(data.valid)),
        n_pairs=len(data.train),
        batch=recipe.batch,
        epochs=len(found.epochs),
        best_epoch=found.best + 1,
        converged=found.converged,
        seconds=round(sum(epoch.seconds for epoch in found.epochs), 1),
        data=data.key,
        origin=data.origin,
        loss=best["loss"],
        distance=best["distance"],
        divergence=best["asymmetry"],
        curve=tuple(epoch.valid["loss"] for epoch in found.epochs),
        curve_train=tuple(epoch.train["loss"] for epoch in found.epochs),
        results={"pairs_drawn": float(drawn), "rate": recipe.rate, "n_unseen": float(recipe.n_unseen)},
        versions={name: version(name) for name in ("jetexplore", "torch")} | {"cores": str(os.cpu_count())},
    )
