"""What lies in a folder of all-pairs distances? A zarr array, one chunk a tile, and beside each tile its certificate.

=========================  ==========================================================================================
``zarr.json``              the array (n, n) float64 of zarr version 3; its attributes are the manifest
``c/a/b``                  tile of the rows of block a and the columns of block b >= a, uncompressed, then its crc32c
``certificates/a.b.json``  key of the manifest, SHA-256 of the tile, and what the solver says of its pairs
``inputs.npz``             the jets or images, sparse, so that every worker opens them itself
``lock``                   who is at work; the system lets go of it when that process ends, in whatever way
``views``                  the distances in one piece, once somebody has asked for them
=========================  ==========================================================================================

A tile is done when its file and its certificate are there and agree. Each file is flushed to the disk before it gets
its name; so after a crash or a loss of power in any order a tile is done or is not, and what is not is made again.
``zarr.open_array(folder)`` reads the upper triangle of tiles; what lies below is not stored and reads as NaN.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jetexplore.distances.folder import PARTIAL, locked, sweep, told
from jetexplore.errors import InputError
from jetexplore.files import atomic, digest

OURS = {"zarr.json", "c", "certificates", "inputs.npz", "lock", "views"}


class Store(NamedTuple):
    """A folder of tiles."""

    path: Path
    manifest: dict  # all that the distances depend on
    key: str  # digest of the manifest

    @property
    def n(self) -> int:
        """Number of jets."""
        return self.manifest["n"]

    @property
    def tile(self) -> int:
        """Rows and columns of a tile; the last ones may be filled only in part."""
        return self.manifest["tile"]

    def grid(self) -> list[tuple[int, int]]:
        """Give the tiles of the upper triangle, row by row.

        Returns
        -------
        list of tuple of int
            Block of rows a and block of columns b >= a.

        Examples
        --------
        >>> store(Path("store.zarr"), {"n": 5, "tile": 3}).grid()
        [(0, 0), (0, 1), (1, 1)]
        """
        blocks = -(-self.n // self.tile)
        return [(a, b) for a in range(blocks) for b in range(a, blocks)]

    def block(self, a: int) -> tuple[int, int]:
        """Give the first and one past the last jet of a block.

        Parameters
        ----------
        a : int
            The block.

        Returns
        -------
        tuple of int
            Range of jets.
        """
        return a * self.tile, min((a + 1) * self.tile, self.n)


def store(path: str | Path, manifest: Mapping) -> Store:
    """Name a folder for these distances, whether it is there or not.

    Parameters
    ----------
    path : str or pathlib.Path
        The folder.
    manifest : mapping
        All that the distances depend on, as JSON can hold it, with ``n`` and ``tile``.

    Returns
    -------
    Store
        The name.
    """
    return Store(Path(path), dict(manifest), digest(_text(manifest)))


@contextlib.contextmanager
def opened(wanted: Store) -> Iterator[Store]:
    """Open a folder to write tiles: made if missing, locked, checked, rid of what killed runs left.

    Parameters
    ----------
    wanted : Store
        The folder and what it should hold.

    Yields
    ------
    Store
        The same.

    Raises
    ------
    InputError
        ``E_FOLDER`` if nothing can be written there or it holds other things, ``E_LOCKED`` if a run is at work there,
        ``E_VERSION`` if it holds other distances, ``E_CORRUPT`` if what it holds cannot be told, ``E_DISK`` if the
        disk is full.
    """
    with told(wanted.path):
        wanted.path.mkdir(parents=True, exist_ok=True)
        with locked(wanted.path / "lock"):
            _claim(wanted)
            half_written = wanted.path, wanted.path / "certificates", wanted.path / "c"
            sweep(*half_written, *(wanted.path / "c").glob("*"))
            try:
                yield wanted
            finally:  # what workers left that were killed
                sweep(*half_written, *(wanted.path / "c").glob("*"))


def existing(path: str | Path) -> Store:
    """Find a store that is there.

    Parameters
    ----------
    path : str or pathlib.Path
        The folder.

    Returns
    -------
    Store
        What it holds.

    Raises
    ------
    FileNotFoundError
        If there is none.
    InputError
        ``E_STORE`` if it is something else, ``E_CORRUPT`` if its manifest is damaged.
    """
    path = Path(path)
    if not (path / "zarr.json").is_file():
        raise FileNotFoundError(f"no store of distances at {path}")
    try:
        manifest = json.loads((path / "zarr.json").read_bytes())["attributes"]
        key = manifest.pop("key")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError("E_STORE", "something else", "a store that pairwise wrote", where=str(path)) from error
    found = store(path, manifest)
    if key != found.key:
        mend = "give the same request again, or delete the folder"
        raise InputError("E_CORRUPT", "a damaged manifest", "one that agrees with its key", str(path), mend)
    return found


def write_tile(place: Store, a: int, b: int, values: np.ndarray, facts: Mapping) -> None:
    """Write one tile, then its certificate, each of them whole or not at all.

    Parameters
    ----------
    place : Store
        The store.
    a, b : int
        Blocks of rows and of columns, a <= b.
    values : ndarray
        Distances.
    facts : mapping
        What is to be said of them, as JSON can hold it.

    Raises
    ------
    InputError
        ``E_VERSION`` if the folder meanwhile belongs to another run.
    """
    if existing(place.path).key != place.key:
        raise InputError("E_VERSION", "other distances than were begun", "the same", where=str(place.path))
    whole = np.full((place.tile, place.tile), np.nan, "<f8")  # as zarr fills the chunks at the edge
    whole[: values.shape[0], : values.shape[1]] = values
    content = whole.tobytes()
    content += _crc32c(content)
    with atomic(_tile_path(place, a, b)) as temporary:
        temporary.write_bytes(content)
    certificate = {"key": place.key, "sha256": hashlib.sha256(content).hexdigest(), **facts}
    with atomic(_certificate_path(place, a, b)) as temporary:
        temporary.write_bytes(_signed(certificate))


def certificate(place: Store, a: int, b: int) -> dict | None:
    """Read the certificate of one tile.

    Parameters
    ----------
    place : Store
        The store.
    a, b : int
        Blocks of rows and of columns.

    Returns
    -------
    dict or None
        None if it is missing, damaged, or of another store.
    """
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        content = _certificate_path(place, a, b).read_bytes()
        found = json.loads(content)
        del found["digest"]
        if found["key"] == place.key and _signed(found) == content:
            return found
    return None


def verified(place: Store, a: int, b: int) -> np.ndarray | None:
    """Map one tile, after comparing all of it with its certificate.

    Parameters
    ----------
    place : Store
        The store.
    a, b : int
        Blocks of rows and of columns.

    Returns
    -------
    ndarray or None
        Read-only distances; None if the tile is not done, or damaged.
    """
    found, path = certificate(place, a, b), _tile_path(place, a, b)
    if found is None:
        return None
    try:
        with path.open("rb") as stream:  # a map of a bad sector would end the process
            if hashlib.file_digest(stream, "sha256").hexdigest() != found["sha256"]:
                return None
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.EIO}:
            return None
        raise
    (row, row_end), (column, column_end) = place.block(a), place.block(b)
    whole = np.memmap(path, "<f8", "r", shape=(place.tile, place.tile))
    return whole[: row_end - row, : column_end - column]


def _claim(wanted: Store) -> None:
    # Only a folder that is empty, or holds the same distances, perhaps with a damaged description
    path, described = wanted.path / "zarr.json", _description(wanted)
    strangers = [entry.name for entry in wanted.path.iterdir() if entry.name not in OURS and not entry.match(PARTIAL)]
    if not path.exists() and strangers:
        found = f"a folder with other things in it, such as {min(strangers)!r}"
        raise InputError("E_FOLDER", found, "an empty folder, or a store of distances", where=str(wanted.path))
    if path.exists():
        try:
            _compare(existing(wanted.path), wanted)
        except InputError as error:
            if error.code == "E_VERSION" or not _certified_only(wanted):
                raise
    if not path.exists() or path.read_bytes() != described:
        with atomic(path) as temporary:
            temporary.write_bytes(described)


def _compare(found: Store, wanted: Store) -> None:
    different = [name for name in wanted.manifest if found.manifest.get(name) != wanted.manifest[name]]
    if found.key != wanted.key:
        begun = f"distances that were begun with other {', '.join(different) or 'requests'}"
        mend = "choose another folder, or delete this one"
        raise InputError("E_VERSION", begun, "the same request", where=str(found.path), mend=mend)


def _certified_only(wanted: Store) -> bool:
    # Whether every certificate there is was given for the distances wanted
    names = [file.name.removesuffix(".json") for file in (wanted.path / "certificates").glob("*.json")]
    given = [certificate(wanted, *name.split(".")) is not None for name in names if name.count(".") == 1]
    return bool(given) and all(given)


def _description(place: Store) -> bytes:
    # As zarr writes it, without the quarter of a second and the thread that zarr takes for it
    side = [place.tile, place.tile]
    described = {
        "shape": [place.n, place.n],
        "data_type": "float64",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": side}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": "NaN",
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}],
        "attributes": {**place.manifest, "key": place.key},
        "zarr_format": 3,
        "node_type": "array",
        "storage_transformers": [],
    }
    return json.dumps(described, indent=2).encode()


def _crc32c(content: bytes) -> bytes:
    import google_crc32c

    return google_crc32c.value(content).to_bytes(4, "little")


def _tile_path(place: Store, a: int, b: int) -> Path:
    return place.path / "c" / str(a) / str(b)


def _certificate_path(place: Store, a: int, b: int) -> Path:
    return place.path / "certificates" / f"{a}.{b}.json"


def _signed(certificate: Mapping) -> bytes:
    return (json.dumps({**certificate, "digest": digest(_text(certificate))}) + "\n").encode()


def _text(value: Mapping) -> str:
    return json.dumps(value, sort_keys=True)
