"""Files of jets that are wrong or hostile, by the ids of the catalogue; each with the codes that may be told of it.

A case is a function that writes into a folder and gives the path, and the allowed codes: the name of an error, or None
for a file that must be read (then with what is expected of it).
"""

from __future__ import annotations

import os
import pickle
import struct
import zipfile
import zlib
from pathlib import Path

import h5py
import hdf5plugin
import layoutfiles
import numpy as np

from jetexplore.jets import Jets

CASES: dict[str, tuple] = {}


def case(name, *codes, **options):
    def keep(make):
        CASES[name] = (make, codes, options)
        return make

    return keep


def some(n=8, seed=1):
    rng = np.random.default_rng(seed)
    counts = rng.integers(3, 9, n)
    size = counts.sum()
    return Jets(
        rng.uniform(1, 90, size), rng.normal(0, 0.2, size), rng.normal(0, 0.2, size),
        np.concatenate([[0], np.cumsum(counts)]),
    )  # fmt: skip


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


def simple(folder, **arrays):
    path = folder / "mine.h5"
    jets = some()
    usual = {"pt": jets.pt, "eta": jets.eta, "phi": jets.phi, "offsets": jets.offsets}
    with h5py.File(path, "w") as file:
        for name, values in (usual | arrays).items():
            if values is not None:
                file[name] = values
    return path


def one_changed(name, place, value):
    def make(folder):
        values = getattr(some(), name).copy()
        values[place] = value
        return simple(folder, **{name: values})

    return make


def written(path, content):
    path.write_bytes(content)
    return path


