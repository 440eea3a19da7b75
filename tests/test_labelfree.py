"""Laws of every label-free score: a function of each jet alone, blind to order and direction, that never fails."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from jetexplore import jets
from jetexplore.anomaly import labelfree
from jetexplore.anomaly.labelfree import PRIORS, SCORES, pvalue
from jetexplore.errors import InputError
from jetexplore.jets import Jets

# what differs by more than rounding of sums: steps of the pixels and of the trees, reached from another rounding
RTOL = 1e-6


@cache
def background():
    return jets.load("sample", "reference")["QCD"][:200]


@cache
def scored():
    return jets.load("sample", "reference")["QCD"][200:230]


@cache
def fitted(name):
    return labelfree.fit(SCORES, name, background())


@cache
def usual(name):
    return fitted(name)(scored())


def close(found, expected):
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found, expected, rtol=RTOL, atol=RTOL * scale)


@pytest.mark.parametrize("name", SCORES)
class TestEvery:
    def test_is_finite(self, name):
        found = usual(name)
        assert found.shape == (30,)
        assert found.dtype == np.float64
        assert np.isfinite(found).all()
        assert np.ptp(found) > 0

    def test_takes_each_jet_alone(self, name):
        order = np.random.default_rng(1).permutation(30)
        close(fitted(name)(scored()[order]), usual(name)[order])
        close(fitted(name)(scored()[7]), usual(name)[7:8])

    def test_does_not_know_the_order_of_constituents(self, name):
        some = scored()
        order = np.lexsort((np.random.default_rng(2).uniform(size=len(some.pt)), some.jet))
        close(fitted(name)(Jets(some.pt[order], some.eta[order], some.phi[order], some.offsets)), usual(name))

    def test_does_not_know_the_direction_around_the_beam(self, name):
        some = scored()
        close(fitted(name)(Jets(some.pt, some.eta, jets.wrap(some.phi + 1.234), some.offsets)), usual(name))

    def test_is_fitted_alike_twice(self, name):
        close(labelfree.fit(SCORES, name, background())(scored()[:3]), usual(name)[:3])

    def test_takes_no_jets_and_jets_of_one_constituent(self, name):
        assert fitted(name)(scored()[:0]).shape == (0,)
        point = Jets([600.0], [0.3], [3.0], [0, 1])
        assert np.isfinite(fitted(name)(point)).all()

    def test_refuses_unknown_options_and_no_background(self, name):
        with pytest.raises(InputError) as error:
            labelfree.fit(SCORES, name, background(), nonsense=1)
        assert error.value.code == "E_OPTION"
        with pytest.raises(InputError) as error:
            labelfree.fit(SCORES, name, background()[:0])
        assert error.value.code == "E_EMPTY"

    def test_says_where_it_comes_from(self, name):
        recipe = SCORES[name]
        assert recipe.prior in PRIORS
        assert len(recipe.source) > 10
        assert all(len(values) for values in recipe.grid.values())


def test_unknown_scores_are_told():
    with pytest.raises(InputError) as error:
        labelfree.fit(SCORES, "nonsense", background())
    assert error.value.code == "E_SCORE"


def test_pvalues_of_background_are_even():
    rng = np.random.default_rng(3)
    found = pvalue(rng.normal(size=999), rng.normal(size=4000))
    assert 0.001 <= found.min() <= found.max() <= 1.0
    for level in (0.1, 0.5, 0.9):
        assert (found <= level).mean() == pytest.approx(level, abs=0.05)
    assert pvalue(np.zeros(9), np.array([0.0, 1.0])).tolist() == [1.0, 0.1]


@pytest.mark.parametrize(("calibration", "scores"), [([], [1.0]), ([np.nan], [1.0]), ([1.0], [np.nan])])
def test_pvalues_need_numbers(calibration, scores):
    with pytest.raises(InputError):
        pvalue(np.array(calibration), np.array(scores))
