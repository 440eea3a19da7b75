"""The catalogue of bad files: how a case is kept, and sound files that others are made from.

A case is a function that writes into a folder and gives the path, and the allowed codes: the name of an error, or None
for a file that must be read (then with what is expected of it).
"""

from __future__ import annotations

import pickle
from pathlib import Path

import h5py
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
