"""Do the timed ways do the same, and is the plain one plain?"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from jetexplore import jets
from jetexplore.models import networkbench, recipes
from jetexplore.models.autoencoder import untrained


@pytest.fixture(scope="module")
def images():
    return jets.images(jets.load()["QCD"][:70]).astype(np.float32)


def test_plain_layers_give_the_same_and_leave_the_network_alone(images):
    network = untrained(2)
    plain = networkbench.plain_layers(network.module)
    assert any(getattr(layer, "inplace", False) for layer in network.module.modules())
    np.testing.assert_allclose(networkbench.score_plain(plain, images), networkbench.score(network, images), rtol=1e-5)


@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_both_trainings_take_the_same_steps(images, precision):
    network = untrained(3)
    recipe = recipes.Recipe(beta=1e-4, batch=8, precision=precision)
    before = [weights.clone() for weights in network.module.parameters()]
    given = recipe, torch.from_numpy(images)
    ours, plain = networkbench.train(network.module, *given), networkbench.train_plain(network.module, *given)
    assert ours == pytest.approx(plain, rel=1e-4 if precision == "float32" else 0.02)
    assert all(torch.equal(*pair) for pair in zip(before, network.module.parameters(), strict=True))


def test_the_benchmark_compares_rates_of_the_same_work():
    rows = networkbench.benchmark_networks(networkbench.QUICK)
    assert [row["task"] for row in rows] == ["score", "train"]
    for row in rows:
        assert row["ratio"] == pytest.approx(row["rate"] / row["rate_plain"])
        assert row["error"] < (1e-5 if row["precision"] == "float32" else 0.02)
