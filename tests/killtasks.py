"""Convert in forked children that are killed, at every call that writes and at random moments; told as JSON.

python tests/killtasks.py SOURCE KILLS_AT_RANDOM
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from jetexplore.errors import InputError
from jetexplore.jets import conversion
from jetexplore.jets.layouts import reading

WRITES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree", "tempfile.mkstemp", "tempfile.mkdtemp"}
ROWS = 4  # jets of a block


def forked(task):
    """Run a task in a child: what it gave, and whether it was killed."""
    reading_end, writing_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writing_end, json.dumps(task()).encode())
        finally:
            os._exit(0)
    os.close(writing_end)
    return pid, reading_end


def ended(pid, pipe):
    with os.fdopen(pipe, "rb") as stream:
        text = stream.read()
    _, status = os.waitpid(pid, 0)
    return (json.loads(text) if text else None), os.WIFSIGNALED(status)


def convert(source, output):
    """Convert, and count the blocks that were looked at."""
    looked, real = [], reading.check

    def counting(raw, *given):
        looked.append(1)
        return real(raw, *given)

    reading.check = counting
    try:
        conversion.convert(source, output, rows=ROWS)
        said = "done"
    except InputError as error:
        said = error.code
    return said, len(looked)


def watched(task, at=None):
    """Count the calls that write; before that of number ``at`` the process is killed."""
    seen = [0]

    def count():
        seen[0] += 1
        if seen[0] == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(event, given):
        if event in WRITES or (event == "open" and isinstance(given[2], int) and given[2] & (os.O_WRONLY | os.O_RDWR)):
            count()

    sync = os.fsync
    os.fsync = lambda handle: (count(), sync(handle))[1]
    sys.addaudithook(watch)
    return (*task(), seen[0])


def summary(folder, output):
    return {
        "bytes": hashlib.sha256(output.read_bytes()).hexdigest() if output.exists() else "",
        "left": sorted(one.name for one in folder.iterdir()),
    }


def again(source, folder, output, killed):
    """Ask for the same again; a file that is there is whole."""
    (said, looked), _ = ended(*forked(lambda: convert(source, output)))
    return {"killed": killed, "said": said, "again": looked, **summary(folder, output)}


def small(source, output, size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return convert(source, output)


def closed(source, output):
    os.seteuid(65534)
    return convert(source, output)[0]


def main(source, n):
    told, draw = {}, random.Random(3)
    memory = Path("/dev/shm")  # where there is nothing to wait for
    base = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    base.chmod(0o755)  # also for the other user, who may read but not write
    source = Path(shutil.copy(source, base / source.name))
    source.chmod(0o644)
    try:
        for ending in ("npz", "parquet", "h5"):
            convert(source, base / f"warm.{ending}")  # so that not every child imports and compiles
        for ending in ("npz", "parquet", "h5"):

            def fresh(name, ending=ending):
                folder = base / f"{ending}-{name}"
                folder.mkdir()
                return folder, folder / f"out.{ending}"

            folder, output = fresh("plain")
            began = time.monotonic()
            (said, blocks, calls), _ = ended(*forked(lambda output=output: watched(lambda: convert(source, output))))
            took = time.monotonic() - began
            assert said == "done", said
            writes, times, races, sizes = [], [], [], []
            for k in range(1, calls + 1):
                folder, output = fresh(f"write{k}")
                _, killed = ended(*forked(lambda output=output, k=k: watched(lambda: convert(source, output), k)))
                writes.append(again(source, folder, output, killed))
            for k in range(n):
                folder, output = fresh(f"time{k}")
                child = forked(lambda output=output: convert(source, output))
                time.sleep(draw.uniform(0, took))
                os.kill(child[0], signal.SIGKILL)
                times.append(again(source, folder, output, ended(*child)[1]))
            for k in range(5):
                folder, output = fresh(f"race{k}")
                some = [forked(lambda output=output: convert(source, output)) for _ in range(2)]
                races.append({"said": [ended(*one)[0][0] for one in some], **summary(folder, output)})
            folder, output = fresh("full")
            after = []
            for size in (100, 1500):  # not even a manifest; not a block
                sizes.append(ended(*forked(lambda output=output, size=size: small(source, output, size)))[0][0])
                after.append(sorted(one.name for one in folder.iterdir()))
            full = {**again(source, folder, output, False), "said": sizes, "after": after}
            folder, output = fresh("closed")
            folder.chmod(0o555)
            shut = (
                {"said": ended(*forked(lambda output=output: closed(source, output)))[0]} if os.geteuid() == 0 else {}
            )
            shut["left"] = summary(folder, output)["left"]
            told[ending] = {"plain": summary(*fresh_of(base, ending))["bytes"], "blocks": blocks, "writes": writes,
                            "times": times, "races": races, "full": full, "closed": shut}  # fmt: skip
    finally:
        shutil.rmtree(base)
    print(json.dumps(told))


def fresh_of(base, ending):
    return base / f"{ending}-plain", base / f"{ending}-plain" / f"out.{ending}"


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
