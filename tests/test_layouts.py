"""Every public layout, written as its authors do, is read back as the same jets; the one is never taken for another."""

from __future__ import annotations

import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from jetexplore import jets
from jetexplore.errors import InputError
from jetexplore.jets.layouts import reading, sources
from jetexplore.jets.layouts.catalogue import LAYOUTS

sys.path.insert(0, str(Path(__file__).parent))
import layoutfiles as files

N = 25
LABELS = np.arange(N) % 2


@pytest.fixture(scope="module")
def some(random_jets):
    return random_jets(N, 3)


def write_native(path, some):
    jets.write_jets(path, some, {"process": "QCD"}, {"event": np.arange(N), "label": LABELS})
    return path


# id: (layout, ending, maker, labels, tolerance)
CASES = {
    "native": ("native", "npz", write_native, LABELS, 1e-3),
    "quark-gluon": ("quark-gluon", "npz", lambda p, s: files.quarkgluon(p, s, LABELS), LABELS, 1e-12),
    "cheng": ("cheng", "h5", files.cheng, None, 1e-12),
    "cheng, objs, float32": ("cheng", "h5", lambda p, s: files.cheng(p, s, group="objs", dtype="f4"), None, 1e-5),
    "flat, table": ("flat", "h5", files.flat, None, 1e-5),
    "flat, constituents": ("flat", "h5", lambda p, s: files.flat(p, s, "constituents"), None, 1e-5),
    "flat, jet1": ("flat", "h5", lambda p, s: files.flat(p, s, "jet1", LABELS), LABELS, 1e-5),
    "top-tagging": ("top-tagging", "h5", lambda p, s: files.toptagging(p, s, LABELS), LABELS, 1e-5),
    "top-tagging, fixed": ("top-tagging", "h5", lambda p, s: files.toptagging(p, s, LABELS, "fixed"), LABELS, 1e-5),
    "jetnet": ("jetnet", "hdf5", files.jetnet, None, 1e-12),
    "mod": ("mod", "h5", files.mod, None, 1e-12),
    "mod, gens, unnamed": ("mod", "h5", lambda p, s: files.mod(p, s, "gens", False), None, 1e-12),
    "aspen": ("aspen", "h5", files.aspen, None, 1e-12),
    "nanoaod": ("nanoaod", "root", files.nanoaod, None, 1e-12),
    "nanoaod, Jet": ("nanoaod", "root", lambda p, s: files.nanoaod(p, s, "Jet"), None, 1e-12),
    "parquet": ("simple-parquet", "parquet", files.parquet, None, 0),
    "parquet, momenta": ("simple-parquet", "parquet", lambda p, s: files.parquet(p, s, "cartesian"), None, 1e-12),
    "parquet, padded": (
        "simple-parquet", "parquet", lambda p, s: files.parquet(p, s, kind="padded", label=LABELS), LABELS, 0,
    ),
}  # fmt: skip
for form in ("flat", "counts", "padded", "cells"):
    for names in ("polar", "cartesian"):
        CASES[f"simple, {form}, {names}"] = (
            "simple-hdf5", "h5", lambda p, s, form=form, names=names: files.simple(p, s, form, names, label=LABELS),
            LABELS, 1e-12,
        )  # fmt: skip


def assert_same(found, wanted, tolerance):
    assert found.counts.tolist() == wanted.counts.tolist()
    np.testing.assert_allclose(found.pt, wanted.pt, rtol=max(tolerance, 1e-15), atol=tolerance)
    np.testing.assert_allclose(found.eta, wanted.eta, atol=max(tolerance, 1e-14) * 10)
    assert np.abs(jets.wrap(found.phi - wanted.phi)).max() <= max(tolerance, 1e-14) * 10


