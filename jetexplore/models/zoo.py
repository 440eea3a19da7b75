"""Which networks are there to compare? The scan of Fraser et al. (2021), section 4.1, and what it lacks.

One folder holds them all; whatever is finished is skipped, so a scan goes on where it was, and several processes can
work through the same one.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import os
from collections.abc import Collection, Iterable, Iterator
from itertools import product
from pathlib import Path

from jetexplore.files import writable
from jetexplore.models import parallel
from jetexplore.models.recipes import Recipe, Sample, train_vae

DEPTHS = (1, 2, 3)
BETAS = (0.0, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3)  # the stated scan, and 1e-10, which the text quotes


def scan(recipe: Recipe = Recipe(), fixed: Collection[str] = ()) -> list[Recipe]:  # noqa: B008 - a tuple
    """List the networks of one training metric, depths in turn for each beta.

    Parameters
    ----------
    recipe : Recipe
        What they have in common.
    fixed : collection of str
        ``"beta"`` or ``"downsamplings"``, to keep that of the recipe.

    Returns
    -------
    list of Recipe
        3 depths at 9 betas.

    Examples
    --------
    >>> len(scan()), len(scan(Recipe(downsamplings=2), ["downsamplings"]))
    (27, 9)
    """
    betas = (recipe.beta,) if "beta" in fixed else BETAS
    depths = (recipe.downsamplings,) if "downsamplings" in fixed else DEPTHS
    return [recipe._replace(downsamplings=depth, beta=beta) for beta, depth in product(betas, depths)]


def train(
    recipes: Iterable[Recipe],
    data: Sample,
    folder: str | Path,
    devices: int = 1,
    device: str = "cpu",
    **options: object,
) -> list[Path]:
    """Train networks one after the other; those that are there, or at work in another process, are skipped.

    Parameters
    ----------
    recipes : iterable of Recipe
        What to train.
    data : Sample
        Images, enough for the largest recipe.
    folder : str or pathlib.Path
        Where they are kept.
    devices : int
        How many processes share each training.
    device : str
        ``"cpu"`` or ``"cuda"``.
    **options
        Of `train_vae`.

    Returns
    -------
    list of pathlib.Path
        Files of the networks that are there now.
    """
    found = []
    for recipe in recipes:
        with alone(Path(folder), recipe.name) as free:
            if free and devices > 1:  # held here: a lock taken by each of those who share would shut out all but one
                found.append(parallel.launch(train_vae, devices, device, recipe, data, folder, **options))
            elif free:
                found.append(train_vae(recipe, data, folder, device=device, **options))
    return found


@contextlib.contextmanager
def alone(folder: Path, name: str) -> Iterator[bool]:
    """Hold a name in a folder; the system lets go of it when the process ends, in whatever way.

    Parameters
    ----------
    folder : pathlib.Path
        Is created.
    name : str
        Of a network.

    Yields
    ------
    bool
        Whether no other process holds it.

    Raises
    ------
    InputError
        ``E_DISK`` or ``E_FOLDER`` where nothing can be written.
    """
    path = folder / f".{name}.lock"
    with writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = _open(path)
        try:
            if handle is not None:
                for left in folder.glob(f".partial-{glob.escape(name[:100])}-*"):  # by a process that was killed
                    left.unlink(missing_ok=True)
                yield True
                path.unlink(missing_ok=True)
            else:
                yield False
        finally:
            if handle is not None:
                os.close(handle)


def _open(path: Path) -> int | None:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        except BlockingIOError:
            os.close(handle)
            return None
        except FileNotFoundError:
            pass
        os.close(handle)  # who held it has removed the file meanwhile: a lock on that would exclude nobody
