"""Damaged networks do not hide: they are listed, greyed, with the reason, and nothing else suffers."""

from __future__ import annotations

import os

import pytest
from networkzoo import USUAL, networks

from jetexplore import models
from jetexplore.anomaly import namedscores
from jetexplore.errors import InputError
from jetexplore.models import checkpoints
from jetexplore.models.autoencoder import initial
from jetexplore.models.cards import Card
from jetexplore.views import autoencoders, betascan, damaged
from jetexplore.views.betascan import Kind
from jetexplore.views.chooser import Chooser
from jetexplore.views.graph import GraphView
from jetexplore.views.sides import Side
from jetexplore.views.state import Choice

REASONS = {
    "vae-MSE-d3-b1e-4": "a file of 0 bytes",  # a place of the scan
    "vae-MSE-d3-b1e-7-s9": "not those that were written",  # beside the scan
    "vae-MSE-d1-b0": "header",
    "pgae-momenta-MSE": "pickled",
    "mine<b>": "no model card",
}


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    with networks(tmp_path_factory) as folder:
        sound = (folder / f"{USUAL}.safetensors").read_bytes()
        flipped = bytearray(sound)
        flipped[-5] ^= 1
        for name, content in zip(
            REASONS, (b"", bytes(flipped), b"<html>404 Not found</html>", b"\x80\x04N."), strict=False
        ):
            (folder / f"{name}.safetensors").write_bytes(content)
        checkpoints.write(folder / "mine<b>.safetensors", initial(1, 0), Card("mine", "vae", 1)._replace(epochs="many"))
        yield folder


def test_each_has_its_reason_and_no_path(zoo):
    found = damaged.reasons()
    assert set(found) == set(REASONS)
    for name, word in REASONS.items():
        assert word in found[name]
        assert str(zoo) not in found[name]
    assert "<b>mine&lt;b&gt;</b>: no model card" in damaged.told()
    assert "pgae-momenta-MSE" not in damaged.told()
    assert "pgae-momenta-MSE" in damaged.told(graphs=True)


def test_the_chooser_greys_them(zoo):
    one = Chooser(Choice())
    assert one.choice.network == ""
    assert one.variant.options["0.0001 · damaged"] == "vae-MSE-d3-b1e-4"
    assert one.variant.options["vae-MSE-d3-b1e-7-s9 · damaged"] == "vae-MSE-d3-b1e-7-s9"
    assert one.variant.disabled_options == ["vae-MSE-d3-b1e-4", "vae-MSE-d3-b1e-7-s9"]
    assert one.variant.value == USUAL
    assert "a file of 0 bytes" in one.told.object
    one.blocks.value = 1
    assert one.choice.network == "vae-MSE-d1-b1e-7"  # one that works
    assert one.variant.disabled_options == ["vae-MSE-d1-b0"]
    assert betascan.variants(Kind("untrained", 1)) == {"random weights": "untrained-d1"}


def test_a_link_to_one_says_what_is_wrong(zoo):
    for name in ("vae-MSE-d3-b1e-4", "vae-MSE-d1-b0"):
        assert not autoencoders.exists(name)
        assert (
            autoencoders.missing(name) == f"{name} cannot be shown, for its file is damaged: {damaged.reasons()[name]}."
        )
        with pytest.raises(InputError) as caught:
            models.load(name)
        assert caught.value.code in {"E_TRUNCATED", "E_HEADER"}
    assert "was not run" in autoencoders.missing("vae-MSE-d3-b1e-3")


def test_comparisons_and_graphs_grey_them_too(zoo):
    side = Side(Choice(left=f"network: {USUAL}, Loss"), "left")
    grey = ["vae-MSE-d1-b0", "vae-MSE-d3-b1e-4", "vae-MSE-d3-b1e-7-s9"]
    assert side.which.disabled_options == grey
    assert set(side.which.options.values()) >= {USUAL, "untrained-d3", *grey}
    assert side.which.value == USUAL
    assert not namedscores.exists("network: vae-MSE-d1-b0, Loss")
    side.origin.value = "label-free: "
    assert side.which.disabled_options == []
    layout = GraphView(Choice())._layout
    assert "pickled" in layout[1].object


def test_what_is_mended_is_offered_again(zoo):
    path = zoo / "vae-MSE-d1-b0.safetensors"
    before = path.read_bytes()
    checkpoints.write(
        path, initial(1, 0), models.networks(zoo)["vae-MSE-d1-b1e-7"]._replace(name="vae-MSE-d1-b0", beta=0.0)
    )
    assert "vae-MSE-d1-b0" not in damaged.reasons()
    assert autoencoders.exists("vae-MSE-d1-b0")
    path.write_bytes(before)
    os.utime(path)
    assert "vae-MSE-d1-b0" in damaged.reasons()
