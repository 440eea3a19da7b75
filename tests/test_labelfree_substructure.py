"""Substructure observables: known answers, slow twins, and what must not change them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetexplore.anomaly.labelfree import substructure
from jetexplore.anomaly.labelfree.isotropy import disc, isotropy
from jetexplore.anomaly.labelfree.substructure import GROUPS, OBSERVABLES, observables, table
from jetexplore.errors import InputError
from jetexplore.jets import Jets, concatenate

SAFE = [name for name in OBSERVABLES if name not in ("multiplicity", "ptD", "isotropy")]
FLAT = [name for title in ("subjettiness", "correlators") for name in GROUPS[title].names] + ["width", "ptD"]


def jet(*constituents):
    return Jets(*np.array(constituents, dtype=float).T, offsets=[0, len(constituents)])


def value(some, name):
    return float(observables(some, [name])[name][0])


def each(some, change):
    """Change the constituents of every jet: arrays (pt, eta, phi) to arrays."""
    parts = []
    for n in range(len(some)):
        one = some[n]
        pt, eta, phi = change(one.pt, one.eta, one.phi)
        parts.append(Jets(pt, eta, phi, [0, len(pt)]))
    return concatenate(parts)


def same(a, b, names, rtol=1e-7, atol=1e-9):
    left, right = observables(a, names), observables(b, names)
    for name in names:
        np.testing.assert_allclose(left[name], right[name], rtol=rtol, atol=atol, err_msg=name)


def test_two_equal_prongs_have_no_second_subjettiness():
    two = jet((300, 0, 0), (300, 0.2, 0))
    assert value(two, "tau1") == pytest.approx(0.1)
    assert value(two, "e2") == pytest.approx(0.25 * 0.2)
    for name in ("tau2", "tau3", "tau21", "e3", "D2", "N2", "C2", "kT2"):
        assert abs(value(two, name)) < 1e-12, name
    assert value(two, "width") == pytest.approx(0.1)
    assert value(two, "ptD") == pytest.approx(np.sqrt(0.5))


def test_three_prongs_in_a_triangle():
    theta = 0.3
    three = jet((200, 0, 0), (200, theta, 0), (200, theta / 2, theta * np.sqrt(3) / 2))
    expected = {"D2": 1.0, "N2": 1 / 3, "C2": theta / 3, "e2": theta / 3, "e3": theta**3 / 27, "tau2": theta / 3}
    for name, answer in expected.items():
        assert value(three, name) == pytest.approx(answer, rel=1e-9), name
    assert value(three, "tau3") < 1e-12 < value(three, "tau32") + 1e-6


def test_splitting_scale_of_a_soft_prong_is_its_kt():
    pair = jet((500, 0, 0), (100, 0.4, 0))
    assert value(pair, "kT1") == pytest.approx(100 * 0.4 / pair.momenta().pt[0], rel=1e-9)
    assert value(pair, "kT2") == value(pair, "kT3") == 0.0


@pytest.mark.parametrize(("soft", "kept"), [(40.0, False), (100.0, True)])
def test_soft_drop_removes_what_is_below_a_tenth(soft, kept):
    pair = jet((500, 0, 0), (soft, 0.4, 0))
    assert value(pair, "soft-drop mass") == pytest.approx(pair.momenta().mass[0] if kept else 0.0, abs=1e-9)


def test_correlators_against_loops_over_pairs_and_triples(random_jets):
    some = random_jets(6, seed=4)
    found = observables(some, GROUPS["correlators"].names)
    for n in range(len(some)):
        one = some[n]
        z = one.pt / one.pt.sum()
        phi = (one.phi - one.phi[0] + np.pi) % (2 * np.pi) - np.pi
        theta = np.hypot(one.eta[:, None] - one.eta, phi[:, None] - phi)
        e2 = sum(z[i] * z[j] * theta[i, j] for i, j in combinations(range(len(z)), 2))
        e3 = smallest = 0.0
        for i, j, k in combinations(range(len(z)), 3):
            sides = sorted([theta[i, j], theta[i, k], theta[j, k]])
            e3 += z[i] * z[j] * z[k] * np.prod(sides)
            smallest += z[i] * z[j] * z[k] * sides[0] * sides[1]
        expected = {"e2": e2, "e3": e3, "D2": e3 / e2**3, "C2": e3 / e2**2, "N2": smallest / e2**2}
        for name, answer in expected.items():
            assert found[name][n] == pytest.approx(answer, rel=1e-9), name


def test_subjettiness_against_a_slow_winner_take_all_clustering(random_jets):
    some = random_jets(5, seed=8)
    found = observables(some, ["tau1", "tau2", "tau3", "tau4"])
    for n in range(len(some)):
        one = some[n]
        phi = (one.phi - one.phi[0] + np.pi) % (2 * np.pi) - np.pi
        axes = [tuple(row) for row in np.stack([one.pt, one.eta, phi], 1)]
        taus = {}
        while len(axes) > 1:
            kt = {
                (i, j): min(axes[i][0], axes[j][0]) * np.hypot(axes[i][1] - axes[j][1], axes[i][2] - axes[j][2])
                for i, j in combinations(range(len(axes)), 2)
            }
            i, j = min(kt, key=kt.get)
            harder = max(axes[i], axes[j])
            merged = (axes[i][0] + axes[j][0], *harder[1:])
            axes = [axis for at, axis in enumerate(axes) if at not in (i, j)] + [merged]
            distance = np.min([np.hypot(one.eta - eta, phi - at) for _, eta, at in axes], axis=0)
            taus[len(axes)] = float((one.pt * distance).sum() / one.pt.sum())
        for k in (1, 2, 3, 4):
            assert found[f"tau{k}"][n] == pytest.approx(taus[k], rel=1e-6), k


def test_a_particle_of_no_energy_changes_nothing(random_jets):
    some = random_jets(12, seed=5)
    soft = each(some, lambda pt, eta, phi: (np.append(pt, 1e-8), np.append(eta, eta[0] + 0.3), np.append(phi, phi[0])))
    same(some, soft, [*SAFE, "ptD", "isotropy"], rtol=1e-5, atol=1e-6)


def test_a_collinear_split_changes_nothing(random_jets):
    some = random_jets(12, seed=6)

    def split(pt, eta, phi):
        at = int(pt.argmax())
        pt = np.append(pt, 0.3 * pt[at])
        pt[at] *= 0.7
        return pt, np.append(eta, eta[at]), np.append(phi, phi[at])

    same(some, each(some, split), [*SAFE, "isotropy"], rtol=1e-6)


def test_neither_order_nor_direction_counts(random_jets, rng):
    some = random_jets(12, seed=7)

    def shuffled(pt, eta, phi):
        order = rng.permutation(len(pt))
        return pt[order], eta[order], phi[order]

    same(some, each(some, shuffled), list(OBSERVABLES))
    same(some, Jets(some.pt, some.eta + 0.5, some.phi + 2.5, some.offsets), list(OBSERVABLES))


def test_turning_a_jet_around_its_axis(random_jets):
    some = random_jets(12, seed=9, axis_phi=0.0, axis_eta=0.0)
    cos, sin = np.cos(1.1), np.sin(1.1)
    turned = Jets(some.pt, cos * some.eta - sin * some.phi, sin * some.eta + cos * some.phi, some.offsets)
    same(some, turned, FLAT, rtol=1e-6)
    np.testing.assert_allclose(isotropy(some), isotropy(turned), rtol=0.02)  # the disc is made of points


def test_scale_of_energy_leaves_ratios_alone(random_jets):
    some = random_jets(8, seed=10)
    ratios = [name for name in OBSERVABLES if name not in ("mass", "soft-drop mass")]
    same(some, Jets(2 * some.pt, some.eta, some.phi, some.offsets), ratios)


def test_jets_of_few_constituents_give_numbers():
    few = concatenate(
        [jet((300, 0, 3.1)), jet((300, 0, 3.1), (100, 0.1, -3.1)), jet((9, 0, 0), (8, 0.1, 0), (7, 0, 0.1))]
    )
    found = observables(few)
    assert all(np.isfinite(column).all() and column.shape == (3,) for column in found.values())
    assert all(abs(found[name][0]) < 1e-6 for name in SAFE)
    assert found["isotropy"][0] == pytest.approx(1.0, rel=0.01)


@given(
    st.lists(st.tuples(st.floats(1e-6, 1e5), st.floats(-2, 2), st.floats(-1.5, 1.5)), min_size=1, max_size=7),
    st.integers(0, 3),
)
def test_any_jet_gives_numbers_that_are_not_negative(constituents, copies):
    found = observables(jet(*constituents, *constituents[:copies]))
    for name, column in found.items():
        assert np.isfinite(column).all(), name
        assert (column >= 0).all(), name


def test_isotropy_of_the_disc_and_of_two_points():
    assert isotropy(disc())[0] < 1e-9
    a = 0.4  # each half of the disc goes to its point; its mean |x| is 4 / (3 pi)
    two = jet((50, -a, 0), (50, a, 0))
    assert isotropy(two)[0] == pytest.approx(2 * (0.5 + a**2 - 2 * a * 4 / (3 * np.pi)), rel=0.02)


def test_only_what_is_asked_for_is_computed(monkeypatch, random_jets):
    def refuse(_):
        raise AssertionError

    for title in GROUPS.keys() - {"counts"}:
        monkeypatch.setitem(GROUPS, title, GROUPS[title]._replace(compute=refuse))
    assert list(observables(random_jets(3), ["width", "mass"])) == ["width", "mass"]


def test_many_jets_are_kept_and_told_apart(monkeypatch, random_jets):
    monkeypatch.setattr(substructure, "KEPT_FROM", 4)
    calls = []
    counted = GROUPS["counts"].compute
    monkeypatch.setitem(
        GROUPS, "counts", GROUPS["counts"]._replace(compute=lambda jets: calls.append(len(jets)) or counted(jets))
    )
    some, other = random_jets(5, seed=21), random_jets(5, seed=22)
    first = observables(some, ["mass"])["mass"]
    assert (observables(some, ["mass"])["mass"] == first).all()
    assert calls == [5]
    assert (observables(other, ["mass"])["mass"] != first).all()


def test_wrong_input_is_told():
    with pytest.raises(InputError) as error:
        observables(jet((1, 0, 0)), ["D3"])
    assert error.value.code == "E_OBSERVABLE"
    with pytest.raises(InputError) as error:
        observables(np.zeros((1, 40, 40)))
    assert error.value.code == "E_INPUTS"
    assert table(Jets([], [], [], [0]), ["D2", "mass"]).shape == (0, 2)
