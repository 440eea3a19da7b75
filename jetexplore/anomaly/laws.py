"""Which changes of a jet leave its anomaly score as it is, and which odd jets does every score have to take?"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from jetexplore.jets import Jets, concatenate
from jetexplore.jets.constituents import wrap


class Law(NamedTuple):
    """What may be done to jets without any effect on their scores."""

    group: str
    change: Callable[[Jets], Jets]
    order: Callable[[np.ndarray], np.ndarray] = lambda scores: scores  # of the scores, after the change
    exact: bool = False  # to the last bit


def _with(some: Jets, **columns: np.ndarray) -> Jets:
    return Jets(*(columns.get(name, getattr(some, name)) for name in ("pt", "eta", "phi", "offsets")))


def _sorted(key: Callable[[Jets], np.ndarray]) -> Callable[[Jets], Jets]:
    def change(some: Jets) -> Jets:
        order = np.lexsort((key(some), some.jet))
        return Jets(some.pt[order], some.eta[order], some.phi[order], some.offsets)

    return change


def turned(angle: float) -> Callable[[Jets], Jets]:
    """Turn jets around the beam.

    Parameters
    ----------
    angle : float
        In rad.

    Returns
    -------
    callable
        Jets to jets.

    Examples
    --------
    >>> turned(0.5)(Jets([1.0], [0.0], [1.0], [0, 1])).phi.tolist()
    [1.5]
    """
    return lambda some: _with(some, phi=wrap(some.phi + angle))


def _onto(axis: float) -> Callable[[Jets], Jets]:
    return lambda some: _with(some, phi=wrap(some.phi - some.momenta().phi[some.jet] + axis))


def laid_out(lay: Callable[[np.ndarray], np.ndarray]) -> Callable[[Jets], Jets]:
    """Give the numbers another place in memory.

    Parameters
    ----------
    lay : callable
        Array to an array of the same numbers.

    Returns
    -------
    callable
        Jets to jets that hold such arrays.

    Examples
    --------
    >>> laid_out(strided)(Jets([1.0, 2.0], [0.0, 0.1], [1.0, 1.0], [0, 2])).pt.strides
    (24,)
    """

    def change(some: Jets) -> Jets:
        found = _with(some)
        for name in ("pt", "eta", "phi"):
            object.__setattr__(found, name, lay(getattr(some, name)))
        return found

    return change


def strided(values: np.ndarray) -> np.ndarray:
    """Lay numbers out as the column of a table.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Numbers.

    Returns
    -------
    ndarray, shape (n,)
        The same, not contiguous.

    Examples
    --------
    >>> strided(np.arange(3.0)).tolist()
    [0.0, 1.0, 2.0]
    """
    wide = np.zeros((len(values), 3))
    wide[:, 1] = values
    return wide[:, 1]


def _frozen(values: np.ndarray) -> np.ndarray:
    values = values.copy()
    values.setflags(write=False)
    return values


def _split(some: Jets) -> Jets:
    half = np.repeat(some.pt / 2, 2)
    return Jets(half, np.repeat(some.eta, 2), np.repeat(some.phi, 2), 2 * some.offsets)


def _softened(some: Jets) -> Jets:
    at, axis = some.offsets[1:], some.momenta()
    counts = some.offsets + np.arange(len(some) + 1)
    columns = (np.full(len(some), 1e-12), axis.eta + 0.11, wrap(axis.phi - 0.07))
    return Jets(
        *(np.insert(old, at, new) for old, new in zip((some.pt, some.eta, some.phi), columns, strict=True)), counts
    )


def _through_float32(some: Jets) -> Jets:
    return Jets(*(np.asarray(values, np.float32) for values in (some.pt, some.eta, some.phi)), some.offsets)


def _as_lists(some: Jets) -> Jets:
    return Jets(some.pt.tolist(), some.eta.tolist(), some.phi.tolist(), some.offsets.tolist())


def _big_endian(some: Jets) -> Jets:
    return Jets(*(values.astype(">f8") for values in (some.pt, some.eta, some.phi)), some.offsets.astype(">i8"))


def _inside(some: Jets) -> Jets:
    return concatenate([some[:2], some, some[:3]])[2 : 2 + len(some)]


def _mask(some: Jets) -> Jets:
    return some[np.ones(len(some), bool)]


def _every_second(scores: np.ndarray) -> np.ndarray:
    return scores[::2]


LAWS: dict[str, Law] = {
    "particles reversed": Law("order", _sorted(lambda some: -np.arange(len(some.pt)))),
    "particles shuffled": Law("order", _sorted(lambda some: np.random.default_rng(2).uniform(size=len(some.pt)))),
    "particles shuffled again": Law("order", _sorted(lambda some: np.random.default_rng(3).uniform(size=len(some.pt)))),
    "particles by rising pT": Law("order", _sorted(lambda some: some.pt)),
    "particles by falling pT": Law("order", _sorted(lambda some: -some.pt)),
    "particles by eta": Law("order", _sorted(lambda some: some.eta)),
    "particles by distance from eta = 0": Law("order", _sorted(lambda some: np.abs(some.eta))),
    "turned around the beam by 1.234": Law("direction", turned(1.234)),
    "turned around the beam by pi": Law("direction", turned(np.pi)),
    "turned around the beam by -2": Law("direction", turned(-2.0)),
    "another branch of phi": Law("direction", lambda some: _with(some, phi=some.phi + 2 * np.pi)),
    "every particle on its own branch of phi": Law(
        "direction", lambda some: _with(some, phi=some.phi + 2 * np.pi * (np.arange(len(some.phi)) % 3 - 1))
    ),
    "axis where phi jumps": Law("direction", _onto(np.pi)),
    "axis at phi = 0": Law("direction", _onto(0.0)),
    "boosted along the beam by 0.3": Law("direction", lambda some: _with(some, eta=some.eta + 0.3)),
    "boosted along the beam by -0.4": Law("direction", lambda some: _with(some, eta=some.eta - 0.4)),
    "mirrored across the beam": Law("mirror", lambda some: _with(some, eta=-some.eta)),
    "mirrored in phi": Law("mirror", lambda some: _with(some, phi=-some.phi)),
    "turned by half about its axis": Law("mirror", lambda some: _with(some, eta=-some.eta, phi=-some.phi)),
    "twice the pT": Law("pT scale", lambda some: _with(some, pt=2 * some.pt)),
    "half the pT": Law("pT scale", lambda some: _with(some, pt=some.pt / 2)),
    "particles split in halves": Law("infrared", _split),
    "a particle of 1e-12 GeV more": Law("infrared", _softened),
    "jets reversed": Law("company", lambda some: some[::-1], lambda scores: scores[::-1]),
    "jets rolled": Law("company", lambda some: some[np.arange(len(some)) - 3], lambda scores: np.roll(scores, 3)),
    "every second jet": Law("company", lambda some: some[::2], _every_second),
    "first half": Law("company", lambda some: some[: len(some) // 2], lambda scores: scores[: len(scores) // 2]),
    "every jet twice": Law("company", lambda some: some[np.arange(2 * len(some)) // 2], lambda found: found.repeat(2)),
    "all jets twice": Law("company", lambda some: concatenate([some, some]), lambda scores: np.tile(scores, 2)),
    "one jet alone": Law("company", lambda some: some[5], lambda scores: scores[5:6]),
    "the last jet alone": Law("company", lambda some: some[-1], lambda scores: scores[-1:]),
    "asked again": Law("memory", lambda some: some, exact=True),
    "copied": Law("memory", laid_out(np.copy), exact=True),
    "strided": Law("memory", laid_out(strided), exact=True),
    "backwards in memory": Law("memory", laid_out(lambda values: values[::-1].copy()[::-1]), exact=True),
    "read-only": Law("memory", laid_out(_frozen), exact=True),
    "lists": Law("memory", _as_lists, exact=True),
    "big-endian": Law("memory", _big_endian, exact=True),
    "float32 made of float64": Law("precision", _through_float32),
    "32-bit offsets": Law("memory", lambda some: _with(some, offsets=some.offsets.astype(np.int32)), exact=True),
    "a part of more jets": Law("memory", _inside, exact=True),
    "chosen by a mask": Law("memory", _mask, exact=True),
    "through awkward": Law("memory", lambda some: Jets.from_awkward(some.to_awkward()), exact=True),
    "pickled": Law("memory", lambda some: pickle.loads(pickle.dumps(some)), exact=True),
}  # fmt: skip


def _point(*places: tuple[float, float, float]) -> Jets:
    pt, eta, phi = np.array(places, dtype=float).T
    return Jets(pt, eta, phi, [0, len(places)])


def _ring(n: int, radius: float, pt: float = 600.0) -> Jets:
    angle = np.arange(n) * 2 * np.pi / n + 0.1
    return _point(*zip(np.full(n, pt / n), radius * np.cos(angle), radius * np.sin(angle), strict=True))


ODD: dict[str, Jets] = {
    "one particle": _point((600.0, 0.3, 3.0)),
    "one particle on the axis": _point((500.0, 0.0, 0.0)),
    "two particles": _point((300.0, 0.0, 0.1), (250.0, 0.2, -0.1)),
    "two equal particles": _point((300.0, 0.1, 0.0), (300.0, -0.1, 0.0)),
    "two particles at one place": _point((300.0, 0.1, 1.0), (300.0, 0.1, 1.0)),
    "three on a line": _point((200.0, -0.2, 0.0), (200.0, 0.0, 0.0), (200.0, 0.2, 0.0)),
    "forty at one place": _point(*[(15.0, 0.2, -3.0)] * 40),
    "four corners": _ring(4, 0.4),
    "a ring": _ring(60, 0.5),
    "a wide ring": _ring(30, 1.2),
    "soft": _point((2e-3, 0.0, 0.0), (1e-3, 0.1, 0.1), (1e-3, -0.1, 0.2)),
    "hard": _point((2e4, 0.0, 0.0), (1e4, 0.1, 0.1), (1e4, -0.1, 0.2)),
    "very uneven": _point((600.0, 0.0, 0.0), (1e-6, 0.3, 0.3), (1e-6, -0.3, 0.1)),
    "two hundred particles": _ring(200, 0.3),
    "forward": _with(_ring(20, 0.3), eta=_ring(20, 0.3).eta + 4.0),
}
