"""How is the explorer opened, and how quick is it, from the command line?"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from jetexplore.report import report

Runner = Callable[[argparse.Namespace], int]


def explore(parser: argparse.ArgumentParser) -> Runner:
    """Open the explorer in the browser; what panel serve shows, behind a door that opens for little."""
    parser.epilog = """examples:
  jetexplore explore
  jetexplore explore --port 8000 --no-show
  jetexplore explore --address 0.0.0.0 --allow-websocket-origin jets.example.org --basic-auth users.json --no-show

Only this machine can reach it unless --address says otherwise; other hosts' pages are refused unless they are named,
and one page more than --max-pages is asked to come back later."""
    parser.add_argument("--port", type=int, default=5006, metavar="N", help="default: 5006; 0 takes any that is free")
    parser.add_argument("--address", default="127.0.0.1", help="to listen on (default: 127.0.0.1, this machine only)")
    parser.add_argument(
        "--allow-websocket-origin", dest="origins", metavar="HOST[:PORT]", action="append", default=[],
        help="a name by which browsers reach it from elsewhere; may be given several times",
    )  # fmt: skip
    parser.add_argument("--basic-auth", metavar="FILE", help="JSON of user names and passwords that are asked for")
    parser.add_argument("--max-pages", type=int, default=30, metavar="N", help="open at a time (default: 30)")
    parser.add_argument("--no-show", dest="show", action="store_false", help="do not open the browser")

    def run(arguments: argparse.Namespace) -> int:
        from jetexplore.views import serving

        return serving.serve(
            serving.Options(
                arguments.port, arguments.address, tuple(arguments.origins), arguments.basic_auth, arguments.show,
                arguments.max_pages,
            )
        )  # fmt: skip

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
    from jetexplore.views import explorerbench

    sections = arguments.only.split(",") if arguments.only else list(explorerbench.SECTIONS)
    extent = explorerbench.QUICK if arguments.quick else explorerbench.FULL
    if arguments.rounds is not None:
        extent = extent._replace(rounds=arguments.rounds)
    record = explorerbench.run(sections, extent, arguments.progress)
    return report(record, explorerbench.text(record), arguments.json)
