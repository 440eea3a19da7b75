"""All pairs in a folder: whatever is damaged, missing or cannot be written is found and mended."""

from __future__ import annotations

import errno
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tilestores import caught_code, content, flip, leftovers, some_images

from jetexplore import distances
from jetexplore.distances import allpairs, folder, inputs, store, tiles
from jetexplore.errors import InputError


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return distances.pairwise(some_images(20), "Wass(1)", out=tmp_path_factory.mktemp("whole") / "s", tile=8).path


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_flipped_bit_anywhere_is_found_and_mended(whole, data):
    before = content(whole)
    name = data.draw(st.sampled_from(sorted(set(before) - {"inputs.npz"})))
    flip(whole / name, data.draw(st.integers(0, len(before[name]) - 1)), data.draw(st.integers(0, 7)))
    if name != "zarr.json":  # what zarr says beside our manifest is not used here
        assert caught_code(tiles.maps, whole) == "E_INCOMPLETE"
        assert tiles.summary(whole).done == 5
    assert distances.pairwise(some_images(20), "Wass(1)", out=whole, tile=8).done == 6
    assert content(whole) == before


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 1 << 20), bit=st.integers(0, 7))
def test_a_flipped_bit_in_the_inputs_changes_nothing(whole, at, bit):
    before = content(whole)
    flip(whole / "inputs.npz", at, bit)
    (whole / "c/0/1").unlink()
    inputs.known.cache_clear()
    distances.pairwise(some_images(20), "Wass(1)", out=whole, tile=8)
    after = content(whole)
    assert after.pop("inputs.npz")
    assert after == {name: raw for name, raw in before.items() if name != "inputs.npz"}
    (whole / "inputs.npz").write_bytes(before["inputs.npz"])


@pytest.mark.parametrize("damage", [lambda raw: raw[:-5], lambda raw: b"", lambda raw: raw + b"x"])
@pytest.mark.parametrize("name", ["c/0/1", "certificates/1.2.json", "zarr.json", "inputs.npz"])
def test_a_cut_off_or_grown_file_is_mended(whole, name, damage):
    before = content(whole)
    (whole / name).write_bytes(damage(before[name]))
    distances.pairwise(some_images(20), "Wass(1)", out=whole, tile=8)
    after = content(whole)
    if name != "inputs.npz" or after[name] != before[name] + b"x":  # a zip file may be followed by anything
        assert after == before
    (whole / name).write_bytes(before[name])


def test_tiles_of_other_stores_and_places_are_not_taken(tmp_path):
    x = some_images(20)
    one = distances.pairwise(x, "Wass(1)", out=tmp_path / "one", tile=8).path
    other = distances.pairwise(x, "Wass(2)", out=tmp_path / "other", tile=8).path
    before = content(one)
    for name in ("c/0/1", "certificates/0.1.json"):
        (one / name).write_bytes((other / name).read_bytes())
    (one / "c/1/1").write_bytes((one / "c/0/0").read_bytes())
    assert tiles.summary(one).done == 4
    distances.pairwise(x, "Wass(1)", out=one, tile=8)
    assert content(one) == before


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_failing_at_every_write_in_turn(tmp_path, whole, failure, monkeypatch):
    expected, request = content(whole), {"metric": "Wass(1)", "tile": 8}
    fsync, calls = os.fsync, []

    def failing(handle):
        calls.append(handle)
        if len(calls) == fail_at:
            raise failure
        fsync(handle)

    monkeypatch.setattr(os, "fsync", failing)
    for fail_at in range(1, 15):  # description, inputs, six tiles and their certificates
        path, calls[:] = tmp_path / f"{fail_at}", []
        with pytest.raises((InputError, KeyboardInterrupt)) as caught:
            distances.pairwise(some_images(20), out=path, **request)
        if isinstance(failure, OSError):
            assert caught.value.code == "E_DISK"
            assert "finished tiles are kept" in str(caught.value)
        assert leftovers(path) == []
        kept = content(path)
        assert kept.items() <= expected.items()
        assert len(kept) == fail_at - 1
        assert distances.pairwise(some_images(20), out=path, **request).done == 6
        assert content(path) == expected
    fail_at, calls[:] = 15, []
    distances.pairwise(some_images(20), out=tmp_path / "no more", **request)
    assert len(calls) == 14


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_folder_that_cannot_be_written(tmp_path, whole, number, monkeypatch):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as then:
        then.setattr(folder.os, "open", refuse)
        assert caught_code(distances.pairwise, some_images(5), "MAE", out=tmp_path / "s") == "E_FOLDER"
    monkeypatch.setattr(os, "fsync", refuse)
    assert caught_code(distances.pairwise, some_images(5), "MAE", out=tmp_path / "s") == "E_FOLDER"
    assert leftovers(tmp_path) == []


def test_what_the_disk_cannot_hold_is_not_begun(tmp_path, monkeypatch):
    usage = folder.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(folder.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    assert caught_code(distances.pairwise, some_images(20), "MAE", out=tmp_path / "s") == "E_DISK"


def test_a_folder_taken_over_meanwhile_is_not_written_to(tmp_path):
    path = distances.pairwise(some_images(5), "MAE", out=tmp_path / "s").path
    mine = store.store(path, {**store.existing(path).manifest, "metric": "MSE"})
    before = content(path)
    assert caught_code(store.write_tile, mine, 0, 0, np.zeros((5, 5)), {}) == "E_VERSION"
    assert content(path) == before


def test_tiles_written_elsewhere_are_missed(tmp_path, monkeypatch):
    monkeypatch.setattr(allpairs, "make_tile", lambda *_: 10)
    with pytest.raises(InputError, match="1 of 1 tiles that workers wrote elsewhere"):
        distances.pairwise(some_images(5), "MAE", out=tmp_path / "s")
