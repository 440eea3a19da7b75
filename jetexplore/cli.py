"""What can be done from the command line? Thin commands over the library."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from jetexplore import (
    commands_completion,
    commands_dijets,
    commands_events,
    commands_explore,
    commands_files,
    commands_latent,
    commands_networks,
    commands_scores,
)
from jetexplore.errors import InputError
from jetexplore.report import report

if TYPE_CHECKING:
    from jetexplore.jets.constituents import Jets

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
    parser.add_argument("-o", "--output", metavar="FILE", help="ending in .npz (jets) or .h5 (whole events)")
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


def distances(parser: argparse.ArgumentParser) -> Runner:
    """Compute the distances of all pairs of jets into a folder, by threads or by a Dask cluster."""
    parser.epilog = """examples:
  jetexplore distances QCD.npz -o QCD.zarr
  jetexplore distances sample --class Top --metric "Wass(2)" -o Top.zarr --form condensed
  jetexplore distances QCD.npz --metric EMD -o QCD.zarr --scheduler tcp://127.0.0.1:8786

A run that was stopped goes on where it was when the same command is given again."""
    parser.add_argument("file", metavar="FILE", help="jets in any known layout, or the name of a data set")
    parser.add_argument("-o", "--output", metavar="STORE", required=True, help="the folder to write, a zarr array")
    parser.add_argument("--class", dest="name", metavar="NAME", help="which jets, if there are several classes")
    parser.add_argument("--split", default="test", help="of a data set (default: test)")
    parser.add_argument("-n", type=int, metavar="N", help="only the first jets (default: all)")
    parser.add_argument("--metric", default="Wass(1)", help="such as MAE, Wass(2) or EMD (default: Wass(1))")
    parser.add_argument("--width", type=float, default=3.2, help="side of an image in rad (default: 3.2)")
    parser.add_argument("--tile", type=int, default=1024, metavar="N", help="rows of a tile (default: 1024)")
    parser.add_argument("--threads", type=int, metavar="N", help="for one tile (default: all cores; on a cluster 1)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster that sees the folder")
    parser.add_argument("--form", choices=["square", "condensed"], help="write them in one piece, too")
    parser.add_argument("--quiet", dest="progress", action="store_false", help="no progress bar")
    return _distances


def precompute(parser: argparse.ArgumentParser) -> Runner:
    """Compute what the explorer shows first and keep it in data/results, after the sample has changed."""
    parser.add_argument("--quiet", dest="progress", action="store_false", help="no progress bar")

    def run(arguments: argparse.Namespace) -> int:
        from jetexplore.anomaly import namedscores, networkscores, plane, study
        from jetexplore.files import data_dir
        from jetexplore.views import autoencoders

        if not os.access(data_dir(), os.W_OK):
            raise InputError("E_FOLDER", "a folder where nothing can be written", "one to write to", str(data_dir()))
        os.environ["JETEXPLORE_CACHE"] = str(data_dir())  # results go to results/ below it
        study.precompute(progress=arguments.progress)
        plane.stability()
        networkscores.precompute([autoencoders.usual()], progress=arguments.progress)
        namedscores.precompute()
        return 0

    return run


def bench(parser: argparse.ArgumentParser) -> Runner:
    """Time our kernels against their peers in one interleaved run: one thread, processor time, the committed jets."""
    parser.epilog = """examples:
  jetexplore bench transport --json transport.json --plots pictures
  jetexplore bench transport --only kernel,nearest --rounds 9
  jetexplore bench transport --only certify --certify 1000000 --pot 1
  jetexplore bench images --json
  jetexplore bench files
  jetexplore bench losses --quick
  jetexplore bench networks
  jetexplore bench edgeconv
  jetexplore bench explorer --only start,select --rounds 20 --json explorer.json"""
    parser.add_argument(
        "what", choices=["transport", "images", "files", "losses", "networks", "edgeconv", "explorer"],
        help="Wass(p) against POT and wasserstein, jet images against energyflow, how each layout of files is read, "
        "training losses against GeomLoss, "
        "autoencoders against the same layers in plain float32, those of particles against PyTorch Geometric, "
        "or the explorer against a bare page of Panel in Chromium",
    )  # fmt: skip
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="JSON into a file, or instead of a table")
    more = parser.add_argument_group("transport, and where others are named")
    more.add_argument(
        "--only",
        metavar="SECTIONS",
        help="of kernel,nearest,threads,size,first,dask,certify (first five); explorer: of start,"
        "select,light,pair,lasso,payload,large,memory,server",
    )
    more.add_argument("--dask", action="store_true", help="tiles on a Dask cluster of this machine, too")
    more.add_argument("--certify", type=int, metavar="PAIRS", help="certificates of so many pairs, too")
    more.add_argument("--pot", type=float, metavar="PART", help="part of those solved again by POT (default: 0.01)")
    more.add_argument("--rounds", type=int, metavar="N", help="rounds of short measurements (default: 5; explorer: 20)")
    more.add_argument("--plots", metavar="FOLDER", help="draw how the time grows, as PNG and SVG")
    more.add_argument(
        "--quick", action="store_true", help="a few of everything, to see that it runs; losses, networks, explorer, too"
    )
    more.add_argument("--quiet", dest="progress", action="store_false", help="no progress bar")

    def run(arguments: argparse.Namespace) -> int:
        chosen = {
            "transport": _bench_transport, "images": _bench_images, "files": _bench_files, "losses": _bench_losses,
            "networks": _bench_networks, "edgeconv": _bench_edgeconv,
            "explorer": commands_explore.bench_explorer,
        }  # fmt: skip
        return chosen[arguments.what](arguments)

    return run


# a command is a function that adds its options to a parser and gives what to run; its docstring is its help
COMMANDS: dict[str, Callable[[argparse.ArgumentParser], Runner]] = {
    "explore": commands_explore.explore,
    "gallery": commands_explore.gallery,
    "generate": generate,
    "fetch": commands_events.fetch,
    "inspect": commands_files.inspect,
    "convert": commands_files.convert,
    "score": commands_files.score,
    "mix": commands_events.mix,
    "cluster": commands_events.cluster,
    "distances": distances,
    "train": commands_networks.train,
    "table": commands_networks.table,
    "latent": commands_latent.latent,
    "scores": commands_scores.scores,
    "dijets": commands_dijets.dijets,
    "precompute": precompute,
    "bench": bench,
    "completion": commands_completion.completion,
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
        epilog="The explorer is opened by 'jetexplore explore', or by: panel serve apps/explorer.py --show",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        line = (command.__doc__ or "").strip()
        sub = commands.add_parser(
            name, help=line, description=line, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        sub.set_defaults(run=command(sub), parser=parser)
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


def _distances(arguments: argparse.Namespace) -> int:
    from jetexplore.distances import allpairs, matrices, metrics, tiles

    metric = metrics.metric(arguments.metric)
    x = _chosen_jets(arguments)
    if metric.inputs == "images":
        from jetexplore import jets

        x = jets.images(x, width=arguments.width)
    options = {"width": arguments.width} if "width" in allpairs.parameters(metric) else {}
    try:
        with commands_events.dask_cluster(arguments.scheduler) as client:
            made = matrices.pairwise(
                x, arguments.metric, out=arguments.output, client=client, tile=arguments.tile,
                progress=arguments.progress, threads=arguments.threads, **options,
            )  # fmt: skip
    except KeyboardInterrupt:
        folder = arguments.output
        print(f"\nstopped; finished tiles are in {folder}: give the same command again to go on", file=sys.stderr)
        return 130
    said = "" if made.gap is None else f", largest gap {made.gap:.1e}, {made.fallbacks} solved by POT"
    print(f"{made.path}: {made.pairs} pairs in {made.total} tiles{said}")
    if arguments.form:
        print(tiles.read(made.path, arguments.form).filename)
    return 0


def _chosen_jets(arguments: argparse.Namespace) -> Jets:
    from jetexplore import jets
    from jetexplore.errors import choose

    classes = jets.load(arguments.file, arguments.split)
    name = next(iter(classes)) if len(classes) == 1 and arguments.name is None else arguments.name
    found = classes[choose("--class", name, classes, "E_CLASS")]
    if arguments.n is not None and not 0 < arguments.n <= len(found):
        raise InputError("E_RANGE", f"-n {arguments.n}", f"1 to {len(found)}, the number of jets")
    return found[: arguments.n]


def _bench_images(arguments: argparse.Namespace) -> int:
    from jetexplore import jets
    from jetexplore.distances.suite import table
    from jetexplore.jets.benchmark import benchmark_images

    rows = [{"jets": name, **benchmark_images(some[:1000])._asdict()} for name, some in jets.load().items()]
    return report(rows, table(rows), arguments.json)


def _bench_files(arguments: argparse.Namespace) -> int:
    from jetexplore.jets import filebench

    rows = filebench.benchmark_files(filebench.QUICK if arguments.quick else filebench.FULL)
    return report([row._asdict() for row in rows], filebench.text(rows), arguments.json)


def _bench_losses(arguments: argparse.Namespace) -> int:
    from jetexplore.distances.suite import table
    from jetexplore.models import lossbench

    rows = lossbench.benchmark_losses(lossbench.QUICK if arguments.quick else lossbench.FULL, arguments.progress)
    return report(rows, table(rows), arguments.json)


def _bench_networks(arguments: argparse.Namespace) -> int:
    from jetexplore.distances.suite import table
    from jetexplore.models import networkbench

    extent = networkbench.QUICK if arguments.quick else networkbench.FULL
    rows = networkbench.benchmark_networks(extent, arguments.progress)
    return report(rows, table(rows), arguments.json)


def _bench_edgeconv(arguments: argparse.Namespace) -> int:
    from jetexplore.distances.suite import table
    from jetexplore.models import edgebench

    extent = edgebench.QUICK if arguments.quick else edgebench.FULL
    rows = edgebench.benchmark_edgeconv(extent, arguments.progress)
    return report(rows, table(rows), arguments.json)


def _bench_transport(arguments: argparse.Namespace) -> int:
    from jetexplore.distances import suite

    sections = arguments.only.split(",") if arguments.only else list(suite.USUAL)
    asked = {"size": arguments.plots, "dask": arguments.dask, "certify": arguments.certify}
    sections += [name for name, value in asked.items() if value and name not in sections]
    given = {name: getattr(arguments, name) for name in ("certify", "pot", "rounds")}
    extent = suite.QUICK if arguments.quick else suite.FULL
    extent = extent._replace(**{name: value for name, value in given.items() if value is not None})
    record = suite.run(sections, extent, arguments.progress)
    done = report(record, suite.text(record), arguments.json)
    if arguments.plots:
        from jetexplore.views.benchmarks import save

        save(record["tables"], arguments.plots)
    return done


if __name__ == "__main__":
    sys.exit(main())
