"""How much faster than energyflow are our images, and are they the same? Both in one interleaved run."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np

from jetexplore.jets.constituents import Jets
from jetexplore.jets.preprocessing import NPIX, WIDTH, images


class ImageBenchmark(NamedTuple):
    """Result of `benchmark_images`."""

    n_jets: int
    ours: float  # microseconds of processor time a jet, median over rounds
    energyflow: float  # the same for energyflow's chain
    ratio: float  # energyflow over ours
    largest_difference: float  # of any pixel


def energyflow_image(pt: np.ndarray, eta: np.ndarray, phi: np.ndarray, npix: int, width: float) -> np.ndarray:
    """Make the image of one jet with energyflow's utilities, the chain that Fraser et al. (2021) used.

    Parameters
    ----------
    pt, eta, phi : ndarray, shape (n,)
        Constituents; GeV, rad.
    npix : int
        Pixels a side.
    width : float
        rad.

    Returns
    -------
    ndarray, shape (npix, npix)
        Of unit sum.
    """
    from energyflow.utils import center_ptyphims, phi_fix, reflect_ptyphims, rotate_ptyphims
    from energyflow.utils.image_utils import pixelate

    jet = np.stack([pt, eta, phi], axis=1)
    jet[:, 2] = phi_fix(jet[:, 2], phi_ref=jet[jet[:, 0].argmax(), 2])
    jet = reflect_ptyphims(rotate_ptyphims(center_ptyphims(jet, center="ptscheme"), rotate="ptscheme"))
    return pixelate(jet, npix=npix, img_width=width)[..., 0]


def benchmark_images(jets: Jets, rounds: int = 5, npix: int = NPIX, width: float = WIDTH) -> ImageBenchmark:
    """Time `images` against energyflow's chain on the same jets, in turn, by processor time.

    Parameters
    ----------
    jets : Jets
        At least one.
    rounds : int
        How often each is timed.
    npix, width
        As in `images`.

    Returns
    -------
    ImageBenchmark
        Medians, their ratio, and the largest difference of a pixel.
    """
    slices = [slice(a, b) for a, b in zip(jets.offsets[:-1], jets.offsets[1:], strict=True)]
    made = images(jets, npix, width)  # compiles, if need be
    energyflow_image(jets.pt[slices[0]], jets.eta[slices[0]], jets.phi[slices[0]], npix, width)  # imports
    spent: tuple[list[float], list[float]] = ([], [])
    twins = np.zeros_like(made, dtype=np.float64)
    for _ in range(rounds):
        start = time.process_time()
        images(jets, npix, width)
        spent[0].append(time.process_time() - start)
        start = time.process_time()
        for row, some in enumerate(slices):
            twins[row] = energyflow_image(jets.pt[some], jets.eta[some], jets.phi[some], npix, width)
        spent[1].append(time.process_time() - start)
    ours, theirs = (float(np.median(some)) / len(jets) * 1e6 for some in spent)
    return ImageBenchmark(len(jets), ours, theirs, theirs / ours, float(np.abs(made - twins).max()))
