"""Anti-kT against a loop written from its definition, and masses against closed forms."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jetexplore.errors import InputError
from jetexplore.jets.clustering import Events, dijet_mass, leading_jets
from jetexplore.jets.constituents import Jets


def events(*lists):
    """Make events of (pt, eta, phi) triples."""
    flat = np.array([particle for particles in lists for particle in particles], dtype=float).reshape(-1, 3)
    offsets = np.concatenate([[0], np.cumsum([len(particles) for particles in lists])]).astype(int)
    return Events(*flat.T, offsets)


def slow_antikt(particles, radius):
    """Join the closest pair, or put the closest to the beam aside: the definition, cubic in the particles.

    d_ij = min(1 / pt_i^2, 1 / pt_j^2) Delta_ij^2 / R^2 and d_iB = 1 / pt_i^2; Delta in (rapidity, phi).
    """
    pseudo = [
        (np.array([pt * np.cosh(eta), pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)]), [i])
        for i, (pt, eta, phi) in enumerate(particles)
    ]
    jets = []
    while pseudo:
        four = np.array([momentum for momentum, _ in pseudo])
        pt2 = four[:, 1] ** 2 + four[:, 2] ** 2
        rapidity = np.arctanh(four[:, 3] / four[:, 0])
        phi = np.arctan2(four[:, 2], four[:, 1])
        best, first, second = min((1 / value, i, -1) for i, value in enumerate(pt2))
        for i in range(len(pseudo)):
            for j in range(i):
                turn = abs(phi[i] - phi[j])
                apart = (rapidity[i] - rapidity[j]) ** 2 + min(turn, 2 * np.pi - turn) ** 2
                distance = min(1 / pt2[i], 1 / pt2[j]) * apart / radius**2
                if distance < best:
                    best, first, second = distance, i, j
        momentum, members = pseudo.pop(first)
        if second < 0:
            jets.append((np.hypot(momentum[1], momentum[2]), sorted(members)))
        else:
            other, more = pseudo.pop(second)
            pseudo.append((momentum + other, members + more))
    return sorted(jets, reverse=True)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("radius", [0.4, 1.0])
def test_jets_are_those_of_the_definition(seed, radius):
    rng = np.random.default_rng(seed)
    particles = np.stack([rng.exponential(40, 25) + 0.1, rng.uniform(-2, 2, 25), rng.uniform(-3.1, 3.1, 25)], 1)
    jets = slow_antikt(particles, radius)
    found = leading_jets(events(particles), radius=radius)
    assert sorted(found.jets.pt) == pytest.approx(sorted(particles[jets[0][1], 0]), rel=1e-15)
    assert found.sub_pt[0] == pytest.approx(jets[1][0] if jets[1][0] > 20 else 0.0, rel=1e-12)


@given(st.floats(30, 500), st.floats(1, 500), st.floats(-0.6, 0.6), st.floats(-0.6, 0.6), st.floats(-2, 2))
@settings(max_examples=30, deadline=None)
def test_two_prongs_have_the_closed_form_mass(pt1, pt2, deta, dphi, eta):
    phi = 3.0  # so that many pairs wrap
    pair = events([(pt1, eta, phi), (pt2, eta + deta, phi + dphi)])
    jets = leading_jets(pair).jets
    assert len(jets.pt) == 2
    mass2 = 2 * pt1 * pt2 * (np.cosh(deta) - np.cos(dphi))
    assert jets.momenta().mass[0] ** 2 == pytest.approx(mass2, rel=1e-6, abs=1e-6 * (pt1 + pt2) ** 2)


def test_constituents_come_hardest_first_and_unchanged():
    found = leading_jets(events([(10, 0.1, 3.1), (50, 0.0, -3.1), (30, 0.2, 3.0)]))
    assert found.jets.pt.tolist() == [50, 30, 10]
    assert found.jets.phi.tolist() == [-3.1, 3.0, 3.1]


def test_jets_of_an_event_are_consecutive_and_events_are_named():
    hard, back, soft = (600.0, 0.0, 0.0), (500.0, 0.3, 3.1), (30.0, 0.0, 1.6)
    sample = events([hard, back, soft], [], [soft], [back, hard])
    pairs = leading_jets(sample, n_leading=2)
    assert pairs.event.tolist() == [0, 0, 3, 3]
    assert pairs.jets.pt.tolist() == [600, 500, 600, 500]
    single = leading_jets(sample)
    assert single.event.tolist() == [0, 2, 3]
    assert single.sub_pt == pytest.approx([500, 0, 500])


@pytest.mark.parametrize("sample", [events(), events([]), events([], []), events([(5.0, 0.0, 0.0)])])
def test_events_without_a_jet_give_none(sample):
    assert len(leading_jets(sample).jets) == 0
    assert len(dijet_mass(leading_jets(sample, n_leading=2).jets)) == 0


def test_order_of_particles_does_not_matter():
    rng = np.random.default_rng(3)
    particles = np.stack([rng.exponential(20, 60) + 0.1, rng.uniform(-3, 3, 60), rng.uniform(-3.1, 3.1, 60)], 1)
    one = leading_jets(events(particles)).jets
    other = leading_jets(events(rng.permutation(particles))).jets
    assert one.pt.tolist() == other.pt.tolist()


def test_jets_are_events_too():
    jet = Jets([300.0, 200.0], [0.0, 0.1], [0.0, 0.1], [0, 2])
    assert leading_jets(jet).jets.pt.tolist() == [300, 200]


def test_dijet_mass_is_that_of_the_sum():
    jets = Jets([900.0, 300.0, 1000.0], [0.3, 0.2, -0.8], [0.1, 0.0, 3.0], [0, 2, 3])
    momenta = jets.momenta()
    energy = np.hypot(momenta.pt * np.cosh(momenta.eta), momenta.mass)
    px, py = momenta.pt * np.cos(momenta.phi), momenta.pt * np.sin(momenta.phi)
    pz = momenta.pt * np.sinh(momenta.eta)
    expected = np.sqrt(energy.sum() ** 2 - px.sum() ** 2 - py.sum() ** 2 - pz.sum() ** 2)
    assert dijet_mass(jets) == pytest.approx([expected], rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"n_leading": 0}, "E_RANGE"),
        ({"radius": 0.0}, "E_RANGE"),
        ({"radius": np.nan}, "E_RANGE"),
        ({"pt_min": -1.0}, "E_RANGE"),
    ],
)
def test_arguments_out_of_range_are_named(arguments, code):
    with pytest.raises(InputError) as caught:
        leading_jets(events([(50.0, 0.0, 0.0)]), **arguments)
    assert caught.value.code == code
    assert next(iter(arguments)) in str(caught.value)


@pytest.mark.parametrize(
    ("particle", "code"),
    [((0.0, 0.0, 0.0), "E_RANGE_PT"), ((-5.0, 0.0, 0.0), "E_RANGE_PT"), ((50.0, np.nan, 0.0), "E_NONFINITE")],
)
def test_particles_without_direction_are_refused(particle, code):
    with pytest.raises(InputError) as caught:
        leading_jets(events([(50.0, 0.0, 0.0), particle]))
    assert caught.value.code == code


def test_an_odd_number_of_jets_has_no_pairs():
    with pytest.raises(InputError, match="1 jets") as caught:
        dijet_mass(Jets([1.0], [0.0], [0.0], [0, 1]))
    assert caught.value.code == "E_PAIRS"


def test_no_banner_on_stdout():
    program = (
        "import numpy as np; from jetexplore.jets.clustering import Events, leading_jets; "
        "leading_jets(Events(*map(np.array, ([50.0], [0.0], [0.0], [0, 1])))); print('mine')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "mine\n"
