"""From a recipe to a file of a graph autoencoder; a training that was stopped goes on in the same bits."""

import numpy as np
import pytest
import torch

from jetexplore import jets, models
from jetexplore.cli import main
from jetexplore.errors import InputError
from jetexplore.models import pgaerecipes, training
from jetexplore.models.pgaerecipes import CloudSample, PgaeRecipe

SMALL = PgaeRecipe("relative", n_train=48, n_valid=16, epochs=2, batch=16)


@pytest.fixture(scope="module")
def data():
    some = jets.load("sample")["QCD"]
    few = some[some.counts < 25]
    return CloudSample(few[:48], few[48:64], "key", "a test")


def test_the_schedule_is_that_of_the_paper():
    usual = PgaeRecipe()
    assert usual.schedule == training.Schedule(200, 256, 1e-2, 0.1, 4, 1e-6, 10)
    assert usual.name == "pgae-momenta-MSE"
    assert SMALL._replace(seed=2, rate=0.001, label="long").name == "pgae-relative-MSE-s2-batch16-rate0.001-long"


@pytest.mark.parametrize(
    ("inputs", "metric"),
    [("momenta", "MSE"), ("standardised", "MSE"), ("momenta", "EMD"), ("relative", "Chamfer"), ("transverse", "EMD")],
)
def test_training_gives_a_network_with_its_card(data, tmp_path, inputs, metric):
    recipe = SMALL._replace(inputs=inputs, training_metric=metric)
    path = pgaerecipes.train_pgae(recipe, data, tmp_path, progress=False)
    network = models.load_pgae(path)
    card = network.card
    assert (card.kind, card.downsamplings, card.inputs, card.training_metric) == ("pgae", 0, inputs, metric)
    assert (card.n_train, card.n_valid, card.epochs, card.data, card.classes) == (48, 16, 2, "key", ("QCD",))
    assert card.loss == min(card.curve)
    assert network.jet_losses(data.valid).mean() == pytest.approx(card.loss, rel=1e-4)
    if metric == "MSE":
        names = pgaerecipes.INPUTS[inputs].names
        errors = np.array([card.results[f"MSE {name}"] for name in names])
        truth = pgaerecipes.INPUTS[inputs].features(data.valid)
        np.testing.assert_allclose(((network.features(data.valid) - truth) ** 2).mean(0), errors, rtol=1e-3)
    if inputs == "standardised":
        spread = pgaerecipes.INPUTS[inputs].features(data.train).std(0)
        np.testing.assert_allclose(network.module.unit.numpy(), spread, rtol=1e-4)
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name]


def test_it_learns(data, tmp_path):
    recipe = SMALL._replace(epochs=12, batch=8)
    card = models.read_card(pgaerecipes.train_pgae(recipe, data, tmp_path, progress=False))
    assert card.curve[-1] < 0.5 * card.curve[0]


def test_a_training_that_was_stopped_goes_on_in_the_same_bits(data, tmp_path, monkeypatch):
    recipe = SMALL._replace(epochs=3)
    whole = models.load_pgae(pgaerecipes.train_pgae(recipe, data, tmp_path / "whole", progress=False))

    class Stop(Exception):
        pass

    keep = training._keep

    def stop(*arguments):
        keep(*arguments)
        if len(arguments[5]) == 2:
            raise Stop

    with monkeypatch.context() as patched:
        patched.setattr(training, "_keep", stop)
        with pytest.raises(Stop):
            pgaerecipes.train_pgae(recipe, data, tmp_path / "stopped", progress=False)
    assert [file.suffix for file in (tmp_path / "stopped").iterdir()] == [".resume"]
    again = models.load_pgae(pgaerecipes.train_pgae(recipe, data, tmp_path / "stopped", progress=False))
    assert again.card.curve == whole.card.curve
    for name, weights in whole.module.state_dict().items():
        assert torch.equal(weights, again.module.state_dict()[name]), name


def test_the_command_trains_once(tmp_path, capsys):
    order = ["train", "pgae", "--data", "sample", "--inputs", "relative", "-n", "24", "--valid", "8", "--epochs", "1"]
    order += ["--batch", "8", "-o", str(tmp_path), "--quiet"]
    assert main(order) == 0
    assert "pgae-relative-MSE-batch8: 24 jets, 1 epochs, not converged" in capsys.readouterr().out
    (file,) = tmp_path.iterdir()
    before = file.stat().st_mtime_ns
    assert main(order) == 0
    assert file.stat().st_mtime_ns == before


def test_several_processes_come_to_the_same(tmp_path):
    pytest.importorskip("lightning")
    recipe = PgaeRecipe("relative", n_train=24, n_valid=8, epochs=1, batch=9)  # the last batch has six, then three each
    one = models.read_card(pgaerecipes.train_from(recipe, "sample", tmp_path / "one", progress=False))
    order = ["train", "pgae", "--data", "sample", "--inputs", "relative", "-n", "24", "--valid", "8", "--epochs", "1"]
    assert main([*order, "--batch", "9", "-o", str(tmp_path / "two"), "--quiet", "--devices", "2"]) == 0
    two = models.read_card(tmp_path / "two" / f"{recipe.name}.safetensors")
    assert two.curve_train[0] == pytest.approx(one.curve_train[0], rel=1e-3)
    assert two.loss == pytest.approx(one.loss, rel=1e-2)


def test_errors_tell_what_is_wrong(data, tmp_path):
    for wrong, code in (
        (SMALL._replace(inputs="xyz"), "E_INPUTS"),
        (SMALL._replace(training_metric="Wass(1)"), "E_LOSS"),
        (SMALL._replace(batch=0), "E_RANGE"),
        (SMALL._replace(rate=0), "E_RANGE"),
        (SMALL._replace(seed=-1), "E_SEED"),
        (SMALL._replace(n_train=49), "E_TOO_FEW"),
    ):
        with pytest.raises(InputError) as error:
            pgaerecipes.train_pgae(wrong, data, tmp_path, progress=False)
        assert error.value.code == code
    with pytest.raises(InputError) as error:
        pgaerecipes.cloud_sample("sample", 10_000_000, 1)
    assert error.value.code == "E_TOO_FEW"
