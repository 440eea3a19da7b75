"""Two scores side by side, curves to choose from, a line to drag and an open p: every number is the library's."""

from __future__ import annotations

import holoviews as hv
import numpy as np
import panel as pn
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetexplore import anomaly, distances
from jetexplore.anomaly import comparison, livepairs, namedscores
from jetexplore.anomaly.improvement import improvement
from jetexplore.views import compareplots, rankplots, sides
from jetexplore.views.address import from_query, to_query
from jetexplore.views.axes import axis, back
from jetexplore.views.code.text import code
from jetexplore.views.compare import SHOWN, CompareView
from jetexplore.views.drag import Drag
from jetexplore.views.export.files import file
from jetexplore.views.export.offers import EXPORTS
from jetexplore.views.pairs import PairsView
from jetexplore.views.scores import ScoresView
from jetexplore.views.sides import Side
from jetexplore.views.state import Choice

pytestmark = pytest.mark.usefixtures("carried_out_at_once")
hv.extension("bokeh")


@pytest.fixture(scope="module")
def compared():
    return CompareView(Choice(left="no training: tau21", right="no training: jet mass", signal="W"))


def curve_of(drawn, label):
    """The points of a curve by what the legend calls it."""
    (found,) = [one for one in drawn if isinstance(one, hv.Curve) and one.label == label]
    return found.dimension_values(0), found.dimension_values(1)


# ------------------------------------------------------------------------------------------------ comparison


def test_the_table_and_the_sentence_tell_the_library_s_numbers(compared):
    choice = compared.choice
    choice.param.update(left="label-free: WhitenedPCA", right="events", k=5, signal="Top")
    names = "label-free: WhitenedPCA", "events: QCD, Wass(1), medoids, 5, min"
    scores = [namedscores.named_scores(name) for name in names]
    for signal in ("Top", "W"):
        found = comparison.difference(*scores, signal)
        assert f"{found.left.value:.3f} ± {found.left.error:.3f}" in compared.table.object
        assert f"{found.right.value:.3f} ± {found.right.error:.3f}" in compared.table.object
        assert f"{found.value:+.3f} ± {found.error:.3f}" in compared.table.object
    for name in ("QCD", "Top"):
        alike = comparison.rank_correlation(*(some[name] for some in scores))
        assert f"<b>{alike:.3f}</b> of {name} jets" in compared.told.object
    for name in namedscores.UNTRAINED:
        area = namedscores.named_rocs(f"no training: {name}")["W"]
        assert f"{area.auc:.3f} ± {area.auc_error:.3f}" in compared.table.object


def test_curves_are_those_of_both_scores_beside_all_that_needs_no_training(compared):
    signal = compared.choice.signal
    drawn = compared._rocs()
    assert {one["score"] for one in drawn.Contours.I.data} == set(namedscores.UNTRAINED)
    for side, name in compared.names.items():
        x, y = curve_of(drawn, side)
        curve = namedscores.named_rocs(name)[signal]
        np.testing.assert_allclose(y, [curve.rejection(value) for value in x])
        assert {0.3, 0.5} <= {round(float(value), 6) for value in x}
    improved = compared._sics()
    expected = improvement(namedscores.named_rocs(compared.names["left"])[signal], 2000, len(compareplots.GRID))
    np.testing.assert_allclose(curve_of(improved, "left")[1], expected.value[np.isfinite(expected.value)])


def test_every_jet_has_a_place_in_the_plane_of_ranks(compared):
    for name, many in (("QCD", 6000), (compared.choice.signal, 2000)):
        assert np.nansum(rankplots.ranks(*compared._ranks(name), "").dimension_values("pairs")) == many


def test_a_click_or_a_press_makes_a_jet_the_example(compared):
    left, right = compared._ranks("QCD")
    compared._click("QCD", float(left[77]), float(right[77]))
    at = compared.choice.example
    assert (left[at], right[at]) == (left[77], right[77])
    assert compared.choice.passing == "QCD"
    one = compared.apart.jets[-1]
    compared.apart._handle_msg({"press": len(compared.apart.jets) - 1})
    assert (compared.choice.passing, compared.choice.example) == (one.name, one.number)
    before = compared.choice.example
    for wrong in ({"press": 99}, {"press": "0"}, {}, None):
        compared.apart._handle_msg(wrong)
    compared._click("QCD", None, None)
    compared._click("QCD", 9.0, 9.0)
    assert compared.choice.example == before < SHOWN


def test_a_score_that_there_is_not_is_told_and_another_shown(compared):
    compared.choice.left = "label-free: <b>Magic".replace("<b>", "")
    assert compared.names["left"] == sides.INSTEAD
    assert "There is no score" in compared.told.object
    assert compared.choice.notices == []
    compared.choice.left = "events"


