"""Simulated jets: the recipe's physics in small, and a run that comes out the same whatever happens to it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from jetexplore import cli
from jetexplore.errors import InputError
from jetexplore.jets import lhco, simulation
from jetexplore.jets.clustering import dijet_mass, leading_jets
from jetexplore.jets.datasets import read_jets
from jetexplore.jets.generation import PROCESSES, generate, parts_folder
from jetexplore.jets.runs import Run, opened
from jetexplore.jets.simulation import generate_batch, prepare

QUICK = ("PartonLevel:MPI = off",)
SMALL = {"settings": QUICK, "workers": 1, "progress": False, "events_per_batch": 30}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Make the file that every disturbed run must equal: 60 W jets of seed 7."""
    return generate("W", 60, 7, tmp_path_factory.mktemp("undisturbed") / "W.npz", **SMALL).read_bytes()


@pytest.mark.parametrize("process", PROCESSES)
def test_pythia_takes_every_recipe(process):
    assert prepare(process, QUICK) is not None


@pytest.mark.parametrize("process", ["QCD", "Top", "W", "WZ-4q"])
@pytest.mark.parametrize("detector", [True, False])
def test_leading_jets_are_inside_the_window(process, detector):
    batch = generate_batch(process, 1, 0, QUICK, detector, n_events=100)
    pt = batch.jets.momenta().pt
    assert len(pt) > 5
    assert np.all((pt > 550) & (pt <= 650))
    assert np.all(batch.extra["sub_pt"] <= pt)
    assert batch.events == 100
    for jet in range(3):
        assert np.all(np.diff(batch.jets[jet].pt) <= 0)


def test_without_a_detector_nothing_below_one_mev():
    assert generate_batch("QCD", 1, 0, QUICK, detector=False, n_events=60).jets.pt.min() > 1e-3


def test_the_detector_thins_out_constituents():
    seen = generate_batch("Top", 1, 0, QUICK, n_events=100).jets.counts.mean()
    real = generate_batch("Top", 1, 0, QUICK, detector=False, n_events=100).jets.counts.mean()
    assert 0.5 < seen / real < 0.8  # 58 of 90 with the whole recipe


def test_w_jets_are_the_w():
    batch = generate_batch("W", 1, 0, QUICK, n_events=400)
    assert np.mean(batch.extra["truth_dr"] < 0.4) > 0.95
    mass = batch.jets.momenta().mass
    assert np.mean((mass > 60) & (mass < 100)) > 0.6


def test_the_lhco_signal_peaks_at_its_mass():
    batch = generate_batch("LHCO-signal", 1, 0, n_events=200)
    assert len(batch.jets) > 200
    assert np.median(dijet_mass(batch.jets)) == pytest.approx(3450, abs=150)
    mass = batch.jets.momenta().mass.reshape(-1, 2)
    assert np.median(mass.min(1)) == pytest.approx(115, abs=25)
    assert np.median(mass.max(1)) == pytest.approx(490, abs=60)
    assert np.all(batch.jets.momenta().pt[::2] > 1200)


def test_the_lhco_background_has_no_peak_there():
    mjj = dijet_mass(generate_batch("LHCO-background", 1, 0, QUICK, n_events=200).jets)
    assert np.mean(np.abs(mjj - 3450) < 150) < 0.3
    assert np.median(mjj) < 3250


def test_a_batch_is_a_pure_function(monkeypatch):
    first = generate_batch("QCD", 3, 5, QUICK, n_events=60)
    monkeypatch.setattr(simulation, "CHUNK", 7)
    again = generate_batch("QCD", 3, 5, QUICK, n_events=60)
    for name in ("pt", "eta", "phi", "offsets"):
        assert getattr(first.jets, name).tolist() == getattr(again.jets, name).tolist()
    assert first.extra["sub_pt"].tolist() == again.extra["sub_pt"].tolist()


