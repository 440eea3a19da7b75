"""What a reader that was taken over might do, for the tests of child processes."""

import ctypes
import subprocess
from pathlib import Path

import numpy as np


def read(path, how):
    if how == "memory":
        return {"sum": np.ones(1 << 30).sum()}, {}
    if how == "time":
        while True:
            pass
    if how == "crash":
        ctypes.string_at(0)
    if how == "write":
        (Path(path) / "written").write_text("x")
    if how == "start":
        subprocess.run(["touch", str(Path(path) / "started")], check=True)
    return {}, {}
