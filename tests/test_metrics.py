"""Do distances obey their laws, for every metric there is, and is bad input told in one sentence?"""

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from jetexplore import distances
from jetexplore.distances import METRICS, Metric, matrices, metrics, problems
from jetexplore.errors import InputError
from jetexplore.jets.constituents import Jets

NPIX = 12  # small images: the laws do not depend on it
MORE = ["Wass(1.5)", "Wass(3)", "MPE(0.5)", "MPE(3)"]


def some_images(seed, n=7, npix=NPIX):
    rng = np.random.default_rng(seed)
    images = rng.random((n, npix, npix)) * (rng.random((n, npix, npix)) < 0.2)
    images[:, npix // 2, npix // 2] += 0.5
    return images / images.sum((1, 2), keepdims=True)


def some_jets(seed, n=7):
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 40, n)
    total = counts.sum()
    phi = rng.normal(np.pi, 0.2, total)  # jets that cross the branch of phi
    offsets = np.concatenate([[0], np.cumsum(counts)])
    return Jets(
        rng.exponential(10, total) + 0.1, rng.normal(0, 0.2, total), (phi + np.pi) % (2 * np.pi) - np.pi, offsets
    )


def some(name, seed, n=7):
    return some_jets(seed, n) if metrics.metric(name).inputs == "jets" else some_images(seed, n)


@pytest.mark.parametrize("name", [*METRICS, *MORE])
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_laws(name, seed):
    x = some(name, seed)
    d = distances.cross(x, x, name)
    assert d.dtype == np.float64
    assert np.all(d >= 0)
    assert np.isfinite(d).all()
    assert np.all(np.abs(d.diagonal()) <= 1e-12 * d.max())
    assert d == pytest.approx(d.T, rel=1e-12)
    assert np.all(d[~np.eye(len(d), dtype=bool)] > 0)
    if metrics.metric(name).triangle:
        assert np.all(d[:, None, :] <= (d[:, :, None] + d[None, :, :]) * (1 + 1e-12))


@pytest.mark.parametrize("name", [*METRICS, *MORE])
def test_all_ways_agree(name):
    x, y = some(name, 1, 9), some(name, 2, 9)
    square = distances.pairwise(x, name)
    assert np.array_equal(square, square.T)
    assert np.all(square.diagonal() == 0)
    assert np.array_equal(distances.condensed(x, name), square[np.triu_indices(9, 1)])
    assert distances.cross(x, x, name) == pytest.approx(square, rel=1e-12, abs=1e-14)
    assert np.array_equal(distances.cross(x, y, name).diagonal(), distances.paired(x, y, name))


@pytest.mark.parametrize("name", [*METRICS, *MORE])
def test_threads_do_not_change_a_bit(name, monkeypatch):
    x = some(name, 1, 9)
    one = distances.pairwise(x, name, threads=1)
    monkeypatch.setattr(problems, "FEW", 0)  # else so few pairs are left to one thread
    assert np.array_equal(one, distances.pairwise(x, name, threads=3))


@pytest.mark.parametrize("name", ["MAE", "Wass(1)", "EMD"])
def test_python_threads_may_ask_at_once(name, monkeypatch):
    x = some(name, 1, 20)
    one = distances.pairwise(x, name)
    monkeypatch.setattr(problems, "FEW", 0)
    with ThreadPoolExecutor(4) as pool:
        assert all(np.array_equal(one, found) for found in pool.map(lambda _: distances.pairwise(x, name), range(12)))


@pytest.mark.parametrize("name", METRICS)
def test_blocks_do_not_change_a_bit(name, monkeypatch, capsys):
    x, y = some(name, 1, 12), some(name, 2, 12)
    whole = distances.pairwise(x, name), distances.cross(x, y, name), distances.paired(x, y, name)
    monkeypatch.setattr(matrices, "PAIRS", 5)
    parts = distances.pairwise(x, name), distances.cross(x, y, name, progress=True), distances.paired(x, y, name)
    assert all(np.array_equal(one, other) for one, other in zip(whole, parts, strict=True))
    assert "144" in capsys.readouterr().err


def test_mean_power_error_equals_numpy_and_scipy():
    x, y = some_images(3, 6), some_images(4, 6)
    for alpha in (0.5, 1, 2, 3.7):
        expected = (np.abs(x[:, None] - y) ** alpha).mean((2, 3))
        assert distances.cross(x, y, f"MPE({alpha})") == pytest.approx(expected, rel=1e-12)
    flat = x.reshape(6, -1)
    assert distances.condensed(x, "MAE") == pytest.approx(pdist(flat, "cityblock") / NPIX**2, rel=1e-12)
    assert np.array_equal(distances.pairwise(x, "MPE(2)"), distances.pairwise(x, "MSE"))
    assert np.array_equal(distances.pairwise(x, "Wass(1.0)"), distances.pairwise(x, "Wass(1)"))


