"""How is any known file read? Block by block, checked, whatever its layout: `jets.read`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jetexplore.errors import InputError, choose
from jetexplore.jets.clustering import Events
from jetexplore.jets.constituents import Jets, concatenate
from jetexplore.jets.layouts import sources
from jetexplore.jets.layouts.blocks import Raw, Request
from jetexplore.jets.layouts.catalogue import Layout
from jetexplore.jets.tally import Tally
from jetexplore.jets.validation import CONSTITUENTS_MAX, ON_BAD, Clean, check

SEEK_ON = 50  # blocks that are looked at after the first bad jet, to tell how many there are
TEXT_CLASSES = 100  # names of classes in a file, at most


class Block(NamedTuple):
    """Some jets of a file, sound."""

    jets: Jets
    label: np.ndarray | None  # (n,) whole numbers; -1 unknown
    event: np.ndarray  # (n,) event that the file names, or row of the file
    row: np.ndarray  # (n,) index of the jet (of the event, where events are clustered) in the file


class Read(NamedTuple):
    """What a file holds."""

    jets: Jets
    label: np.ndarray | None  # (n,) whole numbers, or None if the file has none
    event: np.ndarray  # (n,)
    row: np.ndarray  # (n,)
    layout: str  # name in `LAYOUTS`
    classes: dict[int, str]  # names of the labels
    warnings: list[str]

    def by_class(self, name: str) -> dict[str, Jets]:
        """Part the jets by their labels.

        Parameters
        ----------
        name : str
            Of the one class, where there are no labels.

        Returns
        -------
        dict of str to Jets
            The jets of each class that is there.
        """
        if self.label is None:
            return {name: self.jets}
        return {self.classes.get(int(k), str(k)): self.jets[self.label == k] for k in np.unique(self.label)}


def blocks(
    path: str | Path,
    layout: str | None = None,
    *,
    which: str | None = None,
    on_bad: str = "error",
    pt_window: tuple[float, float] | None = None,
    limit: int | None = None,
    classes: Mapping[int, str] | None = None,
    max_constituents: int = CONSTITUENTS_MAX,
    rows: int | None = None,
    tally: Tally | None = None,
) -> Iterator[Block]:
    """Read a file of any known layout block by block, in bounded memory.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    layout : str, optional
        A name in `jets.LAYOUTS`; recognised by first bytes and keys by default.
    which : str, optional
        Of layouts that keep several: ``leading``, ``second``, ``both`` (cheng), ``pfcs``, ``gens`` (mod), ``FatJet``,
        ``Jet`` (nanoaod); the first by default.
    on_bad : str
        ``"error"`` (default), ``"drop"`` or ``"keep"``, as `validation.check` says.
    pt_window : tuple of float, optional
        Give only jets of low < pT <= high in GeV; (550, 650) is the ``pt_refine`` of the code of Cheng et al.
    limit : int, optional
        Stop after so many jets.
    classes : mapping of int to str, optional
        Names of labels; those that a layout does not know are allowed by this.
    max_constituents : int
        More in a jet is bad.
    rows : int, optional
        Rows of a block; chosen for about 32 MB by default.
    tally : Tally, optional
        Where to count what is found.

    Yields
    ------
    Block
        Some jets.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        Codes of `sources.opened`, of the layout, of `validation`; ``E_RANGE`` for the request, ``E_EMPTY`` if no jet
        is left.

    Examples
    --------
    >>> from jetexplore.files import data_dir
    >>> [len(block.jets) for block in blocks(data_dir() / "sample" / "W_test.npz", rows=1500)]
    [1500, 500]
    """
    asked = Asked(which, on_bad, pt_window, limit, classes, max_constituents, rows)
    for _, block in steps(path, layout, asked, Tally() if tally is None else tally):
        if len(block.jets):
            yield block


class Asked(NamedTuple):
    """The options of `blocks`."""

    which: str | None = None
    on_bad: str = "error"
    pt_window: tuple[float, float] | None = None
    limit: int | None = None
    classes: Mapping[int, str] | None = None
    max_constituents: int = CONSTITUENTS_MAX
    rows: int | None = None
    count_duplicates: bool = False


def steps(
    path: str | Path, layout: str | None, asked: Asked, tally: Tally, done: int = 0
) -> Iterator[tuple[int, Block]]:
    """Read like `blocks`, and number the blocks, so that one can go on behind those that are done.

    Parameters
    ----------
    path, layout
        As for `blocks`.
    asked : Asked
        The options.
    tally : Tally
        Where to count; behind ``done`` blocks its state after the last of them.
    done : int
        Blocks that are read but not looked at.

    Yields
    ------
    number : int
        From ``done`` on.
    block : Block
        What is good of it, perhaps nothing.

    Raises
    ------
    FileNotFoundError, InputError
        As `blocks`.
    """
    choose("on_bad", asked.on_bad, ON_BAD, "E_ON_BAD")
    _check_request(asked)
    limit = asked.limit
    with sources.opened(path, layout) as source:
        kind, where = source.layout, str(path)
        tally.layout, tally.half = source.name, sources.of_half_precision(source)
        which = choose("part", kind.parts[0] if asked.which is None else asked.which, kind.parts, "E_PART")
        tally.classes = {**kind.classes, **_named(source.metadata), **(asked.classes or {}), **tally.classes}
        known = set(tally.classes) if kind.classes else None
        beyond, first = 0, 0
        stream = kind.stream(source.handle, where, Request(which, asked.rows))
        for number, raw in enumerate(sources.guarded(stream, where)):
            first += len(raw.counts)
            if number < done:
                continue
            if limit is not None and tally.kept >= limit:
                break
            raw = _numbered(raw, tally, where)
            start, most, doubles = first - len(raw.counts), asked.max_constituents, asked.count_duplicates
            clean = check(raw, start, tally, asked.on_bad, known, most, doubles)
            if asked.on_bad == "error" and tally.bad:
                beyond += 1
                tally.cut = beyond > SEEK_ON
                if tally.cut:
                    break
                continue
            block = _window(_finished(clean, kind, tally), asked.pt_window, tally)
            if limit is not None and tally.kept + len(block.jets) > limit:
                block = _first(block, limit - tally.kept)
            tally.kept += len(block.jets)
            yield number, block
        error = tally.error(where) if asked.on_bad == "error" else None
        if error is not None:
            raise error
        if tally.kept == 0:
            told = "; ".join(tally.warnings()) or "no rows"
            found = f"no jets that can be used of {tally.read} ({told})"
            raise InputError("E_EMPTY", found, "at least one", where=where)


def read(path: str | Path, layout: str | None = None, **options: object) -> Read:
    """Read jets from a file of any known layout; `blocks` does it in bounded memory.

    Parameters
    ----------
    path : str or pathlib.Path
        The file: HDF5, .npz, Parquet or ROOT in one of the layouts of `jets.LAYOUTS`.
    layout : str, optional
        Its name there; recognised by first bytes and keys by default.
    **options
        As for `blocks`: ``which``, ``on_bad``, ``pt_window``, ``limit``, ``classes``, ``max_constituents``, ``rows``.

    Returns
    -------
    Read
        Jets, labels, numbers of events, the layout, and what was strange.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        As for `blocks`.

    Examples
    --------
    >>> from jetexplore.files import data_dir
    >>> found = read(data_dir() / "sample" / "W_test.npz", limit=10)
    >>> len(found.jets), found.layout, found.label
    (10, 'native', None)
    """
    tally = options.pop("tally", None) or Tally()
    some = list(blocks(path, layout, tally=tally, **options))
    label = None if any(block.label is None for block in some) else np.concatenate([block.label for block in some])
    event, row = (np.concatenate([getattr(block, field) for block in some]) for field in ("event", "row"))
    jets = concatenate([block.jets for block in some])
    return Read(jets, label, event, row, tally.layout, dict(tally.classes), tally.warnings())


def _check_request(asked: Asked) -> None:
    for name, value in (("limit", asked.limit), ("max_constituents", asked.max_constituents), ("rows", asked.rows)):
        if value is not None and (not isinstance(value, int | np.integer) or value < 1):
            raise InputError("E_RANGE", f"{value!r}", "a whole number >= 1", where=name)
    window = asked.pt_window
    if window is not None and not (len(window) == 2 and 0 <= window[0] < window[1]):
        raise InputError("E_RANGE", f"{window!r} GeV", "0 <= low < high", where="pt_window")


def _named(metadata: dict) -> dict[int, str]:
    told = metadata.get("classes")
    if not isinstance(told, dict):
        return {}
    return {int(k): str(name) for k, name in told.items() if str(k).isdecimal() and len(str(k)) < 4}


def _numbered(raw: Raw, tally: Tally, where: str) -> Raw:
    """Turn names of classes into numbers."""
    if raw.label is None or raw.label.dtype.kind != "U":
        return raw
    names, inverse = np.unique(raw.label, return_inverse=True)
    known = {name: k for k, name in tally.classes.items()}
    for name in names.tolist():
        if name not in known:
            known[name] = max(known.values(), default=-1) + 1
            tally.classes[known[name]] = name
    if len(known) > TEXT_CLASSES:
        raise InputError("E_LABEL", f"more than {TEXT_CLASSES} names of classes", "fewer", where=where)
    return raw._replace(label=np.array([known[name] for name in names.tolist()], dtype=np.int64)[inverse])


def _finished(clean: Clean, layout: Layout, tally: Tally) -> Block:
    offsets = np.concatenate([[0], np.cumsum(clean.counts)])
    if not layout.events or len(clean.counts) == 0:
        return Block(Jets(clean.pt, clean.eta, clean.phi, offsets), clean.label, clean.event, clean.row)
    from jetexplore.jets.eventjets import two_jets

    found, event = two_jets(Events(clean.pt, clean.eta, clean.phi, offsets))
    tally.set_aside += len(clean.counts) - len(event)
    row = np.repeat(event, 2)
    return Block(found, None if clean.label is None else clean.label[row], clean.event[row], clean.row[row])


def _window(block: Block, window: tuple[float, float] | None, tally: Tally) -> Block:
    pt = block.jets.momenta().pt
    tally.seen(pt)
    if window is None:
        return block
    inside = (pt > window[0]) & (pt <= window[1])
    tally.outside += int(np.sum(~inside))
    return _taken(block, inside)


def _first(block: Block, n: int) -> Block:
    return _taken(block, np.arange(len(block.jets)) < n)


def _taken(block: Block, mask: np.ndarray) -> Block:
    label = None if block.label is None else block.label[mask]
    return Block(block.jets[mask], label, block.event[mask], block.row[mask])