def test_equal_scores_do_not_differ():
    view = CompareView(Choice(left="no training: tau21", right="no training: tau21"))
    assert {one[2:] for one in view.found.values()} == {(0.0, 0.0)}
    assert view.apart.jets == []
    assert view.apart.titles == view.apart.captions == []
    view._layout.get_root()


def test_figures_live_on(compared):
    compared._layout.get_root()

    def figures():
        return {
            pane: [plot.state.id for plot, _ in pane._plots.values()]
            for pane in compared._layout.select(pn.pane.HoloViews)
        }

    before = figures()
    for change in ({"left": "no training: multiplicity"}, {"signal": "W"}, {"example": 7}, {"right": "network"}):
        compared.choice.param.update(**change)
    assert figures() == before


def test_a_side_follows_and_writes_the_selection():
    side = Side(Choice(left="network: untrained-d1, MAE"), "left")
    assert (side.origin.value, side.which.value, side.score.value) == ("network: ", "untrained-d1", "MAE")
    side.score.value = "MSE"
    assert side.choice.left == "network: untrained-d1, MSE"
    side.origin.value = "no training: "
    assert side.choice.left == f"no training: {namedscores.UNTRAINED[0]}"
    assert not side.score.visible
    side.choice.left = "events"
    assert (side.origin.value, side.which.visible) == ("events", False)


def test_the_code_and_the_file_hold_what_is_shown(capsys):
    choice = Choice(left="label-free: D2", right="events", signal="W", metric="MAE")
    found: dict[str, object] = {}
    exec(code("compare", choice), found)
    view = CompareView(choice)
    told = capsys.readouterr().out
    assert [one[:2] for one in found["apart"]] == [one[:2] for one in view.apart.jets]
    assert f"{view.found['W'].value:+.3f} ± {view.found['W'].error:.3f}" in told
    name, content = file(EXPORTS["compare"][0], choice)
    lines = [line for line in content.decode().splitlines() if not line.startswith("#")]
    assert name.startswith("jetexplore-compare-labelfreeD2-events")
    assert lines[0] == "class,jet,left,rank_left,right,rank_right"
    assert len(lines) == 10_001


# ------------------------------------------------------------------------------------------------ the cut, its curves


def test_a_dragged_line_moves_the_cut_and_stays_where_it_is_until_let_go():
    view = ScoresView()
    drawn = []
    view._streams[1].add_subscriber(lambda **_: drawn.append(view.choice.efficiency))
    for place in np.quantile(view.scores["Top"], [0.9, 0.8, 0.7]):
        view._drag.tell({"place": [float(place)], "done": [False]})
    assert view.choice.efficiency == 0.3
    assert drawn == []
    view._drag.tell({"place": [float(np.quantile(view.scores["Top"], 0.6))], "done": [True]})
    assert drawn[-1] == view.choice.efficiency == 0.4


@pytest.mark.parametrize("data", [{}, {"place": []}, {"place": ["x"], "done": [1]}, {"place": [np.nan], "done": [0]},
                                  {"place": [1.0, 2.0], "done": [0, 0]}, {"place": [None], "done": [True]}])  # fmt: skip
def test_whatever_a_browser_says_a_line_has_a_place(data):
    moved = []
    Drag(lambda *given: moved.append(given), "score").tell(data)
    assert moved == []


def test_a_line_listens_to_its_figure_once():
    view = ScoresView()
    view._layout.get_root()
    found = [plot.state for pane in view._layout.select(pn.pane.HoloViews) for plot, _ in pane._plots.values()]
    (figure,) = [one for one in found if "pan" in one.js_event_callbacks]
    view.choice.efficiency = 0.2
    assert {name: len(some) for name, some in figure.js_event_callbacks.items() if name.startswith("pan")} == {
        "panstart": 1, "pan": 1, "panend": 1,
    }  # fmt: skip


def test_improvement_is_drawn_when_it_is_chosen():
    view = ScoresView(Choice(curve="SIC", signal="W"))
    drawn = view._sic()
    expected = improvement(view.curves["W"], 2000, len(compareplots.GRID))
    np.testing.assert_allclose(curve_of(drawn, "W")[1], expected.value[np.isfinite(expected.value)])
    assert len(drawn.Contours.I.data) == len(namedscores.UNTRAINED)


# ------------------------------------------------------------------------------------------------ an open p


