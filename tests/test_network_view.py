"""What a network learned, as the explorer shows it: every number is the library's, and no network breaks the page."""

from __future__ import annotations

import html
import subprocess
import sys
from pathlib import Path

import holoviews as hv
import numpy as np
import panel as pn
import param
import pytest
from carrying import carry_out
from networkzoo import USUAL, card, networks

from jetexplore import jets
from jetexplore.anomaly import (
    networkpairs,
    networkscores,
    networkstudy,
)
from jetexplore.models import checkpoints
from jetexplore.models.autoencoder import initial
from jetexplore.views import betaplots, notices
from jetexplore.views.network import NetworkView
from jetexplore.views.networks import NetworksView
from jetexplore.views.state import APART, Choice

pytestmark = pytest.mark.usefixtures("carried_out_at_once", "zoo")
hv.extension("bokeh")


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    with networks(tmp_path_factory) as folder:
        yield folder


@pytest.fixture(scope="module")
def view(zoo):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(param.parameterized, "async_executor", carry_out)
        made = NetworkView()
        made._layout.get_root()
    return made


@pytest.fixture
def shown(view):
    """The one view, as it was at first."""
    view.choice.notices = []
    view.choice.param.update(**{name: Choice.param[name].default for name in Choice.param if name not in APART})
    return view


def part(view, name):
    return next(one for one in view.parts if type(one).__name__ == name)


def test_the_view_shows_the_library_s_numbers(shown):
    passed = networkstudy.passage(USUAL)
    assert f"MSE **{passed.scores['MSE']:.3g}**" in part(shown, "PassageView").told.object
    found = networkpairs.agreement(USUAL)
    told = part(shown, "LatentPairsView").told.object
    assert f"r = {found.r:.3f} ± {found.error:.3f}**" in told
    for other in networkpairs.untrained_agreements(3):
        assert f"{other.r:.3f}" in told
    for curves in (networkscores.network_rocs(USUAL), *networkscores.baseline_rocs(USUAL).values()):
        for curve in curves.values():
            assert f"<b>{curve.auc:.3f}</b> ± {curve.auc_error:.3f}" in part(shown, "WorthView").told.object
    assert "30,000 jets, 3 epochs, not converged" in shown._about.object


def test_the_pictures_are_jet_reconstruction_and_difference(shown):
    some = part(shown, "PassageView")
    shown.choice.param.update(passing="W", example=9)
    passed = networkstudy.passage(USUAL, "W", 9)
    jet, redrawn, difference, _ = some.pictures.images
    np.testing.assert_array_equal(jet, passed.image)
    np.testing.assert_allclose(redrawn, passed.reconstruction, rtol=1e-6)
    np.testing.assert_allclose(difference, passed.reconstruction - passed.image, rtol=1e-4, atol=1e-8)
    assert some.pictures.signed == [some.pictures.titles.index("reconstruction − jet")]
    assert "W jet 9" in some.told.object


def test_walking_through_the_latent_space_changes_the_picture(shown):
    some = part(shown, "PassageView")
    still = some.pictures.images[3]
    some.shift.value = 3.0  # as while it is being dragged
    assert not np.array_equal(some.pictures.images[3], still)
    assert shown.choice.shift == 0.0
    shown.choice.shift = 1.5
    assert some.shift.value == 1.5
    passed = networkstudy.passage(USUAL)
    np.testing.assert_allclose(some.pictures.images[3], networkstudy.moved(USUAL, passed.mean, 0, 1.5), rtol=1e-6)
    shown.choice.rank = 63
    np.testing.assert_allclose(some.pictures.images[3], networkstudy.moved(USUAL, passed.mean, 63, 1.5), rtol=1e-6)
    assert f"dimension {networkstudy.activity(USUAL).order[63]} is number 64" in some.place.object


def test_next_and_previous_jet_go_round(shown):
    some = part(shown, "PassageView")
    shown.choice.example = 5
    some._step(1)
    assert shown.choice.example == 6
    some._step(-1)
    some._step(-1)
    assert shown.choice.example == 4


