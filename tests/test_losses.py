"""Do training losses have the value of the metric of their name, and the gradient of that value? And what GeomLoss has?"""

from functools import partial

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from jetexplore import distances
from jetexplore.errors import InputError
from jetexplore.models import losses, sinkhorn, transportloss


def batch(seed, n=4, npix=12, sparse=0.15):
    """Sparse images and positive reconstructions of unit sum, float64."""
    rng = np.random.default_rng(seed)
    x = rng.random((n, npix, npix)) ** 4 * (rng.random((n, npix, npix)) < sparse)
    x[:, 3, 4] += 1e-2
    y = np.exp(rng.normal(0, 1.5, (n, npix, npix)))
    return torch.from_numpy(x), torch.from_numpy(y / y.sum((1, 2), keepdims=True))


@pytest.mark.parametrize(
    "name", [*(name for name in losses.LOSSES if name in distances.METRICS), "Wass(0.5)", "Wass(5)"]
)
@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
def test_every_loss_equals_the_metric_of_its_name(name, kind):
    x, y = (some.to(kind) for some in batch(1))
    x = x / x.sum((1, 2), keepdim=True)
    found = losses.loss(name).function(x, y)
    assert found.dtype == kind
    expected = distances.paired(x.double().numpy(), y.double().numpy(), name)
    assert found.numpy() == pytest.approx(expected, rel=1e-6 if kind == torch.float32 else 1e-12)


CONVERGED = {
    f"Sinkhorn({p}) to the end": partial(sinkhorn.distance, p=p, blur=4.1, scaling=0.9999) for p in (1, 2)
}  # the potentials of unfinished iterations are no gradient


@pytest.mark.parametrize("name", ["MSE", "MAE", "Wass(0.5)", "Wass(1)", "Wass(2)", "Wass(5)", *CONVERGED])
def test_gradients_agree_with_finite_differences(name):
    """Through a softmax, along a random direction."""
    x, y = batch(2)
    x = x / x.sum((1, 2), keepdim=True)
    logits, function = torch.log(y).requires_grad_(), CONVERGED.get(name) or losses.loss(name).function
    direction = torch.from_numpy(np.random.default_rng(3).normal(size=y.shape))

    def value(logits):
        return function(x, torch.softmax(logits.flatten(1), 1).view(x.shape))

    value(logits).sum().backward()
    exact = (logits.grad * direction).sum((1, 2)).numpy()
    with torch.no_grad():
        step = 1e-6
        numerical = ((value(logits + step * direction) - value(logits - step * direction)) / 2 / step).numpy()
    within = 1e-4 if name in CONVERGED else 1e-6
    assert_allclose(exact, numerical, rtol=0, atol=within * np.abs(numerical).max())


@pytest.mark.parametrize("p", [0.5, 1, 2])
def test_the_gradient_knows_that_reconstructions_are_normalised(p):
    x, y = batch(4)
    y = (3 * y).requires_grad_()
    transportloss.wasserstein(x, y, p).sum().backward()
    assert_allclose((y * y.grad).sum((1, 2)).detach(), np.zeros(4), atol=1e-14)  # more of the same changes nothing
    moved, step = y.detach().clone(), 1e-6
    moved[:, 5, 5] += step
    change = (transportloss.wasserstein(x, moved, p) - transportloss.wasserstein(x, y.detach(), p)) / step
    assert_allclose(change, y.grad[:, 5, 5], rtol=1e-4)


@pytest.mark.parametrize("p", [0.5, 1, 2, 5])
def test_equal_images_have_a_finite_gradient(p):
    x, y = batch(5)
    same = y.clone().requires_grad_()
    found = transportloss.wasserstein(y, same, p)
    found.sum().backward()
    assert found.tolist() == [0.0] * 4
    assert torch.isfinite(same.grad).all()
    if p <= 1:
        assert not same.grad.any()


