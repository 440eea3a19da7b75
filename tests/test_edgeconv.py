"""Edge convolution: the kernel against PyTorch Geometric and the formula written out, its gradients, its laws."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jetexplore.errors import InputError
from jetexplore.models import edgebench
from jetexplore.models.edgeconv import EdgeConv, edgeconv_dense

LASTS = ["ReLU", "linear"]


def layer(last, features=3, out=2, seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return EdgeConv(features, out, last)


def clouds(counts, features=3, longest=None, seed=0):
    counts = torch.as_tensor(counts)
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(len(counts), longest or int(counts.max()), features, generator=generator), counts


def slopes(module, x, counts, weights):
    module = copy.deepcopy(module)
    x = x.clone().requires_grad_()
    (module(x, counts) * weights).sum().backward()
    return [x.grad, *(some.grad for some in module.parameters())]


@pytest.mark.parametrize("last", LASTS)
def test_it_is_the_edge_convolution_of_pytorch_geometric(last):
    from torch_geometric.nn import EdgeConv as Theirs
    from torch_geometric.utils import dense_to_sparse

    module = layer(last)
    theirs = Theirs(module.phi, aggr="mean")
    x, counts = clouds([1, 2, 3, 9, 17, 40])
    found = module(x, counts)
    for row, n in enumerate(counts.tolist()):
        edges = dense_to_sparse(1 - torch.eye(n))[0]
        torch.testing.assert_close(found[row, :n], theirs(x[row, :n], edges), atol=1e-6, rtol=1e-6)
        assert not found[row, n:].any()


@pytest.mark.parametrize("last", LASTS)
@pytest.mark.parametrize("counts", [[1], [2], [5, 1, 8, 9], [30] * 9, [65, 64, 12]])
def test_values_and_gradients_are_those_of_the_formula_in_float64(last, counts):
    module = layer(last, out=3, features=2)
    x, counts = clouds(counts, 2)
    weights = torch.randn(*x.shape[:2], 3, generator=torch.Generator().manual_seed(1))
    exact = copy.deepcopy(module).double()
    torch.testing.assert_close(module(x, counts).double(), exact(x.double(), counts), atol=2e-6, rtol=1e-5)
    wanted = slopes(exact, x.double(), counts, weights.double())
    for ours, theirs in zip(slopes(module, x, counts, weights), wanted, strict=True):
        scale = max(float(theirs.abs().max()), 1e-3)
        torch.testing.assert_close(ours.double() / scale, theirs / scale, atol=2e-5, rtol=0)


@pytest.mark.parametrize("last", LASTS)
def test_the_written_out_form_has_the_gradients_it_says(last):
    module = layer(last).double()
    x, counts = clouds([4, 1, 3])
    x = x.double().requires_grad_()
    assert torch.autograd.gradcheck(lambda some: edgeconv_dense(some, counts, module.phi), x)
    module.phi = torch.nn.Sequential(torch.nn.Linear(6, 4).double(), torch.nn.Tanh())
    assert torch.autograd.gradgradcheck(lambda some: edgeconv_dense(some, counts, module.phi), x)


def test_messages_worked_out_by_hand():
    module = layer("linear", features=1, out=1)
    with torch.no_grad():
        for weights in module.parameters():
            weights.zero_()
        module.phi[0].weight[0, 1] = 1.0  # ReLU(x_j - x_i), all the way through
        module.phi[2].weight[0, 0] = 1.0
        module.phi[4].weight[0, 0] = 1.0
    found = module(torch.tensor([[[1.0], [2.0], [6.0], [99.0]]]), torch.tensor([3]))
    assert found.flatten().tolist() == [3.0, 2.0, 0.0, 0.0]


@settings(max_examples=25, deadline=None)
@given(
    counts=st.lists(st.integers(1, 25), min_size=1, max_size=6),
    more=st.integers(0, 9),
    last=st.sampled_from(LASTS),
    seed=st.integers(0, 9),
)
def test_neither_padding_nor_order_nor_company_changes_a_bit(counts, more, last, seed):
    module = layer(last, seed=seed)
    x, counts = clouds(counts, longest=max(counts) + more, seed=seed)
    x[torch.arange(x.shape[1]) >= counts[:, None]] = float("nan")  # never looked at
    found = module(x, counts)
    assert not found[torch.arange(x.shape[1]) >= counts[:, None]].any()
    order = torch.randperm(len(counts))
    assert torch.equal(module(x[order], counts[order]), found[order])
    alone = int(counts[0])
    assert torch.equal(module(x[:1, :alone], counts[:1]), found[:1, :alone])
    dense = edgeconv_dense(x, counts, module.phi)
    torch.testing.assert_close(found, dense, atol=1e-6, rtol=1e-5)


def test_particles_in_another_order_give_the_same_in_that_order():
    module = layer("linear")
    x, counts = clouds([31, 31])
    order = torch.randperm(31)
    torch.testing.assert_close(module(x[:, order], counts), module(x, counts)[:, order], atol=1e-6, rtol=1e-5)


def test_the_number_of_threads_changes_no_bit():
    x, counts = clouds(np.random.default_rng(0).integers(1, 20, 70))
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            outer = torch.ones(*x.shape[:2], 2)
            found.append([layer("ReLU")(x, counts), *slopes(layer("ReLU"), x, counts, outer)[1:3:2]])
    finally:
        torch.set_num_threads(before)
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))


def test_what_is_no_number_does_not_hide():
    x, counts = clouds([5])
    x[0, 2, 0] = float("nan")
    for last in LASTS:
        assert layer(last)(x, counts).isnan().any()


def test_no_jets_have_no_slopes():
    x, counts = torch.zeros(0, 4, 3), torch.zeros(0, dtype=torch.int64)
    found = slopes(layer("linear"), x, counts, torch.zeros(0, 4, 2))
    assert found[0].shape == x.shape
    assert not any(some.any() for some in found)


def test_the_benchmark_compares_rates_of_the_same_work():
    rows = edgebench.benchmark_edgeconv(edgebench.QUICK)
    assert [row["task"] for row in rows] == ["train", "score"]
    for row in rows:
        assert row["ratio"] == pytest.approx(row["rate"] / row["rate_pyg"])
        assert row["error"] < 2e-5


def test_errors_tell_what_is_wrong():
    x, counts = clouds([5, 3])
    for wrong, code in (
        (lambda: layer("ReLU")(x, counts[:1]), "E_SHAPE"),
        (lambda: layer("ReLU")(x[..., :2], counts), "E_SHAPE"),
        (lambda: layer("ReLU")(x, counts + 1), "E_RANGE"),
        (lambda: layer("ReLU")(x, counts * 0), "E_RANGE"),
        (lambda: EdgeConv(3, 0), "E_RANGE"),
        (lambda: EdgeConv(3, 2, "tanh"), "E_CHOICE"),
    ):
        with pytest.raises(InputError) as error:
            wrong()
        assert error.value.code == code
