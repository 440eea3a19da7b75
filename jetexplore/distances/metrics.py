"""How far apart are two jets? The metrics of Fraser et al. (2021), section 3.1, by their names.

A metric is one function ``(x, y, i, j, **options) -> (n_pairs,)`` and one line in `METRICS`; `matrices` takes any of
them by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from jetexplore.distances.formulas import energy_movers, mean_power_error, wasserstein
from jetexplore.distances.imagepairs import image_pairs
from jetexplore.errors import InputError


class Metric(NamedTuple):
    """A distance between jets, and what is known of it."""

    distance: Callable  # (x, y, i, j, **options) -> (n_pairs,) float64
    inputs: str  # "images" or "jets"
    triangle: bool  # whether d(a, c) <= d(a, b) + d(b, c)
    unit: str  # "" for a pure number
    equation: str
    certified: Callable | None = None  # as ``distance``, gives `formulas.Certified`; None without a solver
    pairs: Callable | None = None  # (x, y, **options) -> `imagepairs.ImagePairs`; None without bounds


def _mean_power(alpha: float) -> Metric:
    return Metric(partial(mean_power_error, alpha=alpha), "images", alpha <= 1, "", "eq. (3.1) of Fraser et al. (2021)")


def _wass(p: float) -> Metric:
    distance, equation = partial(wasserstein, p=p), "eq. (3.3) of Fraser et al. (2021)"
    more = partial(distance, certified=True), partial(image_pairs, p=p)
    return Metric(distance, "images", p >= 1, "rad", equation, *more)


METRICS: dict[str, Metric] = {
    "MSE": _mean_power(2),
    "MAE": _mean_power(1),
    "Wass(0.5)": _wass(0.5),
    "Wass(1)": _wass(1),
    "Wass(2)": _wass(2),
    "Wass(5)": _wass(5),
    "EMD": Metric(
        energy_movers,
        "jets",
        True,
        "GeV",
        "eq. (1) of Komiske, Metodiev and Thaler (2019)",
        partial(energy_movers, certified=True),
    ),
}
FAMILIES: dict[str, Callable[[float], Metric]] = {"Wass": _wass, "MPE": _mean_power}  # any number > 0 in brackets


def metric(name: str) -> Metric:
    """Find a metric by its name.

    Parameters
    ----------
    name : str
        A key of `METRICS`, or ``"Wass(p)"``, ``"MPE(alpha)"`` with any number > 0.

    Returns
    -------
    Metric
        The metric.

    Raises
    ------
    InputError
        ``E_METRIC`` if there is none of this name.

    Examples
    --------
    >>> metric("Wass(1.5)").unit, metric("MPE(2)").triangle
    ('rad', False)
    """
    if isinstance(name, str):
        if name in METRICS:
            return METRICS[name]
        found = re.fullmatch(r"(\w+)\((\d+\.?\d*|\.\d+)\)", name)
        if found and found[1] in FAMILIES and 0 < float(found[2]) < np.inf:
            return FAMILIES[found[1]](float(found[2]))
    allowed = ", ".join([*METRICS, "Wass(p) with p > 0, MPE(alpha) with alpha > 0"])
    raise InputError("E_METRIC", f"unknown metric {name!r}", allowed)
