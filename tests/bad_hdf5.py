"""Files of HDF5 that are wrong or hostile, by the ids of the catalogue."""

from __future__ import annotations

import pickle
import struct
import zlib

import h5py
import hdf5plugin
import layoutfiles
import numpy as np
from catalogue import Canary, case, payload, simple, some, written


def events(folder, labels=True):
    return layoutfiles.olympics(folder / "events.h5", some(), np.zeros(8, int) if labels else None)


def poked(folder, row, column, value, columns=2101):
    table = np.zeros((8, columns))
    table[:, :3] = 300.0, 0.1, 0.2
    table[:, 3:6] = 280.0, -0.1, -2.9
    if row is not None:
        table[row, column] = value
    path = folder / "events.h5"
    with h5py.File(path, "w") as file:
        file["df/block0_values"] = table
    return path


@case("H01", "E_TRUNCATED")
def _(folder):
    path = events(folder)
    return written(path, path.read_bytes()[: path.stat().st_size // 2])


@case("H02", "E_TRUNCATED")
def _(folder):
    path = events(folder)
    return written(path, path.read_bytes()[:-8])


case("H03", "E_NOT_HDF5")(lambda folder: written(folder / "a.h5", b""))
case("H04", "E_NOT_HDF5")(lambda folder: written(folder / "a.h5", b"404 Not Found"))


@case("H05", "E_CORRUPT_CHUNK")
def _(folder):
    path = folder / "mine.h5"
    jets = some(200)
    with h5py.File(path, "w") as file:
        for name in ("pt", "eta", "phi", "offsets"):
            file.create_dataset(name, data=getattr(jets, name), chunks=(64,), compression="gzip")
        place = file["eta"].id.get_chunk_info(2)
    content = bytearray(path.read_bytes())
    content[place.byte_offset + 10 : place.byte_offset + 74] = bytes(64)
    return written(path, bytes(content))


@case("H06", "E_KEY", says="is 'PT' meant to be 'pt'?")
def _(folder):
    return simple(folder, pt=None, PT=some().pt)


case("H07", None, labelled=False)(lambda folder: poked(folder, None, 0, 0, 2100))
case("H08", "E_WIDTH")(lambda folder: poked(folder, None, 0, 0, 2099))


@case("H09", "E_EMPTY")
def _(folder):
    with h5py.File(folder / "a.h5", "w") as file:
        file["df/block0_values"] = np.zeros((0, 2100))
    return folder / "a.h5"


case("H10", "E_NONFINITE", says="in jet 3, of 8")(lambda folder: poked(folder, 3, 1, np.nan))
case("H11", "E_NONFINITE")(lambda folder: poked(folder, 3, 0, np.inf))
case("H12", "E_RANGE_PT")(lambda folder: poked(folder, 3, 3, -2.0))


@case("H13", None, rows=list(np.repeat([0, 1, 3, 4, 5, 6, 7], 2)))
def _(folder):
    path = poked(folder, None, 0, 0)
    with h5py.File(path, "a") as file:
        file["df/block0_values"][2, :2100] = 0
    return path


@case("H13 all", "E_EMPTY")
def _(folder):
    with h5py.File(folder / "a.h5", "w") as file:
        file["df/block0_values"] = np.zeros((5, 2100))
    return folder / "a.h5"


case("H14", "E_LABEL")(lambda folder: poked(folder, 3, 2100, 7.0))


def objects(folder, content):
    path = events(folder)
    with h5py.File(path, "a") as file:
        made = file.create_dataset("df/block1_values", (1,), h5py.vlen_dtype(np.uint8))
        made[0] = np.frombuffer(content, np.uint8)
        made.attrs["PSEUDOATOM"] = "object"
    return path


case("H15", "E_PICKLE")(lambda folder: objects(folder, pickle.dumps(["a"])))
case("H26", "E_PICKLE")(lambda folder: objects(folder, payload(folder)))


@case("H27", "E_PICKLE")
def _(folder):
    path = events(folder)
    with h5py.File(path, "a") as file:
        file["df"].attrs["name"] = np.bytes_(pickle.dumps(Canary(folder / "canary"), 0))
    return path


@case("H16", "E_LIMIT")
def _(folder):
    with h5py.File(folder / "a.h5", "w") as file:
        file.create_dataset("PFCands", (10**9, 700, 4), "f8", chunks=(1, 700, 4))
    return folder / "a.h5"


def relinked(folder, link):
    path = simple(folder, eta=None)
    with h5py.File(path, "a") as file:
        file["eta"] = link
    return path


case("H17", "E_EXTERNAL")(lambda folder: relinked(folder, h5py.ExternalLink("/etc/hostname", "/x")))


@case("H18", "E_EXTERNAL")
def _(folder):
    path = simple(folder, eta=None)
    with h5py.File(path, "a") as file:
        file.create_dataset("eta", (1,), "f8", external=[("/etc/hostname", 0, h5py.h5f.UNLIMITED)])
    return path


case("H19", "E_LINK")(lambda folder: relinked(folder, h5py.SoftLink("/eta")))


@case("H19 groups", "E_LINK")
def _(folder):
    path = simple(folder)
    with h5py.File(path, "a") as file:
        group = file.create_group("a")
        group["b"] = group
    return path


@case("H20", None)
def _(folder):
    jets = some()
    return simple(folder, pt=jets.pt.astype(">f8"), eta=jets.eta.astype(">f8"))


def cells(folder, length):
    path = layoutfiles.cheng(folder / "a.h5", some())
    with h5py.File(path, "a") as file:
        file["objects/jets/constituents"][2, 0] = np.ones(length)
    return path


case("H21", None)(lambda folder: cells(folder, 10))
case("H21 wrong", "E_LAYOUT")(lambda folder: cells(folder, 11))


def offsets(change):
    def make(folder):
        values = some().offsets.copy()
        change(values)
        return simple(folder, offsets=values)

    return make


case("H22 falling", "E_OFFSETS")(offsets(lambda x: x.__setitem__(3, 1)))
case("H22 negative", "E_OFFSETS")(offsets(lambda x: x.__setitem__(0, -1)))
case("H22 large", "E_OFFSETS")(offsets(lambda x: x.__setitem__(-1, 2**31 - 1)))
case("J11", "E_OFFSETS")(offsets(lambda x: x.__setitem__(-1, 2**33)))


@case("H23", "E_LIMIT")
def _(folder):
    with h5py.File(folder / "bomb.h5", "w") as file:
        made = file.create_dataset("PFCands", (1 << 21, 16, 11), "f8", chunks=(1 << 12, 16, 11), compression="gzip")
        packed = zlib.compress(bytes((1 << 12) * 16 * 11 * 8), 9)
        for k in range(0, 1 << 21, 1 << 12):
            made.id.write_direct_chunk((k, 0, 0), packed)
    return folder / "bomb.h5"


case("H24", None)(lambda folder: simple(folder, pt=some().pt.astype(np.float16)))
case("H24 beyond", "E_NONFINITE")(lambda folder: simple(folder, pt=np.full(len(some().pt), np.float16(np.inf))))
case("H25", "E_DTYPE")(lambda folder: simple(folder, pt=some().pt + 0j))


@case("H28", "E_EXTERNAL")
def _(folder):
    path = simple(folder, eta=None)
    with h5py.File(path, "a") as file:
        layout = h5py.VirtualLayout((4,), "f8")
        layout[:] = h5py.VirtualSource("elsewhere.h5", "x", (4,))
        file.create_virtual_dataset("eta", layout)
    return path


@case("H29", None, rows=list(np.repeat(range(8), 2)), constituents=[1] * 16)
def _(folder):
    return poked(folder, slice(None), 2100, 1.0)


@case("H30", "E_FILTER", says="filter 3")
def _(folder):
    path = folder / "mine.h5"
    jets = some(200)
    with h5py.File(path, "w") as file:
        for name in ("pt", "eta", "phi", "offsets"):
            options = hdf5plugin.Blosc() if name == "eta" else {}
            file.create_dataset(name, data=getattr(jets, name), chunks=(64,), **options)
    content = path.read_bytes()
    number = struct.pack("<H", 32001)
    assert number + b"\x06\x00" in content or number in content
    return written(path, content.replace(number, struct.pack("<H", 32099)))
