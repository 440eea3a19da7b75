"""What is a jet and where does it come from: constituents, clustering, images, data sets, generation, detector."""

from jetexplore.jets.alignment import STEPS, aligned
from jetexplore.jets.clustering import dijet_mass, leading_jets
from jetexplore.jets.constituents import Jets, Momenta, concatenate, wrap
from jetexplore.jets.datasets import DATASETS, Dataset, Provenance, load, provenance, read_jets, write_jets
from jetexplore.jets.eventjets import cluster_file
from jetexplore.jets.generation import generate
from jetexplore.jets.jetstream import jet_batches
from jetexplore.jets.layouts.catalogue import LAYOUTS
from jetexplore.jets.layouts.reading import blocks, read
from jetexplore.jets.lhco import read_events, write_events
from jetexplore.jets.mixing import mix_events
from jetexplore.jets.preprocessing import NPIX, WIDTH, bright_pixels, images, images_and_kept, pixel_centres, remapped
from jetexplore.jets.processes import PROCESSES, Process

__all__ = [
    "DATASETS",
    "LAYOUTS",
    "NPIX",
    "PROCESSES",
    "STEPS",
    "WIDTH",
    "Dataset",
    "Jets",
    "Momenta",
    "Process",
    "Provenance",
    "aligned",
    "blocks",
    "bright_pixels",
    "cluster_file",
    "concatenate",
    "dijet_mass",
    "generate",
    "images",
    "images_and_kept",
    "jet_batches",
    "leading_jets",
    "load",
    "mix_events",
    "pixel_centres",
    "provenance",
    "read",
    "read_events",
    "read_jets",
    "remapped",
    "wrap",
    "write_events",
    "write_jets",
]
