"""All pairs in a folder: the same bytes whatever happens, and whatever is wrong is found and said in one sentence."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import psutil
import pytest
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jetexplore import cli, distances, jets
from jetexplore.distances import METRICS, Metric, allpairs, compilation, folder, inputs, problems, store, tiles
from jetexplore.errors import InputError

KEPT = ("zarr.json", "inputs.npz", "c", "certificates")  # what must come out the same


@pytest.fixture(scope="module", autouse=True)
def kernel():
    compilation.wait()  # before that, distances in memory are POT's and differ in the last bits


def some_images(n, seed=0, npix=12):
    rng = np.random.default_rng(seed)
    images = rng.random((n, npix, npix)) * (rng.random((n, npix, npix)) < 0.2)
    images[:, npix // 2, npix // 2] += 0.5
    return (images / images.sum((1, 2), keepdims=True)).astype(np.float32)


def content(path):
    """Give every file of a store but its lock and its views."""
    files = [file for file in path.rglob("*") if file.is_file()]
    return {str(file.relative_to(path)): file.read_bytes() for file in files if file.relative_to(path).parts[0] in KEPT}


def leftovers(path):
    return [file.name for file in path.rglob(".partial-*")]


def caught_code(call, *arguments, **options):
    with pytest.raises(InputError) as caught:
        call(*arguments, **options)
    assert "\n" not in str(caught.value)
    return caught.value.code


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


# What goes wrong


def flip(path, at, bit):
    raw = bytearray(path.read_bytes())
    raw[at % len(raw)] ^= 1 << bit
    path.write_bytes(raw)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return distances.pairwise(some_images(20), "Wass(1)", out=tmp_path_factory.mktemp("whole") / "s", tile=8).path


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_flipped_bit_anywhere_is_found_and_mended(whole, data):
    before = content(whole)
    name = data.draw(st.sampled_from(sorted(set(before) - {"inputs.npz"})))
    flip(whole / name, data.draw(st.integers(0, len(before[name]) - 1)), data.draw(st.integers(0, 7)))
    if name != "zarr.json":  # what zarr says beside our manifest is not used here
        assert caught_code(tiles.maps, whole) == "E_INCOMPLETE"
        assert tiles.summary(whole).done == 5
    assert distances.pairwise(some_images(20), "Wass(1)", out=whole, tile=8).done == 6
    assert content(whole) == before


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 1 << 20), bit=st.integers(0, 7))
def test_a_flipped_bit_in_the_inputs_changes_nothing(whole, at, bit):
    before = content(whole)
    flip(whole / "inputs.npz", at, bit)
    (whole / "c/0/1").unlink()
    inputs.known.cache_clear()
    distances.pairwise(some_images(20), "Wass(1)", out=whole, tile=8)
    after = content(whole)
    assert after.pop("inputs.npz")
    assert after == {name: raw for name, raw in before.items() if name != "inputs.npz"}
    (whole / "inputs.npz").write_bytes(before["inputs.npz"])


@pytest.mark.parametrize("damage", [lambda raw: raw[:-5], lambda raw: b"", lambda raw: raw + b"x"])
@pytest.mark.parametrize("name", ["c/0/1", "certificates/1.2.json", "zarr.json", "inputs.npz"])
def test_a_cut_off_or_grown_file_is_mended(whole, name, damage):
    before = content(whole)
    (whole / name).write_bytes(damage(before[name]))
    distances.pairwise(some_images(20), "Wass(1)", out=whole, tile=8)
    after = content(whole)
    if name != "inputs.npz" or after[name] != before[name] + b"x":  # a zip file may be followed by anything
        assert after == before
    (whole / name).write_bytes(before[name])


def test_tiles_of_other_stores_and_places_are_not_taken(tmp_path):
    x = some_images(20)
    one = distances.pairwise(x, "Wass(1)", out=tmp_path / "one", tile=8).path
    other = distances.pairwise(x, "Wass(2)", out=tmp_path / "other", tile=8).path
    before = content(one)
    for name in ("c/0/1", "certificates/0.1.json"):
        (one / name).write_bytes((other / name).read_bytes())
    (one / "c/1/1").write_bytes((one / "c/0/0").read_bytes())
    assert tiles.summary(one).done == 4
    distances.pairwise(x, "Wass(1)", out=one, tile=8)
    assert content(one) == before


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_failing_at_every_write_in_turn(tmp_path, whole, failure, monkeypatch):
    expected, request = content(whole), {"metric": "Wass(1)", "tile": 8}
    fsync, calls = os.fsync, []

    def failing(handle):
        calls.append(handle)
        if len(calls) == fail_at:
            raise failure
        fsync(handle)

    monkeypatch.setattr(os, "fsync", failing)
    for fail_at in range(1, 15):  # description, inputs, six tiles and their certificates
        path, calls[:] = tmp_path / f"{fail_at}", []
        with pytest.raises((InputError, KeyboardInterrupt)) as caught:
            distances.pairwise(some_images(20), out=path, **request)
        if isinstance(failure, OSError):
            assert caught.value.code == "E_DISK"
            assert "finished tiles are kept" in str(caught.value)
        assert leftovers(path) == []
        kept = content(path)
        assert kept.items() <= expected.items()
        assert len(kept) == fail_at - 1
        assert distances.pairwise(some_images(20), out=path, **request).done == 6
        assert content(path) == expected
    fail_at, calls[:] = 15, []
    distances.pairwise(some_images(20), out=tmp_path / "no more", **request)
    assert len(calls) == 14


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_folder_that_cannot_be_written(tmp_path, whole, number, monkeypatch):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as then:
        then.setattr(folder.os, "open", refuse)
        assert caught_code(distances.pairwise, some_images(5), "MAE", out=tmp_path / "s") == "E_FOLDER"
    monkeypatch.setattr(os, "fsync", refuse)
    assert caught_code(distances.pairwise, some_images(5), "MAE", out=tmp_path / "s") == "E_FOLDER"
    assert leftovers(tmp_path) == []


def test_what_the_disk_cannot_hold_is_not_begun(tmp_path, monkeypatch):
    usage = folder.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(folder.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    assert caught_code(distances.pairwise, some_images(20), "MAE", out=tmp_path / "s") == "E_DISK"


def test_a_folder_taken_over_meanwhile_is_not_written_to(tmp_path):
    path = distances.pairwise(some_images(5), "MAE", out=tmp_path / "s").path
    mine = store.store(path, {**store.existing(path).manifest, "metric": "MSE"})
    before = content(path)
    assert caught_code(store.write_tile, mine, 0, 0, np.zeros((5, 5)), {}) == "E_VERSION"
    assert content(path) == before


def test_tiles_written_elsewhere_are_missed(tmp_path, monkeypatch):
    monkeypatch.setattr(allpairs, "make_tile", lambda *_: 10)
    with pytest.raises(InputError, match="1 of 1 tiles that workers wrote elsewhere"):
        distances.pairwise(some_images(5), "MAE", out=tmp_path / "s")


# Processes that are killed, limited, and many

PROGRAM = """
import json, os, resource, signal, sys
import numpy as np
from jetexplore import distances
signal.signal(signal.SIGINT, signal.SIG_DFL)
images = np.load(sys.argv[1])
distances.pairwise(images[:30], "Wass(1)", out=sys.argv[1] + ".warm", tile=20, threads=1)
def say(*words):
    os.write(1, (json.dumps(words) + "\\n").encode())  # in one piece: others write there, too
