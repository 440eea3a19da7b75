"""Is this file of weights whole, ours, and as it was written? Looked at byte by byte before anything is made of it.

Safetensors checks sizes, but lets the last of two tensors of one name win and knows no checksum. Here names are unique,
tensors follow each other without gaps, and a SHA-256 of card and tensors, kept beside the card, finds any wrong bit.
Files without one are those written before there was any; a list ``SHA256SUMS`` in their folder, as ``sha256sum`` writes
it, takes its place.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jetexplore.errors import InputError

if TYPE_CHECKING:
    from torch import nn

LIMIT = 64 << 20  # bytes of a file; the largest network here has 1 MB
HEADER = 4 << 20  # bytes of its header; a card with ten thousand epochs has 1 MB
SUMS = "SHA256SUMS"
SIZES = {"F16": 2, "F32": 4, "F64": 8, "BF16": 2, "I8": 1, "U8": 1, "I16": 2, "I32": 4, "I64": 8, "BOOL": 1}
ENTRIES = {"card", "sha256", "format"}  # of the description; more would be a damaged name
PICKLED = (".pt", ".pth", ".pkl", ".pickle", ".ckpt")
EXPECTED = "a network that jetexplore wrote"


class Content(NamedTuple):
    """What a file of weights holds."""

    weights: dict[str, np.ndarray]
    card: str  # JSON, not yet looked at


def read(path: Path) -> Content:
    """Read a file of weights, trusting nothing in it.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    Content
        Weights and the text of the card.

    Raises
    ------
    InputError
        ``E_PICKLE`` for pickled objects, which are never opened; ``E_HEADER``, ``E_DUPLICATE``, ``E_OFFSETS``,
        ``E_TRUNCATED`` or ``E_TRAILING`` for a file that is not what safetensors are; ``E_LIMIT`` for one too large;
        ``E_META`` without a card; ``E_CHECKSUM`` for a wrong bit.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    def wrong(code: str, found: str, expected: str = EXPECTED, mend: str = "") -> InputError:
        return InputError(code, found, expected, where=str(path), mend=mend)

    size = path.stat().st_size
    with path.open("rb") as stream:
        first = stream.read(9)
        _refuse_pickles(first, path)
        length = int.from_bytes(first[:8], "little")
        if size < 8:
            raise wrong("E_TRUNCATED", f"a file of {size} bytes")
        if length > HEADER:
            raise wrong("E_HEADER", f"a header that claims {length} bytes", f"at most {HEADER} bytes")
        if size > LIMIT:
            raise wrong("E_LIMIT", f"{size} bytes", f"at most {LIMIT} bytes")
        content = first + stream.read()
    if 8 + length > len(content):
        raise wrong("E_TRUNCATED", f"{len(content)} bytes, of which a header of {length}")
    try:
        header = json.loads(content[8 : 8 + length], object_pairs_hook=_unique)
        about = header.pop("__metadata__", {})
        used = _used(header)
    except InputError as error:
        raise wrong(error.code, error.found, error.expected) from error
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise wrong("E_HEADER", f"no header of safetensors ({str(error)[:80]})") from error
    if used > len(content) - 8 - length:
        raise wrong("E_TRUNCATED", f"{len(content)} bytes", f"the {8 + length + used} bytes that its header claims")
    if used < len(content) - 8 - length:
        raise wrong("E_TRAILING", f"{len(content) - 8 - length - used} bytes after the last tensor", "none")
    texts = isinstance(about, dict) and all(isinstance(text, str) for text in about.values())
    if not texts or "card" not in about or set(about) - ENTRIES:
        raise wrong("E_META", "no model card, or more than one", mend="train it again")
    try:
        weights = load(content)
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise wrong("E_HEADER", f"no safetensors ({str(error)[:80]})") from error
    if about.get("sha256", checksum(weights, about["card"])) != checksum(weights, about["card"]):
        raise wrong("E_CHECKSUM", "card or weights that are not those that were written", mend="fetch or train again")
    if "sha256" not in about and hashlib.sha256(content).hexdigest() != _listed(path, content):
        raise wrong("E_CHECKSUM", f"another file than the one in {SUMS}", mend="fetch or train again")
    return Content(weights, about["card"])


