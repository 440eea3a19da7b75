"""What has the autoencoder learned? Distances inside every network against optimal transport, trained or not.

Section 4.2 of Fraser et al. (2021), figures 4, 5 and 6, for all networks at once. An untrained network correlates, too,
so every number of a trained one is to be read beside those of ``named.untrained_names``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jetexplore import jets
from jetexplore.anomaly import jackknife, latent, samples
from jetexplore.anomaly.latentrows import LatentRow, read_latent_study, write_latent_study
from jetexplore.anomaly.named import network_of, title_of, trained_names, untrained_names, weights_of
from jetexplore.anomaly.networkimages import images_for
from jetexplore.distances import matrices
from jetexplore.errors import InputError
from jetexplore.files import digest
from jetexplore.models.cards import ACTIVE

if TYPE_CHECKING:
    from jetexplore.models.autoencoder import Autoencoder

VERSION = 1  # of what is stored; raise it when a stored number would come out differently
POWERS = (0.5, 1.0, 2.0)  # p of Wass(p)
IMAGE = "image"  # stands for no network: distances of the images themselves


class Target(NamedTuple):
    """Wasserstein distances of all pairs, made ready."""

    p: float
    distance: np.ndarray  # (n (n - 1) / 2,), rad
    centred: jackknife.Centred


def key_of(name: str | Path, n: int, source: str = "sample") -> str:
    """Digest of all that a network's rows depend on.

    Parameters
    ----------
    name : str or pathlib.Path
        As in ``named.network_of``, or "image".
    n : int
        Jets.
    source : str
        Data set.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    return digest(VERSION, *_sample_keys(source), n, name if name == IMAGE else weights_of(name))


def _sample_keys(source: str) -> tuple[str, str]:
    return jets.provenance(source).key, jets.provenance(source, "reference").key


def targets(n: int = samples.N_PAIRED, source: str = "sample", powers: Sequence[float] = POWERS) -> list[Target]:
    """Wasserstein distances of all pairs of the first n QCD test jets.

    Parameters
    ----------
    n : int
        Jets.
    source : str
        Data set.
    powers : sequence of float
        p of each.

    Returns
    -------
    list of Target
        One a power.
    """
    made = []
    for p in powers:
        distance = image_pairs(f"Wass({p:g})", n, source)
        made.append(Target(p, distance, jackknife.centred(distance)))
    return made


def image_pairs(metric: str, n: int = samples.N_PAIRED, source: str = "sample") -> np.ndarray:
    """Distances of all pairs of the first n QCD test jets, kept if n is the usual number.

    Parameters
    ----------
    metric : str
        On images.
    n : int
        Jets.
    source : str
        Data set.

    Returns
    -------
    ndarray, shape (n (n - 1) / 2,)
        As in ``distances.condensed``.
    """
    if n == samples.N_PAIRED:
        return samples.pairs("QCD", metric, source, n)
    return matrices.condensed(samples.images(source)["QCD"][:n], metric)


def run_latent_study(
    names: Iterable[str | Path] | None = None,
    n: int = samples.N_PAIRED,
    seeds: Iterable[int] = range(5),
    progress: bool = True,
    *,
    source: str = "sample",
    known: Iterable[LatentRow] = (),
    path: str | Path | None = None,
) -> list[LatentRow]:
    """Correlate the distances inside networks with Wass(p), for the images and for untrained networks, too.

    Parameters
    ----------
    names : iterable of str or pathlib.Path, optional
        Trained networks, or files; by default all that come with jetexplore.
    n : int
        The first n QCD test jets, all their pairs.
    seeds : iterable of int
        Of the untrained networks, three depths each.
    progress : bool
        Show a bar.
    source : str
        Data set.
    known : iterable of LatentRow
        Rows that need not be computed again if nothing they depend on has changed.
    path : str or pathlib.Path, optional
        A CSV file, such as `results_path`: what it holds is known, and it is written after each network, so that a run
        that was stopped goes on where it was. By default nothing is written.

    Returns
    -------
    list of LatentRow
        First the images, then the networks in the given order, then the untrained ones; with ``path`` followed by what
        that file knew of others.

    Raises
    ------
    InputError
        ``E_RANGE_N`` for too many jets or fewer than four, and those of ``models.load`` and `read_latent_study`.
    """
    from tqdm.auto import tqdm

    images = samples.images(source)["QCD"]
    if not 4 <= n <= len(images):
        raise InputError("E_RANGE_N", f"{n} jets", f"4 to {len(images)}")
    images, work = images[:n], [IMAGE, *(trained_names() if names is None else names), *untrained_names(seeds)]
    known = _by_network([*known, *(read_latent_study(path) if path else ())])
    done: dict[str, list[LatentRow]] = {}
    prepared = None
    for name in tqdm(work, disable=not progress, unit="network"):
        key = key_of(name, n, source)
        title = name if isinstance(name, str) and name == IMAGE else title_of(name)
        found = known.pop(title, None)
        if found is None or found[0].key != key:
            prepared = prepared or _prepare(n, source)  # only if there is anything to do
            network = None if name == IMAGE else network_of(name)
            seen = images if network is None else images_for(network.card, source)["QCD"][:n]
            found = _measure(network, seen, prepared, key, source)
        done[title] = found
        if path:
            write_latent_study([row for rows in (*done.values(), *known.values()) for row in rows], path)
    return [row for rows in (*done.values(), *(known.values() if path else ())) for row in rows]


