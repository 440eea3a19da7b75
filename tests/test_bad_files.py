"""Every bad file of the catalogue is told in one sentence with its code: no crash, no code run, nothing written."""

from __future__ import annotations

import contextlib
import json
import resource
import sys
from pathlib import Path

import numpy as np
import pytest

from jetexplore import cli, jets
from jetexplore.errors import InputError
from jetexplore.jets import childparse, inspection
from jetexplore.jets.childparse import Limits

sys.path.insert(0, str(Path(__file__).parent))
import layoutfiles
from bad_files import CASES, some

MEMORY = 300 << 10  # KiB over what was used before


@pytest.mark.parametrize("name", CASES)
def test_bad_file(tmp_path, name):
    make, codes, wanted = CASES[name]
    path = make(tmp_path)
    before = sorted(tmp_path.iterdir())
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if codes[0] is None:
        found = jets.read(path)
        assert found.row.tolist() == wanted.get("rows", found.row.tolist())
        assert found.jets.counts.tolist() == wanted.get("constituents", found.jets.counts.tolist())
        assert (found.label is not None) or not wanted.get("labelled", False)
        assert "warns" not in wanted or any(wanted["warns"] in told for told in found.warnings)
    else:
        with pytest.raises(InputError) as caught:
            jets.read(path)
        said = str(caught.value)
        assert caught.value.code in codes, said
        assert wanted.get("says", "") in said
        assert "\n" not in said.replace(str(path), "")
        assert len(said) < 1000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used < MEMORY
    assert sorted(tmp_path.iterdir()) == before  # no canary, nothing unpacked


IN_A_CHILD = ["H05", "H26", "P05", "R03"]  # a second of processor time each


@pytest.mark.parametrize("name", IN_A_CHILD)
def test_bad_file_in_a_child(tmp_path, name):
    make, codes, _ = CASES[name]
    path = make(tmp_path)
    with pytest.raises(InputError) as caught:
        childparse.run("read", {"path": str(path)})
    assert caught.value.code in codes
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize(("name", "said"), [("J09", "an image 3.2 wide holds only"), ("J13", "one class only")])
def test_inspect_warns(tmp_path, name, said):
    told, _ = inspection.inspected(str(CASES[name][0](tmp_path)))
    assert any(said in warning for warning in told["warnings"])


def test_inspect_tells_of_bad_jets_by_index(tmp_path, capsys):
    path = CASES["H10"][0](tmp_path)
    assert cli.main(["inspect", str(path), "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert (told["bad"], told["bad_first"]) == ({"E_NONFINITE": 1}, {"E_NONFINITE": [3]})
    assert told["jets"] == 14


def test_a_child_that_takes_too_much(tmp_path, monkeypatch):
    monkeypatch.setitem(childparse.TASKS, "read", "childtasks:read")
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    for how, code in (
        ("memory", "E_LIMIT"),
        ("time", "E_LIMIT"),
        ("crash", "E_CRASH"),
        ("write", "OSError"),
        ("start", "OSError"),
    ):
        limits = Limits(memory=2 << 30, seconds=1 if how == "time" else 60)
        with pytest.raises((InputError, OSError)) as caught:
            childparse.run("read", {"path": str(tmp_path), "how": how}, limits)
        assert getattr(caught.value, "code", "OSError") == code
    assert list(tmp_path.iterdir()) == []


# not cells of any length: of some damaged heaps the HDF5 library never comes back, which only a child's time limit ends
SOUND = {
    "nanoaod": (layoutfiles.nanoaod, "a.root"), "parquet": (layoutfiles.parquet, "a.parquet"),
    "quark-gluon": (lambda path, jets: layoutfiles.quarkgluon(path, jets, np.zeros(len(jets))), "a.npz"),
    "mod": (layoutfiles.mod, "a.h5"),
    "top-tagging": (lambda path, jets: layoutfiles.toptagging(path, jets, np.zeros(len(jets), int)), "a.h5"),
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
def test_wrong_bytes_never_do_more_than_raise(tmp_path, name):
    make, file = SOUND[name]
    path = make(tmp_path / file, some(12))
    content, rng = path.read_bytes(), np.random.default_rng(2)
    for _ in range(15):
        damaged = bytearray(content)
        for place in rng.integers(len(content), size=rng.integers(1, 6)):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged[: rng.integers(len(content))] if rng.random() < 0.1 else damaged)
        with contextlib.suppress(InputError):
            assert np.isfinite(jets.read(path).jets.pt).all()
