"""Archives of arrays (npy, npz) that are wrong or hostile, by the ids of the catalogue."""

from __future__ import annotations

import warnings
import zipfile

import layoutfiles
import numpy as np
from catalogue import Canary, case, some, written


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
