"""Which label-free score is chosen, and what is it worth? Commands over ``anomaly.labelfree``."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from jetexplore.errors import InputError
from jetexplore.report import report

Runner = Callable[[argparse.Namespace], int]
# What may be combined. Residuals and distances of jets as they are measure how much a jet radiates and are blind to
# light ones, whatever the signal they are tried on (Finke et al., arXiv:2104.09051, call it complexity bias).
MEMBERS = {
    "ScaledW": {"by": ("mass", "rms")},
    "WhitenedPCA": {"statistic": ("T2",)},
    "KernelMahalanobis": {"statistic": ("T2",)},
    "VAE": {"statistic": ("Fisher", "Mahalanobis")},
    "PseudoProng": {},
}
DRAW = 3500  # background jets of one draw, as many as the committed reference has


def scores(parser: argparse.ArgumentParser) -> Runner:
    """Choose label-free anomaly scores on development signals, or open what was chosen on other jets."""
    parser.epilog = """examples:
  jetexplore scores list
  jetexplore scores choose --test QCD.npz --signals X-2prong.npz X-4prong.npz -o frozen.json
  jetexplore scores open --draws QCD.npz --skip 40000 --test newQCD.npz --signals Top.npz W.npz -o opened.csv
  jetexplore scores open --draws LHCO-background.npz -n 1 --test LHCO-test.npz --signals LHCO-signal.npz --event sum
  jetexplore scores sample -o data/results/labelfree_sample.csv
  jetexplore scores show

