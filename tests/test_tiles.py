"""All pairs in a folder: the same bytes as in memory, and what is wrong is said in one sentence."""

from __future__ import annotations

import json

import numpy as np
import pytest
import zarr
from tilestores import caught_code, content, flip, leftovers, some_images

from jetexplore import distances
from jetexplore.distances import METRICS, Metric, allpairs, problems, store, tiles
from jetexplore.errors import InputError

# What it gives


@pytest.mark.parametrize("name", [*METRICS, "Wass(1.5)", "MPE(0.5)"])
def test_the_same_bits_as_in_memory_for_any_tile(name, tmp_path, random_jets):
    x = random_jets(23, seed=3) if METRICS.get(name) and METRICS[name].inputs == "jets" else some_images(23)
    square, condensed = distances.pairwise(x, name), distances.condensed(x, name)
    for tile in (1, 7, 23, 100):
        made = distances.pairwise(x, name, out=tmp_path / f"{tile}", tile=tile)
        assert (made.done, made.pairs) == (made.total, 253)
        assert tiles.read(made.path).tobytes() == square.tobytes()
        assert tiles.read(made.path, "condensed").tobytes() == condensed.tobytes()


def test_the_same_bytes_for_any_threads_and_blocks(tmp_path, monkeypatch):
    x = some_images(40)
    one = content(distances.pairwise(x, "Wass(1)", out=tmp_path / "one", tile=16, threads=1).path)
    monkeypatch.setattr(problems, "FEW", 1)
    monkeypatch.setattr(allpairs, "PAIRS", 50)
    assert content(distances.pairwise(x, "Wass(1)", out=tmp_path / "many", tile=16, threads=3).path) == one
    assert content(distances.pairwise(x, "Wass(1)", out=tmp_path / "many", tile=16, threads=1).path) == one


def test_options_reach_the_metric(tmp_path, random_jets):
    x = random_jets(9)
    made = distances.pairwise(x, "EMD", out=tmp_path / "s", tile=4, R=0.4, norm=True)
    assert np.array_equal(tiles.read(made.path), distances.pairwise(x, "EMD", R=0.4, norm=True))


def test_the_certificate_tells_what_the_solver_says(tmp_path):
    x = some_images(30)
    i, j = np.triu_indices(30, 1)
    found = METRICS["Wass(2)"].certified(x, x, i, j)
    assert np.array_equal(found.distance, distances.condensed(x, "Wass(2)"))
    assert np.all((found.gap >= 0) & (found.gap < 1e-12))
    made = distances.pairwise(x, "Wass(2)", out=tmp_path / "s", tile=8)
    assert (made.gap, made.error, made.fallbacks) == (found.gap.max(), found.error.max(), 0)
    assert made.pivots == pytest.approx(found.pivots.mean())
    assert store.certificate(store.existing(made.path), 0, 0)["pairs"] == 28
    without = distances.pairwise(x, "MAE", out=tmp_path / "MAE")
    assert (without.gap, without.error, without.pivots, without.fallbacks) == (None,) * 4


def test_the_certificate_counts_fallbacks(tmp_path, monkeypatch):
    monkeypatch.setattr(problems, "uncertain", lambda cost, *_: np.arange(len(cost)) < 2 if np.ndim(cost) else False)
    assert distances.pairwise(some_images(6), "Wass(1)", out=tmp_path / "s", tile=3).fallbacks == 6


def test_zarr_reads_it_and_writes_the_same(tmp_path):
    x = some_images(11)
    path = distances.pairwise(x, "MAE", out=tmp_path / "s", tile=4).path
    array = zarr.open_array(path, mode="r")
    assert array.attrs["metric"] == "MAE"
    upper = np.triu_indices(11)
    assert np.array_equal(array[:][upper], distances.pairwise(x, "MAE")[upper])
    theirs = zarr.create_array(
        tmp_path / "theirs", shape=(11, 11), chunks=(4, 4), dtype="<f8", fill_value=np.nan, filters=None,
        compressors=array.compressors,
    )  # fmt: skip
    described, wanted = (json.loads((place / "zarr.json").read_text()) for place in (path, tmp_path / "theirs"))
    assert {**described, "attributes": {}} == wanted
    for a, b in store.existing(path).grid():
        place = tuple(slice(4 * k, 4 * k + 4) for k in (a, b))
        theirs[place] = array[place]
        assert (path / f"c/{a}/{b}").read_bytes() == (tmp_path / f"theirs/c/{a}/{b}").read_bytes()
    flip(path / "c/0/1", 17, 4)
    with pytest.raises(ValueError, match="checksum"):
        array[:]


def test_pieces_are_read_only_maps_and_renewed_when_damaged(tmp_path):
    x = some_images(21)
    path = distances.pairwise(x, "MAE", out=tmp_path / "s", tile=8).path
    for form in tiles.FORMS:
        first = tiles.read(path, form)
        assert isinstance(first, np.memmap)
        assert not first.flags.writeable
        expected = first.tobytes()
        (path / f"views/.partial-x{form}").write_text("left by a killed one")
        flip(path / f"views/{form}.npy", 300, 1)
        assert tiles.read(path, form, check=False).tobytes() != expected  # opened at once, as asked
        assert tiles.read(path, form).tobytes() == expected
        assert leftovers(path) == []


