"""One's own jets: the same scores as the sample's, honest ranks, places, and what is told of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetexplore import anomaly, jets
from jetexplore.anomaly import mapjets, namedscores, ownjets, ownplaces, ownscores, ownsummary
from jetexplore.errors import InputError
from jetexplore.files import data_dir
from jetexplore.jets import Jets
from jetexplore.jets.constituents import concatenate

SCORES = [
    "events: QCD, Wass(1), medoids, 3, min", "events: QCD, MAE, average, 3, min", "events: Top, MAE, contrast, 2, sum",
    "no training: jet mass", "no training: tau21", "no training: MSE from the average image",
    "label-free: WhitenedPCA", "label-free: jet mass",
    "network: untrained-d3, MSE", "network: untrained-d3, Mahalanobis",
]  # fmt: skip
MASS = "no training: jet mass"
WIDE = Jets(np.full(30, 20.0), np.repeat([-3.0, 0.0, 3.0], 10), np.tile([0.0, 2.0, -2.0], 10), [0, 30])


@pytest.mark.parametrize("name", [one for one in SCORES if namedscores.exists(one)])
def test_jets_of_the_sample_get_the_sample_s_scores(name):
    some = {title: jets.load()[title][5:25] for title in ("QCD", "W")}
    for title, block in some.items():
        expected = namedscores.named_scores(name)[title][5:25]
        np.testing.assert_allclose(ownscores.scorer(name)(block), expected, rtol=1e-5, atol=1e-9)


def test_every_kind_of_score_can_score_any_jets():
    assert set(ownscores.MAKERS) == set(namedscores.KINDS)
    assert {one.partition(": ")[0] for one in SCORES} == set(namedscores.KINDS)


@pytest.mark.parametrize("name", ["magic: 8 ball", "network: vae-never, Loss", "events: QCD, Wass(1)", "jet mass", ""])
def test_an_unknown_score_is_refused_before_anything_is_read(name):
    with pytest.raises(InputError) as error:
        ownscores.identity(name)
    assert error.value.code == "E_SCORE"


def test_a_score_says_which_weights_it_is_of():
    one, other = (ownscores.identity(f"network: untrained-d{depth}, MSE") for depth in (1, 2))
    assert one["weights"] != other["weights"]
    assert one["reference"] == other["reference"] == jets.provenance(split="reference").key


@given(st.lists(st.floats(-10, 500), min_size=1, max_size=20))
def test_p_values_count_the_qcd_jets_that_score_as_high(values):
    reference = namedscores.named_scores(MASS)["QCD"].astype(np.float64)
    found = ownjets.ranked(np.array(values), MASS)
    slow = [(1 + sum(one >= value for one in reference.tolist())) / (1 + len(reference)) for value in values]
    np.testing.assert_array_equal(found.pvalue, slow)
    below = [np.mean(reference < value) + np.mean(reference == value) / 2 for value in values]
    np.testing.assert_allclose(found.percentile, 100 * np.array(below), atol=1e-9)


def test_jets_like_the_reference_get_uniform_p_values():
    """Laws of the p-value on QCD reference jets that no mass was fitted to."""
    found = ownjets.rated(jets.load("sample", "reference")["QCD"], MASS)
    for level in (0.01, 0.1, 0.5):
        expected = level * len(found.pvalue)
        assert abs(np.sum(found.pvalue <= level) - expected) < 5 * np.sqrt(expected)


def test_a_jet_too_wide_for_an_image_has_no_score_and_spoils_no_other():
    some = concatenate([jets.load()["W"][:5], WIDE, jets.load()["W"][5:9]])
    found = ownjets.rated(some, SCORES[1])
    assert np.flatnonzero(np.isnan(found.scores)).tolist() == [5]
    assert np.isnan(found.percentile[5])
    assert np.isnan(found.pvalue[5])
    alone = ownjets.rated(jets.load()["W"][:9], SCORES[1])
    np.testing.assert_array_equal(np.delete(found.scores, 5), alone.scores)
    assert 5 not in ownsummary.highest(found, 10)
    assert np.isfinite(ownjets.rated(some, MASS).scores).all()  # needs no image


def test_scoring_tells_how_far_it_is_and_stops_when_told():
    some, seen = jets.load()["W"][:600], []
    ownjets.rated(some, MASS, progress=seen.append)
    assert seen == [256, 512, 600]
    with pytest.raises(ownjets.Stopped):
        ownjets.rated(some, MASS, progress=seen.append, stopped=lambda: len(seen) >= 5)
    assert len(seen) == 5
    with pytest.raises(ownjets.Stopped):
        ownplaces.placed(some, stopped=lambda: True)


def test_jets_outside_the_window_are_told():
    inside = jets.load()["QCD"]
    assert ownjets.outside(inside) == []  # however a native file rounded them
    beyond = Jets(inside.pt * 1.3, inside.eta, inside.phi, inside.offsets)
    assert "6,000 of 6,000 jets have pT outside 550-650 GeV" in ownjets.outside(beyond)[0]


@pytest.mark.parametrize("space", ["Wass(1)", "untrained-d3"])
def test_a_jet_of_the_map_lies_where_it_is_and_others_between_their_neighbours(space):
    places = anomaly.space_embedding(space).places.astype(np.float64)
    found = ownplaces.placed(jets.load()["QCD"][:3], space, k=1)
    np.testing.assert_allclose(found.places, places[:3])
    np.testing.assert_allclose(found.nearest, 0, atol=1e-5)
    other = ownplaces.placed(jets.load()["W"][700:704], space, k=5)
    assert (other.nearest > 0).all()
    assert (places.min(0) <= other.places).all()
    assert (other.places <= places.max(0)).all()


def test_a_place_is_the_mean_of_the_nearest_found_one_by_one():
    from jetexplore import distances

    some = jets.load()["Top"][900:902]
    table = distances.cross(jets.images(some), mapjets.images(), "Wass(1)")
    places = anomaly.space_embedding("Wass(1)").places.astype(np.float64)
    found = ownplaces.placed(some, k=5)
    for row, place, near in zip(table, found.places, found.nearest, strict=True):
        order = np.argsort(row)[:5]
        np.testing.assert_allclose(place, places[order].mean(0))
        assert near == row[order[0]]


def test_a_jet_like_none_is_unlike_anything_in_the_map(rng):
    spread = Jets(np.full(200, 3.0), *rng.uniform(-1.5, 1.5, (2, 200)), [0, 200])  # soft, everywhere
    found = ownplaces.placed(concatenate([spread, jets.load()["W"][600:601], WIDE]))
    assert found.unlike.tolist() == [True, False, False]
    assert np.isnan(found.places[2]).all()
    usual = ownplaces.placed(jets.load()["QCD"][1150:1250])
    assert usual.unlike.mean() <= 0.05


NAMES = np.array(["qcd", "Top", "Top", "W", "qcd"])


def test_curves_are_those_of_the_labels_in_the_file():
    scores = np.array([0.0, 2.0, 3.0, 0.5, 1.0])
    curves, told = ownsummary.rocs(scores, NAMES)
    assert (curves["Top"].auc, curves["W"].auc) == (1.0, 0.5)
    assert "qcd" in told
    scores[1] = np.nan  # a jet without a score
    assert ownsummary.rocs(scores, NAMES)[0]["Top"].auc == 1.0


@pytest.mark.parametrize(("names", "why"), [
    (None, "no labels"), (np.array(["Top"] * 5), "one class (Top)"), (np.array(["a", "b", "b", "a", "a"]), "is called QCD"),
])  # fmt: skip
def test_where_there_can_be_no_curve_the_reason_is_told(names, why):
    curves, told = ownsummary.rocs(np.arange(5.0), names)
    assert curves == {}
    assert why in told


def test_a_file_is_read_with_its_digest_and_cut_where_it_is_long(tmp_path):
    import hashlib

    path = data_dir() / "sample" / "W_test.npz"
    own = ownjets.read(path, limit=300)
    assert len(own.jets) == len(own.row) == 300
    assert own.key == hashlib.sha256(path.read_bytes()).hexdigest()
    assert own.names is None
    assert any("first 300" in one for one in own.warnings)
    with pytest.raises(FileNotFoundError):
        ownjets.read(tmp_path / "none.h5")


def test_the_summary_is_plain_and_counts_by_hand():
    import json

    own = ownjets.Own("a.h5", "ab", "native", jets.load()["W"][:40], None, {}, np.arange(40), ["strange"])
    found = ownjets.rated(own.jets, MASS)
    told = json.loads(json.dumps(ownsummary.summary(own, {MASS: found})))
    assert told["warnings"][0] == "strange"
    assert told["scores"][MASS]["beyond_95"] == sum(one > 95 for one in found.percentile) / 40
    assert "above 95 %" in ownsummary.text(told)
    table = ownsummary.table(own, found)
    assert {len(column) for column in table.values()} == {40}
    np.testing.assert_array_equal(table["score"], found.scores)
