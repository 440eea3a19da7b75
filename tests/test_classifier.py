"""Does the supervised network compute what appendix B says, learn to tell two classes apart, and keep what it learnt?"""

import numpy as np
import pytest
import torch
from scipy.signal import correlate2d

from jetexplore import anomaly, jets, models
from jetexplore.anomaly import supervised
from jetexplore.errors import InputError
from jetexplore.models import checkpoints, classifier
from jetexplore.models.cards import Area, Card
from jetexplore.models.classifier import (
    Classifier,
    Supervised,
    Tagger,
    cross_entropy,
    load_classifier,
    train_classifier,
)
from jetexplore.models.recipes import Sample

QUICK = Supervised("Top", 3, n_train=48, n_valid=16, epochs=6, batch=8)


def toy(n, prongs, seed):
    """Images of one or of two bright spots: easy to tell apart."""
    rng = np.random.default_rng(seed)
    x = np.zeros((n, 40, 40), np.float32)
    for image in x:
        image[20, 20] = 1.0
        if prongs == 2:
            place = rng.integers(8, 12)
            image[20, 20 + place] = rng.uniform(0.5, 1.0)
        image += (rng.random((40, 40)) < 0.01) * 0.02
    return x / x.sum((1, 2), keepdims=True)


def sample(prongs):
    return Sample(toy(48, prongs, prongs), toy(16, prongs, 10 + prongs), f"key {prongs}", "the tests", 3.2)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return train_classifier(QUICK, sample(1), sample(2), tmp_path_factory.mktemp("networks"), progress=False)


