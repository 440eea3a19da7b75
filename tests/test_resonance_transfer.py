"""The batched fit is what a plain loop finds, obeys the laws of maximum likelihood, and its errors are those of redraws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import chi2

from jetexplore.anomaly.resonance import EDGES, transfer
from jetexplore.anomaly.resonance.transfer import FITS, LEAST, basis, poisson_fit
from jetexplore.errors import InputError

BINS = len(EDGES) - 1
OTHERS = (100_000 * np.exp(-np.arange(BINS) / 2.6)).round() + 20


def slow_fit(o, n, v, steps=400):
    """One spectrum, Newton steps one by one in plain loops, halved until the likelihood does not fall."""
    p = len(v[0])
    o = [max(float(x), LEAST) for x in o]

    def value(c):
        total = 0.0
        for i, row in enumerate(v):
            t = sum(c[k] * row[k] for k in range(p))
            if t <= 0:
                return float("inf")
            total += n[i] * t - o[i] * np.log(n[i] * t)
        return total

    c = [sum(o) / sum(n)] + [0.0] * (p - 1)
    for _ in range(steps):
        gradient, curvature = [0.0] * p, [[0.0] * p for _ in range(p)]
        for i, row in enumerate(v):
            t = sum(c[k] * row[k] for k in range(p))
            for k in range(p):
                gradient[k] += (n[i] - o[i] / t) * row[k]
                for m in range(p):
                    curvature[k][m] += o[i] / t**2 * row[k] * row[m]
        step = np.linalg.solve(curvature, gradient)
        size = 1.0
        while value([c[k] - size * step[k] for k in range(p)]) > value(c) and size > 1e-9:
            size /= 2
        c = [c[k] - size * step[k] for k in range(p)]
        if float(np.dot(gradient, step)) < 1e-14:
            break
    return c


def draws(rng, rows, scale=1.0):
    factor = 0.1 + 0.05 * np.linspace(-1, 1, BINS) ** 3
    others = rng.poisson(OTHERS * scale, (rows, BINS))
    return rng.poisson(OTHERS * scale * factor, (rows, BINS)), others


@pytest.mark.parametrize("scale", [1.0, 0.05])  # down to empty bins of outliers
def test_batched_newton_is_the_plain_one(rng, scale):
    o, n = draws(rng, 8, scale)
    n = np.maximum(n, 1)
    assert (o == 0).any() or scale == 1.0
    v = basis()
    found = poisson_fit(o, n, v)
    for row in range(len(o)):
        slow = np.array(slow_fit(o[row], n[row], v.tolist()))
        np.testing.assert_allclose(v @ found[row], v @ slow, rtol=1e-5, atol=1e-7)
        np.testing.assert_array_equal(
            poisson_fit(o[row : row + 1], n[row : row + 1], v)[0].round(12), found[row].round(12)
        )


@given(
    arrays(np.int64, (2, BINS), elements=st.integers(0, 5000)),
    arrays(np.int64, (2, BINS), elements=st.integers(1, 50_000)),
)
def test_nothing_nearby_is_more_likely(o, n):
    v = basis()
    c = poisson_fit(o, n, v)
    seen = np.maximum(o, LEAST)

    def value(c):
        t = c @ v.T
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where((t > 0).all(1), (n * t - seen * np.log(t)).sum(1), np.inf)

    least = value(c)
    assert np.isfinite(least).all()
    moves = np.random.default_rng(0).normal(size=(60, 1, v.shape[1]))
    for size in (1e-2, 1e-4):
        for move in moves:
            assert (value(c * (1 + size * move)) >= least - 1e-9 * (1 + np.abs(least))).all()


@given(arrays(np.int64, BINS, elements=st.integers(1, 5000)), st.integers(0, 6))
def test_as_many_events_are_expected_as_seen(o, order):
    others = OTHERS.astype(np.int64)
    found = transfer(o, others, order=order)
    np.testing.assert_allclose(found.background.sum(), o.sum(), rtol=1e-6)  # the constant is among the polynomials
    score = basis(EDGES, order).T @ (o / found.factor - others)
    np.testing.assert_allclose(score / others.sum(), 0, atol=1e-6)


@pytest.mark.parametrize("fit", FITS)
def test_a_polynomial_ratio_comes_back(fit):
    truth = basis() @ [0.15, 0.04, -0.02, 0.01, 0.005]
    found = transfer(OTHERS * truth, OTHERS, fit=fit)
    np.testing.assert_allclose(found.factor, truth, rtol=1e-9)
    in_tev = transfer(OTHERS * truth, OTHERS, EDGES / 1000, fit=fit)
    np.testing.assert_allclose(in_tev.factor, found.factor, rtol=1e-12)


def test_the_unweighted_fit_is_that_of_numpy(rng):
    (o,), (n,) = draws(rng, 1)
    x = (EDGES[1:] + EDGES[:-1]) / 2
    line = np.polynomial.Polynomial.fit(x, o / n, 4)
    np.testing.assert_allclose(transfer(o, n, fit="unweighted").factor, line(x), rtol=1e-8)


def test_the_poisson_fit_describes_the_sparse_tail_better(rng):
    o, n = draws(rng, 400, 0.5)
    misses = {}
    for fit, function in FITS.items():
        b = np.maximum(n * (function(o, n, basis()) @ basis().T), 1e-9)
        misses[fit] = ((o - b) ** 2 / b)[:, :5].sum(1).mean()
    assert misses["poisson"] < chi2(5).mean() * 1.1
    assert misses["unweighted"] > 2 * misses["poisson"]


@pytest.mark.parametrize("fit", FITS)
def test_errors_are_the_spread_of_redraws(rng, fit):
    factor = 0.15 + 0.03 * np.linspace(-1, 1, BINS)
    found = transfer(OTHERS * factor, OTHERS, fit=fit)
    o, n = rng.poisson(OTHERS * factor, (20_000, BINS)), rng.poisson(OTHERS, (20_000, BINS))
    t = FITS[fit](o, n, basis()) @ basis().T
    np.testing.assert_allclose(t.std(0) / found.factor_error, 1, atol=0.08)
    np.testing.assert_allclose((n * t).std(0) / found.background_error, 1, atol=0.08)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"fit": "chi2"}, "E_FIT"),
        ({"order": 20}, "E_ORDER"),
        ({"order": -1}, "E_ORDER"),
        ({"order": 4.0}, "E_ORDER"),
        ({"edges": EDGES[::-1]}, "E_EDGES"),
        ({"edges": EDGES[:-1]}, "E_SHAPE"),
        ({"others": np.where(np.arange(BINS) == 20, 0, OTHERS)}, "E_FEW"),
        ({"outliers": np.eye(BINS)[0]}, "E_FEW"),
        ({"outliers": -OTHERS}, "E_COUNT"),
        ({"outliers": np.full(BINS, np.nan)}, "E_COUNT"),
        ({"outliers": np.where(np.arange(BINS) > 9, 0, OTHERS), "fit": "unweighted"}, "E_NEGATIVE"),
    ],
)
def test_what_cannot_be_fitted_is_told(change, code):
    given = {"outliers": OTHERS / 10, "others": OTHERS} | change
    with pytest.raises(InputError) as raised:
        transfer(**given)
    assert raised.value.code == code
    if code == "E_NEGATIVE":
        assert (transfer(given["outliers"], OTHERS).background > 0).all()
