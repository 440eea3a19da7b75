"""Damaged files by the thousand: sound files are mutated, read in workers with limits, and what came of it is counted.

    python tests/fuzzing.py FORMAT[,FORMAT] COUNT [SEED] [MINUTES]

Case ``k`` of a format and a seed is always the same file: ``mutated(format, seed, k)``.
"""

from __future__ import annotations

import contextlib
import io
import json
import mmap
import os
import random
import resource
import signal
import struct
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import NamedTuple

import h5py
import layoutfiles
import numpy as np

from jetexplore import jets
from jetexplore.errors import InputError
from jetexplore.jets import Jets, conversion

N = 12
LABELS = np.arange(N) % 2
MEMORY = 1 << 30  # bytes of addresses over what is used before
FAT = 300 << 10  # KiB over what was used before
SECONDS = 10  # of one core; longer is called a hang
SLOW = 2.0
# same: as the sound file; value: as the sound file with the changed numbers alone, which nothing protects; edited: what is
# inside was changed and the file written anew; silent: other jets than that, without a word
OUTCOMES = ("none", "refused", "same", "value", "edited", "silent", "other", "crash", "hang", "fat", "escaped")
CODE = {name: k for k, name in enumerate(OUTCOMES)}
WRONG = ("other", "crash", "hang", "fat", "escaped")


class Seed(NamedTuple):
    """A sound file."""

    content: bytes
    values: list[tuple[int, int]]  # where bytes are numbers that no checksum protects
    ending: str


# ------------------------------------------------------------------------------------------------------- sound files


def some(n=N, seed=5):
    rng = np.random.default_rng(seed)
    counts = rng.integers(2, 9, n)
    size = int(counts.sum())
    return Jets(
        rng.uniform(1, 90, size), rng.normal(0, 0.2, size), rng.normal(0, 0.2, size),
        np.concatenate([[0], np.cumsum(counts)]),
    )  # fmt: skip


def _ours(ending):
    def make(path, one):
        source = layoutfiles.parquet(path.with_name("source.parquet"), one, label=LABELS)
        path.unlink(missing_ok=True)
        conversion.convert(source, path)

    return make


def _native(path, one):
    jets.write_jets(path, one, {"process": "QCD"}, {"event": np.arange(N), "label": LABELS})


def _checkpoint(path, _):
    from jetexplore.models import checkpoints
    from jetexplore.models.autoencoder import initial
    from jetexplore.models.cards import Card

    numbers = dict.fromkeys(("loss", "distance", "divergence", "mse", "mean_image_mse"), 0.5)
    checkpoints.write(path, initial(3, 0), Card("a", "vae", 3, curve=(2.0, 1.0), **numbers))


def _mod_named(path, one):
    layoutfiles.mod(path, one, named=True)


# format: (ending, makers of its sound files, whether no wrong bit may pass)
FORMATS = {
    "native": ("npz", [_native], True),
    "simple-hdf5": ("h5", [_ours("h5")], True),
    "simple-parquet": ("parquet", [_ours("parquet")], True),
    "checkpoint": ("safetensors", [_checkpoint], True),
    "quark-gluon": ("npz", [lambda p, s: layoutfiles.quarkgluon(p, s, LABELS)], True),
    "parquet of others": ("parquet", [layoutfiles.parquet, lambda p, s: layoutfiles.parquet(p, s, "cartesian", label=LABELS)], False),
    "hdf5 of others": (
        "h5",
        [
            *(
                lambda p, s, form=form, names=names: layoutfiles.simple(p, s, form, names, label=LABELS)
                for form, names in (("flat", "polar"), ("counts", "cartesian"), ("padded", "polar"), ("cells", "polar"))
            )
        ],
        False,
    ),
    "cheng": ("h5", [layoutfiles.cheng, lambda p, s: layoutfiles.cheng(p, s, s, "objs", "f4")], False),
    "jetnet": ("hdf5", [layoutfiles.jetnet], False),
    "top-tagging": (
        "h5", [lambda p, s: layoutfiles.toptagging(p, s, LABELS), lambda p, s: layoutfiles.toptagging(p, s, LABELS, "fixed")], False,
    ),
    "mod": ("h5", [_mod_named, lambda p, s: layoutfiles.mod(p, s, "gens", False)], False),
    "aspen": ("h5", [layoutfiles.aspen], False),
    "flat": ("h5", [layoutfiles.flat, lambda p, s: layoutfiles.flat(p, s, "jet1", LABELS)], False),
    "lhco": ("h5", [lambda p, s: layoutfiles.olympics(p, s, LABELS)], False),
    "nanoaod": ("root", [layoutfiles.nanoaod, lambda p, s: layoutfiles.nanoaod(p, s, "Jet")], False),
}  # fmt: skip
_seeds: dict[str, list[Seed]] = {}


