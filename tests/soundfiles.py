"""Small sound files of every format, and where in them bytes are numbers that no checksum protects."""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path
from typing import NamedTuple

import h5py
import layoutfiles
import numpy as np

from jetexplore import jets
from jetexplore.jets import Jets, conversion

N = 12
LABELS = np.arange(N) % 2


class Seed(NamedTuple):
    """A sound file."""

    content: bytes
    values: list[tuple[int, int]]  # where bytes are numbers that no checksum protects
    ending: str


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
