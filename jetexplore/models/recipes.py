"""How does one autoencoder come about? A recipe, training jets, a file of weights with its card."""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from jetexplore import jets
from jetexplore.errors import InputError
from jetexplore.models import checkpoints, elbo, finished, losses, training
from jetexplore.models.autoencoder import Autoencoder, initial, load
from jetexplore.models.cards import ACTIVE, Card
from jetexplore.models.training import Schedule
from jetexplore.models.vae import VAE, Latent

if TYPE_CHECKING:
    from lightning.fabric import Fabric


class Recipe(NamedTuple):
    """What decides an autoencoder, apart from the jets."""

    downsamplings: int = 3
    beta: float = 1e-8
    training_metric: str = "MSE"
    seed: int = 0
    n_train: int = 30_000
    n_valid: int = 5_000
    epochs: int = 200
    batch: int = 32
    precision: str = "bf16"
    # readings of the text; None is our own, told in `vae`, `elbo` and `losses`
    output: str | None = None
    decoder_channels: int = 1
    kld: str = "sum"
    loss_scale: float | None = None
    sample: bool = False  # at beta = 0, too
    start: str = "random"  # or a network to begin with
    width: float = jets.WIDTH  # of the images, rad
    power: float = 1.0  # that pixels are raised to before all else, see `jets.remapped`
    label: str = ""  # to keep a network apart from others of the same recipe, such as one trained longer

    @property
    def name(self) -> str:
        """Short name: training metric, depth, beta, and what departs from the usual."""
        usual = Recipe()
        parts = ["vae", self.training_metric, f"d{self.downsamplings}", f"b{_short(self.beta)}"]
        parts += [f"s{self.seed}"] if self.seed else []
        parts += ["warm"] if self.start != "random" else []
        for name in ("output", "decoder_channels", "kld", "loss_scale", "sample", "width", "power"):
            value = getattr(self, name)
            if value != getattr(usual, name):
                parts.append(f"{name}{value:g}" if isinstance(value, int | float) else f"{name}{value}")
        parts += [self.label] if self.label else []
        return "-".join(parts).replace("(", "").replace(")", "")


def _short(beta: float) -> str:
    if beta == 0:
        return "0"
    mantissa, power = f"{beta:.6e}".split("e")
    return f"{float(mantissa):g}e{int(power)}"


def check(recipe: Recipe) -> losses.Loss:
    """Raise for a recipe that cannot be cooked, before any time is spent on it.

    Parameters
    ----------
    recipe : Recipe
        The recipe.

    Returns
    -------
    Loss
        Its image distance, with the recipe's own output and scale where it has any.

    Raises
    ------
    InputError
        ``E_LOSS``, ``E_DEPTH``, ``E_BETA``, ``E_CHOICE``, ``E_RANGE`` or ``E_OUTPUT``.

    Examples
    --------
    >>> check(Recipe(training_metric="MSE")).scale
    1600.0
    """
    form = losses.loss(recipe.training_metric)
    output = form.output if recipe.output is None else recipe.output
    VAE(recipe.downsamplings, output, recipe.decoder_channels)
    elbo.loss(torch.zeros(1), torch.zeros(1), recipe.beta)
    elbo.kld(Latent(torch.zeros(1, 1), torch.zeros(1, 1)), recipe.kld)
    for name in ("n_train", "n_valid", "epochs", "batch"):
        if getattr(recipe, name) < 1:
            raise InputError("E_RANGE", f"{getattr(recipe, name)}", "a whole number >= 1", where=name)
    jets.remapped(np.ones((1, 1, 1)), recipe.power)
    if recipe.seed < 0:
        raise InputError("E_SEED", f"{recipe.seed}", "a whole number >= 0", where="seed")
    if form.output == "softmax" != output:
        found = f"output {output!r} with {recipe.training_metric}"
        raise InputError("E_OUTPUT", found, "'softmax', since it compares masses that sum to one")
    return form._replace(output=output, scale=form.scale if recipe.loss_scale is None else recipe.loss_scale)


