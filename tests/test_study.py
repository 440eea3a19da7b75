"""Studies of a sample: computed once, equal to their parts, disjoint draws, and nothing written elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from jetexplore import jets
from jetexplore.anomaly import auc, ensembles, event_to_ensemble, samples, study
from jetexplore.anomaly.contrast import contrast
from jetexplore.distances import matrices, references
from jetexplore.distances.barycentre import barycentre
from jetexplore.errors import InputError
from jetexplore.files import cache_dir

CACHED = (samples.images, samples.pairs, ensembles.ensemble, study.sample_scores, study.sample_rocs)


@pytest.fixture
def forget():
    """Give a function that empties the memory but not the files."""

    def call():
        for function in CACHED:
            function.cache_clear()

    yield call
    call()


@pytest.fixture
def no_computing(forget):
    """Give a function after which distances can no longer be computed."""

    def forbidden(*_, **__):
        raise AssertionError("computed again")

    with pytest.MonkeyPatch.context() as patch:

        def call():
            forget()
            patch.setattr(ensembles, "barycentre", forbidden)
            for name in ("condensed", "pairwise", "cross"):
                patch.setattr(matrices, name, forbidden)

        yield call


def test_images_are_shared_and_read_only(small):
    images = samples.images(small)
    assert set(images) == {"QCD", "Top", "W"}
    assert samples.images(small)["QCD"] is images["QCD"]
    np.testing.assert_array_equal(images["W"], jets.images(jets.load(small)["W"]))
    with pytest.raises(ValueError, match="read-only"):
        images["QCD"][0, 0, 0] = 1
    assert not np.array_equal(samples.images(small, width=2.0)["QCD"], images["QCD"])


def test_draws_share_no_jet(small):
    draws = [samples.draw("QCD", number, 200, small) for number in range(7)]
    assert len({image.tobytes() for some in draws for image in some}) == 1400
    np.testing.assert_array_equal(np.concatenate(draws), samples.images(small, "reference")["QCD"])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("W",), "E_CLASS"),
        ((None,), "E_CLASS"),
        (("QCD", 2), "E_DRAW"),
        (("QCD", -1), "E_DRAW"),
        (("QCD", 0, 1401), "E_DRAW"),
        (("QCD", 0, 0), "E_DRAW"),
        (("QCD", 0, -5), "E_DRAW"),
    ],
)
def test_bad_draw(small, arguments, code):
    with pytest.raises(InputError) as raised:
        samples.draw(*arguments, source=small)
    assert raised.value.code == code


@pytest.mark.parametrize("metric", ["MSE", "Wass(1)"])
def test_pairs_are_the_distances(small, metric):
    found = samples.pairs("Top", metric, small, n=12)
    assert found.shape == (66,)
    np.testing.assert_allclose(found, matrices.condensed(samples.images(small)["Top"][:12], metric), rtol=1e-6)
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 0


def test_pairs_of_all_where_fewer_are_left(small):
    assert samples.pairs("W", "MAE", small).shape == (30 * 29 // 2,)


def test_pairs_are_computed_once(small, no_computing):
    before = samples.pairs("QCD", "MAE", small, n=9).copy()
    no_computing()
    np.testing.assert_array_equal(samples.pairs("QCD", "MAE", small, n=9), before)
    with pytest.raises(AssertionError, match="again"):
        samples.pairs("QCD", "MAE", small, n=10)


def test_ensemble_is_what_its_parts_give(small, no_computing):
    found = ensembles.ensemble("QCD", "MAE", 1, small)
    distances = matrices.pairwise(samples.draw("QCD", 1, source=small), "MAE")
    assert [len(indices) for indices in found.medoids] == list(range(1, ensembles.K_MAX + 1))
    for k in (1, 3, 10):
        fit = references.medoids(distances, k)
        np.testing.assert_array_equal(found.medoids[k - 1], fit.indices)
        assert found.losses[k - 1] == pytest.approx(fit.loss)
    for histogram, expected in zip(found.peaks, references.peaks(distances, found.medoids), strict=True):
        np.testing.assert_array_equal(histogram.counts, expected.counts)
        np.testing.assert_allclose(histogram.edges, expected.edges)
        assert histogram.position == pytest.approx(expected.position)
    assert found.elbow.n_medoids == references.elbow([histogram.position for histogram in found.peaks]).n_medoids

    no_computing()
    again = ensembles.ensemble("QCD", "MAE", 1, small)
    for one, other in zip(found.medoids, again.medoids, strict=True):
        np.testing.assert_array_equal(one, other)
    assert found.elbow.kink == again.elbow.kink


def test_reference_images(small):
    some = samples.draw("QCD", source=small)
    medoids = ensembles.ensemble("QCD", "MAE", source=small).medoids
    np.testing.assert_array_equal(ensembles.reference_images("QCD", "MAE", k=4, source=small), some[medoids[3]])
    average = ensembles.reference_images("QCD", "MAE", "average", k=4, source=small)
    np.testing.assert_allclose(average, references.average(some))
    drawn = [ensembles.reference_images("QCD", "MAE", "random", 5, number, small) for number in (0, 1)]
    assert drawn[0].shape == (5, 40, 40)
    assert not np.array_equal(*drawn)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"kind": "mean"}, "E_REFERENCE"),
        ({"k": 0}, "E_K"),
        ({"k": 11}, "E_K"),
        ({"k": "3"}, "E_K"),
        ({"k": 2.0}, "E_K"),
        ({"reference": "W"}, "E_CLASS"),
        ({"metric": "Wass1"}, "E_METRIC"),
        ({"source": "simple"}, "E_DATASET"),
        ({"number": 99}, "E_DRAW"),
        ({"combine": "mean"}, "E_COMBINE"),
    ],
)
def test_bad_names(small, arguments, code):
    arguments = {"metric": "MAE", "source": small} | arguments
    with pytest.raises(InputError) as raised:
        study.sample_scores(**arguments)
    assert raised.value.code == code


@pytest.mark.parametrize(("name", "code"), [("qcd", "E_CLASS"), (None, "E_CLASS")])
def test_bad_class_of_pairs(small, name, code):
    with pytest.raises(InputError) as raised:
        samples.pairs(name, "MAE", small)
    assert raised.value.code == code


@pytest.mark.parametrize(("reference", "orientation"), [("QCD", "far"), ("Top", "near")])
def test_scores_are_what_their_parts_give(small, no_computing, reference, orientation):
    events = ensembles.reference_images(reference, "MAE", "medoids", 3, source=small)
    found = study.sample_scores(reference, "MAE", k=3, combine="sum", source=small)
    assert {name: len(values) for name, values in found.items()} == {"QCD": 60, "Top": 40, "W": 30}
    for name, images in samples.images(small).items():
        np.testing.assert_allclose(found[name], event_to_ensemble(images, events, "MAE", "sum", orientation))
    before = {name: values.copy() for name, values in found.items()}
    no_computing()
    again = study.sample_scores(reference, "MAE", k=3, combine="sum", source=small)
    for name, values in before.items():
        np.testing.assert_array_equal(again[name], values)


def test_names_of_a_file_stay_in_the_cache(tmp_path, random_jets, forget):
    name = "../../../evil of 'W'"
    path = tmp_path / "mine.npz"
    jets.write_jets(path, random_jets(8), {"process": name})
    folder = cache_dir()

    def files():
        return {Path(root, file) for root, _, names in os.walk(folder) for file in names}

    beside, before = set(folder.parent.iterdir()), files()
    assert samples.pairs(name, "MAE", str(path)).shape == (28,)
    assert set(folder.parent.iterdir()) == beside
    written = files() - before
    assert written
    assert all(file.parent == folder / "results" and "evil" in file.name for file in written)


def test_reference_kinds_beside_each_other(small):
    scores = {
        kind: study.sample_scores("QCD", "MAE", kind, 3, source=small)["QCD"] for kind in ensembles.REFERENCE_KINDS
    }
    assert len({values.tobytes() for values in scores.values()}) == len(ensembles.REFERENCE_KINDS)


def test_a_barycentre_is_made_once_and_is_one_image_whatever_k(small, monkeypatch):
    found = ensembles.reference_images("Top", "MAE", "barycentre", 5, source=small)
    assert found.shape == (1, 40, 40)
    np.testing.assert_array_equal(found, barycentre(samples.draw("Top", source=small)))
    monkeypatch.setattr(ensembles, "barycentre", lambda *_: pytest.fail("made again"))
    np.testing.assert_array_equal(ensembles.reference_images("Top", "MSE", "barycentre", 1, source=small), found)


def test_the_contrast_is_that_of_medoids_of_two_classes_from_either_side(small):
    far, near = (ensembles.reference_images(name, "MAE", "medoids", 2, source=small) for name in ("QCD", "Top"))
    sides = [study.sample_scores(name, "MAE", "contrast", 2, source=small) for name in ("QCD", "Top")]
    for name, images in samples.images(small).items():
        np.testing.assert_allclose(sides[0][name], contrast(images, far, near, "MAE"))
        np.testing.assert_array_equal(sides[0][name], sides[1][name])


@pytest.mark.parametrize(("process", "side"), [("W", -1), ("QCD", 1)])
def test_a_file_of_jets_as_the_reference(small, random_jets, tmp_path, process, side):
    path = tmp_path / "mine.npz"
    some = random_jets(705, 12)
    jets.write_jets(path, some, {"process": process})
    assert samples.class_of(str(path)) == process
    images = jets.images(jets.load(path)[process])[:700]
    np.testing.assert_array_equal(samples.draw(str(path), source=small), images)
    events = ensembles.reference_images(str(path), "MAE", k=2, source=small)
    np.testing.assert_array_equal(events, images[references.medoids(matrices.pairwise(images, "MAE"), 2).indices])
    scores = study.sample_scores(str(path), "MAE", k=2, source=small)
    expected = side * matrices.cross(samples.images(small)["W"], events, "MAE").min(1)
    np.testing.assert_allclose(scores["W"], expected)


def test_another_file_of_the_same_name_is_another_reference(small, random_jets, tmp_path, forget):
    found = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "mine.npz"
        jets.write_jets(path, random_jets(700, len(found)), {"process": "QCD"})
        found.append(ensembles.reference_images(str(path), "MAE", k=2, source=small))
        forget()
    assert not np.array_equal(*found)


def test_a_file_that_is_no_reference(small, random_jets, tmp_path):
    with pytest.raises(FileNotFoundError):
        samples.draw(str(tmp_path / "none.npz"), source=small)
    jets.write_jets(tmp_path / "few.npz", random_jets(5), {"process": "W"})
    with pytest.raises(InputError, match="disjoint draws from 5 W jets") as raised:
        samples.draw(str(tmp_path / "few.npz"), source=small)
    assert raised.value.code == "E_DRAW"


def test_curves_of_the_scores(small):
    curves = study.sample_rocs("QCD", "MAE", k=2, source=small)
    scores = study.sample_scores("QCD", "MAE", k=2, source=small)
    assert set(curves) == {"Top", "W"}
    for name, curve in curves.items():
        assert curve.auc == auc(scores["QCD"], scores[name], 0).value
        assert curve.n_background == 60


def test_what_the_explorer_shows_first_is_stored(no_computing):
    no_computing()
    study.precompute(progress=False)


@pytest.mark.parametrize("metric", ["MSE", "Wass(1)"])
def test_stored_pairs_are_the_distances(metric, rng):
    stored = samples.pairs("QCD", metric)
    images = samples.images()["QCD"][: samples.N_PAIRED]
    i, j = np.triu_indices(len(images), 1)
    some = rng.integers(len(stored), size=2000)
    np.testing.assert_allclose(stored[some], matrices.paired(images[i[some]], images[j[some]], metric), rtol=1e-6)


@pytest.mark.parametrize("reference", ["QCD", "Top"])
def test_stored_medoids_are_no_worse_than_found_now(reference):
    found = ensembles.ensemble(reference, "MAE")
    distances = matrices.pairwise(samples.draw(reference), "MAE")
    for k in (1, 4, 10):
        nearest = distances[:, found.medoids[k - 1]].min(axis=1)
        assert found.losses[k - 1] == pytest.approx(nearest.mean(), rel=1e-6)
        assert found.losses[k - 1] <= references.medoids(distances, k).loss * (1 + 1e-6)


def test_stored_scores_are_the_distances():
    events = ensembles.reference_images("QCD", "Wass(1)", "medoids", 3)
    for name, values in study.sample_scores("QCD", "Wass(1)", "medoids", 3).items():
        expected = event_to_ensemble(samples.images()[name][:50], events, "Wass(1)")
        np.testing.assert_allclose(values[:50], expected, rtol=1e-6)
