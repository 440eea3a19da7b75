"""Graph autoencoders and the dijet search in the explorer: the library's numbers, and figures that live on."""

from __future__ import annotations

import holoviews as hv
import numpy as np
import pytest
from bokeh.models import Plot

from jetexplore import anomaly, jets, models
from jetexplore.anomaly import graphstudy, resonance
from jetexplore.anomaly.resonance import comparison
from jetexplore.errors import InputError
from jetexplore.views import graph, graphplots
from jetexplore.views import resonance as view
from jetexplore.views.address import from_query, to_query
from jetexplore.views.cardtext import describe
from jetexplore.views.graph import GraphView
from jetexplore.views.networks import NetworksView
from jetexplore.views.resonance import ResonanceView
from jetexplore.views.state import Choice

pytestmark = pytest.mark.usefixtures("carried_out_at_once")
hv.extension("bokeh")
NETWORKS = list(graphstudy.graph_networks())
OTHER = NETWORKS[-1]


# --------------------------------------------------------------------------------------------- what comes along


def test_the_paper_s_network_and_others_come_along():
    cards = graphstudy.graph_networks()
    assert {"pgae-momenta-MSE", "pgae-transverse-MSE", "pgae-relative-EMD"} <= set(cards)
    for name, card in cards.items():
        assert card.n_train >= 20_000, name
        assert card.epochs >= 10, name
        assert card.loss == pytest.approx(min(card.curve))
    assert set(cards) <= {score.fit.keywords.get("network") for score in resonance.JET_SCORES.values() if
                          hasattr(score.fit, "keywords")}  # fmt: skip


def test_the_table_holds_what_it_promises():
    table = resonance.read_table()
    assert table.of("background").sum() >= 200_000
    assert {"signal", "box1"} < set(table.classes)
    assert min(table.of("signal").sum(), table.of("box1").sum()) >= 2000  # as many as the explorer can put in
    assert table.pt[:, 0].min() > 1199  # the trigger; rounded in the file
    assert table.pt.min() > 199
    assert set(table.scores) == set(resonance.JET_SCORES)
    assert np.median(table.m_jj[table.of("box1")]) == pytest.approx(3680, abs=60)
    sample = jets.load("dijets")["background"].momenta()
    known = {row.tobytes() for row in np.stack([sample.pt, sample.mass], 1).astype(np.float16).reshape(-1, 4)}
    kept = np.stack([table.pt, table.mass], 2).astype(np.float16).reshape(-1, 4)
    assert not known & {row.tobytes() for row in kept}  # other events than those that scores are fitted on


@pytest.mark.parametrize("title", ["background", "signal", "box1"])
def test_scores_of_the_table_are_those_of_the_networks(title):
    some = jets.load("dijets")[title][:60]
    for name in NETWORKS:
        loaded = models.load_pgae(name)
        score = graphstudy.score_of(name)
        made = resonance.JET_SCORES[score].fit(some)(some)
        np.testing.assert_allclose(made, loaded.jet_losses(some), rtol=1e-6)
        kept = resonance.read_table().scores[score][resonance.read_table().of(title)]
        assert np.median(made) == pytest.approx(np.median(kept), rel=0.5)  # other jets of the same kind


def test_the_kept_comparison_is_that_of_the_table():
    table = resonance.read_table()
    for signal in ("signal", "box1"):
        kept = {(row.name, row.combine): row for row in comparison.read_comparison(signal)}
        assert len(kept) == 3 * len(table.scores) + 3 + 1 + 5  # jet pT and m_jj; five quoted
        chosen = table.of("background"), table.of(signal)
        score = anomaly.resonance.event_scores(table.scores["jet mass"], "max")
        area = anomaly.auc(score[chosen[0]], score[chosen[1]], 0)
        assert kept["jet mass", "max"].auc == pytest.approx(area.value, abs=1e-5)


# --------------------------------------------------------------------------------------------------- one network


def test_distributions_count_every_particle():
    found = graphstudy.component_histograms("pgae-momenta-MSE", "px", "background")
    some = jets.load("dijets")["background"][: graphstudy.N_JETS]
    px = some.pt * np.cos(some.phi)
    np.testing.assert_allclose(found.before, np.histogram(px, found.edges)[0] / len(px))
    assert found.after.sum() + found.outside == pytest.approx(1)
    assert 0 in found.edges
    with pytest.raises(InputError) as caught:
        graphstudy.component_histograms("pgae-momenta-MSE", "energy")
    assert caught.value.code == "E_COMPONENT"


def test_a_cloud_is_the_jet_and_its_reconstruction():
    one = jets.load("dijets")["signal"][3:4]
    found = graphstudy.cloud("pgae-transverse-MSE", "signal", 3)
    network = models.load_pgae("pgae-transverse-MSE")
    made = network.reconstruct(one)
    assert found.before.shape == found.after.shape == (one.counts[0], 3)
    np.testing.assert_allclose(found.after[:, 0], made.pt)
    assert found.mass == pytest.approx((one.momenta().mass[0], made.momenta().mass[0]))
    assert found.loss == pytest.approx(network.jet_losses(one)[0], rel=1e-5)
    for number in (-1, 4000):
        with pytest.raises(InputError, match="signal jets"):
            graphstudy.cloud("pgae-transverse-MSE", "signal", number)