@pytest.mark.parametrize("case", CASES)
def test_written_in_a_layout_and_read_back(tmp_path, some, case):
    layout, ending, make, labels, tolerance = CASES[case]
    path = make(tmp_path / f"mine.{ending}", some)
    found = jets.read(path)
    wanted = some
    if (
        layout == "nanoaod"
    ):  # candidates come in the order of the tree's index, the reverse of what was written: as it was
        assert len(found.jets.pt) == len(some.pt)
    assert found.layout == layout
    assert_same(found.jets, wanted, tolerance)
    assert found.label is None if labels is None else found.label.tolist() == labels.tolist()
    assert found.event.tolist() == found.row.tolist() == list(range(N))
    assert_same(jets.concatenate([block.jets for block in jets.blocks(path, rows=7)]), wanted, tolerance)
    assert [len(block.jets) for block in jets.blocks(path, rows=7, limit=10)] == [7, 3]


@pytest.mark.parametrize("case", CASES)
def test_the_name_of_a_file_does_not_matter(tmp_path, some, case):
    layout, _, make, _, _ = CASES[case]
    made = make(tmp_path / "mine.npz", some)  # numpy would add the ending
    with sources.opened(made.rename(tmp_path / "a b\nü")) as source:
        assert source.name == layout


def test_every_layout_is_tested():
    assert {layout for layout, *_ in CASES.values()} | {"lhco"} == set(LAYOUTS)


@pytest.mark.parametrize("labelled", [True, False])
def test_events_are_clustered(tmp_path, random_jets, labelled):
    some = random_jets(N, 6, prongs=1)
    path = files.olympics(tmp_path / "events.h5", some, LABELS if labelled else None)
    found = jets.read(path)
    assert found.layout == "lhco"
    assert found.event.tolist() == np.repeat(np.arange(N), 2).tolist()
    assert found.label is None if not labelled else found.label.tolist() == np.repeat(LABELS, 2).tolist()
    assert np.abs(found.jets.momenta().pt - np.repeat(some.momenta().pt, 2)).max() < 1.0  # of R = 1.0 little is outside
    assert set(jets.load(path)) == ({"background", "signal"} if labelled else {"events"})


def test_parts_of_cheng(tmp_path, some, random_jets):
    second = random_jets(N, 4)
    path = files.cheng(tmp_path / "top.h5", some, second)
    assert_same(jets.read(path, which="leading").jets, some, 1e-12)
    assert_same(jets.read(path, which="second").jets, second, 1e-12)
    both = jets.read(path, which="both")
    assert both.event.tolist() == np.repeat(np.arange(N), 2).tolist()
    assert_same(both.jets[1::2], second, 1e-12)
    for which, code in (("third", "E_PART"), ("", "E_PART")):
        with pytest.raises(InputError) as caught:
            jets.read(path, which=which)
        assert caught.value.code == code
    with pytest.raises(InputError, match="a second jet"):
        jets.read(files.cheng(tmp_path / "one.h5", some), which="second")


def test_the_last_key_wins(tmp_path, some, random_jets):
    path = files.flat(tmp_path / "a.h5", random_jets(N, 9), "table")
    with h5py.File(files.flat(tmp_path / "b.h5", some, "jet1")) as other, h5py.File(path, "a") as file:
        file["jet1"] = other["jet1"][:]
    assert_same(jets.read(path).jets, some, 1e-5)


def test_the_truth_top_is_not_read(tmp_path, some):
    path = files.toptagging(tmp_path / "train.h5", some, LABELS)
    assert jets.read(path).jets.momenta().pt.max() < 700  # the truth has 1e5
    assert {name: len(one) for name, one in jets.load(path).items()} == {"QCD": 13, "Top": 12}


def test_the_window_on_pt(tmp_path, random_jets):
    wide = random_jets(60, 5, pt=(400.0, 800.0))
    path = files.cheng(tmp_path / "top.h5", wide)
    pt = wide.momenta().pt
    found = jets.read(path, pt_window=(550, 650))
    assert found.row.tolist() == np.flatnonzero((pt > 550) & (pt <= 650)).tolist()
    assert any("outside the window" in told for told in found.warnings)
    with pytest.raises(InputError, match="0 <= low < high"):
        jets.read(path, pt_window=(650, 550))


