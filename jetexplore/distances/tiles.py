"""What is in a store of all-pairs distances? How far it has come, its certificates, and its distances by memory map."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jetexplore.distances import store as folders
from jetexplore.distances.folder import locked, room, sweep, told
from jetexplore.distances.store import Store
from jetexplore.errors import InputError, choose
from jetexplore.files import atomic

BAND = 128  # rows assembled at once
FORMS = ("square", "condensed")


class Summary(NamedTuple):
    """How far a store has come, and what the solver says of its pairs."""

    path: Path
    done: int  # tiles
    total: int
    pairs: int  # in the tiles that are done
    gap: float | None  # largest |cost - dual| / cost; None where the metric has no solver
    error: float | None  # largest cost that rounding may have left above the least
    pivots: float | None  # mean
    fallbacks: int | None  # pairs solved by POT


class Tiles(NamedTuple):
    """All tiles of a finished store, mapped into memory and verified."""

    n: int
    tile: int
    maps: dict[tuple[int, int], np.ndarray]  # read-only


def summary(path: str | Path, check: bool = True) -> Summary:
    """Tell how far a store has come, also while it is being written.

    Parameters
    ----------
    path : str or pathlib.Path
        The store.
    check : bool
        Compare every tile with its certificate; otherwise certificates alone count.

    Returns
    -------
    Summary
        Tiles, pairs and certificates.

    Raises
    ------
    FileNotFoundError
        If there is no such store.
    InputError
        ``E_STORE`` or ``E_CORRUPT`` if it cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from jetexplore.distances import pairwise
    >>> images = np.zeros((3, 40, 40))
    >>> images[0, 20, 20] = images[1, 20, 25] = images[2, 20, 30] = 1.0
    >>> path = Path(tempfile.mkdtemp()) / "store.zarr"
    >>> made = pairwise(images, "Wass(1)", out=path, tile=2)
    >>> made == summary(path)
    True
    >>> made.done, made.total, made.pairs, made.gap, made.fallbacks
    (3, 3, 3, 0.0, 0)
    """
    place = folders.existing(path)
    grid = place.grid()
    found = [folders.certificate(place, *at) for at in grid if not check or folders.verified(place, *at) is not None]
    given = [some for some in found if some is not None]
    solved = [some for some in given if some["gap"] is not None]
    pairs = sum(some["pairs"] for some in given)
    return Summary(
        place.path,
        len(given),
        len(grid),
        pairs,
        max((some["gap"] for some in solved), default=None),
        max((some["error"] for some in solved), default=None),
        sum(some["pivots"] for some in solved) / max(pairs, 1) if solved else None,
        sum(some["fallbacks"] for some in solved) if solved else None,
    )


def maps(path: str | Path) -> Tiles:
    """Map all tiles of a finished store into memory, after verifying each.

    Parameters
    ----------
    path : str or pathlib.Path
        The store.

    Returns
    -------
    Tiles
        For `take`.

    Raises
    ------
    FileNotFoundError
        If there is no such store.
    InputError
        ``E_INCOMPLETE`` if tiles are missing or damaged, ``E_STORE`` or ``E_CORRUPT`` if it cannot be read.
    """
    place = folders.existing(path)
    found = {at: folders.verified(place, *at) for at in place.grid()}
    missing = sum(values is None for values in found.values())
    if missing:
        told_so = f"a store in which {missing} of {len(found)} tiles are missing or damaged"
        raise InputError("E_INCOMPLETE", told_so, "a finished one", str(path), "run the same pairwise again")
    return Tiles(place.n, place.tile, found)


def take(tiles: Tiles, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Gather distances from the tiles, of which only those concerned are read.

    Parameters
    ----------
    tiles : Tiles
        From `maps`.
    rows, columns : ndarray of int
        Jets.

    Returns
    -------
    ndarray, shape (len(rows), len(columns))
        Distances.
    """
    out = np.empty((len(rows), len(columns)))
    for a in np.unique(rows // tiles.tile):
        for b in np.unique(columns // tiles.tile):
            block = tiles.maps[a, b] if a <= b else tiles.maps[b, a].T
            r, c = (np.flatnonzero(index // tiles.tile == k) for index, k in ((rows, a), (columns, b)))
            out[np.ix_(r, c)] = block[np.ix_(rows[r] - a * tiles.tile, columns[c] - b * tiles.tile)]
    return out


def read(path: str | Path, form: str = "square", check: bool = True) -> np.memmap:
    """Map all distances of a finished store in one piece; they need not fit into memory.

    The piece is assembled from verified tiles the first time, beside them and as large again.

    Parameters
    ----------
    path : str or pathlib.Path
        The store.
    form : str
        ``"square"`` for (n, n), ``"condensed"`` for (n (n - 1) / 2,) in scipy's order.
    check : bool
        Compare a piece that is there with its checksum; otherwise it opens at once.

    Returns
    -------
    memmap
        Read-only.

    Raises
    ------
    FileNotFoundError
        If there is no such store.
    InputError
        ``E_FORM``; ``E_INCOMPLETE`` if tiles are missing or damaged, ``E_STORE`` or ``E_CORRUPT`` if the store cannot
        be read, ``E_DISK`` or ``E_FOLDER`` if the piece cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from jetexplore.distances import pairwise
    >>> images = np.zeros((3, 40, 40))
    >>> images[0, 20, 20] = images[1, 20, 25] = images[2, 20, 30] = 1.0
    >>> made = pairwise(images, "Wass(1)", out=Path(tempfile.mkdtemp()) / "store.zarr", tile=2)
    >>> read(made.path, "condensed").round(6).tolist()
    [0.4, 0.8, 0.4]
    """
    choose("form", form, FORMS, "E_FORM")
    place = folders.existing(path)
    views = place.path / "views"
    whole = views / f"{form}.npy"
    if not _is_whole(place, whole, check):
        tiles = maps(path)
        with told(views):
            views.mkdir(exist_ok=True)
            with locked(views / "lock", wait=True):  # who waited may find it done
                if not _is_whole(place, whole, check):
                    sweep(views)
                    _assemble(place, tiles, whole)
    return np.load(whole, mmap_mode="r")


def _is_whole(place: Store, whole: Path, check: bool) -> bool:
    try:
        described = json.loads(whole.with_suffix(".json").read_bytes())
        with whole.open("rb") as stream:
            return described["key"] == place.key and (
                not check or hashlib.file_digest(stream, "sha256").hexdigest() == described["sha256"]
            )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return False


def _assemble(place: Store, tiles: Tiles, whole: Path) -> None:
    n, square, total = place.n, whole.stem == "square", hashlib.sha256()
    room(whole.parent, 8 * (n * n if square else n * (n - 1) // 2))
    shape = (n, n) if square else (n * (n - 1) // 2,)
    with atomic(whole) as temporary, temporary.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": shape})
        stream.flush()
        total.update(temporary.read_bytes())
        for first in range(0, n, BAND):
            rows = np.arange(first, min(first + BAND, n))
            start = 0 if square else first
            band = take(tiles, rows, np.arange(start, n))
            piece = band if square else np.concatenate([line[k + 1 :] for k, line in enumerate(band)])
            stream.write(piece.tobytes())
            total.update(piece.tobytes())
    with atomic(whole.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps({"key": place.key, "sha256": total.hexdigest()}) + "\n")
