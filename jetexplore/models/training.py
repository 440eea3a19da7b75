"""How is a network trained? One loop for all, section 3.2 of Fraser et al. (2021).

Adam at 1e-3, a tenth of it after five epochs in which the validation loss has not improved, down to 1e-5, an end after
twelve, the weights of the best epoch. All randomness of an epoch, order and noise, is drawn from the seed and the
number of the epoch, and validation noise is always the same. So a run that was killed goes on after its last whole
epoch and ends in the same bits, and a plateau is one of the network and not of the noise.
"""

from __future__ import annotations

import contextlib
import io
import math
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from jetexplore.errors import InputError
from jetexplore.files import atomic

if TYPE_CHECKING:
    from lightning.fabric import Fabric

VALIDATION_SEED = 20211  # noise of the validation, the same for every network and epoch
CHUNK = 512  # validation images at a time

# What is minimised: network, batch, noise -> terms by name, each (n,); the first is the loss
Objective = Callable[[nn.Module, tuple[Tensor, ...], Tensor | None], Mapping[str, Tensor]]


class Schedule(NamedTuple):
    """When the rate falls and when training ends."""

    epochs: int = 200  # at most
    batch: int = 128
    rate: float = 1e-3
    factor: float = 0.1
    patience: int = 5  # epochs without improvement before the rate falls
    floor: float = 1e-5
    stop: int = 12  # epochs without improvement before training ends


class Epoch(NamedTuple):
    """What one epoch gave."""

    rate: float  # learning rate
    seconds: float
    train: dict[str, float]  # means of the objective's terms while training
    valid: dict[str, float]  # the same on the validation set


class Fit(NamedTuple):
    """A finished training; the network holds the weights of the best epoch."""

    epochs: list[Epoch]
    best: int  # index of the epoch of least validation loss
    converged: bool  # ended by the rule, not by the number of epochs


