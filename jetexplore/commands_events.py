"""Whole events from the command line: fetch, mix, cluster. Thin commands over the library."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable

from jetexplore.errors import InputError

Runner = Callable[[argparse.Namespace], int]


def fetch(parser: argparse.ArgumentParser) -> Runner:
    """Download public data sets into the cache, checked; a download that was cut goes on."""
    parser.epilog = """examples:
  jetexplore fetch --list
  jetexplore fetch lhco-rd
  jetexplore fetch lhco-box1 -o data
  jetexplore fetch jetnet

Behind a proxy: HTTPS_PROXY. Offline: it says what to download by hand, and where to put it."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="such as lhco-rd or jetnet; --list shows all")
    parser.add_argument("-o", "--output", metavar="FOLDER", help="where to keep the files (default: the cache)")
    parser.add_argument("--list", dest="listing", action="store_true", help="show what there is, and from where")
    parser.add_argument("--quiet", dest="progress", action="store_false", help="no progress bar")

    def run(arguments: argparse.Namespace) -> int:
        from jetexplore.jets import downloads

        if arguments.listing:
            for name, found in downloads.DOWNLOADS.items():
                print(f"{name:18s} {found.description} ({found.licence})")
                print(f"{'':18s} {found.citation}")
                print("\n".join(f"{'':18s} {remote.url}" for remote in found.files))
            return 0
        if arguments.name is None:
            parser.error("a name is needed (or --list)")
        for found in downloads.fetch(arguments.name, arguments.output, arguments.progress):
            told = "as known" if found.known else "kept, to be checked from now on"
            print(f"{found.path}: {found.path.stat().st_size / 1e6:.2f} MB, {found.checksum} ({told})")
        return 0

    return run


def mix(parser: argparse.ArgumentParser) -> Runner:
    """Mix signal events at random places into background: a black box of one's own, with its key."""
    parser.epilog = """examples:
  jetexplore mix background.h5 -o empty.h5 -n 100000
  jetexplore mix background.h5 --signal box1.h5 834 -o box.h5 --masterkey box.masterkey
  jetexplore mix background.h5 --signal a.h5 500 --signal b.h5 500 -o mixed.h5 --labelled"""
    parser.add_argument("background", metavar="FILE", help="events; of a labelled file those of label 0")
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="the file to write")
    parser.add_argument(
        "--signal", dest="signals", nargs=2, metavar=("FILE", "N"), action="append", default=[],
        help="take so many events of a file; may be given twice",
    )  # fmt: skip
    parser.add_argument("-n", type=int, metavar="N", help="background events (default: all)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="same seed, same bytes (default: 1)")
    parser.add_argument("--labelled", action="store_true", help="write the labels as the last column, too")
    parser.add_argument("--masterkey", metavar="FILE", help="write the labels into a file of their own")

    def run(arguments: argparse.Namespace) -> int:
        from jetexplore.jets.mixing import mix_events

        if any(not count.isdecimal() for _, count in arguments.signals):
            parser.error("--signal takes a file and a whole number")
        signals = {path: int(count) for path, count in arguments.signals}
        if len(signals) < len(arguments.signals):
            parser.error("--signal takes each file once")
        made = mix_events(
            arguments.output, arguments.background, signals, arguments.seed, arguments.labelled, arguments.masterkey,
            arguments.n,
        )  # fmt: skip
        told = "".join(f", {count} of {path}" for path, count in made.signals.items())
        print(f"{made.path}: {made.background} background events{told}, {made.path.stat().st_size / 1e6:.2f} MB")
        return 0

    return run


def cluster(parser: argparse.ArgumentParser) -> Runner:
    """Cluster whole events with anti-kT, R = 1.0, and keep the two leading jets: all cores, or a Dask cluster."""
    parser.epilog = """examples:
  jetexplore cluster events_anomalydetection_v2.h5 -o jets.npz
  jetexplore cluster events_LHCO2020_BlackBox1.h5 --masterkey events_LHCO2020_BlackBox1.masterkey -o box1.npz
  jetexplore cluster background.h5 -o jets.npz --scheduler tcp://127.0.0.1:8786

A run that was stopped goes on where it was when the same command is given again."""
    parser.add_argument("file", metavar="FILE", help="events in the layout of the LHC Olympics")
    parser.add_argument("-o", "--output", metavar="JETS", required=True, help="the file to write, ending in .npz")
    parser.add_argument("--workers", type=int, metavar="N", help="cores to use (default: all)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster that sees the files")
    parser.add_argument("--masterkey", metavar="FILE", help="labels of a black box")
    parser.add_argument("--pt-min", type=float, default=200.0, metavar="GEV", help="of both jets (default: 200)")
    parser.add_argument("--start", type=int, default=0, metavar="N", help="the first event (default: 0)")
    parser.add_argument("--stop", type=int, metavar="N", help="the one after the last (default: all)")
    parser.add_argument("--block", type=int, default=2000, metavar="N", help="events of a unit (default: 2000)")
    parser.add_argument("--quiet", dest="progress", action="store_false", help="no progress bar")

    def run(arguments: argparse.Namespace) -> int:
        from jetexplore.jets.eventjets import cluster_file

        try:
            with dask_cluster(arguments.scheduler) as client:
                made = cluster_file(
                    arguments.file, arguments.output, arguments.workers, client, arguments.block, arguments.progress,
                    arguments.start, arguments.stop, arguments.masterkey, arguments.pt_min,
                )  # fmt: skip
        except KeyboardInterrupt:
            folder = f"{arguments.output}.parts"
            print(f"\nstopped; finished blocks are in {folder}: give the same command again to go on", file=sys.stderr)
            return 130
        size = made.path.stat().st_size / 1e6
        print(f"{made.path}: {made.kept} of {made.events} events with two jets, {size:.2f} MB")
        return 0

    return run


def dask_cluster(address: str | None) -> contextlib.AbstractContextManager:
    """Connect to a Dask cluster, if there is one.

    Parameters
    ----------
    address : str, optional
        Of its scheduler.

    Returns
    -------
    context manager
        Gives a ``distributed.Client``, or None without an address.

    Raises
    ------
    InputError
        ``E_CLIENT`` if it is not an address, or distributed is not installed.

    Examples
    --------
    >>> with dask_cluster(None) as client:
    ...     print(client)
    None
    """
    if address is None:
        return contextlib.nullcontext()
    try:
        from distributed import Client
    except ImportError as error:
        found = "--scheduler, but distributed is not installed"
        raise InputError("E_CLIENT", found, "pip install 'jetexplore[distributed]'") from error
    try:
        return Client(address)
    except ValueError as error:
        raise InputError("E_CLIENT", f"--scheduler {address!r}", "an address such as tcp://127.0.0.1:8786") from error
