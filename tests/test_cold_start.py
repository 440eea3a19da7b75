"""The explorer begins with damaged files: what is whole is shown, what is damaged is left out or made again, and told."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from jetexplore import files, jets, models
from jetexplore.errors import InputError
from jetexplore.files import data_dir
from jetexplore.models import checkpoints

NETWORKS = ("vae-MSE-d3-b1e-8", "vae-MSE-d3-b1e-7", "pgae-momenta-MSE", "pgae-relative-EMD")


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """Data folder of this test, with a few networks."""
    shutil.copytree(
        data_dir(), tmp_path / "data", ignore=shutil.ignore_patterns("*.safetensors", "pictures", "dijets", "sample")
    )
    for name in ("dijets", "sample"):
        (tmp_path / "data" / name).symlink_to(data_dir() / name)
    for name in NETWORKS:
        shutil.copy(data_dir() / "networks" / f"{name}.safetensors", tmp_path / "data" / "networks")
    monkeypatch.setenv("JETEXPLORE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("JETEXPLORE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "data"


def spoil(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


@pytest.mark.parametrize(
    "damage", [spoil, lambda path: path.write_bytes(path.read_bytes()[:900]), lambda path: path.write_bytes(b"")]
)
def test_a_damaged_network_is_left_out_with_a_reason_and_the_others_are_offered(copied, damage, caplog):
    for name in ("vae-MSE-d3-b1e-7", "pgae-relative-EMD"):
        damage(copied / "networks" / f"{name}.safetensors")
    assert set(models.networks()) == {"vae-MSE-d3-b1e-8", "pgae-momenta-MSE"}
    assert set(checkpoints.refused()) == {"vae-MSE-d3-b1e-7.safetensors", "pgae-relative-EMD.safetensors"}
    assert "a network is left out" in caplog.text
    with pytest.raises(InputError):
        models.load("vae-MSE-d3-b1e-7")


def test_the_cards_of_networks_begin_beside_a_damaged_one(copied):
    from jetexplore.views.networks import NetworksView
    from jetexplore.views.state import Choice

    spoil(copied / "networks" / "vae-MSE-d3-b1e-7.safetensors")
    view = NetworksView(Choice())
    assert view.images.visible


def test_a_damaged_result_is_made_again(copied):
    key = "k"
    files.write_npz(copied / "results" / "r.npz", {"x": np.arange(4.0)}, {"key": key})
    spoil(copied / "results" / "r.npz")
    found = files.stored("r", key, lambda: {"x": np.arange(4.0) + 1})["x"]
    assert found.tolist() in ([1, 2, 3, 4], [0, 1, 2, 3])
    (copied / "results" / "r.npz").write_bytes(b"")
    assert files.stored("r", key, lambda: {"x": np.arange(4.0) + 1})["x"].tolist() == [1, 2, 3, 4]


def test_a_damaged_sample_is_told_in_one_sentence(copied):
    content = bytearray((copied / "sample" / "Top_test.npz").read_bytes())
    content[len(content) // 2] ^= 4
    (copied / "sample").unlink()  # the link
    (copied / "sample").mkdir()
    (copied / "sample" / "Top_test.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"Top_test\.npz"):
        jets.load(copied / "sample" / "Top_test.npz")
