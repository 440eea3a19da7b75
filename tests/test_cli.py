"""The command line says what it can do, and runs as a module, too."""

from __future__ import annotations

import json
import runpy
import sys

import pytest

from jetexplore import cli, jets
from jetexplore.jets.processes import PROCESSES


def test_help_tells_every_command_in_one_sentence(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert stopped.value.code == 0
    for name, command in cli.COMMANDS.items():
        assert f"{name} {command.__doc__}" in said


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_help_of_every_command(name, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main([name, "--help"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: jetexplore {name} ")


def test_list_gives_every_process_and_a_window_without_infinity(capsys):
    assert cli.main(["generate", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(PROCESSES)
    assert lines[0].endswith("550 < pt <= 650 GeV")
    assert lines[-1].endswith("leading jet pt > 1200 GeV")


def test_every_command_is_there_when_run_as_a_module(random_jets, monkeypatch, capsys):
    monkeypatch.setattr(jets, "load", lambda: {"QCD": random_jets(3)})
    monkeypatch.setattr(sys, "argv", ["jetexplore", "bench", "images", "--json"])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(cli.__file__, run_name="__main__")
    assert stopped.value.code == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["jets"], row["n_jets"]) == ("QCD", 3)
    assert row["largest_difference"] < 1e-6
