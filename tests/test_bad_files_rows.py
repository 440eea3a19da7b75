"""Rows of the catalogue of bad files that say more than a code: warnings, lower bounds, leave to read, images too small."""

from __future__ import annotations

import ctypes
import functools
import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from jetexplore import jets
from jetexplore.anomaly import ownjets
from jetexplore.errors import InputError
from jetexplore.jets import Jets, childparse, conversion, inspection
from jetexplore.jets.layouts import reading, sources
from jetexplore.jets.tally import Tally

sys.path.insert(0, str(Path(__file__).parent))
import layoutfiles
from bad_files import CASES, some


def poked(path, found, **arrays):
    """Write numbers that `Jets` would not take."""
    layoutfiles.simple(path, found)
    with h5py.File(path, "a") as file:
        for name, values in arrays.items():
            file[name][...] = values
    return path


def made(name, folder):
    return CASES[name][0](folder)


def test_half_precision_is_told(tmp_path):  # H24
    (told,) = jets.read(made("H24", tmp_path)).warnings
    assert told == "16 bits a number in pt: about three digits, and nothing above 65504"
    np.savez(
        tmp_path / "a.npz", X=layoutfiles.padded(some(), np.ones((len(some().pt), 4))).astype(np.float16), y=np.zeros(8)
    )
    assert any("16 bits a number in X" in one for one in jets.read(tmp_path / "a.npz").warnings)
    jets.write_jets(tmp_path / "b.npz", some())
    assert jets.read(tmp_path / "b.npz").warnings == []  # our own are meant to


def test_jets_wider_than_the_image(tmp_path):  # J09: warned of below 99 %, an error below 50 %
    path = made("J09", tmp_path)
    found = jets.read(path).jets
    with pytest.raises(InputError) as caught:
        jets.images(found)
    assert caught.value.code == "E_WINDOW"
    assert "jet 0 with 0% of its pT inside the image" in str(caught.value)
    assert any(
        "holds only 0.0 % of the transverse momentum" in one for one in inspection.inspected(str(path))[0]["warnings"]
    )
    assert any(
        "only 0.0% of the transverse momentum; of 2 jets less than half" in one for one in ownjets.outside(found)
    )
    halo = Jets([600.0 * 0.97, 600.0 * 0.03], [0.0, 3.0], [0.0, 0.0], [0, 2])
    assert any(one.endswith("only 97.0% of the transverse momentum") for one in ownjets.outside(halo))
    assert ownjets.outside(jets.load()["W"][:50]) == []


@pytest.mark.parametrize(
    ("n", "said"),
    [(70, "0, 1, 2, 3, 4 and at least 46 more, of the first 51 read"), (20, "0, 1, 2, 3, 4 and 15 more, of 20 read")],
)
def test_totals_are_lower_bounds_where_reading_stopped(tmp_path, n, said):
    found = some(n)
    path = poked(tmp_path / "a.h5", found, pt=-found.pt)
    with pytest.raises(InputError) as caught:
        list(reading.blocks(path, rows=1))
    assert f"in jets {said}" in str(caught.value)


def test_one_bad_jet_of_a_file_read_in_part(tmp_path):
    found = some(70)
    pt = found.pt.copy()
    pt[0] = -1
    path = poked(tmp_path / "a.h5", found, pt=pt)
    with pytest.raises(InputError) as caught:
        list(reading.blocks(path, rows=1))
    assert "in jet 0 and perhaps more, of the first 51 read" in str(caught.value)


def test_the_median_is_of_all_jets_those_before_an_interruption_too(tmp_path, rng):
    pt = rng.lognormal(6, 1, 5001)
    whole, first, second = Tally(), Tally(), Tally()
    whole.seen(pt)
    first.seen(pt[:4000])
    second.restore(json.loads(json.dumps(first.state())))
    second.seen(pt[4000:])
    assert second.median_pt() == whole.median_pt() == pytest.approx(np.median(pt), rel=0.012)
    assert Tally().median_pt() is None


