"""Does the plane show what the cards and tables say, and mark what the criteria would have chosen?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from jetexplore import models
from jetexplore.anomaly import plane, study, table1
from jetexplore.anomaly.labelfree.choosing import Found
from jetexplore.errors import InputError

areas = st.floats(0, 1).map(lambda value: round(value, 2))


@given(st.lists(st.tuples(areas, areas), min_size=1, max_size=20))
def test_the_front_is_what_nothing_beats(places):
    points = [plane.Point("label-free", str(n), *place) for n, place in enumerate(places)]
    best = plane.front(points)
    for point in points:
        beaten = any(b.top >= point.top and b.w >= point.w and (b.top, b.w) != (point.top, point.w) for b in best)
        assert beaten != (point in best)
    assert [point.w for point in best] == sorted(point.w for point in best)


def test_points_of_networks_are_those_of_the_cards():
    points = plane.plane()
    by_title = {point.title: point for point in points}
    cards = models.networks()
    for card in cards.values():
        if card.kind == "vae":
            for score, found in card.areas.items():
                point = by_title[f"{card.name}, {score}"]
                assert (point.top, point.w) == (found["Top"].auc, found["W"].auc)
    marked = {point.title for point in points if "validation loss" in point.chosen_by}
    expected = {
        f"{table1.selected(cards, metric, depth).name}, Loss" for metric in ("MSE", "MAE") for depth in (1, 2, 3)
    }
    assert expected <= marked
    assert all(point.title.endswith(", Loss") for point in points if "validation loss" in point.chosen_by)
    assert [plane.FAMILIES.index(point.family) for point in points] == sorted(
        plane.FAMILIES.index(point.family) for point in points
    )


def test_stability_is_the_agreement_of_scores_between_draws():
    found = plane.stability()
    scores = [study.sample_scores("QCD", "MAE", "medoids", 1, number=n)["QCD"] for n in range(plane.N_STABLE)]
    pairs = [spearmanr(a, b).statistic for k, a in enumerate(scores) for b in scores[k + 1 :]]
    assert found["MAE", 1] == pytest.approx(np.mean(pairs))
    assert len(found) == len(plane.STABLE_METRICS) * len(plane.STABLE_K)


def test_ceilings_come_from_networks_that_know_the_signal():
    found = plane.ceilings()
    own = [
        card.areas["Supervised"][card.classes[1]].auc
        for card in models.networks().values()
        if card.kind == "classifier" and card.classes[1] == "W"
    ]
    assert found["W"] == max(own)
    assert plane.ceiling_fraction(0.5, found["W"]) == 0
    assert plane.ceiling_fraction(found["W"], found["W"]) == 1


def test_areas_are_read_as_written(tmp_path):
    rows = [Found("a(q=3), b", "Top", 0.75, 0.01, float("inf")), Found("c", "W", 0.5, 0.02, 3.0)]
    path = plane.write_found(rows, "key", tmp_path / "some.csv")
    assert plane.read_found(path) == rows
    assert plane.read_found(tmp_path / "none.csv") == []


@pytest.mark.parametrize("text", ["", "a,b\n", "title,signal,auc,error,rejection,key\na,W,x,0,0,k\n"])
def test_other_tables_are_refused(tmp_path, text):
    (tmp_path / "some.csv").write_text(text)
    with pytest.raises(InputError) as error:
        plane.read_found(tmp_path / "some.csv")
    assert error.value.code == "E_LAYOUT"
