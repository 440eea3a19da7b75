"""Events to jets: the selection, any order of the work, any interruption, any size; and mixtures with a key."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from jetexplore import cli, jets
from jetexplore.errors import InputError
from jetexplore.jets import eventjets, jetstream, lhco
from jetexplore.jets.clustering import Events
from jetexplore.jets.datasets import read_jets
from jetexplore.jets.eventjets import cluster_file, two_jets
from jetexplore.jets.lhcokeys import read_masterkey
from jetexplore.jets.mixing import mix_events

QUIET = {"workers": 1, "progress": False}


def make_events(n, seed=0, second=(100.0, 1200.0)):
    """Two bunches of 20 particles back to back and 20 soft ones; the second bunch may be below 200 GeV."""
    rng = np.random.default_rng(seed)
    pt = np.concatenate(
        [np.full((n, 20), 65.0), np.repeat(rng.uniform(*second, (n, 1)) / 20, 20, 1), rng.uniform(0.1, 0.5, (n, 20))], 1
    )
    eta = rng.normal(0, 0.1, (n, 60)) + np.repeat(rng.uniform(-1, 1, (n, 3)), 20, 1)
    phi = rng.normal(0, 0.1, (n, 60)) + np.repeat([[0.0, np.pi, 1.5]], 20, 1) + rng.uniform(-3, 3, (n, 1))
    order = rng.permutation(60)
    return Events(*(x[:, order].ravel() for x in (pt, eta, jets.wrap(phi))), 60 * np.arange(n + 1))


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Give a file of 600 events, every third with the label 1."""
    path = tmp_path_factory.mktemp("events") / "events.h5"
    return lhco.write_events(path, [make_events(600)], labels=[(np.arange(600) % 3 == 0).astype(int)]).path


@pytest.fixture(scope="module")
def undisturbed(file, tmp_path_factory):
    """Give the jets that every disturbed run must equal."""
    return cluster_file(file, tmp_path_factory.mktemp("undisturbed") / "jets.npz", block=50, **QUIET).path


