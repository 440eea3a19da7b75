"""Maps of jets: principal components, classical scaling, what is kept, and what is shown where UMAP is missing."""

from __future__ import annotations

import importlib.util
import sys
import types

import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform

from jetexplore.anomaly import embedding, named, samples
from jetexplore.distances import pairwise
from jetexplore.errors import InputError
from jetexplore.files import cache_dir, data_dir, read_npz

SIZES = {"QCD": 12, "Top": 8, "W": 8}


@pytest.fixture
def without_umap(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


def test_a_plane_is_found_again(rng):
    plane = rng.normal(size=(30, 2)) * [3.0, 1.0]
    turned = plane @ np.linalg.qr(rng.normal(size=(7, 7)))[0][:2] + 5.0
    places = embedding.embed(turned, "PCA")
    assert places.dtype == np.float32
    np.testing.assert_allclose(pdist(places), pdist(plane), rtol=1e-4)
    assert np.ptp(places[:, 0]) > np.ptp(places[:, 1])
    assert (places[np.abs(places).argmax(0), [0, 1]] > 0).all()


def test_scaling_of_distances_is_pca_of_points(rng):
    points = rng.normal(size=(25, 6)) * np.arange(6, 0, -1)
    distances = squareform(pdist(points))
    np.testing.assert_allclose(
        embedding.embed(distances, "PCA", precomputed=True), embedding.embed(points, "PCA"), atol=1e-4
    )


def test_one_dimension_leaves_the_second_empty():
    places = embedding.embed(np.arange(5.0)[:, None], "PCA")
    assert (places[:, 1] == 0).all()
    np.testing.assert_allclose(np.abs(places[:, 0]), [2, 1, 0, 1, 2], atol=1e-6)


def test_trust_tells_a_map_from_chance(rng):
    points = np.concatenate([rng.normal(size=(40, 2)), np.zeros((40, 3))], axis=1)
    places = embedding.embed(points, "PCA")
    assert embedding.trustworthiness(points, places) == pytest.approx(1.0, abs=1e-6)
    assert embedding.trustworthiness(squareform(pdist(points)), places, precomputed=True) == pytest.approx(
        1.0, abs=1e-6
    )
    assert embedding.trustworthiness(points, rng.permutation(places)) < 0.75


@pytest.mark.parametrize(
    ("x", "method", "precomputed", "code"),
    [
        (np.zeros((3, 2)), "PCA", False, "E_SHAPE"),
        (np.zeros(9), "PCA", False, "E_SHAPE"),
        (np.zeros((5, 4)), "PCA", True, "E_SHAPE"),
        (np.zeros((5, 4)), "tSNE", False, "E_METHOD"),
    ],
)
def test_wrong_input_is_told(x, method, precomputed, code):
    with pytest.raises(InputError) as caught:
        embedding.embed(x, method, precomputed=precomputed)
    assert caught.value.code == code


@pytest.mark.parametrize("space", ["Wass(1)", "untrained-d3"])
def test_a_map_is_kept_with_its_key(small, space, monkeypatch):
    found = embedding.space_embedding(space, SIZES, "PCA", source=small)
    assert found.names.tolist() == ["QCD"] * 12 + ["Top"] * 8 + ["W"] * 8
    images = np.concatenate([samples.images(small)[name][:size] for name, size in SIZES.items()])
    if space == "Wass(1)":
        expected = embedding.embed(pairwise(images, space), "PCA", precomputed=True)
    else:
        expected = embedding.embed(named.network_of(space).encode(images).mean, "PCA")
    np.testing.assert_array_equal(found.places, expected)
    assert 0.5 < found.trust <= 1
    assert list((cache_dir() / "results").glob("embedding_*_PCA.npz"))

    def forbidden(*_, **__):
        raise AssertionError("computed again")

    monkeypatch.setattr(embedding, "embed", forbidden)
    np.testing.assert_array_equal(embedding.space_embedding(space, SIZES, "PCA", source=small).places, found.places)
    with pytest.raises(AssertionError, match="computed again"):
        embedding.space_embedding(space, {**SIZES, "W": 7}, "PCA", source=small)


def test_without_umap_a_stored_map_is_shown_and_else_principal_components(small, monkeypatch, without_umap):
    assert embedding.usual_method() == "PCA"
    assert embedding.space_embedding("MSE", SIZES, source=small).method == "PCA"
    assert not list((cache_dir() / "results").glob("embedding_MSE_UMAP.npz"))
    monkeypatch.setitem(embedding.METHODS, "UMAP", lambda x, precomputed, seed: np.full((len(x), 2), 7.0))
    embedding.space_embedding("MSE", SIZES, "UMAP", source=small)
    found = embedding.space_embedding("MSE", SIZES, source=small)
    assert found.method == "UMAP"
    assert (found.places == 7).all()


@pytest.mark.parametrize(
    ("space", "sizes", "code"),
    [("MSE", {"Higgs": 3}, "E_CLASS"), ("MSE", {"QCD": 61}, "E_TOO_FEW"), ("MES", SIZES, "E_NETWORK")],
)
def test_what_is_not_there_is_told(space, sizes, code, small):
    with pytest.raises(InputError) as caught:
        embedding.space_embedding(space, sizes, "PCA", source=small)
    assert caught.value.code == code


def test_shipped_maps_are_whole_and_of_these_jets(monkeypatch):
    def forbidden(*_, **__):
        raise AssertionError("computed again")

    monkeypatch.setattr(embedding, "embed", forbidden)
    for path in sorted((data_dir() / "results").glob("embedding_*.npz")):
        arrays, _ = read_npz(path)
        assert arrays["places"].shape == (sum(embedding.SIZES.values()), 2)
        assert np.isfinite(arrays["places"]).all()
        assert arrays["trust"] > 0.8
        space = {"Wass1": "Wass(1)"}.get(path.stem.split("_")[1], path.stem.split("_")[1])
        found = embedding.space_embedding(space, method=path.stem.split("_")[2])
        np.testing.assert_array_equal(found.places, arrays["places"])


@pytest.mark.parametrize("precomputed", [False, True])
def test_umap_is_asked_for_places_that_repeat(precomputed, monkeypatch, rng):
    asked = {}

    class Stub:  # the real one compiles for half a minute; the shipped maps are its work
        def __init__(self, **options):
            asked.update(options)

        def fit_transform(self, x):
            return x[:, :2]

    monkeypatch.setitem(sys.modules, "umap", types.SimpleNamespace(UMAP=Stub))
    x = rng.normal(size=(9, 9))
    np.testing.assert_array_equal(embedding.embed(x, "UMAP", precomputed=precomputed, seed=4), x[:, :2].astype("f4"))
    assert asked["metric"] == ("precomputed" if precomputed else "euclidean")
    assert (asked["random_state"], asked["n_jobs"], asked["n_neighbors"]) == (4, 1, 8)
