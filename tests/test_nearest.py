"""What is found with few distances is what all of them give, bit for bit, and few are enough."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jetexplore import anomaly, distances, jets
from jetexplore.distances import METRICS, Metric, bounds, matrices, metrics, search
from jetexplore.errors import InputError

WASSERSTEIN = ["Wass(0.5)", "Wass(1)", "Wass(2)", "Wass(5)", "Wass(1.5)"]


@pytest.fixture
def eager(monkeypatch):
    """Potentials for few images, too: learned from the first four on, in blocks of at most sixteen."""
    for name, value in (("WORTH", 4), ("LEAST", 4), ("FIRST", 4), ("STUDY", 1), ("BLOCK", 16)):
        monkeypatch.setattr(search, name, value)


def stack(seed, n, npix=6, most=5, twice=True):
    """Sparse images of few different masses: pixels, images and distances are equal now and then."""
    rng = np.random.default_rng(seed)
    images = np.zeros((n, npix * npix))
    for image in images:
        pixels = rng.choice(npix * npix, rng.integers(1, most), replace=False)
        image[pixels] = rng.integers(1, 3, len(pixels))
    if twice:
        images[rng.integers(0, n, n // 3)] = images[rng.integers(0, n, n // 3)]
    return images.reshape(n, npix, npix)


def brute(x, y, metric, k, left_out=None, **options):
    d = distances.cross(x, y, metric, **options)
    if left_out is not None:
        rows = np.flatnonzero(left_out >= 0)
        d[rows, left_out[rows]] = np.inf
    index = np.argsort(d, axis=1, kind="stable")[:, :k]
    return index, np.take_along_axis(d, index, 1)


def check(x, y, metric, k, exclude=None, **options):
    left_out = np.arange(len(x)) if isinstance(exclude, str) else exclude
    index, distance = brute(x, y, metric, k, left_out, **options)
    found = distances.nearest(x, y, metric, k, exclude=exclude, **options)
    assert np.array_equal(found.index, index)
    assert np.array_equal(found.distance, distance)
    which = distances.nearest(x, y, metric, k, exclude=exclude, which_only=True, **options)
    assert np.array_equal(which.index, index)
    assert np.all(np.isnan(which.distance) | (which.distance == distance))
    assert found.pairs == which.pairs == len(x) * len(y) - (0 if left_out is None else (left_out >= 0).sum())
    return found, which


@given(st.integers(0, 10**6), st.sampled_from(WASSERSTEIN), st.integers(1, 4), st.booleans())
@settings(max_examples=60)
def test_nearest_is_that_of_all_distances(seed, metric, k, same):
    before = {name: getattr(search, name) for name in ("WORTH", "LEAST", "FIRST", "STUDY", "BLOCK")}
    try:
        search.WORTH, search.LEAST, search.FIRST, search.STUDY, search.BLOCK = 4, 4, 4, 1, 16
        x = stack(seed, 24)
        if same:
            check(x, x, metric, k, exclude="self")
        y = x if same else stack(seed + 1, 9)
        check(x, y, metric, k)
        d = distances.cross(x, y, metric)
        for reduce in ("min", "argmin", "sum"):
            assert np.array_equal(distances.cross(x, y, metric, reduce=reduce), getattr(d, reduce)(1))
    finally:
        for name, value in before.items():
            setattr(search, name, value)


@pytest.fixture(scope="module")
def real():
    images = jets.images(jets.load("sample", "reference")["QCD"][:150])
    d = distances.pairwise(images, "Wass(1)")
    chosen = {k: images[distances.medoids(d, k).indices] for k in (3, 7, 20)}
    sample = jets.load("sample")
    events = np.concatenate([jets.images(sample[name][:n]) for name, n in (("QCD", 700), ("Top", 200), ("W", 100))])
    return events, chosen[20], chosen


@pytest.mark.parametrize("metric", WASSERSTEIN)
def test_reduced_is_the_table_reduced(real, metric):
    events, references, _ = real
    events = events[::3]
    table = distances.cross(events, references, metric)
    for k in (3, 20):
        some = np.ascontiguousarray(table[:, :k])
        for reduce, expected in (("min", some.min(1)), ("argmin", some.argmin(1)), ("sum", some.sum(1))):
            found = distances.cross(events, references[:k], metric, reduce=reduce)
            assert found.dtype == expected.dtype
            assert np.array_equal(found, expected)
            if reduce != "argmin":
                assert np.array_equal(anomaly.event_to_ensemble(events, references[:k], metric, reduce), expected)
    found = distances.nearest(events, references, metric, 4)
    assert np.array_equal(found.index, np.argsort(table, axis=1, kind="stable")[:, :4])
    assert np.array_equal(found.distance, np.sort(table, axis=1)[:, :4])


@pytest.mark.parametrize(("k", "nearest", "which"), [(3, 0.4, 0.2), (7, 0.25, 0.18), (20, 0.15, 0.12)])
def test_few_distances_are_enough(real, k, nearest, which):
    references = real[2][k]  # the nearest alone are 1/k of all pairs
    events = jets.images(jets.load("sample")["QCD"][:1500])
    found = distances.nearest(events, references, "Wass(1)")
    assert found.solved <= nearest * found.pairs
    assert found.solved >= len(events)
    sure = distances.nearest(events, references, "Wass(1)", which_only=True)
    assert sure.solved <= which * sure.pairs
    assert np.array_equal(sure.index, found.index)
    assert np.isnan(sure.distance).any()


def test_neighbours_in_one_set(real):
    events = real[0][:250]
    found, which = check(events, events, "Wass(1)", 5, exclude="self")
    assert found.solved < 0.4 * found.pairs
    assert which.solved == found.solved  # the order of five needs their distances
    assert np.all(found.index != np.arange(250)[:, None])


@pytest.mark.parametrize("metric", WASSERSTEIN)
def test_threads_and_blocks_do_not_matter(real, metric, monkeypatch):
    events, references = real[0][::4], real[1]
    monkeypatch.setattr(search, "WORTH", 100)
    expected = distances.nearest(events, references, metric, 2, threads=1)
    for threads, block, pairs in ((2, 4096, 1 << 18), (3, 20, 1 << 18), (1, 4096, 90)):
        monkeypatch.setattr(search, "BLOCK", max(block, 128))  # learning has blocks of its own, up to 128 here
        monkeypatch.setattr(search, "PAIRS", max(pairs, 128 * 20))
        found = distances.nearest(events, references, metric, 2, threads=threads)
        assert np.array_equal(found.index, expected.index)
        assert np.array_equal(found.distance, expected.distance)
        assert found.solved == expected.solved


@pytest.mark.parametrize("metric", ["Wass(1)", "Wass(2)"])
def test_ties_go_to_the_first(eager, metric):
    y = stack(1, 12, twice=False)
    y = np.concatenate([y, y, y[::-1]])
    x = np.concatenate([y[5:17], stack(2, 40)])
    found, which = check(x, y, metric, 1)
    assert found.index[:12, 0].tolist() == [*range(5, 12), *range(5)]
    assert np.all(found.distance[:12] == 0)
    check(x, y, metric, 3)
    everywhere = np.repeat(y[:1], 30, axis=0)
    found, _ = check(everywhere, everywhere, metric, 2, exclude="self")
    assert found.index.tolist() == [[1, 2], [0, 2], *([0, 1] for _ in range(28))]
    assert np.all(which.index >= 0)


def test_one_pixel(point_images, eager):
    places = np.random.default_rng(3).integers(0, 40, (60, 2))
    x = point_images(places)
    found, _ = check(x, x[::5], "Wass(1)", 1)
    steps = places[:, None] - places[::5]
    assert found.distance[:, 0] == pytest.approx(0.08 * np.hypot(*np.moveaxis(steps, -1, 0)).min(1), abs=1e-12)
    assert found.solved < found.pairs


@pytest.mark.parametrize("metric", [*METRICS, "MPE(3)"])
def test_any_metric(metric, random_jets):
    x, y = random_jets(30, 1), random_jets(8, 2)
    if metrics.metric(metric).inputs == "images":
        x, y = jets.images(x), jets.images(y)
    check(x, y, metric, 2)
    check(x, x, metric, 3, exclude="self")
    table = distances.cross(x, y, metric)
    for reduce in ("min", "argmin", "sum"):
        assert np.array_equal(distances.cross(x, y, metric, reduce=reduce), getattr(table, reduce)(1))
    if metrics.metric(metric).pairs is None:
        assert distances.nearest(x, y, metric).solved == len(x) * len(y)


def test_options_reach_the_metric(eager):
    x, y = stack(1, 40), stack(2, 12)
    check(x, y, "Wass(1)", 2, width=1.0)
    narrow, wide = (distances.nearest(x, y, "Wass(1)", width=width).distance for width in (1.0, 2.0))
    assert narrow * 2 == pytest.approx(wide)
    with pytest.raises(InputError, match="width"):
        distances.nearest(x, y, "Wass(1)", wide=2.0)


def test_leaving_out(eager):
    x, y = stack(1, 40), stack(2, 12)
    left_out = np.random.default_rng(1).integers(-1, 12, 40)
    found, _ = check(x, y, "Wass(1)", 11, exclude=left_out)
    assert np.all(found.index != left_out[:, None])
    check(x, y, "MAE", 2, exclude=left_out)
    check(x, y, "Wass(2)", 1, exclude=left_out)


def test_a_new_metric_needs_no_bounds(monkeypatch):
    def peaks(x, y, i, j):
        return np.abs(x[i].max((1, 2)) - y[j].max((1, 2)))

    monkeypatch.setitem(METRICS, "peak", Metric(peaks, "images", True, "", "none"))
    check(stack(1, 20), stack(2, 9), "peak", 3)


@pytest.mark.parametrize(("metric", "npix"), [("MAE", 2), ("Wass(1)", 3)])
def test_the_table_is_never_stored(metric, npix, monkeypatch):
    for module in (matrices, search):
        monkeypatch.setattr(module, "PAIRS", 1 << 13)
    n = 1200  # a table of 11.5 MB
    x = stack(1, n, npix=npix, most=3)
    reductions = ("min", "argmin", "sum") if metric == "MAE" else ("min",)
    for reduce in reductions:
        distances.cross(x, x[:12], metric, reduce=reduce)  # compiles
        tracemalloc.start()
        distances.cross(x, x, metric, reduce=reduce)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 0.5 * 8 * n * n
    if metric == "MAE":
        tracemalloc.start()
        distances.nearest(x, x, metric, 2)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 0.5 * 8 * n * n


def test_progress(real, capsys):
    distances.cross(real[0][:500], real[1], "Wass(1)", reduce="min", progress=True)
    assert "100%" in capsys.readouterr().err
    distances.nearest(real[0][:20], real[1], "MAE", progress=True)
    assert "100%" in capsys.readouterr().err
    distances.nearest(real[0][:20], real[1], "MAE")
    assert capsys.readouterr().err == ""


def test_no_images():
    x = stack(1, 5)
    for metric in ("Wass(1)", "MAE"):
        assert distances.nearest(x[:0], x, metric, 2).index.shape == (0, 2)
        assert distances.cross(x[:0], x, metric, reduce="argmin").shape == (0,)
        assert distances.cross(x, x[:0], metric, reduce="sum").tolist() == [0] * 5
        for reduce in ("min", "argmin"):
            with pytest.raises(InputError) as raised:
                distances.cross(x, x[:0], metric, reduce=reduce)
            assert raised.value.code == "E_EMPTY"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"k": 0}, "E_K"),
        ({"k": 6}, "E_K"),
        ({"k": 1.0}, "E_K"),
        ({"k": True}, "E_K"),
        ({"k": 5, "exclude": "self"}, "E_K"),
        ({"exclude": "me"}, "E_INDEX"),
        ({"exclude": [0, 1]}, "E_INDEX"),
        ({"exclude": [0, 1, 2, 3, 5]}, "E_INDEX"),
        ({"exclude": [0, 1, 2, 3, -2]}, "E_INDEX"),
        ({"exclude": [0.0, 1, 2, 3, 4]}, "E_INDEX"),
        ({"y": stack(1, 4), "exclude": "self"}, "E_SHAPE"),
        ({"y": stack(1, 4, npix=3)}, "E_SHAPE"),
        ({"metric": "Wass1"}, "E_METRIC"),
        ({"metric": "Wass(2000)"}, "E_RANGE_P"),
        ({"width": 0}, "E_RANGE_WIDTH"),
        ({"threads": 0}, "E_RANGE_THREADS"),
        ({"metric": "EMD"}, "E_INPUTS"),
    ],
)
def test_bad_arguments(arguments, code):
    x = stack(1, 5)
    with pytest.raises(InputError, match="allowed") as raised:
        distances.nearest(**({"x": x, "y": x, "metric": "Wass(1)"} | arguments))
    assert raised.value.code == code


def test_bad_reduction():
    with pytest.raises(InputError, match="min, argmin, sum") as raised:
        distances.cross(stack(1, 2), stack(1, 2), "MAE", reduce="mean")
    assert raised.value.code == "E_REDUCE"


def test_bounds_only_skip(eager, monkeypatch):
    """Were a bound too high, the result would be wrong: what the other tests compare does depend on it."""
    x, y = stack(1, 60, most=9), stack(2, 20, most=9)
    right = distances.cross(x, y, "Wass(1)", reduce="min")
    lower = bounds.lower
    monkeypatch.setattr(bounds, "lower", lambda *given: (lower(*given)[0] * 2, lower(*given)[1]))
    assert not np.array_equal(distances.cross(x, y, "Wass(1)", reduce="min"), right)


@pytest.mark.parametrize("name", WASSERSTEIN)
def test_images_around_the_circle(name, eager):
    x, y = stack(5, 60), stack(6, 8)
    full = distances.cross(x, y, name, width=6.0, periodic=True)
    assert (full < distances.cross(x, y, name, width=6.0)).any()
    for reduce, expected in (("min", full.min(1)), ("argmin", full.argmin(1))):
        assert np.array_equal(distances.cross(x, y, name, reduce=reduce, width=6.0, periodic=True), expected)
