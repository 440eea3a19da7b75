"""How does the shell know what may follow? A script that completes commands, options, files and names."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

Runner = Callable[[argparse.Namespace], int]

SHELLS = ("bash", "zsh", "tcsh")
FILES = {"FILE", "IN", "OUT", "JETS"}  # what the help calls them
FOLDERS = {"FOLDER", "DIR", "STORE"}
SETS = "_jetexplore_files_or_sets"
PREAMBLE = """{name}() {{
  compgen -f -- $1
  compgen -W "{sets}" -- $1
}}"""


def completion(parser: argparse.ArgumentParser) -> Runner:
    """Print the script by which a shell completes commands, options, files and names of data sets."""
    parser.epilog = """examples:
  eval "$(jetexplore completion bash)"
  jetexplore completion bash > ~/.local/share/bash-completion/completions/jetexplore
  jetexplore completion zsh > ~/.zsh/_jetexplore         # a folder in $fpath
  jetexplore completion tcsh > ~/.jetexplore.csh         # source it in ~/.tcshrc"""
    parser.add_argument("shell", choices=SHELLS, help="for which shell")

    def run(arguments: argparse.Namespace) -> int:
        print(script(arguments.parser, arguments.shell))
        return 0

    return run


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """Write the script; the parser is of no further use, for its arguments take only what is known now.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        With all commands.
    shell : str
        Of `SHELLS`.

    Returns
    -------
    str
        What the shell has to run.

    Examples
    --------
    >>> parser = argparse.ArgumentParser(prog="tool")
    >>> _ = parser.add_argument("--output", metavar="FILE")
    >>> "_shtab_tool___output_COMPGEN=_shtab_compgen_files" in script(parser, "bash")
    True
    """
    import shtab

    from jetexplore.jets import DATASETS, LAYOUTS
    from jetexplore.jets.downloads import DOWNLOADS
    from jetexplore.jets.processes import PROCESSES

    names = {"fetch name": DOWNLOADS, "generate process": PROCESSES}
    either = {**shtab.FILE, "bash": SETS}  # zsh and tcsh complete files there
    for command, action in _actions(parser):
        if action.dest == "layout":
            action.choices = list(LAYOUTS)
        elif f"{command} {action.dest}" in names:
            action.choices = list(names[f"{command} {action.dest}"])
        elif f"{command} {action.dest}" in {"distances file", "train data"}:
            action.complete = either
        elif FILES.intersection(_words(action)):
            action.complete = shtab.FILE
        elif FOLDERS.intersection(_words(action)):
            action.complete = shtab.DIRECTORY
    preamble = PREAMBLE.format(name=SETS, sets=" ".join(DATASETS)) if shell == "bash" else ""
    return shtab.complete(parser, shell, preamble=preamble)


def _actions(parser: argparse.ArgumentParser, command: str = "") -> Iterator[tuple[str, argparse.Action]]:
    for action in parser._actions:  # noqa: SLF001  argparse has no other list of them
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for name, sub in action.choices.items():
                yield from _actions(sub, name)
        else:
            yield command, action


def _words(action: argparse.Action) -> tuple[str, ...]:
    return action.metavar if isinstance(action.metavar, tuple) else (str(action.metavar),)
