"""The shell knows what may follow: bash is asked itself."""

from __future__ import annotations

import contextlib
import io
import shlex
import shutil
import subprocess

import pytest

from jetexplore import cli
from jetexplore.commands_completion import SHELLS
from jetexplore.jets.downloads import DOWNLOADS


def printed(shell):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert cli.main(["completion", shell]) == 0
    return out.getvalue()


@pytest.fixture(scope="module")
def script():
    return printed("bash")


@pytest.fixture
def completed(script, tmp_path):
    """Give what bash proposes for a line whose last word is begun."""
    if shutil.which("bash") is None:
        pytest.skip("no bash")
    (tmp_path / "mine.h5").touch()
    (tmp_path / "samples").mkdir()

    def ask(*words):
        line = " ".join(map(shlex.quote, ("jetexplore", *words)))
        asked = f'{script}\nCOMP_WORDS=({line}); COMP_CWORD={len(words)}\n_shtab_jetexplore\nprintf "%s\\n" "${{COMPREPLY[@]}}"'
        done = subprocess.run(
            ["bash", "--norc", "-c", asked], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=True
        )
        assert done.stderr == ""
        return done.stdout.split()

    return ask


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_for_every_shell(shell):
    said = printed(shell)
    assert all(name in said for name in cli.COMMANDS)
    assert "jetnet-150" in said


@pytest.mark.parametrize(
    ("words", "proposed"),
    [
        (["di"], ["distances", "dijets"]),
        (["convert", "--on"], ["--on-bad"]),
        (["convert", "--on-bad", "d"], ["drop"]),
        (["inspect", "mine.h5", "--layout", "top"], ["top-tagging"]),
        (["fetch", "jetnet-"], ["jetnet-150"]),
        (["fetch", ""], list(DOWNLOADS)),
        (["generate", "LHCO-box"], ["LHCO-box1"]),
        (["inspect", "mi"], ["mine.h5"]),
        (["convert", "mine.h5", "mi"], ["mine.h5"]),
        (["score", "mine.h5", "-o", "mi"], ["mine.h5"]),
        (["table", "1", "--networks", "s"], ["samples"]),
        (["train", "vae", "--data", "sampl"], ["samples", "sample"]),
        (["distances", "mi"], ["mine.h5"]),
        (["fetch", "nothing"], []),
    ],
)
def test_bash_completes(completed, words, proposed):
    assert sorted(completed(*words)) == sorted(proposed)


def test_no_other_shell(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["completion", "cmd"])
    assert stopped.value.code == 2
    assert "choose from" in capsys.readouterr().err
