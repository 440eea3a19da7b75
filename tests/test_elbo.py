"""Are divergence, loss and bounds what appendix A of Fraser et al. (2021) derives, where the answer is known?"""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import multivariate_normal, norm
from torch.distributions import Normal, kl_divergence

from jetexplore import models
from jetexplore.errors import InputError
from jetexplore.models import elbo, estimators, evidence, inference
from jetexplore.models.inference import LinearGaussian
from jetexplore.models.vae import Latent

numbers = st.floats(-3, 3)


def problem(seed, d=5, k=3, n=4):
    rng = np.random.default_rng(seed)
    model = LinearGaussian(rng.normal(size=(d, k)), rng.normal(size=d), float(rng.uniform(0.3, 1.5)))
    return model, rng.normal(size=(n, d)) * 2, rng.normal(size=(n, k)), rng.uniform(0.1, 2.0, (n, k))


# the loss


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=6))
def test_divergence_is_that_of_torch(values):
    mean, log_variance = (torch.tensor(column, dtype=torch.float32)[None] for column in zip(*values, strict=True))
    expected = kl_divergence(Normal(mean, (0.5 * log_variance).exp()), Normal(0.0, 1.0))
    assert elbo.kld(Latent(mean, log_variance)).item() == pytest.approx(expected.sum().item(), abs=1e-4)
    assert elbo.kld(Latent(mean, log_variance), "mean").item() == pytest.approx(expected.mean().item(), abs=1e-4)


@pytest.mark.parametrize(("mean", "variance"), [(0.0, 1.0), (1.5, 0.2), (-0.3, 3.0)])
def test_divergence_is_its_integral(mean, variance):
    q, p = norm(mean, variance**0.5), norm()
    expected = quad(lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), mean - 12, mean + 12)[0]
    found = elbo.kld(Latent(torch.tensor([[mean]]), torch.tensor([[variance]]).log()))
    assert found.item() == pytest.approx(expected, abs=1e-5)


