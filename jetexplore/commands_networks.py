"""What can be done with networks from the command line? Training, tables; thin commands over the library."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from jetexplore.errors import InputError

Runner = Callable[[argparse.Namespace], int]


def train(parser: argparse.ArgumentParser) -> Runner:
    """Train networks on jets of a file; what is finished is skipped, what was stopped goes on where it was."""
    parser.epilog = """examples:
  jetexplore train vae --data QCD.npz --downsamplings 3 --beta 1e-8 --training-metric MSE -o networks
  jetexplore train vae --data QCD.npz --scan -o networks
  jetexplore train vae --data QCD.npz --training-metric "Wass(1)" --beta 1e-7 -n 5000 --epochs 10 -o networks
  jetexplore train classifier --data QCD.npz --signal Top.npz --downsamplings 3 -o networks
  jetexplore train pgae --data background.npz --inputs relative --training-metric MSE -n 20000 -o networks
  jetexplore train emdgnn --data QCD.npz -n 1000 --pairs 20000 --epochs 20 -o networks

A training that was stopped goes on after its last whole epoch when the same command is given again."""
    parser.add_argument(
        "what", choices=["vae", "classifier", "pgae", "emdgnn"],
        help="an autoencoder of images, two classes apart, an autoencoder of particles, or the distance of two jets",
    )  # fmt: skip
    parser.add_argument("--data", metavar="FILE", required=True, help="jets in any known layout, or a data set")
    parser.add_argument("-o", "--output", metavar="DIR", required=True, help="folder for the networks")
    parser.add_argument("--downsamplings", type=int, metavar="N", help="blocks, 1 to 3 (default: 3; a scan: all)")
    parser.add_argument("-n", dest="n_train", type=int, metavar="N", help="jets to train on (default: 30000; 50000)")
    parser.add_argument(
        "--valid", dest="n_valid", type=int, metavar="N", help="to validate (default: 5000; pgae: 2000)"
    )
    parser.add_argument("--epochs", type=int, default=200, metavar="N", help="at most (default: 200)")
    parser.add_argument("--batch", type=int, metavar="N", help="jets a step (default: 32; 128)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same network (default: 0)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    parser.add_argument(
        "--devices", type=int, default=1, metavar="N", help="processes that share every batch (default: 1)"
    )
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of the processor (default: 1)")
    parser.add_argument("--quiet", dest="progress", action="store_false", help="no progress bar")
    vae = parser.add_argument_group("vae")
    vae.add_argument("--beta", type=float, metavar="X", help="weight of the divergence (default: 1e-8; a scan: all)")
    vae.add_argument(
        "--training-metric", default="MSE", metavar="NAME",
        help="MSE, MAE, Wass(1), Wass(2) ...; of particles MSE, Chamfer, EMD",
    )  # fmt: skip
    vae.add_argument("--scan", action="store_true", help="every depth at every beta of the paper, unless one is given")
    vae.add_argument("--start", default="random", metavar="NETWORK", help="weights to begin with (default: random)")
    vae.add_argument("--precision", choices=["bf16", "float32"], default="bf16", help="of the forward pass")
    vae.add_argument("--width", type=float, default=3.2, metavar="RAD", help="side of an image (default: 3.2)")
    vae.add_argument("--loss-scale", type=float, metavar="X", help="for the optimiser; 1 is the paper to the letter")
    vae.add_argument("--kld", choices=["sum", "mean"], default="sum", help="over latent dimensions (default: sum)")
    vae.add_argument("--output-activation", dest="activation", metavar="NAME", help="ELU, none or softmax")
    vae.add_argument("--decoder-channels", type=int, choices=[1, 5], default=1, help="to begin with (default: 1)")
    vae.add_argument("--label", default="", metavar="WORD", help="appended to the name, such as long")
    vae.add_argument(
        "--snapshots", metavar="EPOCHS", default="", help="keep the network after these epochs, too, such as 1,2,4,8"
    )
    vae.add_argument("--sample", action="store_true", help="the latent distribution at beta = 0, too")
    parser.add_argument_group("classifier").add_argument("--signal", metavar="FILE", help="jets of the other class")
    pgae = parser.add_argument_group("pgae")
    pgae.add_argument(
        "--inputs", default="momenta", metavar="NAME", help="momenta (the paper), standardised, relative, transverse"
    )
    emd = parser.add_argument_group("emdgnn")
    emd.add_argument("--pairs", type=int, default=20_000, metavar="N", help="pairs an epoch (default: 20000)")
    emd.add_argument("--unseen", type=int, default=200, metavar="N", help="jets kept for a test (default: 200)")
    emd.add_argument("--weights", choices=["share", "GeV"], default="share", help="of particles (default: share of pT)")
    emd.add_argument("--rate", type=float, default=0.01, metavar="X", help="of learning, at first (default: 0.01)")
    emd.add_argument("--linears", type=int, choices=[2, 3], default=2, help="layers of an edge's network (default: 2)")
    emd.add_argument("--first", choices=["raw", "normalised"], default="raw", help="input of the first layer")

    def run(arguments: argparse.Namespace) -> int:
        import torch

        torch.set_num_threads(arguments.threads)
        if arguments.device != "cpu" and not torch.cuda.is_available():
            raise InputError("E_DEVICE", f"--device {arguments.device}", "cpu, for torch finds no other here")
        kinds = {"vae": _train_vae, "classifier": _train_classifier, "pgae": _train_pgae, "emdgnn": _train_emdgnn}
        return kinds[arguments.what](arguments)

    return run


def table(parser: argparse.ArgumentParser) -> Runner:
    """Print a table of the paper with our values beside the published ones."""
    parser.epilog = """examples:
  jetexplore table 1
  jetexplore table 1 --networks ~/networks --score --json table1.json
  jetexplore table 2
  jetexplore table 2 --extra --larger QCD.npz --write

