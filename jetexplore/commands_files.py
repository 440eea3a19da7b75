"""One's own files from the command line: look into them, convert them, score their jets. Thin, over the library."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from jetexplore.report import report

Runner = Callable[[argparse.Namespace], int]


def inspect(parser: argparse.ArgumentParser) -> Runner:
    """Tell what is in a file of jets: layout, ranges, classes, bad jets by index, the average jet."""
    parser.epilog = """examples:
  jetexplore inspect mine.h5
  jetexplore inspect top_100k_01.h5 --pt-window 550 650 --json
  jetexplore inspect --list

The file is parsed in a process of its own, with little memory and time. Exit status: 0 sound, 1 the system failed,
2 it cannot be used (or has bad jets and --on-bad is error)."""
    parser.add_argument("file", nargs="?", metavar="FILE", help="HDF5, .npz, Parquet or ROOT; --list shows the layouts")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="JSON into a file, or instead of text")
    parser.add_argument("--list", dest="listing", action="store_true", help="show the layouts that are known")
    _reading(parser)

    def run(arguments: argparse.Namespace) -> int:
        if arguments.listing:
            return _list_layouts()
        if arguments.file is None:
            parser.error("a file is needed (or --list)")
        return _inspect(arguments)

    return run


def convert(parser: argparse.ArgumentParser) -> Runner:
    """Convert a file of jets of any known layout to our own, to Parquet or to HDF5."""
    parser.epilog = """examples:
  jetexplore convert top_100k_01.h5 Top.npz --class Top --pt-window 550 650
  jetexplore convert train.h5 tops.parquet --class Top --limit 10000
  jetexplore convert nano.root mine.h5 --which FatJet --on-bad drop

The file is parsed in a process of its own. A conversion that was stopped goes on where it was when the same command is
given again."""
    parser.add_argument("file", metavar="IN", help="HDF5, .npz, Parquet or ROOT")
    parser.add_argument("output", metavar="OUT", help="ending in .npz (our own), .parquet or .h5 (simple layout)")
    parser.add_argument("--to", metavar="LAYOUT", help="the layout to write (default: by the ending of OUT)")
    parser.add_argument(
        "--class", dest="name", metavar="NAME", help="only this class; of a file without labels its name"
    )
    parser.add_argument("--label", type=int, metavar="N", help="give all jets this label")
    parser.add_argument("--quiet", dest="progress", action="store_false", help="no progress bar")
    _reading(parser)
    return _convert


def score(parser: argparse.ArgumentParser) -> Runner:
    """Score every jet of a file, and rank it among the sample's QCD jets: one row a jet."""
    parser.epilog = """examples:
  jetexplore score mine.h5 -o mine.parquet
  jetexplore score mine.h5 --score "no training: jet mass" --score "network: vae-MSE-d3-b1e-8, Loss" -o mine.csv
  jetexplore score --list

Columns: place in the file, event, label, pt, eta, phi, mass (GeV), multiplicity, and for each score its value, the
percentile within the sample's QCD jets, and the p-value (1 + n) / (1 + N). The file is parsed in a process of its own.
A run that was stopped goes on where it was when the same command is given again, and ends in the same bytes."""
    parser.add_argument("file", nargs="?", metavar="FILE", help="HDF5, .npz, Parquet or ROOT")
    parser.add_argument(
        "--score", dest="names", metavar="NAME", action="append", default=[],
        help="by which name; may be given several times (default: Wass(1) from three QCD medoids)",
    )  # fmt: skip
    parser.add_argument("-o", "--output", metavar="OUT", help="ending in .parquet, .csv or .npz")
    parser.add_argument("--list", dest="listing", action="store_true", help="show the names of scores")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="JSON into a file, or instead of text")
    parser.add_argument("--quiet", dest="progress", action="store_false", help="no progress bar")
    _reading(parser)

    def run(arguments: argparse.Namespace) -> int:
        if arguments.listing:
            return _list_scores()
        if None in (arguments.file, arguments.output):
            parser.error("a file and -o are needed (or --list)")
        return _score(arguments)

    return run


