"""Counts of pairs in pixels: the same by any means, and no module half imported."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from jetexplore.views import raster


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40))
def test_datashader_and_bincount_count_alike(seed, rows, columns):
    rng = np.random.default_rng(seed)
    x, y = rng.gamma(2, size=(2, 500)).astype(np.float32)
    low, high = np.sort(rng.uniform(0, 5, (2, 2)), axis=0)
    bounds = (low[0], low[1], high[0] + 0.1, high[1] + 0.1)
    np.testing.assert_array_equal(
        raster.binned(x, y, bounds, (rows, columns)), raster.datashaded(x, y, bounds, (rows, columns))
    )


def test_points_on_the_upper_edge_count():
    edge = np.float32([0.0, 1.0])
    for count in (raster.binned, raster.datashaded):
        assert count(edge, edge, (0.0, 0.0, 1.0, 1.0), (3, 3)).tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 1]]


def test_while_datashader_is_imported_no_module_is_half_there_that_fails_in_the_end():
    code = """
import importlib.util, sys, threading
import holoviews as hv, numpy as np
hv.extension("bokeh")
from jetexplore.views import raster
thread, seen = raster.warm(), 0
while thread.is_alive():
    seen += "dask.dataframe" in sys.modules
    hv.Image(np.zeros((2, 2))).dataset  # asks every kind of data that is loaded
    thread.join(0.005)
print(seen if importlib.util.find_spec("pyarrow") is None else 0, raster._compiled.is_set(), len(sys.meta_path))
from importlib.machinery import PathFinder
print(type(sys.meta_path[0]).__name__)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, last = done.stdout.strip().splitlines()[-2:]
    assert first.split()[:2] == ["0", "True"]
    assert last != "_NoDaskFrames"
