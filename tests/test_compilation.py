"""Nobody waits for the compiler: answers before there is a kernel, and the same kernel after."""

import os
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

from jetexplore import distances
from jetexplore.distances import compilation, problems
from jetexplore.jets import Jets

pytestmark = pytest.mark.long


@pytest.fixture
def not_ready(monkeypatch):
    """A kernel that is not there yet; counts how often its compilation is asked for."""
    asked = []
    monkeypatch.setattr(compilation, "ready", lambda *_: False)
    monkeypatch.setattr(compilation, "start", lambda: asked.append("start"))
    monkeypatch.setattr(compilation, "wait", lambda *_: asked.append("wait"))
    monkeypatch.setattr(problems, "solve", lambda *_: pytest.fail("the kernel was called"))
    return asked


@pytest.mark.parametrize("name", ["Wass(0.5)", "Wass(1)", "Wass(2)", "Wass(5)"])
def test_pot_answers_first_as_the_kernel_does(name, request, point_images):
    rng = np.random.default_rng(3)
    x = rng.random((8, 12, 12)) * (rng.random((8, 12, 12)) < 0.2)
    kernel = distances.pairwise(x, name)
    asked = request.getfixturevalue("not_ready")
    assert distances.pairwise(x, name) == pytest.approx(kernel, rel=1e-12, abs=1e-14)
    assert asked == ["start"]


@pytest.mark.parametrize("norm", [False, True])
def test_pot_answers_first_for_clouds(norm, request, random_jets):
    some = random_jets(8, 1)
    kernel = distances.pairwise(some, "EMD", norm=norm)
    asked = request.getfixturevalue("not_ready")
    assert distances.pairwise(some, "EMD", norm=norm) == pytest.approx(kernel, rel=1e-12, abs=1e-12)
    assert asked == ["start"]
    same = Jets(pt=[1.0, 2.0], eta=[0.0, 0.1], phi=[0.0, 0.1], offsets=[0, 2])
    assert distances.paired(same, same, "EMD").tolist() == [0.0]


def test_many_pairs_wait_for_the_kernel(not_ready, monkeypatch):
    monkeypatch.setattr(problems, "FIRST", 1000)
    with pytest.raises(pytest.fail.Exception, match="kernel was called"):
        distances.pairwise(np.random.default_rng(3).random((4, 5, 5)), "Wass(1)")
    assert not_ready == ["wait"]


CHILD = """
import numpy as np
from jetexplore import distances
from jetexplore.distances import compilation
x = np.random.default_rng(3).random((2, 5, 5))
print(compilation.ready(), distances.optimal_plan(*x).distance)
print(compilation.ready(), *distances.paired(x[:1], x[1:], "Wass(1)"))
compilation._worker[0].kill()
print(compilation.folder())
"""


def test_a_new_installation_answers_at_once_and_compiles_beside(tmp_path):
    env = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    lines = subprocess.run(
        [sys.executable, "-c", CHILD], env=env, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    x = np.random.default_rng(3).random((2, 5, 5))
    expected = distances.paired(x[:1], x[1:], "Wass(1)")[0]
    for line in lines[:2]:
        ready, distance = line.split()
        assert ready == "False"
        assert float(distance) == pytest.approx(expected, rel=1e-12)
    assert lines[2].startswith(str(tmp_path / "kernel"))


def test_code_of_other_sources_is_never_found(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    places = []
    for version in ("1", "2", "3", "4", "5", "6", "1"):
        monkeypatch.setattr(compilation.numba, "__version__", version)
        places.append(compilation.folder.__wrapped__())
    assert len(set(places)) == 6
    assert places[0] == places[-1]
    assert places[-1].exists()
    assert len(list((tmp_path / "kernel").iterdir())) <= compilation.KEPT + 1


def test_nothing_is_kept_where_nothing_can_be_written(monkeypatch):
    monkeypatch.setattr(compilation.Path, "mkdir", lambda *_, **__: (_ for _ in ()).throw(PermissionError()))
    assert compilation.folder.__wrapped__() is None


def test_what_is_compiled_is_complete():
    place = compilation.folder()
    assert place is not None
    assert all((place / kind).exists() for kind in compilation.KINDS)
    kept = " ".join(file.name for file in place.rglob("*.nbi"))
    assert "solve_images" in kept
    assert "solve_clouds" in kept


def test_the_name_of_the_code_covers_all_it_is_made_of():
    """A change in any file that holds compiled code must change the folder's name."""
    here = pathlib.Path(compilation.__file__).parent
    compiled = {
        file.stem
        for file in here.glob("*.py")
        if re.search(r"^@(compiled|inlined|intrinsic|_vectors)", file.read_text(), re.M)
    }
    assert compiled == set(compilation.SOURCES) - {"compilation"}


OTHER = """
import os, sys, threading, time
import numpy as np
from jetexplore import distances
from jetexplore.distances import compilation
x = np.random.default_rng(3).random((2, 5, 5))
compilation.KINDS = {"images": compilation.KINDS["images"]}  # the others are compiled in the same way
if "failing" in sys.argv:
    sys.executable = "/bin/true"  # ends at once and compiles nothing
if "none" in sys.argv:
    sys.executable = None
thread = threading.Thread(target=compilation.wait, daemon=True)
thread.start()
time.sleep(0.3)
began = time.monotonic()
print(distances.optimal_plan(*x).distance)  # while another thread waits
if "fork" in sys.argv:
    child = os.fork()
    if not child:
        distances.optimal_plan(*x)
        compilation.start()
        compilation._worker[0].kill()
        os._exit(7)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    compilation._worker[0].kill()
    os._exit(0)
thread.join()
print(compilation.ready())
"""


def ask(tmp_path, *how, cwd=None, **env):
    env = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), **env}
    command = [sys.executable, "-c", OTHER, *how]
    return subprocess.run(
        command, env=env, cwd=cwd, capture_output=True, text=True, check=True, timeout=200
    ).stdout.split()


def test_a_forked_process_does_not_hang(tmp_path):
    assert ask(tmp_path, "fork")[1] == "7"


@pytest.mark.parametrize("how", ["failing", "none"])
def test_without_another_process_it_is_compiled_in_this_one(how, tmp_path):
    assert ask(tmp_path, how)[1] == "True"


def test_nothing_from_the_working_folder_is_run(tmp_path):
    (tmp_path / "numpy.py").write_text("open('ran', 'w')")
    code = "import os; os.chdir({!r}); import time; from jetexplore.distances import compilation as c; c.start(); time.sleep(3); c._worker[0].kill()"
    env = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    subprocess.run([sys.executable, "-P", "-c", code.format(str(tmp_path))], env=env, capture_output=True, check=False)
    assert not (tmp_path / "ran").exists()