def elu(x):
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def by_hand(weights, image):
    """Walk through the sentences of appendix B."""
    channels, block = image[None], 0
    while f"blocks.{block}.0.weight" in weights:
        for layer in (0, 2):
            kernel, bias = weights[f"blocks.{block}.{layer}.weight"], weights[f"blocks.{block}.{layer}.bias"]
            channels = np.array([
                elu(sum(correlate2d(x, k, "same") for x, k in zip(channels, kernels, strict=True)) + b)
                for kernels, b in zip(kernel, bias, strict=True)
            ])  # fmt: skip
        channels = channels.reshape(5, channels.shape[1] // 2, 2, channels.shape[2] // 2, 2).mean((2, 4))
        block += 1
    (matrix,) = [value for name, value in weights.items() if name.startswith("to_logit") and value.ndim == 2]
    (bias,) = [value for name, value in weights.items() if name.startswith("to_logit") and value.ndim == 1]
    return (matrix @ channels.ravel() + bias).item()


@pytest.mark.parametrize("downsamplings", [1, 2, 3])
def test_the_network_is_the_one_of_the_text(downsamplings):
    torch.manual_seed(downsamplings)
    module = Tagger(downsamplings)
    images = toy(2, 2, 3)
    weights = {name: value.double().numpy() for name, value in module.state_dict().items()}
    found = Classifier(module, Card("a", "classifier", downsamplings)).score(images)
    assert found == pytest.approx([by_hand(weights, image.astype(float)) for image in images], abs=1e-5)
    side = 40 // 2**downsamplings
    count = 50 + 230 + (downsamplings - 1) * 460 + 5 * side**2 + 1
    assert sum(value.size for value in weights.values()) == count


@pytest.mark.parametrize("downsamplings", [0, 4, "3"])
def test_other_depths_are_told(downsamplings):
    with pytest.raises(InputError, match="downsampling blocks; allowed: 1, 2 or 3"):
        Tagger(downsamplings)


def test_cross_entropy_is_the_formula_and_survives_certainty():
    logits, labels = torch.tensor([0.0, 2.0, -3.0, 2.0]), torch.tensor([1.0, 1.0, 0.0, 0.0])
    odds = 1 / (1 + np.exp(-logits.numpy().astype(float)))
    expected = -np.log(np.where(labels.numpy() == 1, odds, 1 - odds))
    found = cross_entropy(lambda images: logits, (None, labels))
    assert found["loss"].numpy() == pytest.approx(expected, rel=1e-6)
    sure = cross_entropy(lambda images: torch.tensor([-1e4, 1e4]), (None, torch.tensor([1.0, 1.0])))["loss"]
    assert sure.tolist() == [1e4, 0.0]
    half = cross_entropy(lambda images: logits.bfloat16(), (None, labels))["loss"]
    assert half.dtype == torch.float32


def test_it_learns_to_tell_two_classes_apart_and_signal_scores_higher(trained):
    network = load_classifier(trained)
    one, two = (network.score(toy(100, prongs, 20 + prongs)) for prongs in (1, 2))
    assert anomaly.auc(one, two).value > 0.95
    random = Classifier(Tagger(3), network.card)
    assert cross_entropies(random, sample(1), sample(2)) > network.card.loss


def cross_entropies(network, background, signal):
    one, two = network.score(background.valid).astype(float), network.score(signal.valid).astype(float)
    return np.mean([np.logaddexp(0, one).mean(), np.logaddexp(0, -two).mean()])


def test_the_card_tells_how_it_came_about(trained):
    network = load_classifier(trained)
    card = network.card
    assert (card.name, card.kind, card.classes) == ("classifier-Top-d3", "classifier", ("QCD", "Top"))
    assert (card.n_train, card.n_valid, card.batch, card.epochs) == (48, 16, 8, 6)
    assert len(card.curve) == len(card.curve_train) == 6
    assert card.loss == min(card.curve) == card.curve[card.best_epoch - 1]
    assert cross_entropies(network, sample(1), sample(2)) == pytest.approx(card.loss, rel=0.01)  # weights of float16
    assert not card.converged
    assert not card.collapsed
    assert card.origin == "the tests"
    assert models.networks(trained.parent) == {card.name: card}


def test_what_is_finished_is_not_done_again_and_what_broke_off_ends_alike(trained, tmp_path, monkeypatch):
    before = trained.read_bytes()
    assert train_classifier(QUICK, sample(1), sample(2), trained.parent, progress=False) == trained
    assert trained.read_bytes() == before
    data = (sample(1), sample(2), tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "write", lambda *_: (_ for _ in ()).throw(OSError("no space")))
        with pytest.raises(OSError, match="no space"):
            train_classifier(QUICK._replace(epochs=3), *data, progress=False)
    assert (tmp_path / "classifier-Top-d3.resume").exists()
    for other in (QUICK._replace(batch=16), QUICK._replace(seed=1)):  # same file, or not even that
        if other.name == QUICK.name:
            with pytest.raises(InputError, match="another training"):
                train_classifier(other, *data, progress=False)
    path = train_classifier(QUICK, *data, progress=False)
    one, two = (load_classifier(where).module.state_dict() for where in (trained, path))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert {file.name for file in tmp_path.iterdir()} == {path.name}


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("E_CLASS", {"signal": "../Top"}), ("E_CLASS", {"signal": "QCD"}), ("E_CLASS", {"signal": ""}),
        ("E_DEPTH", {"downsamplings": 4}), ("E_TOO_FEW", {"n_train": 49}), ("E_TOO_FEW", {"n_valid": 0}),
        ("E_PRECISION", {"precision": "half"}),
    ],
)  # fmt: skip
def test_what_cannot_be_trained_is_told(tmp_path, code, changes):
    with pytest.raises(InputError) as caught:
        train_classifier(QUICK._replace(**changes), sample(1), sample(2), tmp_path, progress=False)
    assert caught.value.code == code
    assert not list(tmp_path.iterdir())


def test_names_tell_what_departs_from_the_usual():
    assert Supervised("W", 1, seed=2).name == "classifier-W-d1-s2"
    assert len({Supervised(signal, depth).name for signal in ("Top", "W") for depth in (1, 2, 3)}) == 6


