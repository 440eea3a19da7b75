"""The detector response: its figures measured back, its geometry by integration, its towers by a slow twin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jetexplore.errors import InputError
from jetexplore.jets import detector
from jetexplore.jets.detector import ECAL, HCAL, Particles, respond

MASSES = {211: 0.13957, 11: 0.000511, 13: 0.10566, 22: 0.0, 130: 0.49761, 310: 0.49761}


def particles(pt, eta, phi, pdg, per_event=1):
    """Make events of ``per_event`` particles each."""
    pt, eta, phi, pdg = (np.array(a) for a in np.broadcast_arrays(*map(np.atleast_1d, (pt, eta, phi, pdg))))
    mass = np.array([MASSES.get(abs(int(kind)), 0.0) for kind in pdg])
    offsets = np.arange(0, len(pt) + 1, per_event)
    return Particles(pt, eta, phi, np.hypot(pt * np.cosh(eta), mass), pdg, offsets)


def shower(seed, size=60, events=1):
    """Make crowded events of all kinds of particles."""
    rng = np.random.default_rng(seed)
    n = size * events
    kinds = rng.choice([211, -211, 22, 130, 310, 11, -13, 2212], n)
    return particles(rng.exponential(8, n) + 0.05, rng.normal(0.5, 0.3, n), rng.normal(0, 0.3, n), kinds, size)


def alone(pt, eta, pdg, n):
    """Give what is seen of ``n`` equal particles, each in an event of its own."""
    sample = particles(np.full(n, pt), eta, np.linspace(-3, 3, n), pdg)
    return respond(sample, np.arange(n, dtype=np.uint32))


def slow_towers(calorimeter, tower, deposit, tracks, track_error, scale, seed):
    """Tower by tower in plain Python, from the description of SimpleCalorimeter; numbers from the same stream."""
    np.random.seed(seed)  # noqa: NPY002
    neutrals = []
    for number in sorted(set(tower) - {-1}):
        members = [i for i in range(len(tower)) if tower[i] == number]
        charged = sum(tracks[i] for i in members)
        variance = sum((track_error[i] * tracks[i]) ** 2 for i in members)
        eta, phi, width, height = detector._cell(calorimeter, number)
        energy = sum(deposit[i] for i in members)
        if energy > 0:
            spread = np.sqrt(np.log(1 + (detector._sigma(calorimeter, abs(eta), energy) / energy) ** 2))
            energy = np.exp(np.log(energy) - spread**2 / 2 + spread * np.random.normal())  # noqa: NPY002
        sigma = detector._sigma(calorimeter, abs(eta), energy)
        threshold = {ECAL: 0.5, HCAL: 1.0}[calorimeter]
        if energy < threshold or energy < 2 * sigma:
            energy = 0.0
        excess = max(energy - charged, 0.0)
        if excess > threshold and excess / np.sqrt(variance + sigma**2) > 2:
            eta, phi = (x + (np.random.random() - 0.5) * dx for x, dx in ((eta, width), (phi, height)))  # noqa: NPY002
            neutrals.append((excess / np.cosh(eta), eta, phi))
        elif charged > 0:
            weights = np.array([1 / variance, 1 / sigma**2]) if sigma > 0 else np.array([0.0, 1.0])
            factor = weights @ [charged, energy] / weights.sum() / charged
            for i in members:
                scale[i] *= factor if tracks[i] > 0 else 1.0
    return np.array(neutrals).reshape(-1, 3)


@pytest.mark.parametrize("calorimeter", [ECAL, HCAL])
@pytest.mark.parametrize("seed", range(6))
def test_towers_equal_the_slow_twin(calorimeter, seed):
    rng = np.random.default_rng(seed)
    n = 200
    tower = np.array([detector._tower(calorimeter, *rng.normal(0, (0.3, 0.2))) for _ in range(n)])
    tower[::17] = -1
    deposit = rng.exponential(6, n)
    tracks = deposit * rng.normal(1, 0.1, n) * (rng.random(n) < 0.6)
    error = np.full(n, 0.02)
    scale, slow_scale, out = np.ones(n), np.ones(n), np.empty((3, n))
    _seed(seed)
    count = detector._towers(calorimeter, tower, deposit, tracks, error, scale, out, 0)
    neutrals = slow_towers(calorimeter, tower, deposit, tracks, error, slow_scale, seed)
    assert 0 < count < len(set(tower))
    np.testing.assert_allclose(out[:, :count].T, neutrals, rtol=1e-12)
    np.testing.assert_allclose(scale, slow_scale, rtol=1e-12)
    assert np.any(scale != 1)


@detector.nb.njit
def _seed(seed):
    np.random.seed(seed)  # noqa: NPY002


@given(st.floats(-4.9999, 4.9999), st.floats(-np.pi, np.pi), st.sampled_from([ECAL, HCAL]))
@settings(max_examples=300, deadline=None)
def test_a_cell_holds_the_direction_it_was_asked_for(eta, phi, calorimeter):
    centre_eta, centre_phi, width, height = detector._cell(calorimeter, detector._tower(calorimeter, eta, phi))
    assert abs(eta - centre_eta) <= width / 2 + 1e-9
    turn = abs(phi - centre_phi) % (2 * np.pi)
    assert min(turn, 2 * np.pi - turn) <= height / 2 + 1e-9


@pytest.mark.parametrize(
    ("calorimeter", "eta", "width", "columns"),
    [
        (ECAL, 0.5, 0.0174, 360),
        (ECAL, -2.9, 0.0174, 360),
        (ECAL, 3.0, 0.167, 36),
        (ECAL, -4.9, 0.3, 36),
        (HCAL, 0.5, 0.087, 72),
        (HCAL, -1.6, 0.087, 72),
        (HCAL, 1.7, 0.087, 36),
        (HCAL, 2.1, 0.129, 36),
        (HCAL, -4.6, 0.175, 18),
    ],
)
def test_cells_have_the_size_of_the_card(calorimeter, eta, width, columns):
    cell = detector._cell(calorimeter, detector._tower(calorimeter, eta, 1.0))
    assert cell[2:] == pytest.approx((width, 2 * np.pi / columns), abs=1e-9)


def slow_bend(pt, eta, phi, charge, steps=200_000):
    """Follow a charged particle in small steps until it leaves the cylinder."""
    curvature = charge * 0.3 * 3.8 / pt  # rad per m in the transverse plane
    x = y = z = 0.0
    step = 3.0 / steps * 2
    while np.hypot(x, y) < 1.29 and abs(z) < 3.0:
        middle = phi - curvature * step / 2
        x, y, z = x + step * np.cos(middle), y + step * np.sin(middle), z + step * np.sinh(eta)
        phi -= curvature * step
    return np.arcsinh(z / np.hypot(x, y)), np.arctan2(y, x)


@pytest.mark.parametrize("charge", [1, -1])
@pytest.mark.parametrize(("pt", "eta"), [(50, 0.3), (1.0, -0.7), (0.5, 0.6), (0.6, 1.2), (3.0, 2.4), (0.3, 1.6)])
def test_the_helix_equals_small_steps(pt, eta, charge):
    at_eta, at_phi = detector._bend(float(pt), float(eta), 0.4, charge)
    slow_eta, slow_phi = slow_bend(pt, eta, 0.4, charge)
    assert at_eta == pytest.approx(slow_eta, abs=2e-3)
    assert np.cos(at_phi - slow_phi) == pytest.approx(1, abs=2e-5)


@pytest.mark.parametrize(
    ("pdg", "pt", "eta", "efficiency"),
    [
        (211, 10.0, 0.3, 0.95),
        (211, 10.0, 2.0, 0.85),
        (211, 0.5, 1.0, 0.70),
        (11, 200.0, 0.3, 0.99),
        (-11, 20.0, 2.2, 0.83),
        (13, 20.0, 0.3, 0.99),
        (-13, 0.9, -2.0, 0.70),
    ],
)
def test_tracks_are_found_as_often_as_the_card_says(pdg, pt, eta, efficiency):
    n = 4000
    found = np.array([detector._track(pt, abs(eta), abs(pdg))[0] > 0 for _ in range(n)])
    assert found.mean() == pytest.approx(efficiency, abs=4.5 * np.sqrt(efficiency * (1 - efficiency) / n))


@pytest.mark.parametrize(("pt", "eta"), [(0.1, 0.0), (0.05, 1.0), (50.0, 2.6)])
def test_no_track_outside_the_tracker(pt, eta):
    assert detector._track(pt, eta, 211) == (0, 0)


@pytest.mark.parametrize(
    ("pdg", "pt", "eta", "constant", "slope"),
    [(13, 50.0, 0.3, 0.010, 1.0e-4), (13, 200.0, 1.2, 0.015, 1.5e-4), (-13, 100.0, 2.0, 0.025, 3.5e-4)],
)
def test_muons_are_smeared_as_the_card_says(pdg, pt, eta, constant, slope):
    seen = alone(pt, eta, pdg, 4000)
    error = np.hypot(constant, slope * pt)
    assert seen.pt.mean() == pytest.approx(pt, rel=5 * error / np.sqrt(4000))
    assert seen.pt.std() == pytest.approx(error * pt, rel=0.06)
    assert np.all(seen.eta == eta)  # the direction at the vertex is kept


@pytest.mark.parametrize(
    ("pdg", "energy", "sigma"),
    [
        (22, 100.0, np.sqrt((0.008 * 100) ** 2 + 0.11**2 * 100 + 0.4**2)),
        (130, 200.0, np.sqrt((0.05 * 200) ** 2 + 1.5**2 * 200)),
    ],
)
def test_neutrals_are_smeared_as_the_card_says(pdg, energy, sigma):
    eta = 0.02
    seen = alone(energy / np.cosh(eta), eta, pdg, 4000)
    assert len(seen.pt) == 4000
    measured = seen.pt * np.cosh(seen.eta)
    assert measured.mean() == pytest.approx(energy, abs=5 * sigma / np.sqrt(4000))
    assert measured.std() == pytest.approx(sigma * (1 + 0.64 * 0.0174**2), rel=0.06)


def test_soft_neutrals_are_lost():
    assert len(alone(0.2, 0.0, 22, 200).pt) < 20
    assert len(alone(1.0, 0.0, 130, 200).pt) < 20


def test_a_k_short_shares_its_energy():
    seen = alone(200.0, 0.1, 310, 300)
    assert len(seen.pt) == 600
    assert seen.pt.sum() / 300 == pytest.approx(200, rel=0.03)


def test_a_hadron_is_not_counted_twice():
    seen = alone(50.0, 0.1, 211, 2000)
    assert len(seen.pt) / 2000 == pytest.approx(1.0, abs=0.15)  # a track, or the tower of one that was not found
    assert seen.pt.sum() / 2000 == pytest.approx(50, rel=0.1)


def test_events_do_not_depend_on_their_company():
    sample, seeds = shower(1, events=12), np.arange(12, dtype=np.uint32)
    whole = respond(sample, seeds)
    for event in (0, 5, 11):
        part = slice(60 * event, 60 * (event + 1))
        one = respond(Particles(*(values[part] for values in sample[:5]), np.array([0, 60])), seeds[event : event + 1])
        inside = slice(whole.offsets[event], whole.offsets[event + 1])
        for mine, theirs in zip(one[:3], whole[:3], strict=True):
            assert mine.tolist() == theirs[inside].tolist()


@pytest.mark.parametrize(
    "odd",
    [
        (0.0, 0.0),
        (1e-30, 0.5),
        (np.nan, 0.0),
        (50.0, np.nan),
        (50.0, np.inf),
        (50.0, -5.0),
        (1e-3, 300.0),
        (np.inf, 0.0),
    ],
)
@pytest.mark.parametrize("pdg", [22, 211, -11])
def test_a_particle_without_direction_is_not_seen(odd, pdg):
    usual = shower(2, size=10)
    with np.errstate(over="ignore", invalid="ignore"):
        strange = particles(odd[0], odd[1], 0.0, pdg)
    mixed = Particles(*(np.concatenate(pair) for pair in zip(usual[:5], strange[:5], strict=True)), np.array([0, 11]))
    seen, expected = respond(mixed, [3]), respond(usual, [3])
    assert all(np.isfinite(values).all() for values in seen[:3])
    assert seen.pt.min() > 0
    if odd != (np.inf, 0.0):
        assert seen.pt.tolist() == expected.pt.tolist()


PARTICLE = st.tuples(st.floats(1e-3, 1e4), st.floats(-6, 6), st.floats(-4, 4), st.sampled_from([22, 211, 130, -11]))


@given(st.lists(PARTICLE))
@settings(max_examples=60, deadline=None)
def test_what_is_seen_is_always_finite(listed):
    flat = np.array(listed, dtype=float).reshape(-1, 4).T
    sample = particles(*flat[:3], flat[3].astype(int), max(len(listed), 1)) if listed else None
    sample = sample or Particles(*(np.zeros(0),) * 5, np.array([0, 0]))
    seen = respond(sample, [1])
    assert all(np.isfinite(values).all() for values in seen[:3])
    assert np.all(seen.pt > 0)
    assert np.all(np.abs(seen.eta) <= 5)
    assert seen.offsets.tolist() == [0, len(seen.pt)]


def test_one_seed_an_event():
    with pytest.raises(InputError, match="2 seeds for 1 events") as caught:
        respond(shower(1), [1, 2])
    assert caught.value.code == "E_LENGTH"