def test_the_jets_are_the_two_leading_above_the_smallest_pt(file, undisturbed):
    events, labels = lhco.read_events(file)
    found, metadata = read_jets(undisturbed)
    assert (metadata["jets_per_event"], metadata["events"], metadata["n"]) == (2, 600, len(found) // 2)
    assert 300 < metadata["n"] < 600
    row = metadata["extra"]["event"][::2]
    assert np.array_equal(row, metadata["extra"]["event"][1::2])
    assert np.all(np.diff(row) > 0)
    assert np.array_equal(metadata["extra"]["label"][::2], labels[row])
    pt = found.momenta().pt.reshape(-1, 2)
    assert np.all(pt[:, 0] >= pt[:, 1] - 0.5)  # float16 rounds
    assert pt.min() > 199.5
    left_out = np.setdiff1d(np.arange(600), row)
    for event in left_out[:20]:
        inside = slice(events.offsets[event], events.offsets[event + 1])
        bunch = events.pt[inside] != 65.0
        assert events.pt[inside][bunch].sum() < 220


def test_against_clustering_all_at_once(file, undisturbed):
    events, _ = lhco.read_events(file)
    slow = jets.leading_jets(events, 2)
    momenta = slow.jets.momenta()
    good = (momenta.pt.reshape(-1, 2) > 200).all(1)
    found, metadata = read_jets(undisturbed)
    assert np.array_equal(metadata["extra"]["event"][::2], slow.event[::2][good])
    same = slow.jets[np.repeat(good, 2)]
    assert np.array_equal(found.counts, same.counts)
    assert np.allclose(found.pt, same.pt, rtol=1e-3)
    assert np.allclose(jets.dijet_mass(found), jets.dijet_mass(same), rtol=2e-3)


def test_another_smallest_pt(file, tmp_path):
    made = cluster_file(file, tmp_path / "jets.npz", pt_min=800.0, stop=200, **QUIET)
    found, _ = read_jets(made.path)
    assert 0 < made.kept < 100
    assert found.momenta().pt.min() > 799


def test_events_without_particles_or_a_second_jet():
    events = Events(np.array([500.0, 500.0]), np.zeros(2), np.array([0.0, 3.0]), np.array([0, 0, 2, 2]))
    found, rows = two_jets(events)
    assert rows.tolist() == [1]
    assert found.counts.tolist() == [1, 1]  # one constituent is enough here
    none = Events(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(4, int))
    assert len(two_jets(none)[1]) == 0


def test_blocks_without_a_single_jet(tmp_path):
    soft = make_events(40, 1, second=(50.0, 60.0))
    path = lhco.write_events(tmp_path / "events.h5", [soft, make_events(40, 2, second=(900.0, 950.0)), soft]).path
    made = cluster_file(path, tmp_path / "jets.npz", block=20, **QUIET)
    assert made.kept == 40
    assert read_jets(made.path)[1]["extra"]["event"][::2].tolist() == list(range(40, 80))
    assert next(jetstream.jet_batches(made.path)).label is None
    with pytest.raises(InputError, match="no event of 40 with two jets"):
        cluster_file(path, tmp_path / "none.npz", stop=40, **QUIET)


def test_processes_give_the_same_bytes(file, undisturbed, tmp_path):
    made = cluster_file(file, tmp_path / "jets.npz", workers=2, block=50, progress=False)
    assert made.path.read_bytes() == undisturbed.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["jets.npz"]


def test_a_cluster_gives_the_same_bytes(file, undisturbed, tmp_path, monkeypatch, capsys):
    distributed = pytest.importorskip("distributed")
    monkeypatch.chdir(tmp_path)
    options = {"processes": False, "n_workers": 1, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.Client(**options) as client:
        words = ["cluster", str(file), "-o", "jets.npz", "--block", "50", "--scheduler", client.scheduler.address]
        assert cli.main([*words, "--quiet"]) == 0
    assert "of 600 events with two jets" in capsys.readouterr().out
    assert (tmp_path / "jets.npz").read_bytes() == undisturbed.read_bytes()


def test_killed_and_given_again(file, undisturbed, tmp_path):
    output = tmp_path / "jets.npz"
    words = ["cluster", str(file), "-o", str(output), "--block", "50", "--workers", "1", "--quiet"]
    command = [sys.executable, "-c", "import sys; from jetexplore.cli import main; sys.exit(main())", *words]
    process = subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"})
    parts = tmp_path / "jets.npz.parts"
    while process.poll() is None and len(list(parts.glob("0*.npz"))) < 3:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not output.exists()
    finished = {part: part.stat().st_mtime_ns for part in parts.glob("0*.npz")}
    assert 3 <= len(finished) < 12
    damaged = min(finished)
    damaged.write_bytes(damaged.read_bytes()[:-20])
    (parts / "000011.npz").write_bytes((parts / "000001.npz").read_bytes())  # whole, but another block
    redone = []
    real = eventjets._work
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(eventjets, "_work", lambda task, folder, first: redone.append(first) or real(task, folder, first))
        cluster_file(file, output, block=50, **QUIET)
    kept = {50 * int(part.stem) for part in finished} - {0}
    assert redone == [first for first in range(0, 600, 50) if first not in kept]
    assert output.read_bytes() == undisturbed.read_bytes()
    assert not parts.exists()


def test_what_is_there_is_not_made_again(file, undisturbed, tmp_path):
    output = tmp_path / "jets.npz"
    output.write_bytes(undisturbed.read_bytes())
    before = output.stat().st_mtime_ns
    (tmp_path / "jets.npz.parts").mkdir()
    made = cluster_file(file, output, block=50, **QUIET)
    assert (made.events, made.kept) == (600, len(read_jets(output)[0]) // 2)
    assert output.stat().st_mtime_ns == before
    assert [path.name for path in tmp_path.iterdir()] == ["jets.npz"]
    with pytest.raises(InputError, match="other jets in that file"):
        cluster_file(file, output, block=50, stop=300, **QUIET)


def test_a_run_of_another_file_or_at_work_is_not_taken_up(file, tmp_path):
    other = lhco.write_events(tmp_path / "other.h5", [make_events(100, 9)]).path
    output = tmp_path / "jets.npz"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jetstream, "join", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            cluster_file(file, output, stop=100, **QUIET)
        with pytest.raises(InputError) as caught:
            cluster_file(other, output, **QUIET)
        assert caught.value.code == "E_VERSION"
    task = eventjets._task(file, 0, 100, 2000, None, 200.0)[1]
    with eventjets.opened(output, task), pytest.raises(InputError) as caught:
        cluster_file(file, output, stop=100, **QUIET)
    assert caught.value.code == "E_LOCKED"


@pytest.mark.parametrize("events", [1, 7, 100, 10_000])
def test_batches_are_the_whole(undisturbed, events):
    whole, metadata = read_jets(undisturbed)
    batches = list(jetstream.jet_batches(undisturbed, events))
    assert all(len(batch.jets) == 2 * len(batch.event) == 2 * len(batch.label) for batch in batches)
    assert {len(batch.event) for batch in batches[:-1]} <= {events}
    joined = jets.concatenate([batch.jets for batch in batches])
    for name in ("pt", "eta", "phi", "offsets"):
        assert np.array_equal(getattr(joined, name), getattr(whole, name)), name
    assert np.array_equal(np.concatenate([batch.event for batch in batches]), metadata["extra"]["event"][::2])
    assert np.array_equal(np.concatenate([batch.label for batch in batches]), metadata["extra"]["label"][::2])


def test_load_gives_the_same_jets(undisturbed):
    (loaded,) = jets.load(undisturbed).values()
    assert np.array_equal(loaded.pt, read_jets(undisturbed)[0].pt)


@pytest.mark.parametrize("cut", [0.3, 0.8])
def test_batches_of_a_damaged_file(undisturbed, tmp_path, cut):
    content = bytearray(undisturbed.read_bytes())
    (tmp_path / "cut.npz").write_bytes(content[: int(cut * len(content))])
    content[len(content) // 2] ^= 255
    (tmp_path / "flipped.npz").write_bytes(content)
    for name in ("cut.npz", "flipped.npz"):
        with pytest.raises(InputError):
            list(jetstream.jet_batches(tmp_path / name))


def test_labels_of_a_master_key(file, undisturbed, tmp_path):
    key = tmp_path / "box.masterkey"
    key.write_text("\n".join(["0", "2"] * 300))
    made = cluster_file(file, tmp_path / "jets.npz", masterkey=key, start=101, stop=301, block=30, **QUIET)
    extra = read_jets(made.path)[1]["extra"]
    assert np.array_equal(extra["label"], extra["event"] % 2 * 2)
    assert extra["event"].min() >= 101
    key.write_text("0\n1\n")
    with pytest.raises(InputError, match="2 labels for 600 events"):
        cluster_file(file, tmp_path / "more.npz", masterkey=key, **QUIET)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"start": 600}, "E_RANGE"),
        ({"stop": 601}, "E_RANGE"),
        ({"block": 0}, "E_RANGE"),
        ({"workers": 0}, "E_RANGE"),
        ({"pt_min": 5.0}, "E_RANGE"),
        ({"client": "tcp://127.0.0.1"}, "E_CLIENT"),
    ],
)
def test_requests_that_make_no_sense(file, tmp_path, options, code):
    with pytest.raises(InputError) as caught:
        cluster_file(file, tmp_path / "jets.npz", **{**QUIET, **options})
    assert caught.value.code == code
    with pytest.raises(InputError, match=".npz"):
        cluster_file(file, tmp_path / "jets.h5", **QUIET)


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """Give background of 3,000 events and two signals of 50 and 2,000; an event's number is its first pt."""
    folder = tmp_path_factory.mktemp("sources")
    paths = []
    for name, n, label in (("background", 3000, 0), ("a", 50, 1), ("b", 2000, 1)):
        numbered = Events(1.0 + np.arange(n), np.full(n, 0.1 * len(paths)), np.zeros(n), np.arange(n + 1))
        paths.append(lhco.write_events(folder / f"{name}.h5", [numbered], label=label).path)
    return paths


