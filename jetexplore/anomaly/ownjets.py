"""What about my jets? Any jets scored like the sample's, and how unusual they are among its QCD jets.

A p-value counts the QCD test jets of the sample that score as high: they took no part in any fit, but they stand for
one generator, one detector and one window on pT, so for other jets it tells a difference, not yet an anomaly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jetexplore.anomaly import comparison, namedscores
from jetexplore.anomaly.ownscores import Scorer, scorer
from jetexplore.errors import InputError
from jetexplore.jets import Jets, childparse
from jetexplore.jets.preprocessing import KEPT_MIN, WIDTH, images_and_kept

WINDOW = 550.0, 650.0  # GeV, of the sample's jets
KEPT_USUAL = 0.99  # of the pT that images hold on average; less is told
ROUNDED = 1e-3  # relative, what the native layout may move a jet's pT by
BLOCK = 256  # jets that are scored between two looks at the clock
LIMIT = 20_000  # jets of a file that a page holds


class Own(NamedTuple):
    """Jets of a file, and where they come from."""

    name: str  # of the file, for people
    key: str  # SHA-256 of the file
    layout: str  # in ``jets.LAYOUTS``
    jets: Jets
    label: np.ndarray | None  # (n,)
    classes: dict[int, str]  # names of the labels
    row: np.ndarray  # (n,) place in the file
    warnings: list[str]

    @property
    def names(self) -> np.ndarray | None:
        """Class of each jet by name, None without labels."""
        if self.label is None:
            return None
        return np.array([self.classes.get(int(k), str(k)) for k in self.label.tolist()], dtype=object)


class Rated(NamedTuple):
    """What a named score says of jets; NaN where it says nothing."""

    scores: np.ndarray  # (n,) bigger is more anomalous
    percentile: np.ndarray  # (n,) of the sample's QCD jets, this many per cent score less
    pvalue: np.ndarray  # (n,) fraction of them that score as high, never zero


class Stopped(Exception):
    """Scoring was cancelled."""


def read(
    path: str | Path, name: str | None = None, limit: int | None = LIMIT, limits: childparse.Limits | None = None,
    **options: object,
) -> Own:  # fmt: skip
    """Read jets of a file of any known layout, in a process of its own.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    name : str, optional
        What people call it; the file's own name by default.
    limit : int, optional
        Read only the first so many jets; the warnings tell if there are more.
    limits : childparse.Limits, optional
        Memory and time.
    **options
        As for ``jets.read``.

    Returns
    -------
    Own
        The jets, and what was strange.

    Raises
    ------
    FileNotFoundError, InputError
        As for ``childparse.read``.

    Examples
    --------
    >>> from jetexplore.files import data_dir
    >>> own = read(data_dir() / "sample" / "W_test.npz", limit=5)
    >>> own.name, len(own.jets), own.warnings
    ('W_test.npz', 5, ['only the first 5 jets of the file are here'])
    """
    import hashlib

    path = Path(path)
    found = childparse.read(path, limits=limits, limit=None if limit is None else limit + 1, **options)
    with path.open("rb") as stream:
        key = hashlib.file_digest(stream, "sha256").hexdigest()
    more = limit is not None and len(found.jets) > limit
    said = [*found.warnings, *([f"only the first {limit:,} jets of the file are here"] if more else [])]
    first = slice(0, limit)
    label = None if found.label is None else found.label[first]
    return Own(name or path.name, key, found.layout, found.jets[first], label, found.classes, found.row[first], said)


def outside(some: Jets) -> list[str]:
    """Tell of jets that the sample has nothing like: it has jets of 550 to 650 GeV that fit into their images.

    Parameters
    ----------
    some : Jets
        Jets.

    Returns
    -------
    list of str
        A sentence for each of the two, or none.

    Examples
    --------
    >>> outside(Jets(pt=[600.0, 900.0], eta=[0.0, 0.0], phi=[0.0, 0.0], offsets=[0, 1, 2]))[0][:43]
    '1 of 2 jets have pT outside 550-650 GeV, wh'
    """
    return [*_beyond_window(some), *_beyond_image(some)]


def _beyond_image(some: Jets) -> list[str]:
    kept = images_and_kept(some, npix=1)[1]  # one pixel as wide as the image holds what the image holds
    if not len(kept) or kept.mean() >= KEPT_USUAL:
        return []
    said = f"images {WIDTH:g} wide hold only {kept.mean():.1%} of the transverse momentum"
    lost = int(np.sum(kept < KEPT_MIN))
    return [f"{said}; of {lost:,} jets less than half, so that no image of them is scored" if lost else said]


def _beyond_window(some: Jets) -> list[str]:
    pt = some.momenta().pt
    many = int(np.sum((pt <= WINDOW[0] * (1 - ROUNDED)) | (pt > WINDOW[1] * (1 + ROUNDED))))
    if not many:
        return []
    least, most = WINDOW
    return [
        f"{many:,} of {len(pt):,} jets have pT outside {least:.0f}-{most:.0f} GeV, where the reference has none: most "
        "scores change with pT, so their percentiles compare what is not alike"
    ]


def rated(
    some: Jets, name: str, source: str = "sample", progress: Callable[[int], None] | None = None,
    stopped: Callable[[], bool] | None = None,
) -> Rated:  # fmt: skip
    """Score jets by a named score, and rank them among the QCD test jets of a data set.

    Parameters
    ----------
    some : Jets
        Jets to score.
    name : str
        As in `namedscores.named_scores`.
    source : str
        Data set.
    progress : callable, optional
        Told how many jets are done.
    stopped : callable, optional
        Asked between blocks whether to stop.

    Returns
    -------
    Rated
        Scores, percentiles, p-values (1 + n) / (1 + N) with n of N QCD jets that score as high or higher.

    Raises
    ------
    InputError
        ``E_SCORE`` for an unknown name, and those of the score.
    Stopped
        If it was told to stop.

    Examples
    --------
    >>> from jetexplore import jets
    >>> found = rated(jets.load()["W"][:2], "no training: jet mass")
    >>> found.scores.round().tolist(), found.pvalue.round(2).tolist()
    ([122.0, 73.0], [0.31, 0.64])
    """
    parts = [np.zeros(0)]
    score = scorer(name, source)
    for done, block in blocks(some):
        if stopped is not None and stopped():
            raise Stopped
        parts.append(scored(score, block))
        if progress is not None:
            progress(done)
    return ranked(np.concatenate(parts), name, source)


def blocks(some: Jets, size: int = BLOCK) -> Iterator[tuple[int, Jets]]:
    """Part jets into blocks.

    Parameters
    ----------
    some : Jets
        Jets.
    size : int
        Of a block.

    Yields
    ------
    done : int
        Jets up to the end of this block.
    block : Jets
        Some of them.
    """
    for start in range(0, len(some), size):
        block = some[start : start + size]
        yield start + len(block), block


def scored(score: Scorer, some: Jets) -> np.ndarray:
    """Score jets of which some may not be seen by the score.

    Parameters
    ----------
    score : callable
        From `ownscores.scorer`.
    some : Jets
        Jets.

    Returns
    -------
    ndarray, shape (n,)
        NaN for jets less than half of whose pT lies in the image.
    """
    if not len(some):
        return np.zeros(0)
    try:
        return np.asarray(score(some), dtype=np.float64)
    except InputError as error:
        if error.code != "E_WINDOW":
            raise
    if len(some) == 1:
        return np.array([np.nan])
    half = len(some) // 2  # which ones are wide is found by halving
    return np.concatenate([scored(score, some[:half]), scored(score, some[half:])])


def ranked(scores: np.ndarray, name: str, source: str = "sample") -> Rated:
    """Rank scores among those of the QCD test jets of a data set.

    Parameters
    ----------
    scores : ndarray, shape (n,)
        Of a named score; NaN stays NaN.
    name, source
        As in `rated`.

    Returns
    -------
    Rated
        With percentiles and p-values.

    Examples
    --------
    >>> ranked(np.array([np.nan, 1e9]), "no training: jet mass").percentile.tolist()
    [nan, 100.0]
    """
    from jetexplore.anomaly.labelfree import pvalue

    reference = np.asarray(namedscores.named_scores(name, source)["QCD"], dtype=np.float64)
    percentile, p = np.full(len(scores), np.nan), np.full(len(scores), np.nan)
    known = np.isfinite(scores)
    if known.any():
        ranks = comparison.background_ranks({"QCD": reference, "own": scores[known]})
        percentile[known], p[known] = 100 * ranks["own"], pvalue(reference, scores[known])
    return Rated(np.where(known, scores, np.nan), percentile, p)
