"""Small files in the public layouts, written the way their authors do: the same jets in each."""

from __future__ import annotations

import h5py
import numpy as np

from jetexplore.jets import Jets, lhco


def cartesian(jets):
    """(n, 4) of (E, px, py, pz)."""
    return np.stack(
        [
            jets.pt * np.cosh(jets.eta),
            jets.pt * np.cos(jets.phi),
            jets.pt * np.sin(jets.phi),
            jets.pt * np.sinh(jets.eta),
        ],
        axis=1,
    )


def padded(jets, values, m=None):
    """(n, m, k), zeros after the constituents."""
    values = values.reshape(len(jets.pt), -1)
    table = np.zeros((len(jets), m or jets.counts.max(), values.shape[1]))
    place = np.arange(len(jets.pt)) - jets.offsets[jets.jet]
    table[jets.jet, place] = values
    return table


def vlen(jets, values):
    cells = np.empty(len(jets), dtype=object)
    for i, (a, b) in enumerate(zip(jets.offsets[:-1], jets.offsets[1:], strict=True)):
        cells[i] = np.ascontiguousarray(values[a:b]).ravel()
    return cells


def cheng(path, jets, second=None, group="objects", dtype="f8"):
    some = [jets] + ([second] if second is not None else [])
    with h5py.File(path, "w") as file:
        made = file.create_dataset(
            f"{group}/jets/constituents", (len(jets), len(some)), h5py.vlen_dtype(np.dtype(dtype))
        )
        for k, one in enumerate(some):
            five = np.column_stack([cartesian(one), np.full(len(one.pt), 7.0)])
            for i, cell in enumerate(vlen(one, five)):
                made[i, k] = cell
        file[f"{group}/jets/obs"] = np.zeros((len(jets), len(some), 9))
    return path


def flat(path, jets, key="table", labels=None):
    with h5py.File(path, "w") as file:
        file[key] = padded(jets, cartesian(jets)).reshape(len(jets), -1).astype("f4")
        if labels is not None:
            file["labels"] = labels
    return path


def toptagging(path, jets, labels, form="table"):
    rows = np.zeros((len(jets), 804), dtype="f4")
    rows[:, :800] = padded(jets, cartesian(jets), 200).reshape(len(jets), -1)
    rows[:, 800:] = 1e5 * labels[:, None]  # the truth top: never a jet
    marks = np.column_stack([np.zeros(len(jets), int), labels])
    with h5py.File(path, "w") as file:
        if form == "fixed":
            file["table/block0_values"], file["table/block1_values"] = rows, marks
            return path
        kind = [("index", "i8"), ("values_block_0", "f4", (804,)), ("values_block_1", "i8", (2,))]
        table = np.zeros(len(jets), dtype=kind)
        table["values_block_0"], table["values_block_1"] = rows, marks
        made = file.create_dataset("table/table", data=table, chunks=(4,), compression="gzip")
        made.attrs["values_block_0_kind"] = np.bytes_(b"(lp1\nVE_0\np2\naVPX_0\np3\na.")  # as PyTables leaves it
        file["table"].attrs["name"] = np.bytes_(b"N.")
    return path


def jetnet(path, jets, m=30):
    whole = jets.momenta()
    relative = np.column_stack(
        [
            jets.eta - whole.eta[jets.jet],
            jets.phi,
            jets.pt / whole.pt[jets.jet],
            np.ones(len(jets.pt)),
        ]
    )
    table = padded(jets, relative, max(m, jets.counts.max()))
    with h5py.File(path, "w") as file:
        file["particle_features"] = table
        file["jet_features"] = np.column_stack([whole.pt, whole.eta, whole.mass, jets.counts])
    return path


def mod(path, jets, part="pfcs", named=True):
    with h5py.File(path, "w") as file:
        rows = np.column_stack([jets.pt, jets.eta, jets.phi, np.zeros(len(jets.pt)), np.full(len(jets.pt), 211)])
        particles = file.create_dataset(part, data=rows, compression="gzip")
        if named:
            particles.attrs.create("cols", np.array(["pt", "y", "phi", "m", "pid"], dtype="S"))
        file[f"{part}_index"] = jets.offsets.astype(np.uint32)
        file["jets_i"], file["jets_f"] = np.zeros((len(jets), 3)), np.zeros((len(jets), 5))
    return path