def seeds(name):
    if name not in _seeds:
        ending, makers, protected = FORMATS[name]
        made = []
        with tempfile.TemporaryDirectory() as folder:
            for k, make in enumerate(makers):
                path = Path(folder) / f"{k}.{ending}"
                make(path, some())
                content = path.read_bytes()
                values = [] if protected else _values(path, content)
                made.append(Seed(content, values, ending))
        _seeds[name] = made
    return _seeds[name]


def _values(path, content):
    """Places of numbers, by what the file says of itself."""
    found = []
    if content[:4] == b"\x89HDF":
        with h5py.File(path, "r") as file:

            def look(_, member):
                if not isinstance(member, h5py.Dataset):
                    return
                if member.chunks is None:
                    found.append(
                        (member.id.get_offset() or 0, (member.id.get_offset() or 0) + member.id.get_storage_size())
                    )
                else:
                    for k in range(member.id.get_num_chunks()):
                        place = member.id.get_chunk_info(k)
                        found.append((place.byte_offset, place.byte_offset + place.size))

            file.visititems(look)
        at = content.find(b"GCOL")
        while at >= 0:  # numbers of cells lie behind the head of each object
            size, here = struct.unpack_from("<Q", content, at + 8)[0], at + 16
            while here < at + size:
                index, _, length = struct.unpack_from("<HHxxxxQ", content, here)
                if index == 0:
                    break
                found.append((here + 16, here + 16 + length))
                here += 16 + -(-length // 8) * 8
            at = content.find(b"GCOL", at + 4)
    elif content[:4] == b"PAR1":
        found.append((4, len(content) - 8 - struct.unpack("<I", content[-8:-4])[0]))  # pages and their heads
    elif content[:4] == b"root":
        import uproot

        with uproot.open(path) as file:
            for branch in file["Events"].branches:
                for seek, size in zip(branch.member("fBasketSeek"), branch.member("fBasketBytes"), strict=True):
                    found.append((int(seek), int(seek) + int(size)))
    return sorted(one for one in found if one[1] > one[0])


# --------------------------------------------------------------------------------------------------------- mutations

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
            archive.writestr(title, text)
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


# ----------------------------------------------------------------------------------------------------------- workers


def result(path):
    """All that is read of a file, to compare."""
    if path.suffix == ".safetensors":
        from jetexplore.models import weightfile

        found = weightfile.read(path)
        return [
            (key, array.dtype.str, array.shape, array.tobytes()) for key, array in sorted(found.weights.items())
        ], found.card
    found = jets.read(path)
    some = found.jets
    assert np.isfinite(some.pt).all()
    assert np.isfinite(some.eta).all()
    assert np.isfinite(some.phi).all()
    assert (some.pt > 0).all()
    assert some.offsets[0] == 0
    assert some.offsets[-1] == len(some.pt)
    assert (np.diff(some.offsets) > 0).all()
    assert found.label is None or len(found.label) == len(some)
    label = None if found.label is None else found.label.tolist()
    return some.pt.tobytes(), some.eta.tobytes(), some.phi.tobytes(), some.offsets.tolist(), label, found.event.tolist()


def _watch(allowed, escapes):
    quiet = {"os.system", "os.exec", "os.fork", "os.posix_spawn", "subprocess.Popen", "socket.connect", "socket.getaddrinfo",
             "pickle.find_class", "os.remove", "os.rename", "shutil.rmtree"}  # fmt: skip

    def watch(event, given):
        if event == "open" and isinstance(given[2], int) and given[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            if not isinstance(given[0], int) and not os.fspath(given[0]).startswith(allowed) and given[0] != os.devnull:
                escapes.append((event, repr(given[0])))
        elif event in quiet:
            escapes.append((event, repr(given)[:200]))

    sys.addaudithook(watch)


def _work(name, seed, first, last, outcomes, progress, folder, log):
    """Run cases in this process, which may not come to its end."""
    ending = FORMATS[name][0]
    # of files within the folder of the format, by one name: messages are the same
    sound, path = {}, folder / f"case-{os.getpid()}.{ending}"

    def read(content):
        path.write_bytes(content)
        return result(path)

    for one in seeds(name):
        sound[one.content] = read(one.content)
        with contextlib.suppress(InputError):
            read(one.content[:-1])
    escapes: list = []
    _watch(str(folder), escapes)
    used = int(
        next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmSize")).split()[
            1
        ]
    )
    resource.setrlimit(resource.RLIMIT_AS, ((used << 10) + MEMORY,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for k in range(first, last):
        content, allowed = mutated(name, seed, k)
        progress[0:8] = struct.pack("<q", k)
        began, told = time.process_time(), ""
        try:
            found = read(content)
            if allowed is None:
                outcome = "edited"
            elif allowed in sound:
                outcome = "same" if found == sound[allowed] else "silent"
            else:
                with contextlib.suppress(InputError):
                    outcome = "silent"
                    outcome = "value" if found == read(allowed) else "silent"
        except InputError as error:
            outcome = "refused"
            if error.code == "E_CRASH" or not str(error).isprintable():
                told = str(error)
        except BaseException as error:  # noqa: BLE001  whatever comes is what is looked for
            import traceback

            outcome, told = "other", f"{error!r} {traceback.format_exc()[-600:]}"
        took = time.process_time() - began
        if escapes:
            outcome, told = "escaped", repr(escapes)
            escapes.clear()
        fat = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base > FAT
        if fat:
            outcome = "fat"
        outcomes[k] = CODE[outcome]
        if outcome in WRONG or told or took > SLOW:
            with log.open("a") as stream:
                stream.write(json.dumps([name, seed, k, outcome, round(took, 2), told]) + "\n")
        if fat:
            break
    path.unlink()


def _seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(name, count, seed=0, until=None, batch=2000, folder=None):
    """Run cases in forked workers: counts by outcome, and what was written down of those that went wrong."""
    outcomes, progress = mmap.mmap(-1, max(count, 1)), mmap.mmap(-1, 8)
    seeds(name)
    base = Path(folder or tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    log = base / "log.jsonl"
    log.touch()
    first = 0
    while first < count and (until is None or time.monotonic() < until):
        last = min(first + batch, count)
        progress[0:8] = struct.pack("<q", first)
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                with Path(os.devnull).open("w") as null:
                    os.dup2(null.fileno(), 1)
                    if "FUZZ_DEBUG" not in os.environ:
                        os.dup2(null.fileno(), 2)
                _work(name, seed, first, last, outcomes, progress, base, log)
                code = 0
            finally:
                if code and "FUZZ_DEBUG" in os.environ:
                    import traceback

                    traceback.print_exc()
                os._exit(code)
        at, since = -1, 0.0
        while True:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                break
            here = struct.unpack("<q", progress[0:8])[0]
            used = _seconds(pid)
            if here != at:
                at, since = here, used
            elif used - since > SECONDS:
                outcomes[here] = CODE["hang"]
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                status = None
                break
            time.sleep(0.02)
        here = struct.unpack("<q", progress[0:8])[0]
        if status is None or (os.WIFSIGNALED(status) and outcomes[here] == 0):
            outcomes[here] = outcomes[here] or CODE["crash"]
            with log.open("a") as stream:
                stream.write(json.dumps([name, seed, here, OUTCOMES[outcomes[here]], 0, repr(status)]) + "\n")
            first = here + 1
        elif status:
            if outcomes[here] == 0:
                outcomes[here] = CODE["other"]
                with log.open("a") as stream:
                    stream.write(json.dumps([name, seed, here, "other", 0, f"status {status}"]) + "\n")
            first = here + 1
        else:
            first = here + 1 if OUTCOMES[outcomes[here]] == "fat" else last
    counts = {title: outcomes[:count].count(bytes([k])) for title, k in CODE.items()}
    silent = [k for k in range(count) if outcomes[k] == CODE["silent"]]
    told = [json.loads(line) for line in log.read_text().splitlines()]
    for left in base.glob("case-*"):
        left.unlink()
    if folder is None:
        log.unlink()
        base.rmdir()
    return {title: n for title, n in counts.items() if n}, told, silent


if __name__ == "__main__":
    names = list(FORMATS) if sys.argv[1] == "all" else sys.argv[1].split(",")
    number, start = int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0
    minutes = float(sys.argv[4]) if len(sys.argv) > 4 else None
    for title in names:
        began, cpu = time.monotonic(), sum(os.times()[:4])
        counts, told, silent = run(title, number, start, None if minutes is None else began + 60 * minutes)
        for line in told:
            print("   ", json.dumps(line)[:1000], flush=True)
        rate = (number - counts.get("none", 0)) / max(sum(os.times()[:4]) - cpu, 1e-9)
        print(
            json.dumps(
                {
                    "format": title,
                    **counts,
                    "per_core_s": round(rate, 1),
                    "wall_s": round(time.monotonic() - began, 1),
                    "silent_first": silent[:30],
                }
            ),
            flush=True,
        )
