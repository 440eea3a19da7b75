"""Does a score keep the laws that every anomaly score should? Named checks for any function of jets.

What scikit-learn's ``check_estimator`` is to estimators, `check_scorer` is to a function ``Jets -> (n,)``, bigger for
more anomalous jets: it does not know the order of particles, the direction around the beam, the company that a jet is
scored in, nor how its numbers lie in memory; it gives finite numbers for small and odd jets, changes nothing and
depends on nothing else. A score that cannot promise a law is excused by name, with the reason.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jetexplore.anomaly.laws import LAWS, ODD, laid_out, strided, turned
from jetexplore.errors import InputError
from jetexplore.jets import Jets, concatenate, read_jets, write_jets

Score = Callable[[Jets], np.ndarray]
ROUNDING = 1e-6  # of sums, relative to the largest score
UNUSUAL = ("four corners", "a ring", "a wide ring")  # nothing that a QCD shower often gives


class Subject(NamedTuple):
    """What is checked, and on which jets."""

    fit: Callable[[Jets], Score]
    background: Jets
    score: Score
    some: Jets
    expected: np.ndarray  # (n,) scores of ``some``
    rounding: float
    before: tuple[bytes, ...]  # of ``some``, before they were scored for the first time


def _close(of: Subject, found: np.ndarray, expected: np.ndarray, exact: bool = False) -> None:
    assert found.shape == expected.shape, f"shape {found.shape} for {expected.shape}"
    off = float(np.max(np.abs(found - expected), initial=0.0))
    limit = 0.0 if exact else of.rounding * float(np.abs(of.expected).max())
    assert off <= limit, f"{off:.3g} off, with {limit:.3g} for rounding"


def _bytes(some: Jets) -> tuple[bytes, ...]:
    return tuple(getattr(some, name).tobytes() for name in ("pt", "eta", "phi", "offsets"))


def _untouched(of: Subject) -> None:
    of.score(of.some)
    assert _bytes(of.some) == of.before, "jets have changed"


def _own(of: Subject) -> None:
    found = of.score(of.some)
    assert found.flags.writeable, "cannot be written to"
    found[:] = -1.0
    _close(of, of.score(of.some), of.expected, exact=True)


def _batches(of: Subject, size: int) -> None:
    parts = [of.score(of.some[start : start + size]) for start in range(0, len(of.some), size)]
    _close(of, np.concatenate(parts), of.expected)


def _ties(of: Subject, some: Jets) -> None:
    found = of.score(some)
    _close(of, found, np.full(len(some), found[0]))


def _kept(of: Subject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_jets(Path(folder) / "a.npz", of.some, {})
        once, again = (read_jets(Path(folder) / "a.npz")[0] for _ in range(2))
    _close(of, of.score(again), of.score(once), exact=True)


def _threads(of: Subject) -> None:
    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(of.score, [of.some] * 4):
            _close(of, found, of.expected)


def _one_thread(of: Subject) -> None:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        _close(of, of.score(of.some), of.expected)


def _state(of: Subject) -> None:
    before = repr(np.random.get_state())  # noqa: NPY002 - the global one is what others may rely on
    of.score(of.some)
    assert repr(np.random.get_state()) == before, "numpy's random state has changed"  # noqa: NPY002


def _quiet(of: Subject) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        of.score(of.some)
        for some in ODD.values():
            of.score(some)


def _refused(of: Subject, wrong: object) -> None:
    try:
        of.score(wrong)
    except InputError as error:
        said = error
    else:
        raise AssertionError("was scored")
    assert said.code.startswith("E_"), said.code
    assert len(str(said)) < 500, "a sentence of more than 500 letters"


def _unusual(of: Subject) -> None:
    odd = of.score(concatenate([ODD[name] for name in UNUSUAL]))
    assert (odd[:, None] > of.expected).mean() > 0.5, "rings and squares score lower than jets"


def _again(of: Subject, background: Jets) -> None:
    before = _bytes(background)
    _close(of, of.fit(background)(of.some), of.expected)
    assert _bytes(background) == before, "background jets have changed"


def _finite(of: Subject, some: Jets) -> None:
    found = of.score(some)
    assert found.shape == (len(some),), f"shape {found.shape}"
    assert np.isfinite(found).all(), f"{found}"


def _true(condition: bool, told: object) -> None:
    assert condition, str(told)


CHECKS: dict[str, Callable[[Subject], None]] = {
    **{
        f"{law.group}: {name}": lambda of, law=law: _close(
            of, of.score(law.change(of.some)), law.order(of.expected), law.exact
        )
        for name, law in LAWS.items()
    },
    **{f"odd: {name}": lambda of, some=some: _finite(of, some) for name, some in ODD.items()},
    "odd: all together": lambda of: _finite(of, concatenate(list(ODD.values()))),
    "odd: rings and squares are unusual": _unusual,
    "output: an array": lambda of: _true(type(of.expected) is np.ndarray, type(of.expected)),
    "output: floating-point numbers": lambda of: _true(of.expected.dtype.str in ("<f8", "<f4"), of.expected.dtype),
    "output: finite, one a jet": lambda of: _finite(of, of.some),
    "output: not all alike": lambda of: _true(np.ptp(of.expected) > 0, "all alike"),
    "output: the caller's own": _own,
    "output: no view of the jets": lambda of: _true(not np.shares_memory(of.score(of.some), of.some.pt), "a view"),
    "company: no jets": lambda of: _finite(of, of.some[:0]),
    "company: no jets give floating-point numbers": lambda of: _true(of.score(of.some[:0]).dtype.kind == "f", "others"),
    "company: one at a time": lambda of: _batches(of, 1),
    "company: seven at a time": lambda of: _batches(of, 7),
    "ties: the same jet five times": lambda of: _ties(of, of.some[[4] * 5]),
    "ties: the same point five times": lambda of: _ties(of, concatenate([ODD["one particle"]] * 5)),
    "ties: jets that differ in phi alone": lambda of: _ties(of, concatenate([turned(k)(of.some[2]) for k in range(4)])),
    "input: left as it was": _untouched,
    "input: written and read": _kept,
    "input: None": lambda of: _refused(of, None),
    "input: an array": lambda of: _refused(of, np.zeros((3, 40, 40))),
    "input: a list": lambda of: _refused(of, [1.0, 2.0]),
    "input: a name": lambda of: _refused(of, "sample"),
    "surroundings: two threads at once": _threads,
    "surroundings: one thread of BLAS and OpenMP": _one_thread,
    "surroundings: random numbers of others": _state,
    "surroundings: no warning": _quiet,
    "fit: again": lambda of: _again(of, of.background),
    "fit: on background jets turned around the beam": lambda of: _again(of, turned(0.7)(of.background)),
    "fit: on background jets in other memory": lambda of: _again(of, laid_out(strided)(of.background)),
}  # fmt: skip


def check_scorer(
    fit: Callable[[Jets], Score],
    background: Jets,
    some: Jets,
    excused: Collection[str] = (),
    rounding: float = ROUNDING,
) -> dict[str, str]:
    """Put an anomaly score to every check.

    Parameters
    ----------
    fit : callable
        Background jets to a score: a function of jets that gives one number each, bigger for more anomalous ones.
    background : Jets
        To fit on.
    some : Jets
        To score, at least ten.
    excused : collection of str
        Names in `CHECKS`, or of their groups, that the score does not promise.
    rounding : float
        Of scores, relative to the largest.

    Returns
    -------
    dict of str to str
        What failed, and why; empty for a score that keeps all laws.

    Raises
    ------
    InputError
        ``E_TOO_FEW`` with fewer than ten jets, ``E_CHOICE`` for an excuse from no check.

    Examples
    --------
    >>> from jetexplore import jets
    >>> sample = jets.load()["QCD"]
    >>> broken = check_scorer(lambda background: lambda some: some.pt[some.offsets[:-1]], sample[:20], sample[20:32])
    >>> "order: particles reversed" in broken, "direction: axis at phi = 0" in broken
    (True, False)
    """
    if len(some) < 10:
        raise InputError("E_TOO_FEW", f"{len(some)} jets", "at least ten", where="some")
    groups = {name.split(":")[0] for name in CHECKS}
    for name in excused:
        if name not in CHECKS and name not in groups:
            raise InputError("E_CHOICE", f"an excuse from {name!r}", "a check, or a group of them")
    score, before = fit(background), _bytes(some)
    expected = np.array(score(some))
    of = Subject(fit, background, score, some, expected, rounding, before)
    failed = {}
    for name, check in CHECKS.items():
        if name not in excused and name.split(":")[0] not in excused:
            try:
                check(of)
            except Exception as error:  # noqa: BLE001 - whatever a score does is what is told
                failed[name] = f"{type(error).__name__}: {error}"
    return failed