@pytest.mark.parametrize("change", [
    {"network": "vae-MSE-d1-b1e-7"}, {"network": "untrained-d2"}, {"passing": "Top"}, {"example": 3}, {"rank": 4}, {"shift": -1.0},
    {"features": "block 1"}, {"against": "Wass(1)", "features": "latent Wass(2)"}, {"score": "MAE"}, {"signal": "W"},
])  # fmt: skip
def test_figures_live_on_after_every_control(shown, change):
    def figures():
        panes = shown._layout.select(pn.pane.HoloViews)
        return {pane: [plot.state.id for plot, _ in pane._plots.values()] for pane in panes}

    before = figures()
    assert len(before) == 1 + 1 + 5
    shown.choice.param.update(**change)
    assert figures() == before
    assert shown.choice.notices == []


def test_all_pairs_are_counted_and_zooming_counts_what_is_inside(shown):
    some = part(shown, "LatentPairsView")
    assert np.nansum(some._density(0, None, None).dimension_values("pairs")) == 499_500
    right = float(np.median(some._x))
    inside = (some._x <= right) & (some._y <= 0.2)
    assert np.nansum(some._density(0, (0.0, right), (0.0, 0.2)).dimension_values("pairs")) == inside.sum()


def test_a_block_that_the_network_lacks_is_replaced_and_told(shown):
    shown.choice.param.update(network="vae-MSE-d1-b1e-7", features="block 3")
    assert "no block 3; block 1 is shown" in part(shown, "LatentPairsView").told.object


def test_a_place_that_was_not_run_says_so_and_another_choice_goes_on(shown):
    shown.choice.network = "vae-MSE-d2-b1e-5"
    assert "not run" in html.unescape(shown._problem_shown[0].object)
    assert not shown._body.visible
    assert not shown._facts.visible
    shown.choice.network = "vae-MSE-d1-b1e-7"
    assert len(shown._problem_shown) == 0
    assert shown._body.visible
    assert "of 1 block:" in part(shown, "LatentPairsView").told.object
    assert shown.choice.notices == []


def test_a_damaged_network_is_told_and_another_choice_goes_on(shown, zoo):
    path = zoo / "vae-MSE-d1-b1e-6.safetensors"
    checkpoints.write(path, initial(2, 0), card(path.stem, 1, beta=1e-6))  # weights of another depth
    try:
        shown.choice.network = path.stem
        assert "cannot be shown" in html.unescape(shown._problem_shown[0].object)
        assert not shown._body.visible
    finally:
        path.unlink()
    shown.choice.network = USUAL
    assert shown._body.visible


def test_without_any_network_random_weights_are_shown(monkeypatch, tmp_path):
    monkeypatch.setattr(checkpoints, "folder", lambda: tmp_path)
    empty = NetworkView()
    assert "No trained network" in html.unescape(empty._problem_shown[0].object)
    assert "RANDOM WEIGHTS" in empty._about.object
    assert len(empty.parts) == 3
    for signal in ("Top", "W"):
        assert all(len(curve) == 0 for curve in betaplots.area_scan({}, "Loss", signal).values())
    empty.choice.network = USUAL
    assert "not run" in html.unescape(empty._problem_shown[0].object)


def test_nothing_is_loaded_before_it_is_scrolled_to():
    choice = Choice()
    waiting, _ = NetworksView(choice).kinds
    assert waiting.view is None
    choice.ready = False
    waiting.sight.seen = True
    assert waiting.view is None
    choice.ready = True
    assert len(waiting.view.parts) == 3


def test_composing_the_section_imports_no_torch():
    code = (
        "import sys; from jetexplore.views.networks import NetworksView; NetworksView(); print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(jets.__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_the_notices_of_the_section_are_no_markup(shown):
    shown.choice.network = "vae-x+y"
    assert re_literal(shown._problem_shown[0].object)


def re_literal(text):
    return notices.literal(html.unescape(text)) == text
