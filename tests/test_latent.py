"""Distances inside networks and their correlations: closed forms, brute-force twins, laws, and a study that resumes."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from jetexplore import anomaly, models
from jetexplore.anomaly import jackknife, latent, latentrows, latentstudy, named, samples
from jetexplore.distances import condensed, n_items, wasserstein
from jetexplore.errors import InputError
from jetexplore.files import data_dir

GAUSSIAN = [latent.jeffreys, latent.bhattacharyya, latent.gaussian_wasserstein]
each_gaussian = pytest.mark.parametrize("distance", GAUSSIAN, ids=lambda function: function.__name__)
seeds = st.integers(0, 2**32 - 1)


def gaussians(seed, n=6, dimensions=3):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, dimensions)), rng.normal(scale=1.5, size=(n, dimensions))


def overlap_twin(distance, mean, log_variance):
    """The same by integration on a grid, of two Gaussians in one dimension."""
    sigma = np.exp(np.asarray(log_variance) / 2)
    x = np.linspace(mean.min() - 12 * sigma.max(), mean.max() + 12 * sigma.max(), 400_001)
    step = x[1] - x[0]
    exponent = -0.5 * ((x - mean[:, None]) / sigma[:, None]) ** 2 - np.log(sigma[:, None] * np.sqrt(2 * np.pi))
    p, q = np.exp(exponent)
    if distance is latent.jeffreys:
        return ((p - q) * (exponent[0] - exponent[1])).sum() * step
    if distance is latent.bhattacharyya:
        return -np.log((np.sqrt(p * q)).sum() * step)
    level = (np.arange(100_000) + 0.5) / 100_000  # quantiles are the optimal plan in one dimension
    first, second = (np.interp(level, np.cumsum(each) * step, x) for each in (p, q))
    return np.sqrt(((first - second) ** 2).mean())


@given(seed=seeds, shape=st.sampled_from([(5, 7), (4, 2, 3, 3), (6, 1)]))
def test_feature_distances_are_those_of_every_pair(seed, shape):
    x = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    i, j = np.triu_indices(shape[0], 1)
    apart = (x[i].astype(float) - x[j].astype(float)).reshape(len(i), -1)
    np.testing.assert_allclose(latent.mean_squared(x), (apart**2).mean(1), rtol=1e-12)
    np.testing.assert_allclose(latent.euclidean(x), np.linalg.norm(apart, axis=1), rtol=1e-12)


def test_near_points_far_from_the_origin_keep_their_digits():
    x = np.array([[1e8, 1e8], [1e8 + 1, 1e8], [1e8, 1e8 + 2]])
    assert latent.euclidean(x)[:2].tolist() == [1.0, 2.0]
    mean = np.array([[1e8], [1e8 + 1e-3]])
    assert latent.jeffreys(mean, np.zeros((2, 1)))[0] == pytest.approx((mean[1, 0] - mean[0, 0]) ** 2, rel=1e-12)


def test_known_gaussians():
    mean, log_variance = np.array([[0.0], [3.0]]), np.log(np.array([[1.0], [4.0]]))
    forward = np.log(2) + (1 + 9) / (2 * 4) - 0.5  # the textbook's KL(N(0, 1) || N(3, 4)), and back
    backward = np.log(0.5) + (4 + 9) / 2 - 0.5
    assert latent.jeffreys(mean, log_variance)[0] == pytest.approx(forward + backward, rel=1e-14)
    expected = 0.25 * 9 / 5 + 0.5 * np.log(5 / 4)
    assert latent.bhattacharyya(mean, log_variance)[0] == pytest.approx(expected, rel=1e-14)
    assert latent.gaussian_wasserstein(mean, log_variance)[0] == pytest.approx(np.sqrt(9 + 1), rel=1e-14)


@each_gaussian
@pytest.mark.parametrize("seed", range(3))
def test_gaussian_distances_against_integration(distance, seed):
    rng = np.random.default_rng(seed)
    mean, log_variance = rng.normal(size=2), rng.normal(scale=0.5, size=2)
    found = distance(mean[:, None], log_variance[:, None])[0]
    assert found == pytest.approx(overlap_twin(distance, mean, log_variance), rel=2e-3)


@each_gaussian
@given(seed=seeds)
def test_gaussian_distances_obey_their_laws(distance, seed):
    mean, log_variance = gaussians(seed)
    found = distance(mean, log_variance)
    assert (found > 0).all()
    order = np.random.default_rng(seed).permutation(len(mean))
    square = np.zeros((len(mean),) * 2)
    square[np.triu_indices(len(mean), 1)] = found
    square += square.T
    again = distance(mean[order], log_variance[order])  # pairs change sides: symmetric
    np.testing.assert_allclose(again, square[np.ix_(order, order)][np.triu_indices(len(mean), 1)], rtol=1e-12)
    twice = distance(mean[[0, 0, 1]], log_variance[[0, 0, 1]])
    assert twice[0] == 0
    np.testing.assert_allclose(twice[1:], found[0], rtol=1e-12)
    if distance is not latent.gaussian_wasserstein:  # information does not depend on the units of a dimension
        np.testing.assert_allclose(distance(mean * 7, log_variance + 2 * np.log(7)), found, rtol=1e-9)
    joined = distance(np.hstack([mean, mean]), np.hstack([log_variance, log_variance]))
    factor = np.sqrt(2) if distance is latent.gaussian_wasserstein else 2  # independent dimensions add up
    np.testing.assert_allclose(joined, factor * found, rtol=1e-12)


def test_gaussians_of_extreme_width_do_not_break_the_others():
    mean, log_variance = np.zeros((3, 1)), np.array([[0.0], [0.1], [5000.0]])
    jeffreys = latent.jeffreys(mean, log_variance)
    assert np.isfinite(jeffreys[0])
    assert not np.isfinite(jeffreys[1:]).any()
    np.testing.assert_allclose(latent.bhattacharyya(mean, log_variance)[1], 0.25 * 5000 - 0.5 * np.log(2), rtol=1e-9)


@pytest.mark.parametrize("shapes", [((3, 2), (3, 3)), ((1, 2), (1, 2)), ((3,), (3,))])
def test_gaussians_of_other_shapes_are_refused(shapes):
    for distance in GAUSSIAN:
        with pytest.raises(InputError, match="one shape") as caught:
            distance(*map(np.zeros, shapes))
        assert caught.value.code == "E_SHAPE"
    with pytest.raises(InputError, match="two jets"):
        latent.euclidean(np.zeros((1, 4)))


@given(seed=seeds, n=st.integers(4, 12))
def test_correlation_and_jackknife_are_those_of_leaving_jets_out(seed, n):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(size=(2, n * (n - 1) // 2)) * [[1e-6], [1e3]]
    found = jackknife.correlate(x, y)
    assert found.r == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-12)
    i, j = np.triu_indices(n, 1)
    without = [np.corrcoef(x[(i != k) & (j != k)], y[(i != k) & (j != k)])[0, 1] for k in range(n)]
    np.testing.assert_allclose(found.without, without, atol=1e-10)
    expected = np.sqrt((n - 1) / n * ((without - np.mean(without)) ** 2).sum())
    assert found.error == pytest.approx(expected, rel=1e-6, abs=1e-10)
    assert jackknife.correlate(5e-6 - 2 * x, jackknife.centred(y)).r == pytest.approx(-found.r, abs=1e-12)
    assert jackknife.rank_correlation(x, y) == pytest.approx(spearmanr(x, y).statistic, abs=1e-12)


def test_the_error_is_the_scatter_of_samples_and_not_that_of_independent_pairs():
    rng = np.random.default_rng(5)
    found = []
    for _ in range(300):
        points = rng.normal(size=(40, 3)) ** 3
        found.append(jackknife.correlate(latent.euclidean(points[:, :2]), latent.euclidean(points[:, 1:])))
    scatter = np.std([one.r for one in found])
    assert np.sqrt(np.mean([one.error**2 for one in found])) == pytest.approx(scatter, rel=0.25)
    independent = (1 - np.mean([one.r for one in found]) ** 2) / np.sqrt(780)
    assert scatter > 3 * independent


def test_what_does_not_vary_has_no_correlation():
    constant, varying = np.full(6, 0.1), np.arange(6.0)
    for x in (constant, np.array([np.inf, *range(5)]), np.array([np.nan, *range(5)])):
        assert np.isnan(jackknife.correlate(x, varying).r)
        assert np.isnan(jackknife.correlate(x, varying).error)
    assert np.isnan(jackknife.rank_correlation(constant, varying))
    with pytest.raises(InputError, match="four jets"):
        jackknife.correlate(np.arange(3.0), np.arange(3.0))
    with pytest.raises(InputError, match="same jets"):
        jackknife.correlate(np.arange(6.0), np.arange(10.0))


def test_stages_of_a_network_are_those_of_its_numbers(small):
    network, images = models.untrained(2, seed=3), samples.images(small)["QCD"][:6]
    stages = dict(latent.inside(network, images))
    assert list(stages) == [
        "block 1", "block 2", "latent", "latent Jeffreys", "latent Bhattacharyya", "latent Wass(2)",
    ]  # fmt: skip
    first, second = network.activations(images)[1][[0, 1]].astype(float)
    assert first.shape == (5, 10, 10)
    assert stages["block 2"][0] == pytest.approx(((first - second) ** 2).sum() / 500, rel=1e-12)
    mean = network.encode(images).mean.astype(float)
    assert stages["latent"][0] == pytest.approx(((mean[0] - mean[1]) ** 2).sum() / 64, rel=1e-12)


@pytest.fixture(scope="module")
def rows(small):
    return latentstudy.run_latent_study([], 12, range(2), progress=False, source=small)


def test_every_network_is_compared_with_every_wasserstein_distance(rows):
    names = [latentstudy.IMAGE, *named.untrained_names(range(2))]
    assert list(dict.fromkeys(row.network for row in rows)) == names
    assert len(rows) == 3 * (3 + 2 * 2 * (5 + 6 + 7))
    assert {row.p for row in rows} == {0.5, 1.0, 2.0}
    assert {(row.training_metric, row.n) for row in rows} == {("none", 12)}
    assert all(np.isnan(row.beta) for row in rows)


def test_rows_of_the_study_against_a_twin(rows, small):
    images = samples.images(small)["QCD"][:12]
    i, j = np.triu_indices(12, 1)
    network = models.untrained(3, seed=1)
    blocks = [each.reshape(12, -1).astype(float) for each in network.activations(images)]
    wass = {p: wasserstein(images, images, i, j, p=p) for p in (0.5, 1.0)}
    r = {
        (number, p): np.corrcoef(((block[i] - block[j]) ** 2).mean(1), wass[p])[0, 1]
        for number, block in enumerate(blocks, 1) for p in wass
    }  # fmt: skip
    by = {(row.features, row.power, row.p): row for row in rows if row.network == "untrained-d3-s1"}
    mse = np.corrcoef(condensed(images, "MSE"), wass[1.0])[0, 1]
    for number in (1, 2, 3):
        row = by[f"block {number}", 2, 0.5]
        assert row.r == pytest.approx(r[number, 0.5], abs=1e-9)
        assert row.from_p1 == pytest.approx(r[number, 0.5] - r[number, 1.0], abs=1e-9)
        assert row.from_block1 == pytest.approx(r[number, 0.5] - r[1, 0.5], abs=1e-9)
        assert by[f"block {number}", 2, 1.0].step == pytest.approx(
            r[number, 1.0] - (r[number - 1, 1.0] if number > 1 else mse), abs=1e-9
        )
    mean = network.encode(images).mean.astype(float)
    latent_r = np.corrcoef(np.linalg.norm(mean[i] - mean[j], axis=1), wass[1.0])[0, 1]
    assert by["latent", 1, 1.0].r == pytest.approx(latent_r, abs=1e-9)
    for features in ("latent Jeffreys", "latent Wass(2)"):  # distributions are held against the means
        assert by[features, 1, 1.0].step == pytest.approx(by[features, 1, 1.0].r - latent_r, abs=1e-9)
    image = next(row for row in rows if (row.features, row.power, row.p) == ("image", 2, 1.0))
    assert (image.r, image.step) == (pytest.approx(mse, abs=1e-9), 0)
    average = samples.images(small, "reference")["QCD"].mean(0)
    assert by["latent", 1, 1.0].mean_image_mse == pytest.approx(((images - average) ** 2).mean(), rel=1e-9)
    assert by["latent", 1, 1.0].mse == pytest.approx(((network.reconstruct(images) - images) ** 2).mean(), rel=1e-5)


def test_a_study_is_read_as_written_and_goes_on_where_it_was(rows, small, tmp_path, monkeypatch):
    path = tmp_path / "study.csv"
    assert latentrows.read_latent_study(path) == []
    latentrows.write_latent_study(rows, path)
    for before, after in zip(rows, latentrows.read_latent_study(path), strict=True):
        for mine, theirs in zip(before, after, strict=True):
            assert type(mine) is type(theirs)
            assert mine == theirs or mine == pytest.approx(theirs, rel=1e-5, nan_ok=True)
    kept = path.read_bytes()

    asked = []
    real = latentstudy.network_of
    monkeypatch.setattr(latentstudy, "network_of", lambda name: asked.append(name) or real(name))
    again = latentstudy.run_latent_study([], 12, range(2), progress=False, source=small, path=path)
    assert not asked
    assert path.read_bytes() == kept
    assert len(again) == len(rows)
    latentrows.write_latent_study([row for row in rows if row.network != "untrained-d2"], path)
    latentstudy.run_latent_study([], 12, range(2), progress=False, source=small, path=path)
    assert asked == ["untrained-d2"]
    assert sorted(path.read_bytes().splitlines()) == sorted(kept.splitlines())
    latentstudy.run_latent_study([], 11, range(1), progress=False, source=small, known=rows)
    assert asked[1:] == ["untrained-d1", "untrained-d2", "untrained-d3"]  # of other jets nothing is known


def test_a_network_trained_again_is_measured_again(small, tmp_path):
    from jetexplore.models import checkpoints
    from jetexplore.models.cards import Card

    path = tmp_path / "mine.safetensors"
    card = Card("mine", "vae", 1, beta=1e-8, training_metric="MSE")
    found = []
    for seed in (0, 1):
        checkpoints.write(path, models.untrained(1, seed).module, card)
        found.append(latentstudy.run_latent_study([path], 8, (), progress=False, source=small, known=sum(found, [])))
    first, second = ({(row.features, row.power, row.p): row for row in rows if row.network == "mine"} for rows in found)
    assert first["latent", 1, 1.0].beta == 1e-8
    assert first["latent", 1, 1.0].key != second["latent", 1, 1.0].key
    assert first["latent", 1, 1.0].r != second["latent", 1, 1.0].r


@pytest.mark.parametrize("text", ["", "network,r\nmine,1\n", "\x00"])
def test_a_file_that_is_no_study_is_refused(text, tmp_path):
    path = tmp_path / "study.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=r"study\.csv: (other columns|a row|no such table)") as caught:
        latentrows.read_latent_study(path)
    assert caught.value.code == "E_LAYOUT"


def test_a_line_cut_off_is_refused(rows, tmp_path):
    path = tmp_path / "study.csv"
    latentrows.write_latent_study(rows, path)
    path.write_text(path.read_text()[:-40])
    with pytest.raises(InputError, match="other columns|a row|no such table"):
        latentrows.read_latent_study(path)


def test_statements_are_signs_of_differences_beside_the_untrained(rows):
    found = anomaly.latent_findings(rows)
    deep = [record for record in found if record["network"] == "untrained-d3"]
    assert [record["statement"] for record in deep] == [statement.text for statement in latentrows.STATEMENTS]
    by = {(row.network, row.features, row.power, row.p): row for row in rows}
    record = next(record for record in deep if record["statement"] == "block 3 below block 2")
    row, other = (by[name, "block 3", 2, 1.0] for name in ("untrained-d3", "untrained-d3-s1"))
    assert (record["difference"], record["error"]) == (row.step, row.step_error)
    assert record["holds"] is (row.step < 0)
    assert record["relative"] == pytest.approx(row.r / by["untrained-d3", "block 2", 2, 1.0].r - 1)
    assert (record["untrained_low"], record["untrained_high"]) == tuple(sorted([row.step, other.step]))


@pytest.mark.parametrize("n", [3, 61])
def test_too_few_and_too_many_jets(n, small):
    with pytest.raises(InputError, match=f"{n} jets; allowed: 4 to 60"):
        latentstudy.run_latent_study([], n, (), progress=False, source=small)


def test_the_shipped_study_is_one(tmp_path):
    shipped = latentrows.read_latent_study()
    assert all(abs(row.r) <= 1 or np.isnan(row.r) for row in shipped)
    missing = latentstudy.not_run(shipped)
    assert set(missing) <= set(models.networks())
    text = (data_dir() / "results" / "latent_study.csv").read_text() if shipped else ""
    assert not re.search(r"/(root|home|work|tmp)/", text)
    assert latentstudy.not_run([]) == named.trained_names()


def test_usual_pairs_are_the_shared_ones():
    assert n_items(len(latentstudy.image_pairs("MSE"))) == samples.N_PAIRED
    assert latentstudy.image_pairs("MSE") is samples.pairs("QCD", "MSE", "sample", samples.N_PAIRED)