Scores are kept in the cache: a run that was stopped goes on where it was."""
    parser.add_argument("what", choices=["list", "choose", "open", "sample", "show"], help="what to do")
    parser.add_argument("--test", metavar="FILE", help="background jets to be told from signals")
    parser.add_argument("--signals", metavar="FILE", nargs="+", default=[], help="signal jets, each of one class")
    parser.add_argument("--draws", metavar="FILE", help=f"background jets for disjoint draws of {DRAW:,} to fit on")
    parser.add_argument("--skip", type=int, default=0, metavar="N", help="of --draws leave out the first jets")
    parser.add_argument("-n", type=int, default=5, metavar="N", help="draws (default: 5)")
    parser.add_argument("--n-test", type=int, metavar="N", help="test jets a class (default: all)")
    parser.add_argument(
        "--event", choices=["min", "max", "sum", "mean"], help="jets come in pairs of an event, scored by this"
    )
    parser.add_argument("--frozen", metavar="FILE", help="what was chosen (default: what comes with jetexplore)")
    parser.add_argument("-o", "--output", metavar="FILE", help="where the choice, or the table, is written")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="JSON into a file, or instead of a table")
    parser.add_argument("--quiet", dest="progress", action="store_false", help="no progress bar")

    def run(arguments: argparse.Namespace) -> int:
        return {"list": _list, "choose": _choose, "open": _open, "sample": _sample, "show": _show}[arguments.what](
            arguments
        )

    return run


def _list(arguments: argparse.Namespace) -> int:
    from jetexplore.anomaly import labelfree

    rows = [
        {"score": name, "prior": recipe.prior, "source": recipe.source, "options": ", ".join(recipe.grid)}
        for name, recipe in labelfree.SCORES.items()
    ]
    return _report(rows, arguments)


def _choose(arguments: argparse.Namespace) -> int:
    from jetexplore import jets
    from jetexplore.anomaly import labelfree
    from jetexplore.anomaly.labelfree import choosing, opening

    samples = _samples(arguments)
    background = jets.load("sample", "reference")["QCD"]
    found, values = choosing.developed(labelfree.SCORES, background, samples, arguments.progress)
    choice = choosing.choose_scores(labelfree.SCORES, found, values, MEMBERS)
    by_title = {variant.title: variant for variant in found}
    usual = [choosing.Variant("ScaledW", {"reduce": "medoid"}), choosing.Variant("WhitenedPCA", {})]
    wanted = {variant.title: variant for variant in (*(by_title[title] for title in choice.best.values()), *usual)}
    frozen = opening.Frozen(
        tuple(wanted.values()),
        {
            "Fisher, no prior": choice.free,
            "Fisher, physics prior": choice.any,
            "Fisher, all members": tuple(choice.best[name] for name in MEMBERS),
        },
        {
            "rule": "per score the variant, and of the five scores named the combination, of largest mean AUC over the "
            "development signals",
            "members": MEMBERS,
            "background": "3,500 QCD jets of the committed reference, the last 30 % held out for p-values",
            "development": {name: len(some) for name, some in samples.items()},
            "variants tried": len(found),
            "combinations tried": len(choice.combined),
            "caution": "which scores and options may be combined comes from a study that had top and W jets in view; "
            "the variants and combinations were then chosen without them",
        },
    )
    if arguments.output:
        opening.freeze(frozen, arguments.output)
    rows = [row._asdict() for row in choice.rows]
    rows += [
        {"title": " + ".join(titles), "signal": "mean", "auc": area, "error": None, "rejection": None}
        for titles, area in choice.combined.items()
    ]
    return _report(rows, arguments)


def _open(arguments: argparse.Namespace) -> int:
    from jetexplore import jets
    from jetexplore.anomaly import labelfree
    from jetexplore.anomaly.labelfree import opening

    frozen = opening.read_frozen(arguments.frozen)
    samples = _samples(arguments)
    if arguments.draws is None:
        draws = [jets.load("sample", "reference")["QCD"]]
    else:
        if arguments.skip < 0:
            raise InputError("E_DRAW", f"--skip {arguments.skip}", "a whole number >= 0")
        some = next(iter(jets.load(arguments.draws).values()))[arguments.skip :]
        if not 0 < arguments.n * DRAW <= len(some):
            raise InputError("E_DRAW", f"{arguments.n} draws", f"1 to {len(some) // DRAW} draws of {DRAW:,} jets")
        draws = [some[k * DRAW : (k + 1) * DRAW] for k in range(arguments.n)]
    rows = opening.opened(labelfree.SCORES, frozen, draws, samples, arguments.progress, arguments.event)
    if arguments.output:
        opening.write_opened(rows, arguments.output)
    return _report([row._asdict() for row in rows], arguments)


def _sample(arguments: argparse.Namespace) -> int:
    from jetexplore import jets
    from jetexplore.anomaly import labelfree, plane
    from jetexplore.anomaly.labelfree import choosing, opening

    # what any other choice would have given: to be looked at after the opening
    samples = {name: some[: arguments.n_test] for name, some in jets.load().items()}
    background = jets.load("sample", "reference")["QCD"]
    _, values = choosing.developed(labelfree.SCORES, background, samples, arguments.progress)
    frozen = opening.scores_of_frozen(labelfree.SCORES, opening.read_frozen(arguments.frozen), background, samples)
    rows = [row for title, some in (values | frozen).items() for row in choosing.measured(title, some)]
    if arguments.output:
        plane.write_found(rows, jets.provenance().key, arguments.output)
    return _report([row._asdict() for row in rows], arguments)


def _show(arguments: argparse.Namespace) -> int:
    from jetexplore.anomaly.labelfree import opening

    return _report([row._asdict() for row in opening.read_opened()], arguments)


def _samples(arguments: argparse.Namespace) -> dict:
    from jetexplore import jets

    if not arguments.signals:
        raise InputError("E_CLASS", "no --signals", "at least one file of signal jets")
    if arguments.test is None:
        raise InputError("E_CLASS", "no --test", "a file of background jets")
    found = {"QCD": next(iter(jets.load(arguments.test).values()))}
    for path in arguments.signals:
        found |= jets.load(path)
    return {name: some[: arguments.n_test] for name, some in found.items()}


def _report(rows: list[dict], arguments: argparse.Namespace) -> int:
    from jetexplore.distances.suite import table

    return report(rows, table(rows), arguments.json)
