"""What does a learned EMD cost beside the exact one? All ways in turns, in one thread."""

from __future__ import annotations

import copy
import time
from typing import NamedTuple

import numpy as np
import torch

from jetexplore import distances
from jetexplore.jets import Jets
from jetexplore.models import emdgnn, emdgraphs, learnedemd
from jetexplore.models.emdgraphs import UNITS
from jetexplore.models.learnedemd import LearnedEMD


class Throughput(NamedTuple):
    """One way to an EMD, and how many pairs a second it gives in one thread."""

    way: str
    pairs_per_second: float
    times: tuple[float, ...]  # seconds of each turn


def throughput(network: LearnedEMD, x: Jets, n: int = 512, turns: int = 3) -> list[Throughput]:
    """Measure how fast EMDs and their gradients come, exact and learned, in one thread and in turns.

    Parameters
    ----------
    network : LearnedEMD
        From `models.load_emdgnn`.
    x : Jets
        Jets to take pairs of, at random.
    n : int
        Pairs a turn.
    turns : int
        Turns of all ways, one after the other, so that a busy machine is unfair to none.

    Returns
    -------
    list of Throughput
        Exact distances, learned ones, exact gradients, learned gradients, training steps; from the median turn.
    """
    i, j = np.random.default_rng(0).integers(len(x), size=(2, n))
    moved, threads = emdgraphs.relative(x), torch.get_num_threads()
    few = min(n, 64)  # plans are found one by one
    trained = copy.deepcopy(network.module).requires_grad_(True).train()
    adam = torch.optim.Adam(trained.parameters(), 1e-6)
    cloud = emdgraphs.clouds(x, network.weights)

    def step() -> None:
        for start in range(0, n, 128):
            some = (torch.from_numpy(side[start : start + 128]) for side in (i, j))
            outputs = trained(*emdgraphs.graphs(cloud, cloud, *some))
            adam.zero_grad()
            emdgnn.terms(outputs, torch.zeros(outputs.shape[1]) + UNITS["share"])["loss"].mean().backward()
            adam.step()

    ways = {
        "exact distance": (
            n, lambda: distances.energy_movers(moved, moved, i, j, norm=network.weights == "share", threads=1)
        ),
        "learned distance": (n, lambda: network.pairs(x, x, i, j)),
        "exact gradient": (few, lambda: learnedemd.exact_gradient(x[i[:few]], x[j[:few]], network.weights)),
        "learned gradient": (n, lambda: network.gradient(x[i], x[j])),
        "training step": (n, step),
    }  # fmt: skip
    times: dict[str, list[float]] = {way: [] for way in ways}
    try:
        torch.set_num_threads(1)
        for _, run in ways.values():
            run()
        for _ in range(turns):
            for way, (_, run) in ways.items():
                begin = time.perf_counter()
                run()
                times[way].append(time.perf_counter() - begin)
    finally:
        torch.set_num_threads(threads)
    return [Throughput(way, ways[way][0] / float(np.median(spent)), tuple(spent)) for way, spent in times.items()]
