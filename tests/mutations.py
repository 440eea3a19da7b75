"""Damage: bits, bytes and pieces of a sound file are changed, or what is inside, and the file written anew around it.

Case ``k`` of a format and a seed is always the same file: ``mutated(format, seed, k)``.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import struct
import zipfile

import h5py
import numpy as np
from soundfiles import seeds

INTERESTING = (0, 1, 2, 7, 8, 127, 128, 255, 256, 1000, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**48, 2**62,
               2**63 - 1, 2**63, 2**64 - 1)  # fmt: skip


def _place(draw, seed):
    """A place: half of the time among what is no number."""
    size = len(seed.content)
    at = draw.randrange(size)
    if draw.random() < 0.6:
        for _ in range(20):
            if not any(a <= at < b for a, b in seed.values):
                break
            at = draw.randrange(size)
    if draw.random() < 0.25:  # heads, directories and footers
        at = draw.choice([draw.randrange(min(size, 1024)), size - 1 - draw.randrange(min(size, 512))])
    return at


def _bytes(draw, seed):
    content = bytearray(seed.content)
    for _ in range(draw.choice([1, 1, 1, 2, 3, 8])):
        at, how = _place(draw, seed), draw.randrange(4)
        if how == 0:
            content[at] ^= 1 << draw.randrange(8)
        elif how == 1:
            content[at] = draw.choice([0, 1, 0x7F, 0x80, 0xFF, draw.randrange(256)])
        else:
            width = draw.choice([2, 4, 8])
            at = at // width * width if draw.random() < 0.7 else at
            old = int.from_bytes(content[at : at + width], "little")
            new = draw.choice([*INTERESTING, old + 1, old - 1, old * 2, old << 16, len(content), at]) % (1 << 8 * width)
            order = "little" if draw.random() < 0.8 else "big"
            content[at : at + width] = new.to_bytes(width, order)[: len(content) - at]
    return bytes(content)


def _pieces(draw, seed):
    content, size = seed.content, len(seed.content)
    a, length = _place(draw, seed), draw.choice([1, 4, 8, 16, 64, 512, draw.randrange(1, size)])
    b, part = _place(draw, seed), content[a : a + length]
    how = draw.randrange(7)
    if how == 0:
        return content[:a]
    if how == 1:
        return content + bytes(length) if draw.random() < 0.5 else content + part
    if how == 2:
        return content[:a] + content[a + length :]
    if how == 3:
        return content[:b] + part + content[b:]
    if how == 4:
        return content[:b] + part + content[b + len(part) :]
    filling = bytes(len(part)) if how == 5 else draw.randbytes(len(part))
    return content[:a] + filling + content[a + len(part) :]


def _inside(draw, seed):
    """Change what is inside, and let the file be whole around it."""
    if seed.content[:2] == b"PK":
        return _inside_npz(draw, seed.content)
    if seed.content[:4] == b"\x89HDF":
        return _inside_hdf5(draw, seed.content)
    if seed.content[:4] == b"PAR1":
        return _inside_parquet(draw, seed.content)
    if seed.ending == "safetensors":
        return _inside_safetensors(draw, seed.content)
    return _bytes(draw, seed)


def _inside_npz(draw, content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    name, other = draw.choice(list(members)), draw.choice(list(members))
    how = draw.randrange(8)
    if how == 0:
        del members[name]
    elif how == 1:
        members[name] = members[other]
    elif how == 2:
        text = members[name]
        members[name] = draw.choice([text[: draw.randrange(len(text))], text + bytes(8), b""])
    elif how == 3:
        members[draw.choice(["../x.npy", "/x.npy", "x", "/", "a" * 300 + ".npy", "X.npy", "y.npy", "a:b.npy"])] = (
            members[other]
        )
    elif how in (4, 5):  # its head
        old, new = draw.choice(
            [(b"<f", b">f"), (b"<f8", b"<c8"), (b"<f8", b"|O8"), (b"<i8", b"<M8"), (b"False", b"True "), (b"f8", b"f4"),
             (b"(", b"(("), (b",)", b",9)"), (b"(", b"(-"), (b"shape", b"shapo"), (b"}", b" "), (b"1", b"9"), (b"'", b'"'),
             (b"(", b"(9999999999,"), (b"<f2", b"<u2"), (b"i", b"u")]
        )  # fmt: skip
        head, rest = members[name][:128], members[name][128:]
        members[name] = head.replace(old, new, 1) + rest
    else:
        text = bytearray(members[name])
        for _ in range(draw.choice([1, 1, 4])):
            text[draw.randrange(len(text))] = draw.randrange(256)
        members[name] = bytes(text)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", draw.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
        for title, text in members.items():
            archive.writestr(zipfile.ZipInfo(title), text, archive.compression)  # with no date of today
    return out.getvalue()


def _inside_hdf5(draw, content):
    stream = io.BytesIO(content)
    with h5py.File(stream, "r+") as file:
        names: list[str] = []
        file.visititems(lambda name, member: names.append(name) if isinstance(member, h5py.Dataset) else None)
        name, other = draw.choice(names), draw.choice(names)
        member, how = file[name], draw.randrange(9)
        plain = member.dtype.kind in "fiu"
        if how == 0:
            del file[name]
        elif how == 1:
            with contextlib.suppress(ValueError):  # that name may be taken
                file.move(name, draw.choice([name.upper(), f"{name}2", f"a/{name}", "pt", "table", "X", "label"]))
        elif how == 2 and plain:
            values = member[()]
            del file[name]
            kinds = ["f2", "f4", ">f8", "i4", "u1", "c16", "?", "S3", "i8", "f8"]
            with np.errstate(all="ignore"):
                file[name] = values.astype(draw.choice(kinds))
        elif how == 3 and plain:
            values = member[()]
            del file[name]
            file[name] = draw.choice(
                [
                    values[:-1],
                    values[:0],
                    values.ravel(),
                    values[None],
                    np.concatenate([values, values]),
                    values.T,
                    values[::-1],
                ]
            )
        elif how == 4 and name != other:
            del file[name]
            file[name] = draw.choice(
                [
                    h5py.SoftLink(f"/{other}"),
                    h5py.ExternalLink("/etc/hostname", "/x"),
                    file[other],
                    h5py.SoftLink(f"/{name}"),
                ]
            )
        elif how == 5:
            text = draw.choice([b"\x80\x04cos\nsystem\n.", b"cposix\nsystem\n.", b"x" * 70000, b"N.", "ü", 3.0])
            draw.choice([file, member]).attrs[draw.choice(["PSEUDOATOM", "cols", "name", "jetexplore", "classes"])] = (
                np.bytes_(text[:60000]) if isinstance(text, bytes) else text
            )
        elif how == 6:
            del file[name]
            file.create_dataset(name, (10 ** draw.randrange(1, 10), 5), "f8", chunks=(1, 5))
        elif plain and member.size:
            values = member[()]
            if member.dtype.kind == "f":
                values.flat[draw.randrange(values.size)] = draw.choice(
                    [np.nan, np.inf, -1.0, 0.0, 1e30, 1e-30, 11.0, 7e5]
                )
            else:
                values.flat[draw.randrange(values.size)] = draw.choice(
                    [0, 1, 99, np.iinfo(values.dtype).max, np.iinfo(values.dtype).min]
                )
            member[...] = values
    return stream.getvalue()


def _inside_parquet(draw, content):
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(content))
    name = draw.choice(table.column_names)
    at, column, how = table.column_names.index(name), table.column(name), draw.randrange(7)
    if how == 0:
        table = table.drop_columns([name])
    elif how == 1:
        table = table.rename_columns([draw.choice([one.upper(), one, "pt", one + "x"]) for one in table.column_names])
    elif how == 2:
        rows = column.to_pylist()
        k = draw.randrange(len(rows))
        rows[k] = (
            draw.choice([None, rows[k - 1], [None], [], [float("nan")] * 3])
            if isinstance(rows[k], list)
            else draw.choice([None, -7, 10**12])
        )
        with contextlib.suppress(pa.ArrowException):
            table = table.set_column(at, name, pa.array(rows, column.type))
    elif how == 3:
        kind = draw.choice([pa.string(), pa.int8(), pa.list_(pa.string()), pa.list_(pa.float16()), pa.list_(pa.list_(pa.float64())),
                            pa.large_list(pa.float32()), pa.list_(pa.int64()), pa.struct([("a", pa.int8())]), pa.binary()])  # fmt: skip
        with contextlib.suppress(pa.ArrowException, ValueError, TypeError):
            table = table.set_column(at, name, column.cast(kind, safe=False))
    elif how == 4:
        table = table.slice(0, draw.randrange(len(table)))
    elif how == 5:
        table = pa.concat_tables([table] * draw.randrange(2, 6))
    else:
        table = table.append_column(draw.choice([name, "label", "class", "event", "px"]), column)
    out = io.BytesIO()
    try:
        pq.write_table(table, out, compression=draw.choice(["none", "snappy", "zstd", "gzip"]), use_dictionary=draw.random() < 0.5,
                       row_group_size=draw.choice([1, 5, 1000]), data_page_version=draw.choice(["1.0", "2.0"]))  # fmt: skip
    except (pa.ArrowException, ValueError):
        return content[:-1]
    return out.getvalue()


def _inside_safetensors(draw, content):
    length = int.from_bytes(content[:8], "little")
    header, body = json.loads(content[8 : 8 + length]), content[8 + length :]
    names = [name for name in header if name != "__metadata__"]
    name, other, how = draw.choice(names), draw.choice(names), draw.randrange(6)
    if how == 0:
        header[name], header[other] = header[other], header[name]
    elif how == 1:
        header[name]["dtype"] = draw.choice(["F64", "F32", "I16", "BF16", "F8_E4M3", "X", 3, None])
    elif how == 2:
        header[name]["shape"] = draw.choice(
            [[], [0], [-1, 2], header[name]["shape"][::-1], [1 << 62] * 2, "a", None, [*header[name]["shape"], 1]]
        )
    elif how == 3:
        header[name]["data_offsets"] = draw.choice(
            [[0, 0], [8, 0], [-8, 8], header[other]["data_offsets"], [0, 1 << 62], [0.5, 1], None]
        )
    elif how == 4:
        header["__metadata__"] = draw.choice(
            [{}, {"card": 3}, {"card": "{}"}, None, [], {"card": "[" * 5000}, {"sha256": "0"}]
        )
    else:
        del header[name]
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def mutated(name, seed, k):
    """The file of a case: its content, and what it may be read as; None where a whole file was written anew."""
    draw = random.Random(f"{name} {seed} {k}")
    sound = draw.choice(seeds(name))
    how = draw.random()
    if how < 0.15:
        return _inside(draw, sound), None
    content = (_bytes if how < 0.75 else _pieces)(draw, sound)
    allowed = bytearray(sound.content)
    if len(content) == len(allowed):
        for a, b in sound.values:
            allowed[a:b] = content[a:b]
    return content, bytes(allowed)
