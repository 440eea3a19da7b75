"""How well can a signal be found if it is known? The supervised network of Fraser et al. (2021), appendix B.

It sets the mark that every search without labels is measured against. The text says: blocks as in the autoencoder's
encoder, flattened, "and a fully connected layer reduces the output to a single number with a sigmoid activation". So
the dense layer of 100 nodes, which the encoder has, is not here.
"""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from jetexplore.errors import InputError
from jetexplore.files import digest
from jetexplore.models import checkpoints, finished, training, vae
from jetexplore.models.cards import Card
from jetexplore.models.recipes import Sample
from jetexplore.models.training import Schedule

BACKGROUND = "QCD"
CHUNK = 512  # images at a time


class Tagger(nn.Module):
    """Convolutional network of appendix B of Fraser et al. (2021), images in, logits out.

    Parameters
    ----------
    downsamplings : int
        Blocks of two convolutions and one pooling: 1, 2 or 3.

    Raises
    ------
    InputError
        ``E_DEPTH`` for another number.

    Examples
    --------
    >>> tagger = Tagger(downsamplings=3)
    >>> sum(weights.numel() for weights in tagger.parameters())
    1326
    >>> tagger(torch.zeros(2, 40, 40)).shape
    torch.Size([2])
    """

    def __init__(self, downsamplings: int = 3) -> None:
        super().__init__()
        if downsamplings not in (1, 2, 3):
            raise InputError("E_DEPTH", f"{downsamplings!r} downsampling blocks", "1, 2 or 3")
        self.downsamplings = downsamplings
        self.blocks = nn.Sequential(*(vae.downsampling(1 if n == 0 else vae.FILTERS) for n in range(downsamplings)))
        inputs = vae.FILTERS * (vae.NPIX // 2**downsamplings) ** 2
        self.to_logit = nn.Sequential(nn.Flatten(), nn.Linear(inputs, 1))

    def forward(self, images: Tensor) -> Tensor:
        """Give the logarithm of the odds that an image is a signal's.

        Parameters
        ----------
        images : Tensor, shape (n, 40, 40)
            Normalised images.

        Returns
        -------
        Tensor, shape (n,)
            Logits, before the sigmoid.
        """
        return self.to_logit(self.blocks(images.unsqueeze(1))).squeeze(1)


class Classifier:
    """A trained tagger that is only asked, in float32.

    Parameters
    ----------
    module : Tagger
        The network.
    card : Card
        What is known of it.

    Examples
    --------
    >>> network = Classifier(Tagger(3), Card("unknown", "classifier", 3))
    >>> network.score(np.zeros((2, 40, 40))).shape
    (2,)
    """

    def __init__(self, module: Tagger, card: Card) -> None:
        self.module = module.eval().to(memory_format=torch.channels_last)
        self.card = card

    def score(self, images: np.ndarray) -> np.ndarray:
        """Score jets: bigger is more like the signal it was trained on.

        Parameters
        ----------
        images : ndarray, shape (n, 40, 40)
            Normalised images.

        Returns
        -------
        ndarray, shape (n,)
            Logits, float32.

        Raises
        ------
        InputError
            ``E_SHAPE`` for other shapes.
        """
        images = np.asarray(images, dtype=np.float32)
        if images.ndim != 3 or images.shape[1:] != (vae.NPIX, vae.NPIX):
            raise InputError("E_SHAPE", f"images of shape {images.shape}", f"(n, {vae.NPIX}, {vae.NPIX})")
        with torch.inference_mode():
            chunks = (torch.tensor(images[n : n + CHUNK]) for n in range(0, len(images), CHUNK))
            parts = [self.module(chunk).numpy() for chunk in chunks]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)


class Supervised(NamedTuple):
    """What decides a classifier, apart from the jets; the defaults are those of appendix B where it has any."""

    signal: str = "Top"
    downsamplings: int = 3
    seed: int = 0
    n_train: int = 50_000  # of each class
    n_valid: int = 5_000  # of each class
    epochs: int = 200
    batch: int = 128
    precision: str = "bf16"

    @property
    def name(self) -> str:
        """Short name: signal, depth, and what departs from the usual."""
        return f"classifier-{self.signal}-d{self.downsamplings}" + (f"-s{self.seed}" if self.seed else "")


