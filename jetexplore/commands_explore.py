"""How is the explorer opened, and how quick is it, from the command line?"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from jetexplore.errors import choose
from jetexplore.files import atomic
from jetexplore.report import report

Runner = Callable[[argparse.Namespace], int]


def explore(parser: argparse.ArgumentParser) -> Runner:
    """Open the explorer in the browser; what panel serve shows, behind a door that opens for little."""
    parser.epilog = """examples:
  jetexplore explore
  jetexplore explore mine.h5 others.parquet
  jetexplore explore --port 8000 --no-show
  jetexplore explore --address 0.0.0.0 --allow-websocket-origin jets.example.org --basic-auth users.json --no-show

Only this machine can reach it unless --address says otherwise; other hosts' pages are refused unless they are named,
and one page more than --max-pages is asked to come back later. Files of one's own jets are read in a process of their
own before anything is opened; a page also takes a dropped file where it is served to this machine only."""
    parser.add_argument("files", nargs="*", metavar="FILE", help="jets of one's own: HDF5, .npz, Parquet or ROOT")
    parser.add_argument("--port", type=int, default=5006, metavar="N", help="default: 5006; 0 takes any that is free")
    parser.add_argument("--address", default="127.0.0.1", help="to listen on (default: 127.0.0.1, this machine only)")
    parser.add_argument(
        "--allow-websocket-origin", dest="origins", metavar="HOST[:PORT]", action="append", default=[],
        help="a name by which browsers reach it from elsewhere; may be given several times",
    )  # fmt: skip
    parser.add_argument("--basic-auth", metavar="FILE", help="JSON of user names and passwords that are asked for")
    parser.add_argument("--max-pages", type=int, default=30, metavar="N", help="open at a time (default: 30)")
    own = parser.add_argument_group("one's own files")
    own.add_argument("--layout", metavar="NAME", help="instead of recognising it by first bytes and keys")
    own.add_argument(
        "--on-bad", default="error", choices=["error", "drop", "keep"],
        help="bad jets: refuse the file, leave them out, or keep what is good of them (default: error)",
    )  # fmt: skip
    own.add_argument("--allow-upload", action="store_true", help="let every visitor drop a file on the page")
    parser.add_argument("--no-show", dest="show", action="store_false", help="do not open the browser")

    def run(arguments: argparse.Namespace) -> int:
        from jetexplore.views import serving
        from jetexplore.views.servingoptions import Options

        return serving.serve(
            Options(
                arguments.port, arguments.address, tuple(arguments.origins), arguments.basic_auth, arguments.show,
                arguments.max_pages, files=tuple(arguments.files), upload=arguments.allow_upload,
                reading={"layout": arguments.layout, "on_bad": arguments.on_bad},
            )
        )  # fmt: skip

    return run


def gallery(parser: argparse.ArgumentParser) -> Runner:
    """Take a picture of every card of the explorer in Chromium, as wide as a desk and a phone, light and dark."""
    parser.epilog = """examples:
  jetexplore gallery
  jetexplore gallery -o pictures --cards map,compare --widths phone --themes dark
  jetexplore gallery --query "?k=5&signal=W" --cards scores

It starts a server of its own and ends it."""
    parser.add_argument("-o", "--output", metavar="FOLDER", default="gallery", help="where to (default: gallery)")
    parser.add_argument("--cards", metavar="NAMES", help="such as jets,map (default: all)")
    parser.add_argument("--widths", metavar="NAMES", default="desktop,phone", help="default: desktop,phone")
    parser.add_argument("--themes", metavar="NAMES", default="light,dark", help="default: light,dark")
    parser.add_argument("--query", metavar="TEXT", default="", help="selections, as in the address of the page")
    parser.add_argument("--own", metavar="FILE", type=Path, help="jets for the card of one's own")

    def run(arguments: argparse.Namespace) -> int:
        from jetexplore.views import explorer
        from jetexplore.views.bench.gallery import pictures

        titles = {one.anchor: one.title for one in explorer.CARDS}
        names = arguments.cards.split(",") if arguments.cards else list(titles)
        cards = {choose("card", name, titles, "E_CARD"): titles[name] for name in names}
        widths, themes = arguments.widths.split(","), arguments.themes.split(",")
        made = pictures(
            Path(arguments.output), cards, widths, themes, arguments.query, arguments.own,
            tell=lambda name: print(name, flush=True),
        )  # fmt: skip
        print(f"{len(made)} pictures in {arguments.output}")
        return 0

    return run


def bench_explorer(arguments: argparse.Namespace) -> int:
    """Measure the explorer in a browser and as a server.

    Parameters
    ----------
    arguments : argparse.Namespace
        Of ``jetexplore bench``: ``only``, ``quick``, ``rounds``, ``json``, ``progress``.

    Returns
    -------
    int
        0, the exit status.
    """
    from jetexplore.views.bench import explorerbench

    sections = arguments.only.split(",") if arguments.only else list(explorerbench.SECTIONS)
    extent = explorerbench.QUICK if arguments.quick else explorerbench.FULL
    if arguments.rounds is not None:
        extent = extent._replace(rounds=arguments.rounds)
    file = None if arguments.json in {None, "-"} else arguments.json

    def keep(record: dict) -> None:
        with atomic(file) as temporary:
            temporary.write_text(json.dumps(record, indent=1) + "\n")

    record = explorerbench.run(sections, extent, arguments.progress, keep if file else None)
    return report(record, explorerbench.text(record), arguments.json)
