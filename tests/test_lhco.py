"""Events in the layout of the LHC Olympics: the same numbers in and out, and nothing accepted that should not be."""

from __future__ import annotations

import sys

import h5py
import hdf5plugin
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jetexplore.errors import InputError
from jetexplore.jets import frames, hdf, lhco, lhcokeys
from jetexplore.jets.clustering import Events
from jetexplore.jets.eventrows import COLUMNS, from_rows, to_rows

FIELDS = ("pt", "eta", "phi", "offsets")


def make_events(n, seed=0, most=60):
    """Events of 0 to ``most`` particles, in no order."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, most + 1, n)
    size = int(counts.sum())
    return Events(
        rng.exponential(20.0, size) + 0.01, rng.uniform(-5, 5, size), rng.uniform(-np.pi, np.pi, size),
        np.concatenate([[0], np.cumsum(counts)]),
    )  # fmt: skip


def assert_same(one, other):
    for name in FIELDS:
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


@pytest.fixture
def file(tmp_path):
    """Give a sound file of 30 labelled events."""
    return lhco.write_events(tmp_path / "events.h5", [make_events(30)], label=1).path


def damaged(path, change):
    with h5py.File(path, "r+") as opened:
        change(opened)
    return path


def replaced(name, **options):
    """Put another array at the place of the values."""

    def change(opened):
        del opened[f"df/{name}"]
        opened.create_dataset(f"df/{name}", **options)

    return change


@settings(max_examples=25)
@given(st.integers(0, 1000), st.integers(1, 40), st.booleans())
def test_what_is_written_is_read_to_the_last_bit(tmp_path_factory, seed, n, labelled):
    events = make_events(n, seed)
    path = tmp_path_factory.mktemp("round") / "events.h5"
    lhco.write_events(path, [events], label=1 if labelled else None)
    again, labels = lhco.read_events(path)
    assert_same(again, events)
    assert labels is None if not labelled else labels.tolist() == [1] * n
    assert lhco.open_events(path)[:3] == (n, COLUMNS + labelled, labelled)


def test_rows_against_a_slow_twin():
    events = make_events(20, 3)
    table = to_rows(events, 5, 15).table
    for row, i in enumerate(range(5, 15)):
        flat = []
        for k in range(events.offsets[i], events.offsets[i + 1]):
            flat += [events.pt[k], events.eta[k], events.phi[k]]
        assert table[row].tolist() == flat + [0.0] * (COLUMNS - len(flat))


def test_the_label_is_not_a_particle():
    row = np.zeros((1, COLUMNS + 1))
    row[0, :3], row[0, -1] = (40.0, 0.5, 0.5), 1
    assert np.diff(from_rows(row).offsets).tolist() == [1]
    full = np.tile([1.0, 0.0, 0.0], 700)[None]
    assert np.diff(from_rows(np.column_stack([full, [1.0]])).offsets).tolist() == [700]


def test_what_has_no_pt_is_no_particle():
    row = np.zeros((1, COLUMNS))
    row[0, :9] = (40.0, 0.5, 0.5, 0.0, 1.0, 2.0, 30.0, 0.0, 0.0)
    assert from_rows(row).pt.tolist() == [40.0, 30.0]


def test_of_too_many_particles_the_hardest_stay_in_order(tmp_path):
    rng = np.random.default_rng(1)
    pt = rng.permutation(np.arange(1.0, 751.0))
    events = Events(np.append(pt, 5.0), np.zeros(751), np.append(rng.uniform(-3, 3, 750), 0.0), np.array([0, 750, 751]))
    made = lhco.write_events(tmp_path / "events.h5", [events])
    assert made[1:] == (2, 1, 50)
    again, _ = lhco.read_events(made.path)
    assert again.pt.tolist() == [*pt[pt > 50].tolist(), 5.0]


@pytest.mark.parametrize("sizes", [[3000], [1, 2999], [700] * 4 + [200]])
def test_parts_and_their_sizes_do_not_matter(tmp_path, sizes):
    whole = make_events(3000, 5, most=6)
    edges = np.cumsum([0, *sizes])
    parts = (
        Events(
            *(whole[k][whole.offsets[a] : whole.offsets[b]] for k in range(3)),
            whole.offsets[a : b + 1] - whole.offsets[a],
        )
        for a, b in zip(edges[:-1], edges[1:], strict=True)
    )
    path = lhco.write_events(tmp_path / "parts.h5", parts, 2500, label=0).path
    again, labels = lhco.read_events(path, 1000, 2500)
    start, stop = whole.offsets[[1000, 2500]]
    assert np.array_equal(again.pt, whole.pt[start:stop])
    assert not labels.any()
    lhco.write_events(tmp_path / "whole.h5", [whole], 2500, label=0)
    assert path.read_bytes() == (tmp_path / "whole.h5").read_bytes()
    blocks = list(lhco.event_blocks(path, 600))
    assert [first for first, _, _ in blocks] == [0, 600, 1200, 1800, 2400]
    assert np.array_equal(np.concatenate([events.eta for _, events, _ in blocks]), whole.eta[:stop])


def test_labels_of_each_event(tmp_path):
    marks = np.array([0, 2, 1, 0, 1])
    path = lhco.write_events(tmp_path / "events.h5", [make_events(5)], labels=[marks]).path
    assert lhco.read_events(path, 1, 3)[1].tolist() == [2, 1]
    assert lhco.read_labels(path).tolist() == marks.tolist()


def test_the_layout_is_that_of_pandas(file):
    with h5py.File(file) as opened:
        values = opened["df/block0_values"]
        plan = values.id.get_create_plist()
        assert values.dtype == np.float64
        assert values.maxshape[0] is None
        code, _, options, _ = plan.get_filter(0)
        assert (code, options[4], options[5]) == (32001, 5, 1)  # Blosc, level 5, shuffle
        assert opened["df"].attrs["pandas_type"] == b"frame"
        assert opened["df"].attrs["nblocks"] == 1
        assert opened["df/axis1"][:].tolist() == list(range(30))
        assert opened["df/axis0"][:].tolist() == opened["df/block0_items"][:].tolist() == list(range(2101))
        assert opened["df"].attrs.get_id("pandas_type").get_type().get_cset() == h5py.h5t.CSET_UTF8
        assert all("name" not in opened[f"df/{axis}"].attrs for axis in ("axis0", "axis1", "block0_items"))


def test_a_frame_without_our_attributes_and_chunks_is_read(tmp_path):
    table = np.zeros((5, COLUMNS))
    table[:, :3] = 50.0, 1.0, 2.0
    with h5py.File(tmp_path / "plain.h5", "w") as opened:
        opened.create_dataset("df/block0_values", data=table.astype(">f8"), chunks=(3, COLUMNS), compression="gzip")
    events, labels = lhco.read_events(tmp_path / "plain.h5")
    assert events.pt.tolist() == [50.0] * 5
    assert events.pt.dtype.isnative
    assert labels is None


def full(value=1.0, shape=(4, COLUMNS)):
    return {"data": np.full(shape, value)}


def at(row, column, value, columns=COLUMNS + 1):
    table = np.zeros((30, columns))
    table[:, 0] = 50.0
    table[row, column] = value
    return {"data": table}


def relink(opened, link):
    del opened["df/block0_values"]
    opened["df/block0_values"] = link


def virtual(opened):
    layout = h5py.VirtualLayout((4, COLUMNS), "f8")
    layout[:] = h5py.VirtualSource("elsewhere.h5", "x", (4, COLUMNS))
    del opened["df/block0_values"]
    opened.create_virtual_dataset("df/block0_values", layout)


HOSTILE = {
    "wrong key": (lambda f: f.move("df", "events"), "E_KEY"),
    "no values": (lambda f: f["df"].__delitem__("block0_values"), "E_KEY"),
    "a table": (lambda f: f["df"].create_group("table"), "E_LAYOUT"),
    "several blocks": (lambda f: f["df"].create_dataset("block1_values", data=[[1.0]]), "E_LAYOUT"),
    "2,099 columns": (replaced("block0_values", **full(shape=(4, 2099))), "E_WIDTH"),
    "no events": (replaced("block0_values", **full(shape=(0, COLUMNS))), "E_EMPTY"),
    "three dimensions": (replaced("block0_values", data=np.ones((2, 700, 3))), "E_DTYPE"),
    "complex": (replaced("block0_values", data=np.ones((2, COLUMNS), complex)), "E_DTYPE"),
    "objects": (replaced("block0_values", shape=(2,), dtype=h5py.special_dtype(vlen=np.uint8)), "E_PICKLE"),
    "never written": (replaced("block0_values", shape=(10**9, COLUMNS), dtype="f8", chunks=(3, COLUMNS)), "E_TRUNCATED"),
    "never written, contiguous": (replaced("block0_values", shape=(10**6, COLUMNS), dtype="f8"), "E_TRUNCATED"),
    "one huge chunk": (
        replaced("block0_values", shape=(10**6, COLUMNS), dtype="f8", chunks=(10**5, COLUMNS), compression="gzip"),
        "E_LIMIT",
    ),
    "a soft link": (lambda f: relink(f, h5py.SoftLink("/df/axis0")), "E_EXTERNAL"),
    "an external link": (lambda f: relink(f, h5py.ExternalLink("/etc/hostname", "/x")), "E_EXTERNAL"),
    "external storage": (
        replaced("block0_values", shape=(1, COLUMNS), dtype="f8", external=[("/etc/hostname", 0, h5py.h5f.UNLIMITED)]),
        "E_EXTERNAL",
    ),
    "virtual": (virtual, "E_EXTERNAL"),
    "NaN": (replaced("block0_values", **at(7, 4, np.nan)), "E_NONFINITE"),
    "negative pt": (replaced("block0_values", **at(7, 3, -1.0)), "E_RANGE_PT"),
    "MeV": (replaced("block0_values", **at(7, 3, 2e6)), "E_RANGE_PT"),
    "along the beam": (replaced("block0_values", **at(7, 1, 11.0)), "E_RANGE_ETA"),
    "label 7": (replaced("block0_values", **at(7, 2100, 7.0)), "E_LABEL"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_refused_in_one_sentence(file, case):
    change, code = HOSTILE[case]
    damaged(file, change)
    with pytest.raises(InputError) as caught:
        lhco.read_events(file)
    assert caught.value.code == code
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)
    if code in ("E_NONFINITE", "E_RANGE_PT", "E_RANGE_ETA", "E_LABEL"):
        assert "event 7" in str(caught.value)


def test_a_filter_that_is_not_there(file, monkeypatch):
    monkeypatch.setattr(h5py.h5z, "filter_avail", lambda code: code != hdf5plugin.BLOSC_ID)
    with pytest.raises(InputError, match="filter 32001"):
        lhco.open_events(file)


@pytest.mark.parametrize("content", [b"", b"404 Not Found", b"\x89HDF\r\n\x1a\n" + b"x" * 100])
def test_other_files(tmp_path, content):
    path = tmp_path / "events.h5"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        lhco.open_events(path)
    assert caught.value.code in ("E_NOT_HDF5", "E_TRUNCATED")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_cut_off_files(file, share):
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError) as caught:
        lhco.read_events(file)
    assert caught.value.code == "E_TRUNCATED"


@settings(max_examples=60)
@given(st.data())
def test_wrong_bytes_never_do_more_than_raise(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("flip")
    path = lhco.write_events(folder / "events.h5", [make_events(4, most=3)], label=1).path
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        events, _ = lhco.read_events(path)
    except (InputError, FileNotFoundError):
        return
    assert np.isfinite(events.pt).all()


def test_rows_that_are_not_there(file):
    for start, stop in ((0, 31), (-1, 4), (5, 5)):
        with pytest.raises(InputError, match="rows"):
            lhco.read_events(file, start, stop)


@pytest.mark.parametrize(
    ("events", "options", "code"),
    [
        (make_events(3), {"n": 4}, "E_LENGTH"),
        (make_events(3), {"n": 0}, "E_RANGE"),
        (make_events(3), {"label": 3}, "E_LABEL"),
        (make_events(3), {"labels": [np.array([0, 1])]}, "E_LENGTH"),
        (Events(np.array([np.inf]), np.zeros(1), np.zeros(1), np.array([0, 1])), {}, "E_NONFINITE"),
        (Events(np.array([0.0]), np.zeros(1), np.zeros(1), np.array([0, 1])), {}, "E_RANGE_PT"),
        (Events(np.array([1.0]), np.array([20.0]), np.zeros(1), np.array([0, 1])), {}, "E_RANGE_ETA"),
    ],
)
def test_nothing_is_left_of_what_could_not_be_written(tmp_path, events, options, code):
    with pytest.raises(InputError) as caught:
        lhco.write_events(tmp_path / "events.h5", [events], **options)
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "found"), [("0\n1\n2\n", [0, 1, 2]), ("0.0\r\n1.0\r\n", [0, 1]), ("0\n" * 1000, [0] * 1000)]
)
def test_master_keys(tmp_path, text, found):
    path = tmp_path / "box.masterkey"
    path.write_bytes(text.encode())
    assert lhcokeys.read_masterkey(path).tolist() == found


@pytest.mark.parametrize(
    ("text", "code"), [("", "E_EMPTY"), ("0\nx\n", "E_LAYOUT"), ("0\n3\n", "E_LABEL"), ("nan", "E_LABEL")]
)
def test_wrong_master_keys(tmp_path, text, code):
    path = tmp_path / "box.masterkey"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        lhcokeys.read_masterkey(path)
    assert caught.value.code == code


def features(path, names=(*lhcokeys.FEATURES, "label"), label=1.0, as_own_block=False):
    table = np.arange(3.0 * len(names)).reshape(3, -1)
    table[:, -1] = label
    parts = [(names[:-1], table[:, :-1]), (names[-1:], table[:, -1:].astype(int))] if as_own_block else [(names, table)]
    with h5py.File(path, "w") as opened:
        opened["df/axis0"] = np.array(names, dtype="S")
        for k, (some, values) in enumerate(parts):
            opened[f"df/block{k}_items"] = np.array(some, dtype="S")
            opened[f"df/block{k}_values"] = values
    return path


@pytest.mark.parametrize("as_own_block", [False, True])
def test_features(tmp_path, as_own_block):
    found = lhcokeys.read_features(features(tmp_path / "f.h5", as_own_block=as_own_block))
    assert list(found) == [*lhcokeys.FEATURES, "label"]
    assert found["pyj1"].tolist() == [1.0, 16.0, 31.0]
    assert found["label"].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("options", "code"),
    [({"names": ("pxj1", "label")}, "E_COLUMN"), ({"label": 7.0}, "E_LABEL"), ({"label": np.nan}, "E_NONFINITE")],
)
def test_wrong_features(tmp_path, options, code):
    with pytest.raises(InputError) as caught:
        lhcokeys.read_features(features(tmp_path / "f.h5", **options))
    assert caught.value.code == code


def test_events_are_no_features_and_the_other_way_round(tmp_path, file):
    with pytest.raises(InputError, match="columns 0, 1, 2"):
        lhcokeys.read_features(file)
    with pytest.raises(InputError, match="15 columns"):
        lhco.open_events(features(tmp_path / "f.h5"))
    with pytest.raises(InputError) as caught:
        frames.read_columns(file, limit=1000)
    assert caught.value.code == "E_LIMIT"


def test_without_the_package_it_says_what_to_install(file, monkeypatch):
    monkeypatch.setitem(sys.modules, "hdf5plugin", None)
    with pytest.raises(InputError, match="pip install"):
        hdf.with_filters()


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(InputError, match="not a file"):
        lhco.open_events(tmp_path)
