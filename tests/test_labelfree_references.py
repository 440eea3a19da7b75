"""Reference scores against their formulas, written out slowly."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from jetexplore import distances, jets
from jetexplore.anomaly.labelfree import efps, linearised, massdensity, mixture, neighbours, substructure
from jetexplore.anomaly.labelfree.averageimage import average_image
from jetexplore.anomaly.labelfree.observable import SIGNS, single
from jetexplore.anomaly.labelfree.wassersteinknn import wasserstein_knn
from jetexplore.errors import InputError
from jetexplore.jets import Jets


@pytest.fixture(scope="module")
def background():
    return jets.load("sample", "reference")["QCD"][:80]


@pytest.fixture(scope="module")
def some():
    return jets.load("sample", "reference")["QCD"][80:92]


def prongs(n, theta=0.25):
    angle = 2 * np.pi * np.arange(n) / n
    return Jets(np.full(n, 600.0 / n), theta * np.cos(angle), theta * np.sin(angle), [0, n])


def standardised(before, now, names):
    x, y = substructure.table(before, names), substructure.table(now, names)
    return (x - x.mean(0)) / x.std(0), (y - x.mean(0)) / x.std(0)


def test_density_of_the_mass_is_a_sum_of_gaussians(background, some):
    x, y = (here.momenta().mass / here.momenta().pt for here in (background, some))
    width = x.std(ddof=1) * len(x) ** -0.2
    kernels = np.exp(-(((y[:, None] - x) / width) ** 2) / 2) / (np.sqrt(2 * np.pi) * width)
    np.testing.assert_allclose(massdensity.mass_density(background)(some), -np.log(kernels.mean(1)), rtol=1e-9)


def test_a_mass_beyond_all_background_is_most_anomalous(background):
    heavy = massdensity.mass_density(background)(prongs(4, 0.9))
    assert heavy[0] > massdensity.mass_density(background)(background).max()


@pytest.mark.parametrize("k", [1, 5])
def test_neighbours_in_observables_are_those_of_all_distances(background, some, k):
    x, y = standardised(background, some, neighbours.OBSERVED)
    distance = np.sqrt(((y[:, None] - x) ** 2).sum(2))
    expected = np.sort(distance, axis=1)[:, :k].mean(1)
    np.testing.assert_allclose(neighbours.observables_knn(background, k)(some), expected, rtol=1e-7)


def test_one_gaussian_is_a_normal_density(background, some):
    x, y = standardised(background, some, mixture.OBSERVED)
    normal = multivariate_normal(x.mean(0), np.cov(x.T, bias=True) + 1e-4 * np.eye(x.shape[1]))
    np.testing.assert_allclose(mixture.gaussian_mixture(background, 1)(some), -normal.logpdf(y), rtol=1e-7)


def test_polynomials_know_the_correlators(some):
    found = efps.polynomials(some, 3)
    expected = substructure.observables(some, ["e2", "e3"])
    np.testing.assert_allclose(found[:, 0], 2 * expected["e2"], rtol=1e-9)  # a line: both orders of a pair
    triangle = np.abs(found / (6 * expected["e3"])[:, None] - 1).max(0)  # all orders of a triple
    assert (triangle < 1e-9).sum() == 1


def test_distance_of_polynomials_from_their_mean(background, some):
    x, y = efps.polynomials(background, 2), efps.polynomials(some, 2)
    away = y - x.mean(0)
    expected = np.einsum("ni,ij,nj->n", away, np.linalg.inv(np.cov(x.T, bias=True)), away)
    np.testing.assert_allclose(efps.energy_flow(background, 2)(some), expected, rtol=1e-6)
    assert efps.energy_flow(background, 2)(background).mean() == pytest.approx(x.shape[1])


def test_linearised_transport_never_exceeds_the_transport(some):
    # of a fixed reference: |v - grid|^2 is W2^2 less what the barycentric mean loses; nothing is lost for one point
    target = linearised.disc(1.0, 50)
    grid = np.stack([target.eta, target.phi], 1).ravel() / np.sqrt(50)
    exact = distances.cross(jets.aligned(some), target, "EMD", R=1.0, beta=2.0, norm=True)[:, 0]
    around = ((linearised.embedded(some, 50) - grid) ** 2).sum(1)
    assert (around < exact + 1e-9).all()
    assert (around > 0.5 * exact).all()
    point = Jets([5.0], [0.0], [0.0], [0, 1])
    assert ((linearised.embedded(point, 50) - grid) ** 2).sum() == pytest.approx(0.5, rel=0.01)


def test_linearised_transport_sends_each_half_to_its_prong():
    v = linearised.embedded(prongs(2), 100).reshape(100, 2) * 10
    assert sorted(np.unique(v[:, 1].round(6)).tolist()) == [-0.25, 0.25]
    assert abs(v[:, 0]).max() < 1e-9
    assert abs((v[:, 1] > 0).mean() - 0.5) < 1e-9


@pytest.mark.parametrize("statistic", linearised.STATISTICS)
def test_linearised_scores_of_the_background(background, statistic):
    found = linearised.linearised_transport(background, statistic, q=4, k=1, points=30)(background)
    # the mean of a chi-squared of 4, but for n - 1; or each jet its own neighbour
    assert found.mean() == pytest.approx(4 * 79 / 80 if statistic == "mahalanobis" else 0.0, abs=1e-6)


@pytest.mark.parametrize("p", [0.5, 1.0])
def test_neighbours_by_transport_are_those_of_all_distances(background, some, p):
    all_of_them = distances.cross(jets.images(some), jets.images(background[:40]), f"Wass({p:g})")
    expected = np.sort(all_of_them, axis=1)[:, :3].mean(1)
    np.testing.assert_allclose(wasserstein_knn(background, p, k=3, references=40)(some), expected, rtol=1e-12)


@pytest.mark.parametrize(("name", "power"), [("MAE", 1), ("MSE", 2)])
def test_distance_from_the_average_image(background, some, name, power):
    average = jets.images(background).astype(float).mean(0)
    expected = (abs(jets.images(some) - average) ** power).mean((1, 2))
    np.testing.assert_allclose(average_image(background, name)(some), expected, rtol=1e-4)


def test_observables_have_the_signs_of_prongs(background):
    # jets of n bare prongs against one that radiates evenly
    cases = {"D2": 2, "N2": 2, "tau21": 2, "tau32": 3, "isotropy": 3, "mass": 3}
    even = linearised.disc(0.2, 60)
    even = Jets(even.pt * 10, even.eta, even.phi, even.offsets)
    for name, n in cases.items():
        score = single(name)(background)
        assert score(prongs(n))[0] > score(even)[0], name
    assert set(SIGNS) == {*cases, "multiplicity"}


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda b: neighbours.observables_knn(b, 81), "E_K"),
        (lambda b: wasserstein_knn(b, k=0), "E_K"),
        (lambda b: wasserstein_knn(b, p=-1.0), "E_METRIC"),
        (lambda b: mixture.gaussian_mixture(b, 80), "E_RANGE"),
        (lambda b: massdensity.mass_density(b, 0.0), "E_RANGE"),
        (lambda b: massdensity.mass_density(b[:1]), "E_FEW"),
        (lambda b: efps.energy_flow(b[:5]), "E_FEW"),
        (lambda b: efps.energy_flow(b, 0), "E_RANGE"),
        (lambda b: linearised.linearised_transport(b, "median"), "E_CHOICE"),
        (lambda b: linearised.linearised_transport(b, q=80), "E_RANGE"),
        (lambda b: linearised.linearised_transport(b, k=0), "E_K"),
        (lambda b: average_image(b, "MEE"), "E_METRIC"),
        (lambda b: single("tau4"), "E_OBSERVABLE"),
        (lambda b: linearised.disc(-1.0), "E_RANGE"),
    ],
)
def test_what_cannot_be_fitted_is_told(background, make, code):
    with pytest.raises(InputError) as error:
        make(background)
    assert error.value.code == code