class Sample(NamedTuple):
    """Images to train on and to validate with, disjoint."""

    train: np.ndarray  # (n, npix, npix) float32
    valid: np.ndarray
    key: str  # digest of the file
    origin: str
    width: float  # rad
    power: float = 1.0


def sample(source: str | Path, n_train: int, n_valid: int, width: float = jets.WIDTH, power: float = 1.0) -> Sample:
    """Take images for training from the front of a file, for validation from its end.

    Parameters
    ----------
    source : str or pathlib.Path
        As in `jets.load`, of one class.
    n_train, n_valid : int
        How many.
    width : float
        Of the images, rad.
    power : float
        That pixels are raised to, see `jets.remapped`.

    Returns
    -------
    Sample
        The images.

    Raises
    ------
    InputError
        ``E_TOO_FEW`` if the file holds fewer, ``E_CLASS`` if it holds several classes but no QCD.
    """
    loaded = jets.load(source)
    if len(loaded) > 1 and "QCD" not in loaded:
        raise InputError("E_CLASS", f"classes {', '.join(loaded)}", "one class, or QCD among them", where=str(source))
    some = loaded["QCD"] if "QCD" in loaded else next(iter(loaded.values()))
    if n_train < 1 or n_valid < 1 or n_train + n_valid > len(some):
        found = f"{n_train} and {n_valid} jets of {len(some)}"
        mend = "ask for fewer, or generate more"
        raise InputError("E_TOO_FEW", found, "at least one each, and no more than there are", str(source), mend=mend)
    about = jets.provenance(source)
    first, last = (
        jets.remapped(jets.images(part, width=width), power).astype(np.float32)
        for part in (some[:n_train], some[len(some) - n_valid :])
    )
    return Sample(first, last, about.key, about.origin, width, power)


def train_vae(
    recipe: Recipe,
    data: Sample,
    folder: str | Path,
    *,
    device: str = "cpu",
    progress: bool = True,
    fabric: Fabric | None = None,
    snapshots: Collection[int] = (),
) -> Path:
    """Train one autoencoder into a file; a run that was killed goes on where it was.

    Parameters
    ----------
    recipe : Recipe
        What to train.
    data : Sample
        From `sample`, of at least the recipe's numbers.
    folder : str or pathlib.Path
        Where the file goes, and while it is made, one to resume from.
    device : str
        Such as ``"cpu"`` or ``"cuda"``.
    progress : bool
        Whether to show a bar.
    fabric : lightning.fabric.Fabric, optional
        Of several processes that share the work.
    snapshots : collection of int
        After how many epochs to keep the network as it is then, too, in a file whose name ends in ``-after`` and the
        number.

    Returns
    -------
    pathlib.Path
        The file; where it is there already, nothing is done.

    Raises
    ------
    InputError
        Those of `check` and `training.fit`, ``E_WIDTH`` or ``E_POWER`` if the images are not those of the recipe.
    """
    form = check(recipe)

    def make(resume: Path, key: str) -> tuple[nn.Module, Card]:
        if data.width != recipe.width:
            raise InputError("E_WIDTH", f"images of {data.width:g} rad", f"{recipe.width:g} rad, as the recipe says")
        if data.power != recipe.power:
            found = f"pixels to the power of {data.power:g}"
            raise InputError("E_POWER", found, f"{recipe.power:g}, as the recipe says")
        module = _begin(recipe, form.output).to(device, memory_format=torch.channels_last)
        train, valid = (
            torch.from_numpy(some).to(device) for some in (data.train[: recipe.n_train], data.valid[-recipe.n_valid :])
        )
        begin, told = time.perf_counter(), []

        def keep(number: int, epoch: training.Epoch) -> None:
            told.append(epoch)
            if number + 1 in snapshots:
                label = f"{recipe.label}-after{number + 1}".lstrip("-")
                then = recipe._replace(label=label)
                so_far = training.Fit(told, len(told) - 1, converged=False)
                card = _card(then, so_far, module, data, form, time.perf_counter() - begin)
                card = card._replace(epochs=number + 1, best_epoch=number + 1)
                checkpoints.write(Path(folder) / f"{then.name}.safetensors", module, card)

        found = training.fit(
            module,
            objective(recipe, form.function),
            [train],
            [valid],
            Schedule(epochs=recipe.epochs, batch=recipe.batch),
            noise=module.latent if recipe.beta > 0 or recipe.sample else 0,
            scale=form.scale,
            seed=recipe.seed,
            precision=recipe.precision,
            resume=resume,
            key=key,
            progress=progress,
            fabric=fabric,
            on_epoch=keep if fabric is None or fabric.global_rank == 0 else None,
        )
        seconds = max(sum(epoch.seconds for epoch in found.epochs), time.perf_counter() - begin)
        return module.cpu(), _card(recipe, found, module.cpu(), data, form, seconds)

    decides = tuple(recipe._replace(epochs=0)), data.key
    return finished.once(folder, recipe.name, decides, make, data=data.key, fabric=fabric)


