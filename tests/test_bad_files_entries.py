"""Every bad file through every entry: the library, the commands, a child; nothing is started, unpickled or left behind."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from jetexplore import cli, distances, jets
from jetexplore.errors import InputError
from jetexplore.jets import childparse, conversion, inspection
from jetexplore.jets.layouts import reading

sys.path.insert(0, str(Path(__file__).parent))
import layoutfiles
import test_bad_checkpoints
from bad_files import CASES, some, written
from watching import watched

PAYLOADS = [
    "H26",
    "H27",
    "N02 npz",
]  # a second of a core each; H15, N01 above, weights (T01, T04, S09) in test_bad_checkpoints
HEAVY = ["H23", "N10", "P05"]  # bombs; making them takes longer than refusing them
BAD = [name for name, (_, codes, _) in CASES.items() if codes[0] is not None and name not in HEAVY]
MEMORY = 300 << 10  # KiB over a child that reads a sound file
IDS = (
    [f"H{k:02d}" for k in range(1, 31)] + [f"N{k:02d}" for k in range(1, 16)] + [f"P{k:02d}" for k in range(1, 7)]
    + [f"R{k:02d}" for k in range(1, 7)] + [f"S{k:02d}" for k in range(1, 17)] + ["T01", "T03", "T04"]
    + [f"J{k:02d}" for k in range(1, 14)] + [f"F{k:02d}" for k in range(1, 6)]
)  # fmt: skip


def test_all_ids_of_the_catalogue_are_there():
    known = {name.split()[0] for name in (*CASES, *test_bad_checkpoints.CASES)}
    elsewhere = {"T04", "S16", "F04", "F05"}  # test_bad_checkpoints, test_standing, and below
    assert len(IDS) == 94
    assert set(IDS) - known == elsewhere


@pytest.fixture
def here(monkeypatch):
    """Commands without child processes, which take a second each."""
    tasks = {"inspect": inspection.inspected, "convert": conversion.converted}
    monkeypatch.setattr(childparse, "run", lambda task, arguments, limits=None, writable=(): tasks[task](**arguments))


@pytest.fixture(scope="module", autouse=True)
def warm(tmp_path_factory):
    """Import and compile what the first file would."""
    folder = tmp_path_factory.mktemp("warm")
    for path in (
        layoutfiles.simple(folder / "a.h5", some()), layoutfiles.parquet(folder / "a.parquet", some()),
        layoutfiles.quarkgluon(folder / "a.npz", some(), np.zeros(8)), layoutfiles.nanoaod(folder / "a.root", some()),
        layoutfiles.olympics(folder / "b.h5", some(), np.zeros(8, int)),
    ):  # fmt: skip
        inspection.inspected(str(path))


@pytest.mark.parametrize("name", BAD)
def test_library_and_commands_say_the_same(tmp_path, name, here, capsys):
    make, codes, _ = CASES[name]
    path = make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with watched(tmp_path / "out") as told:
        for entry in (jets.read, jets.load):
            with pytest.raises(InputError) as caught:
                entry(path)
            assert caught.value.code in codes
        said = str(caught.value)
        assert cli.main(["inspect", str(path)]) == 2
        assert cli.main(["convert", str(path), str(tmp_path / "out" / "a.h5"), "--quiet"]) == 2
    printed = capsys.readouterr()
    assert said.partition("; allowed")[0] in printed.err
    assert "Traceback" not in printed.err
    assert printed.err.count("\n") <= 2
    assert told in ([], [("os.mkdir", str(tmp_path / "out"))])
    assert [one for one in sorted(tmp_path.rglob("*")) if "out" not in one.parts] == before
    assert list((tmp_path / "out").rglob("*")) == [] if (tmp_path / "out").exists() else True


@pytest.mark.parametrize("name", [name for name, (_, codes, _) in CASES.items() if codes[0] is None])
def test_strange_files_go_through_every_entry(tmp_path, name, here, capsys):
    path = CASES[name][0](tmp_path)
    with watched(tmp_path) as told:
        read = jets.read(path)
        assert sum(map(len, jets.load(path).values())) == len(read.jets)
        assert cli.main(["inspect", str(path)]) == 0
        assert cli.main(["convert", str(path), str(tmp_path / "out" / "new.h5"), "--quiet"]) == 0
    assert jets.read(tmp_path / "out" / "new.h5").jets.pt.tolist() == read.jets.pt.tolist()
    assert told == []
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("name", PAYLOADS)
def test_payloads_do_not_run_in_the_child_of_the_application(tmp_path, name):
    path = CASES[name][0](tmp_path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError) as caught:
        childparse.run("inspect", {"path": str(path)})
    assert caught.value.code == "E_PICKLE"
    assert sorted(tmp_path.iterdir()) == before


def test_the_watch_sees_a_canary(tmp_path):
    import pickle

    from bad_files import Canary

    with watched(tmp_path / "elsewhere") as told:
        pickle.loads(pickle.dumps(Canary(tmp_path / "canary")))
        (tmp_path / "canary").write_text("x")
    assert {event for event, _ in told} == {"pickle.find_class", "open"}


def measured(path):
    """Read in a forked child: the code, the peak of memory over that before, and the time."""
    import json
    import resource
    import time

    pipe, end = os.pipe()
    pid = os.fork()
    if pid == 0:
        used, began, code = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time(), None
        try:
            jets.read(path)
        except InputError as error:
            code = error.code
        finally:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used
            os.write(end, json.dumps([code, peak, time.process_time() - began]).encode())
            os._exit(0)
    os.close(end)
    with os.fdopen(pipe, "rb") as stream:
        told = json.loads(stream.read())
    os.waitpid(pid, 0)
    return told


@pytest.mark.parametrize("name", [*HEAVY, "H16", "N03", "N05", "P04", "J05", "R03", "H22 large"])
def test_memory_of_what_is_refused(tmp_path, name, record_property):
    make, codes, _ = CASES[name]
    code, peak, seconds = measured(make(tmp_path))
    record_property("seconds", seconds)  # wanted: 2 s; not asserted, for machines differ
    assert code in codes
    assert peak < MEMORY


def test_a_file_that_changes_while_it_is_read(tmp_path):  # F04
    path = layoutfiles.simple(tmp_path / "a.h5", some())
    found = reading.blocks(path, rows=3)
    next(found)
    with path.open("ab") as stream:
        stream.write(b"more")
    with pytest.raises(InputError) as caught:
        list(found)
    assert caught.value.code == "E_CHANGED"


@contextlib.contextmanager
def someone_else():
    mine = os.geteuid()
    if mine == 0:  # who may read everything
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(mine)


def test_a_file_that_may_not_be_read(tmp_path, here, capsys):  # F05
    path = layoutfiles.simple(tmp_path / "a.h5", some())
    path.chmod(0)
    with someone_else():
        for entry in (jets.read, jets.load):
            with pytest.raises(InputError) as caught:
                entry(path)
            assert caught.value.code == "E_PERMISSION"
        assert cli.main(["inspect", str(path)]) == 2
    assert "a file that may not be read" in capsys.readouterr().err


# ---------------------------------------------------------------------------- jets that are sound, but hard to look at


def pictures(tmp_path, name):
    return jets.images(jets.read(CASES[name][0](tmp_path)).jets)


def test_one_constituent_is_one_pixel(tmp_path):  # J02, J03
    for name in ("J02", "J03"):
        folder = tmp_path / name
        folder.mkdir()
        image = pictures(folder, name)
        assert np.sort(image.ravel())[-1] == pytest.approx(1)
        assert np.count_nonzero(image) == 1
        momenta = jets.read(CASES[name][0](folder)).jets.momenta() if name == "J02" else None
        assert momenta is None or momenta.mass.tolist() == pytest.approx([0], abs=1e-4)
        assert distances.paired(image, image, "Wass(1)").tolist() == [0]


def test_a_jet_across_the_seam_is_the_same_jet(tmp_path):  # J04
    across = pictures(tmp_path, "J04")
    turned = jets.images(jets.Jets([30.0] * 2, [0.1] * 2, [3.1, 2 * np.pi - 3.1], [0, 2]))
    np.testing.assert_allclose(across, turned, atol=1e-12)


def test_equal_jets_lie_at_distance_zero(tmp_path):  # J10
    images = pictures(tmp_path, "J10")
    pair = distances.pairwise(images, "Wass(1)")
    assert pair[0, 1] == 0
    assert distances.medoids(np.zeros((4, 4)), k=1).indices.tolist() == [0]


def test_the_order_of_constituents_does_not_matter(tmp_path, rng):  # J12
    one = some()
    order = np.concatenate([start + rng.permutation(n) for start, n in zip(one.offsets[:-1], one.counts, strict=True)])
    other = jets.Jets(one.pt[order], one.eta[order], one.phi[order], one.offsets)
    left, right = (
        jets.read(layoutfiles.simple(tmp_path / f"{k}.h5", each)).jets for k, each in enumerate((one, other))
    )
    np.testing.assert_allclose(jets.images(left), jets.images(right), atol=1e-12)
    np.testing.assert_allclose(left.momenta().mass, right.momenta().mass, atol=1e-9)


# ------------------------------------------------------------------- what mutations found, each with an id of its own


@pytest.mark.parametrize("form", ["cells", "cheng"])
def test_a_heap_that_hdf5_would_walk_for_ever(tmp_path, form):  # X01
    make = layoutfiles.cheng if form == "cheng" else lambda path, jets: layoutfiles.simple(path, jets, "cells")
    path = make(tmp_path / "a.h5", some())
    content = bytearray(path.read_bytes())
    here = content.find(b"GCOL\x01") + 16
    while content[here] or content[here + 1]:  # the last object is what is free
        here += 16 + -(-int.from_bytes(content[here + 8 : here + 16], "little") // 8) * 8
    content[here : here + 16] = bytes(16)
    with pytest.raises(InputError) as caught:
        jets.read(written(path, bytes(content)))
    assert caught.value.code == "E_CORRUPT"
    assert "a damaged heap of cells" in str(caught.value)


def test_cells_longer_than_their_file(tmp_path):  # X02
    import h5py

    path = layoutfiles.simple(tmp_path / "a.h5", some(), "cells")
    with h5py.File(path) as file:
        at = file["eta"].id.get_offset()
    content = bytearray(path.read_bytes())
    content[at : at + 4] = (1 << 27).to_bytes(4, "little")
    code, peak, _ = measured(written(path, bytes(content)))
    assert code == "E_LIMIT"
    assert peak < MEMORY


@pytest.mark.parametrize("options", [{"chunks": (3, 1)}, {"chunks": (3, 1), "compression": "gzip", "shuffle": True}])
def test_sound_cells_in_chunks_are_read(tmp_path, options):
    import h5py

    one = some()
    five = np.column_stack([layoutfiles.cartesian(one), np.zeros(len(one.pt))])
    with h5py.File(tmp_path / "a.h5", "w") as file:
        made = file.create_dataset("objects/jets/constituents", (8, 1), h5py.vlen_dtype(np.dtype("f8")), **options)
        for i, cell in enumerate(layoutfiles.vlen(one, five)):
            made[i, 0] = cell
    np.testing.assert_allclose(jets.read(tmp_path / "a.h5").jets.pt, one.pt)


def test_an_array_that_another_entry_swallows(tmp_path):  # X03
    path = layoutfiles.quarkgluon(tmp_path / "a.npz", some(), np.zeros(8))
    content = bytearray(path.read_bytes())
    content[content.find(b"PK\x01\x02") + 33] = 0x80  # 32 kB of comment, in which the entry of the labels is
    with pytest.raises(InputError) as caught:
        jets.read(written(path, bytes(content)))
    assert caught.value.code == "E_TRUNCATED"


def test_no_terminal_is_moved_by_a_message(tmp_path):  # X04
    import h5py

    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["a\x1b[2Jb\nc"] = [1.0]
    with pytest.raises(InputError) as caught:
        jets.read(tmp_path / "a.h5")
    assert str(caught.value).isprintable()
    assert r"a\x1b[2Jb\nc" in str(caught.value)


@pytest.mark.parametrize("ending", ["parquet", "h5", "npz"])
def test_no_wrong_bit_of_our_own_files_passes(tmp_path, ending, rng):  # X05; goal: every one of them is found
    sound = jets.read(
        conversion.convert(
            layoutfiles.simple(tmp_path / "in.h5", some(), label=np.arange(8) % 2), tmp_path / f"a.{ending}"
        ).path
    )
    content, path = (tmp_path / f"a.{ending}").read_bytes(), tmp_path / f"b.{ending}"
    for _ in range(100):
        changed = bytearray(content)
        changed[rng.integers(len(content))] ^= 1 << int(rng.integers(8))
        with contextlib.suppress(InputError):
            found = jets.read(written(path, bytes(changed)))
            assert found.jets.pt.tolist() == sound.jets.pt.tolist()
            assert found.jets.eta.tolist() == sound.jets.eta.tolist()
            assert (found.label.tolist(), found.event.tolist()) == (sound.label.tolist(), sound.event.tolist())


def test_other_numbers_than_were_written(tmp_path):
    import pyarrow.parquet as pq

    path = conversion.convert(layoutfiles.simple(tmp_path / "in.h5", some()), tmp_path / "a.parquet").path
    table = pq.read_table(path)
    swapped = table.rename_columns([{"eta": "phi", "phi": "eta"}.get(name, name) for name in table.column_names])
    pq.write_table(swapped.replace_schema_metadata(pq.read_metadata(path).metadata), path)
    with pytest.raises(InputError) as caught:
        jets.read(path)
    assert caught.value.code == "E_CHECKSUM"


def test_a_filter_without_its_numbers(tmp_path):  # X06: Blosc looked at what was not there, and the process ended
    path = layoutfiles.olympics(tmp_path / "a.h5", some())
    told = b"\x01}\x08\x00\x01\x00\x07\x00blosc"  # the number of the filter, then how many numbers it has: 7
    content = path.read_bytes()
    assert told in content
    with pytest.raises(InputError) as caught:
        jets.read(written(path, content.replace(told, told.replace(b"\x07", b"\x00"))))
    assert caught.value.code == "E_FILTER"


def test_a_momentum_whose_square_is_none(tmp_path):  # X07: clustering gave up with an error of its own
    import h5py

    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        table = np.zeros((2, 2100))
        table[:, :6] = 300.0, 0.1, 0.2, 5e-321, 0.3, -2.9
        file["df/block0_values"] = table
    with pytest.raises(InputError) as caught:
        jets.read(path)
    assert caught.value.code == "E_RANGE_PT"


@pytest.mark.parametrize("kind", [1, 4, 8])
def test_cells_of_a_kind_that_is_none(tmp_path, kind):  # X08: HDF5 called what was not there, and the process ended
    path = layoutfiles.cheng(tmp_path / "a.h5", some())
    told = b"\x19\x00\x00\x00\x10\x00\x00\x00\x11"  # class 9 (cells) of version 1, sequences, 16 bytes, of floats
    content = path.read_bytes()
    assert content.count(told) == 1
    with pytest.raises(InputError) as caught:
        jets.read(written(path, content.replace(told, bytes([0x19, kind, *told[2:]]))))
    assert caught.value.code in {"E_CORRUPT", "E_DTYPE", "E_PICKLE", "E_TRUNCATED"}