def fit(
    module: nn.Module,
    objective: Objective,
    train: Sequence[Tensor],
    valid: Sequence[Tensor],
    schedule: Schedule = Schedule(),  # noqa: B008 - a tuple
    *,
    noise: int = 0,
    scale: float = 1.0,
    seed: int = 0,
    precision: str = "bf16",
    resume: str | Path | None = None,
    key: str = "",
    progress: bool = True,
    fabric: Fabric | None = None,
    on_epoch: Callable[[int, Epoch], None] | None = None,
) -> Fit:
    """Train a network until its validation loss no longer improves.

    Parameters
    ----------
    module : nn.Module
        Is trained in place.
    objective : callable
        Network, batch and noise to terms by name, each of shape (n,); the first is what is minimised.
    train, valid : sequence of Tensor
        Arrays of the same length: images, and labels where there are any.
    schedule : Schedule
        Rates and ends.
    noise : int
        Standard normal numbers that the objective gets with each event; 0 for none.
    scale : float
        Factor of the loss before gradients are taken; reported losses are without.
    seed : int
        Decides the order of events and the noise, not the weights to begin with.
    precision : {"bf16", "float32"}
        Of the forward pass in training; validation is in float32.
    resume : str or pathlib.Path, optional
        File kept up to date after every epoch; where it exists, training goes on after the last.
    key : str
        Digest of everything the result depends on; a file of another training is refused.
    progress : bool
        Whether to show a bar on stderr: rate, time left, losses.
    fabric : lightning.fabric.Fabric, optional
        Shares every batch among its processes, which must all call this.
    on_epoch : callable, optional
        Is told number and result of every epoch.

    Returns
    -------
    Fit
        The epochs, which one was best, and whether the end was reached by the rule.

    Raises
    ------
    InputError
        ``E_EMPTY`` without events, ``E_PRECISION``, ``E_VERSION`` if the file to resume from is of another training or
        damaged, ``E_DIVERGED`` if the loss is no number.

    Examples
    --------
    >>> line = nn.Linear(1, 1)
    >>> x = torch.linspace(-1, 1, 64)[:, None]
    >>> squares = lambda module, batch, noise: {"loss": ((module(batch[0]) - 2 * batch[0]) ** 2)[:, 0]}
    >>> found = fit(line, squares, [x], [x], Schedule(100, 8, 0.1), precision="float32", progress=False)
    >>> round(line.weight.item(), 2)
    2.0
    """
    if precision not in ("bf16", "float32"):
        raise InputError("E_PRECISION", repr(precision), "'bf16' or 'float32'")
    if not len(train[0]) or not len(valid[0]):
        raise InputError("E_EMPTY", f"{len(train[0])} and {len(valid[0])} events", "some to train and to validate")
    device = next(module.parameters()).device
    optimiser = torch.optim.Adam(module.parameters(), schedule.rate, fused=True)
    # torch counts the epochs that are borne, the paper those after which the rate falls; and any gain is one
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimiser, factor=schedule.factor, patience=schedule.patience - 1, threshold=0.0, min_lr=schedule.floor
    )
    rank, ranks = (fabric.global_rank, fabric.world_size) if fabric else (0, 1)
    bare = module
    if fabric:
        module, optimiser = fabric.setup(module, optimiser, move_to_device=False)
    history: list[Epoch] = []
    best: dict[str, Tensor] = {}
    if resume is not None:
        with contextlib.suppress(FileNotFoundError):  # not begun, or just now finished by another process
            history, best = _restore(Path(resume), key, bare, optimiser, plateau)
    fixed = _noise(len(valid[0]), noise, VALIDATION_SEED, device)
    bar = _Bar(schedule.epochs, len(train[0]), len(history), progress and rank == 0)
    with contextlib.closing(bar):
        while len(history) < schedule.epochs and len(history) - 1 - _best(history) < schedule.stop:
            begin, rate = time.perf_counter(), optimiser.param_groups[0]["lr"]
            generator = torch.Generator().manual_seed((seed << 20) + len(history))
            order = torch.randperm(len(train[0]), generator=generator)
            module.train()
            totals: dict[str, Tensor] = {}
            for start in range(0, len(order), schedule.batch):
                pick = order[start : start + schedule.batch]
                drawn = _noise(len(pick), noise, generator, device)
                share = slice(rank * len(pick) // ranks, (rank + 1) * len(pick) // ranks)
                mine, drawn = pick[share].to(device), drawn if drawn is None else drawn[share]
                with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
                    terms = objective(module, tuple(some[mine] for some in train), drawn)
                value = next(iter(terms.values())).sum() * (ranks / len(pick))  # ranks are averaged afterwards
                optimiser.zero_grad()
                fabric.backward(value * scale) if fabric else (value * scale).backward()
                optimiser.step()
                for name, each in terms.items():
                    totals[name] = totals.get(name, 0.0) + each.detach().double().sum()
                bar.advance(len(pick))
            found = {name: _total(total, fabric) / len(order) for name, total in totals.items()}
            epoch = Epoch(rate, time.perf_counter() - begin, found, evaluate(bare, objective, valid, fixed))
            level = next(iter(epoch.valid.values()))
            if not math.isfinite(level):
                raise InputError("E_DIVERGED", f"a validation loss of {level} in epoch {len(history)}", "a number")
            history.append(epoch)
            plateau.step(level)
            if _best(history) == len(history) - 1:
                best = {name: weights.detach().clone() for name, weights in bare.state_dict().items()}
            if resume is not None and rank == 0:
                _keep(Path(resume), key, bare, optimiser, plateau, history, best)
            bar.tell(epoch)
            if on_epoch is not None:
                on_epoch(len(history) - 1, epoch)
    bare.load_state_dict(best)
    bare.eval()
    return Fit(history, _best(history), len(history) - 1 - _best(history) >= schedule.stop)


def evaluate(
    module: nn.Module, objective: Objective, events: Sequence[Tensor], noise: Tensor | None = None
) -> dict[str, float]:
    """Take the means of an objective's terms over events, in float32.

    Parameters
    ----------
    module : nn.Module
        The network.
    objective : callable
        As in `fit`.
    events : sequence of Tensor
        Arrays of the same length.
    noise : Tensor, shape (n, k), optional
        Numbers handed to the objective.

    Returns
    -------
    dict of str to float
        Mean of each term.

    Examples
    --------
    >>> evaluate(nn.Identity(), lambda module, batch, noise: {"loss": module(batch[0])}, [torch.arange(5.0)])
    {'loss': 2.0}
    """
    module.eval()
    totals: dict[str, Tensor] = {}
    with torch.no_grad():
        for start in range(0, len(events[0]), CHUNK):
            part = slice(start, start + CHUNK)
            terms = objective(module, tuple(some[part] for some in events), None if noise is None else noise[part])
            for name, each in terms.items():
                totals[name] = totals.get(name, 0.0) + each.double().sum()
    return {name: float(total) / len(events[0]) for name, total in totals.items()}


def _noise(n: int, width: int, seed: int | torch.Generator, device: torch.device) -> Tensor | None:
    # always drawn on the processor, so that the numbers do not depend on the device
    if not width:
        return None
    generator = seed if isinstance(seed, torch.Generator) else torch.Generator().manual_seed(seed)
    return torch.randn(n, width, generator=generator).to(device)


def _best(history: Sequence[Epoch]) -> int:
    """Index of the first epoch of least validation loss; -1 before the first."""
    levels = [next(iter(epoch.valid.values())) for epoch in history]
    return levels.index(min(levels)) if levels else -1


def _total(value: Tensor, fabric: Fabric | None) -> float:
    return float(fabric.all_reduce(value, reduce_op="sum") if fabric else value)


def _keep(
    path: Path, key: str, module: nn.Module, optimiser: object, plateau: object, history: list, best: dict
) -> None:
    state = {
        "key": key,
        "module": module.state_dict(),
        "optimiser": optimiser.state_dict(),
        "plateau": plateau.state_dict(),
        "history": [tuple(epoch) for epoch in history],
        "best": best,
    }
    stream = io.BytesIO()  # torch itself refuses names like ".partial", and does not say why a disk takes no more
    torch.save(state, stream)
    with atomic(path) as temporary:
        temporary.write_bytes(stream.getbuffer())


def _restore(
    path: Path, key: str, module: nn.Module, optimiser: object, plateau: object
) -> tuple[list[Epoch], dict[str, Tensor]]:
    mend = f"choose another output, or delete {path}"
    try:
        _whole(path)
        state = torch.load(path, map_location=next(module.parameters()).device, weights_only=True)
        same = state["key"] == key
        if same:
            for weights in (state["best"], state["module"]):  # the best ones, too, to see that they fit
                module.load_state_dict(weights)
            optimiser.load_state_dict(state["optimiser"])
            plateau.load_state_dict(state["plateau"])
            history = [Epoch(*epoch) for epoch in state["history"]]
    except FileNotFoundError:
        raise
    except Exception as error:  # whatever torch finds wrong with it
        raise InputError("E_VERSION", f"a damaged file ({error})", "a training", where=str(path), mend=mend) from error
    if not same:
        raise InputError("E_VERSION", "another training", "the same request", where=str(path), mend=mend)
    return history, state["best"]


def _whole(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:  # torch writes checksums, but does not look at them
        if archive.testzip() is not None:
            raise ValueError("checksums that do not fit")


class _Bar:
    """A bar over events: rate, time left, losses."""

    def __init__(self, epochs: int, n: int, done: int, shown: bool) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=epochs * n, initial=done * n, unit="event", disable=not shown, mininterval=1.0)

    def advance(self, n: int) -> None:
        self._bar.update(n)

    def tell(self, epoch: Epoch) -> None:
        self._bar.set_postfix_str(f"validation {next(iter(epoch.valid.values())):.4g}, rate {epoch.rate:g}", False)

    def close(self) -> None:
        self._bar.close()
