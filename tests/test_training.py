"""Does the one training loop do what the paper says?"""

import math
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import nn
from trainings import SHORT, images, network, objective, same, train, weights

from jetexplore.errors import InputError
from jetexplore.models import training
from jetexplore.models.training import Schedule, evaluate, fit


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # the last bits depend on it
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module", params=["bf16", "float32"])
def whole(request):
    module = network()
    return request.param, train(module, precision=request.param), weights(module)


# when the rate falls, and when it ends


def scripted(levels, schedule):
    """Train a line whose validation losses are given; its weights after every epoch."""
    module, seen = nn.Linear(1, 1), []

    def terms(module, batch, noise):
        loss = (module(batch[0]) - batch[0])[:, 0] ** 2
        return {"loss": loss if module.training else torch.full_like(loss, levels[len(seen)], dtype=torch.float64)}

    x = torch.linspace(-1, 1, 4)[:, None]
    found = fit(
        module, terms, [x], [x], schedule._replace(epochs=len(levels)), precision="float32", progress=False,
        on_epoch=lambda number, epoch: seen.append(weights(module)),
    )  # fmt: skip
    return found, seen, weights(module)


def twin(levels, rate=1e-3, floor=1e-5):
    """Read the paper aloud: what rate does each epoch have, and after which does training end?"""
    rates, best, since_best, since_fall = [], math.inf, 0, 0
    for level in levels:
        rates.append(rate)
        if level < best:
            best, since_best, since_fall = level, 0, 0
        else:
            since_best, since_fall = since_best + 1, since_fall + 1
        if since_fall == 5:  # "has not improved on the validation set for five epochs": decreased by a factor of 10
            rate, since_fall = max(rate / 10, floor), 0
        if since_best == 12:  # "training concludes when the validation loss has not improved for 12 epochs"
            return rates, True
    return rates, False


@given(st.lists(st.integers(-3, 12), min_size=1, max_size=40))
@example([5] * 30)
@example([9, 8, 7, 6] + [6] * 4 + [5] + [5] * 11 + [4] + [7] * 30)
@example(list(range(40, 0, -1)))
def test_rate_and_end_follow_the_paper(levels):
    found, seen, after = scripted(levels, Schedule(batch=4))
    rates, ended = twin(levels)
    assert [epoch.rate for epoch in found.epochs] == pytest.approx(rates, rel=1e-12)
    assert found.converged == ended
    gone = levels[: len(rates)]
    assert found.best == gone.index(min(gone))
    assert same(after, seen[found.best])


def test_an_unchanging_loss_ends_after_thirteen_epochs():
    found, _, _ = scripted([1.0] * 50, Schedule(batch=4))
    assert [epoch.rate for epoch in found.epochs] == pytest.approx([1e-3] * 6 + [1e-4] * 5 + [1e-5] * 2)
    assert (found.best, found.converged) == (0, True)


@pytest.mark.parametrize("gain", [1e-3, 1e-5, 1e-7])
def test_any_gain_is_an_improvement(gain):
    found, _, _ = scripted([1 - gain * n for n in range(20)], Schedule(batch=4))
    assert {epoch.rate for epoch in found.epochs} == {1e-3}
    assert (found.best, found.converged) == (19, False)


# noise, seeds, numbers


def test_validation_noise_is_always_the_same():
    still = Schedule(epochs=3, batch=16, rate=0.0, floor=0.0)
    first, other = (train(network(), still, seed=seed) for seed in (0, 1))
    values = {epoch.valid["loss"] for found in (first, other) for epoch in found.epochs}
    assert len(values) == 1
    assert values != {epoch.valid["loss"] for epoch in train(network(), still, noise=0).epochs}
    assert (
        len({epoch.train["loss"] for found in (first, other) for epoch in found.epochs}) == 6
    )  # that of training is new


def test_the_seed_decides_and_torchs_own_generator_is_left_alone():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first, second, other = network(), network(), network()
    train(first)
    torch.rand(7)
    train(second)
    train(other, seed=1)
    assert same(weights(first), weights(second))
    assert not same(weights(first), weights(other))
    torch.manual_seed(1)
    assert torch.equal(torch.get_rng_state(), before)
    train(network())
    assert torch.equal(torch.get_rng_state(), before)


