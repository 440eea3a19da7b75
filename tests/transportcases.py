"""Images that look like jets, and the costs of all their pairs."""

import numpy as np

from jetexplore.distances import transport

PITCH, NPIX = 0.08, 40


def sparse_images(rng, n, low=1, high=60, npix=NPIX):
    """Clusters of pixels with masses that fall like a power law, as jets have."""
    images = np.zeros((n, npix, npix))
    for image in images:
        centres = rng.normal(npix / 2, npix / 10, (3, 2))
        size = rng.integers(low, high)
        near = centres[rng.integers(0, 3, size)] + rng.normal(0, npix / 10, (size, 2))
        row, column = np.clip(np.rint(near), 0, npix - 1).astype(int).T
        np.add.at(image, (row, column), rng.pareto(1.0, size) + 0.01)
    return images


def costs(x, y, p, threads=1):
    i, j = np.divmod(np.arange(len(x) * len(y)), len(y))
    return transport.transport_costs(
        transport.supports(x), transport.supports(y), i, j, p, PITCH, x.shape[-1], threads=threads
    )
