"""Each notebook runs from its parameters to its numbers, which are those of the library, and its controls call it."""

import json
from pathlib import Path

import nbformat
import numpy as np
import papermill
import pytest

from jetexplore import anomaly, distances, jets, models
from jetexplore.anomaly import emdstudy, graphstudy, plane, resonance, statements
from jetexplore.anomaly.labelfree import opening
from jetexplore.anomaly.resonance import comparison
from jetexplore.models import cloudautoencoder

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
TSAN = [path for path in NOTEBOOKS if path.stem.startswith("B") or path.stem in ("train_emdgnn", "train_pgae")]
FRASER = [path for path in NOTEBOOKS if path not in TSAN]

# Moves every control of the notebook as a person would, one after the other
MOVE = """
moved = []
for control in controls:
    before = told.value
    if hasattr(control, "options"):
        control.value = next(value for value in reversed(control.options) if value != control.value)
    else:
        control.value += 1 if control.value < control.max else -1
    moved.append([before, told.value])
"""
TELL = """
kinds = [output["output_type"] for output in figure.outputs if "text/html" in output["data"]]
Path(out_dir, "moved.json").write_text(json.dumps({"moved": moved, "kinds": kinds}))
"""


def check_datasets(numbers, moved):
    sample = {name: some[:500] for name, some in jets.load().items()}
    assert numbers["pixels"] == statements.pixel_counts(sample, widths=(3.2, 2.0))
    assert numbers["counts"]["QCD test"] == len(jets.load()["QCD"])
    for name, some in sample.items():
        assert numbers["median_mass"][name] == pytest.approx(np.median(some.momenta().mass))
    assert moved[-1][1].startswith("W jet ")


def check_metrics(numbers, moved):
    some = anomaly.images()["QCD"][:200]
    assert numbers["n_pairs"] == 19_900
    first, second = numbers["plan"]["pair"]
    expected = distances.wasserstein(some, some, np.array([first]), np.array([second]), p=1)[0]
    assert numbers["plan"]["cost"] == pytest.approx(expected, rel=1e-12)
    pairs = [distances.condensed(some, name) for name in ("MSE", "Wass(1)")]
    assert numbers["r_mse_wass1"] == pytest.approx(np.corrcoef(pairs)[0, 1], abs=1e-12)
    for name, values in numbers["moved"].items():
        expected = np.full(8, 2 / 1600) if name in ("MSE", "MAE") else 0.08 * np.array([0, 1, 2, 4, 8, 12, 16, 19])
        np.testing.assert_allclose(values[1:], expected[1:], rtol=1e-12)
    distance = distances.paired(some[first + 1], some[second + 1], "Wass(5)")[0]
    assert f"Wass(5) = {distance:.4f} rad" in moved[-1][1]


def check_event_to_ensemble(numbers, moved):
    printed = anomaly.published_table_2()
    for record in numbers["table_2"]:
        row = anomaly.Row(*(record[name] for name in anomaly.Row._fields))
        assert record["published"] == printed[row][record["signal"]]
        assert record["lowest"] <= record["ours"] <= record["highest"]
    assert {record["metric"] for record in numbers["table_2"]} == {"Wass(1)", "Wass(5)", "MAE"}
    assert len(numbers["crossed"]) == 32
    assert {hint["n"] for hint in numbers["hints"]} == {0, 1, 3, 10}
    assert numbers["elbow"] == anomaly.ensemble("QCD", "Wass(1)").elbow.n_medoids
    assert set(numbers["elbow_by_largest_k"]) == {str(k) for k in range(4, 11)}
    for text, metric in ((moved[0][1], "Wass(1)"), (moved[1][1], "Wass(5)")):
        curves = anomaly.sample_rocs("QCD", metric, "medoids", 4)
        assert text.startswith(f"4 medoids, {metric}: AUC Top {curves['Top'].auc:.3f} ± {curves['Top'].auc_error:.3f}")


def check_autoencoder(numbers, moved):
    cards = models.networks()
    assert numbers["networks"] == sum(card.kind == "vae" for card in cards.values())
    for record in numbers["table_1"]:
        if record["ours"] != "not run":
            name = record["stands on"].split(":")[0]
            assert record["ours"] == cards[name].areas[record["anomaly_metric"]][record["signal"]].auc
    assert "untrained-d3" in moved[0][1]


def check_train(numbers, moved):
    assert numbers["card"]["n_train"] == 256
    assert len(numbers["card"]["curve"]) == 2
    assert moved[-1][1].startswith("W jet ")


def check_variational(numbers, moved):
    assert all(before != after for before, after in moved)
    assert numbers["divergences"]["eq. (3.4)"][0] == pytest.approx(
        numbers["divergences"]["torch.distributions"][0], rel=1e-5
    )