@pytest.fixture
def few(monkeypatch):
    """Let the distances of an open p be those of p = 1, which are kept, so that nobody waits."""
    monkeypatch.setattr(livepairs, "in_blocks", lambda some, metric, wanted: _told(wanted) and anomaly.pairs("QCD", "Wass(1)") * float(metric[5:-1]))  # noqa: E501  # fmt: skip
    monkeypatch.setattr("jetexplore.views.power.Power.follow", _quiet)  # it waits for what runs at once here
    livepairs._kept.clear()
    yield
    livepairs._kept.clear()


async def _quiet(_):
    pass


def _told(wanted):
    if not wanted(0.5):
        raise livepairs.Stopped
    return True


@pytest.mark.usefixtures("few")
def test_an_open_p_is_computed_and_shown_with_its_plan():
    view = PairsView()
    view.choice.param.update(y="Wass(p)", power=1.3, pair=(3, 141))
    np.testing.assert_array_equal(view._y, (anomaly.pairs("QCD", "Wass(1)") * 1.3).astype("f4"))
    images = anomaly.images()["QCD"]
    cost = distances.paired(images[3:4], images[141:142], "Wass(1.3)")[0]
    assert view.pair.plan.title == f"jet 3 to jet 141: Wass(1.3) = {cost:.6f} rad"
    assert "and Wass(1.3) over" in view.correlation.object
    assert "livepairs" in code("pairs", view.choice)
    assert "'Wass(1.3)'" in code("pairs", view.choice)
    assert view.choice.busy == []


@pytest.mark.usefixtures("few")
def test_a_link_to_an_open_p_opens_before_it_is_computed():
    choice = Choice(y="Wass(p)", power=1.7)
    choice.ready = False
    view = PairsView(choice)
    assert view._shown == ("QCD", "MSE", "Wass(1)")
    choice.ready = True
    assert view._shown == ("QCD", "MSE", "Wass(1.7)")


@pytest.mark.usefixtures("few")
def test_what_was_computed_for_another_choice_is_not_shown(monkeypatch):
    view = PairsView()
    real = livepairs.in_blocks

    def slow(some, metric, wanted):
        if metric == "Wass(3.3)":
            view.choice.power = 3.4  # a person goes on meanwhile
        return real(some, metric, wanted)

    monkeypatch.setattr(livepairs, "in_blocks", slow)
    view.choice.param.update(x="Wass(p)", power=3.3)
    assert view._shown == ("QCD", "Wass(3.4)", "Wass(1)")
    assert not livepairs.known("QCD", "Wass(3.3)")
    assert view.choice.notices == []
    assert view.choice.busy == []


@given(st.floats(0.25, 10).map(lambda p: round(p, 2)), st.sampled_from(["x", "y"]))
def test_an_open_p_survives_the_url(p, name):
    state = {name: "Wass(p)", "power": p}
    choice = Choice(**state)
    values, problems = from_query(to_query(choice))
    assert problems == []
    assert axis(Choice(**values), name) == axis(choice, name) == f"Wass({p:g})"
    written, problems = from_query(f"?{name}=Wass({p:g})")
    assert problems == []
    assert axis(Choice(**written), name) == f"Wass({p:g})"
    shown = "QCD", axis(choice, "x"), axis(choice, "y")
    again = Choice(**back(shown))
    assert ("QCD", axis(again, "x"), axis(again, "y")) == shown


@pytest.mark.parametrize(
    "text", ["y=Wass(99)", "y=Wass(0.1)", "x=Wass(1.3)&y=Wass(1.4)", "power=0", "power=NaN", "x=Wass(1e3)"]
)
def test_an_open_p_that_is_not_allowed_is_refused_in_a_sentence(text):
    values, problems = from_query(f"?{text}")
    assert problems
    assert "power" not in values


SIDES = st.one_of(
    st.sampled_from(["events", "network", "label-free: Fisher, no prior", "no training: pixels above 1 %"]),
    st.sampled_from(namedscores.KINDS["network"].names()).map("network: {}".format),
    st.sampled_from(namedscores.KINDS["label-free"].names()).map("label-free: {}".format),
    st.sampled_from(namedscores.UNTRAINED).map("no training: {}".format),
)


@given(SIDES, SIDES, st.sampled_from(["ROC", "SIC"]))
def test_both_sides_survive_the_url(left, right, curve):
    choice = Choice(left=left, right=right, curve=curve)
    values, problems = from_query(to_query(choice))
    assert problems == []
    assert to_query(Choice(**values)) == to_query(choice)


@pytest.mark.parametrize(
    "text",
    ["left=", "left=magic", "right=network: ../../x, Loss", "left=no training: <b>", "curve=PR", "left=events: x"],
)
def test_a_hostile_side_is_refused(text):
    values, problems = from_query(f"?{text}")
    assert (values, len(problems)) == ({}, 1)
