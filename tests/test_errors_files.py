"""Errors are one sentence with a stable code; files are whole or absent, and never run code."""

from __future__ import annotations

import os
import pickle
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetexplore import files
from jetexplore.errors import InputError, choose


def test_error_is_one_sentence_with_a_code():
    error = InputError("E_RANGE_PT", "-1 GeV", "0 < pt", where="pt", mend="drop it")
    assert str(error) == "pt: -1 GeV; allowed: 0 < pt (drop it)"
    assert isinstance(error, ValueError)
    assert (error.code, error.found, error.expected, error.where, error.mend) == error.args


def test_error_crosses_processes():
    error = InputError("E_K", "0 medoids", "1 to 5", where="k")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.code) == (str(error), "E_K")


@pytest.mark.parametrize("name", ["qcd", "", None, 3, ["QCD"], {"QCD": 1}, float("nan"), "QCD "])
def test_choose_refuses_what_is_not_listed(name):
    with pytest.raises(InputError) as raised:
        choose("class", name, {"QCD": 1, "Top": 2}, "E_CLASS")
    assert raised.value.code == "E_CLASS"
    assert str(raised.value) == f"unknown class {name!r}; allowed: QCD, Top"


def test_choose_takes_generators():
    assert choose("class", "W", (name for name in ("QCD", "W")), "E_CLASS") == "W"


def test_data_dir_of_the_checkout(monkeypatch):
    monkeypatch.delenv("JETEXPLORE_DATA", raising=False)
    assert (files.data_dir() / "published" / "table2.csv").is_file()


def test_data_dir_by_name(monkeypatch, tmp_path):
    monkeypatch.setenv("JETEXPLORE_DATA", str(tmp_path))
    assert files.data_dir() == tmp_path


def test_data_dir_missing_says_where(monkeypatch, tmp_path):
    monkeypatch.setenv("JETEXPLORE_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="JETEXPLORE_DATA=.*nowhere"):
        files.data_dir()


def test_cache_dir_is_made(monkeypatch, tmp_path):
    monkeypatch.setenv("JETEXPLORE_CACHE", str(tmp_path / "a" / "b"))
    assert files.cache_dir() == tmp_path / "a" / "b"
    assert files.cache_dir().is_dir()


def write(path, text):
    with files.atomic(path) as temporary:
        temporary.write_text(text)


def test_atomic_gives_same_folder_and_ending(tmp_path):
    with files.atomic(tmp_path / "deep" / "a.npz") as temporary:
        temporary.write_text("x")
        assert temporary.parent == tmp_path / "deep"
        assert temporary.suffix == ".npz"
        assert not (tmp_path / "deep" / "a.npz").exists()
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["a.npz"]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, SystemExit, MemoryError])
def test_atomic_failure_leaves_the_old_file(tmp_path, failure):
    target = tmp_path / "a.txt"
    write(target, "old")

    def interrupted():
        with files.atomic(target) as temporary:
            temporary.write_text("half of the n")
            raise failure

    with pytest.raises(failure):
        interrupted()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("step", ["replace", "chmod"])
def test_atomic_failure_at_the_last_step(tmp_path, monkeypatch, step):
    target = tmp_path / "a.txt"
    write(target, "old")

    def fail(*_):
        raise OSError("no space left")

    monkeypatch.setattr(Path, step, fail)
    with pytest.raises(OSError, match="no space"):
        write(target, "new")
    monkeypatch.undo()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_atomic_without_the_temporary_file_makes_nothing(tmp_path):
    with pytest.raises(FileNotFoundError), files.atomic(tmp_path / "a.txt") as temporary:
        temporary.unlink()
    assert not list(tmp_path.iterdir())


