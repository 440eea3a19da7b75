"""Which events go into a search? One row an event: masses, transverse momenta, jet scores, what it was made as."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jetexplore.errors import InputError, choose
from jetexplore.files import data_dir, digest, read_npz, write_npz
from jetexplore.jets import Jets, dijet_mass

FORMAT = "jetexplore-dijets-1"
MASS_STEP = 0.25  # GeV, of the dijet mass in a file; the narrowest bin of the search has 116 GeV
HALF_TOP = 60_000.0  # what the largest score becomes in a file
BACKGROUND = "background"


class EventTable(NamedTuple):
    """Dijet events; the first class is the background."""

    m_jj: np.ndarray  # (n,) GeV
    pt: np.ndarray  # (n, 2) GeV, harder jet first
    mass: np.ndarray  # (n, 2) GeV, of the same jets
    label: np.ndarray  # (n,) place in `classes`
    scores: Mapping[str, np.ndarray]  # by name (n, 2), bigger is more anomalous
    classes: tuple[str, ...]
    about: Mapping[str, object]  # origin, description, how each score was made

    @property
    def n(self) -> int:
        """Number of events."""
        return len(self.m_jj)

    def of(self, name: str) -> np.ndarray:
        """Tell which events are of one class.

        Parameters
        ----------
        name : str
            One of ``classes``.

        Returns
        -------
        ndarray of bool, shape (n,)
            A mask.

        Raises
        ------
        InputError
            ``E_CLASS``.
        """
        return self.label == self.classes.index(choose("class", name, self.classes, "E_CLASS"))

    def select(self, chosen: np.ndarray) -> EventTable:
        """Take some events.

        Parameters
        ----------
        chosen : ndarray
            Mask or rows.

        Returns
        -------
        EventTable
            Those events.
        """
        scores = {name: values[chosen] for name, values in self.scores.items()}
        return self._replace(
            m_jj=self.m_jj[chosen], pt=self.pt[chosen], mass=self.mass[chosen], label=self.label[chosen], scores=scores
        )


def event_table(
    samples: Mapping[str, Jets], scores: Mapping[str, Mapping[str, np.ndarray]], about: Mapping[str, object]
) -> EventTable:
    """Put a table together from the two leading jets of events and their scores.

    Parameters
    ----------
    samples : mapping of str to Jets
        By class, the background first; jets 2 i and 2 i + 1 are of event i, the harder one first.
    scores : mapping of str to mapping of str to ndarray
        By score and class, one number a jet, in the order of the jets.
    about : mapping
        Anything JSON can hold.

    Returns
    -------
    EventTable
        All events, class after class.

    Raises
    ------
    InputError
        ``E_PAIRS`` for an odd number of jets, ``E_EMPTY`` without classes, ``E_LENGTH`` if a score has another number
        of values than there are jets, ``E_NONFINITE`` if one is no number.

    Examples
    --------
    >>> pair = Jets(pt=[1750.0, 1750.0], eta=[0.0, 0.0], phi=[0.0, np.pi], offsets=[0, 1, 2])
    >>> made = event_table({"background": pair}, {"pt": {"background": pair.pt}}, {})
    >>> made.m_jj.round().tolist(), made.scores["pt"].tolist()
    ([3500.0], [[1750.0, 1750.0]])
    """
    if not samples:
        raise InputError("E_EMPTY", "no classes", "a background at least")
    masses = [dijet_mass(some) for some in samples.values()]
    momenta = [some.momenta() for some in samples.values()]
    columns = {}
    for score, by_class in scores.items():
        parts = [np.asarray(by_class[name], dtype=np.float32) for name in samples]
        for name, part in zip(samples, parts, strict=True):
            if part.shape != (len(samples[name]),):
                found = f"{score} of shape {part.shape} for {len(samples[name])} {name} jets"
                raise InputError("E_LENGTH", found, "one number a jet")
        columns[score] = np.concatenate(parts).reshape(-1, 2)
        if not np.isfinite(columns[score]).all():
            raise InputError("E_NONFINITE", f"{score} is no finite number for some jets", "finite scores")
    return EventTable(
        np.concatenate(masses),
        np.concatenate([some.pt for some in momenta]).reshape(-1, 2),
        np.concatenate([some.mass for some in momenta]).reshape(-1, 2),
        np.repeat(np.arange(len(samples), dtype=np.uint8), [len(some) for some in masses]),
        columns,
        tuple(samples),
        dict(about),
    )


def write_table(path: str | Path, table: EventTable) -> None:
    """Write a table in about 20 bytes an event and 4 a score.

    Dijet masses are kept in steps of 0.25 GeV, all else as float16, scores in units in which the largest has 60,000.

    Parameters
    ----------
    path : str or pathlib.Path
        The file, written atomically.
    table : EventTable
        What to keep.

    Raises
    ------
    InputError
        ``E_RANGE_PT`` for masses or momenta beyond 16 TeV.
    """
    if table.n and (table.m_jj.max() / MASS_STEP > np.iinfo(np.uint16).max or table.pt.max() > HALF_TOP):
        raise InputError("E_RANGE_PT", f"m_jj up to {table.m_jj.max():g} GeV", "at most 16,383 GeV in such a file")
    columns = [(name, float(np.abs(some).max(initial=0.0)) / HALF_TOP or 1.0) for name, some in table.scores.items()]
    arrays = {
        "m_jj": np.round(table.m_jj / MASS_STEP).astype(np.uint16),
        "pt": table.pt.astype(np.float16),
        "mass": table.mass.astype(np.float16),
        "label": table.label.astype(np.uint8),
    }
    for number, (name, unit) in enumerate(columns):
        arrays[f"score_{number}"] = (table.scores[name] / unit).astype(np.float16)
    write_npz(path, arrays, {**table.about, "format": FORMAT, "classes": list(table.classes), "columns": columns})


def read_table(path: str | Path | None = None) -> EventTable:
    """Read a table; that of the simulated events that come with jetexplore by default.

    Parameters
    ----------
    path : str or pathlib.Path, optional
        The file.

    Returns
    -------
    EventTable
        Arrays that cannot be written to; the same object for the same unchanged file.

    Raises
    ------
    FileNotFoundError
        If there is none.
    InputError
        ``E_LAYOUT`` for another file, and what a damaged one raises.
    """
    path = table_path() if path is None else Path(path)
    return _read(path, path.stat().st_mtime_ns)


def table_path() -> Path:
    """Name the table of simulated events that comes with jetexplore.

    Returns
    -------
    pathlib.Path
        It need not exist.

    Examples
    --------
    >>> table_path().name
    'table.npz'
    """
    return data_dir() / "dijets" / "table.npz"


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> EventTable:
    arrays, metadata = read_npz(path)
    try:
        columns, classes = [(str(name), float(unit)) for name, unit in metadata.pop("columns")], metadata.pop("classes")
        whole = metadata.pop("format") == FORMAT and _fits(arrays, len(columns), len(classes))
    except (KeyError, ValueError, TypeError) as error:
        raise InputError("E_LAYOUT", f"no table of events ({error})", f"one of {FORMAT!r}", where=str(path)) from error
    if not whole:
        raise InputError("E_LAYOUT", f"arrays {sorted(arrays)[:12]}", f"a table of format {FORMAT!r}", where=str(path))
    scores = {
        name: arrays[f"score_{number}"].astype(np.float32) * np.float32(unit)
        for number, (name, unit) in enumerate(columns)
    }
    floats = {name: arrays[name].astype(np.float32) for name in ("pt", "mass")}
    table = EventTable(
        arrays["m_jj"] * MASS_STEP, **floats, label=arrays["label"], scores=scores, classes=tuple(classes),
        about={**metadata, "key": digest(path)},
    )  # fmt: skip
    for values in (table.m_jj, table.pt, table.mass, table.label, *table.scores.values()):
        values.setflags(write=False)
    return table


def _fits(arrays: Mapping[str, np.ndarray], n_scores: int, n_classes: int) -> bool:
    """Tell whether arrays are those of a table, with a row for every event."""
    if "m_jj" not in arrays or "label" not in arrays:
        return False
    n = len(arrays["m_jj"])
    shapes = {"m_jj": (n,), "label": (n,), "pt": (n, 2), "mass": (n, 2)}
    shapes |= {f"score_{number}": (n, 2) for number in range(n_scores)}
    right = {name: array.shape for name, array in arrays.items()} == shapes
    right &= all(array.dtype.kind == ("u" if name in {"m_jj", "label"} else "f") for name, array in arrays.items())
    right = right and all(np.isfinite(array).all() for array in arrays.values())
    return right and n_classes > 0 and arrays["label"].max(initial=0) < n_classes


def injected(
    table: EventTable, signal: str | None, n_signal: int, n_background: int | None = None, seed: int = 0
) -> EventTable:
    """Mix a data set as an experiment would see it: background, and a number of signal events drawn at random.

    Parameters
    ----------
    table : EventTable
        Simulated events.
    signal : str or None
        A class of signal events, or None for no signal.
    n_signal : int
        How many of them to draw, without putting any back.
    n_background : int, optional
        How many background events; all by default.
    seed : int
        Of the draws.

    Returns
    -------
    EventTable
        Background first.

    Raises
    ------
    InputError
        ``E_CLASS``, or ``E_TOO_FEW`` if there are not as many.

    Examples
    --------
    >>> pair = Jets(pt=[1750.0, 1750.0], eta=[0.0, 0.0], phi=[0.0, np.pi], offsets=[0, 1, 2])
    >>> made = event_table({"background": pair, "signal": pair}, {}, {})
    >>> injected(made, "signal", 1).n, injected(made, None, 0).n
    (2, 1)
    """
    rng = np.random.default_rng(seed)
    rows = _drawn(table, table.classes[0], n_background, rng)
    if signal is not None and n_signal:
        rows = np.concatenate([rows, _drawn(table, signal, n_signal, rng)])
    return table.select(rows)


def _drawn(table: EventTable, name: str, n: int | None, rng: np.random.Generator) -> np.ndarray:
    rows = np.flatnonzero(table.of(name))
    if n is None:
        return rows
    if not 0 <= n <= len(rows):
        raise InputError("E_TOO_FEW", f"{n} {name} events", f"0 to {len(rows)}, as many as there are")
    return rng.permutation(rows)[:n] if n < len(rows) else rows
