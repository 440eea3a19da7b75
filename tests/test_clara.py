"""Are medoids of samples as good as those of all events, and the same from a store as from memory?"""

from __future__ import annotations

import numpy as np
import pytest

from jetexplore import distances, jets
from jetexplore.distances import clara, medoids
from jetexplore.distances.clara import excess
from jetexplore.errors import InputError


def line(n, seed=0, places=(0.0, 5.0, 20.0)):
    rng = np.random.default_rng(seed)
    x = rng.normal(rng.choice(places, n), 0.5)
    return np.abs(x[:, None] - x)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_a_sample_of_all_gives_the_medoids(k):
    d = line(150)
    found, whole = clara(d, k), medoids(d, k)
    assert found.indices.tolist() == whole.indices.tolist()
    assert found.labels.tolist() == whole.labels.tolist()
    assert found.loss == whole.loss == found.losses[0]
    assert len(found.losses) == 1


def test_planted_clusters_are_found_from_small_samples():
    d = line(900, places=(0.0, 10.0, 20.0, 40.0))
    found = clara(d, 4, sample_size=60)
    assert found.loss == pytest.approx(medoids(d, 4).loss, rel=0.05)
    assert np.array_equal(found.labels, d[:, found.indices].argmin(1))
    assert found.loss == d[:, found.indices].min(1).mean()
    sizes = np.bincount(found.labels)
    assert np.all(np.diff(sizes) <= 0)
    assert found.loss == found.losses.min()


def test_more_samples_are_never_worse_and_begin_the_same():
    d = line(500)
    few, more = (clara(d, 3, sample_size=30, n_samples=n, seed=4) for n in (2, 8))
    assert more.loss <= few.loss
    assert more.losses[:2].tolist() == few.losses.tolist()


def test_a_store_of_any_tile_and_a_map_give_the_same(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.random((90, 8, 8))
    d = distances.pairwise(x, "MAE")
    expected = clara(d, 3, sample_size=40, seed=2)
    for tile in (16, 90):
        path = distances.pairwise(x, "MAE", out=tmp_path / f"{tile}", tile=tile).path
        for source in (path, str(path), distances.tiles.read(path)):
            found = clara(source, 3, sample_size=40, seed=2)
            assert all(np.array_equal(*pair) for pair in zip(found, expected, strict=True))


def test_loss_on_jets():
    x = jets.images(jets.load("sample", "reference")["QCD"][:600])
    d = distances.pairwise(x, "MAE")
    assert excess(d, 1, sample_size=300) < 0.01
    assert excess(d, 3, sample_size=300) < 0.01
    assert excess(d, 3, sample_size=600) == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"k": 0}, "E_K"),
        ({"k": 41}, "E_K"),
        ({"k": 11, "sample_size": 10}, "E_K"),
        ({"k": 2.0}, "E_K"),
        ({"sample_size": 41}, "E_RANGE_SAMPLE_SIZE"),
        ({"sample_size": 0}, "E_RANGE_SAMPLE_SIZE"),
        ({"n_samples": 0, "sample_size": 20}, "E_RANGE_N_SAMPLES"),
        ({"distances": np.zeros((3, 4))}, "E_SHAPE"),
        ({"distances": np.zeros(3)}, "E_SHAPE"),
        ({"distances": np.full((3, 3), np.nan)}, "E_NONFINITE"),
    ],
)
def test_what_cannot_be_used_is_refused(change, code):
    with pytest.raises(InputError) as caught:
        clara(**{"distances": line(40), "k": 2, **change})
    assert caught.value.code == code


def test_unfinished_and_missing_stores(tmp_path):
    path = distances.pairwise(
        np.ones((5, 4, 4)) * np.arange(1, 6)[:, None, None], "MAE", out=tmp_path / "s", tile=2
    ).path
    (path / "c/0/1").unlink()
    with pytest.raises(InputError, match="1 of 6 tiles"):
        clara(path, 2)
    with pytest.raises(FileNotFoundError):
        clara(tmp_path / "nowhere", 2)
