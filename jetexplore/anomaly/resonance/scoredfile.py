"""From a file of whole events to a table for a search: cluster, part by label, score; every stage is kept."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from jetexplore import jets as jets_room
from jetexplore.anomaly.resonance.eventtable import BACKGROUND, EventTable, event_table, read_table, write_table
from jetexplore.anomaly.resonance.jetscores import JET_SCORES
from jetexplore.errors import InputError
from jetexplore.files import cache_dir, digest
from jetexplore.jets import Jets
from jetexplore.jets.eventjets import cluster_file
from jetexplore.jets.jetstream import jet_batches

DATASET = "dijets"
VERSION = 1  # of what is kept; raise it when a score would come out differently


def fitting_jets() -> Jets:
    """Give the background jets that scores are fitted on; none of them is in the table that comes with jetexplore.

    Returns
    -------
    Jets
        Those of the data set ``"dijets"``.

    Raises
    ------
    FileNotFoundError
        If they are not there.
    """
    return jets_room.load(DATASET)[BACKGROUND]


def about(names: Iterable[str], origin: str) -> dict[str, object]:
    """Tell how the scores of a table were made.

    Parameters
    ----------
    names : iterable of str
        Of ``jetscores.JET_SCORES``.
    origin : str
        "simulated here", "the papers' own" or "yours".

    Returns
    -------
    dict
        What JSON can hold.

    Examples
    --------
    >>> about(["jet mass"], "yours")["scores"]
    {'jet mass': 'mass of all constituents'}
    """
    told = {name: JET_SCORES[name].told for name in names}
    return {"origin": origin, "scores": told, "versions": {"jetexplore": version("jetexplore")}}


def scored_file(
    path: str | Path, names: Iterable[str] | None = None, workers: int | None = None, progress: bool = True
) -> EventTable:
    """Make the table of a file of events: the R&D data of the LHC Olympics, another of that layout, or their jets.

    The jets go into the user's cache, and the table, too: given again, it is read.

    Parameters
    ----------
    path : str or pathlib.Path
        Labelled events (.h5), or what `cluster_file` made of them (.npz).
    names : iterable of str, optional
        Scores of ``jetscores.JET_SCORES``; all by default.
    workers : int, optional
        Processes that cluster; all cores by default.
    progress : bool
        Show bars on stderr.

    Returns
    -------
    EventTable
        Background first, then signals by rising label.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        ``E_LABELS`` for events without labels, and what is wrong with the file.
    """
    path, names = Path(path), list(JET_SCORES if names is None else names)
    key = digest(path, VERSION, names)
    folder = cache_dir() / "dijets"
    kept = folder / f"{path.stem}-{key}.npz"
    if kept.exists():
        return read_table(kept)
    clustered = path
    if path.suffix != ".npz":
        clustered = folder / f"{path.stem}-{digest(path)}-jets.npz"
        folder.mkdir(parents=True, exist_ok=True)
        cluster_file(path, clustered, workers=workers, progress=progress)
    table = _scored(clustered, names, progress)._replace(about={**about(names, "yours"), "file": path.name})
    folder.mkdir(parents=True, exist_ok=True)
    write_table(kept, table)
    return read_table(kept)


def _scored(path: Path, names: list[str], progress: bool) -> EventTable:
    """Score the jets of labelled events in bounded memory."""
    from tqdm import tqdm

    background = fitting_jets()
    scorers = {name: JET_SCORES[name].fit(background) for name in names}
    parts, labels = [], []
    with tqdm(unit="event", disable=not progress) as bar:
        for batch in jet_batches(path):
            if batch.label is None or len(batch.jets) != 2 * len(batch.label):
                raise InputError("E_LABELS", "jets without labels", "two jets of labelled events", where=str(path))
            found = {name: {"": np.asarray(score(batch.jets), np.float32)} for name, score in scorers.items()}
            parts.append(event_table({"": batch.jets}, found, {}))
            labels.append(batch.label)
            bar.update(len(batch.label))
    label = np.concatenate(labels) if labels else np.zeros(0)
    known = np.unique(label)
    if not len(known) or known[0] != 0:
        raise InputError("E_LABELS", "no background", "events of label 0 among others", where=str(path))
    one = EventTable(
        *(np.concatenate([getattr(part, column) for part in parts]) for column in ("m_jj", "pt", "mass")),
        np.searchsorted(known, label).astype(np.uint8),
        {name: np.concatenate([part.scores[name] for part in parts]) for name in names},
        tuple(_title(int(value)) for value in known),
        {},
    )
    return one.select(np.argsort(one.label, kind="stable"))


def _title(label: int) -> str:
    return BACKGROUND if label == 0 else "signal" if label == 1 else f"signal {label}"