Table 2 stores each reference, metric and subset: a run that was stopped goes on when the same is given again."""
    parser.add_argument("number", choices=["1", "2"], help="of Fraser et al. (2021)")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="JSON into a file, or instead of a table")
    parser.add_argument("--quiet", dest="progress", action="store_false", help="no progress bar")
    one = parser.add_argument_group("table 1")
    one.add_argument("--networks", metavar="DIR", help="folder of networks (default: those that come with jetexplore)")
    one.add_argument("--score", action="store_true", help="score test jets first, where areas are missing")
    parser.add_argument("--extra", action="store_true", help="rows that the paper does not have, too")
    two = parser.add_argument_group("table 2")
    two.add_argument("--quick", action="store_true", help="a few jets and two subsets, to see that it runs")
    two.add_argument("--larger", metavar="FILE", help="QCD jets for references that share no jet (headline rows)")
    two.add_argument("--width", type=float, default=3.2, metavar="RAD", help="side of an image (default: 3.2)")
    two.add_argument(
        "--write",
        nargs="?",
        const="",
        metavar="FILE",
        help="CSV (default: data/results/table2.csv, read by the notebook)",
    )
    two.add_argument("--read", action="store_true", help="print what was written, unless the jets have changed since")

    def run(arguments: argparse.Namespace) -> int:
        return (_table_1 if arguments.number == "1" else _table_2)(arguments)

    return run


def _train_vae(arguments: argparse.Namespace) -> int:
    from jetexplore.models import recipes, zoo

    given = {"beta": arguments.beta, "downsamplings": arguments.downsamplings, "n_train": arguments.n_train}
    given = {name: value for name, value in {**given, "batch": arguments.batch}.items() if value is not None}
    one = recipes.Recipe(
        training_metric=arguments.training_metric,
        seed=arguments.seed,
        n_valid=5000 if arguments.n_valid is None else arguments.n_valid,
        epochs=arguments.epochs,
        precision=arguments.precision,
        output=arguments.activation,
        decoder_channels=arguments.decoder_channels,
        kld=arguments.kld,
        loss_scale=arguments.loss_scale,
        sample=arguments.sample,
        start=arguments.start,
        width=arguments.width,
        label=arguments.label,
    )._replace(**given)
    wanted = zoo.scan(one, given) if arguments.scan else [one]
    for recipe in wanted:
        recipes.check(recipe)
    data = recipes.sample(arguments.data, one.n_train, one.n_valid, one.width)
    try:
        snapshots = [int(word) for word in arguments.snapshots.split(",") if word]
    except ValueError as error:
        raise InputError("E_RANGE", f"--snapshots {arguments.snapshots}", "numbers of epochs, such as 1,2,4") from error
    zoo.train(
        wanted, data, arguments.output, arguments.devices, arguments.device,
        progress=arguments.progress, snapshots=snapshots,
    )  # fmt: skip
    return _list([recipe.name for recipe in wanted], arguments.output)


def _train_classifier(arguments: argparse.Namespace) -> int:
    from jetexplore import jets
    from jetexplore.anomaly import supervised
    from jetexplore.models import classifier, recipes, zoo

    if arguments.signal is None:
        raise InputError("E_CLASS", "no --signal", "a file of jets of the other class", where="train classifier")
    if arguments.devices > 1:
        raise InputError("E_RANGE", f"--devices {arguments.devices}", "1, for a classifier")
    recipe = classifier.Supervised(
        signal=next(iter(jets.load(arguments.signal))),
        downsamplings=arguments.downsamplings or 3,
        seed=arguments.seed,
        n_train=arguments.n_train or 50_000,
        n_valid=5000 if arguments.n_valid is None else arguments.n_valid,
        epochs=arguments.epochs,
        batch=arguments.batch or 128,
    )
    with zoo.alone(Path(arguments.output), recipe.name) as free:
        if free:
            both = [recipes.sample(file, recipe.n_train, recipe.n_valid) for file in (arguments.data, arguments.signal)]
            options = {"device": arguments.device, "progress": arguments.progress}
            classifier.train_classifier(recipe, *both, arguments.output, **options)
            supervised.evaluate_classifiers(arguments.output, [recipe.name])
    return _list([recipe.name], arguments.output)


def _train_pgae(arguments: argparse.Namespace) -> int:
    from jetexplore.models import parallel, pgaerecipes, zoo

    usual = pgaerecipes.PgaeRecipe()
    given = {name: getattr(arguments, name) for name in ("n_train", "n_valid", "batch")}
    recipe = usual._replace(
        inputs=arguments.inputs, training_metric=arguments.training_metric, seed=arguments.seed, rate=arguments.rate,
        epochs=arguments.epochs, label=arguments.label,
        **{name: value for name, value in given.items() if value is not None},
    )  # fmt: skip
    pgaerecipes.check(recipe)
    order = recipe, arguments.data, arguments.output
    with zoo.alone(Path(arguments.output), recipe.name) as free:
        if free and arguments.devices > 1:
            shared = arguments.devices, arguments.device
            parallel.launch(pgaerecipes.train_from, *shared, *order, progress=arguments.progress)
        elif free:
            pgaerecipes.train_from(*order, device=arguments.device, progress=arguments.progress)
    return _list([recipe.name], arguments.output)


def _train_emdgnn(arguments: argparse.Namespace) -> int:
    from jetexplore.anomaly import emdstudy
    from jetexplore.models import emdgnnrecipes, emdpairs, zoo

    if arguments.devices > 1:
        raise InputError("E_RANGE", f"--devices {arguments.devices}", "1, for EMD-GNN")
    named = ("weights", "epochs", "rate", "seed", "linears", "first", "label")
    recipe = emdgnnrecipes.EMDRecipe(
        n_train=arguments.n_train or 1000,
        n_unseen=arguments.unseen,
        pairs_per_epoch=arguments.pairs,
        batch=arguments.batch or 128,
        **{name: getattr(arguments, name) for name in named},
    )
    with zoo.alone(Path(arguments.output), recipe.name) as free:
        if free:
            data = emdpairs.pairs(
                arguments.data,
                recipe.n_train,
                recipe.n_unseen,
                recipe.weights,
                recipe.seed,
                progress=arguments.progress,
            )
            options = {"device": arguments.device, "progress": arguments.progress}
            path = emdgnnrecipes.train_emdgnn(recipe, data, arguments.output, **options)
            emdstudy.evaluate_emdgnn(path, data)
    return _list([recipe.name], arguments.output)


def _list(names: list[str], folder: str) -> int:
    from jetexplore import models

    cards = models.networks(folder)
    for name in names:
        print(cards[name].title if name in cards else f"{name}: at work in another process")
    return 0


def _table_1(arguments: argparse.Namespace) -> int:
    from jetexplore import models
    from jetexplore.anomaly import areas, standing, supervised, table1
    from jetexplore.models import checkpoints

    if arguments.networks is not None and not Path(arguments.networks).is_dir():
        raise InputError("E_FOLDER", f"--networks {arguments.networks}", "a folder of networks")
    if arguments.score:
        areas.evaluate(arguments.networks, progress=arguments.progress)
        known = models.networks(arguments.networks)
        others = [name for name in standing.stale(known) if known[name].kind == "classifier"]
        supervised.evaluate_classifiers(arguments.networks or checkpoints.folder(), others)
    cards = models.networks(arguments.networks)
    standing.check(cards)
    rows = [*table1.TABLE_1, *(table1.EXTRA_1 if arguments.extra else ())]
    results = table1.table_1(cards, rows) + (table1.variants(cards) if arguments.extra else [])
    records = table1.compare_1(results) + table1.others(cards, progress=arguments.progress)
    return report(records, table1.text(records), arguments.json)


def _table_2(arguments: argparse.Namespace) -> int:
    from jetexplore.anomaly import table2, table2study

    extent = table2study.QUICK if arguments.quick else table2study.FULL
    key = table2study.key_of(extent, width=arguments.width)
    if arguments.read:
        records = table2.read_table_2(key, arguments.write or None)
        if not records:
            raise InputError("E_STALE", "no table 2 of these jets", "one that --write has written", where="--read")
        return report(records, table2.text(records), arguments.json)
    rows = [*table2.TABLE_2, *(table2.EXTRA_2 if arguments.extra else ())]
    made = table2study.run_table_2(rows, extent, arguments.larger, width=arguments.width, progress=arguments.progress)
    records = table2.compare(made.results)
    if arguments.write is not None:
        table2.write_table_2(records, key, arguments.write or None)
    spent = ", ".join(f"{stage} {seconds:.0f} s" for stage, seconds in made.seconds.items())
    return report(records, f"{table2.text(records)}\n\nprocessor time: {spent}", arguments.json)


def report(record: object, text: str, file: str | None) -> int:
    """Print a record as text or JSON, or write it to a file."""
    from jetexplore.files import atomic

    lines = json.dumps(record, indent=1)
    print(lines if file == "-" else text)
    if file not in {None, "-"}:
        with atomic(file) as temporary:
            temporary.write_text(lines + "\n")
    return 0
