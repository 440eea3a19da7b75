"""Pseudo-jets: kinematics with known answers; the classifier finds prongs it was not shown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from jetexplore import jets
from jetexplore.anomaly.curves import auc
from jetexplore.anomaly.labelfree.pseudojets import decays, pseudojets
from jetexplore.anomaly.labelfree.pseudoprong import pseudo_prong
from jetexplore.anomaly.labelfree.substructure import observables
from jetexplore.errors import InputError
from jetexplore.jets import Jets


@pytest.fixture(scope="module")
def background():
    return jets.load("sample", "reference")["QCD"][:400]


@given(st.integers(2, 6), st.floats(5.0, 400.0), st.floats(420.0, 900.0), st.integers(0, 99))
def test_prongs_add_up_to_what_decayed(n, mass, pt, seed):
    found = decays(np.full(4, pt), np.full(4, mass), n, np.random.default_rng(seed))
    whole = Jets(*(some.ravel() for some in found), n * np.arange(5)).momenta()
    np.testing.assert_allclose(whole.pt, pt, rtol=1e-8)
    np.testing.assert_allclose(whole.mass, mass, rtol=1e-5)
    np.testing.assert_allclose(np.sin(whole.phi), 0, atol=1e-8)
    np.testing.assert_allclose(whole.eta, 0, atol=1e-8)


def test_two_prongs_share_the_energy_evenly():
    pt, mass = np.full(4000, 600.0), np.full(4000, 80.0)
    one, eta, _ = decays(pt, mass, 2, np.random.default_rng(1))
    energy, speed = np.hypot(600, 80), 600 / np.hypot(600, 80)
    cos = (2 * one[:, 0] * np.cosh(eta[:, 0]) / energy - 1) / speed  # in the rest frame
    assert kstest(cos, "uniform", (-1, 2)).pvalue > 0.01


def test_three_prongs_fill_phase_space_evenly():
    # the squared mass of two of three massless prongs is distributed as 2 (1 - x) in units of the whole (flat Dalitz plot)
    pt, eta, phi = decays(np.full(4000, 600.0), np.full(4000, 80.0), 3, np.random.default_rng(2))
    square = 2 * pt[:, 0] * pt[:, 1] * (np.cosh(eta[:, 0] - eta[:, 1]) - np.cos(phi[:, 0] - phi[:, 1])) / 80**2
    assert kstest(square, "beta", (1, 2)).pvalue > 0.01


@pytest.mark.parametrize("n", [2, 3, 4])
def test_cores_of_one_constituent_give_bare_decays(n):
    rng = np.random.default_rng(3)
    points = Jets(rng.uniform(550, 650, 50), rng.normal(size=50), rng.uniform(-3, 3, 50), np.arange(51))
    made = pseudojets(points, 60, (n,), masses=(50.0, 250.0))
    assert (made.counts == n).all()
    found = made.momenta()
    assert found.mass.min() > 49.9
    assert found.mass.max() < 250.1
    assert np.isin(found.pt.round(6), points.momenta().pt.round(6)).all()
    assert abs(observables(made, [f"tau{n}"])[f"tau{n}"]).max() < 1e-9


def test_pseudojets_resemble_the_background_but_for_their_prongs(background):
    made = pseudojets(background, 300, (2,))
    assert made.counts.mean() == pytest.approx(background.counts.mean(), rel=0.1)
    window = background.momenta().pt
    assert window.min() - 1e-6 < made.momenta().pt.min() <= made.momenta().pt.max() < window.max() + 1e-6
    prongs, before = (observables(some, ["tau21", "D2"]) for some in (made, background))
    assert prongs["tau21"].mean() < before["tau21"].mean() - 0.1
    assert prongs["D2"].mean() < 0.7 * before["D2"].mean()
    assert (made.pt > 0).all()
    assert (np.hypot(made.eta, made.phi) < 2).all()


def test_numbers_of_prongs_are_shared_out(background):
    made = pseudojets(background, 7, (2, 4))
    assert len(made) == 7
    assert (made.pt == pseudojets(background, 7, (2, 4)).pt).all()
    assert len(made.pt) != len(pseudojets(background, 7, (2, 4), seed=1).pt)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"prongs": ()}, "E_PRONGS"),
        ({"prongs": (1, 2)}, "E_PRONGS"),
        ({"prongs": (2.5,)}, "E_PRONGS"),
        ({"masses": (300.0, 40.0)}, "E_RANGE"),
        ({"masses": (40.0, 5000.0)}, "E_RANGE"),
        ({"core": 0.0}, "E_RANGE"),
        ({"n": 0}, "E_RANGE"),
    ],
)
def test_what_cannot_be_made_is_told(background, options, code):
    with pytest.raises(InputError) as error:
        pseudojets(background[:5], **({"n": 3} | options))
    assert error.value.code == code


def test_prongs_that_were_not_shown_are_found(background):
    score = pseudo_prong(background[:250], prongs=(2, 4))
    new = jets.load("sample", "reference")["QCD"][400:600]
    made = pseudojets(new, 100, (3,), masses=(80.0, 300.0), seed=5)
    assert auc(score(new), score(made), 0).value > 0.85
    assert (pseudo_prong(background[:40])(new[:5]) == pseudo_prong(background[:40])(new[:5])).all()
