"""Native files keep what they promise, refuse what they cannot, and data sets are found by name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetexplore import jets
from jetexplore.errors import InputError
from jetexplore.files import read_npz, write_npz
from jetexplore.jets.datasets import DATASETS, FORMAT, Dataset


def angle(a, b):
    return np.abs(jets.wrap(a - b))


def test_round_trip_within_half_precision(tmp_path, random_jets):
    some = random_jets(200, seed=5)
    jets.write_jets(tmp_path / "a.npz", some, {"seed": 5})
    again, metadata = jets.read_jets(tmp_path / "a.npz")
    np.testing.assert_array_equal(again.offsets, some.offsets)
    ordinary = some.pt > 1e-4  # below, a half float has fewer digits
    assert np.max(np.abs(again.pt / some.pt - 1)[ordinary]) <= 2**-11
    assert np.max(np.abs(again.eta - some.eta)) <= 2**-11
    assert np.max(angle(again.phi, some.phi)) <= 2**-11
    assert metadata == {"seed": 5, "format": FORMAT, "extra": {}}


def test_round_trip_moves_little_of_an_image(tmp_path, random_jets):
    some = random_jets(200, seed=6)
    jets.write_jets(tmp_path / "a.npz", some)
    moved = np.abs(jets.images(some) - jets.images(jets.read_jets(tmp_path / "a.npz")[0])).sum(axis=(1, 2)) / 2
    assert np.median(moved) < 0.01


def test_second_round_trip_moves_less_than_a_bit(tmp_path, random_jets):
    jets.write_jets(tmp_path / "a.npz", random_jets(20, seed=7))
    once, _ = jets.read_jets(tmp_path / "a.npz")
    jets.write_jets(tmp_path / "b.npz", once)
    twice, _ = jets.read_jets(tmp_path / "b.npz")
    np.testing.assert_array_equal(once.pt, twice.pt)
    np.testing.assert_allclose(once.eta, twice.eta, atol=2**-10)


@pytest.mark.parametrize("phi", [np.pi, -np.pi, 3 * np.pi])
def test_round_trip_across_the_branch(tmp_path, random_jets, phi):
    some = random_jets(30, seed=8, axis_phi=phi)
    jets.write_jets(tmp_path / "a.npz", some)
    again, _ = jets.read_jets(tmp_path / "a.npz")
    assert np.ptp(some.phi) > 6  # on both sides
    assert np.max(angle(again.phi, some.phi)) <= 2**-11
    assert np.abs(again.phi).max() <= np.pi


def test_same_bytes_twice(tmp_path, random_jets):
    for name in ("a", "b"):
        jets.write_jets(tmp_path / name, random_jets(20), {"y": 1, "x": 2}, {"m": np.arange(20)})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_size_of_a_file(tmp_path, random_jets):
    some = random_jets(400)
    jets.write_jets(tmp_path / "a.npz", some)
    assert (tmp_path / "a.npz").stat().st_size < 7 * len(some.pt)


def test_extras(tmp_path, random_jets):
    mass = np.linspace(10, 200, 5)
    jets.write_jets(tmp_path / "a.npz", random_jets(5), extra={"mass": mass, "k": [1, 2, 3, 4, 5]})
    extra = jets.read_jets(tmp_path / "a.npz")[1]["extra"]
    assert set(extra) == {"mass", "k"}
    np.testing.assert_allclose(extra["mass"], mass, rtol=1e-7)


def test_no_jets(tmp_path):
    jets.write_jets(tmp_path / "a.npz", jets.Jets([], [], [], [0]))
    assert len(jets.read_jets(tmp_path / "a.npz")[0]) == 0


def test_metadata_is_not_changed(tmp_path, random_jets):
    metadata = {"process": "QCD"}
    jets.write_jets(tmp_path / "a.npz", random_jets(1), metadata)
    assert metadata == {"process": "QCD"}


def single(pt):
    return jets.Jets([pt], [0.0], [0.0], [0, 1])


@pytest.mark.parametrize(("pt", "good"), [(65504.0, True), (65505.0, False), (9e5, False), (1e-6, True), (1e-9, False)])
def test_pt_that_does_not_fit(tmp_path, pt, good):
    path = tmp_path / "a.npz"
    if good:
        jets.write_jets(path, single(pt))
        assert jets.read_jets(path)[0].pt[0] == pytest.approx(pt, rel=0.05)
        return
    with pytest.raises(InputError) as raised:
        jets.write_jets(path, single(pt))
    assert raised.value.code == "E_RANGE_PT"
    assert not list(tmp_path.iterdir())


@given(st.floats(1e-7, 65504.0))
def test_any_pt_that_fits_comes_back(tmp_path_factory, pt):
    path = tmp_path_factory.getbasetemp() / "any_pt.npz"
    jets.write_jets(path, single(pt))
    assert jets.read_jets(path)[0].pt[0] == np.float16(pt)


def test_too_many_constituents(tmp_path):
    n = 65536
    with pytest.raises(InputError) as raised:
        jets.write_jets(tmp_path / "a.npz", jets.Jets(np.ones(n), np.zeros(n), np.zeros(n), [0, n]))
    assert raised.value.code == "E_LIMIT"


def test_extra_of_another_length(tmp_path, random_jets):
    with pytest.raises(InputError) as raised:
        jets.write_jets(tmp_path / "a.npz", random_jets(3), extra={"mass": [1.0, 2.0]})
    assert (raised.value.code, raised.value.where) == ("E_LENGTH", "mass")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (["a", "b", "c"], "E_DTYPE"),
        ([None] * 3, "E_DTYPE"),
        ([[1], [2, 3], [4]], "E_DTYPE"),
        ([1j, 2, 3], "E_DTYPE"),
        (1.0, "E_LENGTH"),
        (np.zeros((3, 2)), "E_LENGTH"),
    ],
)
def test_extra_that_is_not_a_number_a_jet(tmp_path, random_jets, values, code):
    with pytest.raises(InputError) as raised:
        jets.write_jets(tmp_path / "a.npz", random_jets(3), extra={"mass": values})
    assert (raised.value.code, raised.value.where) == (code, "mass")
    assert not list(tmp_path.iterdir())


def without(name):
    return lambda arrays: {key: values for key, values in arrays.items() if key != name}


def with_values(name, change):
    return lambda arrays: arrays | {name: change(arrays[name])}


def poked(values, value):
    values = values.copy()
    values[0] = value
    return values


BAD = {
    "no pt": (without("pt"), "E_LAYOUT"),
    "no counts": (without("counts"), "E_LAYOUT"),
    "another format": (lambda arrays: arrays, "E_LAYOUT"),
    "fewer pt": (with_values("pt", lambda x: x[:-1]), "E_LENGTH"),
    "fewer axes": (with_values("axis_phi", lambda x: x[:-1]), "E_LENGTH"),
    "counts too small": (with_values("counts", lambda x: poked(x, x[0] - 1)), "E_LENGTH"),
    "counts negative": (lambda a: a | {"counts": np.array([-1, len(a["pt"]) + 1, 0, 0])}, "E_LENGTH"),
    "counts that wrap": (lambda a: a | {"counts": np.array([2**62] * 4)}, "E_LENGTH"),
    "a jet of none": (lambda a: a | {"counts": np.array([0, len(a["pt"]), 0, 0])}, "E_EMPTY"),
    "pt zero": (with_values("pt", lambda x: poked(x, 0)), "E_RANGE_PT"),
    "pt NaN": (with_values("pt", lambda x: poked(x, np.nan)), "E_NONFINITE"),
    "axis NaN": (with_values("axis_eta", lambda x: poked(x, np.nan)), "E_NONFINITE"),
    "axis along the beam": (with_values("axis_eta", lambda x: poked(x, 40)), "E_RANGE_ETA"),
    "complex": (with_values("deta", lambda x: x + 1j), "E_DTYPE"),
    "text": (with_values("axis_eta", lambda x: x.astype(str)), "E_DTYPE"),
    "two dimensions": (with_values("axis_phi", lambda x: x[:, None]), "E_DTYPE"),
    "an extra of another length": (lambda a: a | {"extra_mass": np.zeros(3)}, "E_LENGTH"),
    "no dimension": (lambda a: a | {"pt": np.array(1.0)}, "E_DTYPE"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_file(tmp_path, random_jets, case):
    change, code = BAD[case]
    jets.write_jets(tmp_path / "good.npz", random_jets(4))
    arrays, metadata = read_npz(tmp_path / "good.npz")
    described = {"format": "another"} if case == "another format" else metadata
    write_npz(tmp_path / "bad.npz", change(arrays), described)
    with pytest.raises(InputError) as raised:
        jets.read_jets(tmp_path / "bad.npz")
    assert raised.value.code == code
    assert "bad.npz" in raised.value.where


def test_any_wrong_bit_is_told_or_harmless(tmp_path, random_jets):
    jets.write_jets(tmp_path / "a.npz", random_jets(1))
    content, (expected, _) = (tmp_path / "a.npz").read_bytes(), jets.read_jets(tmp_path / "a.npz")
    for place in range(0, len(content), 3):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        (tmp_path / "bit.npz").write_bytes(damaged)
        try:
            found, _ = jets.read_jets(tmp_path / "bit.npz")
        except InputError:
            continue
        np.testing.assert_array_equal(found.pt, expected.pt)
        np.testing.assert_array_equal(found.phi, expected.phi)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("simple",), "E_DATASET"),
        (("",), "E_DATASET"),
        ((None,), "E_DATASET"),
        ((7,), "E_DATASET"),
        (([],), "E_DATASET"),
        (("sample", "train"), "E_SPLIT"),
        (("sample", None), "E_SPLIT"),
    ],
)
@pytest.mark.parametrize("function", [jets.load, jets.provenance])
def test_unknown_names(function, arguments, code):
    with pytest.raises(InputError) as raised:
        function(*arguments)
    assert raised.value.code == code
    if code == "E_DATASET":
        assert str(raised.value).endswith("or the path of a file")


@pytest.mark.parametrize("function", [jets.load, jets.provenance])
@pytest.mark.parametrize("source", ["none.npz", "nowhere/none"])
def test_missing_file(function, source):
    with pytest.raises(FileNotFoundError):
        function(source)


def test_folder_is_not_a_file(tmp_path):
    with pytest.raises(InputError) as raised:
        jets.load(tmp_path)
    assert raised.value.code == "E_NOT_FILE"


@pytest.mark.parametrize("form", [str, lambda path: path])
def test_own_file(tmp_path, random_jets, form):
    path = tmp_path / "mine.npz"
    jets.write_jets(path, random_jets(3))
    assert {name: len(some) for name, some in jets.load(form(path)).items()} == {"mine": 3}
    told = jets.provenance(form(path))
    assert (told.name, told.origin) == ("mine.npz", "yours")


def test_own_simulated_file(tmp_path, random_jets):
    path = tmp_path / "mine.npz"
    jets.write_jets(path, random_jets(3), {"process": "Top", "simulated": True, "description": "tops"})
    assert list(jets.load(path)) == ["Top"]
    told = jets.provenance(path)
    assert (told.origin, told.description, list(told.metadata)) == ("simulated here", "tops", ["Top"])


def test_key_follows_the_content(tmp_path, random_jets):
    keys = set()
    for seed in (1, 2, 1):
        jets.write_jets(tmp_path / "a.npz", random_jets(3, seed=seed))
        keys.add(jets.provenance(tmp_path / "a.npz").key)
    assert len(keys) == 2


def test_added_data_set_is_found(small):
    assert {name: len(some) for name, some in jets.load(small).items()} == {"QCD": 60, "Top": 40, "W": 30}
    assert set(jets.load(small, "reference")) == {"QCD", "Top"}
    assert jets.provenance(small).key != jets.provenance(small, "reference").key
    with pytest.raises(InputError, match=r"sample, development, dijets, small"):
        jets.load("other")


def test_missing_file_of_a_data_set(monkeypatch):
    monkeypatch.setitem(DATASETS, "lost", Dataset({"test": {"QCD": "lost/QCD.npz"}}, "", "", "", ""))
    with pytest.raises(FileNotFoundError, match="QCD.npz"):
        jets.load("lost")


SAMPLE = {("test", "QCD"): 6000, ("test", "Top"): 2000, ("test", "W"): 2000}
REFERENCE = {("reference", "QCD"): 3000, ("reference", "Top"): 2000}


@pytest.mark.parametrize(("split", "name"), SAMPLE | REFERENCE)
def test_sample(split, name):
    some = jets.load("sample", split)[name]
    assert len(some) >= (SAMPLE | REFERENCE)[split, name]
    pt = some.momenta().pt
    assert 550 * 0.999 < pt.min() <= pt.max() < 650 * 1.001  # half floats move the sum by less
    assert some.counts.min() >= 1


def test_sample_splits_share_no_jet():
    test, reference = jets.load("sample"), jets.load("sample", "reference")

    def prints(some):
        return {some.pt[a:b].tobytes() + some.eta[a:b].tobytes() for a, b in zip(some.offsets, some.offsets[1:])}  # noqa: B905

    for name, some in reference.items():
        assert len(prints(some)) == len(some)  # no jet twice
        assert not prints(some) & prints(test[name])