def test_classes_by_name(tmp_path, some):
    names = np.where(LABELS == 1, "Top", "QCD")
    path = files.parquet(tmp_path / "mine.parquet", some, **{"class": names.tolist()})
    assert {name: len(one) for name, one in jets.load(path).items()} == {"QCD": 13, "Top": 12}
    path = files.simple(
        tmp_path / "mine.h5", some, prefix="jets/", **{"class": names.astype("S"), "event": np.arange(N) * 3}
    )
    assert {name: len(one) for name, one in jets.load(path).items()} == {"QCD": 13, "Top": 12}
    assert jets.read(path).event.tolist() == list(range(0, 3 * N, 3))


@pytest.mark.parametrize(("stem", "name"), [("t", "Top"), ("g150", "gluon"), ("mine", "mine")])
def test_the_class_is_the_file(tmp_path, some, stem, name):
    path = files.jetnet(tmp_path / f"{stem}.hdf5", some)
    assert list(jets.load(path)) == [name]
    told = jets.provenance(path)
    assert (told.origin, list(told.metadata)) == ("yours", [name])
    assert "JetNet" in told.description


def test_masked_particles_are_padding(tmp_path, some):
    path = files.jetnet(tmp_path / "t.hdf5", some)
    with h5py.File(path, "a") as file:
        table = file["particle_features"][:]
        table[0, 1, 3] = 0
        file["particle_features"][:] = table
    assert jets.read(path).jets.counts[0] == some.counts[0] - 1


def test_an_added_layout_is_found_everywhere(tmp_path, some, monkeypatch):
    added = LAYOUTS["flat"]._replace(
        matches=lambda keys: "mine" in keys,
        stream=lambda found, where, request: iter(LAYOUTS["flat"].stream({"table": found["mine"]}, where, request)),
    )
    monkeypatch.setitem(LAYOUTS, "mine", added)
    path = files.flat(tmp_path / "a.h5", some, "mine")
    assert jets.read(path).layout == "mine"
    assert list(jets.load(path)) == ["a"]


def test_a_layout_can_be_named(tmp_path, some):
    path = files.parquet(tmp_path / "a.parquet", some)
    assert jets.read(path, "simple-parquet").layout == "simple-parquet"
    for layout, code in (("root", "E_LAYOUT"), ("cheng", "E_LAYOUT")):
        with pytest.raises(InputError) as caught:
            jets.read(path, layout)
        assert caught.value.code == code
    with pytest.raises(InputError) as caught:
        jets.read(files.flat(tmp_path / "a.h5", some), "cheng")
    assert caught.value.code == "E_KEY"
    assert "objs/jets/constituents" in str(caught.value)


def test_a_file_that_changes_meanwhile(tmp_path, some):
    path = files.flat(tmp_path / "a.h5", some)
    found = reading.blocks(path, rows=5)
    next(found)
    with path.open("ab") as stream:
        stream.write(b"more")
    with pytest.raises(InputError) as caught:
        list(found)
    assert caught.value.code == "E_CHANGED"


@pytest.mark.parametrize("name", ["mod", "quark-gluon"])
def test_rapidity_is_not_pseudorapidity(tmp_path, name):
    one = jets.Jets([5.0], [1.0], [0.0], [0, 1])
    if name == "quark-gluon":
        np.savez(tmp_path / "a.npz", X=[[[5.0, 1.0, 0.0, 2212]]])
        path, mass = tmp_path / "a.npz", 0.93827
    else:
        path, mass = files.mod(tmp_path / "a.h5", one), 2.0
        with h5py.File(path, "a") as file:
            file["pfcs"][0, 3] = mass
    pz = np.sqrt(25 + mass**2) * np.sinh(1.0)  # the longitudinal momentum of rapidity 1
    assert jets.read(path).jets.eta[0] == pytest.approx(np.arcsinh(pz / 5.0), abs=1e-12)
