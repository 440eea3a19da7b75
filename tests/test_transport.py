"""Is the transport kernel exact? Closed forms, other solvers, degenerate masses, every size, any number of threads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import wasserstein_distance
from transportcases import NPIX, PITCH, costs, sparse_images

from jetexplore.distances import compilation, gather, problems, transport
from jetexplore.errors import InputError

POWERS = (0.5, 1, 2, 5)


def pot_cost(x, y, p):
    """Slow twin: POT on the full cost matrix of the non-zero pixels."""
    a, b = x[x > 0], y[y > 0]
    steps = np.argwhere(x > 0)[:, None] - np.argwhere(y > 0)
    cost = (PITCH * np.hypot(steps[..., 0], steps[..., 1])) ** p
    return problems.pot(a / a.sum(), b / b.sum(), cost)[1]


def linear_program(a, b, cost):
    """Slow readable twin: the definition, eq. (3.3), as a linear program."""
    n, m = cost.shape
    rows, columns = np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))
    found = linprog(cost.ravel(), A_eq=np.vstack([rows, columns]), b_eq=np.concatenate([a, b]), method="highs")
    assert found.success
    return found.fun


@pytest.mark.parametrize("p", [*POWERS, 0.1, 1.5, 3])
def test_one_pixel_moved_by_d_costs_d_to_the_p(p):
    x = np.zeros((2, NPIX, NPIX))
    x[0, 20, 20], x[1, 23, 24] = 7.0, 0.5
    assert costs(x[:1], x[1:], p).cost == pytest.approx([(5 * PITCH) ** p], rel=1e-14)


@pytest.mark.parametrize("p", POWERS)
def test_permutation_with_one_best_matching(p):
    x, y = np.zeros((2, 1, NPIX, NPIX))
    rng = np.random.default_rng(5)
    for row in range(2, 38, 5):
        for column in range(2, 38, 5):
            mass = rng.random()
            x[0, row, column] = mass
            y[0, row + rng.integers(0, 2), column] = mass
    moved = x * (y == 0)
    assert costs(x, y, p).cost == pytest.approx([moved.sum() / x.sum() * PITCH**p], rel=1e-12)


@pytest.mark.parametrize("p", [1, 2, 5])
def test_translation_costs_its_length(p):
    rng = np.random.default_rng(2)
    x = np.zeros((4, NPIX, NPIX))
    x[:, 5:30, 5:30] = sparse_images(rng, 4, npix=25)
    found = [costs(x[k : k + 1], np.roll(x[k : k + 1], (3, 4), (1, 2)), p).cost[0] for k in range(4)]
    assert np.array(found) ** (1 / p) == pytest.approx(5 * PITCH, rel=1e-12)


def test_one_dimension_equals_scipy():
    rng = np.random.default_rng(3)
    x = np.zeros((30, NPIX, NPIX))
    x[:, 7] = rng.random((30, NPIX)) * (rng.random((30, NPIX)) < 0.5) + 1e-9
    centres = np.arange(NPIX) * PITCH
    expected = [wasserstein_distance(centres, centres, a[7], b[7]) for a in x[:5] for b in x]
    assert costs(x[:5], x, 1).cost == pytest.approx(expected, rel=1e-10, abs=1e-15)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 9), m=st.integers(1, 9), whole=st.booleans())
def test_plan_equals_linear_program(seed, n, m, whole):
    rng = np.random.default_rng(seed)
    a, b, cost = rng.random(n), rng.random(m), rng.random((n, m))
    if whole:  # many equal sums: every pivot may be degenerate
        a, b, cost = (rng.integers(1, 4, k).astype(float) for k in (n, m, (n, m)))
    a, b = a / a.sum(), b / b.sum()
    found = transport.plan(a, b, cost)
    assert found.cost == pytest.approx(linear_program(a, b, cost), rel=1e-9, abs=1e-12)
    assert found.dual == pytest.approx(found.cost, rel=1e-12, abs=1e-15)
    assert np.bincount(found.source, found.flow, n) == pytest.approx(a, abs=1e-15)
    assert np.bincount(found.target, found.flow, m) == pytest.approx(b, abs=1e-15)
    assert np.all(found.source_potential[:, None] + found.target_potential <= cost + 1e-14)


@pytest.mark.parametrize("p", POWERS)
def test_equals_pot_on_many_pairs(p):
    rng = np.random.default_rng(11)
    x, y = sparse_images(rng, 20), sparse_images(rng, 20)
    found = costs(x, y, p)
    expected = np.array([pot_cost(a, b, p) for a in x for b in y])
    assert np.max(np.abs(found.cost - expected) / expected) < 1e-12
    assert np.max(np.abs(found.dual - found.cost) / expected) < 1e-12
    assert found.fallbacks == 0


@pytest.mark.parametrize("size", [1, 2, 8, 9, 63, 64, 65, 127, 128, 129, 200, 641])
def test_supports_of_any_size(size):
    rng = np.random.default_rng(size)
    x = np.zeros((1, NPIX * NPIX))
    x[0, rng.permutation(NPIX * NPIX)[:size]] = rng.random(size) + 0.01
    x, y = x.reshape(1, NPIX, NPIX), sparse_images(rng, 4, 20)
    for p in POWERS:
        expected = [pot_cost(x[0], b, p) for b in y]
        assert costs(x, y, p).cost == pytest.approx(expected, rel=1e-12)
        assert costs(y, x, p).cost == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("p", [1, 2, 5])
def test_event_and_average_and_full_images(p):
    rng = np.random.default_rng(8)
    events = sparse_images(rng, 600)
    average = events.mean(0)[None]
    assert (average > 0).sum() > 1000
    full = rng.random((2, NPIX, NPIX)) + 0.01
    for x, y in ((events[:3], average), (events[:3], full[:1]), (average, full[:1])):
        expected = [pot_cost(a, b, p) for a in x for b in y]
        found = costs(x, y, p)
        assert found.cost == pytest.approx(expected, rel=1e-12)
        assert found.fallbacks == 0


def test_full_images_against_each_other():
    full = np.random.default_rng(9).random((2, NPIX, NPIX)) + 0.01
    found = costs(full[:1], full[1:], 1)
    assert found.cost == pytest.approx([pot_cost(*full, 1)], rel=1e-12)
    assert found.cost == pytest.approx(found.dual, rel=1e-12)


@pytest.mark.parametrize("p", POWERS)
@pytest.mark.parametrize("make", ["uniform", "integers", "same pixels", "one pixel", "tiny"])
def test_degenerate_masses(p, make):
    rng = np.random.default_rng(4)
    x = np.zeros((12, NPIX * NPIX))
    for image in x:
        pixels = rng.permutation(NPIX * NPIX)[: 1 if make == "one pixel" else rng.integers(5, 65)]
        if make == "same pixels":
            pixels = np.arange(100, 140)
        mass = {"uniform": np.ones, "tiny": lambda n: 10.0 ** -rng.integers(0, 12, n)}
        image[pixels] = mass.get(make, lambda n: rng.integers(1, 4, n))(len(pixels))
    x = x.reshape(-1, NPIX, NPIX)
    found = costs(x, x, p)
    expected = np.array([pot_cost(a, b, p) for a in x for b in x])
    assert found.cost == pytest.approx(expected, rel=1e-12, abs=1e-15)
    assert found.fallbacks == 0
    assert np.all(found.cost.reshape(12, 12).diagonal() == 0)


@pytest.mark.parametrize("p", [1, 2])
def test_threads_do_not_change_a_bit(p):
    x = sparse_images(np.random.default_rng(6), 40)
    one = costs(x, x, p)
    for threads in (2, 3, 7):
        more = costs(x, x, p, threads=threads)
        assert np.array_equal(one.cost, more.cost)
        assert np.array_equal(one.dual, more.dual)


def test_neighbours_do_not_change_a_bit():
    """The arrays that a pair is solved in are those of the pairs before it."""
    x = sparse_images(np.random.default_rng(6), 12)
    together = costs(x, x, 2)
    alone = [costs(a[None], b[None], 2) for a in x for b in x]
    assert np.array_equal(together.cost, np.concatenate([one.cost for one in alone]))
    assert np.array_equal(together.dual, np.concatenate([one.dual for one in alone]))


@pytest.fixture
def gives_up(monkeypatch):
    """A kernel that always reaches the limit on pivots."""
    solve_images = transport.gather.solve_images

    def images(*arguments):
        solve_images(*arguments)
        arguments[-1][:] = [1.0, 1.0, -1.0, 1.0]

    def table(a, b, cost, scratch, result):
        result[:] = [1.0, 1.0, -1.0, 1.0]

    monkeypatch.setattr(transport.gather, "solve_images", images)
    monkeypatch.setattr(transport.gather, "solve_table", table)


def test_doubtful_results_are_solved_again_and_counted(request):
    x = sparse_images(np.random.default_rng(7), 6)
    sure = costs(x, x, 2)
    request.getfixturevalue("gives_up")
    again = costs(x, x, 2)
    assert again.fallbacks == 36
    assert again.cost == pytest.approx(sure.cost, rel=1e-12, abs=1e-15)
    assert again.dual == pytest.approx(sure.dual, rel=1e-12, abs=1e-15)
    plan = transport.plan([0.5, 0.5], [0.25, 0.75], [[0.0, 1.0], [1.0, 0.0]])
    assert plan.cost == pytest.approx(0.25)


def test_what_no_solver_is_certain_of_is_refused(monkeypatch, gives_up):
    x = sparse_images(np.random.default_rng(7), 2)
    monkeypatch.setattr(problems, "pot", lambda a, b, cost: (np.outer(a, b), 1e6, 0 * a, 0 * b))
    for call in (
        lambda: costs(x[:1], x[1:], 2),
        lambda: transport.plan([1.0], [1.0], [[2.0]]),
    ):
        with pytest.raises(InputError, match="not certain") as raised:
            call()
        assert raised.value.code == "E_PRECISION"


@pytest.mark.parametrize("p", [10, 20, 30, 50, 80, 120])
def test_large_powers_are_exact_or_refused(p):
    """Where all is moved along one way or not at all, W_p is at most the length of that way."""
    rng = np.random.default_rng(1)
    found, refused = [], []
    for _ in range(60):
        x = np.zeros((2, NPIX, NPIX))
        x[:, rng.integers(0, NPIX - 4, 20), rng.integers(0, NPIX - 4, 20)] = 1.0
        row, column = np.argwhere(x[0])[0]
        x[1, row, column] = 0.0
        x[1, row + 3, column + 4] += 1.0
        try:
            found.append(costs(x[:1], x[1:], p).cost[0] ** (1 / p))
        except InputError as error:
            refused.append(error.code)
    assert set(refused) <= {"E_PRECISION"}
    assert max(found, default=0) <= 6 * PITCH
    if p <= 10:
        assert not refused
        assert max(found) <= 5 * PITCH * (1 + 1e-12)


def test_pivot_limit_is_doubtful():
    one = np.ones(1)
    assert problems.uncertain(one, one, -one, one).all()
    assert not problems.uncertain(one, one, one, one).any()
    assert problems.uncertain(one, np.array([np.nan]), one, one).all()


@pytest.mark.parametrize("p", POWERS)
def test_image_plan_costs_the_distance(p):
    rng = np.random.default_rng(10)
    for first, second in sparse_images(rng, 20).reshape(10, 2, NPIX, NPIX):
        plan = transport.image_plan(first, second, p)
        expected = costs(first[None], second[None], p).cost[0]
        assert plan.flow @ plan.cost == pytest.approx(expected, rel=1e-12)
        assert plan.distance == pytest.approx(expected ** (1 / p), rel=1e-12)
        lengths = np.hypot(*(plan.end - plan.start).T)
        assert plan.cost == pytest.approx(lengths**p, rel=1e-10, abs=1e-15)
        for image, ends in ((first, plan.source), (second, plan.target)):
            mass = np.zeros_like(image)
            np.add.at(mass, tuple(ends.T), plan.flow)
            assert mass == pytest.approx(image / image.sum(), abs=1e-15)
        assert abs(plan.gap) < 1e-12


@pytest.mark.parametrize("p", POWERS)
def test_nearly_equal_images(p):
    """What little is left to move differs in sum by the rounding of the whole; no solver may stumble over that."""
    rng = np.random.default_rng(3)
    x = sparse_images(rng, 60, 20)
    for y in (x * 3.7, (x / x.sum((1, 2), keepdims=True)).astype(np.float32), x * rng.uniform(1 - 1e-6, 1, x.shape)):
        sparse, other, k = transport.supports(x), transport.supports(y), np.arange(60)
        found = transport.transport_costs(sparse, other, k, k, p, PITCH, NPIX)
        assert found.fallbacks == 0
        assert np.all(found.cost <= (1.5 * NPIX * PITCH) ** p * 1e-5)
        moved = np.abs(x / x.sum((1, 2), keepdims=True) - y / y.sum((1, 2), keepdims=True, dtype=float)).sum((1, 2)) / 2
        assert np.all(found.cost >= moved * PITCH**p - 1e-13)
        for a, b, cost in zip(x[:6], y[:6], found.cost, strict=False):
            plan = transport.image_plan(a, b, p)
            assert plan.distance**p == pytest.approx(cost, rel=1e-3, abs=1e-13)


@pytest.mark.parametrize(("i", "npix"), [(-1, NPIX), (2, NPIX), (0, 5)])
def test_pairs_and_pixels_that_are_not_there(i, npix):
    sparse = transport.supports(sparse_images(np.random.default_rng(3), 2, 20))
    with pytest.raises(InputError) as raised:
        transport.transport_costs(sparse, sparse, np.array([i]), np.array([1]), 1, PITCH, npix)
    assert raised.value.code == "E_INDEX"


@pytest.mark.parametrize("p", POWERS)
def test_images_around_the_circle(p):
    """Rolling rows changes nothing, and all is the same as on three images one above the other."""
    x = sparse_images(np.random.default_rng(3), 4, 20, npix=12)
    sparse, i, j = transport.supports(x), np.array([0, 1, 2]), np.array([1, 2, 3])
    found = transport.transport_costs(sparse, sparse, i, j, p, PITCH, 12, periodic=True)
    for shift in (1, 5):
        rolled = transport.supports(np.roll(x, shift, 1))
        again = transport.transport_costs(rolled, rolled, i, j, p, PITCH, 12, periodic=True)
        assert again.cost == pytest.approx(found.cost, rel=1e-12)
    assert np.all(found.cost <= transport.transport_costs(sparse, sparse, i, j, p, PITCH, 12).cost * (1 + 1e-12))
    for k, cost in enumerate(found.cost):
        a, b = x[i[k]] / x[i[k]].sum(), x[j[k]] / x[j[k]].sum()
        steps = np.abs(np.argwhere(a > 0)[:, None] - np.argwhere(b > 0))
        steps[..., 0] = np.minimum(steps[..., 0], 12 - steps[..., 0])
        expected = problems.pot(a[a > 0], b[b > 0], (PITCH * np.hypot(*np.moveaxis(steps, -1, 0))) ** p)[1]
        assert cost == pytest.approx(expected, rel=1e-12)
        assert transport.image_plan(x[i[k]], x[j[k]], p, 12 * PITCH, periodic=True).distance ** p == pytest.approx(cost)


@pytest.mark.parametrize("p", POWERS)
def test_a_plan_is_pots_until_the_kernel_is_compiled(p, monkeypatch):
    """They cost the same and both move all mass."""
    first, second = sparse_images(np.random.default_rng(3), 2, 40)
    compilation.wait("table")
    with monkeypatch.context() as without:
        without.setattr(compilation, "ready", lambda kind: False)  # noqa: ARG005
        without.setattr(gather, "solve_table", lambda *_: pytest.fail("the compiler was asked"))
        plans = [transport.image_plan(first, second, p)]
    monkeypatch.setattr(problems, "pot", lambda *_: pytest.fail("POT was asked"))
    plans.append(transport.image_plan(first, second, p))
    assert plans[0].distance == pytest.approx(plans[1].distance, rel=1e-12)
    for plan in plans:
        mass = np.zeros_like(first)
        np.add.at(mass, tuple(plan.source.T), plan.flow)
        assert mass == pytest.approx(first / first.sum(), abs=1e-15)
        assert abs(plan.gap) < 1e-12


def test_plan_of_an_image_with_itself_stays():
    x = sparse_images(np.random.default_rng(1), 1)[0]
    for p in POWERS:
        plan = transport.image_plan(x, x, p)
        assert plan.distance == 0
        assert np.array_equal(plan.source, plan.target)
