"""What a network learned, as the explorer shows it: every number is the library's, and no network breaks the page."""

from __future__ import annotations

import asyncio
import html
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import holoviews as hv
import numpy as np
import panel as pn
import param
import pytest

from jetexplore import anomaly, distances, jets, models
from jetexplore.anomaly import (
    areas,
    latentrows,
    latentstudy,
    networkpairs,
    networkscores,
    networkstudy,
    reconstruction,
    samples,
    study,
)
from jetexplore.errors import InputError
from jetexplore.models import checkpoints
from jetexplore.models.autoencoder import initial
from jetexplore.models.cards import Area, Card
from jetexplore.views import chooser, networkplots, notices
from jetexplore.views.live import following, in_turn
from jetexplore.views.network import NetworkView, describe
from jetexplore.views.state import APART, Choice

hv.extension("bokeh")
SIZES = {"QCD": 1000, "Top": 80, "W": 60}
USUAL = "vae-MSE-d3-b1e-8"
CACHES = [
    networkstudy._network, networkstudy._background, networkstudy._activity, networkpairs._inner_distances,
    networkpairs._agreement, networkscores._scores, networkscores._rocs, study.sample_scores, study.sample_rocs,
]  # fmt: skip


def card(name, depth, **entries):
    usual = {
        "output": "ELU", "loss_scale": 1600.0, "n_train": 30000, "n_valid": 5000, "epochs": 3, "best_epoch": 2, "loss": 2e-5,
        "mse": 2e-5, "mean_image_mse": 1.5e-4, "active": 12, "curve": (4e-5, 2e-5, 3e-5), "curve_train": (5e-5, 3e-5, 2e-5),
        "origin": "simulated here", "data": "0123456789abcdef",
    }  # fmt: skip
    return Card(name, "vae", depth, **{**usual, **entries})


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    """A folder of four networks with random weights, fewer test jets, and a cache that knows nothing of either."""
    folder = tmp_path_factory.mktemp("networks")
    for seed, one in enumerate([
        card(USUAL, 3, beta=1e-8, areas={"Loss": {"Top": Area(0.8, 0.01, 10, 10), "W": Area(0.7, 0.01, 10, 10)}}),
        card("vae-MSE-d3-b0", 3, loss=3e-5, active=0), card("vae-MSE-d1-b1e-7", 1, beta=1e-7, converged=True),
        card("vae-Wass1-d2-b1e-8", 2, beta=1e-8, training_metric="Wass(1)", output="softmax", loss_scale=1.0),
    ]):  # fmt: skip
        checkpoints.write(folder / f"{one.name}.safetensors", initial(one.downsamplings, seed + 5, one.output), one)
    whole = samples.images
    few = {
        split: {name: some[: SIZES[name]] for name, some in whole("sample", split).items()}
        for split in ("test", "reference")
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JETEXPLORE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(checkpoints, "folder", lambda: folder)
        patch.setattr(samples, "images", lambda source="sample", split="test", width=jets.WIDTH: few[split])  # noqa: ARG005
        patch.setattr(areas, "N_REFERENCE", 200)
        for cached in CACHES:
            cached.cache_clear()
        yield folder
    for cached in CACHES:
        cached.cache_clear()


def carry_out(function):
    """Run a coroutine to its end, also while another test's event loop runs in this thread."""
    with ThreadPoolExecutor(1) as other:
        other.submit(lambda: asyncio.run(function())).result()


@pytest.fixture(autouse=True)
def carried_out_at_once(monkeypatch, zoo):
    """Carry out asynchronous reactions before going on."""
    monkeypatch.setattr(param.parameterized, "async_executor", carry_out)


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


# ------------------------------------------------------------------------------------------------ the numbers


def test_scores_are_those_of_the_library_and_of_each_jet_that_passes():
    tests, reference = samples.images(), samples.images(split="reference")["QCD"][:200]
    wanted = reconstruction.scores(models.load(USUAL), tests, ["Loss", "MAE", "KLD", "Mahalanobis"], reference)
    for score, by_class in wanted.items():
        found = networkscores.network_scores(USUAL, score)
        assert {name: len(some) for name, some in found.items()} == SIZES
        for name, some in by_class.items():
            np.testing.assert_array_equal(found[name], some)
    passed = networkstudy.passage(USUAL, "Top", 7)
    for score in ("Loss", "MAE", "KLD"):  # covariances of random weights are nearly singular
        assert passed.scores[score] == pytest.approx(wanted[score]["Top"][7], rel=1e-4)
    seen = reconstruction.see(models.load(USUAL), tests["Top"][7:8])
    assert passed.scores["Wass(2)"] == pytest.approx(reconstruction.distance(seen, "Wass(2)")[0], rel=1e-6)
    np.testing.assert_array_equal(passed.image, tests["Top"][7])
    np.testing.assert_allclose(passed.reconstruction, models.load(USUAL).reconstruct(tests["Top"][7:8])[0], atol=1e-6)


def test_areas_are_those_the_cards_will_hold():
    found = networkscores.network_rocs(USUAL, "MAE")
    wanted = areas.areas(reconstruction.scores(models.load(USUAL), samples.images(), ["MAE"]))["MAE"]
    assert {name: (curve.auc, curve.auc_error) for name, curve in found.items()} == {
        name: (area.auc, area.error) for name, area in wanted.items()
    }


@pytest.mark.parametrize(("name", "score", "metric"), [
    (USUAL, "Loss", "MSE"), (USUAL, "Wass(2)", "Wass(2)"), (USUAL, "KLD", "MSE"), ("vae-Wass1-d2-b1e-8", "Loss", "Wass(1)"),
    ("untrained-d1", "Loss", "MSE"), ("untrained-d1", "MAE", "MAE"),
])  # fmt: skip
def test_the_average_image_is_compared_by_the_metric_of_the_score(name, score, metric):
    assert networkscores.compared_by(networkstudy.card(name), score) == metric


def test_baselines_are_the_average_image_and_the_untrained_network_of_the_same_depth(monkeypatch):
    found = networkscores.baseline_rocs("vae-MSE-d1-b1e-7", "MSE")
    assert found["untrained network"]["W"].auc == networkscores.network_rocs("untrained-d1", "MSE")["W"].auc
    assert found["average image"]["Top"].auc == anomaly.sample_rocs("QCD", "MSE", "average")["Top"].auc
    assert list(networkscores.baseline_rocs("untrained-d1", "MSE")) == ["average image"]
    asked = []
    monkeypatch.setattr(networkscores, "network_rocs", lambda name, score, source: asked.append((name, score)))  # noqa: ARG005
    monkeypatch.setattr(study, "sample_rocs", lambda *_, **__: None)
    for score in ("Loss", "KLD"):
        networkscores.baseline_rocs("vae-Wass1-d2-b1e-8", score)
    assert asked == [("untrained-d2", "Wass(1)"), ("untrained-d2", "KLD")]  # the loss of another metric says nothing


def test_activity_sorts_dimensions_by_their_variance():
    mean = models.load(USUAL).encode(samples.images()["QCD"]).mean
    found = networkstudy.activity(USUAL)
    assert sorted(found.order) == list(range(64))
    np.testing.assert_allclose(found.spread, mean.std(0, dtype=float))
    assert (np.diff(found.spread[found.order]) <= 0).all()
    assert found.active == (mean.var(0, dtype=float) > 0.01).sum()


def test_moving_by_nothing_reconstructs_and_moving_one_dimension_decodes_that_point():
    passed, about, network = networkstudy.passage(USUAL), networkstudy.activity(USUAL), models.load(USUAL)
    np.testing.assert_allclose(networkstudy.moved(USUAL, passed.mean, 5, 0.0), passed.reconstruction, atol=1e-7)
    point = passed.mean.copy()
    point[about.order[5]] += 2.5 * about.spread[about.order[5]]
    np.testing.assert_array_equal(networkstudy.moved(USUAL, passed.mean, 5, 2.5), network.decode(point[None])[0])
    assert networkstudy.moved(USUAL, passed.mean, 0, 3.0).shape == (40, 40)


@pytest.mark.parametrize("features", ["latent", "block 2", "latent Jeffreys", "latent Bhattacharyya", "latent Wass(2)"])
def test_distances_inside_and_their_correlation_against_a_plain_computation(features):
    network, some = models.load(USUAL), samples.images()["QCD"]
    (mean, log_variance), block = network.encode(some), network.activations(some)[1].reshape(1000, -1)
    mean, log_variance, block = (one.astype(float) for one in (mean, log_variance, block))
    plain = {
        "latent": lambda i, j: np.sqrt(((mean[i] - mean[j]) ** 2).sum()),
        "block 2": lambda i, j: ((block[i] - block[j]) ** 2).mean(),
        "latent Jeffreys": lambda i, j: 0.5 * (
            (np.exp(log_variance[i]) + (mean[i] - mean[j]) ** 2) / np.exp(log_variance[j])
            + (np.exp(log_variance[j]) + (mean[i] - mean[j]) ** 2) / np.exp(log_variance[i]) - 2
        ).sum(),
        "latent Bhattacharyya": lambda i, j: (
            0.25 * (mean[i] - mean[j]) ** 2 / (v := np.exp(log_variance[i]) + np.exp(log_variance[j]))
            + 0.5 * np.log(v / (2 * np.exp((log_variance[i] + log_variance[j]) / 2)))
        ).sum(),
        "latent Wass(2)": lambda i, j: np.sqrt(
            ((mean[i] - mean[j]) ** 2 + (np.exp(log_variance[i] / 2) - np.exp(log_variance[j] / 2)) ** 2).sum()
        ),
    }[features]  # fmt: skip
    found = networkpairs.inner_distances(USUAL, features)
    for i, j in [(0, 1), (3, 700), (998, 999)]:
        assert found[distances.pair_index(i, j, 1000)] == pytest.approx(plain(i, j), rel=1e-4, abs=1e-9)
    r = distances.correlation(found, anomaly.pairs("QCD", "Wass(1)"))
    assert networkpairs.agreement(USUAL, features, 1.0).r == pytest.approx(r, abs=1e-5)


def test_the_row_of_the_study_of_all_networks_is_used_where_it_is_kept(monkeypatch):
    row = latentrows.LatentRow(
        **{**dict.fromkeys(latentrows.LatentRow._fields, 0), "network": "untrained-d2", "features": "latent", "power": 1, "p": 1.0,
           "r": 0.125, "error": 0.5, "n": 1000, "key": latentstudy.key_of("untrained-d2", 1000)}
    )  # fmt: skip
    monkeypatch.setattr(latentrows, "read_latent_study", lambda: [row])
    networkpairs._agreement.cache_clear()
    assert networkpairs.agreement("untrained-d2") == (0.125, 0.5)
    networkpairs._agreement.cache_clear()
    monkeypatch.setattr(latentrows, "read_latent_study", lambda: [row._replace(key="of other weights")])
    assert networkpairs.agreement("untrained-d2").r != 0.125
    assert networkpairs.untrained_agreements(2)[0].r == networkpairs.agreement("untrained-d2").r


@pytest.mark.parametrize(("ask", "code"), [
    (lambda: networkpairs.inner_distances("untrained-d1", "block 2"), "E_FEATURES"),
    (lambda: networkpairs.agreement("untrained-d1", "pixels"), "E_FEATURES"),
    (lambda: networkscores.network_scores(USUAL, "Magic"), "E_SCORE"),
    (lambda: networkstudy.card("vae-never"), "E_NETWORK"), (lambda: networkstudy.passage("../x"), "E_NETWORK"),
    (lambda: networkstudy.passage(USUAL, "Higgs"), "E_CLASS"), (lambda: networkstudy.passage(USUAL, "W", 60), "E_JET"),
])  # fmt: skip
def test_what_cannot_be_asked_is_told(ask, code):
    with pytest.raises(InputError) as caught:
        ask()
    assert caught.value.code == code


# ------------------------------------------------------------------------------------------------ the choice


def test_the_usual_network_is_the_one_of_least_loss_among_three_blocks(monkeypatch, tmp_path):
    assert chooser.usual() == USUAL
    monkeypatch.setattr(checkpoints, "folder", lambda: tmp_path)
    assert chooser.usual() == "untrained-d3"


def test_every_place_of_the_scan_is_offered_and_says_whether_it_was_run():
    found = chooser.variants(chooser.Kind("MSE", 3))
    assert found["1e-08"] == USUAL
    assert found["0 · collapsed"] == "vae-MSE-d3-b0"
    assert found["1e-05 · not run"] == "vae-MSE-d3-b1e-5"
    assert len(found) == 9
    assert all(label.endswith("not run") for label, name in found.items() if name not in models.networks())


@pytest.mark.parametrize(("name", "kind"), [
    ("vae-Wass1-d2-b1e-8", ("Wass(1)", 2)), ("vae-Wass1-d1-b0.001", ("Wass(1)", 1)), ("untrained-d1", ("untrained", 1)),
    ("vae-strange-d2-b1", ("MSE", 2)), ("vae-nonsense", ("MSE", 3)),
])  # fmt: skip
def test_a_name_tells_among_which_networks_it_is_chosen(name, kind):
    assert chooser.kind_of(name) == kind


def test_another_metric_or_depth_keeps_beta_if_it_can():
    choice = Choice()
    chosen = chooser.Chooser(choice)
    chosen.metric.value = "Wass(1)"
    assert choice.network == "vae-Wass1-d3-b1e-8"  # none was run with three blocks: the same place of the scan
    chosen.blocks.value = 2
    assert choice.network == "vae-Wass1-d2-b1e-8"
    chosen.metric.value = "MSE"
    assert choice.network == "vae-MSE-d2-b1e-8"
    chosen.blocks.value = 1
    assert choice.network == "vae-MSE-d1-b1e-7"  # the only one there
    chosen.metric.value = "untrained"
    assert choice.network == "untrained-d1"
    choice.network = ""
    assert (chosen.metric.value, chosen.blocks.value, chosen.variant.value) == ("MSE", 3, USUAL)
    choice.network = "vae-nonsense"
    assert chosen.variant.value is None
    assert choice.network == "vae-nonsense"


# ------------------------------------------------------------------------------------------------ what is shown


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
    jet, difference = (draw().dimension_values(2, flat=False) for draw in (some._input, some._difference))
    np.testing.assert_array_equal(np.nan_to_num(jet), np.where(passed.image >= 1e-4, passed.image, 0))
    np.testing.assert_allclose(difference, passed.reconstruction - passed.image)
    assert "W jet 9" in some.told.object


def test_walking_through_the_latent_space_changes_the_picture(shown):
    some = part(shown, "PassageView")
    still = some._image
    some.shift.value = 3.0  # as while it is being dragged
    assert not np.array_equal(some._image, still)
    assert shown.choice.shift == 0.0
    shown.choice.shift = 1.5
    assert some.shift.value == 1.5
    passed = networkstudy.passage(USUAL)
    np.testing.assert_array_equal(some._image, networkstudy.moved(USUAL, passed.mean, 0, 1.5))
    shown.choice.rank = 63
    np.testing.assert_array_equal(some._image, networkstudy.moved(USUAL, passed.mean, 63, 1.5))
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
    assert len(before) == 1 + 4 + 1 + 5
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
        assert all(len(curve) == 0 for curve in networkplots.area_scan({}, "Loss", signal).values())
    empty.choice.network = USUAL
    assert "not run" in html.unescape(empty._problem_shown[0].object)


def test_nothing_is_loaded_before_it_is_scrolled_to():
    waiting = NetworkView(wait=True)
    assert waiting.parts == []
    assert waiting._layout.select(pn.pane.HoloViews) == []
    waiting.choice.ready = False
    waiting.sight.seen = True
    assert waiting.parts == []
    waiting.choice.ready = True
    assert len(waiting.parts) == 3


def test_composing_the_section_imports_no_torch():
    code = "import sys; from jetexplore.views.network import NetworkView; NetworkView(wait=True); print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(jets.__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


# ------------------------------------------------------------------------------------------------ pictures and cards


def test_a_card_says_first_whether_it_collapsed_and_nothing_in_it_is_markup():
    told = describe(card("<script>x", 3, active=0, origin="<b>", beta=1e-3))
    assert told.index("COLLAPSED") < told.index("30,000 jets")
    assert "<script>" not in told
    assert "<b>" not in told.lower()
    assert "COLLAPSED" not in describe(card("a", 3))
    assert ">CONVERGED<" in describe(card("a", 3, converged=True))
    assert ">NOT CONVERGED<" in describe(card("a", 3))


def test_the_learning_curve_has_every_epoch_and_what_the_average_image_gives():
    validation, training, average, kept = networkplots.learning_curves(card("a", 3, beta=0.5)).values()
    assert list(zip(*validation.columns().values(), strict=True)) == [(1, 4e-5), (2, 2e-5), (3, 3e-5)]
    assert list(training.dimension_values("loss")) == [5e-5, 3e-5, 2e-5]
    assert list(average.dimension_values("loss")) == [0.75e-4, 0.75e-4]
    assert list(kept.dimension_values("epoch")) == [2]
    bare = networkplots.learning_curves(Card("untrained-d3", "vae", 3, training_metric="none"))
    assert all(len(layer) == 0 for layer in bare)


def test_the_scan_places_every_network_and_crosses_out_those_that_collapsed():
    scans = {3: [card("a", 3, active=0), card("b", 3, beta=1e-8, loss=1e-5)], 1: [card("c", 1, beta=1e-3)]}
    layers = list(networkplots.loss_scan(scans, "b").values())
    assert len(layers) == 10
    assert list(layers[6].dimension_values("beta")) == [networkplots.NO_BETA, 1e-8]
    assert list(layers[7].dimension_values("beta")) == [1e-8]
    assert list(layers[8].dimension_values("beta")) == [networkplots.NO_BETA]
    assert [layers[9].dimension_values(i)[0] for i in (0, 1)] == [1e-8, 1e-5]
    assert list(layers[0].dimension_values("beta")) == [1e-3]
    there = networkplots.area_scan({3: [card("d", 3, areas={"MAE": {"W": Area(0.7, 0.01, 9, 9)}})]}, "MAE", "W")
    assert list(list(there.values())[6].dimension_values(1)) == [0.7]


def test_less_and_more_are_told_apart_and_equal_is_empty():
    colours = networkplots.difference_palette()
    assert (colours[0], colours[127], colours[-1], len(colours)) == (
        networkplots.LESS,
        networkplots.NIGHT,
        networkplots.MORE,
        255,
    )


# ------------------------------------------------------------------------------------------------ liveness


def test_work_that_is_asked_for_again_is_done_once_more_and_not_more_often():
    choice, done, drawn = Choice(), [], []
    asked = {"left": 5}

    def work():
        done.append(choice.rank)
        if asked["left"]:
            asked["left"] = 0
            for rank in (1, 2, 3):
                choice.rank = rank
                carry_out(follow)
        return choice.rank

    follow = following(choice, work, drawn.append, "Decoding")
    carry_out(follow)
    assert done == [0, 3]
    assert drawn[-1] == 3


def test_a_failure_while_following_is_told_and_it_goes_on():
    choice, drawn = Choice(), []
    faults = [RuntimeError("/secret"), InputError("E_TEST", "a bad point", "a good one")]

    def work():
        if faults:
            raise faults.pop(0)
        return 1

    follow = following(choice, work, drawn.append, "Decoding")
    for _ in range(3):
        carry_out(follow)
    assert drawn == [1]
    assert len(choice.notices) == 2
    assert "secret" not in choice.notices[0]
    assert "a bad point" in choice.notices[1]


def test_what_is_prepared_in_turn_appears_in_turn_whatever_goes_wrong():
    choice, seen = Choice(), []

    def fail():
        raise InputError("E_TEST", "a broken file", "a whole one")

    def slow():
        seen.append(choice.k)
        choice.k = 5  # by somebody else meanwhile

    in_turn(choice, [
        ("one", slow, lambda: seen.append("one")), ("two", fail, lambda: seen.append("two")),
        ("three", lambda: seen.append(list(choice.busy)), lambda: seen.append("three")),
    ], lambda: seen.append("end"))  # fmt: skip
    assert seen == [3, 5, "one", ["three"], "three", "end"]
    assert choice.busy == []
    assert "a broken file" in choice.notices[0]


def test_the_notices_of_the_section_are_no_markup(shown):
    shown.choice.network = "vae-x+y"
    assert re_literal(shown._problem_shown[0].object)


def re_literal(text):
    return notices.literal(html.unescape(text)) == text
