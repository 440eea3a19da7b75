"""What can be done from the command line? Thin commands over the library."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Callable, Sequence

from jetexplore.errors import InputError

Runner = Callable[[argparse.Namespace], int]


def generate(parser: argparse.ArgumentParser) -> Runner:
    """Simulate jets into a file: Pythia 8, detector response, anti-kT R = 1.0, a window on pt."""
    parser.epilog = """examples:
  jetexplore generate --list
  jetexplore generate QCD -n 100000 --seed 1 --workers 2 -o QCD.npz
  jetexplore generate W -n 500 --seed 2 -o W.npz --no-detector --setting "PartonLevel:MPI = off"

A run that was stopped goes on where it was when the same command is given again."""
    parser.add_argument("process", nargs="?", metavar="PROCESS", help="such as QCD, Top or W; --list shows all")
    parser.add_argument("-n", type=int, help="jets inside the window (events, for the LHCO processes)")
    parser.add_argument("-o", "--output", metavar="FILE", help="the file to write, ending in .npz")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="same seed, same bytes (default: 1)")
    parser.add_argument("--workers", type=int, metavar="N", help="cores to use (default: all)")
    parser.add_argument("--no-detector", dest="detector", action="store_false", help="keep the particles as they are")
    parser.add_argument(
        "--setting", dest="settings", metavar="'NAME = VALUE'", action="append", default=[],
        help="a further Pythia setting; may be given several times",
    )  # fmt: skip
    parser.add_argument("--list", dest="listing", action="store_true", help="show the processes and their windows")
    parser.add_argument("--quiet", dest="progress", action="store_false", help="no progress bar")

    def run(arguments: argparse.Namespace) -> int:
        if arguments.listing:
            return _list_processes()
        if None in (arguments.process, arguments.n, arguments.output):
            parser.error("a process, -n and -o are needed (or --list)")
        return _generate(arguments)

    return run


def precompute(parser: argparse.ArgumentParser) -> Runner:
    """Compute what the explorer shows first and keep it in data/results, after the sample has changed."""
    parser.add_argument("--quiet", dest="progress", action="store_false", help="no progress bar")

    def run(arguments: argparse.Namespace) -> int:
        from jetexplore.anomaly import study
        from jetexplore.files import data_dir

        if not os.access(data_dir(), os.W_OK):
            raise InputError("E_FOLDER", "a folder where nothing can be written", "one to write to", str(data_dir()))
        os.environ["JETEXPLORE_CACHE"] = str(data_dir())  # results go to results/ below it
        study.precompute(progress=arguments.progress)
        return 0

    return run


def bench(parser: argparse.ArgumentParser) -> Runner:
    """Time our kernels against their peers in one interleaved run: one thread, processor time, the committed jets."""
    parser.epilog = """examples:
  jetexplore bench transport
  jetexplore bench images --json"""
    parser.add_argument(
        "what", choices=["transport", "images"],
        help="Wass(p) against POT, or jet images against energyflow; times in microseconds a pair or a jet",
    )  # fmt: skip
    parser.add_argument("--json", dest="as_json", action="store_true", help="print JSON instead of a table")

    def run(arguments: argparse.Namespace) -> int:
        rows = _bench_images() if arguments.what == "images" else _bench_transport()
        if arguments.as_json:
            print(json.dumps(rows, indent=1))
            return 0
        titles = list(rows[0])
        print("  ".join(f"{title:>14s}" for title in titles))
        for row in rows:
            print("  ".join(f"{_short(row[title]):>14s}" for title in titles))
        return 0

    return run


# a command is a function that adds its options to a parser and gives what to run; its docstring is its help
COMMANDS: dict[str, Callable[[argparse.ArgumentParser], Runner]] = {
    "generate": generate,
    "precompute": precompute,
    "bench": bench,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``jetexplore``.

    Parameters
    ----------
    argv : sequence of str, optional
        The words after ``jetexplore``; those of the process by default.

    Returns
    -------
    int
        Exit code: 0 done, 1 the system failed, 2 wrong input, 130 interrupted.

    Examples
    --------
    >>> main(["generate", "Higgs", "-n", "1", "-o", "H.npz"])
    2
    """
    parser = argparse.ArgumentParser(
        prog="jetexplore",
        description="Is this jet unlike the others, and how would I know?",
        epilog="The explorer itself is opened by: panel serve apps/explorer.py --show",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        line = (command.__doc__ or "").strip()
        sub = commands.add_parser(
            name, help=line, description=line, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        sub.set_defaults(run=command(sub))
    arguments = parser.parse_args(argv)
    try:
        return arguments.run(arguments)
    except (InputError, FileNotFoundError) as error:
        print(f"jetexplore: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # disk full, a worker that died
        print(f"jetexplore: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("jetexplore: interrupted", file=sys.stderr)
        return 130


def _list_processes() -> int:
    from jetexplore.jets.processes import PROCESSES

    for name, process in PROCESSES.items():
        low, high = process.window
        window = f"{low:g} < pt <= {high:g} GeV" if math.isfinite(high) else f"pt > {low:g} GeV"
        print(f"{name:16s} {process.description}; leading jet {window}")
    return 0


def _generate(arguments: argparse.Namespace) -> int:
    from jetexplore.jets.generation import generate, parts_folder

    try:
        path = generate(
            arguments.process,
            arguments.n,
            arguments.seed,
            arguments.output,
            arguments.workers,
            arguments.detector,
            arguments.settings,
            arguments.progress,
        )
    except KeyboardInterrupt:
        folder = parts_folder(arguments.output)
        print(f"\nstopped; finished batches are in {folder}: give the same command again to go on", file=sys.stderr)
        return 130
    print(f"{path}: {arguments.n} x {arguments.process}, {path.stat().st_size / 1e6:.2f} MB")
    return 0


def _short(value: object) -> str:
    if isinstance(value, tuple):
        return " x ".join(map(_short, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _bench_images() -> list[dict]:
    from jetexplore import jets
    from jetexplore.jets.benchmark import benchmark_images

    return [{"jets": name, **benchmark_images(some[:1000])._asdict()} for name, some in jets.load().items()]


def _bench_transport() -> list[dict]:
    from jetexplore import anomaly, distances
    from jetexplore.distances.benchmark import benchmark_transport

    images = anomaly.images()
    average = distances.average(images["QCD"])
    cases = {"QCD": (images["QCD"][:1000], None), "Top": (images["Top"][:1000], None)}
    rows = [{"jets": name, **row} for name, case in cases.items() for row in benchmark_transport(*case)]
    case = benchmark_transport(images["QCD"][:300], average, n_pairs=200, rounds=3)
    return rows + [{"jets": "QCD x average", **row} for row in case]


if __name__ == "__main__":
    sys.exit(main())
