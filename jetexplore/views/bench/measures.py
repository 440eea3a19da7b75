"""How does a measurement become a row that says whether a promise was kept?"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

ENOUGH = 40.0  # s after which a quantity is not measured again, once it has been three times


class Extent(NamedTuple):
    """How much is measured."""

    rounds: int = 20  # of everything short
    starts: int = 3  # processes; each takes more than 5 s
    pages: tuple[int, ...] = (1, 5, 20)
    actions: int = 5  # of each person
    visits: int = 100


class Row(NamedTuple):
    """One quantity."""

    what: str
    target: str
    median: float
    p95: float
    unit: str
    n: int
    bare: float | None = None  # median of the bare page
    met: bool | None = None  # whether the target is kept; None where there is none


FULL = Extent()
QUICK = Extent(3, 1, (1, 3), 2, 10)


def repeated(extent: Extent) -> Iterator[int]:
    """Count rounds, fewer where they are long: nobody waits for twenty failures.

    Parameters
    ----------
    extent : Extent
        How many at most.

    Yields
    ------
    int
        0, 1, ...

    Examples
    --------
    >>> list(repeated(QUICK))
    [0, 1, 2]
    """
    end = time.monotonic() + ENOUGH
    for number in range(extent.rounds):
        if number >= QUICK.rounds and time.monotonic() > end:
            return
        yield number


def row(
    what: str, values: Sequence[float], unit: str = "ms", *, most: float | None = None, by: str = "median",
    bare: Sequence[float] = (), ratio: float | None = None,
) -> Row:  # fmt: skip
    """Sum up what was measured, and hold it against its target.

    Parameters
    ----------
    what : str
        Of the quantity.
    values : sequence of float
        Measured.
    unit : str
        Theirs.
    most : float, optional
        The target.
    by : str
        ``"median"`` or ``"p95"``, which the target is for.
    bare : sequence of float
        The same of the bare page.
    ratio : float, optional
        A second target: so many times the bare page, of medians.

    Returns
    -------
    Row
        Failed measurements (NaN) count as infinitely long.

    Examples
    --------
    >>> row("click", [10.0, 20.0, 60.0], most=50, by="p95").met
    False
    """
    some = np.nan_to_num(np.asarray(values, float), nan=np.inf)
    middle, late = float(np.median(some)), float(np.quantile(some, 0.95, method="higher"))
    other = float(np.median(bare)) if len(bare) else None
    met = None if most is None else (middle if by == "median" else late) <= most
    if ratio is not None and other:
        met = bool(met is not False and middle <= ratio * other)
    told = "" if most is None else f"{by} <= {most:g}"
    told += "" if ratio is None else f", <= {ratio:g} x bare"
    return Row(what, told.lstrip(", "), middle, late, unit, len(some), other, met)
