"""Bounds hold for every pair, are reached where they can be, and are close enough to be of use."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetexplore import jets
from jetexplore.distances import bounds, formulas, imagepairs, potentials, problems
from jetexplore.errors import InputError

POWERS = [0.3, 0.5, 1, 1.5, 2, 5]


def stack(seed, n, npix=7, most=9, levels=4):
    """Sparse images with few different masses, so that ties and equal pixels abound; some twice, some of one pixel."""
    rng = np.random.default_rng(seed)
    images = np.zeros((n, npix * npix))
    for image in images:
        pixels = rng.choice(npix * npix, rng.integers(1, most), replace=False)
        image[pixels] = rng.integers(1, levels, len(pixels))
    images[rng.integers(0, n)] = images[rng.integers(0, n)]
    return images.reshape(n, npix, npix)


def all_pairs(pairs):
    n, m = len(pairs.x.offsets) - 1, len(pairs.y.offsets) - 1
    return n, m, *np.divmod(np.arange(n * m), m)


def both_bounds(pairs, known):
    n, m, i, j = all_pairs(pairs)
    lower, mean = bounds.lower(pairs, known)
    return lower, bounds.tighter(pairs, known, mean, i, j).reshape(n, m), bounds.upper(pairs, i, j).reshape(n, m)


def learned(pairs, many, seed=0):
    n, m, *_ = all_pairs(pairs)
    rng = np.random.default_rng(seed)
    known = potentials.none(pairs)
    for _ in range(2):
        known = potentials.more(known, pairs, rng.integers(0, n, many), rng.integers(0, m, many))
    return known


@given(st.integers(0, 10**6), st.sampled_from(POWERS), st.integers(1, 4), st.booleans())
def test_bounds_hold(seed, p, many, same):
    x = stack(seed, 6)
    pairs = imagepairs.image_pairs(x, x if same else stack(seed + 1, 5), p=p, threads=1)
    n, m, i, j = all_pairs(pairs)
    distance = imagepairs.distances(pairs, i, j).reshape(n, m)
    lower, tighter, upper = both_bounds(pairs, learned(pairs, many, seed))
    assert np.all(lower >= 0)
    assert np.all(lower <= distance)
    assert np.all(tighter <= distance)
    assert np.all(tighter >= lower - 1e-6)
    assert np.all(distance <= upper)


@pytest.fixture(scope="module")
def real():
    sample, reference = jets.load("sample"), jets.load("sample", "reference")
    mixed = np.concatenate([jets.images(sample[name][:80]) for name in ("QCD", "Top", "W")])
    return mixed, jets.images(reference["QCD"][:14])


@pytest.mark.parametrize(("p", "worst", "best"), [(0.5, 0.8, 1.1), (1, 0.85, 1.07), (2, 0.8, 1.2), (5, 0.65, 1.7)])
def test_bounds_of_jets_hold_and_are_close(real, p, worst, best):
    pairs = imagepairs.image_pairs(*real, p=p)
    n, m, i, j = all_pairs(pairs)
    known = potentials.more(potentials.none(pairs), pairs, np.arange(0, n, 5), np.arange(0, n, 5) % m)
    distance = imagepairs.distances(pairs, i, j).reshape(n, m)
    lower, tighter, upper = both_bounds(pairs, known)
    assert np.all(lower <= distance)
    assert np.all(tighter <= distance)
    assert np.all(distance <= upper)
    assert np.all(lower <= tighter + 1e-9)
    assert (lower / distance).mean() > worst - 0.1
    assert (tighter / distance).mean() > worst
    assert (upper / distance).mean() < best


def test_distances_are_those_of_the_metric(real):
    x, y = real
    for p in (0.5, 1, 2):
        pairs = imagepairs.image_pairs(x, y, p=p, width=2.0)
        _, _, i, j = all_pairs(pairs)
        assert np.array_equal(imagepairs.distances(pairs, i, j), formulas.wasserstein(x, y, i, j, p=p, width=2.0))
        some = np.array([3, 200, 3])
        part = imagepairs.distances(imagepairs.rows(pairs, some), np.arange(3), np.array([1, 2, 3]))
        assert np.array_equal(part, formulas.wasserstein(x, y, some, np.array([1, 2, 3]), p=p, width=2.0))


@pytest.mark.parametrize("p", POWERS)
def test_potentials_are_a_feasible_dual(p):
    x, y = stack(1, 5, npix=5), stack(2, 4, npix=5)
    pairs = imagepairs.image_pairs(x, y, p=p)
    known = learned(pairs, 3)
    row, column = np.divmod(np.arange(25), 5)
    cost = (pairs.pitch * np.hypot(row[:, None] - row, column[:, None] - column)) ** p
    aims = np.unique(pairs.y.pixels)
    slack = cost[:, aims, None] - known.source[:, None] - known.target[aims]
    assert slack.min() > -1e-12
    assert np.abs(slack.min(0)).max() < 1e-12  # neither can be raised
    dense = y.reshape(4, -1) / y.sum((1, 2))[:, None]
    assert known.mean == pytest.approx(dense @ known.target, abs=1e-12)
    # The bound is the best of them, by a readable twin
    lower, _ = bounds.lower(pairs, known)
    value = (x.reshape(5, -1) / x.sum((1, 2))[:, None] @ known.source)[:, None] + known.mean
    assert lower**p == pytest.approx(np.maximum(value.max(2), 0), rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("p", POWERS)
def test_a_pair_alone_is_bounded_by_its_distance(p):
    x, y = stack(3, 1), stack(4, 1)
    pairs = imagepairs.image_pairs(x, y, p=p)
    only = np.array([0])
    known = potentials.more(potentials.none(pairs), pairs, only, only)
    exact = imagepairs.distances(pairs, only, only)
    a, b = (side.mass for side in (pairs.x, pairs.y))
    row, column = (np.subtract.outer(*both) for both in zip(*(np.divmod(s.pixels, 7) for s in pairs[:2]), strict=True))
    assert exact**p == pytest.approx(problems.pot(a, b, (pairs.pitch * np.hypot(row, column)) ** p)[1], rel=1e-11)
    lower, mean = bounds.lower(pairs, known)
    assert lower[0] == pytest.approx(exact, rel=1e-6)
    assert bounds.tighter(pairs, known, mean, only, only) == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize("p", POWERS)
def test_upper_bound_in_closed_form(point_images, p):
    x = point_images([(20, 20), (20, 25), (23, 24)])
    pairs = imagepairs.image_pairs(x, x, p=p)
    upper = bounds.upper(pairs, np.array([0, 0]), np.array([1, 2]))
    assert upper == pytest.approx([0.4, 0.4], rel=1e-6)
    half = (x[:1] + x[1:2]) / 2  # half the mass is there already
    found = bounds.upper(imagepairs.image_pairs(half, x[:1], p=p), np.array([0]), np.array([0]))
    assert found == pytest.approx((0.5 * 0.4**p) ** (1 / p), rel=1e-6)


def test_a_far_pixel_is_not_reached_by_the_dearest_way(point_images):
    # Greed must weigh up: near 0 goes to 1 and 3 to 2, not 0 to 2 (cost 2) and 3 to 1 (cost 2)
    x = point_images([(0, 0), (0, 3)]).sum(0, keepdims=True)
    y = point_images([(0, 1), (0, 2)]).sum(0, keepdims=True)
    pairs = imagepairs.image_pairs(x, y, p=2)
    assert bounds.upper(pairs, np.array([0]), np.array([0])) == pytest.approx(0.08, rel=1e-6)


def test_equal_images_have_bounds_of_nothing(real):
    for p in (0.5, 1, 2):
        pairs = imagepairs.image_pairs(real[1], real[1], p=p)
        i = np.arange(14)
        lower, tighter, _ = both_bounds(pairs, learned(pairs, 8))
        assert np.all(np.diag(lower) == 0)
        assert np.all(np.diag(tighter) == 0)
        assert np.all(bounds.upper(pairs, i, i) < 1e-5)


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_do_not_change_bounds(real, threads):
    found = []
    for number in (1, threads):
        pairs = imagepairs.image_pairs(*real, p=2, threads=number)
        known = potentials.more(potentials.none(pairs), pairs, np.arange(5), np.arange(5))
        found.append((*known, *both_bounds(pairs, known)))
    for one, other in zip(*found, strict=True):
        assert np.array_equal(one, other)


def test_large_powers_bound_nothing_wrongly():
    pairs = imagepairs.image_pairs(stack(5, 4, npix=30), stack(6, 4, npix=30), p=40)
    _, _, i, j = all_pairs(pairs)
    distance = imagepairs.distances(pairs, i, j).reshape(4, 4)
    lower, tighter, upper = both_bounds(pairs, learned(pairs, 4))
    assert np.all(np.maximum(lower, tighter) <= distance)
    assert np.all(distance <= upper)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"p": 0}, "E_RANGE_P"),
        ({"p": 2000}, "E_RANGE_P"),
        ({"p": 1, "width": -1}, "E_RANGE_WIDTH"),
    ],
)
def test_bad_arguments(options, code):
    with pytest.raises(InputError) as raised:
        imagepairs.image_pairs(stack(1, 2), stack(2, 2), **options)
    assert raised.value.code == code
