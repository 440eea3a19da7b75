"""Trainings that are killed, two that write at once, full disks: what is left is whole, and ends in the same bits."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from jetexplore import files, jets, models
from jetexplore.errors import InputError
from jetexplore.models import finished, parallel, training, zoo
from jetexplore.models.cards import Card
from jetexplore.models.classifier import Supervised, train_classifier
from jetexplore.models.pgaerecipes import CloudSample, PgaeRecipe, train_pgae
from jetexplore.models.recipes import Recipe, Sample, train_vae

sys.path.insert(0, str(Path(__file__).parent))
from trainings import images, network, objective

pytestmark = pytest.mark.long
VAE = Recipe(3, 1e-8, n_train=16, n_valid=8, epochs=2, batch=8)
LOCKED = {"vae": VAE.name, "pgae": "pgae-relative-MSE-batch8", "classifier": "classifier-Top-d3"}
CODES = {"E_DISK": 10, "E_FOLDER": 11}


@cache
def sample(prongs=1):
    rng = np.random.default_rng(prongs)
    x = rng.exponential(size=(24, 40, 40)).astype(np.float32) ** (4 * prongs)
    x /= x.sum((1, 2), keepdims=True)
    return Sample(x[:16], x[16:], f"key {prongs}", "the tests", 3.2)


@cache
def clouds():
    some = jets.load("sample")["QCD"]
    few = some[some.counts < 20]
    return CloudSample(few[:16], few[16:24], "key", "the tests")


def vae(folder):
    return train_vae(VAE, sample(), folder, progress=False)


def pgae(folder):
    recipe = PgaeRecipe("relative", n_train=16, n_valid=8, epochs=2, batch=8)
    return train_pgae(recipe, clouds(), folder, progress=False)


def classifier(folder):
    recipe = Supervised("Top", 3, n_train=8, n_valid=4, epochs=2, batch=8)
    return train_classifier(recipe, sample(1), sample(2), folder, progress=False)


def tiny(folder):
    """Train what takes no time, in the same steps."""

    def make(resume, key):
        module = network()
        found = training.fit(
            module, objective, [images(32)], [images(8, 1)], training.Schedule(2, 16), noise=64, key=key, resume=resume,
            progress=False,
        )  # fmt: skip
        return module, Card("tiny", "vae", 1, curve=tuple(epoch.valid["loss"] for epoch in found.epochs))

    return finished.once(folder, "tiny", ("tiny",), make)


def alone(folder):
    with zoo.alone(Path(folder), "tiny") as free:
        if free:
            tiny(folder)


def result(folder):
    """Keep a result that others keep at the same time."""
    os.environ["JETEXPLORE_CACHE"] = str(folder)
    found = files.stored("r", "key", lambda: {"x": np.arange(500.0)})
    assert found["x"].sum() == 124750.0
    assert files.stored("r", "key", lambda: 1 / 0)["x"].sum() == 124750.0  # read, from now on


JOBS = {job.__name__: job for job in (vae, pgae, classifier, tiny, alone, result)}


def interrupted(limit, act):
    """Act at a call, counted over all that write: new names, flushes, renames, removals."""
    calls = iter(range(1, 1 << 30))

    def watched(function):
        def call(*arguments, **options):
            if next(calls) == limit:
                act()
            return function(*arguments, **options)

        return call

    tempfile.mkstemp = watched(tempfile.mkstemp)
    tempfile.TemporaryFile = watched(tempfile.TemporaryFile)
    os.fsync = watched(os.fsync)
    Path.write_bytes = watched(Path.write_bytes)
    Path.replace = watched(Path.replace)
    Path.unlink = watched(Path.unlink)
    os.open = watched(os.open)


def refuse():
    raise OSError(errno.EROFS, "read-only")


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def work(job, folder, fault, at):
    try:
        if fault == "killed":
            interrupted(at, die)
        elif fault == "closed":
            interrupted(at, refuse)
        elif fault == "full":
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (at, at))
        with zoo.alone(Path(folder), LOCKED[job]) if job in LOCKED else contextlib.nullcontext(True) as free:
            assert free
            JOBS[job](folder)
    except InputError as error:
        return CODES.get(error.code, 12)
    return 0


def serve():
    """Fork a child for each order, from a process that has imported everything and has one thread."""
    torch.set_num_threads(1)
    for job in JOBS.values():  # so that children need not import what is imported at first use
        with tempfile.TemporaryDirectory() as folder:
            job(folder)
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        children = []
        for _ in range(order.pop("n")):
            children.append(os.fork())
            if not children[-1]:
                code = 13
                try:
                    code = work(**order)
                finally:
                    os._exit(code)
        print(json.dumps(children), flush=True)
        print(json.dumps([os.waitpid(child, 0)[1] for child in children]), flush=True)


class Runner:
    """Asks the process that serves."""

    def __init__(self):
        command = "import sys; sys.path.insert(0, sys.argv[1]); import test_training_faults as t; t.serve()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", command, str(Path(__file__).parent)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"},
        )  # fmt: skip
        assert self.process.stdout.readline() == "ready\n"

    def begin(self, job, folder, fault="", at=0, n=1):
        order = {"job": job, "folder": str(folder), "fault": fault, "at": at, "n": n}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        """Give exit codes; negative for a signal."""
        return [os.waitstatus_to_exitcode(status) for status in json.loads(self.process.stdout.readline())]

    def run(self, *order, **options):
        self.begin(*order, **options)
        return self.end()


@pytest.fixture(scope="module")
def runner():
    run = Runner()
    yield run
    run.process.stdin.close()
    run.process.stdout.close()
    assert run.process.wait(60) == 0


def bits(folder):
    """Card but for its seconds, and weights, of the only network; whatever else lies there."""
    from jetexplore.models import weightfile

    (path,) = Path(folder).glob("*.safetensors")
    found = weightfile.read(path)
    card = {name: value for name, value in json.loads(found.card).items() if name != "seconds"}
    return card, {name: weight.tobytes() for name, weight in found.weights.items()}


@pytest.fixture(scope="module")
def undisturbed(runner, tmp_path_factory):
    @cache
    def make(job):
        folder = tmp_path_factory.mktemp(job)
        begin = time.perf_counter()
        assert runner.run(job, folder) == [0]
        return bits(folder), time.perf_counter() - begin

    return make


@pytest.mark.parametrize("job", ["vae", "pgae", "classifier"])
def test_killed_at_every_call_that_writes(job, runner, undisturbed, tmp_path):
    expected, _ = undisturbed(job)
    kills, at = 0, 0
    while True:
        at += 1
        (code,) = runner.run(job, tmp_path / f"{at}", "killed", at)
        if code == 0:
            break
        assert code == -signal.SIGKILL
        kills += 1
        assert runner.run(job, tmp_path / f"{at}") == [0]
        assert bits(tmp_path / f"{at}") == expected, at
        assert len(list((tmp_path / f"{at}").iterdir())) == 1  # nothing else is left
    assert kills >= 12


@pytest.mark.parametrize("job", ["vae", "pgae", "classifier"])
def test_killed_at_random_moments(job, runner, undisturbed, tmp_path):
    expected, seconds = undisturbed(job)
    rng, kills = random.Random(job), 0
    for attempt in range(5):
        for _ in range(4):
            (child,) = runner.begin(job, tmp_path / f"{attempt}")
            time.sleep(rng.uniform(0, 0.5 * seconds))
            with contextlib.suppress(ProcessLookupError):  # it has ended
                os.kill(child, signal.SIGKILL)
            kills += runner.end() == [-signal.SIGKILL]
        assert runner.run(job, tmp_path / f"{attempt}") == [0]
        assert bits(tmp_path / f"{attempt}") == expected
        assert len(list((tmp_path / f"{attempt}").iterdir())) == 1
    assert kills > 5


@pytest.mark.parametrize("job", ["tiny", "alone"])
def test_races_for_one_folder_never_mix(job, runner, undisturbed, tmp_path):
    expected, _ = undisturbed("tiny")
    for race in range(25):
        assert runner.run(job, tmp_path / f"{race}", n=3) == [0] * 3
        assert bits(tmp_path / f"{race}") == expected
        assert not list((tmp_path / f"{race}").glob("*.resume"))


def test_races_for_one_result_never_mix(runner, tmp_path):
    for race in range(50):
        assert runner.run("result", tmp_path / f"{race}", n=3) == [0] * 3
        assert [path.name for path in (tmp_path / f"{race}" / "results").iterdir()] == ["r.npz"]


def test_a_disk_that_takes_no_more(runner, undisturbed, tmp_path):
    expected, _ = undisturbed("vae")
    for limit in (10, 4096, 50_000, 100_000):  # a file to resume from has 500 kB, the network 80 kB
        folder = tmp_path / f"{limit}"
        assert runner.run("vae", folder, "full", limit) == [CODES["E_DISK"]]
        assert [left.name for left in folder.iterdir()] == [f".{VAE.name}.lock"]  # nothing half written
        assert runner.run("vae", folder) == [0]
        assert bits(folder) == expected


def test_a_folder_that_is_closed_at_any_call_that_writes(runner, undisturbed, tmp_path):
    expected, _ = undisturbed("vae")
    refused, at = 0, 0
    while True:
        at += 1
        (code,) = runner.run("vae", tmp_path / f"{at}", "closed", at)
        if code == 0 and at > 10:
            break
        refused += code == CODES["E_FOLDER"]
        assert code in {0, CODES["E_FOLDER"]}
        assert not list((tmp_path / f"{at}").glob(".partial*"))
        assert runner.run("vae", tmp_path / f"{at}") == [0]
        assert bits(tmp_path / f"{at}") == expected
    assert refused >= 8


def test_a_file_where_a_folder_should_be(tmp_path):
    (tmp_path / "a").write_text("in the way")
    with pytest.raises(InputError) as caught:
        tiny(tmp_path / "a")
    assert caught.value.code == "E_FOLDER"


def test_several_processes_share_one_lock(tmp_path, monkeypatch):
    """The lock is held by who starts them, so none of them waits for another or is left out."""

    def launch(function, devices, device, *arguments, **options):
        with zoo.alone(tmp_path, VAE.name) as free:
            assert not free
        assert (function, devices, device) == (train_vae, 2, "cpu")
        return function(*arguments, device=device, **options)

    monkeypatch.setattr(parallel, "launch", launch)
    (path,) = zoo.train([VAE], sample(), tmp_path, 2, "cpu", progress=False, snapshots=[])
    assert models.read_card(path).name == VAE.name
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_lock_whose_file_was_removed_meanwhile_is_taken_again(tmp_path, monkeypatch):
    flock, removed = zoo.fcntl.flock, []

    def slow(handle, how):
        if not removed:
            removed.append((tmp_path / ".a.lock").unlink())
        return flock(handle, how)

    monkeypatch.setattr(zoo.fcntl, "flock", slow)
    with zoo.alone(tmp_path, "a") as first, zoo.alone(tmp_path, "a") as second:
        assert (first, second) == (True, False)


# wrong bits


def flips(whole, n, seed):
    draw = random.Random(seed)
    for _ in range(n):
        damaged = bytearray(whole)
        damaged[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
        yield bytes(damaged)


def test_a_wrong_bit_in_a_result_is_never_shown(tmp_path, monkeypatch):
    monkeypatch.setenv("JETEXPLORE_CACHE", str(tmp_path))
    numbers = np.random.default_rng(0).normal(size=300)
    files.stored("r", "key", lambda: {"x": numbers})
    path = tmp_path / "results" / "r.npz"
    for damaged in flips(path.read_bytes(), 300, 1):
        path.write_bytes(damaged)
        np.testing.assert_array_equal(files.stored("r", "key", lambda: {"x": numbers})["x"], numbers)


def test_a_wrong_bit_in_jets_is_told_or_harmless(tmp_path):
    some = jets.load("sample", "reference")["QCD"][:20]
    jets.write_jets(tmp_path / "a.npz", some, {"process": "QCD"})
    (expected, about), told = jets.read_jets(tmp_path / "a.npz"), 0
    whole = (tmp_path / "a.npz").read_bytes()
    for damaged in flips(whole, 300, 2):
        (tmp_path / "b.npz").write_bytes(damaged)
        try:
            found, metadata = jets.read_jets(tmp_path / "b.npz")
        except InputError:
            told += 1
            continue
        assert metadata == about
        for name in ("pt", "eta", "phi", "offsets"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert told > 200


def test_a_wrong_bit_in_what_is_gone_on_with_is_told_or_harmless(tmp_path):
    def stop(number, epoch):
        raise KeyboardInterrupt

    def fit(**options):
        module = network()
        training.fit(
            module, objective, [images(16)], [images(8, 1)], training.Schedule(2, 16), noise=64, key="a",
            resume=tmp_path / "a", progress=False, **options,
        )  # fmt: skip
        return {name: weight.numpy().tobytes() for name, weight in module.state_dict().items()}

    with pytest.raises(KeyboardInterrupt):
        fit(on_epoch=stop)
    whole = (tmp_path / "a").read_bytes()
    expected = fit()
    told = []
    for damaged in flips(whole, 60, 3):
        (tmp_path / "a").write_bytes(damaged)
        try:
            assert fit() == expected
        except InputError as error:
            told.append(error.code)
    assert set(told) == {"E_VERSION"}
    assert len(told) > 50
