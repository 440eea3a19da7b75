"""A barycentre is halfway between two points, moves as its images move, and is better than where it started."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetexplore import jets
from jetexplore.distances import matrices
from jetexplore.distances.barycentre import barycentre, barycentre_points
from jetexplore.distances.references import average
from jetexplore.errors import InputError

place = st.tuples(st.integers(0, 39), st.integers(0, 39))


@given(st.lists(place, min_size=1, max_size=4), st.integers(1, 5))
def test_of_point_masses_is_their_centre_of_mass(places, n_points):
    images = np.zeros((len(places), 40, 40))
    for image, one in zip(images, places, strict=True):
        image[one] = 2.0  # unit sum is not asked for
    centres = jets.pixel_centres()
    expected = np.mean([(centres[i], centres[j]) for i, j in places], axis=0)
    np.testing.assert_allclose(barycentre_points(images, n_points), np.tile(expected, (n_points, 1)), atol=1e-12)
    found = barycentre(images, n_points)[0]
    assert found.sum() == pytest.approx(1)
    moments = [(found.sum(axis) * centres).sum() for axis in (1, 0)]
    np.testing.assert_allclose(moments, expected, atol=1e-6)  # sharing a point by four pixels keeps its place
    assert (found > 1e-6).sum() <= 4


def test_of_two_distributions_that_are_shifted_copies():
    images = np.zeros((2, 40, 40))
    for image, shift in zip(images, (0, 6), strict=True):
        image[[10, 20], [10 + shift, 12 + shift]] = 0.5
    points = barycentre_points(images, n_points=2)
    centres = jets.pixel_centres()
    np.testing.assert_allclose(points[points[:, 0].argsort()], centres[[[10, 13], [20, 15]]], atol=1e-12)


def test_moves_with_its_images_and_with_their_width(rng):
    images = np.zeros((5, 40, 40))
    images[:, 12:20, 12:20] = rng.exponential(size=(5, 8, 8)) ** 3
    here = barycentre_points(images, 8)
    shifted = barycentre_points(np.roll(images, (3, -4), axis=(1, 2)), 8)
    np.testing.assert_allclose(shifted, here + 0.08 * np.array([3, -4]), atol=1e-6)
    np.testing.assert_allclose(barycentre_points(images, 8, width=1.6), here / 2, atol=1e-3)


def test_is_nearer_to_jets_than_their_average():
    images = jets.images(jets.load("sample", "reference")["QCD"][:60])
    both = np.concatenate([barycentre(images), average(images)])
    inside, blob = (matrices.cross(images, both, "Wass(2)") ** 2).mean(0)
    assert inside < blob
    assert (both[0] > 0).sum() < (both[1] > 0).sum() / 3


def test_more_iterations_do_not_get_worse():
    images = jets.images(jets.load("sample", "reference")["QCD"][:40])
    cost = [(matrices.cross(images, barycentre(images, n_iterations=n), "Wass(2)") ** 2).mean() for n in (1, 3, 30)]
    assert cost[0] > cost[2] * 0.999
    assert cost[1] > cost[2] * 0.98  # pixels round the places


@pytest.mark.parametrize(
    ("images", "settings", "code"),
    [
        (np.zeros((0, 40, 40)), {}, "E_EMPTY"),
        (np.zeros((1, 40, 40)), {}, "E_EMPTY_IMAGE"),
        (np.ones((1, 40)), {}, "E_SHAPE"),
        (np.ones((1, 4, 4)), {"n_points": 0}, "E_RANGE"),
        (np.ones((1, 4, 4)), {"n_points": 1.5}, "E_RANGE"),
        (np.ones((1, 4, 4)), {"n_iterations": 0}, "E_RANGE"),
    ],
)
def test_what_cannot_be_averaged(images, settings, code):
    with pytest.raises(InputError) as raised:
        barycentre(images, **settings)
    assert raised.value.code == code
