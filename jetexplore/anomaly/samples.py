"""Which jets does a result stand on? Images of a data set's classes, draws of reference jets, distances of all pairs.

Results are kept under a digest of all they depend on, first looked for in ``data/results``, then in the user's cache,
else computed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from jetexplore import jets
from jetexplore.distances import matrices
from jetexplore.errors import InputError, choose
from jetexplore.files import digest, stored

VERSION = 1  # of what is stored; raise it when a stored number would come out differently
N_PAIRED = 1000  # jets of a class whose 499,500 distinct pairs are compared
N_REFERENCE = 700  # jets of one reference draw


@lru_cache(maxsize=8)
def images(source: str = "sample", split: str = "test", width: float = jets.WIDTH) -> dict[str, np.ndarray]:
    """Images of every class of a data set.

    Parameters
    ----------
    source, split
        As in `jets.load`.
    width : float
        Of the image in rad.

    Returns
    -------
    dict of str to ndarray, shape (n, 40, 40)
        Read-only.

    Examples
    --------
    >>> images()["QCD"].shape[1:]
    (40, 40)
    """
    made = {name: jets.images(some, width=width) for name, some in jets.load(source, split).items()}
    for some in made.values():
        some.setflags(write=False)
    return made


def image(name: str, number: int, source: str = "sample") -> np.ndarray:
    """Image of one test jet, without making those of all others.

    Parameters
    ----------
    name : str
        Class.
    number : int
        Which jet of it, from 0.
    source : str
        Data set.

    Returns
    -------
    ndarray, shape (40, 40)
        As in `images`.

    Raises
    ------
    InputError
        ``E_CLASS`` for an unknown class.

    Examples
    --------
    >>> np.array_equal(image("W", 7), images()["W"][7])
    True
    """
    return jets.images(_class(name, source)[[number]])[0]


@lru_cache(maxsize=16)
def draw(reference: str, number: int = 0, size: int = N_REFERENCE, source: str = "sample") -> np.ndarray:
    """Reference images of one draw; draws of the same size are disjoint.

    Parameters
    ----------
    reference : str
        A class that has reference jets ("QCD", "Top"), or the path of a native file (.npz) of jets of one class.
    number : int
        Which draw, from 0.
    size : int
        Jets in a draw.
    source : str
        A data set with a reference split.

    Returns
    -------
    ndarray, shape (size, 40, 40)
        Read-only; the jets ``number * size`` up to ``(number + 1) * size`` of the reference split.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        ``E_CLASS``, or ``E_DRAW`` if the split or the file has not that many jets.

    Examples
    --------
    >>> draw("QCD", 1).shape
    (700, 40, 40)
    """
    if is_file(reference):
        (some,) = jets.load(reference).values()
    else:
        available = jets.load(source, "reference")
        some = available[choose("reference", reference, available, "E_CLASS")]
    if number < 0 or size < 1 or (number + 1) * size > len(some):
        found = f"draw {number} of {size} jets"
        raise InputError(
            "E_DRAW", found, f"{len(some) // max(size, 1)} disjoint draws from {len(some)} {class_of(reference)} jets"
        )
    made = jets.images(some[number * size : (number + 1) * size])  # of these only: all would be a hundred megabytes
    made.setflags(write=False)
    return made


@lru_cache(maxsize=32)
def pairs(name: str = "QCD", metric: str = "Wass(1)", source: str = "sample", n: int = N_PAIRED) -> np.ndarray:
    """Distances of all distinct pairs of the first n test jets of a class (figure 1 of Fraser et al., 2021).

    Parameters
    ----------
    name : str
        Class.
    metric : str
        Metric on images.
    source : str
        Data set.
    n : int
        Number of jets, at most as many as there are.

    Returns
    -------
    ndarray, shape (n (n - 1) / 2,), float32
        In the order of ``numpy.triu_indices(n, 1)``.

    Raises
    ------
    InputError
        For unknown names.
    """
    some = _class(name, source)[:n]
    key = digest(VERSION, jets.provenance(source).key, name, metric, len(some))

    def compute() -> dict[str, np.ndarray]:
        return {"distance": matrices.condensed(jets.images(some), metric).astype(np.float32)}

    return kept(f"pairs {name} {metric}", key, compute)["distance"]


def orientation_of(reference: str) -> str:
    """Which side of a reference is anomalous: far from the background, near a signal.

    Parameters
    ----------
    reference : str
        Class of the reference events, or the path of a file of them.

    Returns
    -------
    str
        ``"far"`` for "QCD", else ``"near"``.

    Examples
    --------
    >>> orientation_of("Top")
    'near'
    """
    return "far" if class_of(reference) == "QCD" else "near"


def class_of(reference: str) -> str:
    """Tell the class of a reference.

    Parameters
    ----------
    reference : str
        A class, or the path of a native file of jets of one class.

    Returns
    -------
    str
        The class itself, or that the file says.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it is damaged.

    Examples
    --------
    >>> class_of("Top")
    'Top'
    """
    return next(iter(images(reference))) if is_file(reference) else reference


def is_file(reference: object) -> bool:
    """Tell a file of reference jets from the name of a class.

    Parameters
    ----------
    reference : object
        What stands for a reference.

    Returns
    -------
    bool
        Whether it is the path of a native file.

    Examples
    --------
    >>> is_file("jets.npz"), is_file("QCD")
    (True, False)
    """
    return isinstance(reference, str) and reference.endswith(".npz")


def known(reference: str) -> str:
    """Name what a result depends on: a class by its name, a file by its content.

    Parameters
    ----------
    reference : str
        As in `draw`.

    Returns
    -------
    str
        The class, or the digest of the file.

    Examples
    --------
    >>> known("QCD")
    'QCD'
    """
    return jets.provenance(reference).key if is_file(reference) else reference


def title_of(reference: str) -> str:
    """Name a reference in a file name.

    Parameters
    ----------
    reference : str
        As in `draw`.

    Returns
    -------
    str
        The class, or the stem of the file.

    Examples
    --------
    >>> title_of("a/b/mine.npz")
    'mine'
    """
    return Path(reference).stem if is_file(reference) else reference


def of_class(name: str, source: str) -> np.ndarray:
    """Images of one class of a data set.

    Parameters
    ----------
    name : str
        The class.
    source : str
        As in `images`.

    Returns
    -------
    ndarray, shape (n, 40, 40)
        Read-only.

    Raises
    ------
    InputError
        ``E_CLASS`` for an unknown one.
    """
    available = images(source)
    return available[choose("class", name, available, "E_CLASS")]


def _class(name: str, source: str) -> jets.Jets:
    available = jets.load(source)
    return available[choose("class", name, available, "E_CLASS")]


def kept(name: str, key: str, compute: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Give a stored result, computing it first where there is none; see `files.stored`.

    Parameters
    ----------
    name : str
        For the file; what does not belong into a file name is left out of it.
    key : str
        Digest of all that the result depends on.
    compute : callable
        Gives the arrays.

    Returns
    -------
    dict of str to ndarray
        Read-only.
    """
    # A class name may come from a user's file: nothing in it may lead out of the folder
    found = stored(re.sub(r"[^\w.-]", "", name.replace(" ", "_")), key, compute)
    for values in found.values():
        values.setflags(write=False)  # callers share them
    return found
