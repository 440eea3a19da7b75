"""Do we find what was published? Rows of the papers' tables as data, run on our jets, and compared.

Table 2 of Fraser et al. (2021): event-to-ensemble distances. The elbow is a result, never an input, so a row's
``n_medoids`` is the number printed in the paper.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from jetexplore.anomaly import curves, scores, study
from jetexplore.distances import matrices, metrics, references
from jetexplore.errors import InputError, choose
from jetexplore.files import data_dir


class Row(NamedTuple):
    """One configuration of table 2."""

    reference: str  # class of the reference events
    metric: str  # of the medoids and of the score
    n_medoids: int | None  # None for the average image
    method: str  # "average", "min" or "sum"


class Result(NamedTuple):
    """What a row gives on our jets."""

    row: Row
    signal: str
    auc: float  # on the first reference draw
    error: float  # bootstrap over test jets
    draws: tuple[float, ...]  # AUC of every disjoint reference draw
    published: float  # NaN for a row that is not in the paper

    @property
    def spread(self) -> float:
        """Standard deviation over the reference draws; NaN for one draw."""
        return float(np.std(self.draws, ddof=1)) if len(self.draws) > 1 else float("nan")

    @property
    def pull(self) -> float:
        """Mean over draws minus published, over bootstrap error, spread and rounding (0.005) in quadrature."""
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


def run_table_2(
    rows: Iterable[Row] = TABLE_2,
    n_draws: int = 5,
    n_reference: int = study.N_REFERENCE,
    n_test: int | None = None,
    source: str = "sample",
    progress: bool = False,
) -> list[Result]:
    """Run rows of table 2 on disjoint reference draws.

    For every draw the medoids are found among ``n_reference`` jets, every test jet is scored, and the areas for top
    and W jets against QCD jets are taken. Distances of all rows with the same reference and metric are shared.

    Parameters
    ----------
    rows : iterable of Row
        Which configurations, those of the paper or others.
    n_draws : int
        Disjoint reference draws, >= 1.
    n_reference : int
        Jets in a draw.
    n_test : int, optional
        Test jets a class, >= 1; all of them if omitted.
    source : str
        Data set.
    progress : bool
        Show a bar with the rate and the time left.

    Returns
    -------
    list of Result
        Two for each row, for "Top" and "W", in order.

    Raises
    ------
    InputError
        Before anything is computed: ``E_METRIC``, ``E_CLASS``, ``E_COMBINE``, ``E_K`` or ``E_DRAW`` for a row or a
        number of draws that cannot be run, ``E_RANGE`` for counts below one.
    """
    from tqdm import tqdm

    rows = list(rows)
    _check(rows, n_draws, n_reference, n_test, source)
    blocks = list(dict.fromkeys((row.reference, row.metric) for row in rows))
    tests = {name: some[:n_test] for name, some in study.images(source).items()}
    values: dict[tuple[Row, str], list[curves.Auc]] = {}
    units = [(block, number) for block in blocks for number in range(n_draws)]
    for (reference, metric), number in tqdm(units, disable=not progress, unit="draw"):
        chosen = [row for row in rows if (row.reference, row.metric) == (reference, metric)]
        some = study.draw(reference, number, n_reference, source)
        for row, by_class in _scores_of_draw(chosen, some, tests).items():
            for signal in ("Top", "W"):
                n_bootstrap = curves.N_BOOTSTRAP if number == 0 else 0
                area = curves.auc(by_class["QCD"], by_class[signal], n_bootstrap)
                values.setdefault((row, signal), []).append(area)
    printed = published_table_2()
    return [
        Result(
            row,
            signal,
            auc=areas[0].value,
            error=areas[0].error,
            draws=tuple(area.value for area in areas),
            published=printed.get(row, {}).get(signal, float("nan")),
        )
        for row in rows
        for signal in ("Top", "W")
        for areas in [values[row, signal]]
    ]


def compare(results: Iterable[Result]) -> list[dict[str, object]]:
    """Lay results out for a table: ours beside the published value, with the pull.

    Parameters
    ----------
    results : iterable of Result
        From `run_table_2`.

    Returns
    -------
    list of dict
        One record a result: the row, signal, ours (mean over draws), spread, error, published, difference, pull.
    """
    return [
        {
            **result.row._asdict(),
            "signal": result.signal,
            "ours": float(np.mean(result.draws)),
            "spread": result.spread,
            "error": result.error,
            "lowest": min(result.draws),
            "highest": max(result.draws),
            "published": result.published,
            "difference": float(np.mean(result.draws)) - result.published,
            "pull": result.pull,
        }
        for result in results
    ]


def _check(rows: list[Row], n_draws: int, n_reference: int, n_test: int | None, source: str) -> None:
    """Raise for what would fail only after minutes of work."""
    for name, value in (("n_draws", n_draws), ("n_reference", n_reference), ("n_test", n_test)):
        if not (isinstance(value, int | np.integer) and value >= 1) and not (name == "n_test" and value is None):
            raise InputError("E_RANGE", f"{value!r}", "a whole number >= 1", where=name)
    for row in rows:
        metrics.metric(row.metric)
        choose("method", row.method, ("average", *scores.COMBINE), "E_COMBINE")
        study.draw(row.reference, n_draws - 1, n_reference, source)
        k = row.n_medoids
        usable = k is None if row.method == "average" else isinstance(k, int | np.integer) and 1 <= k <= n_reference
        if not usable:
            expected = f"None for 'average', else a whole number from 1 to {n_reference}"
            raise InputError("E_K", f"{k!r} medoids with method {row.method!r}", expected, where="n_medoids")


def _scores_of_draw(
    rows: list[Row], reference: np.ndarray, tests: dict[str, np.ndarray]
) -> dict[Row, dict[str, np.ndarray]]:
    metric = rows[0].metric
    counts = sorted({row.n_medoids for row in rows if row.n_medoids})
    chosen: dict[int | None, np.ndarray] = {}
    if counts:
        matrix = matrices.pairwise(reference, metric)
        chosen = {k: references.medoids(matrix, k).indices for k in counts}
    needed = np.unique(np.concatenate([*chosen.values(), np.zeros(0, dtype=np.int64)])).astype(np.int64)
    events = np.concatenate([reference[needed].astype(np.float64), references.average(reference)])
    columns = {k: np.searchsorted(needed, indices) for k, indices in chosen.items()} | {None: np.array([len(needed)])}
    sign = scores.ORIENTATION[study.orientation_of(rows[0].reference)]
    distances = {name: matrices.cross(some, events, metric) for name, some in tests.items()}
    return {
        row: {
            name: sign
            * scores.COMBINE["min" if row.method == "average" else row.method](some[:, columns[row.n_medoids]])
            for name, some in distances.items()
        }
        for row in rows
    }
