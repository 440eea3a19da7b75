"""What does the transport kernel refuse, and does it hold at the edges of sizes and threads?"""

import numpy as np
import pytest
from transportcases import NPIX, PITCH, costs, sparse_images

from jetexplore.distances import transport
from jetexplore.errors import InputError


@pytest.mark.parametrize(
    ("a", "b", "cost", "code"),
    [
        ([1.0], [1.0], [[1.0, 2.0]], "E_SHAPE"),
        ([], [], np.zeros((0, 0)), "E_SHAPE"),
        ([np.nan], [1.0], [[1.0]], "E_NONFINITE"),
        ([1.0], [1.0], [[np.inf]], "E_NONFINITE"),
        ([1.0, -0.5], [0.5], [[1.0], [1.0]], "E_NEGATIVE"),
        ([1.0], [2.0], [[1.0]], "E_BALANCE"),
        ([0.0], [0.0], [[1.0]], "E_BALANCE"),
        ([1e308, 1e308], [1e308, 1e308], [[0.0, 1.0], [1.0, 0.0]], "E_RANGE_A"),
        ([1.0], [1.0], [[1e305]], "E_RANGE_COST"),
        (["a"], [1.0], [[1.0]], "E_DTYPE"),
        ([1.0], [1.0], [[1.0 + 1j]], "E_DTYPE"),
    ],
)
def test_bad_problems(a, b, cost, code):
    with pytest.raises(InputError) as raised:
        transport.plan(a, b, cost)
    assert raised.value.code == code


@pytest.mark.parametrize(("p", "pitch"), [(200, PITCH), (2000, PITCH), (5, 1e70), (5, 1e-70), (1, 1e-300)])
def test_powers_beyond_the_range_of_numbers(p, pitch):
    x = transport.supports(sparse_images(np.random.default_rng(1), 2))
    with pytest.raises(InputError) as raised:
        transport.transport_costs(x, x, np.array([0]), np.array([1]), p, pitch, NPIX)
    assert raised.value.code == "E_RANGE_P"


@pytest.mark.parametrize(
    ("spoil", "options", "code"),
    [
        (np.nan, {}, "E_NONFINITE"),
        (-1.0, {}, "E_NEGATIVE"),
        (0.0, {}, "E_EMPTY_IMAGE"),
        (1.0, {"p": 0}, "E_RANGE_P"),
        (1.0, {"p": 2000}, "E_RANGE_P"),
        (1.0, {"width": -1}, "E_RANGE_WIDTH"),
    ],
)
def test_bad_image_plans(spoil, options, code):
    x = sparse_images(np.random.default_rng(1), 2)
    with pytest.raises(InputError) as raised:
        transport.image_plan(x[0], spoil * x[1], **options)
    assert raised.value.code == code


def test_one_large_problem_among_many_small_ones():
    x = np.zeros((401, NPIX, NPIX))
    x[0] = 1.0  # for which the arrays are made
    x[np.arange(1, 401), np.arange(400) // NPIX, np.arange(400) % NPIX] = 1.0
    i, j = np.arange(1, 401), np.roll(np.arange(1, 401), 1)
    i, j = np.append(i, 0), np.append(j, 0)
    sparse = transport.supports(x)
    found = transport.transport_costs(sparse, sparse, i, j, 2, PITCH, NPIX, threads=1)
    places = np.stack(np.divmod(np.arange(400), NPIX), -1) * PITCH
    expected = np.append(((places - np.roll(places, 1, axis=0)) ** 2).sum(1), 0.0)
    assert found.cost == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_number_of_threads_beyond_the_pairs():
    x = sparse_images(np.random.default_rng(1), 20)
    assert np.array_equal(costs(x, x, 1, threads=10**9).cost, costs(x, x, 1).cost)


def test_bad_number_of_threads():
    x = sparse_images(np.random.default_rng(1), 2)
    for threads in (0, -1, 1.5):
        with pytest.raises(InputError, match="whole number"):
            costs(x, x, 1, threads=threads)
