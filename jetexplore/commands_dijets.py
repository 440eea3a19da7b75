"""What can be done with dijet events from the command line? Scores of their jets, the comparison table, the search."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from jetexplore.errors import InputError
from jetexplore.report import report

Runner = Callable[[argparse.Namespace], int]


def dijets(parser: argparse.ArgumentParser) -> Runner:
    """Score the two leading jets of events, compare scores, and look for a resonance among the outliers."""
    parser.epilog = """examples:
  jetexplore dijets compare
  jetexplore dijets compare --data events_anomalydetection_v2.h5
  jetexplore dijets search --score "PGAE MSE, relative" --signal box1 --inject 500
  jetexplore dijets score --background QCD.npz --signals LHCO-signal.npz LHCO-box1.npz -o table.npz

Without --table or --data, the simulated events that come with jetexplore are taken."""
    parser.add_argument("what", choices=["score", "compare", "search"], help="what to do")
    parser.add_argument("--table", metavar="FILE", help="events with scores, which 'score' has written")
    parser.add_argument("--data", metavar="FILE", help="labelled events as of the LHC Olympics, or their jets")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="JSON into a file, or instead of a table")
    parser.add_argument("--quiet", dest="progress", action="store_false", help="no progress bar")
    score = parser.add_argument_group("score")
    score.add_argument("--background", metavar="FILE", help="jets of background events, two an event")
    score.add_argument("--signals", metavar="FILE", nargs="+", default=[], help="the same of signals, one class each")
    score.add_argument(
        "--fit", metavar="FILE", help="other background jets that scores are fitted on (default: those that come along)"
    )
    score.add_argument("--scores", metavar="NAME", nargs="+", help="some of them (default: all)")
    score.add_argument("-n", type=int, metavar="N", help="only the first background events")
    score.add_argument("-o", "--output", metavar="FILE", help="the table to write")
    search = parser.add_argument_group("compare and search")
    search.add_argument(
        "--write", action="store_true", help="keep the comparison in data/results, for app and notebook"
    )
    search.add_argument("--signal", metavar="NAME", help="a class of the table (default: the first signal)")
    search.add_argument("--score", metavar="NAME", default="PGAE MSE", help="of the jets (default: PGAE MSE)")
    search.add_argument("--combine", default="min", help="of the two jets: min, max, sum, mean (default: min)")
    search.add_argument("--quantile", type=float, default=0.7, help="outliers lie beyond, of all jets (default: 0.7)")
    search.add_argument("--inject", type=int, default=0, metavar="N", help="signal events put in (default: 0)")
    search.add_argument("--recipe", default="refitted", help="refitted, fixed or authors (default: refitted)")
    search.add_argument("--pseudo", type=int, default=10_000, metavar="N", help="pseudo-experiments (default: 10000)")
    search.add_argument("--seed", type=int, default=0, help="of injection and pseudo-experiments (default: 0)")

    def run(arguments: argparse.Namespace) -> int:
        return {"score": _score, "compare": _compare, "search": _search}[arguments.what](arguments)

    return run


def _score(arguments: argparse.Namespace) -> int:
    from jetexplore.anomaly.resonance import eventtable, jetscores, scoredfile
    from jetexplore.jets import load

    if not arguments.background or not arguments.output:
        missing = "--background" if not arguments.background else "--output"
        raise InputError("E_OPTION", f"no {missing}", "jets to score and a table to write")
    (background,) = load(arguments.background).values()
    samples = {eventtable.BACKGROUND: background[: 2 * arguments.n] if arguments.n else background}
    for path in arguments.signals:
        name, some = next(iter(load(path).items()))
        samples[name.removeprefix("LHCO-")] = some
    fit_on = scoredfile.fitting_jets() if arguments.fit is None else next(iter(load(arguments.fit).values()))
    found = jetscores.score_jets(samples, fit_on, arguments.scores, arguments.progress)
    table = eventtable.event_table(samples, found, scoredfile.about(found, "simulated here"))
    eventtable.write_table(arguments.output, table)
    counts = ", ".join(f"{int(table.of(name).sum()):,} {name}" for name in table.classes)
    return report({"file": arguments.output, "events": table.n}, f"{arguments.output}: {counts}", arguments.json)


def _compare(arguments: argparse.Namespace) -> int:
    from jetexplore.anomaly.resonance import comparison

    table = _table(arguments)
    signal = arguments.signal or _first_signal(table.classes)
    rows = comparison.compare_scores(table, signal, arguments.progress)
    if arguments.write:
        comparison.write_comparison(rows, signal)
    told = f"{signal} against {table.classes[0]}, {table.about.get('origin', 'of unknown origin')}"
    return report([row._asdict() for row in rows], f"{told}\n{comparison.text(rows)}", arguments.json)


def _search(arguments: argparse.Namespace) -> int:
    from jetexplore.anomaly import resonance
    from jetexplore.anomaly.resonance import eventtable
    from jetexplore.errors import choose

    table = _table(arguments)
    signal = (arguments.signal or _first_signal(table.classes)) if arguments.inject else None
    data = eventtable.injected(table, signal, arguments.inject, seed=arguments.seed)
    scores = data.scores[choose("score", arguments.score, data.scores, "E_SCORE")]
    recipe = resonance.RECIPES[choose("recipe", arguments.recipe, resonance.RECIPES, "E_RECIPE")]
    options = {"n_pseudo": arguments.pseudo, "seed": arguments.seed, **recipe}
    found = resonance.search(data.m_jj, scores, arguments.quantile, arguments.combine, **options)
    sign = "<=" if found.at_floor else "="
    text = (
        f"{data.n:,} events, {arguments.inject} of {signal or 'no signal'} put in, {found.outliers.sum():,} outliers\n"
        f"window {found.low:.0f} to {found.high:.0f} GeV: local p = {found.local_p:.3g}, "
        f"global p {sign} {found.global_p:.3g} ({found.z:.2f} sigma), {arguments.recipe}"
    )
    fields = ("low", "high", "local_p", "global_p", "z", "at_floor", "threshold")
    record = {name: getattr(found, name) for name in fields}
    record |= {"recipe": arguments.recipe, "injected": arguments.inject}
    return report(record, text, arguments.json)


def _table(arguments: argparse.Namespace) -> object:
    from jetexplore.anomaly.resonance import eventtable, scoredfile

    if arguments.data is None:
        return eventtable.read_table(arguments.table)
    return scoredfile.scored_file(Path(arguments.data), progress=arguments.progress)


def _first_signal(classes: tuple[str, ...]) -> str:
    if len(classes) < 2:
        raise InputError("E_CLASS", "a table without a signal", "a class of signal events")
    return classes[1]
