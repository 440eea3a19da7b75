"""All pairs in a folder: processes that are killed, limited and many, a cluster, and the command."""

from __future__ import annotations

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
from tilestores import Runner, caught_code, content, leftovers, some_images

from jetexplore import cli, distances, jets
from jetexplore.distances import METRICS, Metric, allpairs, tiles
from jetexplore.errors import InputError

pytestmark = pytest.mark.long


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
