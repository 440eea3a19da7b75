"""Pictures and cards of networks: what they say first, and what is in them."""

from __future__ import annotations

import holoviews as hv
from networkzoo import card

from jetexplore.models.cards import Area, Card
from jetexplore.views import betaplots, differenceplots, learningplots, plots
from jetexplore.views.network import describe

hv.extension("bokeh")


def test_a_card_says_first_whether_it_collapsed_and_nothing_in_it_is_markup():
    told = describe(card("<script>x", 3, active=0, origin="<b>", beta=1e-3))
    assert told.index("COLLAPSED") < told.index("30,000 jets")
    assert "<script>" not in told
    assert "<b>" not in told.lower()
    assert "COLLAPSED" not in describe(card("a", 3))
    assert ">CONVERGED<" in describe(card("a", 3, converged=True))
    assert ">NOT CONVERGED<" in describe(card("a", 3))


def test_the_learning_curve_has_every_epoch_and_what_the_average_image_gives():
    validation, training, average, kept = learningplots.learning_curves(card("a", 3, beta=0.5)).values()
    assert list(zip(*validation.columns().values(), strict=True)) == [(1, 4e-5), (2, 2e-5), (3, 3e-5)]
    assert list(training.dimension_values("loss")) == [5e-5, 3e-5, 2e-5]
    assert list(average.dimension_values("loss")) == [0.75e-4, 0.75e-4]
    assert list(kept.dimension_values("epoch")) == [2]
    bare = learningplots.learning_curves(Card("untrained-d3", "vae", 3, training_metric="none"))
    assert all(len(layer) == 0 for layer in bare)


def test_the_scan_places_every_network_and_crosses_out_those_that_collapsed():
    scans = {3: [card("a", 3, active=0), card("b", 3, beta=1e-8, loss=1e-5)], 1: [card("c", 1, beta=1e-3)]}
    layers = list(betaplots.loss_scan(scans, "b").values())
    assert len(layers) == 10
    assert list(layers[6].dimension_values("beta")) == [betaplots.NO_BETA, 1e-8]
    assert list(layers[7].dimension_values("beta")) == [1e-8]
    assert list(layers[8].dimension_values("beta")) == [betaplots.NO_BETA]
    assert [layers[9].dimension_values(i)[0] for i in (0, 1)] == [1e-8, 1e-5]
    assert list(layers[0].dimension_values("beta")) == [1e-3]
    there = betaplots.area_scan({3: [card("d", 3, areas={"MAE": {"W": Area(0.7, 0.01, 9, 9)}})]}, "MAE", "W")
    assert list(list(there.values())[6].dimension_values(1)) == [0.7]


def test_less_and_more_are_told_apart_and_equal_is_empty():
    colours = differenceplots.difference_palette()
    assert (colours[0], colours[127], colours[-1], len(colours)) == (
        differenceplots.LESS,
        plots.NIGHT,
        differenceplots.MORE,
        255,
    )
