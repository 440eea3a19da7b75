"""Every notebook runs from its parameters to asserted numbers, its controls call the library, and it is kept clean."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import papermill
import pytest

from jetexplore import anomaly, distances, jets, models
from jetexplore.anomaly import plane, statements
from jetexplore.anomaly.labelfree import opening

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
STRIPPED = "metadata.papermill metadata.widgets cell.metadata.papermill cell.metadata.execution metadata.language_info"
TYPES = {"profile": "str", "seed": "int", "data_dir": "str", "out_dir": "str"}
IMPORTED = {"IPython", "holoviews", "ipywidgets", "jetexplore", "json", "numpy", "os", "pandas", "pathlib"}
MAX_LINES = 14

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

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


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


CHECKS = {
    "AA_variational_inference": check_variational,
    "AB_supervised": check_supervised,
    "beyond_scores": check_beyond,
    "A2_datasets": check_datasets,
    "A3_metrics": check_metrics,
    "A4_autoencoder": check_autoencoder,
    "A5_event_to_ensemble": check_event_to_ensemble,
    "train_vae": check_train,
}


@pytest.mark.notebook
@each_notebook
def test_runs_to_its_numbers_and_its_controls_call_the_library(path, tmp_path):
    book = nbformat.read(path, as_version=4)
    book.cells += [nbformat.v4.new_code_cell(MOVE), nbformat.v4.new_code_cell(TELL)]
    nbformat.write(book, tmp_path / path.name)
    papermill.execute_notebook(
        tmp_path / path.name, tmp_path / "out.ipynb", {"profile": "smoke", "out_dir": str(tmp_path / "out")},
        kernel_name="python3", progress_bar=False, execution_timeout=300, cwd=tmp_path,
    )  # fmt: skip
    written = {file.name for file in (tmp_path / "out").iterdir()} - {"networks"}  # train_vae writes one
    assert written == {f"{path.stem}.json", "moved.json"}
    told = json.loads((tmp_path / "out" / "moved.json").read_text())
    assert told["moved"], "the notebook has no control"
    assert all(before != after for before, after in told["moved"])
    assert set(told["kinds"]) == {"display_data"}
    if path.stem in CHECKS:
        CHECKS[path.stem](json.loads((tmp_path / "out" / f"{path.stem}.json").read_text()), told["moved"])


@pytest.mark.notebook
def test_an_unknown_profile_is_told_in_one_sentence(tmp_path):
    with pytest.raises(papermill.PapermillExecutionError, match="unknown profile 'fast'; allowed: smoke, full"):
        papermill.execute_notebook(
            NOTEBOOKS[0], tmp_path / "out.ipynb", {"profile": "fast", "out_dir": str(tmp_path)},
            kernel_name="python3", progress_bar=False, execution_timeout=300, cwd=tmp_path,
        )  # fmt: skip


def test_there_are_notebooks():
    assert {path.stem for path in NOTEBOOKS} >= set(CHECKS)


@each_notebook
def test_parameters_are_tagged_typed_and_explained(path):
    assert code_cells(path)[0].metadata.get("tags") == ["parameters"]
    found = papermill.inspect_notebook(path)
    typed = {name: known["inferred_type_name"] for name, known in found.items()}
    assert TYPES.items() <= typed.items()
    assert set(typed.values()) <= {"str", "int", "float"}
    assert all(known["help"] for known in found.values())
    assert found["profile"]["default"] == '"smoke"'


@each_notebook
def test_short_cells_told_before_and_without_algorithms(path):
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    assert book.cells[0].cell_type == "markdown"
    told = sum(cell.cell_type == "markdown" for cell in book.cells)
    assert told >= len(code_cells(path)) / 2
    source = "\n".join(cell.source for cell in code_cells(path))
    for cell in code_cells(path):
        assert len(cell.source.splitlines()) <= MAX_LINES, cell.source
    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    roots = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).split(".")[0] for node in imports
    }
    assert roots <= IMPORTED
    assert "assert " in source
    assert ".observe(" in source
    assert "clear_output" not in source  # an output widget that catches what is shown makes nbclient stop for ever


@each_notebook
def test_kept_without_outputs_and_with_stable_ids(path):
    book = nbformat.read(path, as_version=4)
    assert dict(book.metadata) == {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    for cell in book.cells:
        assert set(cell.metadata) <= {"tags"}
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
    ids = [cell.id for cell in book.cells]
    assert len(set(ids)) == len(ids)
    command = [sys.executable, "-m", "nbstripout", "--verify", "--extra-keys", STRIPPED, str(path)]
    assert subprocess.run(command, check=False, capture_output=True, timeout=60).returncode == 0
