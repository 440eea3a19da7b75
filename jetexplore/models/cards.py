"""What must be known beside a trained network? Its card, kept as JSON inside the file of its weights.

No torch is needed to read one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

from jetexplore.errors import InputError

SCHEMA = "jetexplore-network-1"
ACTIVE = 0.01  # variance of a latent mean over validation jets above which the dimension is called active


class Area(NamedTuple):
    """Area under a ROC curve, and what it stands on."""

    auc: float
    error: float  # bootstrap over jets
    n_background: int
    n_signal: int


class Card(NamedTuple):
    """Everything a network was made with and what came of it; losses in the units of eq. (3.5)."""

    name: str
    kind: str  # "vae", "classifier", "pgae" or "emdgnn"
    # architecture
    downsamplings: int  # 0 for networks of particle clouds
    output: str = "ELU"
    decoder_channels: int = 1
    inputs: str = ""  # what a particle is to a network of clouds, such as "momenta"
    neighbours: int = 0  # of a particle in a graph; 0 for all
    # objective
    training_metric: str = "MSE"
    beta: float = 0.0
    kld: str = "sum"
    sample: bool = False  # whether the latent distribution was sampled at beta = 0, too
    loss_scale: float = 1.0
    # training
    label: str = ""  # keeps it apart from others of the same recipe
    seed: int = 0
    start: str = "random"  # or the name of the network whose weights it began with
    n_train: int = 0  # jets, of each class
    n_valid: int = 0
    n_pairs: int = 0  # pairs of those jets, where it learned from pairs
    batch: int = 0
    precision: str = "float32"
    epochs: int = 0  # gone through
    best_epoch: int = 0  # whose weights these are, from 1
    converged: bool = False  # ended by the rule of twelve epochs
    seconds: float = 0.0
    width: float = 3.2  # of the images, rad
    power: float = 1.0  # that their pixels were raised to
    classes: tuple[str, ...] = ("QCD",)
    data: str = ""  # digest of the training jets
    origin: str = ""  # of the jets, for the badge
    # result
    loss: float = float("nan")  # validation, best epoch
    distance: float = float("nan")
    divergence: float = float("nan")
    mse: float = float("nan")  # of reconstructions from the mean latent, against validation jets
    mean_image_mse: float = float("nan")  # of the average training image, against the same
    active: int = 0  # latent dimensions
    curve: tuple[float, ...] = ()  # validation loss of every epoch
    curve_train: tuple[float, ...] = ()
    areas: Mapping[str, Mapping[str, Area]] = {}  # score -> signal -> area
    tested: str = ""  # digest of the jets of those areas; empty where it is not known
    results: Mapping[str, float] = {}  # further numbers by name, such as the spread of a relative error
    versions: Mapping[str, str] = {}

    @property
    def collapsed(self) -> bool:
        """No better than the average image, or nothing in the latent space."""
        return self.kind == "vae" and (self.active == 0 or not self.mse < self.mean_image_mse)

    @property
    def title(self) -> str:
        """Say in one line what an area under its ROC curve stands on."""
        if self.training_metric == "none":
            return f"{self.name}: random weights"
        state = "converged" if self.converged else "not converged"
        state += ", collapsed" if self.collapsed else ""
        return f"{self.name}: {self.n_train:,} jets, {self.epochs} epochs, {state}"


def to_text(card: Card) -> str:
    """Write a card as JSON.

    Parameters
    ----------
    card : Card
        The card.

    Returns
    -------
    str
        One JSON object.

    Examples
    --------
    >>> from_text(to_text(Card("a", "vae", 3))).downsamplings
    3
    """
    return json.dumps({"schema": SCHEMA, **card._asdict()}, sort_keys=True)


def from_text(text: str, where: str = "") -> Card:
    """Read a card, trusting nothing in it.

    Parameters
    ----------
    text : str
        What `to_text` wrote.
    where : str
        The file, for the error.

    Returns
    -------
    Card
        The card.

    Raises
    ------
    InputError
        ``E_CARD`` if it is none.
    """
    try:
        fields = _fields(text)
        for name, value in fields.items():
            _check(name, value)
        for name in ("classes", "curve", "curve_train"):
            fields[name] = tuple(fields.get(name, ()))
        areas = fields.get("areas", {})
        fields["areas"] = {
            score: {signal: _area(*values) for signal, values in by_signal.items()}
            for score, by_signal in areas.items()
        }
        fields["results"] = {str(key): float(value) for key, value in fields.get("results", {}).items()}
        return Card(**fields)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        found = f"no model card ({error})"
        raise InputError("E_CARD", found, "a network that jetexplore wrote", where=where) from error


def _fields(text: str) -> dict:
    fields = json.loads(text)
    if not isinstance(fields, dict) or fields.pop("schema", None) != SCHEMA:
        raise ValueError(f"no schema {SCHEMA}")
    return fields


def _area(auc: float, error: float, n_background: int, n_signal: int) -> Area:
    return Area(float(auc), float(error), int(n_background), int(n_signal))


def _check(name: str, value: object) -> None:
    if name not in Card._fields:
        raise ValueError(f"an unknown entry {name[:40]!r}")
    default = Card._field_defaults.get(name)
    wanted = {
        "name": str, "kind": str, "downsamplings": int, "classes": list, "curve": list, "curve_train": list,
    }.get(name, dict if isinstance(default, Mapping) else type(default))  # fmt: skip
    number = wanted is float and isinstance(value, int) and not isinstance(value, bool)
    if not number and type(value) is not wanted:
        raise ValueError(f"{name} = {str(value)[:40]!r}")
    if isinstance(value, list):
        inner = str if name == "classes" else float
        if len(value) > 10_000 or not all(isinstance(each, inner) for each in value):
            raise ValueError(f"{name} holds something else")
