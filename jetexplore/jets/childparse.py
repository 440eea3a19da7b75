"""How is a file of unknown origin parsed? In a process of its own, with little memory and time, that may start nothing.

HDF5, Parquet and ROOT are read by large C libraries and generated code; where one of them crashes or is made to do
something else, it does so there. Results come back as JSON and plain arrays.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jetexplore.errors import InputError
from jetexplore.files import read_npz, write_npz

if TYPE_CHECKING:
    import numpy as np

    from jetexplore.jets.layouts.reading import Read

MEMORY = 4 << 30  # bytes of addresses; libraries reserve more than they use
SECONDS = 120  # of one core, and twice as many of the clock
REFUSED = (  # what a parser has no business with, as Python names it to its auditors
    "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.kill", "os.remove", "os.rename",
    "subprocess.Popen", "socket.connect", "socket.bind", "socket.getaddrinfo", "pty.spawn", "shutil.rmtree",
    "ftplib.connect", "urllib.Request",
)  # fmt: skip
TASKS = {
    "read": "jetexplore.jets.childparse:_read",
    "inspect": "jetexplore.jets.inspection:inspected",
    "convert": "jetexplore.jets.conversion:converted",
    "split": "jetexplore.jets.splitting:split",
}


class Limits(NamedTuple):
    """What a child may use."""

    memory: int = MEMORY
    seconds: int = SECONDS


def run(
    task: str, arguments: Mapping, limits: Limits | None = None, writable: tuple[str | Path, ...] = ()
) -> tuple[dict, dict[str, np.ndarray]]:
    """Run a task of `TASKS` in a child process.

    Parameters
    ----------
    task : str
        Its name.
    arguments : mapping
        What JSON can hold; passed by name.
    limits : Limits, optional
        Memory and time.
    writable : tuple of str or pathlib.Path
        Folders it may write to, besides its own.

    Returns
    -------
    result : dict
        What the task told.
    arrays : dict of str to ndarray
        What it gave.

    Raises
    ------
    FileNotFoundError
        If the task found no file.
    InputError
        What the task raised; ``E_LIMIT`` if it took too much memory or time, ``E_CRASH`` if it ended otherwise.
    OSError
        If the disk is full, and the like.

    Examples
    --------
    >>> from jetexplore.files import data_dir
    >>> told, arrays = run("read", {"path": str(data_dir() / "sample" / "W_test.npz"), "limit": 5})
    >>> told["layout"], arrays["offsets"].shape
    ('native', (6,))
    """
    limits = limits or Limits()
    with tempfile.TemporaryDirectory(prefix="jetexplore-") as folder:
        request = Path(folder) / "request.json"
        allowed = [folder, *(str(Path(one).resolve()) for one in writable)]
        told = {"task": TASKS[task], "arguments": dict(arguments), "limits": limits._asdict(), "writable": allowed}
        request.write_text(json.dumps(told))
        command = [sys.executable, "-B", "-X", "faulthandler=0", "-m", "jetexplore.jets.childparse", folder]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system", "TMPDIR": folder}
        environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[2]), *sys.path[1:]])
        with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL) as child:
            try:
                code = child.wait(2 * limits.seconds)
            except subprocess.TimeoutExpired:
                child.kill()
                raise _too_long(arguments, limits) from None
            except BaseException:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(5)  # Ctrl-C reaches it, too; let it tidy up
                child.kill()
                raise
        return _answer(Path(folder), code, arguments, limits)


def read(path: str | Path, layout: str | None = None, limits: Limits | None = None, **options: object) -> Read:
    """Read a file like `jets.read`, in a child process: for files of unknown origin.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    layout : str, optional
        Its layout.
    limits : Limits, optional
        Memory and time.
    **options
        As for `jets.read`.

    Returns
    -------
    Read
        The same as `jets.read` gives.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        As for `jets.read`, and as for `run`.
    """
    from jetexplore.jets.constituents import Jets
    from jetexplore.jets.layouts.reading import Read

    told, arrays = run("read", {"path": str(path), "layout": layout, **options}, limits)
    jets = Jets(arrays["pt"], arrays["eta"], arrays["phi"], arrays["offsets"])
    classes = {int(k): name for k, name in told["classes"].items()}
    label = arrays.get("label")
    return Read(jets, label, arrays["event"], arrays["row"], told["layout"], classes, told["warnings"])


def _too_long(arguments: Mapping, limits: Limits) -> InputError:
    found = f"a file that takes longer than {limits.seconds} s to read"
    return InputError("E_LIMIT", found, "less, or fewer jets", where=str(arguments.get("path", "")))


def _answer(folder: Path, code: int, arguments: Mapping, limits: Limits) -> tuple[dict, dict]:
    where = str(arguments.get("path", ""))
    try:
        told = json.loads((folder / "answer.json").read_text())
    except (OSError, ValueError):
        if code in (-signal.SIGXCPU, -signal.SIGKILL):
            raise _too_long(arguments, limits) from None
        if code in (-signal.SIGINT, 130):
            raise KeyboardInterrupt from None
        name = signal.Signals(-code).name if code < 0 else f"status {code}"
        raise InputError("E_CRASH", f"a file that its reader crashed on ({name})", "a sound file", where) from None
    kind, parts = told.get("error"), told.get("parts", [])
    if kind == "InputError":
        raise InputError(*parts)
    if kind == "MemoryError":
        found = f"a file that takes more than {limits.memory >> 20} MiB to read"
        raise InputError("E_LIMIT", found, "less", where=where)
    if kind is not None:
        raise {"FileNotFoundError": FileNotFoundError, "OSError": OSError}.get(kind, RuntimeError)(*parts)
    arrays = read_npz(folder / "arrays.npz", 1 << 40)[0] if (folder / "arrays.npz").exists() else {}
    return told["result"], arrays


def _read(path: str, layout: str | None = None, **options: object) -> tuple[dict, dict]:
    from jetexplore.jets.layouts import reading

    options = {name: _plain(name, value) for name, value in options.items()}
    found = reading.read(path, layout, **options)
    arrays = {name: getattr(found.jets, name) for name in ("pt", "eta", "phi", "offsets")}
    arrays |= {name: getattr(found, name) for name in ("event", "row", "label") if getattr(found, name) is not None}
    told = {"layout": found.layout, "warnings": found.warnings, "classes": found.classes}
    return told, arrays


def _plain(name: str, value: object) -> object:
    """Undo what JSON does to the keys of a mapping."""
    return {int(k): one for k, one in value.items()} if name == "classes" and value else value


def _confine(limits: dict, writable: list[str]) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"],) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (limits["seconds"], limits["seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    allowed = tuple(os.path.realpath(folder) for folder in writable)

    def within(path: object) -> bool:
        if isinstance(path, int) or path is None:
            return True
        real = os.path.realpath(os.fspath(path))
        real = real.decode("utf-8", "replace") if isinstance(real, bytes) else real
        return real == os.devnull or any(real == one or real.startswith(one + os.sep) for one in allowed)

    def watch(event: str, given: tuple) -> None:
        if event == "open" and isinstance(given[2], int) and given[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            if not within(given[0]):
                raise PermissionError(f"a parser may not write {given[0]!r}")
        elif event == "os.remove" and given[1] != -1:
            return  # within a folder that is open already, as rmtree does
        elif event in {"os.remove", "os.rename", "shutil.rmtree"}:
            if not all(within(path) for path in given[:2] if isinstance(path, str | bytes | os.PathLike)):
                raise PermissionError(f"a parser may not touch {given[0]!r}")
        elif event in REFUSED:
            raise PermissionError(f"a parser may not do {event}")

    sys.addaudithook(watch)


def _main(folder: Path) -> int:
    request = json.loads((folder / "request.json").read_text())
    module, _, name = request["task"].partition(":")
    task = getattr(importlib.import_module(module), name)
    getattr(importlib.import_module(module), "prepare", lambda: None)()  # what has to write caches of its own
    _confine(request["limits"], request["writable"])
    try:
        result, arrays = task(**request["arguments"])
        if arrays:
            write_npz(folder / "arrays.npz", arrays)
        told = {"result": result}
    except InputError as error:
        told = {"error": "InputError", "parts": list(error.args)}
    except MemoryError:
        told = {"error": "MemoryError"}
    except FileNotFoundError as error:
        told = {"error": "FileNotFoundError", "parts": [str(error)]}
    except OSError as error:
        told = {"error": "OSError", "parts": [str(error)]}
    except KeyboardInterrupt:
        return 130
    (folder / "answer.json").write_text(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1])))
