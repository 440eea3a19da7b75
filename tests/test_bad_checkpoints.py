"""Bad files of weights: each is refused with its code in one sentence, no code of the file runs, no wrong bit passes."""

from __future__ import annotations

import io
import json
import pickle
import random
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save

from jetexplore import models
from jetexplore.errors import InputError
from jetexplore.files import data_dir
from jetexplore.models import checkpoints, weightfile
from jetexplore.models.autoencoder import initial
from jetexplore.models.cards import Card, to_text


@pytest.fixture(scope="module")
def weights():
    return {name: weight.numpy().astype(np.float16) for name, weight in initial(3, 0).state_dict().items()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "a.safetensors"
    numbers = dict.fromkeys(("loss", "distance", "divergence", "mse", "mean_image_mse"), 0.5)
    checkpoints.write(path, initial(3, 0), Card("a", "vae", 3, curve=(2.0, 1.0), **numbers))
    return path.read_bytes()


CARD = to_text(Card("a", "vae", 3))


def file(header, body=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + body


def tensors(*spans, dtype="F32", shape=(2,), size=16):
    entries = {
        f"t{k}": {"dtype": dtype, "shape": list(shape), "data_offsets": list(span)} for k, span in enumerate(spans)
    }
    return file({"__metadata__": {"card": CARD}, **entries}, bytes(size))


def changed(weights, change=None, card=CARD):
    weights = dict(weights)
    if change:
        change(weights)
    return save(weights, {"card": card} if card else None)


def first(weights):
    return next(iter(weights))


def spoil(value):
    def change(weights):
        weights[first(weights)] = weights[first(weights)].copy()
        weights[first(weights)].flat[3] = value

    return change


def drop(weights):
    weights["another"] = weights.pop(first(weights))


class Canary:
    """When unpickled, makes a file."""

    def __reduce__(self):
        return Path.touch, (Path("canary"),)


def torch_file(content):
    stream = io.BytesIO()
    torch.save(content, stream)
    return stream.getvalue()


def twice(whole):
    length = int.from_bytes(whole[:8], "little")
    header = whole[8 : 8 + length].decode().rstrip()
    names = json.loads(header)
    name = next(name for name in names if name != "__metadata__")
    more = f", {json.dumps(name)}: {json.dumps(names[name])}" + "}"
    return file((header[:-1] + more).encode(), whole[8 + length :])


def archive():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        opened.writestr("a", b"x")
    return stream.getvalue()


# Case: what makes the file of a whole one and of weights, and the code
CASES = {
    "S01 header of 200 MB claimed": (lambda whole, weights: file(b"{}", length=200 << 20), "E_HEADER"),
    "S02 header of 2^63": (lambda whole, weights: file(b"{}", length=1 << 63), "E_HEADER"),
    "S03 truncated": (lambda whole, weights: whole[:-100], "E_TRUNCATED"),
    "S03 one byte short": (lambda whole, weights: whole[:-1], "E_TRUNCATED"),
    "S03 cut in the header": (lambda whole, weights: whole[:500], "E_TRUNCATED"),
    "S03 cut in the length": (lambda whole, weights: whole[:5], "E_TRUNCATED"),
    "S03 empty": (lambda whole, weights: b"", "E_TRUNCATED"),
    "S04 overlap": (lambda whole, weights: tensors((0, 8), (4, 12), size=12), "E_OFFSETS"),
    "S05 hole": (lambda whole, weights: tensors((0, 8), (12, 20), size=20), "E_OFFSETS"),
    "S05 not from the beginning": (lambda whole, weights: tensors((8, 16)), "E_OFFSETS"),
    "S05 backwards": (lambda whole, weights: tensors((8, 0)), "E_OFFSETS"),
    "S05 negative": (lambda whole, weights: tensors((-8, 0)), "E_HEADER"),
    "S06 duplicate tensor": (lambda whole, weights: twice(whole), "E_DUPLICATE"),
    "S06 duplicate card": (
        lambda whole, weights: file(f'{{"__metadata__": {{"card": "a", "card": {json.dumps(CARD)}}}}}'.encode()), "E_DUPLICATE",
    ),
    "S07 trailing bytes": (lambda whole, weights: whole + b"x", "E_TRAILING"),
    "S07 an archive behind it": (lambda whole, weights: whole + archive(), "E_TRAILING"),
    "S08 2^124 elements": (lambda whole, weights: tensors((0, 8), shape=(1 << 62, 1 << 62)), "E_OFFSETS"),
    "S08 product of 0": (lambda whole, weights: tensors((0, 8), shape=(0, 1 << 62)), "E_OFFSETS"),
    "S09 pickle": (lambda whole, weights: pickle.dumps(Canary()), "E_PICKLE"),
    "S09 pickle of protocol 2": (lambda whole, weights: pickle.dumps(Canary(), 2), "E_PICKLE"),
    "S09 pickle of protocol 0": (lambda whole, weights: pickle.dumps(Canary(), 0), "E_HEADER"),
    "S10 deep JSON": (lambda whole, weights: file(b"[" * 100_000), "E_HEADER"),
    "S10 deep JSON inside": (lambda whole, weights: file(b'{"a":' * 50_000), "E_HEADER"),
    "S10 JSON of another kind": (lambda whole, weights: file([1, 2]), "E_HEADER"),
    "S10 numbers for entries": (lambda whole, weights: file({"a": 3}), "E_HEADER"),
    "S10 unknown type of numbers": (lambda whole, weights: tensors((0, 8), (8, 16), dtype="F7"), "E_HEADER"),
    "S10 fractions": (lambda whole, weights: tensors((0, 8.0), (8, 16)), "E_HEADER"),
    "S10 zeros": (lambda whole, weights: bytes(100), "E_HEADER"),
    "S10 a page": (lambda whole, weights: b"<html>404 Not found</html>", "E_HEADER"),
    "S11 nan": (lambda whole, weights: changed(weights, spoil(np.nan)), "E_NONFINITE"),
    "S11 inf": (lambda whole, weights: changed(weights, spoil(-np.inf)), "E_NONFINITE"),
    "S11 integers": (
        lambda whole, weights: changed(weights, lambda w: w.update({first(w): w[first(w)].astype(np.int32)})), "E_DTYPE",
    ),
    "S12 another name": (lambda whole, weights: changed(weights, drop), "E_ARCH"),
    "S12 one is missing": (lambda whole, weights: changed(weights, lambda w: w.pop(first(w))), "E_ARCH"),
    "S12 one more": (lambda whole, weights: changed(weights, lambda w: w.update(more=np.zeros(2, np.float16))), "E_ARCH"),
    "S12 no tensor": (lambda whole, weights: changed({}), "E_ARCH"),
    "S13 header of 101 MB": (lambda whole, weights: struct.pack("<Q", 101 << 20) + b"{" + b" " * (101 << 20), "E_HEADER"),
    "S13 65 MB": (lambda whole, weights: whole + bytes(65 << 20), "E_LIMIT"),
    "S14 another depth": (lambda whole, weights: changed(weights, card=to_text(Card("a", "vae", 2))), "E_ARCH"),
    "S14 another latent size": (
        lambda whole, weights: changed(weights, lambda w: w.update({name: x[:-1] for name, x in w.items()})), "E_ARCH",
    ),
    "S14 another kind": (lambda whole, weights: changed(weights, card=to_text(Card("a", "pgae", 0))), "E_CARD"),
    "S14 a depth that is none": (lambda whole, weights: changed(weights, card=to_text(Card("a", "vae", 7))), "E_DEPTH"),
    "S15 no description": (lambda whole, weights: changed(weights, card=None), "E_META"),
    "S15 a card that is none": (lambda whole, weights: changed(weights, card="{}"), "E_CARD"),
    "S15 an unknown entry": (lambda whole, weights: save(weights, {"card": CARD, "sha257": "0"}), "E_META"),
    "S15 a wrong checksum": (lambda whole, weights: save(weights, {"card": CARD, "sha256": "0" * 64}), "E_CHECKSUM"),
    "S15 another card": (lambda whole, weights: whole.replace(b"vae", b"vbe"), "E_CHECKSUM"),
    "T01 torch with code": (lambda whole, weights: torch_file(Canary()), "E_PICKLE"),
    "T02 torch without code": (lambda whole, weights: torch_file({"a": torch.zeros(1)}), "E_PICKLE"),
    "T03 truncated torch": (lambda whole, weights: torch_file(Canary())[:200], "E_PICKLE"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_bad_file_is_refused_with_its_code(case, whole, weights, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make, code = CASES[case]
    path = tmp_path / "a.safetensors"
    path.write_bytes(make(whole, weights))
    with pytest.raises(InputError) as caught:
        models.load(path)
    assert caught.value.code == code
    assert caught.value.where == str(path)
    assert len(str(caught.value)) < 900
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.safetensors"]  # no canary


@pytest.mark.parametrize("name", ["a.pt", "a.pth", "a.pkl", "a.ckpt"])
def test_endings_of_pickles_are_refused_whatever_is_inside(name, whole, tmp_path):  # T04
    (tmp_path / name).write_bytes(whole)
    for source in (tmp_path / name, str(tmp_path / name)):
        with pytest.raises(InputError) as caught:
            models.load(source)
        assert caught.value.code == "E_PICKLE"


def test_what_does_not_fit_is_told_as_a_table(weights, tmp_path):
    def change(weights):
        names = list(weights)
        weights["another"] = weights.pop(names[0])
        weights[names[2]] = weights[names[2]][..., :1]

    (tmp_path / "a.safetensors").write_bytes(changed(weights, change))
    names = list(weights)
    with pytest.raises(InputError) as caught:
        models.load(tmp_path / "a.safetensors")
    assert f"missing {names[0]} {weights[names[0]].shape}" in caught.value.found
    assert f"unexpected another {weights[names[0]].shape}" in caught.value.found
    assert f"{names[2]} {weights[names[2]][..., :1].shape} for {weights[names[2]].shape}" in caught.value.found


def test_a_header_whose_length_looks_like_a_pickle_is_read(weights, tmp_path):
    for length in (0x280, 0x480):  # b"\x80\x02", b"\x80\x04": also the first bytes of pickles
        text = json.dumps({"__metadata__": {"card": "x"}}).encode().ljust(length)
        (tmp_path / "a.safetensors").write_bytes(file(text))
        assert weightfile.read(tmp_path / "a.safetensors").card == "x"


def test_every_flipped_bit_is_found(whole, tmp_path):
    draw, path, found, codes = random.Random(8), tmp_path / "a.safetensors", 0, set()
    length = 8 + int.from_bytes(whole[:8], "little")
    places = [draw.randrange(length) for _ in range(150)] + [draw.randrange(length, len(whole)) for _ in range(150)]
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged)
        with pytest.raises(InputError) as caught:
            weightfile.read(path)
        found += 1
        codes.add(caught.value.code)
    assert found == 300
    assert {"E_CHECKSUM", "E_HEADER"} <= codes


def test_files_without_a_checksum_are_read_and_looked_up_in_the_list_of_their_folder(weights, tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(changed(weights))
    assert models.load(path).card.name == "a"
    import hashlib

    (tmp_path / "SHA256SUMS").write_text(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  a.safetensors\n")
    assert models.load(path).card.name == "a"
    path.write_bytes(changed(weights, spoil(0.25)))
    with pytest.raises(InputError) as caught:
        models.load(path)
    assert caught.value.code == "E_CHECKSUM"
    checkpoints.write(path, initial(3, 1), Card("a", "vae", 3))  # carries its own
    assert models.load(path).card.name == "a"


def test_every_network_that_comes_with_jetexplore_has_a_checksum():
    folder = data_dir() / "networks"
    listed = {line.partition("  ")[2] for line in (folder / "SHA256SUMS").read_text().splitlines()}
    for path in folder.glob("*.safetensors"):
        content = path.read_bytes()
        length = int.from_bytes(content[:8], "little")
        about = json.loads(content[8 : 8 + length])["__metadata__"]
        assert path.name in listed or "sha256" in about, path.name
        weightfile.read(path)