@pytest.mark.parametrize("other", [("QCD", 3, 6), ("QCD", 4, 5), ("Top", 3, 5)])
def test_batches_seeds_and_processes_have_their_own_numbers(other):
    first, second = (generate_batch(*key, QUICK, n_events=60).jets for key in (("QCD", 3, 5), other))
    assert not set(first.pt) & set(second.pt)


def test_the_file_tells_how_it_was_made(tmp_path, undisturbed):
    path = tmp_path / "W.npz"
    path.write_bytes(undisturbed)
    jets, metadata = read_jets(path)
    extra = metadata.pop("extra")
    assert len(jets) == 60 == len(extra["sub_pt"]) == len(extra["truth_dr"])
    assert metadata["simulated"] is True
    assert (metadata["process"], metadata["n"], metadata["seed"]) == ("W", 60, 7)
    assert metadata["settings"][-1] == QUICK[0]
    assert metadata["window"] == [550, 650]
    assert metadata["events"] % 30 == 0
    assert 0.3 < metadata["efficiency"] < 0.7
    assert {"pythia8mc", "fastjet", "jetexplore"} == set(metadata["versions"])
    assert "/" not in json.dumps(metadata)  # no path of this machine


def test_the_same_request_gives_the_same_bytes(tmp_path, undisturbed):
    path = generate("W", 60, 7, tmp_path / "again.npz", **SMALL)
    assert path.read_bytes() == undisturbed
    assert [entry.name for entry in tmp_path.iterdir()] == ["again.npz"]


def test_the_number_of_workers_does_not_matter(tmp_path, undisturbed):
    assert generate("W", 60, 7, tmp_path / "W.npz", **{**SMALL, "workers": 2}).read_bytes() == undisturbed
    assert [entry.name for entry in tmp_path.iterdir()] == ["W.npz"]


def test_more_jets_begin_with_the_same(tmp_path):
    few, more = (generate("W", n, 7, tmp_path / f"{n}.npz", **SMALL) for n in (5, 20))
    assert read_jets(few)[0].pt.tolist() == read_jets(more)[0][:5].pt.tolist()


def test_two_jets_of_every_event(tmp_path):
    options = {**SMALL, "settings": ()}
    jets, metadata = read_jets(generate("LHCO-signal", 9, 1, tmp_path / "signal.npz", **options))
    assert len(jets) == 18
    assert metadata["jets_per_event"] == 2
    assert metadata["window"] == [1200, None]
    assert len(dijet_mass(jets)) == 9


def test_whole_events_go_into_the_layout_of_the_lhc_olympics(tmp_path):
    options = {**SMALL, "settings": ()}
    path = generate("LHCO-signal", 9, 1, tmp_path / "signal.h5", **options)
    kept = path.read_bytes()
    layout = lhco.open_events(path)
    assert layout[:3] == (9, 2101, True)
    assert layout.metadata["simulated"] is True
    assert (layout.metadata["process"], layout.metadata["n"]) == ("LHCO-signal", 9)
    events, labels = lhco.read_events(path)
    assert labels.tolist() == [1] * 9
    leading = leading_jets(events, 2).jets
    alone, _ = read_jets(generate("LHCO-signal", 9, 1, tmp_path / "signal.npz", **options))
    np.testing.assert_allclose(leading.momenta().pt, alone.momenta().pt, rtol=2e-3)  # the native file rounds
    assert leading.momenta().pt[::2].min() > 1200
    assert len(events.pt) > len(leading.pt)
    assert generate("LHCO-signal", 9, 1, path, **options).read_bytes() == kept
    with pytest.raises(InputError) as caught:
        generate("LHCO-signal", 8, 1, path, **options)
    assert caught.value.code == "E_EXISTS"
    again = generate("LHCO-signal", 9, 1, tmp_path / "again.h5", **{**options, "workers": 2})
    assert again.read_bytes() == kept


