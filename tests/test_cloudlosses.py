"""Distances of clouds: known answers, energyflow's EMD, numerical gradients, laws."""

import energyflow
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jetexplore.errors import InputError
from jetexplore.models import cloudlosses
from jetexplore.models.cloudlosses import CLOUD_LOSSES

COUNTS = torch.tensor([7, 5, 2, 1])


def pair(seed=0, counts=COUNTS, longest=8):
    generator = torch.Generator().manual_seed(seed)
    both = torch.randn(2, len(counts), longest, 3, generator=generator, dtype=torch.float64)
    both[..., 0] = 10 * both[..., 0].abs() + 0.1
    return both[0], both[1]


@pytest.mark.parametrize("R", [0.4, 1.0, 3.0])
def test_emd_is_that_of_energyflow(R):
    x, y = pair()
    found = cloudlosses.emd(x, y, COUNTS, R)
    for k, n in enumerate(COUNTS.tolist()):
        wanted = energyflow.emd.emd(x[k, :n].numpy(), y[k, :n].numpy(), R=R, norm=False, periodic_phi=True)
        assert found[k].item() == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("heavier", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("name", ["MSE", "Chamfer", "EMD"])
def test_gradients_are_those_of_small_steps(name, heavier):
    x, y = pair()
    y[..., 0] *= heavier
    y.requires_grad_()
    assert torch.autograd.gradcheck(lambda some: CLOUD_LOSSES[name](x, some, COUNTS), y)


def test_gradient_of_emd_where_a_weight_is_negative_or_nothing():
    x, y = pair(1)
    y[0, 0, 0], y[1, 2, 0], y[3, 0, 0] = -3.0, -0.5, -2.0  # the last is a jet of nothing else
    y.requires_grad_()
    assert torch.autograd.gradcheck(lambda some: cloudlosses.emd(x, some, COUNTS), y)
    # a particle that has no weight yet: adding some is a step to one side
    x, y = pair(2)
    y[0, 1, 0] = 0.0
    y.requires_grad_()
    value = cloudlosses.emd(x, y, COUNTS)
    (slope,) = torch.autograd.grad(value.sum(), y)
    more = y.detach().clone()
    more[0, 1, 0] = 1e-5
    step = (cloudlosses.emd(x, more, COUNTS) - value).sum().item() / 1e-5
    assert slope[0, 1, 0].item() == pytest.approx(step, rel=1e-4)


def test_chamfer_is_its_formula():
    x, y = pair()
    found = cloudlosses.chamfer(x, y, COUNTS)
    for k, n in enumerate(COUNTS.tolist()):
        apart = ((x[k, :n, None] - y[k, None, :n]) ** 2).sum(2)
        assert found[k].item() == pytest.approx((apart.min(1).values.mean() + apart.min(0).values.mean()).item())


def test_mse_is_its_formula():
    x, y = pair()
    found = cloudlosses.mse(x, y, COUNTS)
    for k, n in enumerate(COUNTS.tolist()):
        assert found[k].item() == pytest.approx(((x[k, :n] - y[k, :n]) ** 2).mean().item())


@pytest.mark.parametrize("name", ["MSE", "Chamfer", "EMD"])
@given(seed=st.integers(0, 99), more=st.integers(0, 3), junk=st.sampled_from([0.0, 1e9, -7.0]))
@settings(max_examples=10, deadline=None)
def test_laws(name, seed, more, junk):
    function = CLOUD_LOSSES[name]
    x, y = pair(seed)
    found = function(x, y, COUNTS)
    assert (found > 0).all()
    torch.testing.assert_close(function(x, x, COUNTS), torch.zeros(4, dtype=torch.float64), atol=1e-9, rtol=0)
    # what stands behind the last particle does not count, and is not pulled
    wide_x, wide_y = (torch.nn.functional.pad(some, (0, 0, 0, more)) for some in (x, y))
    behind = ~cloudlosses.real(wide_x, COUNTS)
    wide_x[behind], wide_y[behind] = junk, -junk
    wide_y.requires_grad_()
    again = function(wide_x, wide_y, COUNTS)
    torch.testing.assert_close(again, found)
    again.sum().backward()
    assert not wide_y.grad[behind].any()
    if name != "MSE":  # the others compare sets
        order = torch.tensor([1, 0, *range(2, x.shape[1])])
        many = COUNTS[:3]
        torch.testing.assert_close(function(x[:3], y[:3][:, order], many), found[:3])


def test_emd_knows_that_phi_is_an_angle():
    x = torch.tensor([[[1.0, 0.0, 3.1]]], dtype=torch.float64)
    y = torch.tensor([[[1.0, 0.0, -3.1]]], dtype=torch.float64)
    assert cloudlosses.emd(x, y, torch.tensor([1])).item() == pytest.approx(2 * np.pi - 6.2)


def test_errors_tell_what_is_wrong():
    x, y = pair()
    with pytest.raises(InputError, match="unknown loss"):
        cloudlosses.cloud_loss("Wass(1)")
    with pytest.raises(InputError, match="R = 0"):
        cloudlosses.emd(x, y, COUNTS, 0)
    y[0, 0, 1] = float("nan")
    with pytest.raises(InputError) as error:
        cloudlosses.emd(x, y, COUNTS)
    assert error.value.code == "E_NONFINITE"