def check_supervised(numbers, moved):
    assert numbers["blind"]["Top"] == pytest.approx(
        anomaly.sample_rocs("QCD", "Wass(1)", "medoids", 3)["Top"].auc, abs=0.05
    )
    assert {"Top", "W"} == set(numbers["areas"]["small"])


def check_beyond(numbers, moved):
    kept = {(row.title, row.signal): row.auc for row in opening.read_opened()}
    assert {(row["title"], row["signal"]): row["auc"] for row in numbers["opened"]} == kept
    points = plane.plane()
    assert numbers["points"] == len(points)
    assert numbers["criteria"] == plane.lost(points)
    ceilings = plane.ceilings()
    for row in numbers["opened"]:
        assert row["of supervised"] == pytest.approx((row["auc"] - 0.5) / (ceilings[row["signal"]] - 0.5))
    assert moved[-1][1].startswith("power 1, q 100, both: ")


def check_architectures(numbers, moved):
    network = cloudautoencoder.initial("momenta")
    assert numbers["parameters"] == sum(weight.numel() for weight in network.parameters())
    assert numbers["EMD-GNN parameters"] == sum(
        weight.numel() for weight in models.load_emdgnn("emdgnn-share-n1000").module.parameters()
    )
    assert all(before != after for before, after in moved)


def check_pgae(numbers, moved):
    cards = {name: card for name, card in models.networks().items() if card.kind == "pgae"}
    assert numbers["networks"] == {name: card.n_train for name, card in cards.items()}
    for name, outside in numbers["outside"].items():
        assert outside == graphstudy.component_histograms(name, "px").outside
    kept = {(row.name, row.combine): row.auc for row in comparison.read_comparison("signal") if row.family != "quoted"}
    made = {(row["name"], row["combine"]): row["auc"] for row in numbers["areas"]}
    assert made == {name: pytest.approx(area, abs=1e-3) for name, area in kept.items()}
    assert " jet " in moved[-1][1]


def check_emdgnn(numbers, moved):
    assert numbers["card"]["name"] == models.load_emdgnn("emdgnn-share-n1000").card.name
    assert numbers["published"] == {name: 100 * value for name, value in emdstudy.PUBLISHED.items()}
    assert {"seen", "unseen"} <= set(numbers["figure 2"])
    assert "from itself, exact 0" in moved[-1][1]


def check_train_cloud(numbers, moved):
    card = numbers["card"]
    assert len(card["curve"]) == len(card["curve_train"]) == card["epochs"]
    assert card["loss"] == pytest.approx(min(card["curve"]))
    assert all(before != after for before, after in moved)


def check_resonance(numbers, moved):
    table = resonance.read_table()
    assert {name: numbers["simulated"][name] for name in table.classes} == {
        name: int(table.of(name).sum()) for name in table.classes
    }
    kept = {row.name: row.auc for row in comparison.read_comparison("box1") if row.combine == "min"}
    for name in table.scores:
        assert numbers["scores"][name]["AUC"] == pytest.approx(kept[name], abs=0.01)  # of 1,000 of the 5,000
    assert all(before != after for before, after in moved)


CHECKS = {
    "AA_variational_inference": check_variational,
    "AB_supervised": check_supervised,
    "beyond_scores": check_beyond,
    "A2_datasets": check_datasets,
    "A3_metrics": check_metrics,
    "A4_autoencoder": check_autoencoder,
    "A5_event_to_ensemble": check_event_to_ensemble,
    "B3_architectures": check_architectures,
    "B4_emdgnn": check_emdgnn,
    "B4_pgae": check_pgae,
    "B4_resonance_search": check_resonance,
    "train_emdgnn": check_train_cloud,
    "train_pgae": check_train_cloud,
    "train_vae": check_train,
}


def run(path, tmp_path):
    """Run a notebook as papermill does, move its controls, and check its numbers."""
    book = nbformat.read(path, as_version=4)
    book.cells += [nbformat.v4.new_code_cell(MOVE), nbformat.v4.new_code_cell(TELL)]
    nbformat.write(book, tmp_path / path.name)
    papermill.execute_notebook(
        tmp_path / path.name, tmp_path / "out.ipynb", {"profile": "smoke", "out_dir": str(tmp_path / "out")},
        kernel_name="python3", progress_bar=False, execution_timeout=300, cwd=tmp_path,
    )  # fmt: skip
    written = {file.name for file in (tmp_path / "out").iterdir()} - {"networks"}  # those that train write one
    assert written == {f"{path.stem}.json", "moved.json"}
    told = json.loads((tmp_path / "out" / "moved.json").read_text())
    assert told["moved"], "the notebook has no control"
    assert all(before != after for before, after in told["moved"])
    assert set(told["kinds"]) == {"display_data"}
    if path.stem in CHECKS:
        CHECKS[path.stem](json.loads((tmp_path / "out" / f"{path.stem}.json").read_text()), told["moved"])