def test_low_precision_outside_is_float32_inside():
    """As in training: autocast to bfloat16, with a reconstruction that came out of it."""
    x, y = (some.float() for some in batch(6))
    weight = torch.ones(12, 12, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        found = [loss.function(x, y * weight) for loss in losses.LOSSES.values()]
        assert losses.mean_power(x, y.bfloat16(), 2).dtype == torch.float32
        assert transportloss.wasserstein(x, y.bfloat16(), 1).dtype == torch.float32
        assert sinkhorn.distance(x, y.bfloat16(), 1).dtype == torch.float32
    outside = [loss.function(x, y * weight) for loss in losses.LOSSES.values()]
    for inner, outer in zip(found, outside, strict=True):
        assert inner.dtype == torch.float32
        assert torch.equal(inner, outer)
    found[2].sum().backward()
    assert weight.grad.dtype == torch.float32
    low = y.bfloat16().requires_grad_()
    transportloss.wasserstein(x, low, 1).sum().backward()
    assert low.grad.dtype == torch.bfloat16


def test_a_step_along_the_gradient_lowers_the_distance():
    x, y = batch(7)
    for name, loss in losses.LOSSES.items():
        logits = torch.log(y).requires_grad_()
        before = loss.function(x, torch.softmax(logits.flatten(1), 1).view(x.shape))
        before.sum().backward()
        step = 1e-2 / logits.grad.abs().amax((1, 2), keepdim=True)
        after = loss.function(x, torch.softmax((logits - step * logits.grad).flatten(1), 1).view(x.shape))
        assert (after < before).all(), name


def test_what_networks_need():
    assert {name: loss.output for name, loss in losses.LOSSES.items()} == {
        "MSE": "ELU", "MAE": "ELU", "Wass(1)": "softmax", "Wass(2)": "softmax",
        "Sinkhorn(1)": "softmax", "Sinkhorn(2)": "softmax",
    }  # fmt: skip
    names = ("MSE", "MAE", "Wass(3)", "Sinkhorn(1)")
    assert {losses.loss(name).scale for name in names} == {1600.0}


@pytest.mark.parametrize("name", ["Wass1", "Wass(0)", "Wass(-1)", "Sinkhorn(3)", "mse", None, 1])
def test_unknown_losses_are_refused(name):
    with pytest.raises(InputError, match=r"unknown loss .*allowed: MSE, MAE, .*Wass\(p\)") as error:
        losses.loss(name)
    assert error.value.code == "E_LOSS"


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize(("blur", "scaling"), [(0.05, 0.5), (0.2, 0.7), (0.003, 0.5)])
@pytest.mark.parametrize("debias", [True, False])
def test_sinkhorn_is_that_of_geomloss(p, blur, scaling, debias):
    geomloss = pytest.importorskip("geomloss", reason="geomloss, the oracle, is not installed")
    x, y = batch(8, n=3, npix=10)
    x = x / x.sum((1, 2), keepdim=True)
    places = (torch.arange(10, dtype=torch.float64) - 4.5) * 0.32
    grid = torch.stack(torch.meshgrid(places, places, indexing="ij"), -1).view(1, 100, 2).repeat(3, 1, 1)
    weights = [some.flatten(1).clone().requires_grad_() for some in (x, y)]

    def cost(x, y):  # for p = 1 their own takes no distance to be less than 1e-4
        return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist") ** p / p

    options = {"p": p, "blur": blur, "scaling": scaling, "debias": debias, "backend": "tensorized"}
    theirs = geomloss.SamplesLoss("sinkhorn", cost=cost, **options)
    expected = theirs(weights[0], grid, weights[1], grid)
    expected.sum().backward()
    images, reconstructions = x.clone().requires_grad_(), y.clone().requires_grad_()
    found = sinkhorn.divergence(images, reconstructions, p, 3.2, blur, scaling, debias)
    found.sum().backward()
    assert_allclose(found.detach(), expected.detach(), rtol=1e-9, atol=1e-12)
    usual = geomloss.SamplesLoss("sinkhorn", **options)(weights[0], grid, weights[1], grid)
    assert_allclose(found.detach(), usual.detach(), atol=1.1e-4)
    ours, gradient = reconstructions.grad.flatten(1), weights[1].grad
    gradient = gradient - (gradient * weights[1]).sum(1, keepdim=True)  # theirs does not know of the normalisation
    assert_allclose(ours, gradient.detach(), rtol=1e-7, atol=1e-9)
    at = weights[0] > 0
    ours, gradient = images.grad.flatten(1), weights[0].grad
    gradient = gradient - (gradient * weights[0]).sum(1, keepdim=True)
    assert_allclose(ours[at], gradient[at].detach(), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("p", [1, 2])
def test_sinkhorn_approaches_the_exact_distance(p):
    x, y = batch(9)
    exact = transportloss.wasserstein(x, y, p)
    errors = [(sinkhorn.distance(x, y, p, blur=blur, scaling=0.95) - exact).abs().max() for blur in (0.2, 0.05, 0.01)]
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.05 * exact.max()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"p": 3}, "E_RANGE_P"),
        ({"blur": 0.0}, "E_RANGE_BLUR"),
        ({"scaling": 1.0}, "E_RANGE_SCALING"),
        ({"width": 0}, "E_RANGE_WIDTH"),
        ({"images": torch.ones(2, 3, 3)}, "E_SHAPE"),
        ({"images": torch.zeros(1, 3, 3)}, "E_EMPTY_IMAGE"),
    ],
)
def test_sinkhorn_refuses_wrong_input(change, code):
    given = {"images": torch.ones(1, 3, 3), "reconstructions": torch.ones(1, 3, 3)} | change
    with pytest.raises(InputError) as error:
        sinkhorn.divergence(**given)
    assert error.value.code == code


def test_the_benchmark_finds_the_exact_loss_exact():
    from jetexplore.models import lossbench

    rows = lossbench.benchmark_losses(lossbench.QUICK._replace(exact=2, emd2=2, sinkhorn=1))
    found = {(row["images"], row["method"]): row for row in rows}
    for (kind, method), row in found.items():
        assert row["pixels"][0] < row["pixels"][1] <= 1600
        assert row["slower"] == pytest.approx(found[kind, "exact"]["rate"] / row["rate"])
        if method in {"exact", "emd2"}:
            assert row["worst"] < 1e-6
            assert row["least_cosine"] > 1 - 1e-6
        else:  # an approximation, of the same thing
            assert row["bias"] < -0.01
            assert row["cosine"] < 1
        if (
            kind == "QCD, blurred"
        ):  # where a network puts nearly all into one pixel, Sinkhorn's gradient may be anything
            assert row["cosine"] > 0.9
    assert {"exact", "emd2", "Sinkhorn"} <= {method for _, method in found}
