"""Table 1 as data: its rows are the published ones, beta is selected by validation loss, nothing is borrowed."""

import json

import numpy as np
import pytest

from jetexplore import models
from jetexplore.anomaly import table1
from jetexplore.anomaly.table1 import EXTRA_1, TABLE_1, Row
from jetexplore.cli import main
from jetexplore.models.cards import Area, Card


def card(name, beta, loss, auc=0.8, **changes):
    areas = {"MSE": {"Top": Area(auc, 0.01, 100, 100), "W": Area(0.6, 0.01, 100, 100)}}
    usual = {"loss_scale": 1600.0, "areas": areas, "mse": 1.0, "mean_image_mse": 2.0, "active": 5}
    return Card(name, "vae", **{"downsamplings": 3, **usual, **changes}, beta=beta, loss=loss)


def test_rows_are_the_published_ones():
    assert len(TABLE_1) == 36
    assert set(TABLE_1) == set(table1.published_table_1())
    assert not set(TABLE_1) & set(EXTRA_1)


def test_beta_is_selected_by_the_validation_loss_alone():
    cards = {c.name: c for c in (card("a", 0.0, 3.0, 0.9), card("b", 1e-8, 1.0, 0.7), card("c", 1e-7, 2.0, 0.99))}
    assert table1.selected(cards, "MSE", 3).name == "b"
    found = table1.table_1(cards, [Row("MSE", 3, "MSE")])
    assert [result.area.auc for result in found] == [0.7, 0.6]
    assert found[0].pull == pytest.approx((0.7 - 0.84) / np.hypot(0.01, 0.005))


@pytest.mark.parametrize("change", [
    {"seed": 1}, {"start": "another"}, {"kld": "mean"}, {"loss_scale": 1.0}, {"decoder_channels": 5}, {"width": 2.0}, {"power": 0.5},
    {"sample": True}, {"label": "long"}, {"output": "none"}, {"training_metric": "MAE"}, {"downsamplings": 2},
])  # fmt: skip
def test_variants_never_stand_in(change):
    cards = {"a": card("a", 1e-8, 2.0), "better": card("better", 1e-8, 0.1, **change)}
    assert table1.selected(cards, "MSE", 3).name == "a"


def test_variants_are_told_beside_the_printed_value():
    cards = {"a": card("a", 1e-8, 2.0), "narrow": card("narrow", 1e-8, 0.1, 0.83, width=2.0)}
    found = {(result.row.anomaly_metric, result.signal): result for result in table1.variants(cards)}
    assert {result.card.name for result in found.values()} == {"narrow"}
    assert found["MSE", "Top"].area.auc == 0.83
    assert found["MSE", "Top"].published == 0.84


def test_spread_is_over_seeds_at_the_selected_beta():
    cards = {c.name: c for c in (
        card("a", 1e-8, 1.0, 0.80), card("s1", 1e-8, 9.0, 0.82, seed=1), card("s2", 1e-8, 0.1, 0.84, seed=2),
        card("b", 1e-7, 5.0, 0.1), card("b1", 1e-7, 0.01, 0.1, seed=1),
    )}  # fmt: skip
    found = table1.table_1(cards, [Row("MSE", 3, "MSE")])[0]
    assert found.seeds == (0.80, 0.82, 0.84)
    assert found.spread == pytest.approx(0.02)


def test_what_was_not_run_says_so():
    found = table1.compare_1(
        table1.table_1({"a": card("a", 1e-8, 1.0)}, [Row("MSE", 3, "Wass(1)"), Row("MSE", 1, "MSE")])
    )
    assert [record["ours"] for record in found] == ["not run"] * 4
    assert "not run, 0.84" in table1.text(found)


def test_every_shown_area_names_jets_epochs_and_state():
    found = table1.compare_1(
        table1.table_1({"a": card("a", 1e-8, 1.0, n_train=5, epochs=2, active=0)}, [Row("MSE", 3, "MSE")])
    )
    assert found[0]["stands on"] == "a: 5 jets, 2 epochs, not converged, collapsed"


def test_the_command_prints_rows_and_baselines(capsys):
    assert main(["table", "1", "--quiet", "--json"]) == 0
    records = json.loads(capsys.readouterr().out)
    assert {record["anomaly_metric"] for record in records} >= {"jet mass", "Loss", "MAE from the average image"}
    assert main(["table", "1", "--networks", "nowhere"]) == 2


def trained():
    return [c for c in models.networks().values() if c.kind == "vae"]


@pytest.mark.skipif(not trained(), reason="no networks in data/networks")
class TestShipped:
    def test_networks_of_every_depth_really_train(self):
        cards = models.networks()
        for depth in (1, 2, 3):
            found = table1.selected(cards, "MSE", depth)
            assert found.mse < 0.6 * found.mean_image_mse
            assert not found.collapsed
            assert cards[f"vae-MSE-d{depth}-b1e-8"].active >= 20

    def test_areas_of_top_jets_are_near_the_published_ones(self):
        # 0.03 is reached by three blocks only; one and two lie 0.033 and 0.036 above print, as the README tells
        allowed = {1: 0.04, 2: 0.04, 3: 0.03}
        for result in table1.table_1(rows=[Row("MSE", depth, name) for depth in (1, 2, 3) for name in ("Loss", "MSE")]):
            if result.signal == "Top":
                assert abs(result.area.auc - result.published) < allowed[result.row.downsamplings], result.row

    def test_a_stored_area_is_what_the_network_gives(self):
        from jetexplore.anomaly import areas, reconstruction, samples

        chosen = table1.selected(models.networks(), "MSE", 3)
        kept = chosen.areas["MSE"]["Top"]
        classes = {"QCD": samples.images()["QCD"][: kept.n_background], "Top": samples.images()["Top"][: kept.n_signal]}
        found = areas.areas(reconstruction.scores(models.load(chosen.name), classes, ["MSE"]))
        assert found["MSE"]["Top"].auc == pytest.approx(kept.auc, abs=1e-6)

    def test_files_are_small(self):
        from jetexplore.models import checkpoints

        assert sum(path.stat().st_size for path in checkpoints.folder().glob("*")) < 18 * 2**20
