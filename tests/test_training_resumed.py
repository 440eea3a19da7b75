"""Does a training that broke off end in the same bits, and is a damaged file of it refused?"""

import os
import pickle
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from trainings import SHORT, losses, network, same, train, weights

from jetexplore.errors import InputError
from jetexplore.models.training import Schedule
from jetexplore.models.vae import VAE


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # the last bits depend on it
    yield
    torch.set_num_threads(before)


class Stop(Exception):
    pass


@pytest.fixture(scope="module", params=["bf16", "float32"])
def whole(request):
    module = network()
    return request.param, train(module, precision=request.param), weights(module)


@pytest.mark.parametrize("after", [0, 2, 4])
def test_a_run_that_broke_off_ends_in_the_same_bits(whole, after, tmp_path):
    precision, expected, bits = whole

    def stop(number, epoch):
        if number == after:
            raise Stop

    module = network()
    with pytest.raises(Stop):
        train(module, precision=precision, resume=tmp_path / "a", on_epoch=stop)
    module, numbers = network(seed=5), []  # weights to begin with no longer count
    found = train(module, precision=precision, resume=tmp_path / "a", on_epoch=lambda n, epoch: numbers.append(n))
    assert numbers == list(range(after + 1, 5))
    assert losses(found) == losses(expected)
    assert same(weights(module), bits)
    assert {path.name for path in tmp_path.iterdir()} == {"a"}


def test_a_finished_run_is_not_trained_further_and_a_longer_one_goes_on(whole, tmp_path):
    precision, expected, bits = whole
    module = network()
    train(module, SHORT._replace(epochs=3), precision=precision, resume=tmp_path / "a")
    train(module, SHORT, precision=precision, resume=tmp_path / "a")
    assert same(weights(module), bits)
    again = network(3)
    found = train(again, precision=precision, resume=tmp_path / "a", on_epoch=lambda *_: pytest.fail("trained"))
    assert losses(found) == losses(expected)
    assert same(weights(again), bits)


KILLED = """
    import sys, torch
    torch.set_num_threads(1)
    sys.path.insert(0, sys.argv[1])
    from trainings import network, train, SHORT
    train(network(), SHORT._replace(epochs=10_000), resume=sys.argv[2], on_epoch=lambda n, e: print(n, flush=True))
"""


def test_a_killed_process_leaves_what_can_be_gone_on_with(tmp_path):
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(Path(__file__).parent), str(tmp_path / "a")]
    schedule = Schedule(epochs=10_000, batch=16)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        while int(child.stdout.readline()) < 3:
            pass
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
    done = len(torch.load(tmp_path / "a", weights_only=True)["history"])
    assert done >= 4
    module, one = network(5), network()
    found = train(module, schedule._replace(epochs=done + 2), resume=tmp_path / "a")
    expected = train(one, schedule._replace(epochs=done + 2))
    assert losses(found) == losses(expected)
    assert same(weights(module), weights(one))


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    path = tmp_path_factory.mktemp("kept") / "a"
    train(network(), SHORT._replace(epochs=2), resume=path)
    return path.read_bytes()


def refused(path, **options):
    with pytest.raises(InputError) as caught:
        train(network(), resume=path, **options)
    assert caught.value.code == "E_VERSION"
    assert str(path) in str(caught.value)


def test_a_file_of_another_training_is_refused(kept, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(kept)
    refused(path, key="b")
    assert path.read_bytes() == kept


def broken(kept):
    state = {"key": "a", "module": network().state_dict(), "optimiser": {}, "plateau": {}, "history": [], "best": {}}
    yield "empty", b""
    yield "text", b"not a training\n"
    yield "cut off", kept[: len(kept) // 2]
    yield "its end missing", kept[:-1]
    yield "a pickle", pickle.dumps(state["key"])
    for name in state:
        yield f"no {name}", {key: value for key, value in state.items() if key != name}
    yield "another network", {**state, "module": VAE(2, npix=8).state_dict()}
    yield "no state of an optimiser", state
    yield "a list", [1, 2]


def test_a_damaged_file_is_refused(kept, tmp_path):
    path = tmp_path / "a"
    for _, content in broken(kept):
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            torch.save(content, path)
        refused(path)


def test_weights_of_the_best_epoch_must_fit_too(kept, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(kept)
    state = torch.load(path, weights_only=True)
    for best in ({}, VAE(2, npix=8).state_dict()):
        torch.save({**state, "best": best}, path)
        refused(path, schedule=SHORT._replace(epochs=2))


def test_no_code_of_a_file_is_run(tmp_path):
    for write in (torch.save, lambda thing, path: path.write_bytes(pickle.dumps(thing))):
        write({"key": Evil(tmp_path / "ran")}, tmp_path / "a")
        refused(tmp_path / "a")
    assert not (tmp_path / "ran").exists()


@pytest.fixture(scope="module")
def one_more(kept, tmp_path_factory):
    path = tmp_path_factory.mktemp("more") / "a"
    path.write_bytes(kept)
    module = network()
    return losses(train(module, SHORT._replace(epochs=3), resume=path)), weights(module)


@settings(max_examples=25)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_wrong_bit_is_refused_or_does_no_harm(kept, one_more, tmp_path_factory, place, bit):
    path = tmp_path_factory.mktemp("bit") / "a"
    content = bytearray(kept)
    content[int(place * len(content))] ^= 1 << bit
    path.write_bytes(content)
    module, found, code = network(), None, None
    try:
        found = train(module, SHORT._replace(epochs=3), resume=path)
    except InputError as error:
        code = error.code
    if found is None:
        assert code == "E_VERSION"
    else:
        assert losses(found) == one_more[0]
        assert same(weights(module), one_more[1])
