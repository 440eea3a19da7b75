"""The autoencoder of section 3.2: its shapes, its symmetries, plain arrays in and out."""

import numpy as np
import pytest
import torch

from jetexplore import jets, models
from jetexplore.errors import InputError
from jetexplore.models.autoencoder import initial
from jetexplore.models.vae import VAE


@pytest.fixture(scope="module")
def images():
    return jets.images(jets.load()["QCD"][:12])


@pytest.mark.parametrize(("depth", "channels", "parameters"), [
    (1, 1, 260_509), (2, 1, 81_234), (3, 1, 37_184), (1, 5, 422_189), (2, 5, 121_714), (3, 5, 47_364),
])  # fmt: skip
def test_parameters_are_those_counted_by_hand(depth, channels, parameters):
    found = VAE(depth, decoder_channels=channels)
    assert sum(weights.numel() for weights in found.parameters()) == parameters


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_blocks_halve_the_image_and_hold_five_filters(depth, images):
    found = models.untrained(depth).activations(images)
    assert [some.shape for some in found] == [(12, 5, 40 // 2**k, 40 // 2**k) for k in range(1, depth + 1)]


def test_first_block_is_two_convolutions_elu_and_average_pooling(images):
    network = models.untrained(2, seed=3)
    weights = {name: weight.detach().double().numpy() for name, weight in network.module.blocks[0].named_parameters()}

    def convolution(x, weight, bias):  # the slow readable twin
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
        out = np.zeros((len(weight), *x.shape[1:]))
        for row in range(x.shape[1]):
            for column in range(x.shape[2]):
                part = padded[:, row : row + 3, column : column + 3]
                out[:, row, column] = (weight * part).sum((1, 2, 3)) + bias
        return np.where(out > 0, out, np.expm1(out))

    x = images[:1].astype(np.float64)
    for layer in ("0", "2"):
        x = convolution(x, weights[f"{layer}.weight"], weights[f"{layer}.bias"])
    pooled = x.reshape(5, 20, 2, 20, 2).mean((2, 4))
    np.testing.assert_allclose(network.activations(images[:1])[0][0], pooled, atol=1e-6)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_softmax_reconstructions_are_images_that_sum_to_one(depth, images):
    found = models.untrained(depth, output="softmax").reconstruct(images)
    assert found.shape == images.shape
    assert (found > 0).all()
    np.testing.assert_allclose(found.sum((1, 2)), 1, rtol=1e-5)


def test_reconstruction_is_the_decoded_mean(images):
    network = models.untrained(3, seed=1)
    np.testing.assert_allclose(network.decode(network.encode(images).mean), network.reconstruct(images), atol=1e-6)


def test_each_image_is_treated_alone(images):
    network = models.untrained(3)
    order = np.random.default_rng(0).permutation(len(images))
    np.testing.assert_allclose(network.reconstruct(images)[order], network.reconstruct(images[order]), atol=1e-6)


def test_noise_moves_the_latent_point_by_its_standard_deviation():
    vae = initial(3, seed=0)
    images, noise = torch.rand(4, 40, 40), torch.randn(4, 64)
    latent = vae.encode(images)
    expected = vae.decode(latent.mean + noise * latent.log_variance.exp().sqrt())
    torch.testing.assert_close(vae(images, noise).reconstruction, expected)


def test_same_seed_same_weights_and_the_callers_generator_is_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, second, other = initial(1, 7), initial(1, 7), initial(1, 8)
    assert torch.equal(torch.rand(3), expected)
    for name, weight in first.state_dict().items():
        assert torch.equal(weight, second.state_dict()[name])
    assert not torch.equal(first.blocks[0][0].weight, other.blocks[0][0].weight)


@pytest.mark.parametrize(("code", "make"), [
    ("E_DEPTH", lambda: VAE(4)),
    ("E_CHOICE", lambda: VAE(1, "sigmoid")),
    ("E_RANGE", lambda: VAE(3, npix=36)),
    ("E_SHAPE", lambda: models.untrained(1).encode(np.zeros((2, 39, 40)))),
    ("E_SHAPE", lambda: models.untrained(1).decode(np.zeros((2, 63)))),
])  # fmt: skip
def test_bad_input_is_one_clear_error(code, make):
    with pytest.raises(InputError) as caught:
        make()
    assert caught.value.code == code


def test_no_images_give_no_reconstructions():
    network = models.untrained(2)
    assert network.reconstruct(np.zeros((0, 40, 40))).shape == (0, 40, 40)
    assert network.encode(np.zeros((0, 40, 40))).mean.shape == (0, 64)
