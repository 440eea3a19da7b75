"""What "copy as code" gives runs as it is, and computes what its card shows."""

from __future__ import annotations

import ast
import contextlib
import io
from types import SimpleNamespace

import holoviews as hv
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetexplore import anomaly
from jetexplore.anomaly import graphstudy, networkpairs, networkscores, networkstudy, plane, resonance
from jetexplore.anomaly.networkpairs import FEATURES
from jetexplore.anomaly.reconstruction import SCORES
from jetexplore.anomaly.resonance.jetscores import JET_SCORES
from jetexplore.views import autoencoders, ensemble
from jetexplore.views.address import DEFAULTS
from jetexplore.views.autoencoders import features
from jetexplore.views.code.text import SNIPPETS, code
from jetexplore.views.pairs import PairsView
from jetexplore.views.plane import Content, PlaneView
from jetexplore.views.published import Table2View
from jetexplore.views.resonance import search
from jetexplore.views.scores import ScoresView
from jetexplore.views.state import CLASSES, IMAGE_METRICS, Choice
from jetexplore.views.tools import Tools

hv.extension("bokeh")


def run(anchor, choice):
    """Run the code of a card like a person who pastes it; gives its names, and what it printed as ``said``."""
    names, said = {}, io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code(anchor, choice), anchor, "exec"), names)
    return SimpleNamespace(**names, said=said.getvalue())


states = st.fixed_dictionaries({}, optional={
    "example": st.integers(0, 1999), "metric": st.sampled_from(IMAGE_METRICS), "kind": st.sampled_from(anomaly.ensembles.REFERENCE_KINDS),
    "reference": st.sampled_from(["QCD", "Top"]), "k": st.integers(1, 10), "sample": st.sampled_from(CLASSES),
    "x": st.sampled_from(IMAGE_METRICS), "y": st.sampled_from(IMAGE_METRICS), "efficiency": st.floats(0.01, 1.0),
    "network": st.one_of(st.sampled_from(["", "untrained-d1"]), st.from_regex(r"\Avae-[A-Za-z0-9_.+-]{1,80}\Z")),
    "architecture": st.sampled_from(["VAE", "PGAE"]), "graph": st.from_regex(r"\A(|pgae-[A-Za-z0-9_.+-]{1,80})\Z"),
    "features": st.sampled_from(list(FEATURES)), "score": st.sampled_from(list(SCORES)), "shift": st.floats(-5, 5),
    "jet_score": st.sampled_from(list(JET_SCORES)), "resonance": st.sampled_from(["none", "signal", "box1"]),
    "injected": st.integers(0, 2000), "table_reference": st.sampled_from(["all", "QCD", "Top"]), "table_signal": st.sampled_from(["both", "W"]),
})  # fmt: skip


@given(states)
def test_whatever_is_chosen_the_code_is_python_that_uses_only_the_library(state):
    for anchor in SNIPPETS:
        tree = ast.parse(code(anchor, Choice(**state)))
        imported = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert imported
        assert all(name.split(".")[0] == "jetexplore" for name in imported)
        assert not any(isinstance(node, ast.Import) for node in ast.walk(tree))


@given(states, st.sampled_from(list(SNIPPETS)))
def test_the_code_changes_only_with_the_selections_that_are_watched(state, anchor):
    watched = {name: value for name, value in state.items() if name in SNIPPETS[anchor].names}
    assert code(anchor, Choice(**state)) == code(anchor, Choice(**watched))


def test_the_selections_that_are_watched_exist():
    for snippet in SNIPPETS.values():
        assert set(snippet.names) <= set(DEFAULTS)


# ------------------------------------------------------------------------------------------------ equal to the views


@pytest.mark.parametrize(
    "selections", [{}, {"example": 7, "kind": "random", "k": 2}, {"kind": "average", "reference": "Top"}]
)
def test_jets(selections):
    choice = Choice(**selections)
    found = run("jets", choice)
    for name in CLASSES:
        np.testing.assert_array_equal(found.shown[name], anomaly.images()[name][choice.example])
    kind = "random" if choice.kind == "random" else "medoids"
    expected = anomaly.reference_images(choice.reference, choice.metric, kind, choice.k)
    np.testing.assert_array_equal(found.events, expected)
    np.testing.assert_array_equal(found.average, ensemble.events(choice)[0][1])


@pytest.mark.parametrize("selections", [{"pair": (3, 141)}, {"pair": (20, 5), "x": "Wass(1)", "y": "MSE"}])
def test_pairs(selections):
    view = PairsView(Choice(**selections))
    found = run("pairs", view.choice)
    assert f"r = {found.r:.3f}" in view.correlation.object
    assert (found.x[found.place], found.y[found.place]) == view._place()
    assert f"{found.plan.distance:.6f}" in view.pair.plan.title
    assert f"plan {found.plan.distance:.6f} rad" in found.said


@pytest.mark.parametrize("selections", [
    {}, {"k": 5, "signal": "W", "efficiency": 0.3}, {"kind": "average", "reference": "Top", "metric": "MAE"},
])  # fmt: skip
def test_scores(selections):
    view = ScoresView(Choice(**selections))
    found = run("scores", view.choice)
    for signal, curve in view.curves.items():
        assert found.curves[signal].auc == curve.auc
        assert f"AUC {signal} {curve.auc:.3f} ± {curve.auc_error:.3f}" in found.said
    assert found.cut == view.cut()
    assert found.working == view.working()
    assert all((found.scores[name] == some).all() for name, some in view.scores.items())