def checksum(weights: Mapping[str, np.ndarray], card: str) -> str:
    """Give the SHA-256 of a card and tensors with their names, types and shapes.

    Parameters
    ----------
    weights : mapping of str to ndarray
        Tensors.
    card : str
        Text of the card.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> one, other = (checksum({"a": np.float32([x])}, "{}") for x in (1.0, -1.0))
    >>> len(one), one == other
    (64, False)
    """
    total = hashlib.sha256(card.encode())
    for name in sorted(weights):
        total.update(repr((name, weights[name].dtype.str, weights[name].shape)).encode())
        total.update(np.ascontiguousarray(weights[name]).tobytes())
    return total.hexdigest()


def fill(module: nn.Module, weights: Mapping[str, np.ndarray], where: str = "") -> None:
    """Put weights into a network of the same shape.

    Parameters
    ----------
    module : nn.Module
        Is filled in place, in its own precision.
    weights : mapping of str to ndarray
        Floating-point numbers, from `weightfile.read`.
    where : str
        The file, for the error.

    Raises
    ------
    InputError
        ``E_ARCH`` if names or shapes do not fit, ``E_DTYPE`` or ``E_NONFINITE`` for numbers that are no weights.
    """
    import torch

    wanted = {name: tuple(weight.shape) for name, weight in module.state_dict().items()}
    found = {name: tuple(weight.shape) for name, weight in weights.items()}
    if found != wanted:
        raise InputError("E_ARCH", _differences(found, wanted), "names and shapes as its card says", where=where)
    for name, weight in weights.items():
        if weight.dtype.kind != "f":
            raise InputError("E_DTYPE", f"{name} of {weight.dtype}", "floating-point numbers", where=where)
        if not np.isfinite(weight).all():
            count = int((~np.isfinite(weight)).sum())
            raise InputError("E_NONFINITE", f"{count} numbers of {name} that are nan or inf", "finite", where=where)
    module.load_state_dict({name: torch.from_numpy(weight.astype(np.float32)) for name, weight in weights.items()})


def _differences(found: Mapping[str, tuple], wanted: Mapping[str, tuple], most: int = 8) -> str:
    """Write a small table of what is missing, unexpected, or of another shape."""
    rows = [f"missing {name} {wanted[name]}" for name in sorted(wanted.keys() - found.keys())]
    rows += [f"unexpected {name[:60]} {found[name]}" for name in sorted(found.keys() - wanted.keys())]
    both = sorted(wanted.keys() & found.keys())
    rows += [f"{name} {found[name]} for {wanted[name]}" for name in both if found[name] != wanted[name]]
    return "; ".join(rows[:most]) + (f"; and {len(rows) - most} more" if len(rows) > most else "")


def _refuse_pickles(first: bytes, path: Path) -> None:
    # torch writes archives, or pickles behind a magic number; the ninth byte of safetensors opens a JSON object
    protocol = first[:1] == b"\x80" and first[1:2] <= b"\x05" and first[8:9] != b"{"
    if first.startswith(b"PK\x03\x04") or protocol or path.suffix in PICKLED:
        expected = ".safetensors, from which no code can run"
        raise InputError("E_PICKLE", "pickled objects, which can run code", expected, where=str(path))


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError("E_DUPLICATE", f"{twice[:60]!r} twice in the header", "every name once")
    return found


def _used(header: Mapping[str, Mapping]) -> int:
    """Count the bytes of all tensors, which have to follow each other."""
    end = 0
    spans = [(*_whole(entry["data_offsets"]), name, entry) for name, entry in header.items()]
    for start, stop, name, entry in sorted(spans, key=lambda span: span[:2]):
        size = math.prod(_whole(entry["shape"])) * SIZES[entry["dtype"]]
        if (start, stop) != (end, end + size) or set(entry) != {"data_offsets", "shape", "dtype"}:
            found = f"{name[:60]!r} at {start} to {stop}"
            raise InputError("E_OFFSETS", found, f"{size} bytes from {end}, as its shape says")
        end = stop
    return end


def _whole(values: object) -> list[int]:
    if not isinstance(values, list) or not all(type(value) is int and value >= 0 for value in values):
        raise ValueError(f"{str(values)[:40]} where whole numbers belong")
    return values


def _listed(path: Path, content: bytes) -> str:
    """Look a file up in the list of its folder; where there is none, what it is."""
    try:
        lines = (path.parent / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    sums = {name: total for total, _, name in (line.partition("  ") for line in lines)}
    return sums.get(path.name) or hashlib.sha256(content).hexdigest()
