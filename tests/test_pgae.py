"""The graph autoencoder of particle clouds: its size, its inputs, what it makes of jets, its file."""

import numpy as np
import pytest
import torch

from jetexplore import jets, models
from jetexplore.errors import InputError
from jetexplore.jets import Jets
from jetexplore.models import checkpoints, cloudautoencoder, cloudinputs
from jetexplore.models.cards import Card
from jetexplore.models.cloudautoencoder import CloudAutoencoder, clouds, initial
from jetexplore.models.cloudinputs import INPUTS
from jetexplore.models.pgae import PGAE, CloudNorm


@pytest.fixture(scope="module")
def some():
    return jets.load("sample")["Top"][:60]


def network(inputs="relative", **more):
    module = initial(inputs, **more)
    with torch.no_grad():
        module.norm.mean.fill_(0.1)
        module.norm.variance.fill_(900.0 if INPUTS[inputs].names[0] == "px" else 0.3)
    return CloudAutoencoder(module, Card("one", "pgae", 0, inputs=inputs))


def test_it_has_the_numbers_of_the_paper():
    module = PGAE()
    sizes = {name: sum(weights.numel() for weights in part.parameters()) for name, part in module.named_children()}
    assert sizes == {"norm": 6, "encoder": 1346, "decoder": 1315}
    assert [layer.out_features for layer in (*module.encoder.phi[::2], *module.decoder.phi[::2])] == [
        32,
        32,
        2,
        32,
        32,
        3,
    ]
    assert (network().encode(jets.load("sample")["W"][:20]) >= 0).all()


def test_the_norm_is_torchs_over_particles_alone():
    ours, theirs = CloudNorm(3), torch.nn.BatchNorm1d(3)
    counts = torch.tensor([5, 1, 7])
    x = torch.randn(3, 9, 3) * 4 + 7
    here = torch.arange(9) < counts[:, None]
    x[~here] = float("nan")
    for _ in range(3):
        found, wanted = ours(x, counts), theirs(x[here])
        torch.testing.assert_close(found[here], wanted)
        assert not found[~here].any()
    torch.testing.assert_close(ours.mean, theirs.running_mean)
    torch.testing.assert_close(ours.variance, theirs.running_var)
    torch.testing.assert_close(ours.eval()(x, counts)[here], theirs.eval()(x[here]))


@pytest.mark.parametrize("name", list(INPUTS))
def test_features_say_where_a_particle_is(name, some):
    features = torch.from_numpy(INPUTS[name].features(some).astype(np.float64))
    weight, eta, phi = INPUTS[name].points(features).numpy().T
    if INPUTS[name].about_axis:
        whole, jet = some.momenta(), some.jet
        weight, eta, phi = weight * whole.pt[jet], eta + whole.eta[jet], phi + whole.phi[jet]
    np.testing.assert_allclose(weight, some.pt, rtol=1e-5)
    np.testing.assert_allclose(eta, some.eta, atol=1e-5)
    np.testing.assert_allclose(np.cos(phi - some.phi), 1, atol=1e-8)


def test_points_have_a_slope_everywhere():
    x = torch.tensor([[0.0, 0.0, 0.0], [0.0, 0.0, 5.0], [1.0, 2.0, 3.0]], dtype=torch.float64, requires_grad=True)
    cloudinputs.points_of_momenta(x).sum().backward()
    assert x.grad.isfinite().all()
    assert torch.autograd.gradcheck(cloudinputs.points_of_momenta, x.detach()[2:].requires_grad_())


def test_relative_losses_do_not_know_the_pt_nor_where_the_jet_flies(some):
    moved = Jets(2.5 * some.pt, some.eta + 0.3, some.phi + 2.0, some.offsets)
    one = network()
    axes = np.abs(moved.momenta().eta - some.momenta().eta - 0.3) < 0.01  # eta of a massive sum does not just shift
    for metric in ("MSE", "Chamfer", "EMD"):
        before, after = one.jet_losses(some, metric), one.jet_losses(moved, metric)
        np.testing.assert_allclose(after[axes], before[axes], rtol=0.1)


def test_a_jet_is_the_same_in_any_company(some):
    one = network()
    alone = np.concatenate([one.jet_losses(some[k], "MSE") for k in range(20)])
    assert (one.jet_losses(some, "MSE")[:20] == alone).all()
    order = np.random.default_rng(0).permutation(60)
    assert (one.jet_losses(some[order], "MSE") == one.jet_losses(some, "MSE")[order]).all()
    found = one.encode(some)
    assert (one.encode(some[7]) == found[some.offsets[7] : some.offsets[8]]).all()


def test_blocks_are_bounded_and_miss_no_jet(some, monkeypatch):
    one = network()
    whole = one.features(some)
    monkeypatch.setattr(cloudautoencoder, "PLACES", 200)
    sizes = [x.shape[0] * x.shape[1] for _, x, _ in one._blocks(some, None)]
    assert len(sizes) > 3
    assert max(sizes) <= max(200, some.counts.max())
    assert (one.features(some) == whole).all()


@pytest.mark.parametrize("inputs", list(INPUTS))
def test_reconstructions_are_jets_of_the_same_form(inputs, some):
    one = network(inputs)
    found = one.reconstruct(some)
    assert (found.offsets == some.offsets).all()
    assert one.features(some).shape == (len(some.pt), 3)
    assert one.jet_losses(some, "EMD").shape == (60,)
    if not INPUTS[inputs].about_axis:
        px = found.pt * np.cos(found.phi)
        big = found.pt > 1e-5
        np.testing.assert_allclose(px[big], one.features(some)[big, 0], rtol=1e-3, atol=1e-4)


def test_further_columns_are_seen_and_not_reconstructed(some):
    one = network(extra=2)
    charge = np.random.default_rng(0).choice([-1.0, 0.0, 1.0], (len(some.pt), 2))
    found = one.features(some, charge)
    assert found.shape == (len(some.pt), 3)
    assert not np.array_equal(found, one.features(some, 0 * charge))
    for wrong in (None, charge[:, :1], charge[:-1]):
        with pytest.raises(InputError) as error:
            one.features(some, wrong)
        assert error.value.code == "E_SHAPE"


def test_clouds_are_laid_out_in_order(some):
    x, counts = clouds(some, "momenta")
    assert x.shape == (60, some.counts.max(), 3)
    assert (x[torch.arange(x.shape[1]) < counts[:, None]].numpy() == INPUTS["momenta"].features(some)).all()
    assert not x[torch.arange(x.shape[1]) >= counts[:, None]].any()


def test_a_file_gives_the_same_network_again(some, tmp_path):
    one = network("standardised")
    one.module.unit.copy_(torch.tensor([3.0, 4.0, 5.0]))
    path = tmp_path / "one.safetensors"
    checkpoints.write(path, one.module, one.card, half=False)
    again = models.load_pgae(path)
    assert (again.jet_losses(some, "MSE") == one.jet_losses(some, "MSE")).all()
    assert models.load_pgae(path) is again
    with pytest.raises(InputError, match="allowed: an autoencoder"):
        models.load(path)
    checkpoints.annotate(path, inputs="energies")
    with pytest.raises(InputError, match="energies"):
        models.load_pgae(path)


def test_errors_tell_what_is_wrong():
    for wrong, code in ((lambda: PGAE("xyz"), "E_INPUTS"), (lambda: PGAE(extra=-1), "E_RANGE")):
        with pytest.raises(InputError) as error:
            wrong()
        assert error.value.code == code
