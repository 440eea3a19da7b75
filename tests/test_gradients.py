"""Is the potential the gradient of the transport cost? Duality, POT's duals, finite differences, laws, odd images."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetexplore import distances
from jetexplore.distances import compilation, gradients, jetproblems, problems, transport
from jetexplore.distances.gradients import transport_gradients
from jetexplore.errors import InputError

POWERS = (0.5, 1, 2, 5)


def pairs(seed, n=6, npix=12, sparse=0.15, empty=0.0):
    """Sparse images, and reconstructions in whose pixels masses of all sizes lie, as a softmax leaves them."""
    rng = np.random.default_rng(seed)
    x = rng.random((n, npix, npix)) ** 4 * (rng.random((n, npix, npix)) < sparse)
    x[:, 0, 0] += 1e-3
    y = np.exp(rng.normal(0, 4, (n, npix, npix))) * (rng.random((n, npix, npix)) >= empty)
    y[:, -1, -1] += 1e-3
    return x, y / y.sum((1, 2), keepdims=True)


def costs_between(npix, p, width=3.2):
    table = jetproblems.offset_costs(p, width / npix, npix)
    code = jetproblems.pixel_codes(np.arange(npix * npix), npix)
    return table[len(table) // 2 + code[:, None] - code]


def masses(images):
    flat = images.reshape(len(images), -1).astype(float)
    return flat / flat.sum(1, keepdims=True)


def best_partner(v, cost):
    """The largest function u with u(x) + v(y) <= cost(x, y)."""
    return (cost - v).min(1)


@pytest.mark.parametrize("p", POWERS)
@pytest.mark.parametrize("empty", [0.0, 0.7])
def test_dual_value_is_the_cost(p, empty):
    """The potential is feasible by construction of its partner; that their value is the cost makes it optimal."""
    x, y = pairs(1, empty=empty)
    found = transport_gradients(x, y, p)
    a, b, cost = masses(x), masses(y), costs_between(12, p)
    for k, v in enumerate(found.potential.reshape(6, -1)):
        dual = a[k] @ best_partner(v, cost) + b[k] @ v
        assert dual == pytest.approx(found.cost[k], rel=1e-12)
        assert b[k] @ v == pytest.approx(0, abs=1e-14 * np.abs(v).max())
    k = np.arange(6)
    sparse = transport.supports(x), transport.supports(y)
    assert np.array_equal(found.cost, transport.transport_costs(*sparse, k, k, p, 3.2 / 12, 12).cost)
    assert (found.error < 1e-11 * found.cost).all()
    assert found.fallbacks == 0


@pytest.mark.parametrize("p", POWERS)
def test_pixels_without_mass_get_the_largest_feasible_value(p):
    x, y = pairs(2, empty=0.7)
    found, cost = transport_gradients(x, y, p).potential.reshape(6, -1), costs_between(12, p)
    for k, v in enumerate(found):
        at = masses(x)[k] > 0
        u = best_partner(v, cost)
        assert v == pytest.approx((cost[at] - u[at, None]).min(0), abs=1e-12 * cost.max())
    if p <= 1:  # one function for both: it changes by no more than the distance
        assert (found[:, :, None] - found[:, None] <= cost + 1e-12).all()


@pytest.mark.parametrize("p", POWERS)
def test_equals_pots_duals(p):
    """Masses everywhere in y and none alike: the best potential is the only one, up to its constant."""
    x, y = pairs(3)
    found, cost = transport_gradients(x, y, p), costs_between(12, p)
    for k in range(6):
        a, b = masses(x)[k], masses(y)[k]
        v = problems.pot(a[a > 0], b, np.ascontiguousarray(cost[a > 0]))[3]
        assert found.potential[k].ravel() == pytest.approx(v - b @ v, abs=1e-11 * cost.max())


@pytest.mark.parametrize("p", POWERS)
@pytest.mark.parametrize("normalised", [True, False])
def test_is_the_derivative(p, normalised):
    """Central differences along a random direction: through a softmax, and by the pixels of any sum."""
    x, y = pairs(4, sparse=0.1)
    y = np.exp(np.log(y) / 4)  # masses of one size: a step must not pass a kink
    y *= 1 / y.sum((1, 2), keepdims=True) if normalised else 3.0
    step, direction = 1e-6, np.random.default_rng(5).normal(size=y.shape)

    def moved(by):
        if not normalised:
            return y * (1 + by * direction)
        raised = y * np.exp(by * direction)
        return raised / raised.sum((1, 2), keepdims=True)

    numerical = (transport_gradients(x, moved(step), p).cost - transport_gradients(x, moved(-step), p).cost) / 2 / step
    change = y * direction
    if normalised:
        change -= y * change.sum((1, 2), keepdims=True)
    exact = (transport_gradients(x, y, p).potential * change).sum((1, 2)) / y.sum((1, 2))
    assert exact == pytest.approx(numerical, abs=1e-7 * np.abs(numerical).max())


@given(seed=st.integers(0, 2**32 - 1), p=st.sampled_from(POWERS), empty=st.sampled_from([0.0, 0.5, 0.95]))
def test_supports_of_any_size_and_ties(seed, p, empty):
    """Masses that are whole numbers tie everywhere; either image may have more pixels, and most may coincide."""
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 3, (2, 4, 5, 5)) * (rng.random((2, 4, 5, 5)) >= empty).astype(float)
    x[:, 2, 2] += 1
    y[:, 2, 2 + seed % 2] += 1
    found, cost = transport_gradients(x, y, p), costs_between(5, p)
    expected = distances.paired(x, y, f"Wass({p})") ** p
    assert found.cost == pytest.approx(expected, rel=1e-12, abs=1e-15)
    for k, v in enumerate(found.potential.reshape(4, -1)):
        dual = masses(x)[k] @ best_partner(v, cost) + masses(y)[k] @ v
        assert dual == pytest.approx(found.cost[k], abs=1e-13 * cost.max())


def test_identical_images():
    x, _ = pairs(6)
    for p in POWERS:
        found = transport_gradients(x, x, p)
        assert found.cost.tolist() == [0.0] * 6
        dual = [
            best_partner(v.ravel(), costs_between(12, p)) @ a for v, a in zip(found.potential, masses(x), strict=True)
        ]
        assert dual == pytest.approx([0] * 6, abs=1e-14)
    assert not transport_gradients(x, x, 1).potential.any()


@pytest.mark.parametrize("p", POWERS)
def test_laws(p):
    x, y = pairs(7, empty=0.3)
    found = transport_gradients(x, y, p)
    turned = transport_gradients(x[:, ::-1].swapaxes(1, 2), y[:, ::-1].swapaxes(1, 2), p)
    assert turned.cost == pytest.approx(found.cost, rel=1e-12)
    assert turned.potential == pytest.approx(found.potential[:, ::-1].swapaxes(1, 2), abs=1e-12 * 3**p)
    order = np.array([3, 1, 5, 0, 4, 2])
    shuffled = transport_gradients(x[order], y[order], p)
    assert np.array_equal(shuffled.potential, found.potential[order])  # no pair feels its neighbours
    scaled = transport_gradients(8 * x, y / 4, p)
    assert np.array_equal(scaled.potential, found.potential)
    wide = transport_gradients(x, y, p, width=6.4)
    assert wide.potential == pytest.approx(2**p * found.potential, rel=1e-9, abs=1e-12 * 6**p)


def test_threads_do_not_change_a_bit():
    x, y = pairs(8, n=40)
    one, three = (transport_gradients(x, y, 1, threads=threads) for threads in (1, 3))
    assert np.array_equal(one.potential, three.potential)
    assert np.array_equal(one.cost, three.cost)


def test_float32_and_a_single_image():
    x, y = pairs(9)
    whole = transport_gradients(x.astype(np.float32), y.astype(np.float32), 1)
    assert whole.potential == pytest.approx(transport_gradients(x, y, 1).potential, abs=1e-5)
    assert np.array_equal(transport_gradients(x[0], y[0], 1).potential[0], transport_gradients(x, y, 1).potential[0])
    assert transport_gradients(x[:0], y[:0], 1).potential.shape == (0, 12, 12)


@pytest.mark.parametrize("p", POWERS)
def test_pot_answers_while_the_kernel_is_compiled(p, monkeypatch):
    x, y = pairs(10, empty=0.3)
    kernel = transport_gradients(x, y, p)
    same = transport_gradients(x, x, p)
    asked = []
    monkeypatch.setattr(compilation, "ready", lambda *_: False)
    monkeypatch.setattr(compilation, "start", lambda: asked.append("start"))
    monkeypatch.setattr(gradients, "solve_part", lambda *_: pytest.fail("the kernel was called"))
    found = transport_gradients(x, y, p)
    assert found.cost == pytest.approx(kernel.cost, rel=1e-12)
    at = y > 0  # elsewhere, several are optimal
    assert found.potential[at] == pytest.approx(kernel.potential[at], abs=1e-11 * 3**p)
    assert np.array_equal(transport_gradients(x, x, p).cost, same.cost)
    assert asked == ["start", "start"]


def test_doubtful_results_are_solved_again_and_counted(monkeypatch):
    x, y = pairs(11)
    sure = transport_gradients(x, y, 2)
    solve_part = gradients.solve_part

    def gives_up(*arguments):
        solve_part(*arguments)
        arguments[-2][::2] = [1.0, 1.0, -1.0, 1.0]
        arguments[-1][::2] = np.nan

    monkeypatch.setattr(gradients, "solve_part", gives_up)
    found = transport_gradients(x, y, 2)
    assert found.fallbacks == 3
    assert found.cost == pytest.approx(sure.cost, rel=1e-12)
    assert found.potential == pytest.approx(sure.potential, abs=1e-11)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"p": 0}, "E_RANGE_P"),
        ({"p": 400}, "E_RANGE_P"),
        ({"width": -1.0}, "E_RANGE_WIDTH"),
        ({"threads": 0}, "E_RANGE_THREADS"),
        ({"images": np.ones((2, 3, 3))}, "E_SHAPE"),
        ({"reconstructions": -np.ones((1, 3, 3))}, "E_NEGATIVE"),
        ({"reconstructions": np.zeros((1, 3, 3))}, "E_EMPTY_IMAGE"),
        ({"reconstructions": np.full((1, 3, 3), np.nan)}, "E_NONFINITE"),
    ],
)
def test_wrong_input_is_refused(change, code):
    given = {"images": np.ones((1, 3, 3)), "reconstructions": np.ones((1, 3, 3)), "p": 1} | change
    with pytest.raises(InputError) as error:
        transport_gradients(**given)
    assert error.value.code == code
