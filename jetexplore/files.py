"""Where files live, and how they are written so that no one ever reads half of one."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import tempfile
import threading
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from jetexplore.errors import InputError

log = logging.getLogger(__name__)
_computing: dict[str, threading.RLock] = {}

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR}
# What zipfile, numpy and json raise for damaged or hostile content: a wrong bit may claim encryption, another
# compression or an array beyond memory
DAMAGE = (zipfile.BadZipFile, zlib.error, tokenize.TokenError, EOFError, OSError, MemoryError, RuntimeError, ValueError)


def data_dir() -> Path:
    """Folder of the data that come with jetexplore.

    The editable install finds ``data/`` beside the package; elsewhere the environment variable
    ``JETEXPLORE_DATA`` names it.

    Returns
    -------
    pathlib.Path
        An existing folder.

    Raises
    ------
    FileNotFoundError
        If neither place exists.

    Examples
    --------
    >>> data_dir().name
    'data'
    """
    beside = Path(__file__).resolve().parents[1] / "data"
    named = os.environ.get("JETEXPLORE_DATA")
    folder = Path(named).expanduser() if named else beside
    if not folder.is_dir():
        tried = f"JETEXPLORE_DATA={named}" if named else f"{beside} (and JETEXPLORE_DATA is not set)"
        raise FileNotFoundError(f"no data folder at {tried}; install with 'pip install -e .' from a clone")
    return folder


def cache_dir() -> Path:
    """Folder for what is computed or downloaded once; ``JETEXPLORE_CACHE`` overrides it.

    Returns
    -------
    pathlib.Path
        The folder, created if it was missing.

    Examples
    --------
    >>> cache_dir().is_dir()
    True
    """
    from platformdirs import user_cache_path

    folder = Path(os.environ.get("JETEXPLORE_CACHE") or user_cache_path("jetexplore")).expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Give a temporary path in the same folder that becomes ``path`` when the block ends well.

    The file is flushed to the disk before it is renamed, so a crash leaves the old file or the
    new one, never a part; if the block raises, the temporary file is removed.

    Parameters
    ----------
    path : str or pathlib.Path
        The final name; its folder is created.

    Yields
    ------
    pathlib.Path
        The temporary name to write to, with the same ending.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "note.txt"
    >>> with atomic(target) as temporary:
    ...     _ = temporary.write_text("whole")
    >>> target.read_text()
    'whole'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".partial-{path.stem[:100]}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)  # mkstemp makes it private; the result is an ordinary file
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def writable(path: Path, kept: str = "") -> Iterator[None]:
    """Say in one sentence that nothing can be written.

    Parameters
    ----------
    path : pathlib.Path
        The folder.
    kept : str
        What is not lost.

    Raises
    ------
    InputError
        ``E_DISK`` without space, ``E_FOLDER`` where nothing may be written.

    Examples
    --------
    >>> with writable(Path("full"), "run the same again"):
    ...     raise OSError(errno.ENOSPC, "No space left")
    Traceback (most recent call last):
        ...
    jetexplore.errors.InputError: full: no more space to write (No space left); allowed: a disk with space (run ...)
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            found = f"no more space to write ({error.strerror})"
            raise InputError("E_DISK", found, "a disk with space", str(path), kept) from error
        if error.errno in CLOSED:
            found = f"a place where nothing can be written ({error.strerror})"
            raise InputError("E_FOLDER", found, "a folder to write to", str(path), kept) from error
        raise


def write_npz(path: str | Path, arrays: Mapping[str, np.ndarray], metadata: Mapping | None = None) -> None:
    """Write plain arrays and a JSON description to one compressed ``.npz``, atomically.

    The same content gives the same bytes.

    Parameters
    ----------
    path : str or pathlib.Path
        The file to write.
    arrays : mapping of str to ndarray
        Arrays without Python objects.
    metadata : mapping, optional
        Anything JSON can hold; kept under the name ``metadata``.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.npz"
    >>> write_npz(path, {"x": np.arange(3)}, {"unit": "GeV"})
    >>> read_npz(path)
    ({'x': array([0, 1, 2])}, {'unit': 'GeV'})
    """
    text = np.array(json.dumps(metadata or {}, sort_keys=True, ensure_ascii=True))
    with atomic(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays, metadata=text)


