"""What do the rows of table 2 give on our jets? Units of work that are stored one by one, so a stopped run goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from jetexplore import jets
from jetexplore.anomaly import curves, ensembles, samples, scores
from jetexplore.anomaly.contrast import contrast
from jetexplore.anomaly.table2 import BOTH, COUNTED, HEADLINE, K_SHOWN, METHODS, SIGNALS, TABLE_2, Result, Row
from jetexplore.anomaly.table2 import published_table_2 as published
from jetexplore.distances import matrices, metrics, references
from jetexplore.distances.barycentre import barycentre
from jetexplore.errors import InputError, choose
from jetexplore.files import digest, stored

VERSION = 1  # of what is stored; raise it when a stored number would come out differently
RANDOM_KS = (1, 3, 5, 7)
STAGES = ("pairs", "medoids", "scores of averages", "scores of jets", "areas")
UNIT_OF = {"average": "medoids", "min": "medoids", "sum": "medoids", "elbow": "medoids"}  # else the method itself
SUM_KS = (3, 5, 7)


class Extent(NamedTuple):
    """How much is run.

    A subset is half of the first ``n_of`` reference jets, drawn at random: subsets share half their jets two by two, so
    their spread is somewhat below that of references that share none. 700 of 1,400 because the explorer's references
    have 700 jets, and because the 32 rows then take less than ten minutes.
    """

    n_subsets: int = 10
    n_of: int = 1400
    n_test: int | None = None  # test jets a class; None: all
    n_random: int = 20  # random choices of reference events
    n_disjoint: int = 10  # references of n_of / 2 jets from a larger file


FULL = Extent()
QUICK = Extent(n_subsets=2, n_of=200, n_test=200, n_random=3, n_disjoint=2)


class Table2(NamedTuple):
    """All results, and where the time went."""

    results: list[Result]
    seconds: dict[str, float]  # processor time by stage, of what was computed now or stored before


def key_of(extent: Extent = FULL, source: str = "sample", width: float = jets.WIDTH) -> str:
    """Digest of the jets and of how much is run.

    Parameters
    ----------
    extent, source, width
        As in `run_table_2`.

    Returns
    -------
    str
        16 hexadecimal digits.

    Examples
    --------
    >>> key_of(FULL) == key_of(QUICK)
    False
    """
    files = jets.provenance(source).key, jets.provenance(source, "reference").key
    return digest(VERSION, *files, tuple(extent), float(width))


def run_table_2(
    rows: Iterable[Row] = TABLE_2,
    extent: Extent = FULL,
    larger: str | None = None,
    source: str = "sample",
    width: float = jets.WIDTH,
    progress: bool = False,
) -> Table2:
    """Run rows of table 2 on subsets of the reference jets.

    For every subset the medoids are found, every test jet is scored, and the areas for top and W jets against QCD jets
    are taken. Each (reference, metric, subset) is stored when it is done.

    Parameters
    ----------
    rows : iterable of Row
        Which configurations, those of the paper or others.
    extent : Extent
        How many jets and subsets.
    larger : str, optional
        A file of QCD jets, none of them in the sample, for references of the `HEADLINE` rows that share no jet.
    source : str
        Data set.
    width : float
        Of the images, rad. Distances are proportional to it, so that only the pixels matter.
    progress : bool
        Show a bar with the rate and the time left.

    Returns
    -------
    Table2
        Two results for each row, for "Top" and "W", in order.

    Raises
    ------
    FileNotFoundError
        If there is no larger file.
    InputError
        Before anything is computed: ``E_METRIC``, ``E_CLASS``, ``E_COMBINE``, ``E_K`` or ``E_DRAW`` for a row or an
        extent that cannot be run, ``E_RANGE`` for counts below one.
    """
    from tqdm import tqdm

    rows = list(rows)
    work = _Work(extent, source, width)
    _check(rows, extent, work)
    units = [
        (unit, number) for unit in _units(rows) for number in range(1 if unit[0] == "random" else extent.n_subsets)
    ]
    if larger is not None:
        work.open(larger)
        headline = dict.fromkeys(row.metric for row in rows if row in HEADLINE)
        units += [(("disjoint", larger, metric), n) for metric in headline for n in range(extent.n_disjoint)]
    found: dict[tuple, list[dict[str, np.ndarray]]] = {}
    with tqdm(total=len(units), disable=not progress, unit="unit") as bar:
        for unit, number in units:
            bar.set_description(" ".join(unit[:1] + unit[2:]))
            found.setdefault(unit, []).append(_stored_unit(work, unit, number))
            bar.update()
    seconds = sum((one["seconds"] for some in found.values() for one in some), np.zeros(len(STAGES)))
    results = [_result(row, signal, found, larger) for row in rows for signal in SIGNALS]
    return Table2(results, dict(zip(STAGES, seconds.tolist(), strict=True)))


class _Work:
    """Jets of one run, and the distances of all reference jets of the last metric."""

    def __init__(self, extent: Extent, source: str, width: float) -> None:
        self.extent, self.source, self.width = extent, source, width
        self.apart = np.zeros((0, 1, 1))  # images of the larger file
        self._metric = ""
        self._matrices: dict[str, np.ndarray] = {}

    def images(self, split: str) -> dict[str, np.ndarray]:
        if self.width == jets.WIDTH:
            return samples.images(self.source, split)
        return samples.images(self.source, split, self.width)

    def open(self, larger: str) -> None:
        ((name, some),) = jets.load(larger).items()
        choose(f"class in {larger}", name, ["QCD"], "E_CLASS")
        needed = self.extent.n_disjoint * (self.extent.n_of // 2)
        if len(some) < needed:
            raise InputError("E_DRAW", f"{len(some)} jets", f"{needed} or more", where=larger)
        self.apart = jets.images(some[:needed], width=self.width)

    @property
    def tests(self) -> dict[str, np.ndarray]:
        return {name: some[: self.extent.n_test] for name, some in self.images("test").items()}

    def reference(self, name: str) -> np.ndarray:
        return self.images("reference")[name][: self.extent.n_of]

    def subset(self, number: int) -> np.ndarray:
        rng = np.random.default_rng([number, self.extent.n_of])
        return np.sort(rng.choice(self.extent.n_of, self.extent.n_of // 2, replace=False))

    def distances(self, name: str, metric: str, chosen: np.ndarray) -> np.ndarray:
        if metric != self._metric:
            self._metric, self._matrices = metric, {}
        if name not in self._matrices:
            self._matrices[name] = matrices.pairwise(self.reference(name), metric)
        return self._matrices[name][np.ix_(chosen, chosen)]


def _units(rows: list[Row]) -> list[tuple[str, str, str]]:
    # Same metric one after the other: they share their distances
    units = dict.fromkeys((UNIT_OF.get(row.method, row.method), row.reference, row.metric) for row in rows)
    order = list(dict.fromkeys(row.metric for row in rows))
    return sorted(units, key=lambda unit: order.index(unit[2]))


def _stored_unit(work: _Work, unit: tuple[str, str, str], number: int) -> dict[str, np.ndarray]:
    kind, reference, metric = unit
    shown = "larger" if kind == "disjoint" else reference
    title = f"table2-{kind}-{shown}-{metric}-{number}-of-{work.extent.n_of}-{work.extent.n_test or 'all'}"
    made_of = (jets.provenance(reference).key,) if kind == "disjoint" else ()
    key = digest(key_of(work.extent._replace(n_subsets=0, n_disjoint=0), work.source, work.width), unit[::2], *made_of)
    if work.width != jets.WIDTH:
        title += f"-{work.width:g}rad"
    return stored(title.replace("(", "").replace(")", ""), key, lambda: UNITS[kind](work, reference, metric, number))


class _Clock:
    def __init__(self) -> None:
        self.seconds, self._last = np.zeros(len(STAGES)), time.process_time()

    def __call__(self, stage: str) -> None:
        now = time.process_time()
        self.seconds[STAGES.index(stage)] += now - self._last
        self._last = now


def _medoids(work: _Work, reference: str, metric: str, number: int) -> dict[str, np.ndarray]:
    clock, chosen = _Clock(), work.subset(number)
    distances = work.distances(reference, metric, chosen)
    clock("pairs")
    return _ensemble(work, work.reference(reference)[chosen], distances, reference, metric, number, clock)


def _disjoint(work: _Work, _: str, metric: str, number: int) -> dict[str, np.ndarray]:
    clock, size = _Clock(), work.extent.n_of // 2
    some = work.apart[number * size : (number + 1) * size]
    distances = matrices.pairwise(some, metric)
    clock("pairs")
    return _ensemble(work, some, distances, "QCD", metric, number, clock)


def _ensemble(
    work: _Work, some: np.ndarray, distances: np.ndarray, reference: str, metric: str, number: int, clock: _Clock
) -> dict[str, np.ndarray]:
    most = min(ensembles.K_MAX, len(some))
    fits = [references.medoids(distances, k).indices for k in range(1, most + 1)]
    peaks = [peak.position for peak in references.peaks(distances, fits)]
    elbow = references.elbow(peaks).n_medoids if most > 3 else most
    counts = sorted({*(k for k in K_SHOWN if k <= most), elbow})
    clock("medoids")
    needed = np.unique(np.concatenate([fits[k - 1] for k in counts]))
    sign = scores.ORIENTATION[samples.orientation_of(reference)]
    tests = work.tests
    blob = {name: sign * matrices.cross(one, references.average(some), metric)[:, 0] for name, one in tests.items()}
    clock("scores of averages")
    table = {name: matrices.cross(one, some[needed], metric) for name, one in tests.items()}
    clock("scores of jets")
    by_row = {"average": blob}
    for k in counts:
        columns = np.searchsorted(needed, fits[k - 1])
        for method in ("min", "sum"):
            if method == "min" or k in SUM_KS:
                by_row[f"{method} {k}"] = {
                    name: sign * scores.COMBINE[method](one[:, columns]) for name, one in table.items()
                }
    by_row["elbow"] = by_row[f"min {elbow}"]
    return {"elbows": np.array([elbow]), **_areas(by_row, number == 0, clock)}


def _barycentre(work: _Work, reference: str, metric: str, number: int) -> dict[str, np.ndarray]:
    clock, some = _Clock(), work.reference(reference)[work.subset(number)]
    key = digest(VERSION, "barycentre", some, work.width)
    name = f"table2-barycentre-of-{reference}-{number}-of-{work.extent.n_of}"
    image = stored(name, key, lambda: {"image": barycentre(some, width=work.width)})["image"]
    clock("medoids")
    orientation = samples.orientation_of(reference)
    by_class = {
        name: scores.event_to_ensemble(one, image, metric, "min", orientation) for name, one in work.tests.items()
    }
    clock("scores of jets")
    return _areas({"barycentre": by_class}, number == 0, clock)


def _random(work: _Work, reference: str, metric: str, number: int) -> dict[str, np.ndarray]:
    # Nested choices: the first, the first three, ... of the same seven jets
    clock, some, found = _Clock(), work.reference(reference), []
    sign = scores.ORIENTATION[samples.orientation_of(reference)]
    most = [k for k in RANDOM_KS if k <= len(some)]
    for seed in range(work.extent.n_random):
        events = some[references.random(len(some), most[-1], seed)]
        table = {name: matrices.cross(one, events, metric) for name, one in work.tests.items()}
        clock("scores of jets")
        by_row = {f"random {k}": {name: sign * one[:, :k].min(1) for name, one in table.items()} for k in most}
        found.append(_areas(by_row, seed == 0, clock))
    together = {name: np.concatenate([one[name] for one in found]) for name in found[0] if not name.endswith("error")}
    errors = {name: value for name, value in found[0].items() if name.endswith("error")}
    return {**together, **errors, "seconds": clock.seconds}


def _contrast(work: _Work, _: str, metric: str, number: int) -> dict[str, np.ndarray]:
    clock, chosen, by_row = _Clock(), work.subset(number), {}
    fits = {}
    for name in ("QCD", "Top"):
        distances = work.distances(name, metric, chosen)
        clock("pairs")
        fits[name] = {k: chosen[references.medoids(distances, k).indices] for k in (1, 3, 5) if k <= len(chosen)}
        clock("medoids")
    for k in fits["QCD"]:
        far, near = (work.reference(name)[fits[name][k]] for name in ("QCD", "Top"))
        by_row[f"contrast {k}"] = {name: contrast(one, far, near, metric) for name, one in work.tests.items()}
    clock("scores of jets")
    return _areas(by_row, number == 0, clock)


UNITS: dict[str, Callable[[_Work, str, str, int], dict[str, np.ndarray]]] = {
    "medoids": _medoids,
    "barycentre": _barycentre,
    "random": _random,
    "contrast": _contrast,
    "disjoint": _disjoint,
}


def _areas(by_row: dict[str, dict[str, np.ndarray]], with_error: bool, clock: _Clock) -> dict[str, np.ndarray]:
    found = {}
    for name, by_class in by_row.items():
        areas = [
            curves.auc(by_class["QCD"], by_class[signal], curves.N_BOOTSTRAP if with_error else 0) for signal in SIGNALS
        ]
        found[name] = np.array([[area.value for area in areas]])
        if with_error:
            found[f"{name} error"] = np.array([area.error for area in areas])
    clock("areas")
    return {**found, "seconds": clock.seconds}


def _result(row: Row, signal: str, found: dict[tuple, list[dict[str, np.ndarray]]], larger: str | None) -> Result:
    units = found[UNIT_OF.get(row.method, row.method), row.reference, row.metric]
    name = f"{row.method} {row.n_medoids}" if row.method in COUNTED else row.method
    which = SIGNALS.index(signal)
    apart = found.get(("disjoint", larger, row.metric), []) if row in HEADLINE else []
    return Result(
        row,
        signal,
        draws=tuple(float(value) for one in units for value in one[name][:, which]),
        error=float(units[0][f"{name} error"][which]),
        published=published().get(row, {}).get(signal, float("nan")),
        disjoint=tuple(float(one[name][0, which]) for one in apart),
        elbows=tuple(int(one["elbows"][0]) for one in units if "elbows" in one),
    )


def _check(rows: list[Row], extent: Extent, work: _Work) -> None:
    """Raise for what would fail only after minutes of work."""
    for name, value in extent._asdict().items():
        least = 2 if name == "n_of" else 1
        if not (isinstance(value, int | np.integer) and value >= least) and not (name == "n_test" and value is None):
            raise InputError("E_RANGE", f"{value!r}", f"a whole number >= {least}", where=name)
    half = extent.n_of // 2
    for row in rows:
        metrics.metric(row.metric)
        choose("method", row.method, METHODS, "E_COMBINE")
        available = work.images("reference")
        for name in ("QCD", "Top") if row.reference == BOTH and row.method == "contrast" else (row.reference,):
            some = available[choose("reference", name, available, "E_CLASS")]
            if len(some) < extent.n_of:
                raise InputError("E_DRAW", f"n_of = {extent.n_of}", f"at most {len(some)}, the {name} reference jets")
        allowed = {"min": K_SHOWN, "sum": SUM_KS, "random": RANDOM_KS, "contrast": (1, 3, 5)}.get(row.method)
        usable = row.n_medoids is None if allowed is None else row.n_medoids in allowed and row.n_medoids <= half
        if not usable:
            some = "None" if allowed is None else ", ".join(str(k) for k in allowed if k <= half)
            raise InputError("E_K", f"{row.n_medoids!r} events with method {row.method!r}", some, where="n_medoids")