def begin(path, workers=1):
    """Start the undisturbed run in a process of its own."""
    program = (
        "import sys; from jetexplore.jets.generation import generate; "
        f"generate('W', 60, 7, sys.argv[1], settings={QUICK!r}, workers={workers}, progress=False, events_per_batch=30)"
    )
    return subprocess.Popen([sys.executable, "-c", program, str(path)], start_new_session=True)


def wait_for_parts(process, folder, number):
    """Wait until a run has finished some batches, or has ended."""
    while process.poll() is None and len(list(folder.glob("0*.npz"))) < number:
        time.sleep(0.002)


@pytest.mark.parametrize(("workers", "kills"), [(1, (0, 1, 2)), (2, (1,))])
def test_killed_at_any_moment_and_run_again(tmp_path, undisturbed, workers, kills):
    path, rng = tmp_path / "W.npz", random.Random(workers)
    for finished in kills:
        process = begin(path, workers)
        wait_for_parts(process, parts_folder(path), finished)
        time.sleep(rng.uniform(0, 0.1))
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait(60)
        assert psutil.wait_procs(children, timeout=60)[1] == []  # workers leave with their parent
    assert generate("W", 60, 7, path, **SMALL).read_bytes() == undisturbed
    assert [entry.name for entry in tmp_path.iterdir()] == ["W.npz"]


def hear_interrupts():
    # a shell starts background jobs with Ctrl-C ignored, and children inherit that
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_interrupted_by_the_keyboard(tmp_path, workers):
    path = tmp_path / "W.npz"
    command = [sys.executable, "-m", "jetexplore.cli", "generate", "W", "-n", "9999999", "--workers", workers]
    process = subprocess.Popen(
        [*command, "-o", str(path)],
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_interrupts,  # noqa: PLW1509 - no threads here
    )
    while process.poll() is None and not (parts_folder(path) / "manifest.json").exists():
        time.sleep(0.01)
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "give the same command again" in said
    assert "Traceback" not in said
    assert not path.exists()
    assert (parts_folder(path) / "manifest.json").exists()


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b[:300] + b"x" + b[301:]])
def test_a_damaged_part_is_made_again(tmp_path, undisturbed, damage, monkeypatch):
    path = tmp_path / "W.npz"
    monkeypatch.setattr("jetexplore.jets.generation._assemble", lambda *_: pytest.fail("stopped before the end"))
    with pytest.raises(pytest.fail.Exception):
        generate("W", 60, 7, path, **SMALL)
    monkeypatch.undo()
    parts = sorted(parts_folder(path).glob("0*.npz"))
    whole = parts[1].read_bytes()
    parts[1].write_bytes(damage(whole))
    assert generate("W", 60, 7, path, **SMALL).read_bytes() == undisturbed


def unfinished(path, **other):
    """Leave a folder of parts as a killed run would."""
    run = Run(**{"process": "W", "seed": 7, "settings": QUICK, "detector": True, "events_per_batch": 30, **other})
    with opened(path, run):
        pass


@pytest.mark.parametrize(
    "other", [{"seed": 8}, {"process": "Top"}, {"settings": ()}, {"detector": False}, {"events_per_batch": 31}]
)
def test_another_run_in_the_folder_is_not_mixed_in(tmp_path, other):
    unfinished(tmp_path / "W.npz", **other)
    with pytest.raises(InputError, match=next(iter(other))) as caught:
        generate("W", 60, 7, tmp_path / "W.npz", **SMALL)
    assert caught.value.code == "E_VERSION"
    assert "delete" in str(caught.value)


def test_two_runs_at_once_are_told(tmp_path):
    run = Run("W", 7, QUICK, True, 30)
    with opened(tmp_path / "W.npz", run), pytest.raises(InputError) as caught:
        generate("W", 60, 7, tmp_path / "W.npz", **SMALL)
    assert caught.value.code == "E_LOCKED"


