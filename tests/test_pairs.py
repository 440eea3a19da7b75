"""Places of pairs agree with numpy and scipy, and the nearest pair with a search over all of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import pdist, squareform

from jetexplore.distances import pairs
from jetexplore.errors import InputError


@given(st.integers(2, 60))
def test_places_are_those_of_numpy(n):
    expected = list(zip(*(axis.tolist() for axis in np.triu_indices(n, 1)), strict=True))
    assert [pairs.pair_at(place, n) for place in range(len(expected))] == expected
    assert [pairs.pair_index(i, j, n) for i, j in expected] == list(range(len(expected)))
    assert pairs.n_items(len(expected)) == n


@given(st.integers(2, 2000), st.data())
def test_there_and_back(n, data):
    place = data.draw(st.integers(0, n * (n - 1) // 2 - 1))
    i, j = pairs.pair_at(place, n)
    assert 0 <= i < j < n
    assert pairs.pair_index(i, j, n) == pairs.pair_index(j, i, n) == place


def test_places_are_those_of_scipy(rng):
    points = rng.normal(size=(9, 2))
    condensed, square = pdist(points), squareform(pdist(points))
    for place, value in enumerate(condensed):
        assert square[pairs.pair_at(place, 9)] == value


def test_numpy_integers_count():
    assert pairs.pair_at(np.int32(3), 4) == (1, 2)
    assert pairs.pair_index(np.int64(1), np.uint8(2), 4) == 3


@pytest.mark.parametrize(
    "pair",
    [(0, 0), (1, 4), (-1, 2), (0.0, 1), (None, 1), ("0", 1), (True, 2), (999999, 0), ([0], 1), (float("nan"), 1)],
)
def test_bad_pair(pair):
    with pytest.raises(InputError) as raised:
        pairs.pair_index(*pair, n=4)
    assert raised.value.code == "E_PAIR"


@pytest.mark.parametrize("place", [-1, 6, 1.5, "3", None, True])
def test_bad_place(place):
    with pytest.raises(InputError) as raised:
        pairs.pair_at(place, 4)
    assert raised.value.code == "E_PAIR"


@pytest.mark.parametrize("n_pairs", [-1, 2, 4, 5, 499_499])
def test_bad_number_of_pairs(n_pairs):
    with pytest.raises(InputError) as raised:
        pairs.n_items(n_pairs)
    assert raised.value.code == "E_SHAPE"


@pytest.mark.parametrize("n", [2, 1000, 10**6, 94_906_267])
def test_items_of_many_pairs(n):
    assert pairs.n_items(n * (n - 1) // 2) == n


@given(st.integers(0, 2**32 - 1))
def test_nearest_pair_of_all(seed):
    rng = np.random.default_rng(seed)
    n, scale, at = int(rng.integers(2, 12)), tuple(rng.uniform(0.01, 2, 2)), tuple(rng.normal(size=2))
    x, y = rng.normal(size=(2, n * (n - 1) // 2))
    away = [np.hypot((a - at[0]) / scale[0], (b - at[1]) / scale[1]) for a, b in zip(x, y, strict=True)]
    pair, distance = pairs.nearest_pair(x, y, at, scale)
    assert pairs.pair_index(*pair, n) == int(np.argmin(away))
    assert distance == pytest.approx(min(away), abs=1e-6)


def test_nearest_pair_in_single_precision():
    x = np.array([1.0, 2.0, 3.0], dtype=np.float32)
    assert pairs.nearest_pair(x, x, at=(2.0, 2.0), scale=(1.0, 1.0)) == ((0, 2), 0.0)


@given(st.integers(0, 2**32 - 1), st.integers(3, 50))
def test_correlation_is_that_of_scipy(seed, n):
    rng = np.random.default_rng(seed)
    x = rng.normal(3, 2, n)
    y = rng.uniform(-1, 1) * x + rng.normal(size=n)
    assert pairs.correlation(x, y) == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-12)


def test_correlation_limits(rng):
    x = rng.normal(size=100)
    assert pairs.correlation(x, 3 * x + 1) == pytest.approx(1)
    assert pairs.correlation(x, -x) == pytest.approx(-1)
    assert pairs.correlation(x.astype(np.float32), x) == pytest.approx(1)


@pytest.mark.parametrize("value", [0.0, 0.1, 0.3, 1e9 / 7])
@pytest.mark.parametrize("n", [1, 7, 1000])
def test_correlation_with_what_does_not_vary(rng, value, n):
    assert np.isnan(pairs.correlation(np.full(n, value), rng.normal(size=n)))