say("ready")
for line in sys.stdin:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
    path, limit = json.loads(line)
    child = os.fork()
    if not child:
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        try:
            distances.pairwise(images, "Wass(1)", out=path, tile=20, threads=1)
        except distances.tiles.InputError as error:
            say("failed", error.code, str(error))
        os._exit(0)
    say("begun", child)
    if limit is None:
        continue
    os.waitpid(child, 0)
    say("ended", child)
"""


class Runner:
    """Runs that begin at once: each is forked from a process that has compiled and imported everything."""

    def __init__(self, images, folder):
        np.save(folder / "images.npy", images)
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder / "images.npy")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.hear("ready") == [["ready"]]

    def say(self, path, limit):
        self.process.stdin.write(json.dumps([str(path), limit]) + "\n")
        self.process.stdin.flush()

    def hear(self, wanted):
        """Give what comes before the message ``wanted``, and that."""
        heard = []
        while not heard or heard[-1][0] != wanted:
            heard.append(json.loads(self.process.stdout.readline()))
        return heard

    def begin(self, path):
        self.say(path, None)
        return self.hear("begun")[-1][1]

    def run(self, path, limit=0):
        self.say(path, limit)
        return [message for message in self.hear("ended") if message[0] == "failed"]


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    run = Runner(some_images(160), tmp_path_factory.mktemp("runner"))
    yield run
    run.process.stdin.close()
    run.process.stdout.close()
    assert run.process.wait(60) == 0


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    path = tmp_path_factory.mktemp("undisturbed") / "s"
    distances.pairwise(some_images(160), "Wass(1)", out=path, tile=20, threads=1)
    return content(path)


def alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_killed_at_random_moments_and_run_again(tmp_path, runner, undisturbed):
    rng, kills, attempt, counts = random.Random(1), 0, 0, []
    while kills < 40:
        attempt += 1
        path = tmp_path / f"{attempt}"
        for _ in range(6):
            child = runner.begin(path)
            time.sleep(rng.uniform(0.005, 0.12))
            kills += alive(child)
            os.kill(child, signal.SIGKILL)
            counts.append(len(list(path.glob("certificates/[0-9]*.json"))))
        assert runner.run(path) == []
        assert content(path) == undisturbed
        assert leftovers(path) == []
    assert len(set(counts)) > 5  # at many different moments


def test_a_disk_that_takes_no_more(tmp_path, runner, undisturbed):
    path = tmp_path / "s"
    child = runner.begin(path)
    while len(list(path.glob("certificates/[0-9]*.json"))) < 3:
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    while alive(child):
        time.sleep(0.001)
    kept = content(path)
    for limit in (3000, 200, 10):  # a tile has 3204 bytes
        ((_, code, said),) = runner.run(path, limit)
        assert code == "E_DISK"
        assert "finished tiles are kept" in said
        assert leftovers(path) == []
        assert {name: raw for name, raw in kept.items() if ".partial" not in name}.items() <= content(path).items()
    assert runner.run(path) == []
    assert content(path) == undisturbed


def test_two_at_once_one_is_told_who_is_at_work(tmp_path, runner, undisturbed):
    path = tmp_path / "s"
    child = runner.begin(path)
    while not (path / "zarr.json").exists():
        time.sleep(0.001)
    ((_, code, said),) = runner.run(path)
    assert code == "E_LOCKED"
    assert f"process {child} on " in said
    while alive(child):
        time.sleep(0.01)
    assert content(path) == undisturbed


def test_races_never_mix(tmp_path, runner, undisturbed):
    for race in range(5):
        path = tmp_path / f"{race}"
        children = [runner.begin(path) for _ in range(4)]
        while any(map(alive, children)):
            time.sleep(0.01)
        assert content(path) == undisturbed
        assert leftovers(path) == []


# A cluster


@pytest.fixture(scope="module")
def client():
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": ":0"}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        yield client


def test_a_cluster_gives_the_same_bytes_and_survives_a_killed_worker(tmp_path, client, undisturbed):
    path, x = tmp_path / "s", some_images(160)
    workers = list(client.run(os.getpid).values())

    def kill():
        while len(list(path.glob("certificates/[0-9]*.json"))) < 3:
            time.sleep(0.001)
        os.kill(workers[0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    made = distances.pairwise(x, "Wass(1)", out=path, tile=20, client=client)
    killer.join()
    assert made.done == 36
    assert content(path) == undisturbed
    assert leftovers(path) == []
    assert distances.pairwise(x, "Wass(1)", out=path, tile=20) == made  # threads find nothing to do


def test_a_cluster_takes_jets_and_metrics_of_ones_own(tmp_path, client, random_jets, monkeypatch):
    x = random_jets(30)
    made = distances.pairwise(x, "EMD", out=tmp_path / "EMD", tile=12, client=client)
    assert np.array_equal(tiles.read(made.path), distances.pairwise(x, "EMD"))

    def sums(x, y, i, j):
        if (i[0] if len(i) else 0) == 7:
            raise InputError("E_SEVEN", "jet 7", "others")
        return np.abs(x[i].max((1, 2)) - y[j].max((1, 2)))

    monkeypatch.setitem(METRICS, "peak", Metric(sums, "images", True, "", "none"))
    request = {"metric": "peak", "out": tmp_path / "peak", "tile": 8, "client": client}
    made = distances.pairwise(some_images(20), **request)
    assert np.array_equal(tiles.read(made.path), distances.pairwise(some_images(20), "peak"))

    monkeypatch.setattr(allpairs, "SCHEMA", 99)
    lost = Metric(lambda *_: (_ for _ in ()).throw(InputError("E_NEVER", "that", "this")), "images", True, "", "none")
    monkeypatch.setitem(METRICS, "lost", lost)
    with pytest.raises(InputError, match="that; allowed: this"):
        distances.pairwise(some_images(20), "lost", out=tmp_path / "lost", client=client)


# The command


@pytest.fixture
def jets_file(tmp_path, random_jets):
    jets.write_jets(tmp_path / "QCD.npz", random_jets(120, seed=5), {"process": "QCD"})
    return str(tmp_path / "QCD.npz")


def test_the_command(tmp_path, jets_file, capsys):
    words = ["distances", jets_file, "-o", str(tmp_path / "s"), "-n", "20", "--tile", "8", "--quiet", "--width", "4"]
    assert cli.main([*words, "--form", "condensed"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"{tmp_path / 's'}: 190 pairs in 6 tiles, largest gap ")
    x = jets.images(jets.load(jets_file)["QCD"][:20], width=4.0)
    assert np.array_equal(np.load(said[1]), distances.condensed(x, "Wass(1)", width=4.0))
    assert cli.main([*words, "--metric", "MAE"]) == 2
    assert "begun with other metric" in capsys.readouterr().err


@pytest.mark.parametrize("metric", ["EMD", "MSE"])
def test_the_command_on_a_cluster(tmp_path, jets_file, client, metric, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the workers are elsewhere
    words = ["distances", jets_file, "-o", "s", "-n", "20", "--tile", "8", "--metric", metric]
    assert cli.main([*words, "--scheduler", client.scheduler.address]) == 0
    said = capsys.readouterr()
    assert "190/190" in said.err
    x = jets.load(jets_file)["QCD"][:20]
    expected = distances.pairwise(x if metric == "EMD" else jets.images(x), metric)
    assert np.array_equal(tiles.read(tmp_path / "s"), expected)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["sample"], "unknown --class None; allowed: QCD, Top, W"),
        (["sample", "--class", "Higgs"], "unknown --class 'Higgs'"),
        (["sample", "--class", "QCD", "-n", "0"], "-n 0"),
        (["sample", "--class", "QCD", "-n", "5", "--metric", "Wass"], "unknown metric 'Wass'"),
        (["sample", "--class", "QCD", "-n", "5", "--scheduler", "nonsense://1"], "nonsense://1"),
        (["nowhere.npz"], "no file nowhere.npz"),
    ],
)
def test_the_command_says_what_is_wrong_in_one_line(tmp_path, words, named, capsys):
    assert cli.main(["distances", *words, "-o", str(tmp_path / "s"), "--quiet"]) == 2
    said = capsys.readouterr().err
    assert named in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("on_a_cluster", [False, True])
def test_interrupted_by_the_keyboard(tmp_path, jets_file, client, on_a_cluster):
    words = ["distances", jets_file, "-o", str(tmp_path / "s"), "--tile", "4"]
    process = subprocess.Popen(
        [sys.executable, "-m", "jetexplore.cli", *words, *["--scheduler", client.scheduler.address] * on_a_cluster],
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - a background job ignores it
    )
    while process.poll() is None and len(list((tmp_path / "s").glob("certificates/[0-9]*.json"))) < 2:
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "give the same command again" in said
    assert "Traceback" not in said
    while on_a_cluster and any(client.processing().values()):  # tiles in work may still end
        time.sleep(0.01)
    assert leftovers(tmp_path) == []
    done = tiles.summary(tmp_path / "s")
    assert 2 <= done.done < done.total == 465
    assert caught_code(tiles.read, tmp_path / "s") == "E_INCOMPLETE"
    assert cli.main([*words, "--quiet"]) == 0
    x = jets.images(jets.load(jets_file)["QCD"])
    assert np.array_equal(tiles.read(tmp_path / "s"), distances.pairwise(x, "Wass(1)"))