def test_a_finished_file_is_kept(tmp_path, undisturbed):
    path = tmp_path / "W.npz"
    path.write_bytes(undisturbed)
    before = path.stat().st_mtime_ns
    unfinished(path)
    assert generate("W", 60, 7, path, **SMALL) == path
    assert path.stat().st_mtime_ns == before
    assert not parts_folder(path).exists()
    with pytest.raises(InputError) as caught:
        generate("W", 61, 7, path, **SMALL)
    assert caught.value.code == "E_EXISTS"
    assert path.read_bytes() == undisturbed


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        ({"process": "Higgs"}, "E_PROCESS", "Higgs"),
        ({"process": None}, "E_PROCESS", "None"),
        ({"n": 0}, "E_RANGE", "n: 0"),
        ({"n": -5}, "E_RANGE", "n: -5"),
        ({"n": 1.5}, "E_RANGE", "n: 1.5"),
        ({"n": True}, "E_RANGE", "n: True"),
        ({"seed": -1}, "E_SEED", "-1"),
        ({"seed": "1"}, "E_SEED", "'1'"),
        ({"workers": 0}, "E_RANGE", "workers: 0"),
        ({"events_per_batch": 0}, "E_RANGE", "events_per_batch: 0"),
        ({"settings": ("PartonLevel:MIP = off",)}, "E_SETTING", "PartonLevel:MIP = off"),
        ({"settings": ("",)}, "E_SETTING", "''"),
        ({"settings": "PartonLevel:MPI = off"}, "E_SETTING", "one text"),
        ({"path": "W.parquet"}, "E_SUFFIX", "W.parquet"),
    ],
)
def test_a_wrong_request_is_one_sentence_and_leaves_nothing(tmp_path, change, code, named):
    request = {"process": "W", "n": 5, "seed": 1, **SMALL, **change}
    with pytest.raises(InputError) as caught:
        generate(**{**request, "path": tmp_path / request.get("path", "W.npz")})
    assert caught.value.code == code
    assert named in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_window_out_of_reach_ends(tmp_path, monkeypatch):
    monkeypatch.setattr("jetexplore.jets.generation.HOPELESS", 3)
    settings = (*QUICK, "PhaseSpace:pTHatMin = 20.", "PhaseSpace:pTHatMax = 40.")
    with pytest.raises(InputError) as caught:
        generate("QCD", 5, 1, tmp_path / "QCD.npz", **{**SMALL, "settings": settings, "events_per_batch": 3})
    assert caught.value.code == "E_NO_JETS"


def test_a_file_where_a_folder_should_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError) as caught:
        generate("W", 5, 1, tmp_path / "file" / "W.npz", **SMALL)
    assert caught.value.code == "E_FOLDER"


def test_a_process_is_added_by_one_entry(tmp_path, monkeypatch, capsys):
    wide = PROCESSES["W"]._replace(description="wider window", window=(400.0, 900.0))
    monkeypatch.setitem(PROCESSES, "W-wide", wide)
    jets, metadata = read_jets(generate("W-wide", 40, 1, tmp_path / "wide.npz", **SMALL))
    assert metadata["description"] == "wider window"
    assert jets.momenta().pt.min() < 545
    assert cli.main(["generate", "--list"]) == 0
    assert "W-wide" in capsys.readouterr().out


def test_the_command(tmp_path, capsys):
    path = tmp_path / "W.npz"
    words = ["generate", "W", "-n", "3", "--seed", "4", "--workers", "1", "-o", str(path), "--no-detector", "--quiet"]
    assert cli.main([*words, "--setting", QUICK[0]]) == 0
    assert "3 x W" in capsys.readouterr().out
    jets, metadata = read_jets(path)
    assert len(jets) == 3
    assert metadata["detector"] is False


@pytest.mark.parametrize(
    "words", [["generate", "Higgs", "-n", "3", "-o", "x.npz"], ["generate", "W", "-n", "0", "-o", "x.npz"]]
)
def test_the_command_says_what_is_wrong_in_one_line(words, capsys):
    assert cli.main(words) == 2
    said = capsys.readouterr().err
    assert said.startswith("jetexplore: ")
    assert said.count("\n") == 1
