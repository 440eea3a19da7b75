"""Does an event score tell signal from background, and beat the obvious? The R&D comparison of Tsan et al. (2021).

Section 4 of the paper quotes the areas that other methods reach on the R&D data of the LHC Olympics. Any method has to
beat what needs none: masses and momenta of the two jets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jetexplore.anomaly import curves
from jetexplore.anomaly.resonance.edges import EDGES
from jetexplore.anomaly.resonance.eventtable import EventTable
from jetexplore.anomaly.resonance.jetscores import JET_SCORES
from jetexplore.anomaly.resonance.outliers import COMBINE, event_scores, outliers
from jetexplore.anomaly.resonance.sculpting import sculpting
from jetexplore.anomaly.statements import published_text
from jetexplore.files import data_dir
from jetexplore.rows import read_rows, write_rows

N_BOOTSTRAP = 100  # of hundreds of thousands of events
QUANTILE = 0.7  # of the paper's outliers


class Compared(NamedTuple):
    """One event score."""

    family: str  # "score", "trivial" or "quoted"
    name: str  # of the jet score
    combine: str  # of the two jets, empty for what is of the event
    auc: float
    error: float  # bootstrap; NaN for quoted ones
    at_mass: float  # the same of events inside the central 68 % of the signal's m_jj
    at_mass_error: float
    sculpting: float  # Jensen-Shannon distance of the background's m_jj that the paper's cut makes
    by_chance: float  # of as many events chosen at random
    n_background: int
    n_signal: int


def compare_scores(
    table: EventTable, signal: str, trivial: Sequence[str] = (), progress: bool = False
) -> list[Compared]:
    """Take the area of every jet score of a table with every combination of the two jets.

    A signal at a high mass is told from a falling background by anything that follows the mass, which finds no bump.
    So the area is also taken of events in the central 68 % of the signal's m_jj, where the mass tells nothing. Beside
    them: the jets' masses and momenta, the dijet mass, and what the paper quotes for other methods on the real
    R&D data, which are other events than simulated ones.

    Parameters
    ----------
    table : EventTable
        Events, the first class being the background.
    signal : str
        Class of the signal.
    progress : bool
        Show a bar on stderr.

    Returns
    -------
    list of Compared
        Scores by falling area, then the obvious, then the quoted.

    Raises
    ------
    InputError
        ``E_CLASS``.
    """
    from tqdm import tqdm

    background, positive = table.of(table.classes[0]), table.of(signal)
    found = []
    work: list[tuple[str, str, str, np.ndarray]] = []
    for name, values in table.scores.items():
        family = "trivial" if name in JET_SCORES and JET_SCORES[name].trivial else "score"
        work += [(family, name, combine, values) for combine in COMBINE if combine != "mean"]  # sum: the same order
    for name, values in (("jet mass", table.mass), ("jet pT", table.pt)):
        if name not in table.scores:
            work += [("trivial", name, combine, values) for combine in COMBINE if combine != "mean"]
    work.append(("trivial", "m_jj", "", table.m_jj))
    low, high = np.quantile(table.m_jj[positive], (0.16, 0.84))
    near = (table.m_jj >= low) & (table.m_jj <= high)
    inside = background & (table.m_jj >= EDGES[0]) & (table.m_jj < EDGES[-1])
    for family, name, combine, values in tqdm(work, disable=not progress, unit="score"):
        score = event_scores(values, combine or "min")
        area = curves.auc(score[background], score[positive], N_BOOTSTRAP)
        fixed = curves.auc(score[background & near], score[positive & near], N_BOOTSTRAP)
        cut = outliers(values[inside], QUANTILE, combine or "min").mask
        bent = sculpting(table.m_jj[inside], cut)
        found.append(
            Compared(
                family,
                name,
                combine,
                area.value,
                area.error,
                fixed.value,
                fixed.error,
                bent.distance,
                bent.by_chance,
                int(background.sum()),
                int(positive.sum()),
            )  # fmt: skip
        )
    order = {"score": 0, "trivial": 1}
    return sorted(found, key=lambda one: (order[one.family], -one.auc)) + quoted()


def write_comparison(rows: Sequence[Compared], signal: str, path: str | Path | None = None) -> Path:
    """Keep a comparison as comma-separated values.

    Parameters
    ----------
    rows : sequence of Compared
        From `compare_scores`.
    signal : str
        Of which.
    path : str or pathlib.Path, optional
        The file; that which comes with jetexplore by default.

    Returns
    -------
    pathlib.Path
        The file.
    """
    return write_rows(kept_path(signal) if path is None else path, Compared._fields, rows)


def read_comparison(signal: str, path: str | Path | None = None) -> list[Compared]:
    """Read the comparison of the simulated events that come with jetexplore.

    Parameters
    ----------
    signal : str
        "signal" or "box1".
    path : str or pathlib.Path, optional
        Another file.

    Returns
    -------
    list of Compared
        In its order.

    Raises
    ------
    FileNotFoundError
        If there is none.
    InputError
        ``E_LAYOUT`` for another file.
    """
    return read_rows(kept_path(signal) if path is None else path, Compared)


def kept_path(signal: str) -> Path:
    """Name the file in which the comparison for a signal is kept.

    Parameters
    ----------
    signal : str
        Class of the signal.

    Returns
    -------
    pathlib.Path
        It need not exist.

    Examples
    --------
    >>> kept_path("box1").name
    'dijets_box1.csv'
    """
    return data_dir() / "results" / f"dijets_{re.sub(r'[^A-Za-z0-9]+', '_', signal)}.csv"


def quoted() -> list[Compared]:
    """List what Tsan et al. (2021), section 4, quote of other methods on the R&D data.

    Returns
    -------
    list of Compared
        Areas only.

    Examples
    --------
    >>> [one.auc for one in quoted()]
    [0.96, 0.918, 0.915, 0.9, 0.7882]
    """
    start, nan = "R&D AUC: ", float("nan")
    rows = [
        Compared("quoted", quantity.removeprefix(start), "", float(value), nan, nan, nan, nan, nan, 0, 0)
        for quantity, value in published_text("Tsan").items()
        if quantity.startswith(start)
    ]
    return sorted(rows, key=lambda one: -one.auc)


def best(rows: Sequence[Compared], family: str, by: str = "auc") -> Compared:
    """Take the row of largest area of a family.

    Parameters
    ----------
    rows : sequence of Compared
        From `compare_scores`.
    family : str
        "score", "trivial" or "quoted".
    by : str
        "auc", or "at_mass".

    Returns
    -------
    Compared
        The row.

    Raises
    ------
    ValueError
        If there is none of that family.

    Examples
    --------
    >>> best(quoted(), "quoted").name
    'deep ensemble (semi-supervised)'
    """
    return max((one for one in rows if one.family == family), key=lambda one: getattr(one, by))


def text(rows: Sequence[Compared]) -> str:
    """Write the comparison for people.

    Parameters
    ----------
    rows : sequence of Compared
        From `compare_scores`.

    Returns
    -------
    str
        A line a score.

    Examples
    --------
    >>> print(text(quoted()).splitlines()[1])
    quoted   deep ensemble (semi-supervised)                  0.960
    """
    lines = [f"{'':9}{'score':40}{'jets':5}{'AUC':>9}{'at fixed m_jj':>22}   sculpting (by chance)"]
    for one in rows:
        error = "" if np.isnan(one.error) else f" ± {one.error:.3f}   {one.at_mass:.3f} ± {one.at_mass_error:.3f}"
        bent = "" if np.isnan(one.sculpting) else f"   {one.sculpting:.3f} ({one.by_chance:.3f})"
        lines.append(f"{one.family:9}{one.name:40}{one.combine:5}{one.auc:9.3f}{error}{bent}".rstrip())
    return "\n".join(lines)
