"""Stores of all pairs: small images for them, what they hold, and runs of their own that can be killed."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from jetexplore.errors import InputError

KEPT = ("zarr.json", "inputs.npz", "c", "certificates")  # what must come out the same


def some_images(n, seed=0, npix=12):
    rng = np.random.default_rng(seed)
    images = rng.random((n, npix, npix)) * (rng.random((n, npix, npix)) < 0.2)
    images[:, npix // 2, npix // 2] += 0.5
    return (images / images.sum((1, 2), keepdims=True)).astype(np.float32)


def content(path):
    """Give every file of a store but its lock and its views."""
    files = [file for file in path.rglob("*") if file.is_file()]
    return {str(file.relative_to(path)): file.read_bytes() for file in files if file.relative_to(path).parts[0] in KEPT}


def leftovers(path):
    return [file.name for file in path.rglob(".partial-*")]


def flip(path, at, bit):
    raw = bytearray(path.read_bytes())
    raw[at % len(raw)] ^= 1 << bit
    path.write_bytes(raw)


def caught_code(call, *arguments, **options):
    with pytest.raises(InputError) as caught:
        call(*arguments, **options)
    assert "\n" not in str(caught.value)
    return caught.value.code


PROGRAM = """
import json, os, resource, signal, sys
import numpy as np
from jetexplore import distances
signal.signal(signal.SIGINT, signal.SIG_DFL)
images = np.load(sys.argv[1])
distances.pairwise(images[:30], "Wass(1)", out=sys.argv[1] + ".warm", tile=20, threads=1)
def say(*words):
    os.write(1, (json.dumps(words) + "\\n").encode())  # in one piece: others write there, too
say("ready")
for line in sys.stdin:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
    path, limit = json.loads(line)
    child = os.fork()
    if not child:
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        try:
            distances.pairwise(images, "Wass(1)", out=path, tile=20, threads=1)
        except distances.tiles.InputError as error:
            say("failed", error.code, str(error))
        os._exit(0)
    say("begun", child)
    if limit is None:
        continue
    os.waitpid(child, 0)
    say("ended", child)
"""


class Runner:
    """Runs that begin at once: each is forked from a process that has compiled and imported everything."""

    def __init__(self, images, folder):
        np.save(folder / "images.npy", images)
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder / "images.npy")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.hear("ready") == [["ready"]]

    def say(self, path, limit):
        self.process.stdin.write(json.dumps([str(path), limit]) + "\n")
        self.process.stdin.flush()

    def hear(self, wanted):
        """Give what comes before the message ``wanted``, and that."""
        heard = []
        while not heard or heard[-1][0] != wanted:
            heard.append(json.loads(self.process.stdout.readline()))
        return heard

    def begin(self, path):
        self.say(path, None)
        return self.hear("begun")[-1][1]

    def run(self, path, limit=0):
        self.say(path, limit)
        return [message for message in self.hear("ended") if message[0] == "failed"]
