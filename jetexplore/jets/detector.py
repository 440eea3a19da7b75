"""What would a detector see? A particle-flow response in the manner of Delphes with its CMS card.

The figures are those of the public card ``cards/delphes_card_CMS.tcl`` and the tower algorithm that of
``modules/SimpleCalorimeter.cc`` (https://github.com/delphes/delphes): tracks are found and smeared, charged
particles bend in the solenoid, energies are summed in towers of the electromagnetic and then of the hadronic
calorimeter, and what a tower holds beyond its tracks becomes a neutral particle. Vertices are taken at the origin.

The kernel is one file on purpose: numba notices a change only in the file of the function it has cached.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets.clustering import Events

FIELD = 3.8  # T
RADIUS = 1.29  # m, inner face of the calorimeter
HALF_LENGTH = 3.0  # m
ETA_MAX = 5.0  # end of the calorimeters
TRACK_ETA_MAX = 2.5
TRACK_PT_MIN = 0.1  # GeV
SIGNIFICANCE_MIN = 2.0  # of a tower, and of its neutral excess

PT_TINY = 1e-6  # GeV; below this a direction is only rounding

HADRON, ELECTRON, MUON = 0, 1, 2
# efficiency of a track of [kind][barrel |eta| <= 1.5, endcap][pt <= 1 GeV, <= 100 GeV, above]
TRACK_EFFICIENCY = np.array(
    [
        [[0.70, 0.95, 0.95], [0.60, 0.85, 0.85]],
        [[0.73, 0.95, 0.99], [0.50, 0.83, 0.90]],
        [[0.75, 0.99, 0.99], [0.70, 0.98, 0.98]],
    ]
)
# sigma(pt) / pt = sqrt(c^2 + (s pt)^2) of [kind][|eta| <= 0.5, <= 1.5, <= 2.5][c, s in 1/GeV]
TRACK_RESOLUTION = np.array(
    [
        [[0.010, 1.5e-4], [0.015, 2.5e-4], [0.025, 5.5e-4]],
        [[0.030, 1.3e-3], [0.050, 1.7e-3], [0.150, 3.1e-3]],
        [[0.010, 1.0e-4], [0.015, 1.5e-4], [0.025, 3.5e-4]],
    ]
)
ECAL, HCAL = 0, 1
ENERGY_MIN = np.array([0.5, 1.0])  # GeV, least energy of a tower and of a neutral excess
ECAL_STEP = 0.0174  # in eta, and one degree in phi, below ECAL_ETA
ECAL_ETA = 2.958
FORWARD_EDGES = np.array([2.958, 3.125, 3.3, 3.475, 3.65, 3.825, 4.0, 4.175, 4.35, 4.525, 4.7, 5.0])
HCAL_FINE, HCAL_COARSE = 1.653, 4.525  # |eta| up to which HCAL towers cover 5 degrees, and 10
HCAL_EDGES = np.array(
    [0.087 * i for i in range(20)]
    + [1.74, 1.83, 1.93, 2.043, 2.172, 2.322, 2.5, 2.65, 2.868, 2.95]
    + [3.125, 3.3, 3.475, 3.65, 3.825, 4.0, 4.175, 4.35, 4.525, 4.7, 5.0]
)


class Particles(NamedTuple):
    """Visible final particles of events, ragged like `Jets`; an event may be empty."""

    pt: np.ndarray  # (n_particles,) GeV
    eta: np.ndarray  # (n_particles,)
    phi: np.ndarray  # (n_particles,) rad
    energy: np.ndarray  # (n_particles,) GeV
    pdg: np.ndarray  # (n_particles,) particle identity, numbering of the Particle Data Group
    offsets: np.ndarray  # (n_events + 1,)


def respond(particles: Particles, seeds: np.ndarray) -> Events:
    """Give what particle flow reconstructs of each event: neutral towers and tracks, massless.

    Each event has its own random numbers, so the result does not depend on how events are grouped.

    Parameters
    ----------
    particles : Particles
        The visible particles. One without a direction (pt of zero or not finite, |eta| >= 5) is not seen.
    seeds : ndarray of uint32, shape (n_events,)
        Seed of each event.

    Returns
    -------
    Events
        Reconstructed particles, pt in GeV.

    Raises
    ------
    InputError
        ``E_LENGTH`` if there is not one seed an event.

    Examples
    --------
    >>> photon = Particles(*map(np.array, ([50.0], [0.3], [1.0], [52.3], [22], [0, 1])))
    >>> seen = respond(photon, np.array([1], dtype=np.uint32))
    >>> len(seen.pt), bool(abs(seen.pt[0] - 50) < 5), bool(abs(seen.eta[0] - 0.3) < 0.0174)
    (1, True, True)
    """
    offsets = np.asarray(particles.offsets, dtype=np.int64)
    if len(seeds) != len(offsets) - 1:
        raise InputError("E_LENGTH", f"{len(seeds)} seeds for {len(offsets) - 1} events", "one seed an event")
    flat = [np.ascontiguousarray(values, dtype=np.float64) for values in particles[:4]]
    pdg = np.ascontiguousarray(particles.pdg, dtype=np.int64)
    return Events(*_respond(*flat, pdg, offsets, np.ascontiguousarray(seeds, dtype=np.uint32)))


@nb.njit(cache=True, nogil=True)
def _respond(
    pt: np.ndarray,
    eta: np.ndarray,
    phi: np.ndarray,
    energy: np.ndarray,
    pdg: np.ndarray,
    offsets: np.ndarray,
    seeds: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    out = np.empty((3, 3 * len(pt)))  # at most a track and two neutrals a particle
    ends = np.zeros(len(offsets), np.int64)
    n = 0
    for event in range(len(offsets) - 1):
        np.random.seed(seeds[event])  # noqa: NPY002 - the one stream that compiled code can seed
        a, b = offsets[event], offsets[event + 1]
        n = _event(pt[a:b], eta[a:b], phi[a:b], energy[a:b], pdg[a:b], out, n)
        ends[event + 1] = n
    return out[0, :n].copy(), out[1, :n].copy(), out[2, :n].copy(), ends


@nb.njit(cache=True, nogil=True)
def _event(
    pt: np.ndarray, eta: np.ndarray, phi: np.ndarray, energy: np.ndarray, pdg: np.ndarray, out: np.ndarray, n: int
) -> int:
    """Write what is reconstructed of one event to ``out`` from ``n`` on; give the new ``n``."""
    size = len(pt)
    face_eta, face_phi = np.empty(size), np.empty(size)  # where a particle meets the calorimeters
    track_pt, track_error = np.zeros(size), np.zeros(size)  # pt 0: no track; the error is relative
    for i in range(size):
        charge = _charge(pdg[i])
        face_eta[i], face_phi[i] = eta[i], phi[i]
        if charge != 0 and _has_direction(pt[i], eta[i]):
            face_eta[i], face_phi[i] = _bend(pt[i], eta[i], phi[i], charge)
            track_pt[i], track_error[i] = _track(pt[i], abs(eta[i]), abs(pdg[i]))
    scale = np.ones(size)  # correction of the tracks by the towers
    for calorimeter in (ECAL, HCAL):
        tower, fraction = np.full(size, -1), np.zeros(size)
        for i in range(size):
            fraction[i] = _fraction(calorimeter, abs(pdg[i]))
            if fraction[i] > 0 and energy[i] > 0 and _has_direction(pt[i], face_eta[i]):
                tower[i] = _tower(calorimeter, face_eta[i], face_phi[i])
        tracks = fraction * track_pt * np.cosh(eta)
        n = _towers(calorimeter, tower, fraction * energy, tracks, track_error, scale, out, n)
    for i in range(size):
        if track_pt[i] > 0:
            out[0, n], out[1, n], out[2, n] = track_pt[i] * scale[i], eta[i], phi[i]
            n += 1
    return n


@nb.njit(cache=True, nogil=True)
def _towers(
    calorimeter: int,
    tower: np.ndarray,
    deposit: np.ndarray,
    tracks: np.ndarray,
    track_error: np.ndarray,
    scale: np.ndarray,
    out: np.ndarray,
    n: int,
) -> int:
    """Measure each tower that was hit: a neutral for a clear excess over its tracks, else mend the tracks."""
    order = np.argsort(tower, kind="mergesort")  # a stable order, so sums do not depend on the sorting
    start = np.searchsorted(tower[order], 0)  # -1: not in a tower
    while start < len(order):
        end = start
        energy, charged, variance = 0.0, 0.0, 0.0  # E_tower, T and s_trk^2
        while end < len(order) and tower[order[end]] == tower[order[start]]:
            i = order[end]
            energy += deposit[i]
            charged += tracks[i]
            variance += (track_error[i] * tracks[i]) ** 2
            end += 1
        eta, phi, width, height = _cell(calorimeter, tower[order[start]])
        energy, sigma = _measure(calorimeter, abs(eta), energy)
        excess = max(energy - charged, 0.0)
        if excess > ENERGY_MIN[calorimeter] and excess > SIGNIFICANCE_MIN * np.sqrt(variance + sigma**2):
            eta += (np.random.random() - 0.5) * width  # noqa: NPY002
            phi += (np.random.random() - 0.5) * height  # noqa: NPY002
            out[0, n], out[1, n], out[2, n] = excess / np.cosh(eta), eta, phi
            n += 1
        elif charged > 0:
            factor = _combined(charged, variance, energy, sigma) / charged
            for k in range(start, end):
                if tracks[order[k]] > 0:
                    scale[order[k]] *= factor
        start = end
    return n


@nb.njit(cache=True, nogil=True)
def _measure(calorimeter: int, eta: float, energy: float) -> tuple[float, float]:
    """Smear the energy of a tower, 0 if it is below threshold, and give its resolution in GeV."""
    energy = _lognormal(energy, _sigma(calorimeter, eta, energy))
    sigma = _sigma(calorimeter, eta, energy)
    if energy < ENERGY_MIN[calorimeter] or energy < SIGNIFICANCE_MIN * sigma:
        energy = 0.0
    return energy, sigma


@nb.njit(cache=True, nogil=True)
def _combined(charged: float, variance: float, energy: float, sigma: float) -> float:
    """Mean of track and tower energy weighted by their inverse variances."""
    if variance <= 0 or sigma <= 0:  # one of the two is exact
        return charged if variance <= 0 else energy
    return (charged / variance + energy / sigma**2) / (1 / variance + 1 / sigma**2)


@nb.njit(cache=True, nogil=True)
def _lognormal(mean: float, sigma: float) -> float:
    if mean <= 0:
        return 0.0
    width = np.sqrt(np.log(1 + (sigma / mean) ** 2))
    return mean * np.exp(width * np.random.normal() - width**2 / 2)  # noqa: NPY002


@nb.njit(cache=True, nogil=True)
def _sigma(calorimeter: int, eta: float, energy: float) -> float:
    """Energy resolution of a tower in GeV at |eta|."""
    if calorimeter == HCAL:
        constant, stochastic = (0.05, 1.5) if eta <= 3.0 else (0.13, 2.7)
        return np.sqrt((constant * energy) ** 2 + stochastic**2 * energy)
    if eta > 2.5:
        return np.sqrt((0.107 * energy) ** 2 + 2.08**2 * energy)
    shape = 1 + 0.64 * eta**2 if eta <= 1.5 else 2.16 + 5.6 * (eta - 2) ** 2
    return shape * np.sqrt((0.008 * energy) ** 2 + 0.11**2 * energy + 0.40**2)


@nb.njit(cache=True, nogil=True)
def _tower(calorimeter: int, eta: float, phi: float) -> int:
    """Give the number of the tower at a direction: 1000 times the row in eta plus the column in phi."""
    turn = phi / (2 * np.pi) + 0.5
    if calorimeter == ECAL and abs(eta) < ECAL_ETA:
        row = int(np.floor(eta / ECAL_STEP)) + 500
        columns = 360
    else:
        edges = FORWARD_EDGES if calorimeter == ECAL else HCAL_EDGES
        row = np.searchsorted(edges, abs(eta), side="right") - 1
        columns = _columns(calorimeter, row)
        row += 1000 if eta > 0 else 1100
    return row * 1000 + int(np.floor((turn - np.floor(turn)) * columns)) % columns


@nb.njit(cache=True, nogil=True)
def _cell(calorimeter: int, tower: int) -> tuple[float, float, float, float]:
    """Centre and size of a tower in eta and phi."""
    row, column = tower // 1000, tower % 1000
    if row < 1000:
        eta, width, columns = (row - 500 + 0.5) * ECAL_STEP, ECAL_STEP, 360
    else:
        side = 1.0 if row < 1100 else -1.0
        row = row % 100
        edges = FORWARD_EDGES if calorimeter == ECAL else HCAL_EDGES
        eta, width = side * (edges[row] + edges[row + 1]) / 2, edges[row + 1] - edges[row]
        columns = _columns(calorimeter, row)
    height = 2 * np.pi / columns
    return eta, (column + 0.5) * height - np.pi, width, height


@nb.njit(cache=True, nogil=True)
def _columns(calorimeter: int, row: int) -> int:
    """Count the towers around phi in a row of the forward ECAL or of the HCAL."""
    if calorimeter == ECAL:
        return 36
    if HCAL_EDGES[row] < HCAL_FINE - 1e-9:
        return 72
    return 36 if HCAL_EDGES[row] < HCAL_COARSE - 1e-9 else 18


@nb.njit(cache=True, nogil=True)
def _fraction(calorimeter: int, kind: int) -> float:
    """Share of its energy that a particle of |pdg| leaves in a calorimeter."""
    if kind in (12, 13, 14, 16):
        return 0.0
    if kind in (11, 22, 111):
        return 1.0 if calorimeter == ECAL else 0.0
    if kind in (310, 3122):
        return 0.3 if calorimeter == ECAL else 0.7
    return 0.0 if calorimeter == ECAL else 1.0


@nb.njit(cache=True, nogil=True)
def _charge(pdg: int) -> int:
    """Charge of the particles that live long enough to be tracked."""
    sign = 1 if pdg > 0 else -1
    if abs(pdg) in (211, 321, 2212, 3222):
        return sign
    if abs(pdg) in (11, 13, 3112, 3312, 3334):
        return -sign
    return 0


@nb.njit(cache=True, nogil=True)
def _has_direction(pt: float, eta: float) -> bool:
    return PT_TINY < pt < np.inf and abs(eta) < ETA_MAX


@nb.njit(cache=True, nogil=True)
def _bend(pt: float, eta: float, phi: float, charge: int) -> tuple[float, float]:
    """Follow the helix of a charged particle from the origin to the calorimeter face; give the face's eta, phi."""
    turn = 2 * pt / (0.3 * FIELD)  # m, diameter of the circle
    slope = np.sinh(eta)
    arc = HALF_LENGTH / max(abs(slope), 1e-9)  # m in the transverse plane to the end cap
    if turn > RADIUS:
        arc = min(turn * np.arcsin(RADIUS / turn), arc)
    angle = arc / turn
    chord = turn * np.sin(angle)
    if chord < 0:  # more than half a circle: the chord points the other way
        phi += np.pi
    return np.arcsinh(arc * slope / max(abs(chord), 1e-9)), phi - charge * angle


@nb.njit(cache=True, nogil=True)
def _track(pt: float, eta: float, kind: int) -> tuple[float, float]:
    """Measured pt of a track and its relative error; pt 0 if it is not found."""
    if pt <= TRACK_PT_MIN or eta > TRACK_ETA_MAX:
        return 0.0, 0.0
    species = ELECTRON if kind == 11 else (MUON if kind == 13 else HADRON)
    region = 0 if eta <= 1.5 else 1
    step = 0 if pt <= 1.0 else (1 if pt <= 100.0 else 2)
    if np.random.random() >= TRACK_EFFICIENCY[species, region, step]:  # noqa: NPY002
        return 0.0, 0.0
    constant, slope = TRACK_RESOLUTION[species, 0 if eta <= 0.5 else 1 + region]
    error = np.hypot(constant, slope * pt)
    return _lognormal(pt, error * pt), error
