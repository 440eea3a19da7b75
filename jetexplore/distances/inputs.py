"""What do workers compute distances of? Jets or sparse images in one file of the store, opened once by each worker."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from jetexplore.distances.store import Store, existing
from jetexplore.errors import InputError
from jetexplore.files import read_npz, write_npz
from jetexplore.jets.constituents import Jets

NAME = "inputs.npz"
NO_LIMIT = 1 << 60  # what we wrote ourselves may be of any size


def packed(x: np.ndarray | Jets) -> dict[str, np.ndarray]:
    """Give jets as they are, images without their zeros.

    Parameters
    ----------
    x : ndarray, shape (n, npix, npix), or Jets
        What is compared.

    Returns
    -------
    dict of str to ndarray
        Plain arrays.
    """
    if isinstance(x, Jets):
        return {name: getattr(x, name) for name in ("pt", "eta", "phi", "offsets")}
    flat = x.reshape(len(x), -1)
    row, pixels = np.nonzero(flat)
    offsets = np.searchsorted(row, np.arange(len(flat) + 1))
    return {"npix": np.array(x.shape[-1]), "offsets": offsets, "pixels": pixels, "values": flat[row, pixels]}


def part(inputs: Mapping[str, np.ndarray], first: int, last: int) -> np.ndarray | Jets:
    """Give some jets back, as they were before `packed`.

    Parameters
    ----------
    inputs : mapping of str to ndarray
        From `packed`.
    first, last : int
        Range of jets.

    Returns
    -------
    ndarray, shape (last - first, npix, npix), or Jets
        The jets.

    Examples
    --------
    >>> part(packed(np.eye(3).reshape(3, 1, 3)[:, [0, 0, 0]]), 1, 2).tolist()
    [[[0.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]]
    """
    offsets = inputs["offsets"][first : last + 1]
    here = slice(offsets[0], offsets[-1])
    if "pt" in inputs:
        return Jets(*(inputs[name][here] for name in ("pt", "eta", "phi")), offsets - offsets[0])
    npix = int(inputs["npix"])
    images = np.zeros((last - first, npix * npix), inputs["values"].dtype)
    images[np.repeat(np.arange(last - first), np.diff(offsets)), inputs["pixels"][here]] = inputs["values"][here]
    return images.reshape(-1, npix, npix)


def fingerprint(arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 of named arrays.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        The arrays.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> fingerprint({"x": np.zeros(2)})[:8]
    'f3a1c71a'
    """
    total = hashlib.sha256()
    for name in sorted(arrays):
        values = np.ascontiguousarray(arrays[name])
        total.update(repr((name, values.dtype.str, values.shape)).encode())
        total.update(values.tobytes())
    return total.hexdigest()


def keep(place: Store, inputs: Mapping[str, np.ndarray]) -> None:
    """Write them into the store, unless they are there.

    Parameters
    ----------
    place : Store
        The store.
    inputs : mapping of str to ndarray
        From `packed`, those of its manifest.
    """
    try:
        kept(place)
    except (FileNotFoundError, InputError):
        write_npz(place.path / NAME, inputs)


def kept(place: Store) -> dict[str, np.ndarray]:
    """Read what `keep` wrote.

    Parameters
    ----------
    place : Store
        The store.

    Returns
    -------
    dict of str to ndarray
        As from `packed`.

    Raises
    ------
    FileNotFoundError
        If they are not there, such as on a worker that does not see the folder.
    InputError
        ``E_CORRUPT`` if they are not those of the manifest.
    """
    path = place.path / NAME
    arrays = read_npz(path, NO_LIMIT)[0]
    if fingerprint(arrays) != place.manifest["inputs"]:
        raise InputError("E_CORRUPT", "other jets", "those of the manifest", where=str(path))
    return arrays


@lru_cache(maxsize=2)
def known(place_path: Path, hashed: str) -> dict[str, np.ndarray]:
    """Read what `keep` wrote, once a process.

    Parameters
    ----------
    place_path : pathlib.Path
        The store.
    hashed : str
        `fingerprint` of the inputs.

    Returns
    -------
    dict of str to ndarray
        As from `packed`; shared, not to be changed.

    Raises
    ------
    FileNotFoundError
        If they are not there.
    InputError
        ``E_VERSION`` if the store is not of these inputs, ``E_CORRUPT`` if they are damaged.
    """
    place = existing(place_path)
    if place.manifest["inputs"] != hashed:
        raise InputError("E_VERSION", "other jets than were begun with", "the same", where=str(place_path))
    return kept(place)