@pytest.mark.parametrize("name", [name for name in METRICS if name.startswith("Wass")])
def test_one_particle_moved_by_d(name):
    x = np.zeros((2, 40, 40), dtype=np.float32)
    x[0, 20, 20], x[1, 23, 16] = 1.0, 3.0
    assert distances.pairwise(x, name)[0, 1] == pytest.approx(0.4, rel=1e-12)
    assert distances.pairwise(x, name, width=2.0)[0, 1] == pytest.approx(0.25, rel=1e-12)


def test_rooted_half_power_breaks_the_triangle():
    x = np.zeros((3, 40, 40))
    x[:, 20, 0] = 1 - 0.1
    x[0, 20, 10] = x[1, 20, 20] = x[2, 20, 30] = 0.1
    d = distances.pairwise(x, "Wass(0.5)", width=4.0)  # mass 0.1 moved by 1 costs 0.1 to the power of 2
    assert d[0, 1] == pytest.approx(0.01, rel=1e-9)
    assert d[0, 2] == pytest.approx(0.02, rel=1e-9)
    assert not metrics.metric("Wass(0.5)").triangle
    assert metrics.metric("Wass(1)").triangle


@pytest.mark.parametrize(
    ("R", "beta", "norm"), [(2.0, 1.0, False), (2.0, 2.0, False), (2.0, 1.0, True), (3.0, 0.5, True)]
)
def test_energy_movers_equals_energyflow(R, beta, norm):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        emd = pytest.importorskip("energyflow.emd")
    x = some_jets(5, 9)
    events = [np.stack([x[k].pt, x[k].eta, x[k].phi], -1) for k in range(len(x))]
    expected = [[emd.emd(a, b, R=R, beta=beta, norm=norm, periodic_phi=True) for b in events] for a in events]
    found = distances.cross(x, x, "EMD", R=R, beta=beta, norm=norm)
    assert found == pytest.approx(np.array(expected), rel=1e-10, abs=1e-9)


def test_energy_movers_closed_forms():
    pair = Jets(pt=[100.0, 100.0, 40.0], eta=[0.0, 0.0, 0.0], phi=[3.1, -3.1, 3.1], offsets=[0, 1, 2, 3])
    around = 2 * np.pi - 6.2
    d = distances.pairwise(pair, "EMD")
    assert d[0, 1] == pytest.approx(100 * around, rel=1e-12)
    assert d[0, 2] == pytest.approx(60, rel=1e-12)
    assert distances.pairwise(pair, "EMD", norm=True)[0, 2] == 0
    assert distances.pairwise(pair, "EMD", R=0.5, beta=2.0)[0, 1] == pytest.approx(100 * (2 * around) ** 2, rel=1e-12)


def test_optimal_plan_costs_the_distance():
    x = some_images(6, 2)
    for name in ("Wass(0.5)", "Wass(1)", "Wass(2)", "Wass(5)", "Wass(1.7)"):
        plan = distances.optimal_plan(x[0], x[1], name, width=2.0)
        assert plan.distance == pytest.approx(distances.paired(x[:1], x[1:], name, width=2.0)[0], rel=1e-12)
    for name in ("MSE", "EMD"):
        with pytest.raises(InputError, match="no plan between images"):
            distances.optimal_plan(x[0], x[1], name)


def test_a_new_metric_is_one_function_and_one_line(monkeypatch):
    def sums(x, y, i, j, *, factor=1.0):
        return factor * np.abs(x[i].max((1, 2)) - y[j].max((1, 2)))

    monkeypatch.setitem(METRICS, "peak", Metric(sums, "images", True, "", "none"))
    x = some_images(1)
    peaks = x.max((1, 2))
    expected = np.abs(peaks[:, None] - peaks)
    assert np.array_equal(distances.pairwise(x, "peak"), expected)
    assert np.array_equal(distances.cross(x, x, "peak", factor=2.0), 2 * expected)
    assert np.array_equal(distances.paired(x, x, "peak"), np.zeros(len(x)))


def test_one_image_is_a_stack_of_one():
    x = some_images(1)
    assert distances.cross(x, x[0], "Wass(1)").shape == (len(x), 1)
    assert distances.paired(x[0], x[1], "MAE").shape == (1,)
    with pytest.raises(InputError):
        distances.pairwise(x[0], "MAE")


@pytest.mark.parametrize("name", METRICS)
def test_no_and_one_jet(name):
    x = some(name, 1)
    none = x[:0]
    assert distances.pairwise(x[:1], name).tolist() == [[0.0]]
    assert distances.pairwise(none, name).shape == (0, 0)
    assert distances.cross(x, none, name).shape == (7, 0)
    assert distances.paired(none, none, name).shape == (0,)


@pytest.mark.parametrize("name", ["Wass1", "Wass(0)", "Wass(-1)", "Wass(nan)", "Wass()", "mse", "MPE(0)", "", None, 3])
def test_unknown_metric(name):
    with pytest.raises(InputError, match="unknown metric .*allowed: MSE, MAE") as raised:
        distances.pairwise(some_images(1), name)
    assert raised.value.code == "E_METRIC"


