"""What did the study of the networks find? Its rows, kept as CSV, and the statements of the paper they bear on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jetexplore.files import data_dir
from jetexplore.rows import read_rows, write_rows


class LatentRow(NamedTuple):
    """How one kind of distance inside one network correlates with one Wass(p)."""

    network: str  # its name, or "image"
    downsamplings: int  # 0 for "image"
    beta: float  # NaN where nothing was trained
    training_metric: str  # "none" where nothing was trained
    seed: int
    features: str  # "image", "image MAE", "block 1", ..., "latent", "latent Jeffreys", ...
    power: int  # 2: quadratic, the MSE of activations; 1: its root, the Euclidean distance
    p: float
    r: float  # Pearson
    error: float  # jackknife over jets
    from_p1: float  # r less that with Wass(1)
    from_p1_error: float
    step: float  # r less that of the layer before; for latent distributions, less that of latent means
    step_error: float
    from_block1: float  # r less that of the first block, NaN for images
    from_block1_error: float
    rank: float  # Spearman
    active: int  # latent dimensions whose means vary by more than 0.01 over these jets
    mse: float  # of reconstructions of these jets
    mean_image_mse: float  # of the average reference image instead
    n: int  # jets
    key: str  # digest of the weights, the jets and n


class Statement(NamedTuple):
    """Something the text of Fraser et al. (2021), section 4.2, says of a network, as the sign of a difference."""

    text: str
    where: str
    features: str
    power: int
    p: float
    column: str  # of `LatentRow`: the difference
    sign: int  # that the paper finds


STATEMENTS = (
    Statement("block 1 above the images' MSE", "figure 5", "block 1", 2, 1.0, "step", 1),
    Statement("block 2 above block 1", "figure 5", "block 2", 2, 1.0, "step", 1),
    Statement("block 3 below block 2", "figure 5", "block 3", 2, 1.0, "step", -1),
    Statement("latent below block 1", "section 4.2", "latent", 1, 1.0, "from_block1", -1),
    *(
        Statement(f"{features}: p = 0.5 above p = 1", "figure 6", features, power, 0.5, "from_p1", 1)
        for features, power in (("block 1", 2), ("block 2", 2), ("block 3", 2), ("latent", 1))
    ),
)


def results_path() -> Path:
    """Where the study of the networks that come with jetexplore is kept.

    Returns
    -------
    pathlib.Path
        A CSV file that may not exist.

    Examples
    --------
    >>> results_path().name
    'latent_study.csv'
    """
    return data_dir() / "results" / "latent_study.csv"


def write_latent_study(rows: Iterable[LatentRow], path: str | Path) -> None:
    """Write rows as CSV, whole or not at all.

    Parameters
    ----------
    rows : iterable of LatentRow
        What `run_latent_study` gave.
    path : str or pathlib.Path
        The file.
    """
    write_rows(path, LatentRow._fields, rows)


def read_latent_study(path: str | Path | None = None) -> list[LatentRow]:
    """Read the study of the networks that come with jetexplore.

    Parameters
    ----------
    path : str or pathlib.Path, optional
        Another file.

    Returns
    -------
    list of LatentRow
        Nothing if it was not run.

    Raises
    ------
    InputError
        ``E_LAYOUT`` if the file holds something else.
    """
    path = results_path() if path is None else Path(path)
    return read_rows(path, LatentRow) if path.exists() else []


def latent_findings(rows: Iterable[LatentRow]) -> list[dict[str, object]]:
    """Say of each network which statements of the paper hold, beside the untrained networks of the same depth.

    Parameters
    ----------
    rows : iterable of LatentRow
        From `run_latent_study`.

    Returns
    -------
    list of dict
        One record a statement and network, trained or not: ``statement``, ``where``, ``network``, ``downsamplings``,
        ``beta``, ``training_metric``, ``r``, the ``difference`` it speaks of with its ``error`` (jackknife over
        jets), the same ``relative`` to the r it is taken from, ``holds`` (the sign is the paper's), and
        ``untrained_low``, ``untrained_mean``, ``untrained_high`` of the difference, NaN without such networks.
    """
    rows = list(rows)
    records = []
    for statement in STATEMENTS:
        wanted = (statement.features, statement.power, statement.p)
        for row in (row for row in rows if (row.features, row.power, row.p) == wanted):
            difference, error = getattr(row, statement.column), getattr(row, f"{statement.column}_error")
            untrained = [
                getattr(other, statement.column) for other in rows
                if (other.features, other.power, other.p) == wanted
                and other.training_metric == "none" and other.downsamplings == row.downsamplings
            ] or [float("nan")]  # fmt: skip
            records.append({
                "statement": statement.text, "where": statement.where, "network": row.network,
                "downsamplings": row.downsamplings, "beta": row.beta, "training_metric": row.training_metric,
                "r": row.r, "difference": difference, "error": error, "relative": difference / (row.r - difference),
                "holds": bool(difference * statement.sign > 0), "untrained_low": min(untrained),
                "untrained_mean": float(np.mean(untrained)), "untrained_high": max(untrained),
            })  # fmt: skip
    return records
