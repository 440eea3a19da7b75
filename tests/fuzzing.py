"""Damaged files by the thousand: they are read in workers with limits, and what came of it is counted.

python tests/fuzzing.py FORMAT[,FORMAT] COUNT [SEED] [MINUTES]
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import resource
import signal
import struct
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from mutations import mutated
from soundfiles import FORMATS, seeds

from jetexplore import jets
from jetexplore.errors import InputError

MEMORY = 1 << 30  # bytes of addresses over what is used before
FAT = 300 << 10  # KiB over what was used before
SECONDS = 10  # of one core; longer is called a hang
SLOW = 2.0
# same: as the sound file; value: as the sound file with the changed numbers alone, which nothing protects; edited: what is
# inside was changed and the file written anew; silent: other jets than that, without a word
OUTCOMES = ("none", "refused", "same", "value", "edited", "silent", "other", "crash", "hang", "fat", "escaped")
CODE = {name: k for k, name in enumerate(OUTCOMES)}
WRONG = ("other", "crash", "hang", "fat", "escaped")


def result(path):
    """All that is read of a file, to compare."""
    if path.suffix == ".safetensors":
        from jetexplore.models import weightfile

        found = weightfile.read(path)
        return [
            (key, array.dtype.str, array.shape, array.tobytes()) for key, array in sorted(found.weights.items())
        ], found.card
    found = jets.read(path)
    some = found.jets
    assert np.isfinite(some.pt).all()
    assert np.isfinite(some.eta).all()
    assert np.isfinite(some.phi).all()
    assert (some.pt > 0).all()
    assert some.offsets[0] == 0
    assert some.offsets[-1] == len(some.pt)
    assert (np.diff(some.offsets) > 0).all()
    assert found.label is None or len(found.label) == len(some)
    label = None if found.label is None else found.label.tolist()
    return some.pt.tobytes(), some.eta.tobytes(), some.phi.tobytes(), some.offsets.tolist(), label, found.event.tolist()


def _watch(allowed, escapes):
    quiet = {"os.system", "os.exec", "os.fork", "os.posix_spawn", "subprocess.Popen", "socket.connect", "socket.getaddrinfo",
             "pickle.find_class", "os.remove", "os.rename", "shutil.rmtree"}  # fmt: skip

    def watch(event, given):
        if event == "open" and isinstance(given[2], int) and given[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            if not isinstance(given[0], int) and not os.fspath(given[0]).startswith(allowed) and given[0] != os.devnull:
                escapes.append((event, repr(given[0])))
        elif event in quiet:
            escapes.append((event, repr(given)[:200]))

    sys.addaudithook(watch)


def _work(name, seed, first, last, outcomes, progress, folder, log):
    """Run cases in this process, which may not come to its end."""
    ending = FORMATS[name][0]
    # of files within the folder of the format, by one name: messages are the same
    sound, path = {}, folder / f"case-{os.getpid()}.{ending}"

    def read(content):
        path.write_bytes(content)
        return result(path)

    for one in seeds(name):
        sound[one.content] = read(one.content)
        with contextlib.suppress(InputError):
            read(one.content[:-1])
    escapes: list = []
    _watch(str(folder), escapes)
    used = int(
        next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmSize")).split()[
            1
        ]
    )
    resource.setrlimit(resource.RLIMIT_AS, ((used << 10) + MEMORY,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for k in range(first, last):
        content, allowed = mutated(name, seed, k)
        progress[0:8] = struct.pack("<q", k)
        began, told = time.process_time(), ""
        try:
            found = read(content)
            if allowed is None:
                outcome = "edited"
            elif allowed in sound:
                outcome = "same" if found == sound[allowed] else "silent"
            else:
                with contextlib.suppress(InputError):
                    outcome = "silent"
                    outcome = "value" if found == read(allowed) else "silent"
        except InputError as error:
            outcome = "refused"
            if error.code == "E_CRASH" or not str(error).isprintable():
                told = str(error)
        except BaseException as error:  # noqa: BLE001  whatever comes is what is looked for
            import traceback

            outcome, told = "other", f"{error!r} {traceback.format_exc()[-600:]}"
        took = time.process_time() - began
        if escapes:
            outcome, told = "escaped", repr(escapes)
            escapes.clear()
        fat = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base > FAT
        if fat:
            outcome = "fat"
        outcomes[k] = CODE[outcome]
        if outcome in WRONG or told or took > SLOW:
            with log.open("a") as stream:
                stream.write(json.dumps([name, seed, k, outcome, round(took, 2), told]) + "\n")
        if fat:
            break
    path.unlink()


def _seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(name, count, seed=0, until=None, batch=2000, folder=None):
    """Run cases in forked workers: counts by outcome, and what was written down of those that went wrong."""
    outcomes, progress = mmap.mmap(-1, max(count, 1)), mmap.mmap(-1, 8)
    seeds(name)
    base = Path(folder or tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    log = base / "log.jsonl"
    log.touch()
    first = 0
    while first < count and (until is None or time.monotonic() < until):
        last = min(first + batch, count)
        progress[0:8] = struct.pack("<q", first)
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                with Path(os.devnull).open("w") as null:
                    os.dup2(null.fileno(), 1)
                    if "FUZZ_DEBUG" not in os.environ:
                        os.dup2(null.fileno(), 2)
                _work(name, seed, first, last, outcomes, progress, base, log)
                code = 0
            finally:
                if code and "FUZZ_DEBUG" in os.environ:
                    import traceback

                    traceback.print_exc()
                os._exit(code)
        at, since = -1, 0.0
        while True:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                break
            here = struct.unpack("<q", progress[0:8])[0]
            used = _seconds(pid)
            if here != at:
                at, since = here, used
            elif used - since > SECONDS:
                outcomes[here] = CODE["hang"]
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                status = None
                break
            time.sleep(0.02)
        here = struct.unpack("<q", progress[0:8])[0]
        if status is None or (os.WIFSIGNALED(status) and outcomes[here] == 0):
            outcomes[here] = outcomes[here] or CODE["crash"]
            with log.open("a") as stream:
                stream.write(json.dumps([name, seed, here, OUTCOMES[outcomes[here]], 0, repr(status)]) + "\n")
            first = here + 1
        elif status:
            if outcomes[here] == 0:
                outcomes[here] = CODE["other"]
                with log.open("a") as stream:
                    stream.write(json.dumps([name, seed, here, "other", 0, f"status {status}"]) + "\n")
            first = here + 1
        else:
            first = here + 1 if OUTCOMES[outcomes[here]] == "fat" else last
    counts = {title: outcomes[:count].count(bytes([k])) for title, k in CODE.items()}
    silent = [k for k in range(count) if outcomes[k] == CODE["silent"]]
    told = [json.loads(line) for line in log.read_text().splitlines()]
    for left in base.glob("case-*"):
        left.unlink()
    if folder is None:
        log.unlink()
        base.rmdir()
    return {title: n for title, n in counts.items() if n}, told, silent


if __name__ == "__main__":
    names = list(FORMATS) if sys.argv[1] == "all" else sys.argv[1].split(",")
    number, start = int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0
    minutes = float(sys.argv[4]) if len(sys.argv) > 4 else None
    for title in names:
        began, cpu = time.monotonic(), sum(os.times()[:4])
        counts, told, silent = run(title, number, start, None if minutes is None else began + 60 * minutes)
        for line in told:
            print("   ", json.dumps(line)[:1000], flush=True)
        rate = (number - counts.get("none", 0)) / max(sum(os.times()[:4]) - cpu, 1e-9)
        print(
            json.dumps(
                {
                    "format": title,
                    **counts,
                    "per_core_s": round(rate, 1),
                    "wall_s": round(time.monotonic() - began, 1),
                    "silent_first": silent[:30],
                }
            ),
            flush=True,
        )