def aspen(path, jets):
    four = cartesian(jets)
    rows = np.column_stack([four[:, 1:], four[:, :1], np.zeros((len(jets.pt), 7))])
    with h5py.File(path, "w") as file:
        file["PFCands"], file["jet_kinematics"] = padded(jets, rows, 150), np.zeros((len(jets), 4))
    return path


def quarkgluon(path, jets, labels):
    """Massive pions and photons: rapidities are not pseudorapidities."""
    codes = np.where(np.arange(len(jets.pt)) % 2, 211, 22)
    mass = np.where(codes == 211, 0.13957, 0.0)
    energy = np.sqrt((jets.pt * np.cosh(jets.eta)) ** 2 + mass**2)
    rapidity = np.arctanh(jets.pt * np.sinh(jets.eta) / energy)
    np.savez_compressed(path, X=padded(jets, np.column_stack([jets.pt, rapidity, jets.phi, codes])), y=labels * 1.0)
    return path


def olympics(path, jets, labels=None):
    """Events of two jets, the second opposite to the first."""
    parts = [np.concatenate([getattr(jets, name), getattr(jets, name)]) for name in ("pt", "eta")]
    phi = np.concatenate([jets.phi, jets.phi + np.pi])
    event = np.concatenate([jets.jet, jets.jet])
    order = np.argsort(event, kind="stable")
    events = Jets(parts[0][order], parts[1][order], phi[order], 2 * jets.offsets)
    lhco.write_events(path, [events], labels=None if labels is None else [labels])
    return path


def nanoaod(path, jets, part="FatJet", trees=("Events",), shorter=None):
    """An entry an event of one jet, its candidates in reverse, and one candidate that belongs to none."""
    import awkward as ak
    import uproot

    lists = {
        name: ak.Array([[0.5, *getattr(jets[i], name)[::-1].tolist()] for i in range(len(jets))])
        for name in ("pt", "eta", "phi")
    }
    index = ak.Array([list(range(n, 0, -1)) for n in jets.counts.tolist()])
    if shorter is not None:
        lists["eta"] = lists["eta"][:, :-1]
    with uproot.recreate(path) as file:
        for tree in trees:
            data = {f"PFCands_{name}": values for name, values in lists.items()}
            data |= {f"{part}PFCands_jetIdx": index * 0, f"{part}PFCands_pFCandsIdx": index}
            file.mktree(tree, {name: values.type.content for name, values in data.items()}).extend(data)
    return path


def simple(path, jets, form="flat", names="polar", prefix="", **beside):
    four = cartesian(jets)
    columns = {"pt": jets.pt, "eta": jets.eta, "phi": jets.phi}
    if names == "cartesian":
        columns = dict(zip(("px", "py", "pz"), four[:, 1:].T, strict=True))
    with h5py.File(path, "w") as file:
        for name, values in columns.items():
            at = f"{prefix}{name}"
            if form == "padded":
                file[at] = padded(jets, values)[:, :, 0]
            elif form == "cells":
                made = file.create_dataset(at, (len(jets),), h5py.vlen_dtype(np.float64))
                made[:] = vlen(jets, values)
            else:
                file[at] = values
        if form in ("flat", "counts"):
            file[f"{prefix}{'offsets' if form == 'flat' else 'counts'}"] = (
                jets.offsets if form == "flat" else jets.counts
            )
        for name, values in beside.items():
            file[name] = values
    return path


def parquet(path, jets, names="polar", kind="list", **beside):
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {"pt": jets.pt, "eta": jets.eta, "phi": jets.phi}
    if names == "cartesian":
        columns = dict(zip(("px", "py", "pz"), cartesian(jets)[:, 1:].T, strict=True))
    made = {}
    for name, values in columns.items():
        if kind == "padded":
            table = padded(jets, values)[:, :, 0]
            made[name] = pa.FixedSizeListArray.from_arrays(pa.array(table.ravel()), table.shape[1])
        else:
            made[name] = pa.ListArray.from_arrays(pa.array(jets.offsets, pa.int32()), pa.array(values))
    pq.write_table(pa.table(made | {name: pa.array(values) for name, values in beside.items()}), path)
    return path
