"""Every notebook runs from its parameters to asserted numbers, its controls call the library, and it is kept clean."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest
from notebookchecks import CHECKS

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
