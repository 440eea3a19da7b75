"""Scores of autoencoders: what each measures, by the definition written out, and their areas."""

import numpy as np
import pytest

from jetexplore import distances, jets, models
from jetexplore.anomaly import areas, baselines, curves, reconstruction
from jetexplore.errors import InputError


@pytest.fixture(scope="module")
def classes():
    return {name: jets.images(some[:40]) for name, some in jets.load().items()}


@pytest.fixture(scope="module")
def network():
    return models.untrained(2, seed=4)


@pytest.fixture(scope="module")
def found(network, classes):
    return reconstruction.scores(network, classes, reference=classes["QCD"])


def test_every_score_is_there_for_every_jet_and_finite(found, classes):
    assert list(found) == list(reconstruction.SCORES)
    for by_class in found.values():
        for name, images in classes.items():
            assert by_class[name].shape == (len(images),)
            assert np.isfinite(by_class[name]).all()


def test_mse_and_mae_are_means_over_pixels_of_the_raw_reconstruction(found, network, classes):
    apart = network.reconstruct(classes["W"]) - classes["W"]
    np.testing.assert_allclose(found["MSE"]["W"], (apart**2).mean((1, 2)), rtol=1e-5)
    np.testing.assert_allclose(found["MAE"]["W"], np.abs(apart).mean((1, 2)), rtol=1e-5)


@pytest.mark.parametrize("p", ["0.5", "1", "2", "5"])
def test_wasserstein_scores_are_exact_distances_of_normalised_positive_reconstructions(found, network, classes, p):
    positive = np.clip(network.reconstruct(classes["Top"]).astype(float), 0, None)
    positive /= positive.sum((1, 2), keepdims=True)
    expected = distances.paired(classes["Top"], positive, f"Wass({p})")
    np.testing.assert_allclose(found[f"Wass({p})"]["Top"], expected, rtol=1e-9)


def test_an_empty_reconstruction_counts_as_uniform():
    np.testing.assert_allclose(reconstruction.masses(-np.ones((1, 4, 4))), 1 / 16)


def test_the_loss_weighs_distance_against_divergence(network, classes):
    for beta, metric in ((0.0, "MSE"), (1e-3, "MSE"), (0.5, "MAE")):
        card = network.card._replace(beta=beta, training_metric=metric)
        seen = reconstruction.see(network, classes["QCD"])._replace(card=card)
        expected = (1 - beta) * reconstruction.distance(seen, metric)
        if beta:
            expected = expected + beta * reconstruction.divergence(seen)
        np.testing.assert_allclose(reconstruction.loss(seen), expected)


def test_mahalanobis_of_the_background_itself_has_mean_square_equal_to_the_rank(network, classes):
    background = reconstruction.background_of(network, classes["QCD"])
    found = reconstruction.mahalanobis(reconstruction.see(network, classes["QCD"], background))
    rank = np.linalg.matrix_rank(np.cov(network.encode(classes["QCD"]).mean.T.astype(float)))
    assert (found**2).mean() == pytest.approx(rank, rel=0.05)


def test_each_jet_is_scored_alone(network, classes, found):
    order = np.random.default_rng(0).permutation(40)
    again = reconstruction.scores(network, {"QCD": classes["QCD"][order]}, ["Loss", "Wass(1)", "KLD"])
    for name, by_class in again.items():
        np.testing.assert_allclose(by_class["QCD"], found[name]["QCD"][order], rtol=1e-4)


def test_unknown_scores_and_a_missing_background_are_told(network, classes):
    with pytest.raises(InputError) as caught:
        reconstruction.scores(network, classes, ["Hausdorff"])
    assert caught.value.code == "E_SCORE"
    with pytest.raises(InputError) as caught:
        reconstruction.scores(network, classes, ["Mahalanobis"])
    assert caught.value.code == "E_BACKGROUND"


def test_a_new_score_is_one_line(network, classes, monkeypatch):
    monkeypatch.setitem(reconstruction.SCORES, "brightest pixel", lambda seen: seen.images.max((1, 2)))
    found = reconstruction.scores(network, classes, ["brightest pixel"])
    np.testing.assert_array_equal(found["brightest pixel"]["W"], classes["W"].max((1, 2)))


def test_areas_are_those_of_the_curves(found):
    area = areas.areas({"MSE": found["MSE"]})["MSE"]["Top"]
    expected = curves.auc(found["MSE"]["QCD"], found["MSE"]["Top"])
    assert (area.auc, area.error) == (expected.value, expected.error)
    assert (area.n_background, area.n_signal) == (40, 40)


def test_evaluate_fills_cards_once(tmp_path, network, monkeypatch):
    from jetexplore.models import checkpoints

    path = tmp_path / "some.safetensors"
    checkpoints.write(
        path,
        network.module,
        network.card._replace(name="some", mse=1.0, mean_image_mse=2.0, loss=1.0, distance=1.0, divergence=1.0),
    )
    options = {"names": ("MSE", "KLD"), "n_background": 30, "n_signal": 20, "progress": False}
    card = areas.evaluate(tmp_path, **options)["some"]
    assert models.read_card(path) == card
    assert card.areas["MSE"]["W"][2:] == (30, 20)
    before = path.stat().st_mtime_ns
    monkeypatch.setattr(reconstruction, "scores", lambda *_: pytest.fail("scored again"))
    assert areas.evaluate(tmp_path, **options)["some"] == card
    assert path.stat().st_mtime_ns == before


def test_baselines_are_what_their_names_say(classes):
    sample = {name: some[:40] for name, some in jets.load().items()}
    found = baselines.baseline_scores(sample, classes["QCD"])
    average = classes["QCD"].mean(0)
    np.testing.assert_allclose(
        found["MSE from the average image"]["W"], ((classes["W"] - average) ** 2).mean((1, 2)), rtol=1e-5
    )
    np.testing.assert_array_equal(found["pixels above 1 %"]["W"], (classes["W"] > 0.01).sum((1, 2)))
    assert found["jet mass"]["W"].mean() == pytest.approx(80, abs=15)