def spoiled(kind):
    x = some_images(1)
    if kind == "nan":
        x[2, 3, 3] = np.nan
    if kind == "infinite":
        x[2, 3, 3] = np.inf
    if kind == "huge":
        x[2] = 1e307
    if kind == "negative":
        x[2, 3, 3] = -0.1
    if kind == "empty":
        x[2] = 0
    shapes = {"flat": x.reshape(7, -1), "oblong": x[:, :-1], "one number": x[0, 0, 0], "four": x[None]}
    other = {"text": np.array([["a"]]), "complex": x.astype(complex)}
    return {**shapes, **other}.get(kind, x)


@pytest.mark.parametrize("name", ["MSE", "Wass(1)", "Wass(5)"])
@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("nan", "E_NONFINITE"),
        ("infinite", "E_NONFINITE"),
        ("huge", "E_NONFINITE"),
        ("negative", "E_NEGATIVE"),
        ("empty", "E_EMPTY_IMAGE"),
        ("oblong", "E_SHAPE"),
        ("flat", "E_SHAPE"),
        ("one number", "E_SHAPE"),
        ("four", "E_SHAPE"),
        ("text", "E_DTYPE"),
        ("complex", "E_DTYPE"),
    ],
)
def test_bad_images(name, kind, code):
    bad, good = spoiled(kind), some_images(2)
    calls = [
        (distances.pairwise, (bad, name)),
        (distances.cross, (good, bad, name)),
        (distances.cross, (bad, good, name)),
    ]
    for call, arguments in calls:
        with pytest.raises(InputError, match="allowed") as raised:
            call(*arguments)
        assert raised.value.code == code


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda x, y: distances.cross(x, y[:, :8, :8], "MAE"), "E_SHAPE"),
        (lambda x, y: distances.paired(x, y[:3], "MAE"), "E_SHAPE"),
        (lambda x, y: distances.pairwise(x, "EMD"), "E_INPUTS"),
        (lambda x, y: distances.pairwise(some_jets(1), "MAE"), "E_INPUTS"),
        (lambda x, y: distances.energy_movers(x, y, [0], [0]), "E_INPUTS"),
        (lambda x, y: distances.pairwise(some_jets(1), "EMD", R=0), "E_RANGE_R"),
        (lambda x, y: distances.pairwise(some_jets(1), "EMD", beta=np.nan), "E_RANGE_BETA"),
        (lambda x, y: distances.pairwise(some_jets(1), "EMD", R=1e-300, beta=2.0), "E_RANGE_R"),
        (lambda x, y: distances.pairwise(x, "Wass(2000)"), "E_RANGE_P"),
        (lambda x, y: distances.pairwise(x, "Wass(1)", width=-1), "E_RANGE_WIDTH"),
        (lambda x, y: distances.pairwise(x, "Wass(1)", threads=0), "E_RANGE_THREADS"),
        (lambda x, y: distances.wasserstein(x, y, [0], [0], p=0), "E_RANGE_P"),
        (lambda x, y: distances.wasserstein(x, y, [0], [0], p="1"), "E_RANGE_P"),
        (lambda x, y: distances.mean_power_error(x, y, [0], [0], alpha=-1), "E_RANGE_ALPHA"),
        (lambda x, y: distances.wasserstein(x, y, [0], [7], p=1), "E_INDEX"),
        (lambda x, y: distances.wasserstein(x, y, [-1], [0], p=1), "E_INDEX"),
        (lambda x, y: distances.wasserstein(x, y, [0, 1], [0], p=1), "E_INDEX"),
        (lambda x, y: distances.wasserstein(x, y, [0.5], [0.5], p=1), "E_INDEX"),
        (distances.optimal_plan, "E_SHAPE"),
        (lambda x, y: distances.optimal_plan(x[0], 0 * y[0]), "E_EMPTY_IMAGE"),
    ],
)
def test_bad_arguments(call, code):
    with pytest.raises(InputError, match="allowed") as raised:
        call(some_images(1), some_images(2))
    assert raised.value.code == code


@pytest.mark.parametrize(
    "call",
    [
        distances.pairwise,
        distances.condensed,
        lambda x, *a, **b: distances.cross(x, x, *a, **b),
        lambda x, *a, **b: distances.paired(x, x, *a, **b),
        lambda x, *a, **b: distances.nearest(x, x, *a, **b),
    ],
)
@pytest.mark.parametrize("option", [{"R": 3}, {"p": 3}, {"certified": True}, {"alpha": 1}])
def test_options_that_a_metric_does_not_have(call, option):
    with pytest.raises(InputError, match="width") as raised:
        call(some_images(1, 4), "Wass(1)", **option)
    assert raised.value.code == "E_OPTION"


def test_masked_pixels_and_true_are_no_numbers():
    x = some_images(1, 2)
    with pytest.raises(InputError) as raised:
        distances.pairwise(np.ma.masked_greater(x, x.mean()), "Wass(1)")
    assert raised.value.code == "E_MASKED"
    for option in ({"p": True}, {"p": 1, "threads": True}, {"p": 1, "width": True}):
        with pytest.raises(InputError):
            distances.wasserstein(x, x, [0], [1], **option)