def read_npz(path: str | Path, limit: int = 1 << 31) -> tuple[dict[str, np.ndarray], dict]:
    """Read what `write_npz` wrote; never runs code from the file.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    limit : int
        Refuse a file that says it holds more bytes than this.

    Returns
    -------
    arrays : dict of str to ndarray
        The arrays.
    metadata : dict
        The description, empty if there is none.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it is not a whole, plain ``.npz``.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"no file {path}")
    if not path.is_file():
        raise InputError("E_NOT_FILE", "something that is not a file", "a .npz file", where=str(path))
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > limit:
            raise InputError("E_LIMIT", f"{size} bytes of arrays", f"at most {limit} bytes", where=str(path))
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        metadata = json.loads(str(arrays.pop("metadata", "{}")))
    except DAMAGE as error:
        if isinstance(error, InputError):
            raise
        found = f"a damaged or cut-off file of {path.stat().st_size} bytes ({error})"
        raise InputError("E_TRUNCATED", found, "a whole .npz file of plain arrays", where=str(path)) from error
    if not all(isinstance(array, np.ndarray) for array in arrays.values()):
        raise InputError("E_LAYOUT", "members that are not arrays", "plain arrays", where=str(path))
    if not isinstance(metadata, dict):
        raise InputError("E_HEADER", "metadata that is not a JSON object", "a JSON object", where=str(path))
    return arrays, metadata


def digest(*parts: object) -> str:
    """Short SHA-256 of files (given as paths) and plain values, to know whether a result is still valid.

    Parameters
    ----------
    *parts : object
        A `pathlib.Path` counts by its content, an array by its bytes, anything else by its ``repr``.

    Returns
    -------
    str
        16 hexadecimal digits.

    Examples
    --------
    >>> digest("Wass(1)", 40) == digest("Wass(1)", 40) != digest("Wass(1)", 41)
    True
    """
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            content = part.read_bytes()
        elif isinstance(part, np.ndarray):
            content = repr((part.dtype.str, part.shape)).encode() + np.ascontiguousarray(part).tobytes()
        else:
            content = repr(part).encode()
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()[:16]


def stored(name: str, key: str, compute: Callable[[], Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Read the result ``name`` if it was stored under the same ``key``, else compute and store it.

    Results that come with jetexplore lie in ``data/results``; those computed later go to the user's
    cache. A damaged or outdated file is computed again, never shown. Threads that ask for the same result at the same
    time share one computation. Where the cache cannot be written, the result is given but not kept.

    Parameters
    ----------
    name : str
        File stem, for people.
    key : str
        `digest` of everything the result depends on.
    compute : callable
        Gives the arrays when they are not stored.

    Returns
    -------
    dict of str to ndarray
        The arrays.
    """
    found = _kept(name, key)
    if found is None:
        with _computing.setdefault(name, threading.RLock()):  # another thread may be at the very same result
            found = _kept(name, key)
            if found is None:
                found = {title: np.asarray(value) for title, value in compute().items()}
                _keep(name, key, found)
    return found


def _kept(name: str, key: str) -> dict[str, np.ndarray] | None:
    for folder in (data_dir, cache_dir):  # the second only if need be: it may not even exist
        try:
            arrays, metadata = read_npz(folder() / "results" / f"{name}.npz")
        except (OSError, InputError):
            continue
        if metadata.get("key") == key:
            return arrays
    return None


def _keep(name: str, key: str, arrays: Mapping[str, np.ndarray]) -> None:
    try:
        write_npz(cache_dir() / "results" / f"{name}.npz", arrays, {"key": key})
    except OSError as error:  # a full disk or a home that is read-only; the result itself is good
        log.warning("the result %s could not be kept for the next time: %s", name, error)
