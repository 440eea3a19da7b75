"""From a recipe to a file: names, samples, training that goes on after a kill, scans that skip what is done."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch

from jetexplore import jets, models
from jetexplore.anomaly import areas, curves
from jetexplore.anomaly.networkimages import images_for
from jetexplore.cli import main
from jetexplore.errors import InputError
from jetexplore.models import elbo, recipes, zoo
from jetexplore.models.autoencoder import initial
from jetexplore.models.recipes import Recipe, Sample

SMALL = Recipe(3, 1e-8, n_train=96, n_valid=32, epochs=2)


@pytest.fixture(scope="module")
def data():
    return recipes.sample("sample", 96, 32)


def test_a_sample_is_disjoint_and_sums_to_one(data):
    assert data.train.shape == (96, 40, 40)
    assert data.valid.shape == (32, 40, 40)
    np.testing.assert_allclose(data.train.sum((1, 2)), 1, rtol=1e-5)
    assert not (data.train[:, None] == data.valid[None]).all((2, 3)).any()


def test_names_tell_what_departs_from_the_usual():
    assert Recipe().name == "vae-MSE-d3-b1e-8"
    assert Recipe(1, 0.0, "Wass(1)", seed=2).name == "vae-Wass1-d1-b0-s2"
    assert Recipe(2, 2.5e-7, loss_scale=1.0, width=2.0).name == "vae-MSE-d2-b2.5e-7-loss_scale1-width2"
    assert Recipe(start="vae-MSE-d3-b1e-8").name == "vae-MSE-d3-b1e-8-warm"


def test_a_scan_holds_every_depth_at_every_beta_once():
    found = zoo.scan()
    assert len({recipe.name for recipe in found}) == 27
    assert {recipe.beta for recipe in found} == {0, *(10.0**-k for k in range(3, 11))}


def test_training_gives_a_network_whose_card_tells_what_it_is_worth(data, tmp_path):
    path = recipes.train_vae(SMALL, data, tmp_path, progress=False)
    network = models.load(path)
    card = network.card
    assert (card.name, card.downsamplings, card.n_train, card.epochs) == ("vae-MSE-d3-b1e-8", 3, 96, 2)
    assert len(card.curve) == 2
    assert card.loss == min(card.curve)
    assert card.data == data.key
    exact = ((network.reconstruct(data.valid) - data.valid) ** 2).mean(dtype=float)
    assert card.mse == pytest.approx(exact, rel=2e-2)  # weights of the file are float16
    assert card.mean_image_mse == pytest.approx(((data.valid - data.train.mean(0)) ** 2).mean(), rel=1e-5)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["vae-MSE-d3-b1e-8.safetensors"]


def test_to_the_letter_most_gradients_of_a_deep_network_are_below_adams_epsilon(data):
    module, images = initial(3, 0), torch.from_numpy(data.train)
    form = recipes.check(Recipe())
    terms = recipes.objective(Recipe(), form.function)(module, (images,), torch.zeros(96, 64))
    terms["loss"].mean().backward()
    gradients = torch.cat([weights.grad.flatten().abs() for weights in module.parameters()])
    assert (gradients < 1e-8).float().mean() > 0.8
    assert (gradients * form.scale < 1e-8).float().mean() < 0.2


@pytest.mark.parametrize("depth", [1, 3])
def test_a_network_begins_to_learn(data, tmp_path, depth):
    recipe = SMALL._replace(downsamplings=depth, epochs=6, batch=8)
    card = models.read_card(recipes.train_vae(recipe, data, tmp_path, progress=False))
    assert card.curve[-1] < 0.9 * card.curve[0]


def test_the_objective_is_eq_3_5_written_out(data):
    module, noise = initial(3, 0), torch.randn(4, 64)
    images = torch.from_numpy(data.train[:4])
    terms = recipes.objective(Recipe(beta=0.25), recipes.check(Recipe()).function)(module, (images,), noise)
    latent = module.encode(images)
    apart = ((module(images, noise).reconstruction - images) ** 2).mean((1, 2))
    divergence = -0.5 * (1 + latent.log_variance - latent.mean**2 - latent.log_variance.exp()).sum(1)
    torch.testing.assert_close(terms["loss"], 0.75 * apart + 0.25 * divergence)
    torch.testing.assert_close(terms["divergence"], elbo.kld(latent))


def test_snapshots_are_the_network_as_it_was_after_so_many_epochs(data, tmp_path):
    whole = recipes.train_vae(SMALL, data, tmp_path, snapshots=[1], progress=False)
    short = recipes.train_vae(SMALL._replace(epochs=1), data, tmp_path / "short", progress=False)
    kept = models.load(tmp_path / "vae-MSE-d3-b1e-8-after1.safetensors")
    assert (kept.card.epochs, kept.card.label) == (1, "after1")
    for name, weight in models.load(short).module.state_dict().items():
        assert torch.equal(weight, kept.module.state_dict()[name])
    assert models.read_card(whole).epochs == 2


def test_what_is_there_is_not_trained_again(data, tmp_path):
    (path,) = zoo.train([SMALL], data, tmp_path, progress=False)
    before = path.stat().st_mtime_ns
    assert zoo.train([SMALL, SMALL], data, tmp_path, progress=False) == [path, path]
    assert path.stat().st_mtime_ns == before


def test_a_network_at_work_elsewhere_is_left_alone(data, tmp_path):
    with zoo.alone(tmp_path, SMALL.name) as mine:
        assert mine
        assert zoo.train([SMALL], data, tmp_path, progress=False) == []
    assert len(zoo.train([SMALL], data, tmp_path, progress=False)) == 1


def test_a_killed_command_goes_on_to_the_same_bits(tmp_path):
    words = ["train", "vae", "--data", "sample", "-n", "128", "--valid", "32", "--epochs", "6", "--quiet", "-o"]
    name, (whole, killed) = "vae-MSE-d3-b1e-8", (tmp_path / "whole", tmp_path / "killed")
    process = subprocess.Popen([sys.executable, "-m", "jetexplore.cli", *words, str(killed)])
    while not (killed / f"{name}.resume").exists():
        assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (killed / f"{name}.safetensors").exists()
    for folder in (whole, killed):
        assert main([*words, str(folder)]) == 0
    first, second = (models.load(folder / f"{name}.safetensors") for folder in (whole, killed))
    assert first.card._replace(seconds=0) == second.card._replace(seconds=0)
    for title, weight in first.module.state_dict().items():
        assert torch.equal(weight, second.module.state_dict()[title])


def test_a_warm_start_begins_with_the_weights_of_another_network(data, tmp_path):
    start = recipes.train_vae(SMALL, data, tmp_path, progress=False)
    warm = recipes.train_vae(SMALL._replace(start=str(start), epochs=1), data, tmp_path, progress=False)
    assert models.read_card(warm).start == SMALL.name
    assert models.read_card(warm).curve[0] < models.read_card(start).curve[0]


@pytest.mark.parametrize(("code", "change"), [
    ("E_LOSS", {"training_metric": "Hausdorff"}),
    ("E_DEPTH", {"downsamplings": 0}),
    ("E_BETA", {"beta": -1.0}),
    ("E_BETA", {"beta": float("nan")}),
    ("E_RANGE", {"epochs": 0}),
    ("E_SEED", {"seed": -1}),
    ("E_CHOICE", {"kld": "median"}),
    ("E_CHOICE", {"output": "tanh"}),
    ("E_OUTPUT", {"training_metric": "Wass(1)", "output": "ELU"}),
    ("E_WIDTH", {"width": 2.0}),
    ("E_POWER", {"power": 0.5}),
    ("E_RANGE", {"power": 0.0}),
])  # fmt: skip
def test_a_recipe_that_cannot_be_cooked_is_told_before_anything_is_written(data, tmp_path, code, change):
    with pytest.raises(InputError) as caught:
        recipes.train_vae(SMALL._replace(**change), data, tmp_path, progress=False)
    assert caught.value.code == code
    assert not list(tmp_path.iterdir())


def test_a_network_is_scored_on_images_like_those_it_was_trained_on(tmp_path, small):
    data = recipes.sample("sample", 96, 32, width=2.0, power=0.5)
    np.testing.assert_allclose(
        data.train, jets.remapped(jets.images(jets.load("sample")["QCD"][:96], width=2.0), 0.5), rtol=1e-6
    )
    recipe = SMALL._replace(width=2.0, power=0.5)
    network = models.load(recipes.train_vae(recipe, data, tmp_path, progress=False))
    assert (network.card.name, network.card.width, network.card.power) == ("vae-MSE-d3-b1e-8-width2-power0.5", 2.0, 0.5)
    images = {name: jets.images(some, width=2.0) ** 0.5 for name, some in jets.load(small).items()}
    images = {name: some / some.sum((1, 2), keepdims=True) for name, some in images.items()}
    for name, some in images_for(network.card, small).items():
        np.testing.assert_allclose(some, images[name], rtol=1e-5)
    (card,) = areas.evaluate(tmp_path, names=["MSE"], source=small, progress=False).values()
    errors = {name: ((network.reconstruct(some) - some) ** 2).mean((1, 2)) for name, some in images.items()}
    assert card.areas["MSE"]["W"].auc == pytest.approx(curves.auc(errors["QCD"], errors["W"], 0).value, abs=1e-3)


def test_too_few_jets_are_told():
    with pytest.raises(InputError) as caught:
        recipes.sample("sample", 6000, 1)
    assert caught.value.code == "E_TOO_FEW"


def test_the_sample_key_changes_with_the_recipe_so_a_foreign_resume_is_refused(data, tmp_path):
    other = Sample(data.train, data.valid, "another file", data.origin, data.width)
    with pytest.raises(RuntimeError, match="killed"):
        _train_until_killed(SMALL, data, tmp_path)
    with pytest.raises(InputError) as caught:
        recipes.train_vae(SMALL, other, tmp_path, progress=False)
    assert caught.value.code == "E_VERSION"


def _train_until_killed(recipe, data, folder):
    from jetexplore.models import checkpoints

    original = checkpoints.write

    def fails(*_):
        raise RuntimeError("killed")

    checkpoints.write = fails
    try:
        recipes.train_vae(recipe, data, folder, progress=False)
    finally:
        checkpoints.write = original


def test_the_command_line_trains_and_says_what_came_of_it(tmp_path, capsys):
    words = ["train", "vae", "--data", "sample", "-n", "64", "--valid", "32", "--epochs", "1", "--quiet"]
    assert main([*words, "--downsamplings", "1", "--beta", "0", "-o", str(tmp_path)]) == 0
    assert "vae-MSE-d1-b0: 64 jets, 1 epochs, not converged" in capsys.readouterr().out
    assert main([*words, "--training-metric", "Hausdorff", "-o", str(tmp_path)]) == 2
    assert main([*words, "--device", "cuda", "-o", str(tmp_path)]) == (0 if torch.cuda.is_available() else 2)
