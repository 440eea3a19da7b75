"""When is a training finished? When its file is there; until then one beside it says how to go on."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from torch import nn

from jetexplore.errors import InputError
from jetexplore.files import digest, writable
from jetexplore.models import checkpoints
from jetexplore.models.cards import Card

if TYPE_CHECKING:
    from lightning.fabric import Fabric

# File to resume from and digest of all that decides the training -> the network and its card
Make = Callable[[Path, str], tuple[nn.Module, Card]]


def once(
    folder: str | Path,
    name: str,
    decides: tuple,
    make: Make,
    *,
    data: str = "",
    half: bool = True,
    fabric: Fabric | None = None,
) -> Path:
    """Train a network into a file, unless it is there.

    Parameters
    ----------
    folder : str or pathlib.Path
        Where the file goes, and while it is made, one to resume from.
    name : str
        Of the network.
    decides : tuple
        All that the weights depend on, apart from the version of torch.
    make : callable
        Is told where to resume from and the digest of what decides; trains, and gives the network with its card.
    data : str
        Digest of the jets, for the card of a network that is there already.
    half : bool
        Weights as float16.
    fabric : lightning.fabric.Fabric, optional
        Of several processes that share the work; the first one writes.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        ``E_DATA`` if the network that is there was trained on other jets; ``E_DISK`` or ``E_FOLDER`` if nothing can be
        written there, the latter before any time is spent; those of ``make``.
    """
    folder = Path(folder)
    path, resume = (folder / f"{name}.{ending}" for ending in ("safetensors", "resume"))
    if path.exists():
        _same_jets(path, data)
        if resume.exists():  # left by a run that was killed in its last moment
            resume.unlink(missing_ok=True)
        return path
    with writable(folder, "finished epochs are kept: run the same again to go on"):
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
        module, card = make(resume, digest(*decides, version("torch")))
        if fabric is None or fabric.global_rank == 0:
            checkpoints.write(path, module, card, half)
            resume.unlink(missing_ok=True)
    return path


def _same_jets(path: Path, data: str) -> None:
    found = checkpoints.read_card(path).data
    if data and found and data != found:
        said = f"a network that was trained on other jets (digest {found})"
        raise InputError("E_DATA", said, f"one of these (digest {data})", str(path), "choose another folder")