def _by_network(rows: Iterable[LatentRow]) -> dict[str, list[LatentRow]]:
    found: dict[str, list[LatentRow]] = {}
    for row in rows:
        found.setdefault(row.network, []).append(row)
    return found


class _Prepared(NamedTuple):
    targets: list[Target]
    squared: np.ndarray  # MSE of all pairs of images
    absolute: np.ndarray
    start: dict  # correlations of the images' MSE: what the first block is compared with


def _prepare(n: int, source: str) -> _Prepared:
    wass = targets(n, source)
    squared, absolute = (np.asarray(image_pairs(name, n, source), np.float64) for name in ("MSE", "MAE"))
    return _Prepared(wass, squared, absolute, _planes(squared, wass))


def _planes(squared: np.ndarray, wass: Sequence[Target]) -> dict[tuple[int, float], jackknife.Correlation]:
    sides = {2: jackknife.centred(squared), 1: jackknife.centred(np.sqrt(squared))}
    return {(power, one.p): jackknife.correlate(side, one.centred) for power, side in sides.items() for one in wass}


def _measure(
    network: Autoencoder | None, images: np.ndarray, prepared: _Prepared, key: str, source: str
) -> list[LatentRow]:
    reference = (
        samples.images(source, "reference") if network is None else images_for(network.card, source, "reference")
    )
    mean_image_mse = float(((images - reference["QCD"].mean(0)) ** 2).mean())
    if network is None:
        common = (IMAGE, 0, float("nan"), "none", 0)
        about = (0, float("nan"), mean_image_mse, len(images), key)
        stages: Iterable[tuple[str, np.ndarray]] = [("image", prepared.squared), ("image MAE", prepared.absolute**2)]
    else:
        card = network.card
        beta = card.beta if card.training_metric != "none" else float("nan")
        common = (card.name, card.downsamplings, beta, card.training_metric, card.seed)
        active = int((network.encode(images).mean.var(0, dtype=np.float64) > ACTIVE).sum())
        mse = float(((network.reconstruct(images) - images) ** 2).mean(dtype=np.float64))
        about = (active, mse, mean_image_mse, len(images), key)
        stages = latent.inside(network, images)
    return [LatentRow(*common, *found, *about) for found in _rows(stages, prepared)]


def _rows(stages: Iterable[tuple[str, np.ndarray]], prepared: _Prepared) -> Iterator[tuple]:
    before, first = prepared.start, None
    for features, squared in stages:
        found = _planes(squared, prepared.targets)
        first = found if features == "block 1" else first
        ranks = {one.p: jackknife.rank_correlation(squared, one.distance) for one in prepared.targets}
        for (power, p), here in found.items():
            if features == "image MAE" and power == 2:  # nobody asks for the square of the MAE
                continue
            yield (
                features, power, p, here.r, here.error,
                *_less(here, found[power, 1.0]), *_less(here, before[power, p]),
                *_less(here, first and first[power, p]), ranks[p],
            )  # fmt: skip
        if features.startswith("block") or features == "latent":  # distributions are compared with the means
            before = found


def _less(one: jackknife.Correlation, other: jackknife.Correlation | None) -> tuple[float, float]:
    if other is None:
        return float("nan"), float("nan")
    return one.r - other.r, jackknife.jackknife_error(one.without - other.without)


def not_run(rows: Iterable[LatentRow], n: int = samples.N_PAIRED, source: str = "sample") -> list[str]:
    """Networks that come with jetexplore and are missing in a study, or were trained again since.

    Parameters
    ----------
    rows : iterable of LatentRow
        The study.
    n, source
        As in `run_latent_study`.

    Returns
    -------
    list of str
        Their names; empty if the study is complete.
    """
    keys = {row.network: row.key for row in rows}
    return [name for name in trained_names() if keys.get(name) != key_of(name, n, source)]
