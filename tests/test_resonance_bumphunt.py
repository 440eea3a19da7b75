"""The scan finds what loops find and what pyBumpHunter finds."""

from __future__ import annotations

import numpy as np
import pyBumpHunter
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import poisson

from jetexplore.anomaly.resonance import EDGES, search_counts, statistic, transfer, windows
from jetexplore.errors import InputError

BINS = len(EDGES) - 1
EXPECTED = 3000 * np.exp(-np.arange(BINS) / 2.6) + 1


def slow_scan(observed, expected, narrowest, widest):
    """Every window, one after the other: p, first bin, width of the least likely."""
    best = (1.0, 0, narrowest)
    for width in range(narrowest, widest + 1):
        for first in range(len(observed) - width + 1):
            d, b = sum(observed[first : first + width]), sum(expected[first : first + width])
            p = poisson.sf(d - 1, b) if d > b > 0 else 1.0
            if p < best[0]:
                best = (p, first, width)
    return best


@given(
    arrays(np.int64, 12, elements=st.integers(0, 60)),
    arrays(np.float64, 12, elements=st.floats(0, 40, allow_subnormal=False)),
    st.integers(1, 5), st.integers(0, 4),
)  # fmt: skip
def test_the_scan_is_that_of_loops(observed, expected, narrowest, more):
    widest = narrowest + more
    p, first, width = slow_scan(observed.tolist(), expected.tolist(), narrowest, widest)
    found = windows(observed, expected, (narrowest, widest))
    assert len(found.p) == sum(13 - size for size in range(narrowest, widest + 1))
    np.testing.assert_allclose(found.p[found.best], p, rtol=1e-9)
    if p < 1:
        same = np.isclose(found.p, p, rtol=1e-9)
        assert (first, width) in zip(found.first[same], found.width[same], strict=True)
    many = statistic(np.stack([observed, observed[::-1]]), np.stack([expected, expected[::-1]]), (narrowest, widest))
    np.testing.assert_allclose(many, -np.log(max(p, 1e-300)), rtol=1e-9, atol=1e-12)


def test_a_planted_excess_is_found(rng):
    observed = rng.poisson(EXPECTED)
    observed[7:10] += (8 * np.sqrt(EXPECTED[7:10])).astype(int)
    found = windows(observed, EXPECTED)
    assert (found.first[found.best], found.width[found.best]) == (7, 3)
    wider = windows(observed, EXPECTED, (1, 21))
    assert wider.p[wider.best] <= found.p[found.best]


def test_neither_a_deficit_nor_an_unpredicted_window_is_an_excess():
    assert (windows(np.zeros(8), np.ones(8)).p == 1).all()
    assert (windows(np.full(8, 9), np.zeros(8)).p == 1).all()
    assert statistic(np.full((1, 8), 10**6), np.ones((1, 8)))[0] == pytest.approx(-np.log(1e-300))


def test_pybumphunter_agrees(rng, capsys):
    factor = 0.1 + 0.02 * np.linspace(-1, 1, BINS)
    others = rng.poisson(EXPECTED * 30)
    outliers = rng.poisson(others * factor)
    outliers[7:9] += (1.6 * np.sqrt(outliers[7:9])).astype(int)
    background = transfer(outliers, others).background
    state = np.random.get_state()  # noqa: NPY002 - the oracle seeds the global generator
    oracle = pyBumpHunter.BumpHunter1D(
        rang=(EDGES[0], EDGES[-1]), bins=EDGES, width_min=2, width_max=5, width_step=1, scan_step=1, npe=4000, nworker=1,
        seed=3,
    )  # fmt: skip
    oracle.bump_scan(outliers.astype(float), background, is_hist=True)
    np.random.set_state(state)  # noqa: NPY002
    capsys.readouterr()
    found = search_counts(outliers, others, refit=False, n_pseudo=4000)
    np.testing.assert_allclose(found.local_p, oracle.min_Pval_ar[0], rtol=1e-9)
    first = oracle.min_loc_ar[0]
    assert (found.low, found.high) == (EDGES[first], EDGES[first + oracle.min_width_ar[0]])
    p = float(oracle.global_Pval)
    assert 0.02 < p < 0.98
    assert abs(found.global_p - p) < 4 * np.sqrt(2 * p * (1 - p) / 4000)


@pytest.mark.parametrize("widths", [(0, 2), (3, 2), (2, 22), (2.0, 3), (2,)])
def test_widths_that_are_none(widths):
    with pytest.raises(InputError) as raised:
        windows(np.ones(BINS), np.ones(BINS), widths)
    assert raised.value.code == "E_WIDTHS"


def test_spectra_of_different_length():
    with pytest.raises(InputError) as raised:
        windows(np.ones(BINS), np.ones(BINS - 1))
    assert raised.value.code == "E_SHAPE"
