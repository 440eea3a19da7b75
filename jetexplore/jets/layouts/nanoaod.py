"""CMS NanoAOD with particle-flow candidates (PFNano), in ROOT: candidates of an event, and which jet each belongs to.

Branches ``PFCands_pt``, ``_eta``, ``_phi``, and ``FatJetPFCands_jetIdx`` with ``FatJetPFCands_pFCandsIdx`` (or
``JetPFCands_...``; other spellings in `JET` and `CANDIDATE`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets.layouts.blocks import Raw, Request, nearest, ragged

if TYPE_CHECKING:
    import uproot

PARTS = ("FatJet", "Jet")
JET, CANDIDATE = ("jetIdx", "fatJetIdx"), ("pFCandsIdx", "candIdx", "pfCandIdx")
MOMENTA = tuple(f"PFCands_{name}" for name in ("pt", "eta", "phi"))
ROWS = 1000  # events at a time; one has about a thousand candidates
BLOCK_BYTES = 1 << 28  # unpacked, of the branches of a block


@contextlib.contextmanager
def opened(path: str | Path) -> Iterator[uproot.ReadOnlyDirectory]:
    """Open a ROOT file.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.

    Yields
    ------
    uproot.ReadOnlyDirectory
        The open file.

    Raises
    ------
    InputError
        ``E_TRUNCATED``, ``E_CORRUPT``, ``E_LIMIT``, or ``E_PACKAGE`` if uproot is not installed.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.root"
    >>> _ = path.write_bytes(b"root")
    >>> with opened(path):
    ...     pass
    Traceback (most recent call last):
    ...
    jetexplore.errors.InputError: ...a.root: a damaged or cut-off file of 4 bytes; allowed: a whole ROOT file
    """
    where = str(path)
    try:
        import uproot
    except ModuleNotFoundError as error:
        mend = "pip install -e . -c constraints.txt"
        raise InputError("E_PACKAGE", f"no package {error.name}", "uproot", mend=mend) from error
    size = Path(path).stat().st_size
    _whole(Path(path), size, where)
    with contextlib.ExitStack() as stack:
        with _damage(where, f"a damaged or cut-off file of {size} bytes", "E_TRUNCATED"):
            # a name of a file only: uproot would take "a.root:tree" apart and open addresses
            found = {str(Path(path).resolve()): None}
            # what was read is not asked for again: a cache would fill with it
            file = stack.enter_context(uproot.open(found, handler=uproot.MemmapSource, array_cache=None))
        yield file


def _whole(path: Path, size: int, where: str) -> None:
    with path.open("rb") as stream:
        start = stream.read(32)
    if len(start) < 32:
        raise InputError("E_TRUNCATED", f"a damaged or cut-off file of {size} bytes", "a whole ROOT file", where=where)
    large = int.from_bytes(start[4:8], "big") >= 1_000_000
    end = int.from_bytes(start[12:20] if large else start[12:16], "big")
    if end > size:
        found = f"{size} bytes of a file that says it has {end}"
        raise InputError("E_TRUNCATED", found, "a whole ROOT file", where=where)


@contextlib.contextmanager
def _damage(where: str, found: str, code: str) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except MemoryError as error:
        raise InputError("E_LIMIT", "more than fits into memory", "less", where=where) from error
    except Exception as error:  # whatever a parser of foreign bytes raises: there is no list of it
        said = str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
        raise InputError(code, f"{found} ({said})", "a whole ROOT file", where=where) from error


def stream(file: uproot.ReadOnlyDirectory, where: str, request: Request) -> Iterator[Raw]:
    """Read jets block by block; candidates that belong to no jet are left out.

    Parameters
    ----------
    file : uproot.ReadOnlyDirectory
        The open file.
    where : str
        Its name, for messages.
    request : Request
        ``which``: ``FatJet`` (default) or ``Jet``.

    Yields
    ------
    Raw
        Jets, those of an event in consecutive rows; ``event`` is the entry of the tree.

    Raises
    ------
    InputError
        ``E_BRANCH``, ``E_AMBIGUOUS``, ``E_LENGTH``, ``E_DTYPE``, ``E_EMPTY``, ``E_CORRUPT``, ``E_LIMIT``.
    """
    with _damage(where, "a damaged tree", "E_CORRUPT"):
        tree, branches = _tree(file, request.which, where)
        _no_bomb(tree, branches, where)
        entries = int(tree.num_entries)
    if entries == 0:
        raise InputError("E_EMPTY", "no entries", "at least one", where=where)
    step = request.rows or ROWS
    for first in range(0, entries, step):
        last = min(first + step, entries)
        with _damage(where, f"entries {first} to {last} that cannot be read", "E_CORRUPT"):
            arrays = [_flat(tree[name], first, last, where) for name in branches]
            yield _raw(arrays, branches, first, where)


def _tree(file: uproot.ReadOnlyDirectory, part: str, where: str) -> tuple[uproot.TTree, list[str]]:
    trees = {name.partition(";")[0] for name, kind in file.classnames(recursive=False).items() if kind == "TTree"}
    found = {name: list(file[name].keys(recursive=False)) for name in sorted(trees)}
    good = [name for name, keys in found.items() if set(MOMENTA) <= set(keys)]
    if len(good) > 1:
        raise InputError("E_AMBIGUOUS", f"trees {', '.join(good)}", "one tree with PFCands_pt", where=where)
    if not good:
        listed = [key for keys in found.values() for key in keys]
        told = f"branches {', '.join(listed[:12])}" if listed else "no tree with branches"
        mend = nearest(MOMENTA, listed)
        raise InputError("E_BRANCH", told, f"also {', '.join(MOMENTA)}", where=where, mend=mend)
    keys = found[good[0]]
    asked = [part] if part else [name for name in PARTS if any(key.startswith(f"{name}PFCands_") for key in keys)]
    for name in asked:
        index = [[f"{name}PFCands_{ending}" for ending in some] for some in (JET, CANDIDATE)]
        chosen = [next((one for one in some if one in keys), None) for some in index]
        if None not in chosen:
            return file[good[0]], [*MOMENTA, *chosen]
    wanted = " and ".join(f"{part or PARTS[0]}PFCands_{some[0]}" for some in (JET, CANDIDATE))
    told = ", ".join(key for key in keys if "PFCands" in key)[:300]
    raise InputError("E_BRANCH", f"branches {told}", f"also {wanted}", where=where)


def _no_bomb(tree: uproot.TTree, branches: list[str], where: str) -> None:
    from jetexplore.jets.layouts.hdf5 import BOMB_BYTES, BOMB_RATIO

    size = sum(int(tree[name].uncompressed_bytes) for name in branches)
    packed = max(sum(int(tree[name].compressed_bytes) for name in branches), 1)
    if size > BOMB_BYTES and size > BOMB_RATIO * packed:
        found = f"{size} bytes packed in {packed}"
        raise InputError("E_LIMIT", found, f"at most {BOMB_RATIO} times the size", where=where)


def _flat(branch: uproot.TBranch, first: int, last: int, where: str) -> tuple[np.ndarray, np.ndarray]:
    import awkward as ak

    array = branch.array(entry_start=first, entry_stop=last, library="ak")
    if len(array) != last - first:  # a tree that claims entries which it has not, perhaps without end
        found = f"{len(array)} entries where {last - first} are claimed"
        raise InputError("E_CORRUPT", found, "as many", where=f"{where}, {branch.name}")
    if array.ndim != 2:
        raise InputError("E_DTYPE", f"a branch of {array.type}", "a list an event", where=f"{where}, {branch.name}")
    values = ak.to_numpy(ak.flatten(array))
    if values.dtype.kind not in "iuf":
        raise InputError("E_DTYPE", f"a branch of {values.dtype}", "numbers", where=f"{where}, {branch.name}")
    return values, ak.to_numpy(ak.num(array)).astype(np.int64)


def _raw(arrays: list[tuple[np.ndarray, np.ndarray]], names: list[str], first: int, where: str) -> Raw:
    (pt, candidates), (eta, n_eta), (phi, n_phi), (jet, rows), (index, n_index) = arrays
    for name, some, other in zip(names[1:], (n_eta, n_phi, n_index), (candidates, candidates, rows), strict=False):
        if np.any(some != other):
            event = first + int(np.flatnonzero(some != other)[0])
            raise InputError("E_LENGTH", f"{name} of another length in entry {event}", "equal lengths", where=where)
    entry = np.repeat(np.arange(len(rows)), rows)
    jet, index = jet.astype(np.int64), index.astype(np.int64)
    mine = jet >= 0
    entry, jet, index = entry[mine], jet[mine], index[mine]
    if np.any((index < 0) | (index >= candidates[entry])) or (len(jet) and jet.max() > 1 << 20):
        raise InputError("E_OFFSETS", "an index of a candidate that is not there", "indices into PFCands", where=where)
    at = np.concatenate([[0], np.cumsum(candidates)])[entry] + index
    key = entry * ((int(jet.max()) if len(jet) else 0) + 1) + jet
    order = np.argsort(key, kind="stable")
    jets, counts = np.unique(key[order], return_counts=True)
    at = at[order]
    event = first + jets // ((int(jet.max()) if len(jet) else 0) + 1)
    return ragged(pt[at], eta[at], phi[at], counts, event)
