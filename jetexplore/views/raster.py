"""How many points fall in each pixel? Datashader once it is compiled, an equal count in NumPy until then.

Datashader compiles its aggregation on first use, for seconds, in every new process. `warm` does so in the background,
and the first pictures are counted with ``numpy.bincount``, pixel for pixel the same.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np

_compiled = threading.Event()


def counts(
    x: np.ndarray, y: np.ndarray, bounds: tuple[float, float, float, float], shape: tuple[int, int]
) -> np.ndarray:
    """Count points in each pixel.

    Parameters
    ----------
    x, y : ndarray, shape (n,), float32
        Coordinates.
    bounds : tuple of float
        Left, bottom, right, top; points on the right and top edge belong to the last pixel.
    shape : tuple of int
        Rows, columns.

    Returns
    -------
    ndarray, shape (rows, columns), uint32
        Lowest row first.

    Examples
    --------
    >>> counts(np.float32([0.1, 0.9, 1.0]), np.float32([0.1, 0.1, 1.0]), (0, 0, 1, 1), (2, 2)).tolist()
    [[1, 1], [0, 1]]
    """
    return (datashaded if _compiled.is_set() else binned)(x, y, bounds, shape)


def binned(
    x: np.ndarray, y: np.ndarray, bounds: tuple[float, float, float, float], shape: tuple[int, int]
) -> np.ndarray:
    """Count as `counts` does, with ``numpy.bincount``.

    Parameters
    ----------
    x, y, bounds, shape
        As in `counts`.

    Returns
    -------
    ndarray, shape (rows, columns), uint32
        Lowest row first.
    """
    left, bottom, right, top = bounds
    rows, columns = shape
    inside = (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
    column = _pixel(x[inside], left, right, columns)
    row = _pixel(y[inside], bottom, top, rows)
    return np.bincount(row * columns + column, minlength=rows * columns).reshape(shape).astype(np.uint32)


def datashaded(
    x: np.ndarray, y: np.ndarray, bounds: tuple[float, float, float, float], shape: tuple[int, int]
) -> np.ndarray:
    """Count as `counts` does, with datashader.

    Parameters
    ----------
    x, y, bounds, shape
        As in `counts`.

    Returns
    -------
    ndarray, shape (rows, columns), uint32
        Lowest row first.
    """
    import datashader
    import pandas as pd

    left, bottom, right, top = bounds
    canvas = datashader.Canvas(shape[1], shape[0], x_range=(left, right), y_range=(bottom, top))
    frame = pd.DataFrame({"x": x, "y": y}, copy=False)
    return canvas.points(frame, "x", "y", agg=datashader.count()).to_numpy()


def window(
    x_range: tuple | None, y_range: tuple | None, full: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """Take what is shown of a plane from the ranges a browser reports, whatever they are.

    Parameters
    ----------
    x_range, y_range : tuple of float or None
        As reported; not used unless finite and rising.
    full : tuple of float
        Left, bottom, right, top of everything.

    Returns
    -------
    tuple of float
        Left, bottom, right, top.

    Examples
    --------
    >>> window((0.5, 0.2), (0.0, 0.5), (0.0, 0.0, 1.0, 1.0))
    (0.0, 0.0, 1.0, 0.5)
    """
    ranges = [x_range or (full[0], full[2]), y_range or (full[1], full[3])]
    (left, right), (bottom, top) = (
        pair if np.isfinite(pair).all() and pair[1] > pair[0] else (full[axis], full[axis + 2])
        for axis, pair in enumerate(ranges)
    )
    return left, bottom, right, top


@cache
def warm() -> threading.Thread:
    """Compile datashader's count in the background; from then on `counts` uses it.

    Returns
    -------
    threading.Thread
        Already started; the same one at every call.
    """

    def compile_count() -> None:
        with _without_dask_frames():
            import datashader  # noqa: F401
        datashaded(np.zeros(2, np.float32), np.zeros(2, np.float32), (0.0, 0.0, 1.0, 1.0), (2, 2))
        _compiled.set()

    thread = threading.Thread(target=compile_count, daemon=True, name="datashader-warm")
    thread.start()
    return thread


@contextmanager
def _without_dask_frames() -> Iterator[None]:
    """Let nothing begin to import ``dask.dataframe`` that cannot be imported.

    Datashader tries it. Without pyarrow that fails, but only after a second in which the module is half there:
    HoloViews on the event loop takes it for loaded, fails on it, too, and whatever was being drawn is lost.
    """
    if importlib.util.find_spec("pyarrow"):
        yield
        return
    finder = _NoDaskFrames()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _NoDaskFrames(importlib.abc.MetaPathFinder):
    def find_spec(self, name: str, path: object = None, target: object = None) -> None:  # noqa: ARG002
        if name == "dask.dataframe":
            raise ModuleNotFoundError(f"{name} needs pyarrow", name=name)


def _pixel(values: np.ndarray, low: float, high: float, number: int) -> np.ndarray:
    scale = number / (high - low)
    offset = -low * scale
    return np.minimum((values.astype(np.float64) * scale + offset).astype(np.int64), number - 1)