class Canary:
    """When unpickled, makes a file beside the one it came in."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return Path.touch, (Path(self.path),)


def payload(folder):
    return pickle.dumps(Canary(folder / "canary"))


# ------------------------------------------------------------------------------------------------------------- HDF5


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


# -------------------------------------------------------------------------------------------------------------- npz


def npy(shape="(3, 2, 4)", descr="'<f8'", body=b"", header=None):
    text = header or f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + body


def archive(folder, pack=zipfile.ZIP_STORED, **members):
    with zipfile.ZipFile(folder / "a.npz", "w", pack) as made:
        for name, content in members.items():
            made.writestr(f"{name}.npy", content)
    return folder / "a.npz"


def good_npz(folder):
    return layoutfiles.quarkgluon(folder / "a.npz", some(), np.zeros(8))


@case("N01", "E_PICKLE")
def _(folder):
    np.savez(folder / "a.npz", X=np.array([{}, []], dtype=object))
    return folder / "a.npz"


@case("N02", "E_PICKLE")
def _(folder):
    np.save(folder / "a.npy", np.array([Canary(folder / "canary")], dtype=object))
    return folder / "a.npy"


@case("N02 npz", "E_PICKLE")
def _(folder):
    np.savez(folder / "a.npz", X=np.array([Canary(folder / "canary")], dtype=object))
    return folder / "a.npz"


case("N03", "E_HEADER")(lambda folder: archive(folder, X=npy("(1000000000, 700, 4)")))
case("N04", "E_HEADER")(lambda folder: archive(folder, X=npy("(-1, 2, 4)")))
case("N05", "E_HEADER")(lambda folder: archive(folder, X=npy(body=bytes(100))))
case("N06", "E_HEADER")(lambda folder: archive(folder, X=npy("(3, 2, ")))
case("N07", "E_HEADER")(lambda folder: archive(folder, X=npy(header=b"(" * 18000)))
case("N08", "E_NAME")(lambda folder: archive(folder, **{"../../evil": npy(body=bytes(192))}))


@case("N09", "E_DUPLICATE")
def _(folder):
    import warnings

    with zipfile.ZipFile(folder / "a.npz", "w") as made, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(2):
            made.writestr("X.npy", npy(body=bytes(192)))
    return folder / "a.npz"


@case("N10", "E_LIMIT")
def _(folder):
    rows = 1 << 20
    with (
        zipfile.ZipFile(folder / "a.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made,
        made.open("X.npy", "w", force_zip64=True) as stream,
    ):
        stream.write(npy(f"({rows}, 10, 4)"))
        for _ in range(rows >> 14):
            stream.write(bytes((1 << 14) * 320))
    if zipfile.ZipFile(folder / "a.npz").infolist()[0].compress_size * 1000 > rows * 320:
        # deflate packs at most 1032 : 1, and level 1 less than 1000 : 1; say so by a second layer of zeros
        content = bytearray((folder / "a.npz").read_bytes())
        return claimed(folder, content)
    return folder / "a.npz"


def claimed(folder, content):
    """Let the directory claim more than there is."""
    at = content.rfind(b"PK\x01\x02")
    content[at + 24 : at + 28] = (0xF0000000).to_bytes(4, "little")
    return written(folder / "a.npz", bytes(content))


@case("N11", "E_TRUNCATED")
def _(folder):
    path = good_npz(folder)
    return written(path, path.read_bytes()[:-100])


@case("N12", "E_CRC", "E_TRUNCATED")
def _(folder):
    np.savez(folder / "a.npz", X=layoutfiles.padded(some(), np.ones((len(some().pt), 4))))
    content = bytearray((folder / "a.npz").read_bytes())
    content[len(content) // 2] ^= 1
    return written(folder / "a.npz", bytes(content))


@case("N13", "E_DTYPE")
def _(folder):
    np.savez(folder / "a.npz", X=np.zeros(3, [("a", "f8")]))
    return folder / "a.npz"


@case("N14", "E_DTYPE")
def _(folder):
    np.savez(folder / "a.npz", X=np.zeros((3, 2, 4), "datetime64[s]"))
    return folder / "a.npz"


@case("N15", "E_SHAPE")
def _(folder):
    np.savez(folder / "a.npz", X=np.array(1.0))
    return folder / "a.npz"


# ---------------------------------------------------------------------------------------------------------- Parquet


def parquet(folder, **columns):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table(columns), folder / "a.parquet")
    return folder / "a.parquet"


LISTS = [[30.0, 20.0], [40.0]]
case("P01", "E_NULL")(lambda folder: parquet(folder, pt=[[30.0, None], None], eta=LISTS, phi=LISTS))
case("P02", "E_COLUMN", says="is 'PT' meant to be 'pt'?")(
    lambda folder: parquet(folder, PT=LISTS, eta=LISTS, phi=LISTS)
)


@case("P03", "E_TRUNCATED")
def _(folder):
    path = layoutfiles.parquet(folder / "a.parquet", some())
    return written(path, path.read_bytes()[: path.stat().st_size // 2])


@case("P04", "E_TRUNCATED")
def _(folder):
    path = layoutfiles.parquet(folder / "a.parquet", some())
    return written(path, path.read_bytes()[:-8] + (2**31 - 1).to_bytes(4, "little") + b"PAR1")


@case("P05", "E_LIMIT")
def _(folder):
    import pyarrow as pa
    import pyarrow.parquet as pq

    values = pa.array(np.zeros(1 << 20))
    column = pa.LargeListArray.from_arrays(pa.array(np.arange(0, (1 << 20) + 1, 1 << 10)), values)
    table = pa.table({"pt": column, "eta": column, "phi": column})
    with pq.ParquetWriter(folder / "a.parquet", table.schema, compression="zstd", compression_level=19) as made:
        for _ in range(12):
            made.write_table(table)
    return folder / "a.parquet"


@case("P06", "E_CORRUPT_CHUNK", "E_TRUNCATED")
def _(folder):
    from jetexplore.jets import conversion

    jets = some(400)
    conversion.convert(layoutfiles.simple(folder / "b.h5", jets), folder / "a.parquet")
    content = bytearray((folder / "a.parquet").read_bytes())
    content[len(content) // 4] ^= 1
    return written(folder / "a.parquet", bytes(content))


# ------------------------------------------------------------------------------------------------------------- ROOT


@case("R01", "E_BRANCH", says="PFCands_pt")
def _(folder):
    import awkward as ak
    import uproot

    with uproot.recreate(folder / "a.root") as file:
        data = {"Muon_pt": ak.Array([[1.0], [2.0, 3.0]])}
        file.mktree("Events", {"Muon_pt": data["Muon_pt"].type.content}).extend(data)
    return folder / "a.root"


@case("R02", "E_TRUNCATED")
def _(folder):
    path = layoutfiles.nanoaod(folder / "a.root", some())
    return written(path, path.read_bytes()[: path.stat().st_size // 2])


@case("R03", "E_CORRUPT", "E_TRUNCATED", "E_BRANCH")
def _(folder):
    path = layoutfiles.nanoaod(folder / "a.root", some())
    content = bytearray(path.read_bytes())
    at = content.find(b"TBasket")
    content[at - 8 : at + 400] = b"\xff" * 408
    return written(path, bytes(content))


case("R04", "E_NOT_ROOT")(lambda folder: written(folder / "a.root", b"404 Not Found"))
case("R05", "E_AMBIGUOUS")(lambda folder: layoutfiles.nanoaod(folder / "a.root", some(), trees=("A", "B")))
case("R06", "E_LENGTH")(lambda folder: layoutfiles.nanoaod(folder / "a.root", some(), shorter="eta"))


# ------------------------------------------------------------------------------------------------------------- jets


@case("J01", None, rows=[0, 1, 3, 4, 5, 6, 7])
def _(folder):
    jets = some()
    pt = jets.pt.copy()
    pt[jets.offsets[2] : jets.offsets[3]] = 0
    return simple(folder, pt=pt)


case("J02", None)(lambda folder: layoutfiles.simple(folder / "a.h5", Jets([300.0], [0.1], [0.2], [0, 1])))
case("J03", None)(lambda folder: layoutfiles.simple(folder / "a.h5", Jets([30.0] * 3, [0.1] * 3, [0.2] * 3, [0, 3])))
case("J04", None)(lambda folder: layoutfiles.simple(folder / "a.h5", Jets([30.0] * 2, [0.1] * 2, [3.1, -3.1], [0, 2])))


@case("J05", "E_LIMIT")
def _(folder):
    rng = np.random.default_rng(1)
    n = 10_000
    return layoutfiles.simple(folder / "a.h5", Jets(rng.uniform(1, 2, n), rng.normal(size=n) / 9, np.zeros(n), [0, n]))


@case("J06", None, constituents=[3])
def _(folder):
    with h5py.File(folder / "a.h5", "w") as file:
        file["pt"], file["eta"] = [[5.0, 0.0, 3.0, 3.0, 0.0]], [[0.1, 0, 0.2, 0.2, 0]]
        file["phi"] = [[0.1, 0, 0.2, 0.2, 0]]
    return folder / "a.h5"


case("J07", "E_RANGE_ETA")(one_changed("eta", 4, 11.0))


@case("J07 beam", "E_RANGE_ETA")
def _(folder):
    with h5py.File(folder / "a.h5", "w") as file:
        file["px"], file["py"], file["pz"] = [[5.0, 0.0]], [[1.0, 0.0]], [[1.0, 700.0]]
    return folder / "a.h5"


@case("J08", None, warns="MeV instead of GeV")
def _(folder):
    return simple(folder, pt=some().pt * 1000)


@case("J09", None)
def _(folder):
    wide = Jets(np.full(8, 50.0), np.tile([-3.0, 3.0], 4), np.zeros(8), np.arange(0, 9, 4))
    return layoutfiles.simple(folder / "a.h5", wide)


@case("J13", None)
def _(folder):
    return simple(folder, label=np.zeros(8, int))


@case("J10", None)
def _(folder):
    one = some(1)
    return layoutfiles.simple(
        folder / "a.h5",
        Jets(*(np.tile(getattr(one, k), 2) for k in ("pt", "eta", "phi")), [0, len(one.pt), 2 * len(one.pt)]),
    )


@case("J12", None)
def _(folder):
    return layoutfiles.simple(folder / "a.h5", some(), "padded")


# ------------------------------------------------------------------------------------------------------- the file


@case("F01", None)
def _(folder):
    return layoutfiles.simple(folder / "mine ü\n 1.h5", some())


@case("F02", None)
def _(folder):
    (folder / "link.h5").symlink_to(layoutfiles.simple(folder / "a.h5", some()))
    return folder / "link.h5"


@case("F03", "E_NOT_FILE")
def _(folder):
    os.mkfifo(folder / "a.h5")
    return folder / "a.h5"


case("F03 folder", "E_NOT_FILE")(lambda folder: folder)
case("F03 device", "E_NOT_FILE")(lambda folder: Path("/dev/zero"))
