"""A server in a process of its own, for measurements: started, waited for, looked at, and ended."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from jetexplore.errors import InputError

PATIENCE = 120.0  # s until a server must answer
COUNTED = ("--plugins", "jetexplore.views.bench.counting")


class Served(NamedTuple):
    """A server that answers."""

    url: str  # of its page
    process: psutil.Process
    began: float  # time.perf_counter() when the process was started


def free_port() -> int:
    """Find a port that nothing listens on.

    Returns
    -------
    int
        On this machine.

    Examples
    --------
    >>> 1024 < free_port() < 65536
    True
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served(
    app: Path | None = None, options: Sequence[str] = (), environment: dict[str, str] | None = None
) -> Iterator[Served]:  # fmt: skip
    """Serve until the end of the block.

    Parameters
    ----------
    app : pathlib.Path, optional
        Served by ``panel serve``; without it ``jetexplore explore`` serves the explorer.
    options : sequence of str
        Further words of the command.
    environment : dict, optional
        Further variables.

    Yields
    ------
    Served
        Once it listens.

    Raises
    ------
    InputError
        ``E_SERVER`` if it does not.
    """
    port = free_port()
    words = ["jetexplore.cli", "explore", "--no-show"] if app is None else ["panel", "serve", str(app)]
    command = [sys.executable, "-m", *words, "--port", str(port), *options]
    with tempfile.TemporaryFile("w+") as said:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=said, stderr=said, env={**os.environ, **(environment or {})})
        try:
            while not _answers(port):
                if process.poll() is not None or time.perf_counter() - began > PATIENCE:
                    said.seek(0)
                    raise InputError("E_SERVER", f"no server: {said.read()[-300:]}", f"one within {PATIENCE:.0f} s")
                time.sleep(0.02)
            name = "explorer" if app is None else app.stem
            yield Served(f"http://localhost:{port}/{name}", psutil.Process(process.pid), began)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def busy(process: psutil.Process, seconds: float) -> float:
    """Measure how many processors a process keeps busy.

    Parameters
    ----------
    process : psutil.Process
        Which one.
    seconds : float
        How long.

    Returns
    -------
    float
        1 for one processor all the time.

    Examples
    --------
    >>> busy(psutil.Process(), 0.05) < 8
    True
    """
    before = sum(process.cpu_times()[:2])
    time.sleep(seconds)
    return (sum(process.cpu_times()[:2]) - before) / seconds


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
