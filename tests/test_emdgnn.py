"""EMD-GNN: graphs, neighbours, kernels against arrays of edges, symmetry, gradients, training that goes on."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jetexplore import distances, models
from jetexplore.anomaly import emdstudy
from jetexplore.errors import InputError
from jetexplore.jets import Jets
from jetexplore.jets.constituents import wrap
from jetexplore.models import checkpoints, emdgnn, emdgnnloss, emdgnnrecipes, emdpairs, learnedemd, training
from jetexplore.models.cards import Card
from jetexplore.models.dynamicedge import DynamicEdgeConv, Norm, _Edges, nearest
from jetexplore.models.emdgnn import EMDGNN
from jetexplore.models.emdgraphs import UNITS, clouds, graphs, relative


def some_jets(counts, seed=0):
    rng, offsets = np.random.default_rng(seed), np.concatenate([[0], np.cumsum(counts)])
    n = offsets[-1]
    return Jets(rng.exponential(20, n) + 0.5, rng.normal(0.4, 0.2, n), rng.normal(3.1, 0.2, n), offsets)


def network(seed=0, double=False, **options):
    torch.manual_seed(seed)
    module = EMDGNN(**options)
    for norm in module.modules():  # statistics that are not those of a fresh network
        if isinstance(norm, Norm):
            norm.mean.normal_(0, 0.1)
            norm.variance.uniform_(0.5, 1.5)
            torch.nn.init.uniform_(norm.weight, -1, 1.5)
            torch.nn.init.normal_(norm.bias)
    return module.double() if double else module


def pair_graphs(x, y, double=False):
    same = torch.arange(len(x))
    left, right = clouds(x), clouds(y)
    found = graphs(left, right, same, same)
    return found._replace(nodes=found.nodes.double()) if double else found


def learned(weights="share"):
    return learnedemd.LearnedEMD(network(), Card("a", "emdgnn", 0, inputs=f"{weights}-raw-2", neighbours=16))


def test_a_graph_is_both_jets_relative_to_their_axes_with_a_channel():
    x, y = some_jets([3, 5]), some_jets([4, 1], seed=1)
    found = graphs(clouds(x), clouds(y), torch.tensor([1, 0]), torch.tensor([0, 1]))
    assert found.offsets.tolist() == [0, 9, 13]
    assert found.nodes[:, 3].tolist() == [1] * 5 + [-1] * 4 + [1] * 3 + [-1]
    axis = x[1].momenta()
    expected = np.stack([x[1].pt / x[1].pt.sum(), x[1].eta - axis.eta, wrap(x[1].phi - axis.phi)], 1)
    np.testing.assert_allclose(found.nodes[:5, :3], expected, atol=1e-6)
    np.testing.assert_allclose(clouds(x, "GeV").particles[:, 0], x.pt / 100, rtol=1e-6)
    np.testing.assert_allclose(found.nodes[-1], [1, 0, 0, -1], atol=1e-6)


def test_the_axis_of_a_jet_across_the_branch_cut_is_where_the_jet_is():
    moved = Jets([1.0, 1.0], [0.0, 0.0], [3.1, -3.1], [0, 2])
    assert np.abs(clouds(moved).particles[:, 2]).max() < 0.05


@given(st.lists(st.integers(1, 40), min_size=1, max_size=5), st.integers(1, 20), st.integers(0, 2**20))
@settings(max_examples=25, deadline=None)
def test_neighbours_are_those_of_scikit_learn(counts, k, seed):
    from sklearn.neighbors import NearestNeighbors

    rng, offsets = np.random.default_rng(seed), np.concatenate([[0], np.cumsum(counts)])
    x = torch.from_numpy(rng.normal(size=(offsets[-1], 5)))
    found = nearest(x, torch.from_numpy(offsets), k).numpy()
    assert np.array_equal(found, nearest(x, torch.from_numpy(offsets), k, plain=True).numpy())
    for at, to in zip(offsets[:-1], offsets[1:], strict=True):
        few = min(k, to - at)
        wanted = NearestNeighbors(n_neighbors=few).fit(x[at:to]).kneighbors(x[at:to])[1] + at
        assert np.array_equal(found[at:to, :few], wanted)
        assert (found[at:to, few:] == -1).all()


def test_equally_near_neighbours_come_in_order_and_a_particle_before_its_twin():
    x = torch.tensor([[0.0], [1.0], [1.0], [2.0]])
    assert nearest(x, torch.tensor([0, 4]), 3).tolist() == [[0, 1, 2], [1, 2, 0], [2, 1, 0], [3, 1, 2]]


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("linears", [2, 3])
def test_factored_edges_are_those_of_the_text(train, linears):
    # phi(x_i, x_j - x_i) edge by edge, in a loop, and every layer of phi per edge
    torch.manual_seed(3)
    layer = DynamicEdgeConv(5, 7, linears, neighbours=4).double().train(train)
    torch.nn.init.uniform_(layer.norm.weight, -1, 1)
    x, offsets = torch.randn(12, 5, dtype=torch.float64), torch.tensor([0, 3, 12])
    near = nearest(x, offsets, 4)
    pairs = [(i, int(j)) for i in range(12) for j in near[i] if j >= 0]
    edge = layer.edge(torch.stack([torch.cat([x[i], x[j] - x[i]]) for i, j in pairs]))

    def normalise(norm, value):
        mean, variance = (value.mean(0), value.var(0, correction=0)) if train else (norm.mean, norm.variance)
        return (value - mean) / (variance + 1e-5).sqrt() * norm.weight + norm.bias

    edge = normalise(layer.norm, edge).relu()
    if linears == 3:
        edge = normalise(layer.middle_norm, layer.middle(edge)).relu()
    edge = layer.last(edge)
    rows = torch.tensor([i for i, _ in pairs])
    expected = torch.stack([edge[rows == i].mean(0) for i in range(12)])
    torch.testing.assert_close(layer(x, offsets), expected, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("train", [True, False])
def test_kernels_give_what_arrays_of_edges_give_and_their_gradients(train):
    x = pair_graphs(some_jets([20, 3, 30]), some_jets([9, 2, 18], seed=1), double=True)
    found = []
    for plain in (False, True):
        module = network(double=True, plain=plain).train(train)
        nodes = x.nodes.clone().requires_grad_()
        loss = emdgnn.terms(module(nodes, x.offsets), torch.ones(3))["loss"].sum()
        loss.backward()
        found.append([loss, nodes.grad, *[p.grad for p in module.parameters()], *module.buffers()])
    for one, two in zip(*found, strict=True):
        torch.testing.assert_close(one, two, atol=1e-8, rtol=1e-7)


def test_the_gradient_is_the_numerical_one():
    torch.manual_seed(0)
    p, q = torch.randn(2, 9, 3, dtype=torch.float64)
    near = nearest(torch.randn(9, 2), torch.tensor([0, 3, 9]), 4)
    for train in (True, False):
        norm = Norm(3).double().train(train)

        def means(p, q, weight, bias, norm=norm):
            return _Edges.apply(p, q, near, norm, weight, bias)[0]

        inputs = [v.clone().requires_grad_() for v in (p, q, torch.randn(3).double(), torch.randn(3).double())]
        assert torch.autograd.gradcheck(means, inputs, atol=1e-5)


def test_running_statistics_are_those_of_torch():
    torch.manual_seed(0)
    layer, near = DynamicEdgeConv(4, 6).train(), None
    x, offsets = torch.randn(25, 4), torch.tensor([0, 25])
    layer(x, offsets, near)
    near = nearest(x, offsets, 16)
    own, other = layer.edge.weight.chunk(2, 1)
    edges = ((x @ (own - other).T)[:, None] + (x @ other.T)[near]).flatten(0, 1)
    twin = torch.nn.BatchNorm1d(6)
    twin(edges)
    torch.testing.assert_close(layer.norm.mean, twin.running_mean, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(layer.norm.variance, twin.running_var, atol=1e-6, rtol=1e-5)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=4), st.integers(0, 2**20))
@settings(max_examples=15, deadline=None)
def test_the_answer_depends_on_neither_order(counts, seed):
    x, y = some_jets(counts, seed), some_jets(counts[::-1], seed + 1)
    with torch.inference_mode():
        module = network(double=True).eval()
        outputs = module(*pair_graphs(x, y, double=True))
        assert (outputs >= 0).all()
        exchanged = module(*pair_graphs(y, x, double=True))
        torch.testing.assert_close(outputs.flip(0), exchanged, atol=1e-9, rtol=1e-9)
        # particles in another order, and each pair on its own: nothing is padded, so nothing can leak
        rng = np.random.default_rng(seed)
        take = np.concatenate([at + rng.permutation(to - at) for at, to in zip(x.offsets, x.offsets[1:], strict=False)])
        mixed = Jets(x.pt[take], x.eta[take], x.phi[take], x.offsets)
        torch.testing.assert_close(module(*pair_graphs(mixed, y, double=True)), outputs, atol=1e-5, rtol=1e-4)
        alone = torch.cat([module(*pair_graphs(x[[n]], y[[n]], double=True)) for n in range(len(x))], 1)
        torch.testing.assert_close(alone, outputs, atol=1e-9, rtol=1e-9)


def test_padding_of_the_plain_way_never_changes_an_output():
    x, y = some_jets([3, 60]), some_jets([2, 50], seed=1)
    module = network(double=True, plain=True).eval()
    both = module(*pair_graphs(x, y, double=True))
    torch.testing.assert_close(module(*pair_graphs(x[:1], y[:1], double=True)), both[:, :1])
    torch.testing.assert_close(network(double=True).eval()(*pair_graphs(x, y, double=True)), both)


def test_the_loss_is_that_of_the_paper():
    found = emdgnn.terms(torch.tensor([[1.0, 2.0], [3.0, 2.0]]), torch.tensor([2.5, 2.0]))
    assert found["loss"].tolist() == [0.25 + 4.0, 0.0]
    assert found["asymmetry"].tolist() == [4.0, 0.0]


def test_exact_distances_are_those_of_energyflow():
    x = some_jets([8, 20, 5])
    for weights in ("share", "GeV"):
        found, moved = emdpairs.exact(x, weights), relative(x)
        ef = pytest.importorskip("energyflow")
        arrays = [np.stack([moved[[n]].pt, moved[[n]].eta, moved[[n]].phi], 1) for n in range(3)]
        wanted = [ef.emd.emd(arrays[a], arrays[b], R=1.0, norm=weights == "share") for a, b in ((0, 1), (0, 2), (1, 2))]
        np.testing.assert_allclose(found, wanted, rtol=1e-6)


@pytest.mark.parametrize("weights", ["share", "GeV"])
def test_exact_gradients_are_numerical_ones(weights):
    x, y = some_jets([6, 4, 1]), some_jets([5, 7, 3], seed=1)
    found, step = learnedemd.exact_gradient(x, y, weights), 1e-6
    x, y = relative(x), relative(y)  # the axes are held
    norm, same = weights == "share", np.arange(3)

    def emd(**changed):
        parts = {name: changed.get(name, getattr(y, name)) for name in ("pt", "eta", "phi")}
        return distances.energy_movers(x, Jets(**parts, offsets=y.offsets), same, same, norm=norm)

    np.testing.assert_allclose(found.emd, emd(), rtol=1e-9)
    total = np.bincount(y.jet, y.pt)
    for k in range(len(y.pt)):
        for column, name in enumerate(("pt", "eta", "phi")):
            h = step * (1 if name != "pt" else 10)
            bumped = [getattr(y, name) + sign * h * (np.arange(len(y.pt)) == k) for sign in (1, -1)]
            slope = ((emd(**{name: bumped[0]}) - emd(**{name: bumped[1]})) / (2 * h))[y.jet[k]]
            expected = found.by[k, column] / (total[y.jet[k]] if norm and name == "pt" else 1)
            assert slope == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("weights", ["share", "GeV"])
def test_the_learned_gradient_is_the_numerical_one(weights):
    x, y = some_jets([6, 12]), some_jets([9, 7], seed=1)
    network_ = learned(weights=weights)
    found = network_.gradient(x, y)
    np.testing.assert_allclose(found.emd, network_.distances(x, y), rtol=1e-6)
    module, same, unit = network(double=True).eval(), torch.arange(2), UNITS[weights]
    both = clouds(x, weights), clouds(y, weights)
    left, right = (cloud._replace(particles=cloud.particles.double()) for cloud in both)
    for k in (2, 11):
        for column in (0, 1, 2) if weights == "GeV" else (1, 2):
            values = []
            for sign in (1, -1):
                moved = right.particles.clone()
                moved[k, column] += sign * 1e-6
                g = graphs(left, right._replace(particles=moved), same, same)
                values.append(module(*g).mean(0).sum().item() * unit)
            slope = (values[0] - values[1]) / (2e-6 * (100 if column == 0 else 1))
            assert slope == pytest.approx(found.by[k, column], rel=2e-2, abs=1e-3 * unit)
    if weights == "share":
        assert np.abs(np.bincount(y.jet, y.pt * found.by[:, 0])).max() < 1e-3
    agreement = learnedemd.compare_gradients(network_, x, y)
    assert agreement.pt.shape == (2,)
    assert (np.abs(agreement.position) <= 1 + 1e-9).all()
    assert learnedemd._cosine(found, found, [1, 2]) == pytest.approx(1)


def test_pairs_are_split_by_pair_and_unseen_jets_are_others():
    found = emdpairs.pairs("sample", 12, 5)
    everything = np.concatenate([found.train, found.valid, found.test])
    assert np.array_equal(np.sort(everything), np.arange(66))
    assert [len(part) for part in (found.train, found.valid, found.test)] == [52, 7, 7]
    i, j = emdpairs.of(np.arange(66), 12)
    square = distances.pairwise(relative(found.jets), "EMD", norm=True)
    np.testing.assert_array_equal(square[i, j], found.emd)
    assert len(found.unseen_emd) == 10
    assert not set(found.jets.momenta().pt) & set(found.unseen.momenta().pt)
    assert np.array_equal(emdpairs.pairs("sample", 12, 5).emd, found.emd)
    with pytest.raises(InputError, match="no more than there are"):
        emdpairs.pairs("sample", 6000, 1)


RECIPE = emdgnnrecipes.EMDRecipe(n_train=12, n_unseen=5, pairs_per_epoch=64, n_valid=7, epochs=4, batch=16)


def test_training_lowers_the_loss_goes_on_to_the_same_bits_and_loads(tmp_path):
    data = emdpairs.pairs("sample", 12, 5)
    whole = emdgnnrecipes.train_emdgnn(RECIPE, data, tmp_path / "whole", progress=False)
    # stopped after two epochs
    part = tmp_path / "part"
    kept, calls = training._keep, []

    def stop(*arguments):
        kept(*arguments)
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "_keep", stop)
        with pytest.raises(KeyboardInterrupt):
            emdgnnrecipes.train_emdgnn(RECIPE, data, part, progress=False)
    assert (part / f"{RECIPE.name}.resume").exists()
    again = emdgnnrecipes.train_emdgnn(RECIPE, data, part, progress=False)
    one, two = (models.load_emdgnn(path) for path in (whole, again))
    assert one.card.curve == two.card.curve
    assert one.card.curve_train[-1] < one.card.curve_train[0]
    for left, right in zip(one.module.state_dict().values(), two.module.state_dict().values(), strict=True):
        assert torch.equal(left, right)
    i, j = emdpairs.of(data.valid, 12)
    found = one.pairs(data.jets, data.jets, i, j)
    mean = float((((found - data.emd[data.valid]) / UNITS["share"]) ** 2).mean())
    assert mean == pytest.approx(one.card.distance, rel=1e-3)
    np.testing.assert_allclose(found, one.pairs(data.jets, data.jets, j, i), rtol=1e-4)
    assert (one.card.kind, one.card.neighbours, one.card.n_pairs) == ("emdgnn", 16, 52)
    assert emdgnnrecipes.train_emdgnn(RECIPE, data, part, progress=False) == again


@pytest.mark.parametrize(
    ("change", "code"),
    [({"weights": "GeV"}, "E_CHOICE"), ({"n_train": 13}, "E_CHOICE"), ({"pairs_per_epoch": 0}, "E_RANGE"),
     ({"linears": 4}, "E_RANGE"), ({"first": "other"}, "E_CHOICE")],
)  # fmt: skip
def test_what_cannot_be_trained_is_told_before(change, code, tmp_path):
    with pytest.raises(InputError) as caught:
        emdgnnrecipes.train_emdgnn(RECIPE._replace(**change), emdpairs.pairs("sample", 12, 5), tmp_path, progress=False)
    assert caught.value.code == code


def test_a_file_of_another_network_is_refused(tmp_path):
    from jetexplore.models.vae import VAE

    checkpoints.write(tmp_path / "a.safetensors", VAE(1), Card("a", "vae", 1))
    with pytest.raises(InputError, match="an EMD-GNN"):
        models.load_emdgnn(tmp_path / "a.safetensors")
    with pytest.raises(InputError, match="equally many"):
        learned().distances(some_jets([3]), some_jets([3, 4]))


def padded(x):
    cloud = torch.full((len(x), int(x.counts.max()), 3), 7.0)  # what stands behind the last must not matter
    for n in range(len(x)):
        cloud[n, : x.counts[n]] = torch.from_numpy(np.stack([x[n].pt, x[n].eta, x[n].phi], 1)).float()
    return cloud, torch.from_numpy(x.counts)


def test_the_loss_of_clouds_is_the_learned_distance_and_the_penalty():
    x, network_ = some_jets([6, 12]), learned()
    cloud, counts = padded(x)
    rng = np.random.default_rng(5)
    y = Jets(x.pt * rng.uniform(0.5, 1.2, len(x.pt)), x.eta, x.phi, x.offsets)
    other = padded(y)[0].requires_grad_()
    loss = emdgnnloss.learned_emd(cloud, other, counts, network_)
    # the reconstruction is seen from the axis of its jet
    axis, same = x.momenta(), torch.arange(2)
    right = clouds(y)
    particles = right.particles.clone()
    particles[:, 1] = torch.from_numpy(y.eta - axis.eta[y.jet])
    particles[:, 2] = torch.from_numpy(wrap(y.phi - axis.phi[y.jet]))
    moved = network_.module(*graphs(clouds(x), right._replace(particles=particles), same, same)).mean(0).numpy()
    sums = [np.bincount(some.jet, some.pt) for some in (x, y)]
    wanted = np.minimum(*sums) * moved * 0.1 + np.abs(sums[0] - sums[1])
    np.testing.assert_allclose(loss.detach(), wanted, rtol=1e-3)
    loss.sum().backward()
    assert torch.isfinite(other.grad).all()
    assert (other.grad[0, 6:] == 0).all()
    assert (other.grad[0, :6] != 0).any()
    lacking = padded(y)[0]
    lacking[0, 0, 0] = -3.0
    none = lacking.clone()
    none[0, 0, 0] = 0.0
    below, zero = (emdgnnloss.learned_emd(cloud, some, counts, network_) for some in (lacking, none))
    np.testing.assert_allclose((below - zero).numpy(), [3.0, 0.0], atol=1e-3)


def test_figure_2_throughput_and_card(tmp_path, monkeypatch):
    monkeypatch.setenv("JETEXPLORE_CACHE", str(tmp_path))
    data = emdpairs.pairs("sample", 12, 5)
    path = emdgnnrecipes.train_emdgnn(RECIPE._replace(epochs=1), data, tmp_path, progress=False)
    network_ = models.load_emdgnn(path)
    found = emdstudy.figure_2(network_, data)
    assert [len(part.true) for part in found] == [7, 10]
    np.testing.assert_array_equal(np.sort(found.unseen.true), np.sort(data.unseen_emd))
    np.testing.assert_allclose(found.seen.relative, (found.seen.predicted - found.seen.true) / found.seen.true)
    card = emdstudy.evaluate_emdgnn(path, data, 10)
    assert card.results["unseen_sd"] == pytest.approx(100 * found.unseen.relative.std())
    assert card.results["seen_correlation"] == pytest.approx(np.corrcoef(*found.seen[:2])[0, 1])
    assert card.results["exact_distance_per_second"] > 0
    assert card.results["pairs_drawn"] == 64
    assert checkpoints.read_card(path) == card
    again = emdstudy.figure_2(path, n=10)  # as it was stored
    np.testing.assert_array_equal(again.seen.predicted, found.seen.predicted)
    with pytest.raises(InputError, match="no stored comparison"):
        emdstudy.figure_2(path, n=9)
    with pytest.raises(InputError, match="it was trained on"):
        emdstudy.figure_2(network_, emdpairs.pairs("sample", 13, 5))
    assert not network_.module.training
    assert not any(weights.requires_grad for weights in network_.module.parameters())


def test_the_command_trains_and_evaluates(tmp_path, capsys, monkeypatch):
    from jetexplore.cli import main

    monkeypatch.setattr(emdstudy, "throughput", lambda *_: [])  # seconds
    command = "train emdgnn --data sample -n 12 --unseen 5 --pairs 64 --epochs 1 --batch 16 --quiet -o"
    assert main([*command.split(), str(tmp_path)]) == 0
    assert "12 jets, 1 epochs" in capsys.readouterr().out
    assert "unseen_sd" in models.read_card(tmp_path / "emdgnn-share-n12.safetensors").results
