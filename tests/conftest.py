"""Jets and images with known answers, random ones that look like jets, and a cache of the tests' own."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time

# The user's cache is neither read nor written; set before anything asks for it
os.environ["JETEXPLORE_CACHE"] = tempfile.mkdtemp(prefix="jetexplore-tests-")

import numpy as np
import psutil
import pytest
import visiting
from carrying import carry_out
from hypothesis import settings

from jetexplore import jets
from jetexplore.distances import compilation
from jetexplore.jets.datasets import DATASETS, Dataset

settings.register_profile("jetexplore", derandomize=True, deadline=None, database=None, max_examples=50)
settings.load_profile("jetexplore")


@pytest.fixture(scope="session", autouse=True)
def own_cache(pytestconfig):
    compiler = getattr(pytestconfig, "workerinput", {}).get("compiler")
    while compiler is not None and psutil.pid_exists(compiler) and not all(map(compilation.ready, compilation.KINDS)):
        time.sleep(0.1)  # one process compiles for all those of pytest-xdist
    for kind in compilation.KINDS:
        compilation.wait(kind)  # until then POT would answer, to other last bits
    yield os.environ["JETEXPLORE_CACHE"]
    shutil.rmtree(os.environ["JETEXPLORE_CACHE"], ignore_errors=True)


# ------------------------------------------------------------------------------------------------ order


def pytest_configure(config):
    """Hand files out in the order in which they are collected, not by how many tests they have."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Compile while the processes of pytest-xdist collect."""
    compilation.start()
    node.workerinput["compiler"] = next((one.pid for one in compilation._worker if hasattr(one, "pid")), None)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Begin with what takes long, so that no process of pytest-xdist is left with it while the others are done."""
    if not hasattr(config, "workerinput"):
        return
    long, many = set(), {}
    for item in items:
        many[item.path] = many.get(item.path, 0) + 1
        if any(item.get_closest_marker(name) for name in ("long", "notebook", "ui")):
            long.add(item.path)
    items.sort(key=lambda item: (item.path not in long, -many[item.path]))


@pytest.fixture(autouse=True)
def no_event_loop(request):
    """Hide the event loop that Playwright, once started, leaves running in this thread from tests without a browser."""
    running = None if "playwright" in request.fixturenames else asyncio._get_running_loop()
    if running is not None:
        asyncio._set_running_loop(None)
    yield
    if running is not None:
        asyncio._set_running_loop(running)


@pytest.fixture
def carried_out_at_once(monkeypatch):
    """Carry out asynchronous reactions of a page before going on."""
    import param

    monkeypatch.setattr(param.parameterized, "async_executor", carry_out)


# ------------------------------------------------------------------------------------------------ the explorer


@pytest.fixture(scope="session")
def browser_type_launch_args():
    return {"executable_path": visiting.CHROMIUM, "args": visiting.FLAGS}


@pytest.fixture(scope="session")
def served():
    """One server for all tests of this process that do not need one of their own."""
    with visiting.served() as found:
        yield found


@pytest.fixture
def server(served):
    """Give the server; what fails in it meanwhile is a failure of the test."""
    yield served
    assert not (faults := served.faults()), faults


@pytest.fixture(scope="session")
def context(browser):
    """One browser for all, as of a person who comes back: what all pages load is kept."""
    found = browser.new_context()
    yield found
    found.close()


@pytest.fixture
def page(context):
    found = context.new_page()
    found.set_viewport_size({"width": 1600, "height": 1200})
    yield found
    for one in context.pages:
        one.close()
    context.clear_permissions()


@pytest.fixture
def visitor(page, server):
    return visiting.Visitor(page, server.url)


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
