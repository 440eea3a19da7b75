"""Do autoencoders find what was published? Table 1 and figure 3 of Fraser et al. (2021), and the rows they lack.

For each training metric and depth the network of least validation loss is selected among the betas that were trained,
as the paper does. A row without a network says "not run"; no number is ever borrowed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from jetexplore import jets, models
from jetexplore.anomaly import areas, baselines, reconstruction, samples
from jetexplore.files import data_dir, digest, stored
from jetexplore.models.cards import Area, Card

SIGNALS = ("Top", "W")
UNTRAINED_SEEDS = 3


class Row(NamedTuple):
    """One configuration of table 1."""

    training_metric: str
    downsamplings: int
    anomaly_metric: str


class Result(NamedTuple):
    """What a row gives on our jets; None and NaN where it was not run."""

    row: Row
    signal: str
    card: Card | None  # of the selected network
    area: Area | None
    seeds: tuple[float, ...]  # AUC of every seed at the selected beta
    published: float  # NaN for a row that is not in the paper

    @property
    def spread(self) -> float:
        """Standard deviation over seeds; NaN for one."""
        return float(np.std(self.seeds, ddof=1)) if len(self.seeds) > 1 else float("nan")

    @property
    def pull(self) -> float:
        """Ours minus published, over bootstrap error, spread and rounding (0.005) in quadrature."""
        if self.area is None:
            return float("nan")
        spread = 0.0 if np.isnan(self.spread) else self.spread
        return (self.area.auc - self.published) / float(np.sqrt(self.area.error**2 + spread**2 + 0.005**2))


PRINTED = ("Loss", "MSE", "MAE", "Wass(0.5)", "Wass(1)", "Wass(2)")
TABLE_1: tuple[Row, ...] = tuple(Row(*row) for row in product(("MSE", "Wass(1)"), (1, 2, 3), PRINTED))
# what the paper considered or could have: other training metrics, other scores
EXTRA_1: tuple[Row, ...] = (
    *(Row(*row) for row in product(("MSE", "Wass(1)"), (1, 2, 3), ("Wass(5)", "KLD", "Mahalanobis"))),
    *(Row(*row) for row in product(("MAE", "Wass(2)"), (1, 2, 3), tuple(reconstruction.SCORES))),
)


def published_table_1() -> dict[Row, dict[str, float]]:
    """Read the printed areas of table 1, without the supervised row.

    Returns
    -------
    dict of Row to dict of str to float
        For every row, the AUC of "Top" and "W".

    Examples
    --------
    >>> published_table_1()[Row("MSE", 3, "Loss")]
    {'Top': 0.84, 'W': 0.65}
    """
    with (data_dir() / "published" / "table1.csv").open(encoding="utf-8", newline="") as stream:
        lines = [line for line in csv.DictReader(stream) if line["training_metric"] != "Supervised"]
    return {
        Row(line["training_metric"], int(line["downsamplings"]), line["anomaly_metric"]): {
            "Top": float(line["auc_top"]),
            "W": float(line["auc_w"]),
        }
        for line in lines
    }


def scanned(cards: Mapping[str, Card], training_metric: str, downsamplings: int, seed: int = 0) -> list[Card]:
    """Pick the networks of one training metric and depth that differ only in beta.

    Parameters
    ----------
    cards : mapping of str to Card
        From ``models.networks``.
    training_metric, downsamplings, seed
        Which ones; with our reading of the text, from random weights.

    Returns
    -------
    list of Card
        By beta.
    """
    usual = ("ELU", "softmax")["Wass" in training_metric or "Sinkhorn" in training_metric]
    alike = [
        card
        for card in cards.values()
        if (card.kind, card.training_metric, card.downsamplings, card.seed)
        == ("vae", training_metric, downsamplings, seed)
        and (card.start, card.output, card.kld, card.decoder_channels, card.sample, card.width, card.power)
        == ("random", usual, "sum", 1, False, jets.WIDTH, 1.0)
        and not card.label
        and card.loss_scale == jets.NPIX**2
    ]
    return sorted(alike, key=lambda card: card.beta)


def selected(cards: Mapping[str, Card], training_metric: str, downsamplings: int) -> Card | None:
    """Select beta by the validation loss, as section 4.1 of Fraser et al. (2021) does.

    Parameters
    ----------
    cards, training_metric, downsamplings
        As in `scanned`.

    Returns
    -------
    Card or None
        The network of least validation loss; None if there is none.
    """
    found = scanned(cards, training_metric, downsamplings)
    return min(found, key=lambda card: card.loss) if found else None


def table_1(cards: Mapping[str, Card] | None = None, rows: Iterable[Row] = TABLE_1) -> list[Result]:
    """Lay out table 1 from the cards of trained networks.

    Parameters
    ----------
    cards : mapping of str to Card, optional
        From ``models.networks``; those that come with jetexplore by default.
    rows : iterable of Row
        Of `TABLE_1`, `EXTRA_1` or your own.

    Returns
    -------
    list of Result
        Two for each row, for "Top" and "W", in order.

    Examples
    --------
    >>> found = table_1({}, TABLE_1[:1])
    >>> found[0].area is None, found[0].published
    (True, 0.82)
    """
    cards = models.networks() if cards is None else cards
    printed = published_table_1()
    found = []
    for row in rows:
        card = selected(cards, row.training_metric, row.downsamplings)
        for signal in SIGNALS:
            area = None if card is None else card.areas.get(row.anomaly_metric, {}).get(signal)
            published = printed.get(row, {}).get(signal, float("nan"))
            found.append(Result(row, signal, card, area, _over_seeds(cards, card, row, signal), published))
    return found


def variants(cards: Mapping[str, Card] | None = None) -> list[Result]:
    """Lay out networks that stand apart from the scan: of another image width, warm started, trained longer, ...

    Parameters
    ----------
    cards : mapping of str to Card, optional
        From ``models.networks``; those that come with jetexplore by default.

    Returns
    -------
    list of Result
        As of `table_1`, beside the printed value of the same training metric, depth and score.

    Examples
    --------
    >>> {result.card.width for result in variants()} >= {2.0}
    True
    """
    cards = models.networks() if cards is None else cards
    printed = published_table_1()
    usual = {
        card.name
        for metric in {card.training_metric for card in cards.values()}
        for depth in (1, 2, 3)
        for seed in {card.seed for card in cards.values()}
        for card in scanned(cards, metric, depth, seed)
    }
    found = []
    for card in cards.values():
        if card.kind == "vae" and card.name not in usual:
            for score in PRINTED:
                row = Row(card.training_metric, card.downsamplings, score)
                for signal in SIGNALS if score in card.areas else ():
                    published = printed.get(row, {}).get(signal, float("nan"))
                    area = card.areas[score][signal]
                    found.append(Result(row, signal, card, area, (area.auc,), published))
    return found


def _over_seeds(cards: Mapping[str, Card], card: Card | None, row: Row, signal: str) -> tuple[float, ...]:
    if card is None:
        return ()
    seeds = sorted({other.seed for other in cards.values()})
    alike = [other for seed in seeds for other in scanned(cards, row.training_metric, row.downsamplings, seed)]
    places = [other.areas.get(row.anomaly_metric, {}).get(signal) for other in alike if other.beta == card.beta]
    return tuple(place.auc for place in places if place is not None)


def compare_1(results: Iterable[Result]) -> list[dict[str, object]]:
    """Lay results out for a table: ours beside the published value, with the pull and what it stands on.

    Parameters
    ----------
    results : iterable of Result
        From `table_1`.

    Returns
    -------
    list of dict
        One record a result; "not run" where there is no network or no area.
    """
    return [
        {
            **result.row._asdict(),
            "signal": result.signal,
            "beta": "" if result.card is None else result.card.beta,
            "ours": "not run" if result.area is None else result.area.auc,
            "error": float("nan") if result.area is None else result.area.error,
            "spread": result.spread,
            "seeds": len(result.seeds),
            "published": result.published,
            "difference": float("nan") if result.area is None else result.area.auc - result.published,
            "pull": result.pull,
            "stands on": "not run" if result.card is None else result.card.title,
        }
        for result in results
    ]


def baseline_areas(source: str = "sample", progress: bool = False) -> dict[str, dict[str, Area]]:
    """Give the rows that table 1 lacks: scores that nobody trained, untrained networks among them.

    Parameters
    ----------
    source : str
        Data set.
    progress : bool
        Whether to say what is at work.

    Returns
    -------
    dict of str to dict of str to Area
        Name, signal, area; of untrained networks the mean over seeds, and as error the standard deviation over them.
    """
    files = jets.provenance(source).key, jets.provenance(source, "reference").key
    key = digest(1, *files, tuple(baselines.BASELINES), UNTRAINED_SEEDS)

    def compute() -> dict[str, np.ndarray]:
        found = _untrained(source, progress)
        background = samples.images(source, "reference")["QCD"]
        found = {**areas.areas(baselines.baseline_scores(jets.load(source), background)), **found}
        values = np.array([[tuple(by_signal[signal]) for signal in SIGNALS] for by_signal in found.values()])
        return {"names": np.array(list(found)), "values": values}

    kept = stored("baselines_table1", key, compute)
    return {
        str(name): {
            signal: Area(*value[:2], *(int(n) for n in value[2:])) for signal, value in zip(SIGNALS, some, strict=True)
        }
        for name, some in zip(kept["names"], kept["values"].tolist(), strict=True)
    }


def _untrained(source: str, progress: bool) -> dict[str, dict[str, Area]]:
    from tqdm import tqdm

    tests, reference = samples.images(source), samples.images(source, "reference")["QCD"][: areas.N_REFERENCE]
    found = {}
    for depth in tqdm((1, 2, 3), disable=not progress, unit="depth"):
        runs = [
            areas.areas(reconstruction.scores(models.untrained(depth, seed), tests, ("MSE", "Mahalanobis"), reference))
            for seed in range(UNTRAINED_SEEDS)
        ]
        for name in runs[0]:
            found[f"untrained network, {depth} blocks, {name}"] = {
                signal: Area(
                    float(np.mean([run[name][signal].auc for run in runs])),
                    float(np.std([run[name][signal].auc for run in runs], ddof=1)),
                    *runs[0][name][signal][2:],
                )
                for signal in SIGNALS
            }
    return found


def others(cards: Mapping[str, Card], source: str = "sample", progress: bool = False) -> list[dict[str, object]]:
    """Lay out what stands beside table 1: supervised networks, untrained ones, scores without a network.

    Parameters
    ----------
    cards : mapping of str to Card
        From ``models.networks``.
    source, progress
        As in `baseline_areas`.

    Returns
    -------
    list of dict
        Records as of `compare_1`.
    """
    supervised = [
        (card.title, card.areas["Supervised"])
        for card in cards.values()
        if card.kind == "classifier" and "Supervised" in card.areas
    ]
    found = [*supervised, *baseline_areas(source, progress).items()]
    return [
        {
            "training_metric": "Supervised" if (name, by_signal) in supervised else "none",
            "downsamplings": "",
            "anomaly_metric": name.split(":")[0],
            "signal": signal,
            "beta": "",
            "ours": by_signal[signal].auc,
            "error": by_signal[signal].error,
            "spread": float("nan"),
            "seeds": 1,
            "published": float("nan"),
            "difference": float("nan"),
            "pull": float("nan"),
            "stands on": name if (name, by_signal) in supervised else "",
        }
        for name, by_signal in found
        for signal in SIGNALS
        if signal in by_signal
    ]


def text(records: Sequence[Mapping[str, object]]) -> str:
    """Write the records of table 1 for people, a line a row with both signals.

    Parameters
    ----------
    records : sequence of mapping
        From `compare_1` and `others`, "Top" before "W".

    Returns
    -------
    str
        Lines of equal columns.
    """
    lines = [("training", "blocks", "beta", "score", *(f"{signal}: ours, published (pull)" for signal in SIGNALS), "")]
    rows: dict[tuple, dict[str, Mapping]] = {}
    for record in records:
        names = ("training_metric", "downsamplings", "beta", "anomaly_metric", "stands on")
        rows.setdefault(tuple(record[name] for name in names), {})[str(record["signal"])] = record
    for (training, blocks, beta, score, stands), by_signal in rows.items():
        cells = [_cell(by_signal[signal]) if signal in by_signal else "" for signal in SIGNALS]
        shown = f"{beta:g}" if isinstance(beta, float) else ""
        lines.append((str(training), str(blocks), shown, str(score), *cells, str(stands)))
    wide = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(size) for cell, size in zip(line, wide, strict=True)).rstrip() for line in lines
    )


def _cell(record: Mapping[str, object]) -> str:
    if record["ours"] == "not run":
        return "not run" if np.isnan(record["published"]) else f"not run, {record['published']:.2f}"
    spread = "" if np.isnan(record["spread"]) else f" +- {record['spread']:.3f} ({record['seeds']} seeds)"
    said = f"{record['ours']:.3f} +- {record['error']:.3f}{spread}"
    return said if np.isnan(record["published"]) else f"{said}, {record['published']:.2f} ({record['pull']:+.1f})"
