"""How does one graph autoencoder come about? A recipe, training jets, a file of weights with its card."""

from __future__ import annotations

import os
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from jetexplore import jets
from jetexplore.errors import InputError, choose
from jetexplore.models import finished, training
from jetexplore.models.cards import Card
from jetexplore.models.cloudautoencoder import clouds, initial
from jetexplore.models.cloudinputs import INPUTS
from jetexplore.models.cloudlosses import cloud_loss
from jetexplore.models.pgae import PGAE, distance
from jetexplore.models.training import Schedule

if TYPE_CHECKING:
    from lightning.fabric import Fabric


class PgaeRecipe(NamedTuple):
    """What decides a graph autoencoder, apart from the jets; the schedule of section 3 of Tsan et al. (2021)."""

    inputs: str = "momenta"
    training_metric: str = "MSE"
    seed: int = 0
    n_train: int = 20_000
    n_valid: int = 2_000
    epochs: int = 200
    batch: int = 256
    rate: float = 1e-2
    label: str = ""  # to keep a network apart from others of the same recipe

    @property
    def name(self) -> str:
        """Short name: inputs, training metric, and what departs from the usual."""
        usual = PgaeRecipe()
        parts = ["pgae", self.inputs, self.training_metric.replace("-", "")]
        parts += [f"s{self.seed}"] if self.seed else []
        for name in ("batch", "rate"):
            value = getattr(self, name)
            parts += [f"{name}{value:g}"] if value != getattr(usual, name) else []
        return "-".join(parts + ([self.label] if self.label else []))

    @property
    def schedule(self) -> Schedule:
        """A tenth of the rate after four epochs without improvement, not below 1e-6, an end after ten."""
        return Schedule(self.epochs, self.batch, self.rate, factor=0.1, patience=4, floor=1e-6, stop=10)


class CloudSample(NamedTuple):
    """Jets to train on and to validate with, disjoint."""

    train: jets.Jets
    valid: jets.Jets
    key: str  # digest of the file
    origin: str
    name: str = "QCD"  # of the class


def check(recipe: PgaeRecipe) -> None:
    """Raise for a recipe that cannot be cooked, before any time is spent on it.

    Parameters
    ----------
    recipe : PgaeRecipe
        The recipe.

    Raises
    ------
    InputError
        ``E_INPUTS``, ``E_LOSS``, ``E_RANGE`` or ``E_SEED``.

    Examples
    --------
    >>> check(PgaeRecipe("relative", "EMD"))
    """
    choose("input", recipe.inputs, INPUTS, "E_INPUTS")
    cloud_loss(recipe.training_metric)
    for name in ("n_train", "n_valid", "epochs", "batch"):
        if getattr(recipe, name) < 1:
            raise InputError("E_RANGE", f"{getattr(recipe, name)}", "a whole number >= 1", where=name)
    if not recipe.rate > 0:
        raise InputError("E_RANGE", f"{recipe.rate}", "a number > 0", where="rate")
    if recipe.seed < 0:
        raise InputError("E_SEED", f"{recipe.seed}", "a whole number >= 0", where="seed")


def cloud_sample(source: str | Path, n_train: int, n_valid: int) -> CloudSample:
    """Take jets for training from the front of a file, for validation from its end.

    Parameters
    ----------
    source : str or pathlib.Path
        As in `jets.load`: of one class, or with QCD among several.
    n_train, n_valid : int
        How many.

    Returns
    -------
    CloudSample
        The jets.

    Raises
    ------
    InputError
        ``E_TOO_FEW`` if the file holds fewer, ``E_CLASS`` if it holds several classes but no QCD.

    Examples
    --------
    >>> [len(part) for part in cloud_sample("sample", 20, 10)[:2]]
    [20, 10]
    """
    loaded = jets.load(source)
    if len(loaded) > 1 and "QCD" not in loaded:
        raise InputError("E_CLASS", f"classes {', '.join(loaded)}", "one class, or QCD among them", where=str(source))
    name = "QCD" if "QCD" in loaded else next(iter(loaded))
    some = loaded[name]
    if n_train < 1 or n_valid < 1 or n_train + n_valid > len(some):
        found = f"{n_train} and {n_valid} jets of {len(some)}"
        mend = "ask for fewer, or generate more"
        raise InputError("E_TOO_FEW", found, "at least one each, and no more than there are", str(source), mend=mend)
    about = jets.provenance(source)
    return CloudSample(some[:n_train], some[len(some) - n_valid :], about.key, about.origin, name)


