"""Notebooks on Fraser et al. (2021), and beyond: each runs to its numbers, and its controls call the library."""

import pytest
from notebookchecks import FRASER, run


@pytest.mark.notebook
@pytest.mark.parametrize("path", FRASER, ids=lambda path: path.stem)
def test_runs_to_its_numbers_and_its_controls_call_the_library(path, tmp_path):
    run(path, tmp_path)
