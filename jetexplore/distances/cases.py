"""Which problems are timed? Jets and a distance, posed once for ours and for every peer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from jetexplore.distances import peers, transport
from jetexplore.distances.peers import Arcs, Points
from jetexplore.distances.problems import Costs
from jetexplore.distances.transport import Clouds, Supports
from jetexplore.errors import InputError
from jetexplore.jets.constituents import Jets, wrap

POWERS = (0.5, 1.0, 2.0, 5.0)


class Case(NamedTuple):
    """Jets and a distance: what ours and every peer has to solve."""

    jets: str
    p: float
    x: Points
    y: Points | None  # None: pairs are distinct jets of x
    ours: Callable[[np.ndarray, np.ndarray], Costs]
    arcs: Arcs  # as users of POT compute them
    fast_arcs: Arcs  # as the kernel does


def image_cases(
    name: str, images: np.ndarray, references: np.ndarray | None = None, *, powers: Sequence[float] = POWERS,
    width: float = 3.2,
) -> list[Case]:  # fmt: skip
    """Pose Wass(p) between images.

    Parameters
    ----------
    name : str
        What they are.
    images : ndarray, shape (n, npix, npix)
        One side, or both.
    references : ndarray, shape (m, npix, npix), optional
        The other side, such as an average.
    powers : sequence of float
        Powers p of the distance.
    width : float
        Side of an image, rad.

    Returns
    -------
    list of Case
        One a power.

    Raises
    ------
    InputError
        ``E_SHAPE`` if there are no pairs.
    """
    if len(images) < (2 if references is None else 1) or (references is not None and len(references) < 1):
        others = "" if references is None else f" and {len(references)}"
        raise InputError("E_SHAPE", f"{len(images)}{others} images", "two images or one and a reference")
    npix, pitch = images.shape[-1], width / images.shape[-1]
    x = transport.supports(images)
    y = x if references is None else transport.supports(references)
    left = peers.pixel_points(x, pitch, npix)
    right = left if references is None else peers.pixel_points(y, pitch, npix)
    return [
        Case(
            name,
            float(p),
            left,
            None if references is None else right,
            partial(_image_costs, x, y, p, pitch, npix),
            peers.arcs_between(left, right, p),
            peers.arcs_from_table(x, y, p, pitch, npix),
        )
        for p in powers
    ]


def cloud_cases(name: str, jets: Jets, *, powers: Sequence[float] = (1.0,)) -> list[Case]:
    """Pose the energy mover's distance with R = 1 between jets of unit weight, each around its own axis.

    Parameters
    ----------
    name : str
        What they are.
    jets : Jets
        At least two.
    powers : sequence of float
        Powers beta of the distance.

    Returns
    -------
    list of Case
        One a power.

    Raises
    ------
    InputError
        ``E_SHAPE`` if there are no pairs.
    """
    if len(jets) < 2:
        raise InputError("E_SHAPE", f"{len(jets)} jets", "at least two")
    axis = jets.momenta()
    eta, phi = jets.eta - axis.eta[jets.jet], wrap(jets.phi - axis.phi[jets.jet])
    clouds = Clouds(jets.offsets, eta, phi, jets.pt / np.add.reduceat(jets.pt, jets.offsets[:-1])[jets.jet])
    x = peers.cloud_points(clouds)
    cases = []
    for beta in powers:
        arcs = peers.arcs_between(x, x, beta)
        cases.append(Case(name, float(beta), x, None, partial(_cloud_costs, clouds, beta), arcs, arcs))
    return cases


def all_pairs(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Give all pairs of a case.

    Parameters
    ----------
    case : Case
        The jets.

    Returns
    -------
    i, j : ndarray of int
        All distinct ones, or each jet with each reference.
    """
    n = len(case.x.offsets) - 1
    if case.y is None:
        return np.triu_indices(n, 1)
    return tuple(np.indices((n, len(case.y.offsets) - 1)).reshape(2, -1))


def drawn(case: Case, many: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw pairs of a case, never a jet with itself.

    Parameters
    ----------
    case : Case
        The jets.
    many : int
        How many.
    rng : numpy.random.Generator
        Draws them.

    Returns
    -------
    i, j : ndarray of int, shape (many,)
        Pairs.
    """
    n = len(case.x.offsets) - 1
    i = rng.integers(0, n, many)
    if case.y is None:
        return i, (i + rng.integers(1, n, many)) % n
    return i, rng.integers(0, len(case.y.offsets) - 1, many)


def _image_costs(
    x: Supports, y: Supports, p: float, pitch: float, npix: int, i: np.ndarray, j: np.ndarray
) -> Costs:  # fmt: skip
    return transport.transport_costs(x, y, i, j, p, pitch, npix, threads=1)


def _cloud_costs(clouds: Clouds, beta: float, i: np.ndarray, j: np.ndarray) -> Costs:
    return transport.cloud_costs(clouds, clouds, i, j, 1.0, beta, balanced=True, threads=1)
