"""Do we find what was published? Table 2 of Fraser et al. (2021), event-to-ensemble distances, as data, beside ours.

The elbow is a result, never an input, so a row's ``n_medoids`` is the number printed in the paper.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jetexplore.errors import InputError
from jetexplore.files import data_dir
from jetexplore.rows import write_rows

SIGNALS = ("Top", "W")
K_SHOWN = tuple(range(1, 8))
METHODS = ("average", "min", "sum", "elbow", "barycentre", "random", "contrast")
COUNTED = ("min", "sum", "random", "contrast")  # those with a number of events
BOTH = "QCD-Top"  # reference of the contrast


class Row(NamedTuple):
    """One configuration of table 2."""

    reference: str  # class of the reference events; "QCD-Top" for the contrast
    metric: str  # of the medoids and of the score
    n_medoids: int | None  # None for one image, and for as many as the elbow suggests
    method: str  # one of METHODS


class Result(NamedTuple):
    """What a row gives on our jets."""

    row: Row
    signal: str
    draws: tuple[float, ...]  # AUC for every subset of the reference jets, or every random choice
    error: float  # bootstrap over test jets, first subset
    published: float  # NaN for a row that is not in the paper
    disjoint: tuple[float, ...] = ()  # AUC for references that share no jet
    elbows: tuple[int, ...] = ()  # what the elbow suggests for each subset

    @property
    def spread(self) -> float:
        """Standard deviation over the subsets; NaN for one."""
        return _spread(self.draws)

    @property
    def pull(self) -> float:
        """Mean over subsets minus published, over bootstrap error, spread and rounding (0.005) in quadrature."""
        spread = 0.0 if np.isnan(self.spread) else self.spread
        return (float(np.mean(self.draws)) - self.published) / float(np.sqrt(self.error**2 + spread**2 + 0.005**2))


def _block(reference: str, metric: str, method: str, counts: Iterable[int], average: bool = True) -> list[Row]:
    first = [Row(reference, metric, None, "average")] if average else []
    return first + [Row(reference, metric, k, method) for k in counts]


TABLE_2: tuple[Row, ...] = (
    *_block("QCD", "Wass(1)", "min", (1, 3, 5, 7)),
    *_block("QCD", "Wass(5)", "min", (1, 3, 4, 5)),
    *_block("QCD", "MAE", "min", (1, 3, 5, 7)),
    *_block("Top", "Wass(1)", "min", (1, 3, 5, 7)),
    *_block("Top", "Wass(5)", "min", (1, 2, 3, 5)),
    *_block("Top", "Wass(5)", "sum", (3, 5, 7), average=False),
    *_block("Top", "MAE", "min", (1, 3, 5)),
)
HEADLINE = tuple(
    row for row in TABLE_2
    if row.reference == "QCD" and (row.metric == "Wass(1)" or (row.metric, row.method) == ("MAE", "average"))
)  # fmt: skip

# What the text speaks of and the table does not print: other metrics and numbers of medoids, other references
EXTRA_2: tuple[Row, ...] = tuple(
    row
    for metric, classes, others in (
        ("Wass(1)", ("QCD", "Top"), True),
        ("Wass(5)", ("QCD", "Top"), False),
        ("MAE", ("QCD", "Top"), True),
        ("Wass(0.5)", ("QCD",), False),
        ("Wass(2)", ("QCD",), False),
        ("MSE", ("QCD", "Top"), True),
    )
    for row in (
        *(
            row
            for name in classes
            for row in (
                *_block(name, metric, "min", K_SHOWN),
                *(Row(name, metric, k, "sum") for k in (3, 5, 7)),
                Row(name, metric, None, "elbow"),
                *([Row(name, metric, None, "barycentre")] if others else []),
            )
        ),
        *(Row("QCD", metric, k, "random") for k in (1, 3, 5, 7)),
        *(Row(BOTH, metric, k, "contrast") for k in (1, 3, 5) if others),
    )
    if row not in TABLE_2
)


def published_table_2() -> dict[Row, dict[str, float]]:
    """Read the printed areas of table 2, without the supervised row.

    Returns
    -------
    dict of Row to dict of str to float
        For every row, the AUC of "Top" and "W".

    Examples
    --------
    >>> published_table_2()[Row("QCD", "Wass(1)", 5, "min")]
    {'Top': 0.87, 'W': 0.6}
    """
    with (data_dir() / "published" / "table2.csv").open(encoding="utf-8", newline="") as stream:
        lines = [line for line in csv.DictReader(stream) if line["reference"] != "Supervised"]
    return {
        Row(line["reference"], line["metric"], int(line["n_medoids"]) if line["n_medoids"] else None, line["method"]): {
            "Top": float(line["auc_top"]),
            "W": float(line["auc_w"]),
        }
        for line in lines
    }


def compare(results: Iterable[Result]) -> list[dict[str, object]]:
    """Lay results out for a table: ours beside the published value, with the pull.

    Parameters
    ----------
    results : iterable of Result
        From `run_table_2`.

    Returns
    -------
    list of dict
        One record a result: the row, ``signal``, ``ours`` (mean over subsets), their ``spread``, ``lowest`` and
        ``highest``, how many (``n``), the bootstrap ``error``, ``published``, ``difference``, ``pull``; ``elbow``, its
        ``elbow_lowest`` and ``elbow_highest`` over subsets; ``disjoint``, ``disjoint_spread``, ``n_disjoint`` for
        references that share no jet, NaN and 0 where there are none.
    """
    return [
        {
            **result.row._asdict(),
            "signal": result.signal,
            "ours": float(np.mean(result.draws)),
            "spread": result.spread,
            "lowest": min(result.draws),
            "highest": max(result.draws),
            "n": len(result.draws),
            "error": result.error,
            "published": result.published,
            "difference": float(np.mean(result.draws)) - result.published,
            "pull": result.pull,
            "elbow": int(np.median(result.elbows)) if result.elbows else None,
            "elbow_lowest": min(result.elbows, default=None),
            "elbow_highest": max(result.elbows, default=None),
            "disjoint": float(np.mean(result.disjoint)) if result.disjoint else float("nan"),
            "disjoint_spread": _spread(result.disjoint),
            "n_disjoint": len(result.disjoint),
        }
        for result in results
    ]


def summary(records: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
    """Say in a few numbers how far ours are from print, block by block.

    Parameters
    ----------
    records : iterable of mapping
        From `compare`.

    Returns
    -------
    list of dict
        One record a reference, metric and signal with published rows: ``rows``, the mean ``difference``, the mean of
        its size (``mean_abs``), the ``largest``, and how many rows are ``within`` two of their errors (a pull of 2).
    """
    blocks: dict[tuple, list[Mapping]] = {}
    for record in records:
        if not np.isnan(record["published"]):
            blocks.setdefault((record["reference"], record["metric"], record["signal"]), []).append(record)
    found = []
    for (reference, metric, signal), rows in blocks.items():
        apart = np.array([row["difference"] for row in rows])
        found.append({
            "reference": reference, "metric": metric, "signal": signal, "rows": len(rows),
            "difference": float(apart.mean()), "mean_abs": float(np.abs(apart).mean()),
            "largest": float(apart[np.abs(apart).argmax()]), "within": sum(abs(row["pull"]) <= 2 for row in rows),
        })  # fmt: skip
    return found


def results_path() -> Path:
    """Where table 2 of the sample that comes with jetexplore is kept.

    Returns
    -------
    pathlib.Path
        A CSV file that may not exist.

    Examples
    --------
    >>> results_path().name
    'table2.csv'
    """
    return data_dir() / "results" / "table2.csv"


def write_table_2(records: Sequence[Mapping[str, object]], key: str, path: str | Path | None = None) -> Path:
    """Write records as CSV, whole or not at all, with what they were made of.

    Parameters
    ----------
    records : sequence of mapping
        From `compare`.
    key : str
        `table2study.key_of` of the jets and the extent.
    path : str or pathlib.Path, optional
        The file; by default the one that comes with jetexplore.

    Returns
    -------
    pathlib.Path
        The file.
    """
    rows = ([*(record[name] for name in _names()), key] for record in records)
    return write_rows(results_path() if path is None else path, [*_names(), "key"], rows)


def read_table_2(key: str, path: str | Path | None = None) -> list[dict[str, object]]:
    """Read records that were made of the same jets.

    Parameters
    ----------
    key : str
        `table2study.key_of` of the jets and the extent now.
    path : str or pathlib.Path, optional
        Another file than the one that comes with jetexplore.

    Returns
    -------
    list of dict
        Records as of `compare`; nothing if there is no such file, or if it was made of other jets.

    Raises
    ------
    InputError
        ``E_LAYOUT`` if the file holds something else.
    """
    path = results_path() if path is None else Path(path)
    if not path.exists():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            header, *lines = csv.reader(stream)
        names = [*_names(), "key"]
        if header != names:
            lines = [header[:-1]]  # which is no record
        read = [dict(zip(names, line, strict=True)) for line in lines]
        return [{name: _value(name, one[name]) for name in names[:-1]} for one in read if one["key"] == key]
    except (ValueError, UnicodeDecodeError, csv.Error) as error:
        raise InputError("E_LAYOUT", f"no table 2 ({error})", "what jetexplore wrote", where=str(path)) from error


def text(records: Sequence[Mapping[str, object]]) -> str:
    """Write the records of table 2 for people, a line a row with both signals.

    Parameters
    ----------
    records : sequence of mapping
        From `compare`, "Top" before "W".

    Returns
    -------
    str
        Lines of equal columns.
    """
    titles = [
        title for signal in SIGNALS for title in (f"{signal}: ours, spread, error", "published (pull)", "disjoint")
    ]
    lines = [("reference", "metric", "events", *titles)]
    rows: dict[Row, dict[str, Mapping]] = {}
    for record in records:
        rows.setdefault(Row(*(record[name] for name in Row._fields)), {})[str(record["signal"])] = record
    for row, by_signal in rows.items():
        cells = [cell for signal in SIGNALS for cell in _cells(by_signal.get(signal))]
        lines.append((row.reference, row.metric, events_of(next(iter(by_signal.values()))), *cells))
    wide = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(size) for cell, size in zip(line, wide, strict=True)).rstrip() for line in lines
    )


def events_of(record: Mapping[str, object]) -> str:
    """Name what stands for the ensemble in a row.

    Parameters
    ----------
    record : mapping
        From `compare`.

    Returns
    -------
    str
        Such as "average", "k = 3", "k = 3 (sum)", "elbow, k = 2 to 5".

    Examples
    --------
    >>> events_of({"method": "sum", "n_medoids": 3})
    'k = 3 (sum)'
    """
    method = str(record["method"])
    if method == "elbow":
        low, high = record["elbow_lowest"], record["elbow_highest"]
        return f"elbow, k = {low}" + (f" to {high}" if high != low else "")
    if record["n_medoids"] is None:
        return method
    return f"k = {record['n_medoids']}" + ("" if method == "min" else f" ({method})")


def _cells(record: Mapping[str, object] | None) -> tuple[str, str, str]:
    if record is None:
        return "", "", ""
    parts = f"{record['ours']:.3f}", f"+- {record['spread']:.3f}", f"+- {record['error']:.3f}"
    printed = "" if np.isnan(record["published"]) else f"{record['published']:.2f} ({record['pull']:+.1f})"
    apart = f"{record['disjoint']:.3f} +- {record['disjoint_spread']:.3f}" if record["n_disjoint"] else ""
    return " ".join(parts), printed, apart


def _spread(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")


def _names() -> list[str]:
    return list(compare([Result(TABLE_2[0], "Top", (0.5,), 0.0, 0.5)])[0])


def _value(name: str, cell: str) -> object:
    if name in ("reference", "metric", "method", "signal"):
        return cell
    if name in ("n_medoids", "elbow", "elbow_lowest", "elbow_highest"):
        return int(cell) if cell else None
    return int(cell) if name in ("n", "n_disjoint") else float(cell)
