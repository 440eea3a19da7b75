"""Jets and images with known answers, random ones that look like jets, and a cache of the tests' own."""

from __future__ import annotations

import os
import shutil
import tempfile

# The user's cache is neither read nor written; set before anything asks for it
os.environ["JETEXPLORE_CACHE"] = tempfile.mkdtemp(prefix="jetexplore-tests-")

import numpy as np
import pytest
from hypothesis import settings

from jetexplore import jets
from jetexplore.distances import compilation
from jetexplore.jets.datasets import DATASETS, Dataset

settings.register_profile("jetexplore", derandomize=True, deadline=None, database=None, max_examples=50)
settings.load_profile("jetexplore")


@pytest.fixture(scope="session", autouse=True)
def own_cache():
    for kind in compilation.KINDS:
        compilation.wait(kind)  # until then POT would answer, to other last bits
    yield os.environ["JETEXPLORE_CACHE"]
    shutil.rmtree(os.environ["JETEXPLORE_CACHE"], ignore_errors=True)


@pytest.fixture
def rng():
    return np.random.default_rng(20210331)


def make_jets(n, seed=0, prongs=3, axis_phi=None, axis_eta=None, pt=(550.0, 650.0)):
    """Jets of 8 to 60 constituents in 1 to ``prongs`` bunches, at generic places, anywhere in phi."""
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(n):
        size = int(rng.integers(8, 61))
        number = int(rng.integers(1, prongs + 1))
        places = rng.uniform(-0.45, 0.45, (number, 2))
        eta, phi = (places[rng.integers(number, size=size)] + rng.normal(0, 0.08, (size, 2))).T
        share = rng.exponential(size=size) ** 2 + 1e-4
        eta += rng.uniform(-1.8, 1.8) if axis_eta is None else axis_eta
        phi += rng.uniform(-np.pi, np.pi) if axis_phi is None else axis_phi
        parts.append((share / share.sum() * rng.uniform(*pt), eta, jets.wrap(phi)))
    offsets = np.concatenate([[0], np.cumsum([len(part[0]) for part in parts])])
    return jets.Jets(*(np.concatenate(column) for column in zip(*parts, strict=True)), offsets)


@pytest.fixture(scope="session")
def random_jets():
    """Give the maker of random jets: ``random_jets(n, seed)``."""
    return make_jets


@pytest.fixture(scope="session")
def point_images():
    """Give the maker of images with all in one pixel: distances between them are those of the pixels."""

    def make(places, npix=40):
        images = np.zeros((len(places), npix, npix))
        for image, place in zip(images, places, strict=True):
            image[tuple(place)] = 1.0
        return images

    return make


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """Name of a data set of random jets, declared like the committed one: enough for two draws of 700 QCD jets."""
    folder = tmp_path_factory.mktemp("small")
    plan = {
        "test": {"QCD": (60, 1, 1), "Top": (40, 2, 3), "W": (30, 3, 2)},
        "reference": {"QCD": (1400, 4, 1), "Top": (700, 5, 3)},
    }
    files = {}
    for split, classes in plan.items():
        for name, (n, seed, prongs) in classes.items():
            path = folder / f"{name}_{split}.npz"
            jets.write_jets(path, make_jets(n, seed, prongs), {"process": name})
            files.setdefault(split, {})[name] = str(path)
    DATASETS["small"] = Dataset(files, "simulated here", "random jets of the tests", "none", "CC0-1.0")
    yield "small"
    del DATASETS["small"]