def _reading(parser: argparse.ArgumentParser) -> None:
    more = parser.add_argument_group("reading")
    more.add_argument("--layout", metavar="NAME", help="instead of recognising it by first bytes and keys")
    more.add_argument("--which", metavar="PART", help="leading, second, both (cheng); pfcs, gens (mod); FatJet, Jet")
    more.add_argument(
        "--on-bad", default="error", choices=["error", "drop", "keep"],
        help="bad jets: refuse the file, leave them out, or keep what is good of them (default: error)",
    )  # fmt: skip
    more.add_argument("--pt-window", nargs=2, type=float, metavar=("LOW", "HIGH"), help="only LOW < pt <= HIGH GeV")
    more.add_argument("--limit", type=int, metavar="N", help="only the first N jets")
    more.add_argument("--max-constituents", type=int, default=1000, metavar="N", help="of a jet (default: 1000)")


def _options(arguments: argparse.Namespace) -> dict:
    names = ("layout", "which", "on_bad", "pt_window", "limit", "max_constituents")
    return {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}


def _limits(path: str) -> object:
    from jetexplore.jets.childparse import SECONDS, Limits

    size = Path(path).stat().st_size if Path(path).is_file() else 0
    return Limits(seconds=SECONDS + size // 1_000_000)  # a second of one core for a megabyte is slow


def _inspect(arguments: argparse.Namespace) -> int:
    from jetexplore.jets import childparse, inspection
    from jetexplore.jets.layouts import sources

    sources.family(arguments.file)  # what is no file at all is told at once
    told, _ = childparse.run("inspect", {"path": arguments.file, **_options(arguments)}, _limits(arguments.file))
    report(told, inspection.text(told), arguments.json)
    return 2 if told["bad"] and arguments.on_bad == "error" else 0


def _convert(arguments: argparse.Namespace) -> int:
    from jetexplore.jets import childparse
    from jetexplore.jets.layouts import sources

    sources.family(arguments.file)
    folder = Path(arguments.output).absolute().parent
    folder.mkdir(parents=True, exist_ok=True)
    asked = {"path": arguments.file, "output": arguments.output, "to": arguments.to, "name": arguments.name}
    asked |= {"label": arguments.label, "progress": arguments.progress, **_options(arguments)}
    try:
        told, _ = childparse.run("convert", asked, _limits(arguments.file), (folder,))
    except KeyboardInterrupt:
        print(
            f"\nstopped; finished blocks are in {arguments.output}.parts: give the same command again", file=sys.stderr
        )
        return 130
    for warning in told["warnings"]:
        print(f"jetexplore: {arguments.file}: {warning}", file=sys.stderr)
    size = Path(told["path"]).stat().st_size / 1e6
    print(f"{told['path']}: {told['jets']} jets of {arguments.file} ({told['layout']}), {size:.2f} MB")
    return 0


def _score(arguments: argparse.Namespace) -> int:
    from jetexplore.anomaly import ownsummary, scoring

    names = tuple(arguments.names) or (scoring.USUAL,)
    try:
        told = scoring.score_file(
            arguments.file, arguments.output, names, limits=_limits(arguments.file), progress=arguments.progress,
            **_options(arguments),
        )  # fmt: skip
    except KeyboardInterrupt:
        folder = f"{arguments.output}.parts"
        print(f"\nstopped; finished blocks are in {folder}: give the same command again", file=sys.stderr)
        return 130
    return report(told, ownsummary.text(told), arguments.json)


def _list_scores() -> int:
    from jetexplore.anomaly import scoring

    for line in scoring.listing():
        print(line)
    return 0


def _list_layouts() -> int:
    from jetexplore.jets import LAYOUTS

    for name, layout in LAYOUTS.items():
        written = "read, write" if layout.write else "read"
        print(f"{name:16s} {layout.title} ({written}); recognised by: {layout.needs}; tested on {layout.tested}")
        if layout.citation:
            print(f"{'':16s} {layout.citation}" + (f" ({layout.licence})" if layout.licence else ""))
    return 0
