"""Medoids are the best of all subsets, the elbow is where it was put, and unusable input is told."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetexplore.distances import references
from jetexplore.errors import InputError


def distances_of(points):
    points = np.asarray(points, dtype=float).reshape(len(points), -1)
    return np.linalg.norm(points[:, None] - points, axis=-1)


def loss(distances, indices):
    return distances[:, list(indices)].min(axis=1).mean()


def brute_force(distances, k):
    return min(loss(distances, indices) for indices in combinations(range(len(distances)), k))


@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(5))
def test_medoids_are_the_best_subset(k, seed):
    distances = distances_of(np.random.default_rng(seed).normal(size=(12, 2)))
    found = references.medoids(distances, k)
    assert found.loss == pytest.approx(brute_force(distances, k), rel=1e-12)
    assert found.loss == pytest.approx(loss(distances, found.indices), rel=1e-12)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=8), st.data())
def test_medoids_of_points_that_coincide(points, data):
    k = data.draw(st.integers(1, len(points)))
    distances = distances_of(points)
    found = references.medoids(distances, k)
    assert len(set(found.indices.tolist())) == k
    assert found.loss == pytest.approx(brute_force(distances, k), abs=1e-12)
    assert found.labels.shape == (len(points),)


def test_one_medoid_is_exact(rng):
    distances = distances_of(rng.normal(size=(300, 3)))
    found = references.medoids(distances, 1)
    assert found.indices.tolist() == [distances.sum(axis=1).argmin()]
    assert not found.labels.any()


def test_one_medoid_tie_goes_to_the_lowest_index():
    assert references.medoids(distances_of([0, 1, 2, 3]), 1).indices.tolist() == [1]
    assert references.medoids(np.ones((4, 4)) - np.eye(4), 1).indices.tolist() == [0]


def test_planted_clusters_by_falling_size(rng):
    centres, sizes = np.array([[0, 0], [10, 0], [0, 10]]), [20, 50, 30]
    points = np.concatenate(
        [centre + rng.normal(0, 0.3, (size, 2)) for centre, size in zip(centres, sizes, strict=True)]
    )
    points[[5, 40, 85]] = centres  # the middle of each cluster
    found = references.medoids(distances_of(points), 3)
    truth = np.repeat([2, 0, 1], sizes)
    np.testing.assert_array_equal(found.labels, truth)
    assert np.bincount(found.labels).tolist() == [50, 30, 20]
    assert np.linalg.norm(points[found.indices] - centres[[1, 2, 0]], axis=1).max() < 0.2


def test_every_event_is_a_medoid():
    found = references.medoids(distances_of([0, 1, 5, 7]), 4)
    assert sorted(found.indices.tolist()) == [0, 1, 2, 3]
    assert found.loss == 0


def test_more_medoids_lose_less(rng):
    distances = distances_of(rng.normal(size=(80, 2)))
    losses = [references.medoids(distances, k).loss for k in range(1, 11)]
    assert np.all(np.diff(losses) < 0)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_permutation_of_events(rng, k):
    distances = distances_of(rng.normal(size=(60, 2)))
    order = rng.permutation(60)
    found, moved = references.medoids(distances, k), references.medoids(distances[np.ix_(order, order)], k)
    assert set(order[moved.indices].tolist()) == set(found.indices.tolist())
    assert moved.loss == pytest.approx(found.loss, rel=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_same_seed_same_medoids(rng, dtype):
    distances = (distances_of(rng.normal(size=(50, 2))) * 10).astype(dtype)
    before = distances.copy()
    found = [references.medoids(distances, 4, seed=3) for _ in range(2)]
    np.testing.assert_array_equal(found[0].indices, found[1].indices)
    np.testing.assert_array_equal(found[0].labels, found[1].labels)
    np.testing.assert_array_equal(distances, before)


SQUARE = np.zeros((3, 3))
BAD = [
    (SQUARE, 0, "E_K"),
    (SQUARE, 4, "E_K"),
    (SQUARE, -1, "E_K"),
    (SQUARE, 1.0, "E_K"),
    (SQUARE, True, "E_K"),
    (SQUARE, "1", "E_K"),
    (SQUARE, None, "E_K"),
    (np.zeros((3, 2)), 1, "E_SHAPE"),
    (np.zeros(3), 1, "E_SHAPE"),
    (np.zeros((0, 0)), 1, "E_SHAPE"),
    (np.full((3, 3), np.nan), 1, "E_NONFINITE"),
    (np.full((3, 3), np.inf), 2, "E_NONFINITE"),
]


@pytest.mark.parametrize(("distances", "k", "code"), BAD)
def test_bad_medoids(distances, k, code):
    with pytest.raises(InputError) as raised:
        references.medoids(distances, k)
    assert raised.value.code == code


def test_average():
    images = np.random.default_rng(0).random((7, 4, 4)).astype(np.float32)
    made = references.average(images)
    assert made.shape == (1, 4, 4)
    assert made.dtype == np.float64
    np.testing.assert_allclose(made[0], images.mean(axis=0), rtol=1e-6)
    with pytest.raises(InputError) as raised:
        references.average(images[:0])
    assert raised.value.code == "E_EMPTY"


def test_random_events_differ_by_seed():
    draws = [tuple(references.random(1000, 5, seed=seed)) for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]
    for drawn in draws:
        assert len(set(drawn)) == 5
        assert 0 <= min(drawn) <= max(drawn) < 1000


@pytest.mark.parametrize(("n", "k"), [(0, 1), (3, 4), (3, 0), (3, 1.5)])
def test_bad_random(n, k):
    with pytest.raises(InputError) as raised:
        references.random(n, k)
    assert raised.value.code == "E_K"


@pytest.mark.parametrize("centre", [1.03, 2.5, 4.11])
def test_peak_of_a_gaussian_within_a_bin(rng, centre):
    edges = np.linspace(0, 6, 41)
    found = references.peak(rng.normal(centre, 0.5, 20_000), edges)
    assert abs(found.position - centre) < edges[1]
    np.testing.assert_array_equal(found.edges, edges)


def test_peak_of_a_parabola_is_exact():
    edges = np.linspace(0, 5, 6)
    counts = [8, 14, 18, 20, 20]  # 20.25 - (x - 4)^2, at the centres 0.5 ... 4.5
    values = np.repeat(edges[:-1] + 0.5, counts)
    assert references.peak(values, edges).position == pytest.approx(4.0, abs=0.02)


@pytest.mark.parametrize("values", [[], [0.1], [4.9] * 10, [0.1] * 10, [0.1, 4.9], [0.5, 1.5, 2.5, 3.5, 4.5]])
@pytest.mark.parametrize("bins", [1, 2, 3, 5, 20])
def test_peak_stays_inside(values, bins):
    assert 0 <= references.peak(np.array(values), np.linspace(0, 5, bins + 1)).position <= 5


def test_peaks_share_edges_and_leave_medoids_out(rng):
    distances = distances_of(rng.normal(size=(90, 2)))
    chosen = [references.medoids(distances, k).indices for k in (1, 2, 3)]
    found = references.peaks(distances, chosen, n_bins=12)
    for histogram, indices in zip(found, chosen, strict=True):
        rest = np.setdiff1d(np.arange(90), indices)
        nearest = distances[np.ix_(rest, indices)].min(axis=1)
        np.testing.assert_array_equal(histogram.edges, np.linspace(0, distances[:, chosen[0]].max(), 13))
        np.testing.assert_array_equal(histogram.counts, np.histogram(nearest, bins=histogram.edges)[0])


def test_peaks_of_equal_events():
    found = references.peaks(np.zeros((5, 5)), [np.array([0]), np.array([0, 1])])
    assert [histogram.position for histogram in found] == [0, 0]


@pytest.mark.parametrize(("kink", "expected"), [(2.0, 3), (3.0, 4), (3.02, 4), (3.5, 4), (3.98, 4), (4.0, 5), (8.4, 9)])
@pytest.mark.parametrize("largest", [10, 12])
def test_elbow_of_a_planted_kink(kink, expected, largest):
    k = np.arange(1, largest + 1)
    peaks = 5 - 0.8 * np.minimum(k - kink, 0) - 0.05 * np.maximum(k - kink, 0)
    found = references.elbow(peaks)
    assert found.n_medoids == expected
    assert found.kink == pytest.approx(kink, abs=1e-9)
    np.testing.assert_allclose(found.fit, peaks, atol=1e-12)


def test_elbow_with_noise(rng):
    k = np.arange(1, 11)
    peaks = 5 - 0.8 * np.minimum(k - 3.4, 0) - 0.05 * np.maximum(k - 3.4, 0) + rng.normal(0, 0.02, 10)
    found = references.elbow(peaks)
    assert found.n_medoids == 4
    assert found.kink == pytest.approx(3.4, abs=0.2)


def test_elbow_of_other_k():
    k = np.array([2, 3, 4, 5, 6, 7])
    found = references.elbow(np.maximum(10 - 2.0 * k, 0), k)
    assert (found.n_medoids, found.kink) == (6, pytest.approx(5.0))


@pytest.mark.parametrize(
    ("positions", "k", "code"),
    [
        ([3.0, 2.0, 1.0], None, "E_K"),
        ([], None, "E_K"),
        ([4.0, 3.0, 2.0, 1.0], [1, 2, 3], "E_K"),
        ([4.0, np.nan, 2.0, 1.0], None, "E_NONFINITE"),
        ([4.0, 3.0, 2.0, np.inf], None, "E_NONFINITE"),
    ],
)
def test_bad_elbow(positions, k, code):
    with pytest.raises(InputError) as raised:
        references.elbow(positions, k)
    assert raised.value.code == code