def test_every_event_once_an_epoch_in_an_order_of_its_own():
    batches = []

    class Seen(nn.Linear):
        def forward(self, x):
            if self.training:
                batches.append(x[:, 0].int().tolist())
            return super().forward(x)

    x = torch.arange(10.0)[:, None]
    fit(
        Seen(1, 1),
        lambda m, b, n: {"loss": m(b[0])[:, 0] ** 2},
        [x],
        [x],
        Schedule(3, 4),
        precision="float32",
        progress=False,
    )
    assert [len(batch) for batch in batches] == [4, 4, 2] * 3
    orders = [sum(batches[start : start + 3], []) for start in (0, 3, 6)]
    assert all(sorted(order) == list(range(10)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3


def test_training_is_in_the_asked_precision_and_validation_in_float32():
    for precision, kind in (("bf16", torch.bfloat16), ("float32", torch.float32)):
        kinds = set()

        def terms(module, batch, noise, kinds=kinds):
            found = module(batch[0])
            kinds.add((module.training, found.dtype))
            return {"loss": found[:, 0].float() ** 2}

        x = torch.rand(8, 3)
        fit(nn.Linear(3, 1), terms, [x], [x], Schedule(1, 4), precision=precision, progress=False)
        assert kinds == {(True, kind), (False, torch.float32)}


def test_it_learns(whole):
    _, found, _ = whole
    untouched = evaluate(network(), objective, [images(20, 1)], torch.zeros(20, 64))["distance"]
    assert found.epochs[found.best].valid["distance"] < 0.7 * untouched
    assert not found.converged


def test_the_scale_moves_the_optimiser_only():
    """Gradients below Adam's epsilon hardly move a weight; scaled up they do, and what is told stays the same."""
    x = torch.linspace(-1, 1, 32)[:, None]
    schedule = Schedule(40, 8, rate=0.05)

    def learnt(size, scale):
        torch.manual_seed(0)
        line = nn.Linear(1, 1)

        def terms(module, batch, noise):
            return {"loss": size * ((module(batch[0]) - 2 * batch[0]) ** 2)[:, 0]}

        found = fit(line, terms, [x], [x], schedule, scale=scale, precision="float32", progress=False)
        return abs(line.weight.item() - 2), found.epochs[found.best].valid["loss"] / size

    usual, frozen, scaled = learnt(1.0, 1.0), learnt(2.0**-40, 1.0), learnt(2.0**-40, 2.0**40)
    assert usual[0] < 0.01 < 1 < frozen[0]
    assert scaled == usual


def test_a_loss_that_is_no_number_is_told_and_the_last_good_epoch_kept(tmp_path):
    def spoil(number, epoch):
        if number == 2:
            with torch.no_grad():
                next(module.parameters()).fill_(math.nan)

    module = network()
    with pytest.raises(InputError) as caught:
        train(module, resume=tmp_path / "a", on_epoch=spoil)
    assert caught.value.code == "E_DIVERGED"
    assert "epoch 3" in str(caught.value)
    assert len(torch.load(tmp_path / "a", weights_only=True)["history"]) == 3
    assert len(train(network(), resume=tmp_path / "a").epochs) == 5


@pytest.mark.parametrize(
    ("code", "options"),
    [("E_PRECISION", {"precision": "float16"}), ("E_EMPTY", {"data": images(0)})],
)
def test_what_cannot_be_trained_is_told(code, options):
    with pytest.raises(InputError) as caught:
        train(network(), **options)
    assert caught.value.code == code


@given(st.integers(1, 1200))
@example(training.CHUNK)
@example(training.CHUNK + 1)
@settings(max_examples=10)
def test_evaluate_is_the_mean_however_many_events_there_are(n):
    x = torch.rand(n, 2, generator=torch.Generator().manual_seed(n))
    found = evaluate(nn.Identity(), lambda m, b, noise: {"a": m(b[0])[:, 0], "b": b[0][:, 1] * noise[:, 0]}, [x], x)
    assert found["a"] == pytest.approx(x[:, 0].double().mean().item(), rel=1e-9)
    assert found["b"] == pytest.approx((x[:, 1] * x[:, 0]).double().mean().item(), rel=1e-9)


def test_a_bar_is_shown_if_wished(capfd):
    train(network(), SHORT._replace(epochs=2), progress=True)
    told = capfd.readouterr().err
    assert "100/100" in told
    assert "validation " in told
    train(network(), SHORT._replace(epochs=1))
    assert not capfd.readouterr().err


# several processes


SHARED = """
    import sys, torch
    torch.set_num_threads(1)
    sys.path.insert(0, sys.argv[1])
    from trainings import Schedule, images, network, train

    def work(fabric, path):
        module = network()
        # 33 events in batches of 8: the last has one, so one process has nothing to do
        found = train(module, Schedule(epochs=2, batch=8), data=images(33), precision="float32", fabric=fabric)
        if fabric.global_rank == 0:
            told = [(epoch.train, epoch.valid) for epoch in found.epochs]
            torch.save({"losses": told, "weights": module.state_dict(), "ranks": fabric.world_size}, path)

    if __name__ == "__main__":
        from lightning.fabric import Fabric

        fabric = Fabric(accelerator="cpu", devices=2, strategy="ddp_fork")  # spawned ones would import all once more
        fabric.launch(work, sys.argv[2])
"""


def test_two_processes_give_the_loss_of_one_to_rounding(tmp_path):
    pytest.importorskip("lightning", reason="needs the extra multi")
    script = tmp_path / "shared.py"
    script.write_text(textwrap.dedent(SHARED))
    command = [sys.executable, str(script), str(Path(__file__).parent), str(tmp_path / "found")]
    subprocess.run(
        command, check=True, timeout=300, capture_output=True, env={**os.environ, "OMP_WAIT_POLICY": "passive"}
    )
    shared = torch.load(tmp_path / "found", weights_only=True)
    assert shared["ranks"] == 2
    module = network()
    found = train(module, Schedule(epochs=2, batch=8), data=images(33), precision="float32")
    for epoch, (trained, valid) in zip(found.epochs, shared["losses"], strict=True):
        assert trained == pytest.approx(epoch.train, rel=1e-4)
        assert valid == pytest.approx(epoch.valid, rel=1e-4)
    for name, weight in weights(module).items():
        assert torch.allclose(shared["weights"][name], weight, rtol=0, atol=2e-5), name


ALONE = """
    import sys
    from jetexplore import anomaly, distances, jets, models
    assert "torch" not in sys.modules, "rooms"
    import jetexplore.models.training
    assert not {"lightning", "pytorch_lightning", "lightning_fabric"} & set(sys.modules), "training"
"""


def test_lightning_is_not_imported_unless_asked_for():
    subprocess.run([sys.executable, "-c", textwrap.dedent(ALONE)], check=True, timeout=120)
