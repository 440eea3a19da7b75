"""A folder of small networks with random weights, and few jets for them."""

from __future__ import annotations

import contextlib

import pytest

from jetexplore import jets
from jetexplore.anomaly import (
    areas,
    networkpairs,
    networkscores,
    networkstudy,
    samples,
    study,
)
from jetexplore.models import checkpoints
from jetexplore.models.autoencoder import initial
from jetexplore.models.cards import Area, Card

SIZES = {"QCD": 1000, "Top": 80, "W": 60}
USUAL = "vae-MSE-d3-b1e-8"
CACHES = [
    networkstudy._network, networkstudy._background, networkstudy._activity, networkpairs._inner_distances,
    networkpairs._agreement, networkscores._scores, networkscores._rocs, study.sample_scores, study.sample_rocs,
]  # fmt: skip


def card(name, depth, **entries):
    usual = {
        "output": "ELU", "loss_scale": 1600.0, "n_train": 30000, "n_valid": 5000, "epochs": 3, "best_epoch": 2, "loss": 2e-5,
        "mse": 2e-5, "mean_image_mse": 1.5e-4, "active": 12, "curve": (4e-5, 2e-5, 3e-5), "curve_train": (5e-5, 3e-5, 2e-5),
        "origin": "simulated here", "data": "0123456789abcdef",
    }  # fmt: skip
    return Card(name, "vae", depth, **{**usual, **entries})


@contextlib.contextmanager
def networks(tmp_path_factory):
    """A folder of four networks with random weights, fewer test jets, and a cache that knows nothing of either."""
    folder = tmp_path_factory.mktemp("networks")
    for seed, one in enumerate([
        card(USUAL, 3, beta=1e-8, areas={"Loss": {"Top": Area(0.8, 0.01, 10, 10), "W": Area(0.7, 0.01, 10, 10)}}),
        card("vae-MSE-d3-b0", 3, loss=3e-5, active=0), card("vae-MSE-d1-b1e-7", 1, beta=1e-7, converged=True),
        card("vae-Wass1-d2-b1e-8", 2, beta=1e-8, training_metric="Wass(1)", output="softmax", loss_scale=1.0),
    ]):  # fmt: skip
        checkpoints.write(folder / f"{one.name}.safetensors", initial(one.downsamplings, seed + 5, one.output), one)
    whole = samples.images
    few = {
        split: {name: some[: SIZES[name]] for name, some in whole("sample", split).items()}
        for split in ("test", "reference")
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JETEXPLORE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(checkpoints, "folder", lambda: folder)
        patch.setattr(samples, "images", lambda source="sample", split="test", width=jets.WIDTH: few[split])  # noqa: ARG005
        patch.setattr(areas, "N_REFERENCE", 200)
        for cached in CACHES:
            cached.cache_clear()
        yield folder
    for cached in CACHES:
        cached.cache_clear()
