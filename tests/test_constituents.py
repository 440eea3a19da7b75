"""The container of jets: selection, sums, other formats, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetexplore.errors import InputError
from jetexplore.jets import Jets, concatenate, wrap

NAN, INF = float("nan"), float("inf")


def equal(a, b):
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ("pt", "eta", "phi", "offsets"))


def one(**changed):
    return {"pt": [3.0, 2.0, 1.0], "eta": [0.0, 1.0, -1.0], "phi": [0.0, 1.0, 7.0], "offsets": [0, 2, 3]} | changed


BAD = {
    "no constituents in a jet": ({"offsets": [0, 0, 3]}, "E_EMPTY"),
    "none in the last jet": ({"offsets": [0, 3, 3]}, "E_EMPTY"),
    "pt NaN": ({"pt": [3.0, NAN, 1.0]}, "E_NONFINITE"),
    "eta NaN": ({"eta": [NAN, 1.0, 1.0]}, "E_NONFINITE"),
    "phi infinite": ({"phi": [0.0, 1.0, INF]}, "E_NONFINITE"),
    "pt infinite": ({"pt": [3.0, 2.0, -INF]}, "E_NONFINITE"),
    "pt zero": ({"pt": [3.0, 0.0, 1.0]}, "E_RANGE_PT"),
    "pt negative": ({"pt": [3.0, -2.0, 1.0]}, "E_RANGE_PT"),
    "pt in other units": ({"pt": [3e7, 2.0, 1.0]}, "E_RANGE_PT"),
    "eta along the beam": ({"eta": [0.0, 10.5, 1.0]}, "E_RANGE_ETA"),
    "offsets falling": ({"offsets": [0, 2, 1, 3]}, "E_OFFSETS"),
    "offsets negative": ({"offsets": [-1, 2, 3]}, "E_OFFSETS"),
    "offsets not from 0": ({"offsets": [1, 2, 3]}, "E_OFFSETS"),
    "offsets too long": ({"offsets": [0, 2, 4]}, "E_OFFSETS"),
    "offsets too short": ({"offsets": [0, 2]}, "E_OFFSETS"),
    "no offsets": ({"offsets": np.zeros(0, dtype=int)}, "E_OFFSETS"),
    "offsets not whole": ({"offsets": [0.0, 2.0, 3.0]}, "E_DTYPE"),
    "unequal lengths": ({"eta": [0.0, 1.0]}, "E_LENGTH"),
    "objects": ({"pt": np.array([3.0, None, 1.0], dtype=object)}, "E_DTYPE"),
    "complex": ({"pt": np.array([3.0, 2.0, 1j])}, "E_DTYPE"),
    "text": ({"eta": np.array(["0", "1", "2"])}, "E_DTYPE"),
    "yes and no": ({"pt": np.array([True, True, True])}, "E_DTYPE"),
    "dates": ({"phi": np.zeros(3, dtype="datetime64[s]")}, "E_DTYPE"),
    "two dimensions": ({"pt": [[3.0, 2.0, 1.0]]}, "E_DTYPE"),
    "a number": ({"pt": 3.0}, "E_DTYPE"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    changed, code = BAD[case]
    with pytest.raises(InputError) as raised:
        Jets(**one(**changed))
    assert raised.value.code == code
    assert "; allowed: " in str(raised.value)
    assert "\n" not in str(raised.value)


def test_error_names_the_jets():
    n = 20
    with pytest.raises(InputError, match=r"in jets 4, 5, 6, 7, 8 and 11 more"):
        Jets(np.where(np.arange(n) < 4, 1.0, NAN), np.zeros(n), np.zeros(n), np.arange(n + 1))
    with pytest.raises(InputError, match=r"-2 GeV in jet 0;"):
        Jets(**one(pt=[3.0, -2.0, 1.0]))


def test_ragged_lists_are_refused():
    with pytest.raises(ValueError):  # noqa: PT011 numpy's own sentence
        Jets(**one(pt=[[3.0], [2.0, 1.0]]))


def test_types_and_limits():
    jets = Jets(
        **one(pt=np.array([3, 2, 1], dtype=np.float16), eta=[10, -10, 0], offsets=np.array([0, 2, 3], np.uint8))
    )
    assert {jets.pt.dtype, jets.eta.dtype, jets.phi.dtype} == {np.dtype(float)}
    assert jets.offsets.dtype == np.int64


def test_strided_input_is_copied_whole():
    pt = np.arange(1.0, 7.0)[::2]
    assert Jets(**one(pt=pt)).pt.flags.c_contiguous
    assert Jets(**one(pt=pt)).pt.tolist() == [1.0, 3.0, 5.0]


def test_no_jets_at_all():
    none = Jets([], [], [], [0])
    assert len(none) == 0
    assert [len(values) for values in none.momenta()] == [0, 0, 0, 0]
    assert len(none[[]]) == len(none[:]) == 0


def test_counts_and_owners():
    jets = Jets(**one())
    assert jets.counts.tolist() == [2, 1]
    assert jets.jet.tolist() == [0, 0, 1]


@given(st.data())
def test_selection_is_that_of_a_list(data):
    counts = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=8))
    offsets = np.concatenate([[0], np.cumsum(counts)])
    pt = np.arange(1.0, offsets[-1] + 1)
    jets = Jets(pt, np.zeros(len(pt)), np.zeros(len(pt)), offsets)
    plain = [pt[a:b].tolist() for a, b in zip(offsets[:-1], offsets[1:], strict=True)]
    n = len(plain)
    index = data.draw(
        st.one_of(
            st.slices(n),
            st.integers(-n, n - 1),
            st.lists(st.integers(-n, n - 1)),
            st.lists(st.booleans(), min_size=n, max_size=n),
        )
    )
    expected = np.atleast_1d(np.arange(n)[np.array(index, dtype=int) if index == [] else index])
    for form in (index, np.array(index, dtype=None if index else int) if isinstance(index, list) else index):
        chosen = jets[form]
        assert isinstance(chosen, Jets)
        assert [chosen.pt[a:b].tolist() for a, b in zip(chosen.offsets[:-1], chosen.offsets[1:], strict=True)] == [
            plain[i] for i in expected
        ]


@pytest.mark.parametrize("index", [2, -3, [0, 2], 0.5])
def test_selection_outside(index):
    with pytest.raises(IndexError):
        Jets(**one())[index]


def test_concatenate_undoes_selection(random_jets):
    jets = random_jets(9)
    assert equal(concatenate([jets[:2], jets[2:3], jets[3:]]), jets)
    assert equal(concatenate([jets[:0], jets, jets[:0]]), jets)


@pytest.mark.parametrize(
    ("parts", "code"), [([], "E_EMPTY"), ((), "E_EMPTY"), ([np.zeros((1, 40, 40))], "E_INPUTS"), (["QCD"], "E_INPUTS")]
)
def test_nothing_or_something_else_to_join(parts, code):
    with pytest.raises(InputError) as raised:
        concatenate(parts)
    assert raised.value.code == code


def test_momentum_of_one_constituent():
    pt, eta, phi, mass = Jets([40.0], [1.5], [7.0], [0, 1]).momenta()
    np.testing.assert_allclose([pt[0], eta[0], phi[0]], [40.0, 1.5, 7.0 - 2 * np.pi], rtol=1e-14)
    assert mass[0] < 1e-5


def test_mass_of_two_massless():
    pt, eta, phi = [30.0, 50.0], [0.3, -0.4], [3.0, -3.0]
    mass = Jets(pt, eta, phi, [0, 2]).momenta().mass[0]
    expected = np.sqrt(2 * 30 * 50 * (np.cosh(0.7) - np.cos(6.0)))
    assert mass == pytest.approx(expected, rel=1e-12)


def test_momenta_equal_vector(random_jets):
    import vector

    jets = random_jets(50)
    total = jets.momenta()
    for i in range(len(jets)):
        a, b = jets.offsets[i : i + 2]
        four = vector.array(
            {"pt": jets.pt[a:b], "eta": jets.eta[a:b], "phi": jets.phi[a:b], "mass": np.zeros(b - a)}
        ).sum()
        np.testing.assert_allclose([values[i] for values in total], [four.pt, four.eta, four.phi, four.mass], rtol=1e-9)


def test_momenta_at_rest_are_no_warning():
    with np.errstate(all="raise"):
        total = Jets([5.0, 5.0], [0.0, 0.0], [0.0, np.pi], [0, 2]).momenta()
    assert total.mass[0] == pytest.approx(10.0)


def test_awkward_round_trip(random_jets):
    jets = random_jets(12)
    array = jets.to_awkward()
    np.testing.assert_allclose(np.asarray(array.pt[3]), jets[3].pt)
    assert equal(Jets.from_awkward(array), jets)
    assert equal(Jets.from_awkward(array[["pt", "eta", "phi"]]), jets)
    assert len(Jets.from_awkward(jets[:0].to_awkward())) == 0


@pytest.mark.parametrize("energy", ["E", "energy", None])
def test_awkward_cartesian(random_jets, energy):
    import awkward as ak

    jets = random_jets(6)
    array = jets.to_awkward()
    fields = {"px": array.px, "py": array.py, "pz": array.pz} | ({energy: array.E} if energy else {})
    again = Jets.from_awkward(ak.zip(fields))
    for name in ("pt", "eta", "phi"):
        np.testing.assert_allclose(getattr(again, name), getattr(jets, name), rtol=1e-9, atol=1e-12)


def test_awkward_without_constituents_in_a_jet():
    import awkward as ak

    with pytest.raises(InputError) as raised:
        Jets.from_awkward(ak.Array([[{"pt": 1.0, "eta": 0.0, "phi": 0.0}], []]))
    assert raised.value.code == "E_EMPTY"


@given(st.floats(-1e4, 1e4))
def test_wrap(phi):
    wrapped = wrap(np.array([phi]))[0]
    assert -np.pi <= wrapped <= np.pi
    assert np.exp(1j * wrapped) == pytest.approx(np.exp(1j * phi), abs=1e-11)


def test_jets_cannot_be_reassigned():
    with pytest.raises(AttributeError):
        Jets(**one()).pt = np.ones(3)
