"""What is a jet and where does it come from: constituents, clustering, images, data sets, generation, detector."""

from jetexplore.jets.constituents import Jets, Momenta, concatenate, wrap
from jetexplore.jets.datasets import DATASETS, Dataset, Provenance, load, provenance, read_jets, write_jets
from jetexplore.jets.preprocessing import NPIX, WIDTH, bright_pixels, images, images_and_kept, pixel_centres

__all__ = [
    "DATASETS",
    "NPIX",
    "WIDTH",
    "Dataset",
    "Jets",
    "Momenta",
    "Provenance",
    "bright_pixels",
    "concatenate",
    "images",
    "images_and_kept",
    "load",
    "pixel_centres",
    "provenance",
    "read_jets",
    "wrap",
    "write_jets",
]