def test_scores_do_not_depend_on_company(trained, monkeypatch):
    network, images = load_classifier(trained), toy(23, 2, 5)
    together = network.score(images)
    monkeypatch.setattr(classifier, "CHUNK", 4)
    assert network.score(images) == pytest.approx(together, abs=1e-5)
    assert network.score(images[::-1].astype(np.float64)) == pytest.approx(together[::-1], abs=1e-5)
    assert network.score(images[:0]).shape == (0,)
    for wrong in (images[0], np.zeros((2, 20, 20))):
        with pytest.raises(InputError, match="shape"):
            network.score(wrong)


def test_only_classifiers_are_loaded(trained, tmp_path):
    with pytest.raises(InputError, match="unknown network"):
        load_classifier("classifier-Higgs-d3")
    with pytest.raises(InputError, match="allowed: an autoencoder"):
        models.load(trained)
    vae = models.untrained(1)
    checkpoints.write(tmp_path / "vae.safetensors", vae.module, vae.card)
    with pytest.raises(InputError, match="a vae; allowed: a classifier"):
        load_classifier(tmp_path / "vae.safetensors")
    deeper = load_classifier(trained).card._replace(downsamplings=2)
    checkpoints.write(tmp_path / "other.safetensors", Tagger(3), deeper)
    with pytest.raises(InputError) as caught:
        load_classifier(tmp_path / "other.safetensors")
    assert caught.value.code == "E_ARCH"


# areas


def test_areas_are_written_into_the_card_for_both_signals(trained, small):
    before = load_classifier(trained).module.state_dict()
    (card,) = supervised.evaluate_classifiers(trained.parent, source=small).values()
    assert models.read_card(trained) == card
    assert set(card.areas) == {"Supervised"}
    images = {name: jets.images(some) for name, some in jets.load(small).items()}
    score = {name: load_classifier(trained).score(some) for name, some in images.items()}
    for name in ("Top", "W"):
        expected = anomaly.auc(score["QCD"], score[name])
        assert card.areas["Supervised"][name] == Area(expected.value, expected.error, 60, len(images[name]))
    after = load_classifier(trained).module.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_areas_beside_the_printed_ones():
    area = Area(0.5, 0.01, 10, 10)
    cards = {
        f"{signal}{depth}": Card(
            "a", "classifier", depth, classes=("QCD", signal), areas={"Supervised": {"Top": area, "W": area}}
        )
        for signal in ("Top", "W")
        for depth in (2, 3)
    }
    found = supervised.compare_classifiers({**cards, "vae": Card("b", "vae", 3, areas={"Loss": {"Top": area}})})
    assert len(found) == 8
    printed = {
        (record["trained_on"], record["tested_on"]): record["published"]
        for record in found
        if record["downsamplings"] == 3
    }
    assert printed == {
        ("Top", "Top"): 0.94,
        ("W", "W"): 0.96,
        ("Top", "W"): 0.86,
        ("W", "Top"): pytest.approx(np.nan, nan_ok=True),
    }
    assert all(np.isnan(record["published"]) for record in found if record["downsamplings"] == 2)


SHIPPED = [name for name, card in models.networks().items() if card.kind == "classifier" and card.downsamplings == 3]


@pytest.mark.parametrize(
    "name", SHIPPED or [pytest.param("none", marks=pytest.mark.skip("no classifier comes along yet"))]
)
def test_the_areas_in_the_cards_are_those_of_the_sample(name):
    kept = models.networks()[name].areas["Supervised"]
    (scores,) = supervised.score_classifiers(names=[name]).values()
    for title in ("Top", "W"):
        assert anomaly.auc(scores["QCD"], scores[title], 0).value == pytest.approx(kept[title].auc, abs=1e-4)
        assert (kept[title].n_background, kept[title].n_signal) == (5000, 2000)
