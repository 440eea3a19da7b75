"""JetNet (Zenodo 6975118 and 6975117): 30 or 150 particles a jet, relative to the jet, and the jet beside them.

The class is the file: ``g``, ``q``, ``t``, ``w`` or ``z``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets.constituents import wrap
from jetexplore.jets.layouts import hdf5
from jetexplore.jets.layouts.blocks import Raw, Request, padded, rows_of

if TYPE_CHECKING:
    import h5py

PARTICLES, JETS = "particle_features", "jet_features"
NAMES = {"g": "gluon", "q": "quark", "t": "Top", "w": "W", "z": "Z"}  # by the beginning of the file's name


def matches(keys: set[str]) -> bool:
    """Tell whether a file has this layout.

    Parameters
    ----------
    keys : set of str
        Paths of its arrays.

    Returns
    -------
    bool
        Whether both arrays are there.

    Examples
    --------
    >>> matches({"particle_features", "jet_features"})
    True
    """
    return {PARTICLES, JETS} <= keys


def stream(found: dict[str, h5py.Dataset], where: str, request: Request) -> Iterator[Raw]:
    """Read jets block by block: pt = ptrel x the jet's, eta and phi added to its; particles of mask 0 are padding.

    Parameters
    ----------
    found : dict
        The file's arrays.
    where : str
        Its name, for messages.
    request : Request
        How many rows at a time.

    Yields
    ------
    Raw
        Jets; ``event`` is the row of the file.

    Raises
    ------
    InputError
        ``E_WIDTH``, ``E_LENGTH``, and codes of `hdf5`.
    """
    particles, whole = hdf5.table(found, PARTICLES, 3, where), hdf5.table(found, JETS, 2, where)
    if particles.shape[2] not in (3, 4) or whole.shape[1] < 2:
        told = f"{particles.shape[2]} numbers a particle, {whole.shape[1]} a jet"
        raise InputError("E_WIDTH", told, "etarel, phirel, ptrel, mask and pt, eta, ...", where=where)
    if len(particles) != len(whole):
        raise InputError("E_LENGTH", f"{len(particles)} and {len(whole)} rows", "as many", where=where)
    step = rows_of(int(np.prod(particles.shape[1:])) * 8, request.rows)
    for first in range(0, len(whole), step):
        last = min(first + step, len(whole))
        part = hdf5.rows(particles, first, last, where).astype(np.float64)
        jet = hdf5.rows(whole, first, last, where).astype(np.float64)
        axis = jet[:, 2] * 0 if jet.shape[1] < 5 else jet[:, 2]  # of five columns the third is phi
        pt, eta = part[:, :, 2] * jet[:, :1], part[:, :, 0] + jet[:, 1:2]
        phi = wrap(part[:, :, 1] + axis[:, None])
        present = part[:, :, 3] != 0 if part.shape[2] == 4 else None
        yield padded(pt, eta, phi, np.arange(first, last), present=present)


def class_of(stem: str) -> str:
    """Name the class of a file.

    Parameters
    ----------
    stem : str
        Its name without the ending.

    Returns
    -------
    str
        The class, or the stem where it is none of the five.

    Examples
    --------
    >>> class_of("t150"), class_of("mine")
    ('Top', 'mine')
    """
    return NAMES.get(stem.rstrip("0123456789"), stem)