def objective(recipe: Recipe, distance: losses.Distance) -> training.Objective:
    """Write eq. (3.5) of Fraser et al. (2021) as what `training.fit` minimises.

    Parameters
    ----------
    recipe : Recipe
        Its beta and its reading of the KLD are used.
    distance : callable
        Images and reconstructions to image distances, (n,).

    Returns
    -------
    callable
        Network, batch, noise to loss, distance and divergence.
    """

    def terms(module: nn.Module, batch: tuple[Tensor, ...], noise: Tensor | None) -> dict[str, Tensor]:
        (images,) = batch
        found = module(images, noise)
        apart = distance(images, found.reconstruction)
        divergence = elbo.kld(found.latent, recipe.kld)
        # a divergence that does not count must not spoil the loss where it is infinite
        value = elbo.loss(apart, divergence, recipe.beta) if recipe.beta else apart
        return {"loss": value, "distance": apart, "divergence": divergence}

    return terms


def _begin(recipe: Recipe, output: str) -> nn.Module:
    if recipe.start == "random":
        return initial(recipe.downsamplings, recipe.seed, output, recipe.decoder_channels)
    module = initial(recipe.downsamplings, recipe.seed, output, recipe.decoder_channels)
    module.load_state_dict(load(recipe.start).module.state_dict())
    return module


def _card(
    recipe: Recipe, found: training.Fit, module: nn.Module, data: Sample, form: losses.Loss, seconds: float
) -> Card:
    best = found.epochs[found.best].valid
    valid, average = data.valid[-recipe.n_valid :], data.train[: recipe.n_train].mean(0, dtype=np.float64)
    card = Card(
        name=recipe.name,
        kind="vae",
        downsamplings=recipe.downsamplings,
        output=form.output,
        decoder_channels=recipe.decoder_channels,
        training_metric=recipe.training_metric,
        beta=recipe.beta,
        kld=recipe.kld,
        sample=recipe.sample,
        loss_scale=float(form.scale),
        seed=recipe.seed,
        label=recipe.label,
        start=recipe.start if recipe.start == "random" else load(recipe.start).card.name,
        n_train=recipe.n_train,
        n_valid=recipe.n_valid,
        batch=recipe.batch,
        precision=recipe.precision,
        width=data.width,
        power=data.power,
        epochs=len(found.epochs),
        best_epoch=found.best + 1,
        converged=found.converged,
        seconds=round(seconds, 1),
        data=data.key,
        origin=data.origin,
        loss=best["loss"],
        distance=best["distance"],
        divergence=best["divergence"],
        mean_image_mse=float(((valid - average) ** 2).mean()),
        curve=tuple(epoch.valid["loss"] for epoch in found.epochs),
        curve_train=tuple(epoch.train["loss"] for epoch in found.epochs),
        versions={name: version(name) for name in ("jetexplore", "torch")} | {"cores": str(os.cpu_count())},
    )
    network = Autoencoder(module, card)
    mean = network.encode(valid).mean.astype(np.float64)
    mse = float(((network.reconstruct(valid) - valid) ** 2).mean(dtype=np.float64))
    return card._replace(mse=mse, active=int((mean.var(0) > ACTIVE).sum()))
