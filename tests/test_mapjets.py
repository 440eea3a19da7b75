"""Jets of the map: which a drawn line chooses, and what is told of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetexplore import anomaly, distances, jets
from jetexplore.anomaly import mapjets
from jetexplore.distances.pairs import pairs_among
from jetexplore.errors import InputError
from jetexplore.views import lasso

BOX = "da-3_0~3_0~3_6~-3_6"  # holds jets of every class


def test_chosen_jets_are_those_in_the_lines_one_after_the_other():
    places = {space: anomaly.space_embedding(space).places for space in mapjets.SPACES}
    square = ((0.0, 0.0), (6.0, 0.0), (6.0, 6.0), (0.0, 6.0))
    first, second = mapjets.SPACES[:2]
    within = {space: ((found > 0) & (found < 6)).all(1) for space, found in places.items()}
    add, less = (mapjets.Stroke(first, sign, square) for sign in mapjets.SIGNS)
    other = mapjets.Stroke(second, "subtract", square)
    assert mapjets.chosen(()).all()
    np.testing.assert_array_equal(mapjets.chosen((add,)), within[first])
    np.testing.assert_array_equal(mapjets.chosen((less,)), ~within[first])
    np.testing.assert_array_equal(mapjets.chosen((add, other)), within[first] & ~within[second])
    assert 0 < mapjets.chosen((add, other)).sum() < within[first].sum()
    assert not mapjets.chosen((add, less)).any()


def test_jets_of_the_map_are_those_of_its_embedding():
    some, sample = mapjets.map_jets(), jets.load()
    np.testing.assert_array_equal(some.names, anomaly.space_embedding("Wass(1)").names)
    for place in (0, 7, 999, 1000, 1499, 1500, 1999):
        jet = sample[some.names[place]][int(some.numbers[place])]
        assert some.multiplicity[place] == len(jet.pt)
        assert some.mass[place] == pytest.approx(jet.momenta().mass[0])
        np.testing.assert_array_equal(mapjets.images()[place], jets.images(jet)[0])


def test_summaries_and_medoids_are_those_of_the_chosen_jets():
    mask = mapjets.chosen(lasso.strokes(BOX))
    some = mapjets.map_jets()
    scores = mapjets.on_map(anomaly.sample_scores())
    *classes, every = mapjets.summaries(mask, scores)
    for one in classes:
        which = [place for place in range(2000) if mask[place] and some.names[place] == one.name]
        assert one.jets == len(which)
        assert one.median_mass == pytest.approx(np.median([some.mass[place] for place in which]))
        assert one.mean_score == pytest.approx(np.mean([scores[place] for place in which]))
    assert every.jets == mask.sum() == sum(one.jets for one in classes)
    none = mapjets.summaries(~np.ones(2000, bool), scores)[-1]
    assert (none.jets, np.isnan(none.mean_mass)) == (0, True)

    np.testing.assert_allclose(mapjets.average(mask), mapjets.images()[mask].mean(0, dtype=float))
    assert not mapjets.average(np.zeros(2000, bool)).any()
    few = np.isin(np.arange(2000), np.flatnonzero(mask)[:30])
    (medoid,) = mapjets.representatives(few, "MSE", 1).medoids
    d = distances.pairwise(mapjets.images()[few], "MSE").sum(1)
    assert medoid == np.flatnonzero(few)[d.argmin()]
    found = mapjets.representatives(mask, "MSE")
    assert found.among == 200
    assert mask[found.medoids].all()
    with pytest.raises(InputError, match="no chosen jet"):
        mapjets.representatives(~np.ones(2000, bool))


@given(st.lists(st.booleans(), min_size=2, max_size=30))
def test_pairs_of_chosen_jets_are_exactly_those_of_which_both_are(chosen):
    i, j = np.triu_indices(len(chosen), 1)
    want = [place for place in range(len(i)) if chosen[i[place]] and chosen[j[place]]]
    assert pairs_among(np.array(chosen)).tolist() == want