@pytest.mark.parametrize(
    "selections", [{}, {"k": 5, "metric": "MAE"}, {"reference": "Top", "kind": "contrast", "k": 2}]
)
def test_events(selections):
    choice = Choice(**selections)
    found = run("events", choice)
    expected = anomaly.ensemble(choice.reference, choice.metric)
    assert found.medoids.tolist() == expected.medoids[choice.k - 1].tolist()
    assert f"elbow: {expected.elbow.n_medoids};" in found.said
    shown = [image for _, image in ensemble.events(choice)[1:]]
    computed = [*found.events, *(found.others if choice.kind == "contrast" else [])]
    np.testing.assert_array_equal(computed, shown)
    assert all(
        f"{100 * size / 700:.0f} %" in title
        for size, (title, _) in zip(found.sizes, ensemble.events(choice)[1:], strict=False)
    )


@pytest.mark.parametrize("selections", [{}, {"table_reference": "Top", "table_signal": "W"}])
def test_table2(selections):
    view = Table2View(Choice(**selections))
    found = run("table2", view.choice)
    rows = {(one["reference"], one["metric"], one["method"], one["n_medoids"]) for one in found.records}
    assert rows == {(one["reference"], one["metric"], one["method"], one["n_medoids"]) for one in view.shown}
    signals = {"both": {"Top", "W"}}.get(view.choice.table_signal, {view.choice.table_signal})
    assert {one["signal"] for one in found.records} == signals


def test_an_image_network():
    choice = Choice(passing="W", example=4, rank=1, shift=-1.5, features="block 3", signal="W")
    found, name = run("networks", choice), autoencoders.shown(choice)
    expected = networkstudy.passage(name, "W", 4)
    assert found.passed.scores == expected.scores
    np.testing.assert_array_equal(found.moved, networkstudy.moved(name, expected.mean, 1, -1.5))
    assert found.agreement == networkpairs.agreement(name, "block 3", 1)
    assert found.inside is networkpairs.inner_distances(name, "block 3")
    assert found.outside is anomaly.pairs("QCD", "Wass(1)")
    assert {signal: curve.auc for signal, curve in found.curves.items()} == {
        signal: curve.auc for signal, curve in networkscores.network_rocs(name, "Loss").items()
    }
    assert found.baselines.keys() == {"average image", "untrained network"}


def test_a_block_that_the_network_does_not_have():
    assert features(Choice(features="block 3"), "untrained-d2") == "block 2"
    assert "'block 2'" in code("networks", Choice(network="untrained-d2", features="block 3"))


def test_a_graph_network_is_asked_for_what_the_card_shows(monkeypatch):
    asked = []
    answers = {
        "cloud": SimpleNamespace(loss=1.5, metric="MSE", mass=(80.0, 90.0), pt=(1200.0, 1100.0)),
        "component_histograms": None, "score_of": "PGAE MSE", "event_rocs": {"signal": SimpleNamespace(auc=0.75)},
    }  # fmt: skip
    for name, answer in answers.items():
        monkeypatch.setattr(
            graphstudy, name, lambda *given, name=name, answer=answer: asked.append((name, *given)) or answer
        )
    monkeypatch.setattr(graphstudy, "graph_networks", lambda: {"pgae-a": None, "pgae-b": None})
    monkeypatch.setattr(resonance, "read_table", lambda: SimpleNamespace(scores={"PGAE MSE": None}))
    found = run("networks", Choice(architecture="PGAE", graph="pgae-b", cloud_class="box1", cloud=5, component="pt"))
    assert asked == [
        ("cloud", "pgae-b", "box1", 5), ("component_histograms", "pgae-b", "pt", "box1"), ("score_of", "pgae-b"),
        ("event_rocs", "PGAE MSE"),
    ]  # fmt: skip
    assert "0.75" in found.said


@pytest.mark.parametrize("name", list(graphstudy.graph_networks()))
def test_a_graph_network(name):
    found = run("networks", Choice(architecture="PGAE", graph=name, cloud=2))
    assert found.cloud is graphstudy.cloud(name, "background", 2)


def test_plane():
    view = PlaneView(Choice(k=5), Content(plane.plane(), [], {}, (0.71, 0.87), []))
    found = run("plane", view.choice)
    assert (found.here["W"], found.here["Top"]) == view.here["event to ensemble"]
    assert (found.network.w, found.network.top) == view.here["network"]
    assert found.points == view.points


@pytest.mark.parametrize("selections", [
    {}, {"jet_score": "jet mass", "resonance": "signal", "injected": 300, "recipe": "fixed"}, {"resonance": "none"}, {"injected": 0},
])  # fmt: skip
def test_dijets_are_searched_for_what_the_card_shows(monkeypatch, selections):
    asked = []
    one = SimpleNamespace(low=3500.0, high=3800.0, local_p=0.01, global_p=0.25)
    answer = SimpleNamespace(search=one)
    monkeypatch.setattr(resonance, "search_table", lambda *given: asked.append(given) or answer)
    choice = Choice(**selections)
    assert search(choice) is run("dijets", choice).found
    assert asked[0] == asked[1]


# ------------------------------------------------------------------------------------------------ the row of buttons


def test_the_code_in_the_browser_follows_the_selections():
    choice = Choice()
    tools = Tools(choice, "scores", "Which jets?")
    assert tools.code == code("scores", choice)
    choice.k = 7
    assert "'k': 7" in tools.code
    before = tools.code
    choice.pair = (5, 9)
    assert tools.code is before


def test_no_code_is_written_before_the_page_is_ready():
    choice = Choice()
    choice.ready = False
    tools = Tools(choice, "pairs", "How far?")
    assert tools.code == ""
    choice.ready = True
    assert tools.code == code("pairs", choice)
