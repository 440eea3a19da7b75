"""What a network learned, in numbers: each against a plain computation, and which network a name means."""

from __future__ import annotations

import numpy as np
import pytest
from networkzoo import SIZES, USUAL, networks

from jetexplore import anomaly, distances, models
from jetexplore.anomaly import (
    areas,
    latentrows,
    latentstudy,
    networkpairs,
    networkscores,
    networkstudy,
    reconstruction,
    samples,
    study,
)
from jetexplore.errors import InputError
from jetexplore.models import checkpoints
from jetexplore.views import autoencoders, betascan, chooser
from jetexplore.views.state import Choice

pytestmark = pytest.mark.usefixtures("carried_out_at_once", "zoo")


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    with networks(tmp_path_factory) as folder:
        yield folder


# ------------------------------------------------------------------------------------------------ the numbers


def test_scores_are_those_of_the_library_and_of_each_jet_that_passes():
    tests, reference = samples.images(), samples.images(split="reference")["QCD"][:200]
    wanted = reconstruction.scores(models.load(USUAL), tests, ["Loss", "MAE", "KLD", "Mahalanobis"], reference)
    for score, by_class in wanted.items():
        found = networkscores.network_scores(USUAL, score)
        assert {name: len(some) for name, some in found.items()} == SIZES
        for name, some in by_class.items():
            np.testing.assert_array_equal(found[name], some)
    passed = networkstudy.passage(USUAL, "Top", 7)
    for score in ("Loss", "MAE", "KLD"):  # covariances of random weights are nearly singular
        assert passed.scores[score] == pytest.approx(wanted[score]["Top"][7], rel=1e-4)
    seen = reconstruction.see(models.load(USUAL), tests["Top"][7:8])
    assert passed.scores["Wass(2)"] == pytest.approx(reconstruction.distance(seen, "Wass(2)")[0], rel=1e-6)
    np.testing.assert_array_equal(passed.image, tests["Top"][7])
    np.testing.assert_allclose(passed.reconstruction, models.load(USUAL).reconstruct(tests["Top"][7:8])[0], atol=1e-6)


def test_areas_are_those_the_cards_will_hold():
    found = networkscores.network_rocs(USUAL, "MAE")
    wanted = areas.areas(reconstruction.scores(models.load(USUAL), samples.images(), ["MAE"]))["MAE"]
    assert {name: (curve.auc, curve.auc_error) for name, curve in found.items()} == {
        name: (area.auc, area.error) for name, area in wanted.items()
    }


@pytest.mark.parametrize(("name", "score", "metric"), [
    (USUAL, "Loss", "MSE"), (USUAL, "Wass(2)", "Wass(2)"), (USUAL, "KLD", "MSE"), ("vae-Wass1-d2-b1e-8", "Loss", "Wass(1)"),
    ("untrained-d1", "Loss", "MSE"), ("untrained-d1", "MAE", "MAE"),
])  # fmt: skip
def test_the_average_image_is_compared_by_the_metric_of_the_score(name, score, metric):
    assert networkscores.compared_by(networkstudy.card(name), score) == metric


def test_baselines_are_the_average_image_and_the_untrained_network_of_the_same_depth(monkeypatch):
    found = networkscores.baseline_rocs("vae-MSE-d1-b1e-7", "MSE")
    assert found["untrained network"]["W"].auc == networkscores.network_rocs("untrained-d1", "MSE")["W"].auc
    assert found["average image"]["Top"].auc == anomaly.sample_rocs("QCD", "MSE", "average")["Top"].auc
    assert list(networkscores.baseline_rocs("untrained-d1", "MSE")) == ["average image"]
    asked = []
    monkeypatch.setattr(networkscores, "network_rocs", lambda name, score, source: asked.append((name, score)))  # noqa: ARG005
    monkeypatch.setattr(study, "sample_rocs", lambda *_, **__: None)
    for score in ("Loss", "KLD"):
        networkscores.baseline_rocs("vae-Wass1-d2-b1e-8", score)
    assert asked == [("untrained-d2", "Wass(1)"), ("untrained-d2", "KLD")]  # the loss of another metric says nothing


def test_activity_sorts_dimensions_by_their_variance():
    mean = models.load(USUAL).encode(samples.images()["QCD"]).mean
    found = networkstudy.activity(USUAL)
    assert sorted(found.order) == list(range(64))
    np.testing.assert_allclose(found.spread, mean.std(0, dtype=float))
    assert (np.diff(found.spread[found.order]) <= 0).all()
    assert found.active == (mean.var(0, dtype=float) > 0.01).sum()


def test_moving_by_nothing_reconstructs_and_moving_one_dimension_decodes_that_point():
    passed, about, network = networkstudy.passage(USUAL), networkstudy.activity(USUAL), models.load(USUAL)
    np.testing.assert_allclose(networkstudy.moved(USUAL, passed.mean, 5, 0.0), passed.reconstruction, atol=1e-7)
    point = passed.mean.copy()
    point[about.order[5]] += 2.5 * about.spread[about.order[5]]
    np.testing.assert_array_equal(networkstudy.moved(USUAL, passed.mean, 5, 2.5), network.decode(point[None])[0])
    assert networkstudy.moved(USUAL, passed.mean, 0, 3.0).shape == (40, 40)