def test_a_conversion_in_mev_says_so_after_it_was_stopped(tmp_path, monkeypatch):
    n, write = 40, conversion.write_npz
    found = some(n)
    scale = np.where(np.arange(n) < 30, 1000.0, 1.0)[found.jet]  # GeV in what is read after the interruption
    path = layoutfiles.simple(tmp_path / "a.h5", Jets(found.pt * scale, found.eta, found.phi, found.offsets))

    def stop(part, *arguments):
        if part.stem == "000003":
            raise KeyboardInterrupt
        write(part, *arguments)

    monkeypatch.setattr(conversion, "write_npz", stop)
    with pytest.raises(KeyboardInterrupt):
        conversion.convert(path, tmp_path / "out.h5", rows=10)
    monkeypatch.setattr(conversion, "write_npz", write)
    resumed = conversion.convert(path, tmp_path / "out.h5", rows=10)
    assert any("MeV instead of GeV" in one for one in resumed.warnings)
    assert resumed.warnings == conversion.convert(path, tmp_path / "whole.h5", rows=10).warnings


def test_a_file_that_is_not_at_rest_is_found_by_its_content(tmp_path, monkeypatch):  # F04
    path = layoutfiles.simple(tmp_path / "a.h5", some())
    steps = reading.steps

    def changing(*arguments):
        yield from steps(*arguments)
        before = path.stat()
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    monkeypatch.setattr(reading, "steps", changing)
    with pytest.raises(InputError) as caught:
        conversion.convert(path, tmp_path / "out.h5")
    assert caught.value.code == "E_CHANGED"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.h5"]


def test_a_link_is_told_with_what_it_leads_to(tmp_path):  # F02
    path = made("F02", tmp_path)
    first = inspection.text(inspection.inspected(str(path))[0]).splitlines()[0]
    assert first.startswith(f"{path} -> {tmp_path / 'a.h5'}: ")


@pytest.mark.parametrize("name", ["F03", "F03 folder", "F03 device"])
def test_what_is_no_file_is_told_in_one_sentence(tmp_path, name):
    with pytest.raises(InputError) as caught:
        sources.family(made(name, tmp_path))
    assert str(caught.value).endswith(": something that is not a file; allowed: a file")


def _without_privileges():
    """Before a child of root starts: what is not allowed to its owner is not allowed to it."""
    libc = ctypes.CDLL(None, use_errno=True)
    for privilege in (1, 2):  # to read and write whatever the mode says
        if os.getuid() == 0 and libc.prctl(24, privilege, 0, 0, 0):
            os._exit(77)


def test_a_child_that_is_not_almighty_may_not_read(tmp_path, monkeypatch):  # F05
    path = layoutfiles.simple(tmp_path / "a.h5", some())
    path.chmod(0)
    start = functools.partial(subprocess.Popen, preexec_fn=_without_privileges)
    monkeypatch.setattr(childparse.subprocess, "Popen", start)
    with pytest.raises(InputError) as caught:
        childparse.run("read", {"path": str(path)})
    if "status 77" in str(caught.value):
        pytest.skip("privileges cannot be given up here")
    assert caught.value.code == "E_PERMISSION"
    assert str(caught.value) == f"{path}: a file that may not be read; allowed: leave to read it"


def test_a_tree_that_claims_entries_without_end(tmp_path):  # X09: block after block of nothing was read, for hours
    content = layoutfiles.nanoaod(tmp_path / "a.root", some()).read_bytes()
    eight, at, codes = (8).to_bytes(8, "big"), -1, set()
    while (at := content.find(eight, at + 1)) >= 0:
        path = tmp_path / f"{at}.root"
        path.write_bytes(content[:at] + (1 << 40).to_bytes(8, "big") + content[at + 8 :])
        try:
            assert len(jets.read(path).jets) == 8
        except InputError as error:
            codes.add((error.code, error.found))
    assert ("E_CORRUPT", "8 entries where 1000 are claimed") in codes
