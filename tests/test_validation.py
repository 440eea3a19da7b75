"""What is wrong with jets is found, counted and named; a slow twin agrees on which jets can be used."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetexplore.errors import InputError
from jetexplore.jets.layouts.blocks import Raw, from_cartesian, labels_of, padded, ragged
from jetexplore.jets.layouts.hdf5 import names_code
from jetexplore.jets.tally import EXPECTED, Tally
from jetexplore.jets.validation import check

value = st.sampled_from([5.0, 1.0, 700.0, -1.0, 2e6, np.nan, np.inf, -np.inf, 0.5])
angle = st.sampled_from([0.0, 1.0, -9.9, 11.0, np.nan, np.inf])
particle = st.tuples(value, angle, st.sampled_from([0.0, 3.0, np.nan]))
jet = st.tuples(st.lists(particle, max_size=5), st.integers(-1, 3))


def raw_of(jets):
    flat = np.array([one for some, _ in jets for one in some], dtype=float).reshape(-1, 3)
    counts = np.array([len(some) for some, _ in jets], dtype=np.int64)
    return Raw(*flat.T, counts, np.array([label for _, label in jets], dtype=np.int64), np.arange(len(jets)))


def faults(particle):
    """Tell the codes of one particle: the slow twin."""
    pt, eta, phi = particle
    if not (np.isfinite(pt) and np.isfinite(eta) and np.isfinite(phi)):
        return {"E_NONFINITE"}
    return ({"E_RANGE_PT"} if not 0 < pt <= 1e6 else set()) | ({"E_RANGE_ETA"} if abs(eta) > 10 else set())


@given(st.lists(jet, min_size=1, max_size=8))
def test_against_a_slow_twin(jets):
    tally = Tally()
    clean = check(raw_of(jets), 100, tally, "drop", {0, 1, 2}, most=4)
    codes = [
        set().union(*(faults(one) for one in some))
        | ({"E_LIMIT"} if len(some) > 4 else set())
        | ({"E_LABEL"} if label not in (0, 1, 2) else set())
        for some, label in jets
    ]
    good = [k for k, (some, _) in enumerate(jets) if some and not codes[k]]
    assert clean.row.tolist() == [100 + k for k in good]
    assert clean.counts.tolist() == [len(jets[k][0]) for k in good]
    assert clean.label.tolist() == [jets[k][1] for k in good]
    for code in EXPECTED:
        bad = [100 + k for k in range(len(jets)) if code in codes[k]]
        assert tally.bad.get(code, 0) == len(bad)
        assert tally.named.get(code, []) == bad[:5]
    assert tally.read == len(jets)
    assert tally.empty == sum(not some for some, _ in jets)


@given(st.lists(jet, min_size=1, max_size=8))
def test_keep_gives_what_is_good(jets):
    tally = Tally()
    clean = check(raw_of(jets), 0, tally, "keep", {0, 1, 2}, most=4)
    wanted = []
    for some, _ in jets:
        hardest = sorted(range(len(some)), key=lambda k: (np.isnan(some[k][0]), -some[k][0]))[:4]  # NaN comes last
        wanted.append([one for k, one in enumerate(some) if not faults(one) and k in hardest])
    assert clean.row.tolist() == [k for k, some in enumerate(wanted) if some]
    assert clean.pt.sum() == pytest.approx(sum(one[0] for some in wanted for one in some))
    assert tally.removed == sum(len(some) for some, _ in jets) - sum(map(len, wanted))
    assert set(clean.label.tolist()) <= {-1, 0, 1, 2}


def test_the_sentence_names_the_first_five_and_the_total():
    jets = [([(-1.0, 0.0, 0.0)], 0)] * 8 + [([(1.0, np.nan, 0.0)], 0)]
    tally = Tally()
    check(raw_of(jets), 10, tally)
    error = tally.error("mine.h5")
    assert error.code == "E_NONFINITE"
    assert "in jet 18, of 9 read; also pt out of range (-1) in jets 10, 11, 12, 13, 14 and 3 more" in str(error)
    assert str(error).startswith("mine.h5: ")


@pytest.mark.parametrize(("scale", "said"), [(1000.0, "MeV"), (1.0, None), (1e-3, "TeV")])
def test_units(scale, said):
    tally = Tally()
    tally.seen(np.full(10, 600.0) * scale)
    assert any(said in told for told in tally.warnings()) if said else tally.warnings() == []


def test_a_tally_goes_on_where_another_was():
    tally, other = Tally(), Tally()
    check(raw_of([([(-1.0, 0.0, 0.0)], 0), ([], 0)]), 0, tally)
    tally.seen(np.array([5.0]))
    tally.classes = {0: "QCD"}
    other.restore(tally.state())
    assert other.warnings() == tally.warnings()
    assert other.state() == tally.state()


def test_duplicates_are_counted_and_kept():
    tally = Tally()
    clean = check(raw_of([([(5.0, 0.0, 0.0)] * 3, 0), ([(5.0, 0.0, 0.0)], 0)]), 0, tally, count_duplicates=True)
    assert (tally.duplicates, len(clean.pt), tally.alone) == (2, 4, 1)


@pytest.mark.parametrize("on_bad", ["", "ignore", None, 1])
def test_on_bad_is_one_of_three(on_bad):
    with pytest.raises(InputError) as caught:
        check(raw_of([([(5.0, 0.0, 0.0)], 0)]), 0, Tally(), on_bad)
    assert caught.value.code == "E_ON_BAD"


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=1))
def test_momenta_there_and_back(momenta):
    p = np.array(momenta)
    pt, eta, phi = from_cartesian(*p.T)
    usual = np.hypot(p[:, 0], p[:, 1]) > 1e-9
    back = np.column_stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)])
    np.testing.assert_allclose(back[usual], p[usual], atol=1e-9, rtol=1e-9)
    assert np.all(pt[(p == 0).all(1)] == 0)
    along = (p[:, :2] == 0).all(1) & (p[:, 2] != 0)
    assert np.all(np.abs(eta[along]) > 10)


@given(st.lists(st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=3, max_size=3), min_size=1, max_size=6))
def test_padding_anywhere_is_padding(rows):
    table = np.array(rows)
    one = padded(table, table, table, np.arange(len(table)))
    other = ragged(table.ravel(), table.ravel(), table.ravel(), np.full(len(table), 3), np.arange(len(table)))
    assert one.counts.tolist() == other.counts.tolist() == [sum(x != 0 for x in row) for row in rows]
    assert one.pt.tolist() == other.pt.tolist() == [x for row in rows for x in row if x != 0]


def test_labels():
    assert labels_of(np.array([True, False]), "").tolist() == [1, 0]
    assert labels_of(np.array([b"QCD", b"Top"]), "").tolist() == ["QCD", "Top"]
    with pytest.raises(InputError):
        labels_of(np.array(["2020-01-01"], dtype="M8[D]"), "")


@given(st.binary(max_size=60))
def test_any_bytes_are_looked_at_safely(content):
    assert names_code(content) in (True, False)
    assert names_code(b"\x80\x04" + content) in (True, False)
