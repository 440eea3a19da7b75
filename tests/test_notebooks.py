"""Every notebook runs from its parameters to asserted numbers, its controls call the library, and it is kept clean."""

from __future__ import annotations

import ast
import subprocess
import sys

import nbformat
import papermill
import pytest
from notebookchecks import CHECKS, NOTEBOOKS

STRIPPED = "metadata.papermill metadata.widgets cell.metadata.papermill cell.metadata.execution metadata.language_info"
TYPES = {"profile": "str", "seed": "int", "data_dir": "str", "out_dir": "str"}
IMPORTED = {"IPython", "holoviews", "ipywidgets", "jetexplore", "json", "numpy", "os", "pandas", "pathlib"}
MAX_LINES = 14

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


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
