"""Do we find what the running text says? Bright pixels and correlations of distances, beside the printed values.

Fraser et al. (2021), section 2 for the pixels, sections 3.1 and 5 for the correlations.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping

import numpy as np

from jetexplore import jets
from jetexplore.distances import matrices, references
from jetexplore.distances.pairs import correlation
from jetexplore.errors import InputError, choose
from jetexplore.files import data_dir
from jetexplore.jets.constituents import Jets
from jetexplore.jets.preprocessing import NPIX, WIDTH

PEARSON = "Pearson r of MAE and Wass(1) between QCD jets"


def published_text(paper: str = "Fraser") -> dict[str, str]:
    """Read the numbers of a paper's running text, as printed.

    Parameters
    ----------
    paper : str
        "Fraser" or "Tsan".

    Returns
    -------
    dict of str to str
        Value by quantity.

    Raises
    ------
    InputError
        ``E_PAPER`` for another paper.

    Examples
    --------
    >>> published_text()["pixels above 1% of pT (Top)"]
    '13.5 ± 4.3'
    """
    with (data_dir() / "published" / "text_numbers.csv").open(encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream))
    choose("paper", paper, dict.fromkeys(line["paper"] for line in lines), "E_PAPER")
    return {line["quantity"]: line["value"] for line in lines if line["paper"] == paper}


def pixel_counts(classes: Mapping[str, Jets], widths: Iterable[float] = (WIDTH, 2.0)) -> list[dict[str, object]]:
    """Count pixels with more than 1 % of the pT for several image widths, beside the printed counts.

    Parameters
    ----------
    classes : mapping of str to Jets
        Jets by class, at least one of each; the paper counts for "QCD", "Top" and "W".
    widths : iterable of float
        Sides of the image in rad, each of 40 pixels.

    Returns
    -------
    list of dict
        One record a class and width: ``class``, ``width`` and ``pixel`` in rad, ``mean`` and ``std`` over our jets,
        ``published_mean``, ``published_std``, ``difference`` of the means, these three NaN for another class.

    Raises
    ------
    InputError
        ``E_EMPTY`` for a class without jets.

    Examples
    --------
    >>> one = Jets(pt=[60.0, 40.0], eta=[0.0, 0.5], phi=[0.0, 0.0], offsets=[0, 2])
    >>> (record,) = pixel_counts({"W": one}, widths=[3.2])
    >>> record["mean"], record["published_mean"], round(record["difference"], 1)
    (2.0, 10.1, -8.1)
    """
    printed = published_text()
    records = []
    for name, some in classes.items():
        if len(some) == 0:
            raise InputError("E_EMPTY", "no jets", "at least one", where=name)
        mean, std = (float(part) for part in printed.get(f"pixels above 1% of pT ({name})", "nan ± nan").split("±"))
        for width in widths:
            ours = jets.bright_pixels(jets.images(some, width=width))
            records.append({
                "class": name, "width": width, "pixel": width / NPIX, "mean": ours.mean, "std": ours.std,
                "published_mean": mean, "published_std": std, "difference": ours.mean - mean,
            })  # fmt: skip
    return records


def correlations(distances: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """Pearson correlation of every two lists of distances.

    Parameters
    ----------
    distances : mapping of str to ndarray, shape (n,)
        Distances of the same pairs, by metric.

    Returns
    -------
    dict of str to dict of str to float
        r for each two names.

    Examples
    --------
    >>> falling = {"a": np.array([1.0, 2.0, 3.0]), "b": np.array([3.0, 2.0, 1.0])}
    >>> round(correlations(falling)["a"]["b"], 12)
    -1.0
    """
    return {first: {second: correlation(x, y) for second, y in distances.items()} for first, x in distances.items()}


def correlation_by_width(
    some: Jets, widths: Iterable[float] = (2.0, WIDTH, 4.8, 6.4), first: str = "MAE", second: str = "Wass(1)"
) -> list[dict[str, float]]:
    """Pearson correlation of two metrics against the image width, for two readings of "between jets".

    The paper does not say between which jets its r of 0.87 is taken. ``pairs`` takes the distances of all distinct
    pairs, ``to_medoid`` those of every other jet to the medoid under the second metric.

    Parameters
    ----------
    some : Jets
        At least three jets of one class.
    widths : iterable of float
        Sides of the image in rad, each of 40 pixels.
    first, second : str
        Metrics on images.

    Returns
    -------
    list of dict
        One record a width: ``width`` and ``pixel`` in rad, ``pairs`` and ``to_medoid``.

    Raises
    ------
    InputError
        ``E_SHAPE`` for fewer than three jets, and those of the images and metrics.

    Examples
    --------
    >>> line = Jets(pt=np.full(6, 50.0), eta=[0, 0.1, 0, 0.4, 0, 0.9], phi=np.zeros(6), offsets=[0, 2, 4, 6])
    >>> sorted(correlation_by_width(line, [3.2])[0])
    ['pairs', 'pixel', 'to_medoid', 'width']
    """
    if len(some) < 3:
        raise InputError("E_SHAPE", f"{len(some)} jets", "at least three to correlate distances")
    records = []
    for width in widths:
        images = jets.images(some, width=width)
        x, y = (matrices.pairwise(images, name) for name in (first, second))
        each = np.triu_indices(len(images), 1)
        medoid = int(references.medoids(y, 1).indices[0])
        others = np.arange(len(images)) != medoid
        records.append({
            "width": width, "pixel": width / NPIX, "pairs": correlation(x[each], y[each]),
            "to_medoid": correlation(x[medoid, others], y[medoid, others]),
        })  # fmt: skip
    return records
