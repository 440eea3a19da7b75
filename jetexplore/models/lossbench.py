"""What does training with the Wasserstein distance cost: exact, or approximated as the paper did? One interleaved run.

Every method is given images of jets and the logits of reconstructions, and gives distances, eq. (3.3) of Fraser et al.
(2021), and their gradient by the logits, as a training step needs them. Processor time of one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

from jetexplore import jets
from jetexplore.distances import compilation, jetproblems, problems
from jetexplore.distances.benchmark import interleaved
from jetexplore.jets import preprocessing
from jetexplore.models import autoencoder, checkpoints, sinkhorn, transportloss

WIDTH = preprocessing.WIDTH
SETTINGS = ((0.05, 0.5), (0.2, 0.5), (0.02, 0.5), (0.05, 0.9), (0.01, 0.9))  # blur in rad, scaling; GeomLoss's first
Method = Callable[[Tensor, Tensor], tuple[np.ndarray, np.ndarray]]  # images, logits -> distances, gradient


class Extent(NamedTuple):
    """How much is measured."""

    exact: int  # images for the exact loss
    emd2: int  # for POT
    sinkhorn: int  # for our Sinkhorn
    geomloss: int  # for GeomLoss
    rounds: int
    powers: tuple[int, ...] = (1, 2)
    settings: tuple[tuple[float, float], ...] = SETTINGS


FULL = Extent(64, 64, 16, 2, 3)
QUICK = Extent(4, 4, 2, 1, 1, (1,), SETTINGS[:1])


def benchmark_losses(extent: Extent = FULL, progress: bool = False) -> list[dict]:
    """Time exact Wasserstein losses against POT's duals, GeomLoss and our Sinkhorn, one thread, in turn.

    Parameters
    ----------
    extent : Extent
        How much is measured.
    progress : bool
        Show a progress bar.

    Returns
    -------
    list of dict
        One row a method: ``images`` (kind of reconstruction), ``pixels`` (mean number of an image and of its
        reconstruction), ``p``, ``method``, ``blur`` and ``scaling`` (None where there is none), ``rate`` (images a
        second, value and gradient, by the median), ``slower`` (than the exact loss), ``bias`` (mean of value / exact
        less one), ``worst`` (largest relative difference from exact), ``cosine`` (between the gradients by the logits,
        its and the exact one, mean) and ``least_cosine``, ``n`` (images). Without GeomLoss its rows are missing.

    Notes
    -----
    GeomLoss and our Sinkhorn give W_1 and W_2^2 / 2; the root is taken of both. GeomLoss runs in float32, as its users
    run it. All are compared with the exact loss on the same images.
    """
    compilation.wait("gradients")  # or POT would answer
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _rows(extent, progress)
    finally:
        torch.set_num_threads(threads)


def _rows(extent: Extent, progress: bool) -> list[dict]:
    methods, given = {}, {}
    for kind, images, logits in _cases(extent.exact):
        for p in extent.powers:
            for name, blur, scaling, n, method in _methods(p, extent):
                key = kind, p, name, blur, scaling
                given[key] = images[:n], logits[:n]
                methods[key] = partial(method, *given[key])
    found = interleaved(methods, extent.rounds, progress=progress, title="losses")
    rows = []
    for key, timing in found.items():
        kind, p, name, blur, scaling = key
        images, logits = given[key]
        n, exact = len(images), found[kind, p, "exact", None, None]
        per_image, best = timing.median / n, exact.median / extent.exact
        value, gradient = timing.result
        ratio, cosine = value / exact.result[0][:n] - 1, _cosine(gradient, exact.result[1][:n])
        pixels = tuple(float((some > 0).sum((1, 2)).float().mean()) for some in (images, _softmax(logits)))
        rows.append({
            "images": kind, "pixels": pixels, "p": p, "method": name, "blur": blur, "scaling": scaling,
            "rate": 1 / per_image, "slower": per_image / best, "bias": float(ratio.mean()),
            "worst": float(np.abs(ratio).max()), "cosine": float(cosine.mean()),
            "least_cosine": float(cosine.min()), "n": n,
        })  # fmt: skip
    return rows


def _cases(n: int) -> Iterator[tuple[str, Tensor, Tensor]]:
    # Images, and logits of reconstructions: blurred images, and what a network trained with Wass(1) makes of them
    images = jets.images(jets.load("sample")["QCD"][:n])
    blurred = gaussian_filter(images.astype(np.float64), (0, 1.5, 1.5)) + 1e-5
    yield "QCD, blurred", torch.from_numpy(images), torch.from_numpy(np.log(blurred)).float()
    trained = [name for name, card in checkpoints.networks().items() if card.output == "softmax"]
    if trained:
        made = autoencoder.load(trained[0]).reconstruct(images).astype(np.float64)
        logits = torch.from_numpy(np.log(np.maximum(made, 1e-45))).float()
        yield f"QCD, {trained[0]}", torch.from_numpy(images), logits


def _methods(p: int, extent: Extent) -> Iterator[tuple[str, float | None, float | None, int, Method]]:
    yield "exact", None, None, extent.exact, _by_autograd(partial(transportloss.wasserstein, p=p, threads=1))
    yield "emd2", None, None, extent.emd2, partial(_emd2, p=p)
    for blur, scaling in extent.settings:
        ours = _by_autograd(partial(sinkhorn.distance, p=p, blur=blur, scaling=scaling))
        yield "Sinkhorn", blur, scaling, extent.sinkhorn, ours
    try:
        from geomloss import SamplesLoss
    except ImportError:
        return
    for blur, scaling in extent.settings[:1]:
        loss = SamplesLoss("sinkhorn", p=p, blur=blur, scaling=scaling, backend="tensorized")
        yield "GeomLoss", blur, scaling, extent.geomloss, _by_autograd(partial(_geomloss, loss=loss, p=p))


def _softmax(logits: Tensor) -> Tensor:
    return logits.flatten(1).softmax(1).view(logits.shape)


def _by_autograd(distance: Callable[[Tensor, Tensor], Tensor]) -> Method:
    def method(images: Tensor, logits: Tensor) -> tuple[np.ndarray, np.ndarray]:
        leaf = logits.clone().requires_grad_()
        value = distance(images, _softmax(leaf))
        value.sum().backward()
        return value.detach().numpy(), leaf.grad.numpy()

    return method


def _geomloss(images: Tensor, reconstructions: Tensor, loss: Callable, p: int) -> Tensor:
    n, npix = images.shape[:2]
    places = (torch.arange(npix) - (npix - 1) / 2) * (WIDTH / npix)
    grid = torch.stack(torch.meshgrid(places, places, indexing="ij"), -1).view(1, npix * npix, 2).repeat(n, 1, 1)
    return (p * loss(images.flatten(1), grid, reconstructions.flatten(1), grid)).clamp_min(1e-12) ** (1 / p)


def _emd2(images: Tensor, logits: Tensor, p: int) -> tuple[np.ndarray, np.ndarray]:
    # POT's optimal duals on the pixels that are not zero: exact, too
    n, npix = images.shape[:2]
    ot = problems.pot_package()
    a, b = images.double().flatten(1).numpy(), logits.double().flatten(1).softmax(1).numpy()
    cost = _costs(npix, p)
    value, gradient = np.zeros(n), np.zeros_like(b)
    for k in range(n):
        at = a[k] > 0
        value[k], log = ot.emd2(a[k, at] / a[k, at].sum(), b[k], np.ascontiguousarray(cost[at]), log=True,
                                numItermax=1_000_000)  # fmt: skip
        v = log["v"] - b[k] @ log["v"]
        gradient[k] = b[k] * v * value[k] ** (1 / p - 1) / p
    return value ** (1 / p), gradient.reshape(n, npix, npix)


def _costs(npix: int, p: int) -> np.ndarray:
    table = jetproblems.offset_costs(p, WIDTH / npix, npix)
    code = jetproblems.pixel_codes(np.arange(npix * npix), npix)
    return table[len(table) // 2 + code[:, None] - code]


def _cosine(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    x, y = (some.reshape(len(some), -1).astype(np.float64) for some in (x, y))
    with np.errstate(invalid="ignore"):  # a gradient of zero has no direction: not a number
        return (x * y).sum(1) / (np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1))
