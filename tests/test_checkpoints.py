"""Networks on disk: weights and card come back, and nothing hostile gets in."""

import json
import pickle
import struct

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from jetexplore import models
from jetexplore.errors import InputError
from jetexplore.models import checkpoints
from jetexplore.models.autoencoder import initial
from jetexplore.models.cards import Area, Card, from_text, to_text


@pytest.fixture
def stored(tmp_path):
    module = initial(3, seed=2)
    numbers = dict.fromkeys(("loss", "distance", "divergence", "mse", "mean_image_mse"), 0.5)
    card = Card("a", "vae", 3, curve=(2.0, 1.0), **numbers, areas={"MSE": {"W": Area(0.7, 0.01, 100, 50)}})
    path = tmp_path / "a.safetensors"
    checkpoints.write(path, module, card)
    return path, module, card


def test_what_is_written_is_read(stored):
    path, module, card = stored
    network = models.load(path)
    assert network.card == card
    images = np.random.default_rng(0).dirichlet(np.ones(1600), 4).reshape(4, 40, 40).astype(np.float32)
    with torch.no_grad():
        exact = module(torch.from_numpy(images)).reconstruction.numpy()
    np.testing.assert_allclose(network.reconstruct(images), exact, atol=2e-3)  # float16 weights
    assert path.stat().st_size < 85_000


def test_annotate_changes_the_card_and_not_one_weight(stored):
    path, _, card = stored
    before = models.load(path).module.state_dict()
    found = checkpoints.annotate(path, areas={"KLD": {"Top": Area(0.5, 0.02, 10, 10)}})
    assert models.read_card(path) == found == card._replace(areas={"KLD": {"Top": Area(0.5, 0.02, 10, 10)}})
    after = models.load(path).module.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_networks_lists_cards_and_leaves_out_what_is_none(stored, tmp_path):
    (tmp_path / "noise.safetensors").write_bytes(b"\x00" * 100)
    (tmp_path / "notes.txt").write_text("no network")
    assert list(models.networks(tmp_path)) == ["a"]
    assert models.networks(tmp_path / "nowhere") == {}


numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(st.text(max_size=20), st.sampled_from([1, 2, 3]), numbers, st.lists(numbers, max_size=4), st.booleans())
def test_cards_survive_json(name, depth, beta, curve, converged):
    card = Card(name, "vae", depth, beta=beta, curve=tuple(curve), converged=converged, versions={"torch": "2"})
    found = from_text(to_text(card))
    assert found._replace(loss=0, distance=0, divergence=0, mse=0, mean_image_mse=0) == card._replace(
        loss=0, distance=0, divergence=0, mse=0, mean_image_mse=0
    )


def test_a_network_is_collapsed_if_it_is_no_better_than_the_average_image_or_has_no_active_latent():
    good = Card("a", "vae", 1, mse=1.0, mean_image_mse=2.0, active=3)
    assert not good.collapsed
    assert good._replace(active=0).collapsed
    assert good._replace(mse=2.0).collapsed
    assert good._replace(mse=float("nan")).collapsed
    assert "not converged" in good.title
    assert "collapsed" in good._replace(active=0).title


@pytest.mark.parametrize("text", [
    "", "null", "[]", "{", '{"schema": "other"}', "[" * 100_000,
    json.dumps({"schema": "jetexplore-network-1"}),
    json.dumps({"schema": "jetexplore-network-1", "name": "a", "kind": "vae", "downsamplings": "3"}),
    json.dumps({"schema": "jetexplore-network-1", "name": "a", "kind": "vae", "downsamplings": True}),
    json.dumps({"schema": "jetexplore-network-1", "name": "a", "kind": "vae", "downsamplings": 3, "evil": 1}),
    json.dumps({"schema": "jetexplore-network-1", "name": "a", "kind": "vae", "downsamplings": 3, "curve": ["x"]}),
    json.dumps({"schema": "jetexplore-network-1", "name": "a", "kind": "vae", "downsamplings": 3, "areas": {"MSE": {"W": [1]}}}),
    json.dumps({"schema": "jetexplore-network-1", "name": "a", "kind": "vae", "downsamplings": 3, "areas": {"MSE": 3}}),
])  # fmt: skip
def test_hostile_cards_are_one_clear_error(text):
    with pytest.raises(InputError) as caught:
        from_text(text, "file")
    assert caught.value.code == "E_CARD"
    assert len(str(caught.value)) < 500


def test_no_pickle_is_ever_opened(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("code of the file was run",))

    for name, content in (("p", pickle.dumps(Bomb())), ("z", b"PK\x03\x04")):
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(content)
        with pytest.raises(InputError) as caught:
            models.load(path)
        assert caught.value.code == "E_PICKLE"
    torch.save({"a": torch.zeros(1)}, tmp_path / "t.safetensors")
    with pytest.raises(InputError):
        models.load(tmp_path / "t.safetensors")


def test_a_cut_file_at_any_length_is_one_clear_error(stored):
    path, _, _ = stored
    whole = path.read_bytes()
    for length in [0, 1, 7, 8, 9, 500, len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(InputError) as caught:
            models.load(path)
        assert caught.value.code in {"E_TRUNCATED", "E_HEADER"}


def test_a_header_that_claims_to_be_huge_is_refused(tmp_path):
    path = tmp_path / "h.safetensors"
    path.write_bytes(struct.pack("<Q", 1 << 60) + b"{}")
    with pytest.raises(InputError):
        models.read_card(path)


@pytest.mark.parametrize(("change", "code"), [
    ("shape", "E_ARCH"), ("missing", "E_ARCH"), ("more", "E_ARCH"), ("nan", "E_NONFINITE"), ("integers", "E_DTYPE"),
])  # fmt: skip
def test_weights_that_do_not_fit_the_card_are_refused(tmp_path, change, code):
    module, card = initial(3, 0), Card("a", "vae", 3)
    weights = {name: weight.numpy() for name, weight in module.state_dict().items()}
    first = next(iter(weights))
    if change == "shape":
        weights[first] = weights[first][:-1]
    elif change == "missing":
        del weights[first]
    elif change == "more":
        weights["extra"] = np.zeros(1, np.float32)
    elif change == "nan":
        weights[first] = weights[first] * np.float32("nan")
    else:
        weights[first] = weights[first].astype(np.int32)
    path = tmp_path / "w.safetensors"
    save_file({name: np.ascontiguousarray(some) for name, some in weights.items()}, path, {"card": to_text(card)})
    with pytest.raises(InputError) as caught:
        models.load(path)
    assert caught.value.code == code


def test_a_depth_that_does_not_exist_is_refused(stored):
    path, module, card = stored
    checkpoints.write(path, module, card._replace(downsamplings=7))
    with pytest.raises(InputError):
        models.load(path)


def test_unknown_names_say_what_there_is(tmp_path):
    with pytest.raises(InputError) as caught:
        models.load("vae-MSE-d9")
    assert caught.value.code == "E_NETWORK"
    with pytest.raises(FileNotFoundError):
        models.load(tmp_path / "none.safetensors")


def test_listing_networks_does_not_import_torch():
    import subprocess
    import sys

    code = "import sys; from jetexplore import models, anomaly; models.networks(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
