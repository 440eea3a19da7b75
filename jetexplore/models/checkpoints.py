"""Where is a trained network kept? Safetensors with the model card in its metadata; nothing is ever unpickled."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jetexplore.errors import InputError, choose
from jetexplore.files import atomic, data_dir
from jetexplore.models import weightfile
from jetexplore.models.cards import Card, from_text, to_text

if TYPE_CHECKING:
    from torch import nn

log = logging.getLogger(__name__)

FOLDER = "networks"  # below data/
TESTED = "TESTED"  # list of digests and file names: the test jets of areas in cards that do not say so themselves


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
    return {card.name: card for card in _cards(place, _state(place)).values() if isinstance(card, Card)}


def refused(where: str | Path | None = None) -> dict[str, str]:
    """List files of a folder of networks that are none or damaged, and say why.

    Parameters
    ----------
    where : str or pathlib.Path, optional
        As in `networks`.

    Returns
    -------
    dict of str to str
        File name to one sentence.

    Examples
    --------
    >>> refused()
    {}
    """
    place = folder() if where is None else Path(where)
    return {name: str(error) for name, error in _cards(place, _state(place)).items() if not isinstance(error, Card)}


def _state(folder: Path) -> tuple[tuple[str, int, int], ...]:
    files = sorted(folder.glob("*.safetensors")) if folder.is_dir() else []
    return tuple((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in files)


@functools.lru_cache(maxsize=8)
def _cards(folder: Path, state: tuple[tuple[str, int, int], ...]) -> dict[str, Card | InputError]:
    def card(name: str) -> Card | InputError:
        try:
            return read_card(folder / name)
        except InputError as error:
            log.warning("a network is left out: %s", error)
            return error

    return {name: card(name) for name, _, _ in state}


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
        ``E_NETWORK`` for an unknown name, what is wrong for that of a damaged file.
    FileNotFoundError
        If there is no such file.

    Examples
    --------
    >>> path_of("no such network")
    Traceback (most recent call last):
        ...
    jetexplore.errors.InputError: ...
    """
    if isinstance(source, Path) or str(source).endswith((".safetensors", *weightfile.PICKLED)):
        if not Path(source).is_file():
            raise FileNotFoundError(f"no file {source}")
        return Path(source)
    path = folder() / f"{source}.safetensors"
    if path.name in refused():
        read_card(path)  # says why
    choose("network", source, networks(), "E_NETWORK")
    return path


def read_card(path: str | Path) -> Card:
    """Read the card of a network, of a file that is whole.

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
        Those of `weightfile.read`; ``E_CARD`` if the card is none of ours.
    """
    path = Path(path)
    return _card(weightfile.read(path), path)


def _card(content: weightfile.Content, path: Path) -> Card:
    card = from_text(content.card, str(path))
    if card.areas and not card.tested:
        return card._replace(tested=_listed(path))
    return card


def _listed(path: Path) -> str:
    try:
        lines = path.with_name(TESTED).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    return next((word for word, _, name in (line.partition("  ") for line in lines) if name == path.name), "")


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
    path = Path(path)
    found = weightfile.read(path)
    card = _card(found, path)._replace(**entries)
    _write(path, found.weights, card)
    return card


def _write(path: Path, weights: Mapping[str, np.ndarray], card: Card) -> None:
    from safetensors.numpy import save

    text = to_text(card)
    weights = {name: np.ascontiguousarray(array) for name, array in weights.items()}
    with atomic(path) as temporary:
        temporary.write_bytes(save(weights, {"card": text, "sha256": weightfile.checksum(weights, text)}))


def load(source: str | Path, kind: str, title: str, build: Callable[[Card], nn.Module], wrap: Callable) -> object:
    """Load a network of one kind by name, or from a file; the same object for the same unchanged file.

    Parameters
    ----------
    source : str or pathlib.Path
        As in `path_of`.
    kind : str
        What the card has to say, such as ``"vae"``.
    title : str
        What that is to the reader, such as ``"an autoencoder"``.
    build : callable
        Card to a module of the shape that it tells; raises `InputError` for a card that tells none.
    wrap : callable
        Module and card to what is returned.

    Returns
    -------
    object
        What ``wrap`` gives.

    Raises
    ------
    InputError
        ``E_NETWORK`` for an unknown name, ``E_CARD`` for another kind of network, and those of `weightfile.read`,
        ``build`` and `weightfile.fill`.
    FileNotFoundError
        If there is no such file.
    """
    path = path_of(source)
    state = path.stat()
    return _loaded(path, (state.st_mtime_ns, state.st_size), kind, title, build, wrap)


@functools.lru_cache(maxsize=128)
def _loaded(
    path: Path, _state: tuple[int, int], kind: str, title: str, build: Callable[[Card], nn.Module], wrap: Callable
) -> object:
    content = weightfile.read(path)
    card = _card(content, path)
    if card.kind != kind:
        raise InputError("E_CARD", f"a {card.kind[:40]}", title, where=str(path))
    try:
        module = build(card)
    except InputError as error:
        raise InputError(error.code, error.found, error.expected, error.where or str(path), error.mend) from error
    weightfile.fill(module, content.weights, str(path))
    return wrap(module, card)


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