def train_classifier(
    recipe: Supervised,
    background: Sample,
    signal: Sample,
    folder: str | Path,
    device: str = "cpu",
    progress: bool = True,
) -> Path:
    """Train one classifier into a file; a run that was killed goes on where it was.

    Minimises the binary cross entropy over equally many jets of both classes, appendix B of Fraser et al. (2021).

    Parameters
    ----------
    recipe : Supervised
        What to train.
    background, signal : Sample
        From `recipes.sample`, of at least the recipe's numbers.
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
        Those of `training.fit`, ``E_CLASS`` for a signal without a plain name, ``E_DEPTH``, ``E_TOO_FEW``.
    """
    if not recipe.signal.isidentifier() or recipe.signal == BACKGROUND:  # it becomes part of a file name
        raise InputError("E_CLASS", f"signal {recipe.signal!r}", f"a plain name, other than {BACKGROUND}")

    def make(resume: Path, key: str) -> tuple[nn.Module, Card]:
        module = _initial(recipe).to(device, memory_format=torch.channels_last)
        train = _labelled(background.train, signal.train, recipe.n_train, device)
        valid = _labelled(background.valid, signal.valid, recipe.n_valid, device)
        found = training.fit(
            module, cross_entropy, train, valid, Schedule(epochs=recipe.epochs, batch=recipe.batch), seed=recipe.seed,
            precision=recipe.precision, resume=resume, key=key, progress=progress,
        )  # fmt: skip
        return module, _card(recipe, found, background, signal)

    decides = tuple(recipe._replace(epochs=0)), background.key, signal.key
    return finished.once(folder, recipe.name, decides, make, data=digest(background.key, signal.key))


def cross_entropy(module: nn.Module, batch: tuple[Tensor, ...], noise: Tensor | None = None) -> dict[str, Tensor]:
    r"""Give the binary cross entropy of images and labels, as what `training.fit` minimises.

    :math:`-y \log s(x) - (1 - y) \log(1 - s(x))` with the sigmoid s of the network's output.

    Parameters
    ----------
    module : nn.Module
        Images to logits.
    batch : tuple of Tensor
        Images, (n, 40, 40), and labels, (n,): 0 for background, 1 for signal.
    noise : Tensor, optional
        Unused.

    Returns
    -------
    dict of str to Tensor, shape (n,)
        ``loss``, in nats.

    Examples
    --------
    >>> undecided = lambda images: torch.zeros(len(images))
    >>> round(cross_entropy(undecided, (torch.zeros(1, 40, 40), torch.ones(1)))["loss"].item(), 4)
    0.6931
    """
    images, labels = batch
    logits = module(images).float()  # a logit of eight bits would be too coarse for its logarithm
    return {"loss": nn.functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")}


def load_classifier(source: str | Path) -> Classifier:
    """Load a trained classifier by name, or from a file.

    Parameters
    ----------
    source : str or pathlib.Path
        A name in `models.networks`, or a ``.safetensors`` file.

    Returns
    -------
    Classifier
        The network; the same object for the same unchanged file.

    Raises
    ------
    InputError
        ``E_NETWORK`` for an unknown name, ``E_CARD`` for another kind of network, and those of `weightfile.read` and
        `weightfile.fill` for a file that is damaged or none of ours.
    FileNotFoundError
        If there is no such file.
    """
    return checkpoints.load(source, "classifier", "a classifier", _build, Classifier)


def _build(card: Card) -> Tagger:
    return Tagger(card.downsamplings)


def _initial(recipe: Supervised) -> Tagger:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return Tagger(recipe.downsamplings)


def _labelled(background: np.ndarray, signal: np.ndarray, n: int, device: str) -> list[Tensor]:
    if n < 1 or n > min(len(background), len(signal)):
        found = f"{len(background)} and {len(signal)} jets"
        raise InputError("E_TOO_FEW", found, f"at least {n} of each class", mend="ask for fewer, or generate more")
    images = torch.from_numpy(np.concatenate([background[:n], signal[:n]]))
    return [images.to(device), torch.arange(2, dtype=torch.float32).repeat_interleave(n).to(device)]


def _card(recipe: Supervised, found: training.Fit, background: Sample, signal: Sample) -> Card:
    return Card(
        name=recipe.name,
        kind="classifier",
        downsamplings=recipe.downsamplings,
        output="sigmoid",
        decoder_channels=0,
        training_metric="cross entropy",
        kld="none",
        seed=recipe.seed,
        **{name: getattr(recipe, name) for name in ("n_train", "n_valid", "batch", "precision")},
        epochs=len(found.epochs),
        best_epoch=found.best + 1,
        converged=found.converged,
        seconds=round(sum(epoch.seconds for epoch in found.epochs), 1),
        classes=(BACKGROUND, recipe.signal),
        data=digest(background.key, signal.key),
        origin=background.origin if background.origin == signal.origin else f"{background.origin}; {signal.origin}",
        loss=found.epochs[found.best].valid["loss"],
        curve=tuple(epoch.valid["loss"] for epoch in found.epochs),
        curve_train=tuple(epoch.train["loss"] for epoch in found.epochs),
        versions={name: version(name) for name in ("jetexplore", "torch")} | {"cores": str(os.cpu_count())},
    )