def test_a_mixture_has_the_events_it_says(sources, tmp_path):
    background, a, b = sources
    key = tmp_path / "box.masterkey"
    made = mix_events(tmp_path / "box.h5", background, {a: 30, b: 1500}, seed=3, masterkey=key)
    assert (made.background, list(made.signals.values())) == (3000, [30, 1500])
    events, labels = lhco.read_events(made.path)
    assert np.array_equal(labels, read_masterkey(key))
    assert np.bincount(labels).tolist() == [3000, 30, 1500]
    assert np.array_equal(np.rint(events.eta * 10), labels)  # each is from the file of its label
    for label, of in enumerate((3000, 50, 2000)):
        numbers = events.pt[labels == label]
        assert np.all(np.diff(numbers) > 0)  # none twice
        assert numbers.max() <= of
    assert events.pt[labels == 2].max() > 1900  # not the first 1,500 of its file
    assert events.pt[labels == 2].min() < 100


def test_places_are_drawn(sources, tmp_path):
    background, _, b = sources
    places = []
    for seed in range(30):
        made = mix_events(tmp_path / f"{seed}.h5", background, {b: 20}, seed=seed, n_background=180)
        places.append(np.flatnonzero(made.label))
    mean = np.mean(places)
    assert abs(mean - 99.5) < 4 * 200 / np.sqrt(12 * 600)
    assert len({tuple(some) for some in places}) == 30