def test_atomic_killed_leaves_the_old_file(tmp_path):
    target = tmp_path / "a.txt"
    write(target, "old")
    program = f"""
        import os, signal
        from jetexplore.files import atomic
        with atomic({str(target)!r}) as temporary:
            temporary.write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert target.read_text() == "old"
    assert {path.name.startswith(".partial-") for path in tmp_path.iterdir() if path != target} <= {True}


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_atomic_honours_umask(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        write(tmp_path / "a.txt", "x")
        assert os.umask(umask) == umask  # left as it was
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == mode


def test_npz_round_trip(tmp_path, rng):
    arrays = {
        "x": rng.normal(size=(3, 4)),
        "half": np.arange(3, dtype=np.float16),
        "none": np.zeros(0),
        "s": np.array("t"),
    }
    metadata = {"name": "Z' → tt̄", "list": [1, 2.5, None, {"a": True}]}
    files.write_npz(tmp_path / "a.npz", arrays, metadata)
    again, described = files.read_npz(tmp_path / "a.npz")
    assert described == metadata
    assert list(again) == list(arrays)
    for name, values in arrays.items():
        assert again[name].dtype == values.dtype
        np.testing.assert_array_equal(again[name], values)


def test_npz_same_content_same_bytes(tmp_path):
    for name, metadata in (("a", {"x": 1, "y": 2}), ("b", {"y": 2, "x": 1})):
        files.write_npz(tmp_path / f"{name}.npz", {"v": np.arange(9.0)}, metadata)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_npz_without_description(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.arange(2))
    assert files.read_npz(tmp_path / "a.npz")[1] == {}


class Canary:
    """When unpickled, makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def header(shape):
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def members(path, **content):
    with zipfile.ZipFile(path, "w") as archive:
        for name, values in content.items():
            archive.writestr(f"{name}.npy", values)


def truncated(path):
    files.write_npz(path, {"x": np.arange(1000.0)})
    path.write_bytes(path.read_bytes()[:-100])


def flipped(path):
    np.savez(path, x=np.arange(1000.0))
    content = bytearray(path.read_bytes())
    content[4000] ^= 1  # in the numbers: only the checksum knows
    path.write_bytes(content)


def bomb(path):
    np.savez_compressed(path, x=np.zeros(2_000_000))
    assert path.stat().st_size < 100_000


