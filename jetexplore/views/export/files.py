"""How is what a card shows written to a file? CSV that says where it comes from, under a name that says what it is."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable

from jetexplore.anomaly import scoretable
from jetexplore.views.axes import AXES, axis
from jetexplore.views.export.offers import EXPORTS, Export
from jetexplore.views.origin import origin
from jetexplore.views.state import Choice

LARGE = 50_000  # rows from which a file is packed


def file(what: Export, choice: Choice) -> tuple[str, bytes]:
    """Write a file of a card's data.

    Parameters
    ----------
    what : Export
        Of `EXPORTS`.
    choice : Choice
        The selections.

    Returns
    -------
    name : str
        Tells what it is and of which selections.
    content : bytes
        CSV by RFC 4180 with a header, after lines that begin with ``#``; packed by gzip if it is large. Numbers are
        written so that reading gives the same ones.

    Raises
    ------
    InputError
        Where the data cannot be made.

    Examples
    --------
    >>> name, content = file(EXPORTS["scores"][0], Choice(k=5))
    >>> name
    'jetexplore-scores-QCD-Wass1-medoids-5-min.csv'
    >>> content.decode().splitlines()[0].split()[:2]
    ['#', 'jetexplore']
    """
    import pandas as pd

    columns = dict(what.columns(choice))
    stem = name(what.stem.partition("-parquet")[0], what.names, choice)
    if what.form == "parquet":
        return f"{stem}.parquet", scoretable.packed(columns, {"lines": provenance(what, choice)})
    table = pd.DataFrame(columns)
    head = "".join(f"# {line}\n" for line in provenance(what, choice))
    content = (head + table.to_csv(index=False, lineterminator="\n")).encode()
    if len(table) < LARGE:
        return f"{stem}.csv", content
    return f"{stem}.csv.gz", gzip.compress(content, compresslevel=1, mtime=0)  # the same data give the same bytes


def name(stem: str, names: Iterable[str], choice: Choice) -> str:
    """Name a file, without its ending.

    Parameters
    ----------
    stem : str
        What it is.
    names : iterable of str
        Selections that its name tells.
    choice : Choice
        The selections.

    Returns
    -------
    str
        Letters, digits and ``_.+-``, at most 120.

    Examples
    --------
    >>> name("pairs", ("sample", "x"), Choice())
    'jetexplore-pairs-QCD-MSE'
    """
    chosen = (axis(choice, one) if one in AXES else getattr(choice, one) for one in names)
    return "-".join(part for part in ("jetexplore", stem, *map(_plain, chosen)) if part)[:120]


def provenance(what: Export, choice: Choice) -> list[str]:
    """Tell where the numbers of a file come from.

    Parameters
    ----------
    what : Export
        Of `EXPORTS`.
    choice : Choice
        The selections.

    Returns
    -------
    list of str
        As `origin.origin`, and what a row is.

    Examples
    --------
    >>> provenance(EXPORTS["plane"][0], Choice(k=5))[2:]
    ['selections: ?k=5', 'each row: a score with one choice of its options']
    """
    (anchor,) = (anchor for anchor, some in EXPORTS.items() if what.stem in {one.stem for one in some})
    return [*origin(anchor, choice, what.stem), f"each row: {what.told}"]


def _plain(value: object) -> str:
    """Write a selection so that it may be part of a file name anywhere."""
    text = "_".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return re.sub(r"[^A-Za-z0-9_.+]+", "", text)