def train_pgae(
    recipe: PgaeRecipe,
    data: CloudSample,
    folder: str | Path,
    *,
    device: str = "cpu",
    progress: bool = True,
    fabric: Fabric | None = None,
) -> Path:
    """Train one graph autoencoder into a file; a run that was killed goes on where it was.

    Parameters
    ----------
    recipe : PgaeRecipe
        What to train.
    data : CloudSample
        From `cloud_sample`, of at least the recipe's numbers.
    folder : str or pathlib.Path
        Where the file goes, and while it is made, one to resume from.
    device : str
        Such as ``"cpu"`` or ``"cuda"``.
    progress : bool
        Whether to show a bar.
    fabric : lightning.fabric.Fabric, optional
        Of several processes that share the work.

    Returns
    -------
    pathlib.Path
        The file; where it is there already, nothing is done.

    Raises
    ------
    InputError
        Those of `check` and `training.fit`, ``E_TOO_FEW`` if the jets are fewer than the recipe says.
    """
    check(recipe)

    def make(resume: Path, key: str) -> tuple[nn.Module, Card]:
        if len(data.train) < recipe.n_train or len(data.valid) < recipe.n_valid:
            found = f"{len(data.train)} and {len(data.valid)} jets"
            raise InputError("E_TOO_FEW", found, f"{recipe.n_train} and {recipe.n_valid}, as the recipe says")
        train = data.train[: recipe.n_train]
        valid = data.valid[len(data.valid) - recipe.n_valid :]
        module = initial(recipe.inputs, recipe.seed)
        if INPUTS[recipe.inputs].unit is None:
            module.unit.copy_(torch.from_numpy(INPUTS[recipe.inputs].features(train).std(0, dtype=np.float64)))
        module = module.to(device)
        begin = time.perf_counter()
        found = training.fit(
            module,
            objective(module, recipe.training_metric),
            *([some.to(device) for some in clouds(part, recipe.inputs)] for part in (train, valid)),
            recipe.schedule,
            seed=recipe.seed,
            precision="float32",
            resume=resume,
            key=key,
            progress=progress,
            fabric=fabric,
        )
        seconds = max(sum(epoch.seconds for epoch in found.epochs), time.perf_counter() - begin)
        return module.cpu(), _card(recipe, found, module.cpu(), data, valid, seconds)

    decides = tuple(recipe._replace(epochs=0)), data.key
    return finished.once(folder, recipe.name, decides, make, data=data.key, half=False, fabric=fabric)


def train_from(recipe: PgaeRecipe, source: str | Path, folder: str | Path, **options: object) -> Path:
    """Train one graph autoencoder on jets of a file, which every process that shares the work reads for itself.

    Parameters
    ----------
    recipe : PgaeRecipe
        What to train.
    source : str or pathlib.Path
        As in `cloud_sample`.
    folder : str or pathlib.Path
        Where the file goes.
    **options
        Of `train_pgae`.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        Those of `cloud_sample` and `train_pgae`.
    """
    check(recipe)
    return train_pgae(recipe, cloud_sample(source, recipe.n_train, recipe.n_valid), folder, **options)


def objective(bare: PGAE, metric: str) -> training.Objective:
    """Write a reconstruction loss as what `training.fit` minimises.

    Parameters
    ----------
    bare : PGAE
        The network, whose units are used.
    metric : str
        A key of `CLOUD_LOSSES`.

    Returns
    -------
    callable
        Network, batch, noise to the loss.
    """

    def terms(module: nn.Module, batch: tuple[Tensor, ...], noise: Tensor | None) -> dict[str, Tensor]:
        x, counts = batch
        x = x[:, : int(counts.max()) if len(counts) else 1]  # no more places than this batch needs
        return {"loss": distance(bare, metric, x, module(x, counts), counts)}

    return terms


def _card(
    recipe: PgaeRecipe, found: training.Fit, module: PGAE, data: CloudSample, valid: jets.Jets, seconds: float
) -> Card:
    best = found.epochs[found.best].valid
    card = Card(
        name=recipe.name,
        kind="pgae",
        downsamplings=0,
        output="linear",
        inputs=recipe.inputs,
        training_metric=recipe.training_metric,
        seed=recipe.seed,
        label=recipe.label,
        n_train=recipe.n_train,
        n_valid=recipe.n_valid,
        batch=recipe.batch,
        precision="float32",
        classes=(data.name,),
        epochs=len(found.epochs),
        best_epoch=found.best + 1,
        converged=found.converged,
        seconds=round(seconds, 1),
        data=data.key,
        origin=data.origin,
        loss=best["loss"],
        distance=best["loss"],
        curve=tuple(epoch.valid["loss"] for epoch in found.epochs),
        curve_train=tuple(epoch.train["loss"] for epoch in found.epochs),
        versions={name: version(name) for name in ("jetexplore", "torch")} | {"cores": str(os.cpu_count())},
    )
    return card._replace(results=_results(module, card, valid))


def _results(module: PGAE, card: Card, valid: jets.Jets) -> dict[str, float]:
    # mean squared errors over particles in squared units, by component, beside their spreads
    from jetexplore.models.cloudautoencoder import CloudAutoencoder

    truth = INPUTS[module.inputs].features(valid).astype(np.float64)
    apart = (CloudAutoencoder(module, card).features(valid) - truth) ** 2
    names = INPUTS[module.inputs].names
    found = {f"MSE {name}": float(value) for name, value in zip(names, apart.mean(0), strict=True)}
    return found | {f"variance {name}": float(value) for name, value in zip(names, truth.var(0), strict=True)}