@pytest.mark.parametrize("features", ["latent", "block 2", "latent Jeffreys", "latent Bhattacharyya", "latent Wass(2)"])
def test_distances_inside_and_their_correlation_against_a_plain_computation(features):
    network, some = models.load(USUAL), samples.images()["QCD"]
    (mean, log_variance), block = network.encode(some), network.activations(some)[1].reshape(1000, -1)
    mean, log_variance, block = (one.astype(float) for one in (mean, log_variance, block))
    plain = {
        "latent": lambda i, j: np.sqrt(((mean[i] - mean[j]) ** 2).sum()),
        "block 2": lambda i, j: ((block[i] - block[j]) ** 2).mean(),
        "latent Jeffreys": lambda i, j: 0.5 * (
            (np.exp(log_variance[i]) + (mean[i] - mean[j]) ** 2) / np.exp(log_variance[j])
            + (np.exp(log_variance[j]) + (mean[i] - mean[j]) ** 2) / np.exp(log_variance[i]) - 2
        ).sum(),
        "latent Bhattacharyya": lambda i, j: (
            0.25 * (mean[i] - mean[j]) ** 2 / (v := np.exp(log_variance[i]) + np.exp(log_variance[j]))
            + 0.5 * np.log(v / (2 * np.exp((log_variance[i] + log_variance[j]) / 2)))
        ).sum(),
        "latent Wass(2)": lambda i, j: np.sqrt(
            ((mean[i] - mean[j]) ** 2 + (np.exp(log_variance[i] / 2) - np.exp(log_variance[j] / 2)) ** 2).sum()
        ),
    }[features]  # fmt: skip
    found = networkpairs.inner_distances(USUAL, features)
    for i, j in [(0, 1), (3, 700), (998, 999)]:
        assert found[distances.pair_index(i, j, 1000)] == pytest.approx(plain(i, j), rel=1e-4, abs=1e-9)
    r = distances.correlation(found, anomaly.pairs("QCD", "Wass(1)"))
    assert networkpairs.agreement(USUAL, features, 1.0).r == pytest.approx(r, abs=1e-5)


def test_the_row_of_the_study_of_all_networks_is_used_where_it_is_kept(monkeypatch):
    row = latentrows.LatentRow(
        **{**dict.fromkeys(latentrows.LatentRow._fields, 0), "network": "untrained-d2", "features": "latent", "power": 1, "p": 1.0,
           "r": 0.125, "error": 0.5, "n": 1000, "key": latentstudy.key_of("untrained-d2", 1000)}
    )  # fmt: skip
    monkeypatch.setattr(latentrows, "read_latent_study", lambda: [row])
    networkpairs._agreement.cache_clear()
    assert networkpairs.agreement("untrained-d2") == (0.125, 0.5)
    networkpairs._agreement.cache_clear()
    monkeypatch.setattr(latentrows, "read_latent_study", lambda: [row._replace(key="of other weights")])
    assert networkpairs.agreement("untrained-d2").r != 0.125
    assert networkpairs.untrained_agreements(2)[0].r == networkpairs.agreement("untrained-d2").r


@pytest.mark.parametrize(("ask", "code"), [
    (lambda: networkpairs.inner_distances("untrained-d1", "block 2"), "E_FEATURES"),
    (lambda: networkpairs.agreement("untrained-d1", "pixels"), "E_FEATURES"),
    (lambda: networkscores.network_scores(USUAL, "Magic"), "E_SCORE"),
    (lambda: networkstudy.card("vae-never"), "E_NETWORK"), (lambda: networkstudy.passage("../x"), "E_NETWORK"),
    (lambda: networkstudy.passage(USUAL, "Higgs"), "E_CLASS"), (lambda: networkstudy.passage(USUAL, "W", 60), "E_JET"),
])  # fmt: skip
def test_what_cannot_be_asked_is_told(ask, code):
    with pytest.raises(InputError) as caught:
        ask()
    assert caught.value.code == code


# ------------------------------------------------------------------------------------------------ the choice


def test_the_usual_network_is_the_one_of_least_loss_among_three_blocks(monkeypatch, tmp_path):
    assert autoencoders.usual() == USUAL
    monkeypatch.setattr(checkpoints, "folder", lambda: tmp_path)
    assert autoencoders.usual() == "untrained-d3"


def test_every_place_of_the_scan_is_offered_and_says_whether_it_was_run():
    found = betascan.variants(betascan.Kind("MSE", 3))
    assert found["1e-08"] == USUAL
    assert found["0 · collapsed"] == "vae-MSE-d3-b0"
    assert found["1e-05 · not run"] == "vae-MSE-d3-b1e-5"
    assert len(found) == 9
    assert all(label.endswith("not run") for label, name in found.items() if name not in models.networks())


@pytest.mark.parametrize(("name", "kind"), [
    ("vae-Wass1-d2-b1e-8", ("Wass(1)", 2)), ("vae-Wass1-d1-b0.001", ("Wass(1)", 1)), ("untrained-d1", ("untrained", 1)),
    ("vae-strange-d2-b1", ("MSE", 2)), ("vae-nonsense", ("MSE", 3)),
])  # fmt: skip
def test_a_name_tells_among_which_networks_it_is_chosen(name, kind):
    assert betascan.kind_of(name) == kind


def test_another_metric_or_depth_keeps_beta_if_it_can():
    choice = Choice()
    chosen = chooser.Chooser(choice)
    chosen.metric.value = "Wass(1)"
    assert choice.network == "vae-Wass1-d3-b1e-8"  # none was run with three blocks: the same place of the scan
    chosen.blocks.value = 2
    assert choice.network == "vae-Wass1-d2-b1e-8"
    chosen.metric.value = "MSE"
    assert choice.network == "vae-MSE-d2-b1e-8"
    chosen.blocks.value = 1
    assert choice.network == "vae-MSE-d1-b1e-7"  # the only one there
    chosen.metric.value = "untrained"
    assert choice.network == "untrained-d1"
    choice.network = ""
    assert (chosen.metric.value, chosen.blocks.value, chosen.variant.value) == ("MSE", 3, USUAL)
    choice.network = "vae-nonsense"
    assert chosen.variant.value is None
    assert choice.network == "vae-nonsense"