def test_same_seed_same_bytes_and_nothing_gives_a_box_away(sources, tmp_path):
    background, a, _ = sources
    for name in ("one", "two"):
        mix_events(tmp_path / f"{name}.h5", background, {a: 30}, seed=3, labelled=False)
    content = (tmp_path / "one.h5").read_bytes()
    assert content == (tmp_path / "two.h5").read_bytes()
    layout = lhco.open_events(tmp_path / "one.h5")
    assert (layout.n, layout.labelled) == (3030, False)
    assert "30" not in {str(value) for value in layout.metadata.values()}
    assert "mixed" not in layout.metadata
    empty = mix_events(tmp_path / "empty.h5", background, seed=3, labelled=False)
    assert set(lhco.open_events(empty.path).metadata) == set(layout.metadata)
    assert not empty.label.any()


def test_a_labelled_file_gives_its_background_or_its_signal(sources, tmp_path):
    background, a, b = sources
    mixed = mix_events(tmp_path / "rd.h5", background, {a: 50}).path
    again = mix_events(tmp_path / "again.h5", mixed, {mixed: 40}, seed=2)
    events, labels = lhco.read_events(again.path)
    assert np.array_equal(np.rint(events.eta * 10), labels)
    assert np.bincount(labels).tolist() == [3000, 40]
    with pytest.raises(InputError, match="50 signal events"):
        mix_events(tmp_path / "more.h5", mixed, {mixed: 51})
    with pytest.raises(InputError, match="at most 2"):
        mix_events(tmp_path / "more.h5", background, {a: 1, b: 1, mixed: 1})
    with pytest.raises(InputError, match="whole number"):
        mix_events(tmp_path / "more.h5", background, {a: 0})


def test_the_command_mixes(sources, tmp_path, capsys):
    background, a, _ = map(str, sources)
    words = ["mix", background, "--signal", a, "30", "-o", str(tmp_path / "box.h5"), "-n", "100", "--labelled"]
    assert cli.main([*words, "--masterkey", str(tmp_path / "box.masterkey")]) == 0
    assert f"100 background events, 30 of {a}" in capsys.readouterr().out
    assert lhco.open_events(tmp_path / "box.h5")[:3] == (130, 2101, True)
    assert read_masterkey(tmp_path / "box.masterkey").sum() == 30
    with pytest.raises(SystemExit):
        cli.main(["mix", background, "--signal", a, "many", "-o", "x.h5"])
