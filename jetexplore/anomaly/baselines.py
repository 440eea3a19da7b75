"""What is a score without any training worth? Every area of a network has to be read beside these."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from jetexplore import jets as jets_room
from jetexplore.distances import matrices, references
from jetexplore.jets import Jets

Baseline = Callable[[Jets, np.ndarray, np.ndarray], np.ndarray]  # jets, images, average background image -> (n,)


def _from_average(metric: str) -> Baseline:
    return lambda _, images, average: matrices.cross(images, average, metric)[:, 0]


BASELINES: dict[str, Baseline] = {
    **{f"{name} from the average image": _from_average(name) for name in ("MSE", "MAE", "Wass(1)")},
    "pixels above 1 %": lambda _, images, __: (images > 0.01).sum((1, 2)).astype(np.float64),
    "jet mass": lambda some, _, __: np.asarray(some.momenta().mass, dtype=np.float64),
}


def baseline_scores(
    classes: Mapping[str, Jets], background: np.ndarray, width: float = jets_room.WIDTH
) -> dict[str, dict[str, np.ndarray]]:
    """Score jets of several classes without any training.

    Parameters
    ----------
    classes : mapping of str to Jets
        Jets by class.
    background : ndarray, shape (n, npix, npix)
        Background images, whose average is the reference.
    width : float
        Of the images, rad.

    Returns
    -------
    dict of str to dict of str to ndarray
        Name in `BASELINES`, class, (n,) scores; bigger is more anomalous.

    Examples
    --------
    >>> some = {"W": jets_room.load()["W"][:2]}
    >>> baseline_scores(some, jets_room.images(some["W"]))["jet mass"]["W"].round().tolist()
    [122.0, 73.0]
    """
    average = references.average(background)
    images = {name: jets_room.images(some, width=width) for name, some in classes.items()}
    return {
        name: {title: score(some, images[title], average) for title, some in classes.items()}
        for name, score in BASELINES.items()
    }