BAD_FILES = {
    "truncated": (truncated, "E_TRUNCATED"),
    "one bit flipped": (flipped, "E_TRUNCATED"),
    "empty": (lambda path: path.write_bytes(b""), "E_TRUNCATED"),
    "text": (lambda path: path.write_text("<html>404 Not found</html>"), "E_TRUNCATED"),
    "one array alone": (lambda path: np.save(path.open("wb"), np.arange(3)), "E_TRUNCATED"),
    "objects": (lambda path: np.savez(path, x=np.array([{}, []], dtype=object)), "E_TRUNCATED"),
    "larger than memory": (lambda path: members(path, x=header((10**16,))), "E_TRUNCATED"),
    "no numbers": (lambda path: members(path, x=header((10,))), "E_TRUNCATED"),
    "unreadable header": (lambda path: members(path, x=b"\x93NUMPY\x01\x00\x10\x00{nonsense(((((( "), "E_TRUNCATED"),
    "not an array": (lambda path: members(path, x=b"hello"), "E_LAYOUT"),
    "bomb": (bomb, "E_LIMIT"),
    "folder": (lambda path: path.mkdir(), "E_NOT_FILE"),
    "description not JSON": (lambda path: np.savez(path, metadata=np.array("{")), "E_TRUNCATED"),
    "description not an object": (lambda path: np.savez(path, metadata=np.array("[1]")), "E_HEADER"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_npz(tmp_path, case):
    make, code = BAD_FILES[case]
    path = tmp_path / "bad.npz"
    make(path)
    with pytest.raises(InputError) as raised:
        files.read_npz(path, limit=1_000_000)
    assert raised.value.code == code
    assert "bad.npz" in str(raised.value)


def test_missing_npz(tmp_path):
    with pytest.raises(FileNotFoundError, match="none.npz"):
        files.read_npz(tmp_path / "none.npz")


def test_pickled_code_does_not_run(tmp_path):
    payload = np.array([Canary(tmp_path / "canary")], dtype=object)
    np.savez(tmp_path / "evil.npz", x=payload)
    with pytest.raises(InputError):
        files.read_npz(tmp_path / "evil.npz")
    assert not (tmp_path / "canary").exists()
    with np.load(tmp_path / "evil.npz", allow_pickle=True) as careless:
        careless["x"]
    assert (tmp_path / "canary").exists()  # the payload works: it was refused, not broken


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "a.npz"
    files.write_npz(path, {"x": np.random.default_rng(0).normal(size=40)}, {"n": 1})
    return path


def test_any_truncation_is_told(whole, tmp_path):
    content = whole.read_bytes()
    for size in range(0, len(content), 7):
        (tmp_path / "cut.npz").write_bytes(content[:size])
        with pytest.raises(InputError, match="damaged or cut-off"):
            files.read_npz(tmp_path / "cut.npz")


def test_any_wrong_bit_is_told_or_harmless(whole, tmp_path):
    content, (expected, _) = whole.read_bytes(), files.read_npz(whole)
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        (tmp_path / "bit.npz").write_bytes(damaged)
        try:
            arrays, _ = files.read_npz(tmp_path / "bit.npz", limit=1_000_000)
        except InputError:
            continue
        for name in arrays.keys() & {"x"}:
            np.testing.assert_array_equal(arrays[name], expected["x"])


@given(st.lists(st.one_of(st.integers(), st.text(), st.floats(allow_nan=False), st.none()), max_size=4))
def test_digest_is_a_function_of_its_parts(parts):
    assert files.digest(*parts) == files.digest(*parts)
    assert files.digest(*parts) != files.digest(*parts, "more")
    assert len(files.digest(*parts)) == 16


def test_digest_tells_apart(tmp_path):
    (tmp_path / "a").write_text("1")
    (tmp_path / "b").write_text("1")
    (tmp_path / "c").write_text("2")
    assert files.digest(tmp_path / "a") == files.digest(tmp_path / "b") != files.digest(tmp_path / "c")
    different = [
        files.digest(part)
        for part in (np.arange(4), np.arange(4.0), np.arange(4).reshape(2, 2), np.arange(4, dtype=np.int32), "1", 1)
    ]
    assert len(set(different)) == len(different)
    assert files.digest("ab", "c") != files.digest("a", "bc")


@pytest.fixture
def counted(monkeypatch, tmp_path):
    """Keep results in folders of this test, and count computations."""
    monkeypatch.setenv("JETEXPLORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("JETEXPLORE_DATA", str(tmp_path / "data"))
    (tmp_path / "data" / "results").mkdir(parents=True)
    calls = []

    def compute():
        calls.append(1)
        return {"x": [len(calls)]}

    compute.calls = calls
    return compute


def test_stored_computes_once(counted):
    assert [files.stored("r", "k", counted)["x"].tolist() for _ in range(3)] == [[1], [1], [1]]


def test_stored_under_another_key_is_not_used(counted):
    files.stored("r", "k", counted)
    assert files.stored("r", "other", counted)["x"].tolist() == [2]
    assert files.stored("r", "other", counted)["x"].tolist() == [2]


def test_stored_comes_with_jetexplore(counted, tmp_path):
    files.write_npz(tmp_path / "data" / "results" / "r.npz", {"x": np.array([7])}, {"key": "k"})
    assert files.stored("r", "k", counted)["x"].tolist() == [7]
    assert not counted.calls
    assert files.stored("r", "new", counted)["x"].tolist() == [1]  # outdated: computed, kept in the cache
    assert (tmp_path / "cache" / "results" / "r.npz").is_file()
    assert files.read_npz(tmp_path / "data" / "results" / "r.npz")[1] == {"key": "k"}


@pytest.mark.parametrize("content", [b"", b"text", None])
def test_stored_but_damaged_is_computed_again(counted, tmp_path, content):
    files.stored("r", "k", counted)
    path = tmp_path / "cache" / "results" / "r.npz"
    path.write_bytes(path.read_bytes()[:-20] if content is None else content)
    assert files.stored("r", "k", counted)["x"].tolist() == [2]
    assert files.stored("r", "k", counted)["x"].tolist() == [2]


def test_stored_failure_leaves_nothing(counted, tmp_path):
    with pytest.raises(ZeroDivisionError):
        files.stored("r", "k", lambda: {"x": 1 / 0})
    assert not list((tmp_path / "cache").rglob("*.npz"))
    assert files.stored("r", "k", counted)["x"].tolist() == [1]


def test_stored_does_not_need_a_cache_for_what_comes_with_jetexplore(counted, tmp_path):
    files.write_npz(tmp_path / "data" / "results" / "r.npz", {"x": np.array([7])}, {"key": "k"})
    assert files.stored("r", "k", counted)["x"].tolist() == [7]
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("place", ["cache", "cache/results"])
def test_stored_gives_the_result_where_it_cannot_be_kept(counted, tmp_path, place, caplog):
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("in the way")  # as good as a read-only home, also for root
    assert files.stored("r", "k", counted)["x"].tolist() == [1]
    assert "could not be kept" in caplog.text


def test_stored_is_computed_once_by_threads_that_ask_together(counted):
    together, asking = threading.Barrier(4), []

    def ask():
        together.wait()
        asking.append(files.stored("r", "k", slowly)["x"].tolist())

    def slowly():
        time.sleep(0.2)
        return counted()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asking == [[1]] * 4
    assert len(counted.calls) == 1