def test_take_gathers_any_rows_and_columns(tmp_path):
    x = some_images(21)
    found = tiles.maps(distances.pairwise(x, "MAE", out=tmp_path / "s", tile=8).path)
    rows, columns = np.array([20, 3, 3, 9]), np.array([0, 15, 8])
    assert np.array_equal(tiles.take(found, rows, columns), distances.pairwise(x, "MAE")[np.ix_(rows, columns)])


def test_a_metric_without_threads(tmp_path, monkeypatch):
    def peaks(x, y, i, j, *, factor=1.0):
        return factor * np.abs(x[i].max((1, 2)) - y[j].max((1, 2)))

    monkeypatch.setitem(METRICS, "peak", Metric(peaks, "images", True, "", "none"))
    made = distances.pairwise(some_images(9), "peak", out=tmp_path / "s", tile=4, factor=2.0, threads=2)
    assert np.array_equal(tiles.read(made.path), distances.pairwise(some_images(9), "peak", factor=2.0))


# What is refused


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"x": some_images(20, seed=1)}, "inputs"),
        ({"x": some_images(20)[::-1]}, "inputs"),
        ({"x": some_images(19)}, "n, inputs"),
        ({"metric": "Wass(2)"}, "metric, options"),
        ({"metric": "MAE"}, "metric, options"),
        ({"width": 2.0}, "options"),
        ({"tile": 9}, "tile"),
    ],
)
def test_other_requests_are_refused(tmp_path, change, named):
    request = {"x": some_images(20), "metric": "Wass(1)", "out": tmp_path / "s", "tile": 8}
    distances.pairwise(**request)
    before = content(tmp_path / "s")
    with pytest.raises(InputError, match=f"begun with other {named}; ") as caught:
        distances.pairwise(**{**request, **change})
    assert caught.value.code == "E_VERSION"
    assert content(tmp_path / "s") == before
    assert distances.pairwise(**request, width=np.float32(3.2).astype(float).round(6)).done == 6  # said otherwise


@pytest.mark.parametrize(("what", "value"), [("SCHEMA", 0), ("version", lambda _: "0.0.9")])
def test_other_versions_are_refused(tmp_path, monkeypatch, what, value):
    with monkeypatch.context() as then:
        then.setattr(allpairs, what, value)
        distances.pairwise(some_images(9), "MAE", out=tmp_path / "s")
    assert caught_code(distances.pairwise, some_images(9), "MAE", out=tmp_path / "s") == "E_VERSION"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"tile": 0}, "E_RANGE_TILE"),
        ({"tile": 2.5}, "E_RANGE_TILE"),
        ({"tile": True}, "E_RANGE_TILE"),
        ({"metric": "Wass1"}, "E_METRIC"),
        ({"width": -1.0}, "E_RANGE_WIDTH"),
        ({"R": 1.0}, "E_OPTION"),
        ({"certified": True}, "E_OPTION"),
        ({"threads": 0}, "E_RANGE_THREADS"),
        ({"x": some_images(1)}, "E_SHAPE"),
        ({"x": some_images(3)[0]}, "E_SHAPE"),
        ({"metric": "EMD"}, "E_INPUTS"),
        ({"client": object()}, "E_CLIENT"),
        ({"out": None, "client": object()}, "E_CLIENT"),
    ],
)
def test_a_wrong_request_leaves_nothing(tmp_path, change, code):
    request = {"x": some_images(5), "metric": "Wass(1)", "out": tmp_path / "s", **change}
    assert caught_code(distances.pairwise, **request) == code
    assert list(tmp_path.iterdir()) == []


def test_folders_of_others_are_left_alone(tmp_path):
    x = some_images(5)
    (tmp_path / "thesis.tex").write_text("years of work")
    assert caught_code(distances.pairwise, x, "MAE", out=tmp_path) == "E_FOLDER"
    assert caught_code(distances.pairwise, x, "MAE", out=tmp_path / "thesis.tex") == "E_FOLDER"
    assert caught_code(distances.pairwise, x, "MAE", out=tmp_path / "thesis.tex" / "s") == "E_FOLDER"
    zarr.create_array(tmp_path / "zarr", shape=(5,), dtype="f8")[:] = 1.0
    before = content(tmp_path / "zarr")
    assert caught_code(distances.pairwise, x, "MAE", out=tmp_path / "zarr") == "E_STORE"
    assert content(tmp_path / "zarr") == before
    assert caught_code(tiles.read, tmp_path / "zarr") == "E_STORE"
    for call in (tiles.read, tiles.summary, tiles.maps):
        with pytest.raises(FileNotFoundError):
            call(tmp_path / "nowhere")
    assert caught_code(tiles.read, tmp_path / "zarr", "triangle") == "E_FORM"