def test_divergence_has_its_gradient():
    mean = torch.randn(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    log_variance = torch.zeros(3, 4, dtype=torch.float64).add(0.7).requires_grad_()
    elbo.kld(Latent(mean, log_variance)).sum().backward()
    torch.testing.assert_close(mean.grad, mean.detach(), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(log_variance.grad, 0.5 * (log_variance.exp() - 1).detach(), rtol=1e-5, atol=1e-5)


@given(st.floats(0, 1), st.floats(0, 10), st.floats(0, 10))
def test_loss_weighs_both(beta, distance, divergence):
    found = elbo.loss(torch.tensor([distance]), torch.tensor([divergence]), beta).item()
    assert found == pytest.approx((1 - beta) * distance + beta * divergence, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("beta", [-1e-9, 1.1, float("nan")])
def test_other_betas_are_told(beta):
    with pytest.raises(InputError) as caught:
        elbo.loss(torch.ones(1), torch.ones(1), beta)
    assert caught.value.code == "E_BETA"
    with pytest.raises(InputError):
        evidence.likelihood_variance(beta)


# a decoder that is known in full


@pytest.mark.parametrize("seed", range(3))
def test_evidence_is_that_of_scipy_and_of_the_integral(seed):
    model, x, _, _ = problem(seed)
    covariance = model.weights @ model.weights.T + model.sigma**2 * np.eye(5)
    expected = multivariate_normal(model.offset, covariance).logpdf(x)
    assert inference.log_evidence(model, x) == pytest.approx(expected, rel=1e-10)
    model, x, _, _ = problem(seed, d=1, k=1, n=1)
    w, b = model.weights.item(), model.offset.item()
    integral = quad(lambda z: norm.pdf(z) * norm.pdf(x.item(), w * z + b, model.sigma), -12, 12)[0]
    assert np.exp(inference.log_evidence(model, x)).item() == pytest.approx(integral, rel=1e-7)


@given(st.integers(0, 10_000))
def test_bound_and_gap_make_up_the_evidence(seed):
    model, x, mean, variance = problem(seed)
    exact, bound = inference.log_evidence(model, x), inference.bound(model, x, mean, variance)
    missing = inference.gap(model, x, mean, variance)
    assert (missing >= -1e-9).all()
    assert bound + missing == pytest.approx(exact, rel=1e-8, abs=1e-8)


def test_nothing_is_lost_with_the_posterior_itself():
    model, x, _, _ = problem(3)
    model = model._replace(weights=np.linalg.qr(model.weights)[0])  # then the posterior is diagonal
    mean, covariance = inference.posterior(model, x)
    assert covariance == pytest.approx(np.diag(np.diag(covariance)), abs=1e-12)
    variance = np.diag(covariance)
    assert inference.gap(model, x, mean, variance) == pytest.approx(0, abs=1e-10)
    weights = inference.log_weights(model, x, mean, variance, 7)  # of every draw the same: p(x)
    assert weights == pytest.approx(np.tile(inference.log_evidence(model, x), (7, 1)), rel=1e-10)


def test_gap_is_the_divergence_of_two_gaussians():
    model, x, mean, variance = problem(4, n=1)
    centre, covariance = inference.posterior(model, x)
    q = multivariate_normal(mean[0], np.diag(variance[0]))
    z = q.rvs(100_000, random_state=0)
    drawn = q.logpdf(z) - multivariate_normal(centre[0], covariance).logpdf(z)
    assert inference.gap(model, x, mean, variance)[0] == pytest.approx(drawn.mean(), abs=5 * drawn.std() / 316)


def test_log_weights_are_those_of_the_densities_and_average_to_bound_and_evidence():
    model, x, mean, variance = problem(5, d=3, k=2, n=2)
    variance = variance + 0.3
    weights = inference.log_weights(model, x, mean, variance, 60_000, seed=1)
    noise = np.random.default_rng(1).normal(size=(60_000, 2, 2))
    z = mean[0] + np.sqrt(variance[0]) * noise[17, 0]
    likelihood = norm(model.offset + model.weights @ z, model.sigma).logpdf(x[0]).sum()
    proposal = norm(mean[0], np.sqrt(variance[0])).logpdf(z).sum()
    assert weights[17, 0] == pytest.approx(likelihood + norm.logpdf(z).sum() - proposal, rel=1e-10)
    error = weights.std(0) / np.sqrt(len(weights))
    assert (abs(weights.mean(0) - inference.bound(model, x, mean, variance)) < 5 * error).all()
    exact = inference.log_evidence(model, x)
    assert inference.importance_bound(weights, 60_000) == pytest.approx(exact, abs=0.15)
    bounds = np.array([inference.importance_bound(weights, k) for k in (1, 2, 10, 100, 1000)])
    assert (np.diff(bounds, axis=0) > 0).all()
    assert (bounds[-1] < exact + 0.1).all()


@given(st.integers(1, 5), st.integers(1, 4), st.floats(-800, 800))
def test_importance_bound_is_its_formula_and_does_not_overflow(k, groups, level):
    weights = np.random.default_rng(k).normal(size=(k * groups, 3)) + level
    rows = [weights[start : start + k] - level for start in range(0, len(weights), k)]
    expected = np.mean([np.log(np.exp(row).mean(0)) for row in rows], axis=0) + level
    assert inference.importance_bound(weights, k) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("k", [0, 4, 7])
def test_groups_must_come_out_even(k):
    with pytest.raises(InputError) as caught:
        inference.importance_bound(np.zeros((6, 1)), k)
    assert caught.value.code == "E_RANGE"


# estimators


def test_divergences_agree():
    found = estimators.divergences(np.array([1.0, -0.5, 0.0]), np.array([0.2, 1.7, 1.0]), 50_000)
    exact = found["torch.distributions"].value
    assert found["eq. (3.4)"].value == pytest.approx(exact, rel=1e-5)
    drawn = found["Monte Carlo"]
    assert abs(drawn.value - exact) < 4 * drawn.error
    assert 0 < drawn.error < 0.02


@pytest.mark.parametrize("seed", [0, 1])
def test_gradients_agree_and_the_reparameterised_one_is_the_quieter(seed):
    model, x, mean, variance = problem(seed)
    found = estimators.gradients(model, x[0], mean[0], variance[0], 40_000, seed)
    exact = found["exact"].value
    assert found["finite differences"].value == pytest.approx(exact, rel=1e-6, abs=1e-6)
    for name in ("reparameterised", "score function"):
        value, error = found[name]
        assert (abs(value - exact) < 4.5 * error).all(), name
        assert (error > 0).all()
    assert (found["reparameterised"].error < found["score function"].error).all()


# a network


@pytest.mark.parametrize("beta", [1e-8, 1e-5, 0.1])
def test_the_loss_over_beta_is_the_negative_bound_up_to_a_constant(beta):
    rng = np.random.default_rng(0)
    distance, divergence = rng.random(5) * 1e-4, rng.random(5) * 30
    loss = elbo.loss(torch.from_numpy(distance), torch.from_numpy(divergence), beta).numpy()
    variance = evidence.likelihood_variance(beta)
    likelihood = -0.5 * (1600 * distance / variance + 1600 * np.log(2 * np.pi * variance))
    assert loss / beta == pytest.approx(-(likelihood - divergence) - 800 * np.log(2 * np.pi * variance), rel=1e-9)


def test_log_weights_of_a_network_average_to_its_loss():
    network, beta, draws = models.untrained(3), 1e-3, 64
    x = np.random.default_rng(0).random((3, 40, 40)) ** 8
    x /= x.sum((1, 2), keepdims=True)
    weights = evidence.network_log_weights(network, x, beta, draws)
    assert weights.shape == (draws, 3)
    latent = network.encode(x)
    divergence = elbo.kld(Latent(*map(torch.from_numpy, latent))).numpy()
    rng = np.random.default_rng(0)
    z = [latent.mean + np.exp(0.5 * latent.log_variance) * rng.normal(size=(3, 64)) for _ in range(draws)]
    distance = np.mean([((x - network.decode(points)) ** 2).mean((1, 2)) for points in z], axis=0)
    constant = 800 * np.log(2 * np.pi * evidence.likelihood_variance(beta))
    loss = (1 - beta) * distance + beta * divergence
    assert evidence.bound_of_loss(network, x, beta, draws) == pytest.approx(-loss / beta - constant, rel=1e-6)
    error = weights.std(0) / draws**0.5
    assert (abs(weights.mean(0) + loss / beta + constant) < 4.5 * error).all()
    assert (inference.importance_bound(weights, 64) > inference.importance_bound(weights, 8)).all()
