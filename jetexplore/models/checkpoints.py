"""Where is a trained network kept? Safetensors with the model card in its metadata; nothing is ever unpickled."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jetexplore.errors import InputError, choose
from jetexplore.files import atomic, data_dir
from jetexplore.models.cards import Card, from_text, to_text

if TYPE_CHECKING:
    from torch import nn

FOLDER = "networks"  # below data/
LIMIT = 64 << 20  # bytes of a file of weights; the largest network here has 1 MB


def folder() -> Path:
    """Folder of the networks that come with jetexplore.

    Returns
    -------
    pathlib.Path
        It need not exist.

    Examples
    --------
    >>> folder().name
    'networks'
    """
    return data_dir() / FOLDER


def networks(where: str | Path | None = None) -> dict[str, Card]:
    """List trained networks without loading them.

    Parameters
    ----------
    where : str or pathlib.Path, optional
        A folder; that of the networks that come with jetexplore by default.

    Returns
    -------
    dict of str to Card
        By name, in order; files that are no networks are left out.

    Examples
    --------
    >>> all(card.name == name for name, card in networks().items())
    True
    """
    place = folder() if where is None else Path(where)
    return {card.name: card for card in _cards(place, _state(place)) if card is not None}


def _state(folder: Path) -> tuple[tuple[str, int, int], ...]:
    files = sorted(folder.glob("*.safetensors")) if folder.is_dir() else []
    return tuple((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in files)


@functools.lru_cache(maxsize=8)
def _cards(folder: Path, state: tuple[tuple[str, int, int], ...]) -> list[Card | None]:
    def card(name: str) -> Card | None:
        try:
            return read_card(folder / name)
        except InputError:
            return None

    return [card(name) for name, _, _ in state]


def path_of(source: str | Path) -> Path:
    """Find the file of a network, by name or path.

    Parameters
    ----------
    source : str or pathlib.Path
        A name in `networks`, or a file.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        ``E_NETWORK`` for an unknown name.
    FileNotFoundError
        If there is no such file.

    Examples
    --------
    >>> path_of("no such network")
    Traceback (most recent call last):
        ...
    jetexplore.errors.InputError: ...
    """
    if isinstance(source, Path) or str(source).endswith(".safetensors"):
        if not Path(source).is_file():
            raise FileNotFoundError(f"no file {source}")
        return Path(source)
    choose("network", source, networks(), "E_NETWORK")
    return folder() / f"{source}.safetensors"


def read_card(path: str | Path) -> Card:
    """Read the card of a network, and nothing else of its file.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.

    Returns
    -------
    Card
        Its card.

    Raises
    ------
    InputError
        ``E_LIMIT`` for a file too large to be one, ``E_CARD`` if it is no network of ours or damaged.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    if path.stat().st_size > LIMIT:
        raise InputError("E_LIMIT", f"{path.stat().st_size} bytes", f"at most {LIMIT} bytes", where=str(path))
    try:
        with safe_open(path, framework="numpy") as stored:
            text = (stored.metadata() or {}).get("card", "")
    except (SafetensorError, OSError, ValueError) as error:
        found = f"a damaged file or another format ({error})"
        raise InputError("E_CARD", found, "a network that jetexplore wrote", where=str(path)) from error
    return from_text(text, str(path))


def write(path: str | Path, module: nn.Module, card: Card, half: bool = True) -> None:
    """Write a network with its card, atomically.

    Parameters
    ----------
    path : str or pathlib.Path
        A file name that ends in ``.safetensors``.
    module : nn.Module
        The network.
    card : Card
        Its card.
    half : bool
        Weights as float16.
    """
    weights = {name: weight.detach().cpu().numpy() for name, weight in module.state_dict().items()}
    if half:
        weights = {name: weight.astype(np.float16) for name, weight in weights.items()}
    _write(Path(path), weights, card)


def annotate(path: str | Path, **entries: object) -> Card:
    """Change entries of a card, leaving the weights as they are.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    **entries
        Fields of `Card`.

    Returns
    -------
    Card
        The new card.
    """
    from safetensors.numpy import load_file

    card = read_card(path)._replace(**entries)
    _write(Path(path), load_file(path), card)
    return card


def _write(path: Path, weights: Mapping[str, np.ndarray], card: Card) -> None:
    from safetensors.numpy import save_file

    with atomic(path) as temporary:
        save_file(
            {name: np.ascontiguousarray(array) for name, array in weights.items()}, temporary, {"card": to_text(card)}
        )


def fill(module: nn.Module, path: str | Path) -> None:
    """Put the weights of a file into a network of the same shape.

    Parameters
    ----------
    module : nn.Module
        Is filled in place, in its own precision.
    path : str or pathlib.Path
        The file.

    Raises
    ------
    InputError
        ``E_WEIGHTS`` if names, shapes or numbers do not fit.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    wanted = {name: tuple(weight.shape) for name, weight in module.state_dict().items()}
    try:
        weights = load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        found = f"a damaged file ({error})"
        raise InputError("E_WEIGHTS", found, "a network that jetexplore wrote", where=str(path)) from error
    found = {name: tuple(weight.shape) for name, weight in weights.items()}
    if found != wanted:
        wrong = sorted({name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)})
        shapes = f"{wrong[0][:60]} of shape {found.get(wrong[0])}"
        raise InputError("E_WEIGHTS", shapes, f"shape {wanted.get(wrong[0])}, as its card says", where=str(path))
    if not all(weight.dtype.kind == "f" and np.isfinite(weight).all() for weight in weights.values()):
        raise InputError("E_WEIGHTS", "weights that are no finite numbers", "finite numbers", where=str(path))
    module.load_state_dict({name: torch.from_numpy(weight.astype(np.float32)) for name, weight in weights.items()})


def describe(card: Card) -> str:
    """Write a card for people.

    Parameters
    ----------
    card : Card
        The card.

    Returns
    -------
    str
        Indented JSON without the curves.
    """
    fields = {name: value for name, value in card._asdict().items() if not name.startswith("curve")}
    return json.dumps({**fields, "collapsed": card.collapsed}, indent=1)
