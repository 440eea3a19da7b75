"""Parquet and ROOT files that are wrong or hostile, by the ids of the catalogue."""

from __future__ import annotations

import awkward as ak
import layoutfiles
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import uproot
from catalogue import case, some, written

from jetexplore.jets import conversion


def parquet(folder, **columns):
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
    values = pa.array(np.zeros(1 << 20))
    column = pa.LargeListArray.from_arrays(pa.array(np.arange(0, (1 << 20) + 1, 1 << 10)), values)
    table = pa.table({"pt": column, "eta": column, "phi": column})
    with pq.ParquetWriter(folder / "a.parquet", table.schema, compression="zstd", compression_level=19) as made:
        for _ in range(12):
            made.write_table(table)
    return folder / "a.parquet"


@case("P06", "E_CORRUPT_CHUNK", "E_TRUNCATED")
def _(folder):
    jets = some(400)
    conversion.convert(layoutfiles.simple(folder / "b.h5", jets), folder / "a.parquet")
    content = bytearray((folder / "a.parquet").read_bytes())
    content[len(content) // 4] ^= 1
    return written(folder / "a.parquet", bytes(content))


# ---------------------------------------------------------------------------------------------------- ROOT


@case("R01", "E_BRANCH", says="PFCands_pt")
def _(folder):
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
