"""Numbers of the running text beside ours: equal to their definitions, and the printed ones as printed."""

from __future__ import annotations

import numpy as np
import pytest

from jetexplore import distances, jets
from jetexplore.anomaly import statements
from jetexplore.errors import InputError


def test_printed_numbers_are_the_papers():
    printed = statements.published_text()
    assert printed["pixels above 1% of pT (QCD)"] == "10.4 ± 5.3"
    assert float(printed[statements.PEARSON]) == 0.87
    assert "black box 1 resonance near" in statements.published_text("Tsan")


def test_pixel_counts_are_counts(random_jets):
    some = random_jets(50, seed=1)
    records = statements.pixel_counts({"QCD": some, "W": some}, widths=(3.2, 2.0))
    assert [(record["class"], record["width"]) for record in records] == [
        ("QCD", 3.2), ("QCD", 2.0), ("W", 3.2), ("W", 2.0),
    ]  # fmt: skip
    for record in records:
        number = [(image > 0.01).sum() for image in jets.images(some, width=record["width"])]
        assert (record["mean"], record["std"]) == pytest.approx((np.mean(number), np.std(number)))
        assert record["difference"] == record["mean"] - record["published_mean"]
        assert record["pixel"] == record["width"] / 40


def test_correlations_are_symmetric_with_ones(rng):
    values = {name: rng.random(30) for name in "abc"}
    found = statements.correlations(values)
    matrix = np.array([[found[x][y] for y in "abc"] for x in "abc"])
    np.testing.assert_allclose(matrix, np.corrcoef(list(values.values())), atol=1e-12)


def test_correlation_by_width_of_both_readings(random_jets):
    some = random_jets(20, seed=2)
    (record,) = statements.correlation_by_width(some, [3.2])
    x, y = (distances.pairwise(jets.images(some), name) for name in ("MAE", "Wass(1)"))
    medoid = y.sum(axis=1).argmin()
    others = np.delete(np.arange(20), medoid)
    upper = np.triu_indices(20, 1)
    assert record["pairs"] == pytest.approx(np.corrcoef(x[upper], y[upper])[0, 1])
    assert record["to_medoid"] == pytest.approx(np.corrcoef(x[medoid, others], y[medoid, others])[0, 1])


def test_too_few_jets(random_jets):
    with pytest.raises(InputError, match="2 jets; allowed: at least three"):
        statements.correlation_by_width(random_jets(2))


def test_a_class_the_paper_does_not_count(random_jets):
    (record,) = statements.pixel_counts({"WZ-4q": random_jets(5)}, widths=[3.2])
    assert record["mean"] > 0
    assert np.isnan([record["published_mean"], record["published_std"], record["difference"]]).all()


def test_a_class_without_jets(random_jets):
    with pytest.raises(InputError) as raised:
        statements.pixel_counts({"QCD": random_jets(2)[:0]})
    assert (raised.value.code, raised.value.where) == ("E_EMPTY", "QCD")


def test_another_paper():
    with pytest.raises(InputError, match="unknown paper 'Higgs'; allowed: Fraser, Tsan"):
        statements.published_text("Higgs")