def test_pictures_show_these_numbers():
    found = graphstudy.cloud("pgae-relative-EMD", "box1", 1)
    lines, before, after = graphplots.clouds(found)
    np.testing.assert_allclose(
        np.stack([before.dimension_values(0), before.dimension_values(1)], 1), found.before[:, 1:]
    )
    np.testing.assert_allclose(lines.dimension_values("x1"), after.dimension_values(0))
    hv.render(graphplots.distributions(graphstudy.component_histograms(OTHER, "pt"), "pt"))
    rocs = graphstudy.event_rocs("PGAE MSE")
    names = [curve.label for curve in graphplots.event_rocs(rocs)]
    assert f"signal: AUC {rocs['signal'].auc:.3f} ± {rocs['signal'].auc_error:.3f}" in names
    assert [type(one) for one in graphplots.event_rocs({})] == [type(one) for one in graphplots.event_rocs(rocs)]
    hv.render(graphplots.event_rocs({}))


def test_the_card_of_a_graph_network_is_told():
    text = describe(graphstudy.graph_networks()["pgae-momenta-MSE"])
    assert "a particle is" in text
    assert "of its spread" in text
    assert "blocks" not in text
    assert "SIMULATED HERE" in text


def test_the_view_follows_every_selection():
    choice = Choice(architecture="PGAE")
    some = GraphView(choice)
    figures = [plot() for plot in (some._curve, some._clouds, some._distributions, some._rocs)]
    assert all(isinstance(hv.render(figure), Plot) for figure in figures)
    for name, value in (("graph", OTHER), ("cloud_class", "signal"), ("cloud", 7), ("component", "pt")):
        choice.param.update(**{name: value})
    found = graphstudy.cloud(OTHER, "signal", 7)
    assert f"signal jet 7: loss ({found.metric}) <b>{found.loss:.4g}</b>" in some.told.object
    assert f"{found.mass[0]:.0f} → {found.mass[1]:.0f} GeV" in some.told.object
    assert OTHER in some.about.object
    assert some._distributions().dimension_values(0).min() >= 0


def test_an_unknown_network_in_a_link_shows_the_first():
    values, problems = from_query("?graph=pgae-never&architecture=PGAE")
    assert problems == []
    assert graph.shown(Choice(**values)) == NETWORKS[0]
    values, problems = from_query("?graph=../x")
    assert values == {}
    assert "pgae-momenta-MSE" in problems[0]


def test_one_kind_of_network_is_seen_at_a_time():
    choice = Choice()
    some = NetworksView(choice)
    assert (some.images.visible, some.graphs.visible) == (True, False)
    choice.architecture = "PGAE"
    assert (some.images.visible, some.graphs.visible) == (False, True)


def test_without_networks_it_says_how_to_make_one(monkeypatch):
    monkeypatch.setattr(graphstudy, "graph_networks", dict)
    some = GraphView(Choice())
    assert "jetexplore train pgae" in some.__panel__().objects[0].object


# ----------------------------------------------------------------------------------------------------- the search


def test_the_view_tells_what_the_search_found():
    choice = Choice(injected=800)
    some = ResonanceView(choice)
    found = resonance.search_table("PGAE MSE, transverse", "min", 0.7, "box1", 800, "refitted")
    assert some.found is found
    assert f"{found.search.low / 1000:.2f} to {found.search.high / 1000:.2f} TeV" in some.told.object
    assert f"{found.auc.value:.3f}" in some.told.object
    assert f"{found.sculpting.distance:.3f}" in some.told.object
    assert "SIMULATED HERE" in some.told.object


@pytest.mark.parametrize("change", [
    {"jet_score": "jet mass"}, {"event_combine": "sum"}, {"quantile": 0.8}, {"resonance": "signal"},
    {"injected": 0}, {"recipe": "authors"}, {"resonance": "none"},
])  # fmt: skip
def test_every_control_searches_again(change):
    choice = Choice()
    some = ResonanceView(choice)
    before, counted = some.found, some._stream.counter
    choice.param.update(**change)
    assert some.found is not before
    assert some.found is view.search(choice)
    assert some._stream.counter == counted + 1
    for draw, *_ in (pane for column in view.PANES for pane in column):
        assert isinstance(hv.render(draw(some.found.search)), Plot)


def test_a_search_that_cannot_be_made_is_told_and_the_view_lives():
    choice = Choice()
    some = ResonanceView(choice)
    before = some.found
    choice.param.update(quantile=0.95, event_combine="min", jet_score="jet mass", resonance="none")
    if some.found is before:  # too few outliers for the fit
        assert "Searching for a resonance failed" in choice.notices[-1]
    choice.quantile = 0.7
    assert some.found is view.search(choice)


def test_the_link_says_all_of_it():
    choice = Choice(
        architecture="PGAE", graph=OTHER, cloud_class="box1", cloud=12, component="pz", jet_score="jet mass",
        event_combine="max", quantile=0.85, resonance="signal", injected=250, recipe="fixed",
    )  # fmt: skip
    values, problems = from_query(to_query(choice))
    assert problems == []
    assert Choice(**values).selections() == choice.selections()
