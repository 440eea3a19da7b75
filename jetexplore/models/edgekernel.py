"""What does an edge convolution cost that never leaves the registers? Two compiled passes over the edges of each jet.

Of the three layers of a message, the first is linear in what the two particles give, so it is applied to particles
(`edgeconv`); here is what is left for each edge: 32 sums, a layer of 32 by 32, and the last layer where a ReLU follows
it. Edges go through in blocks that stay in the fastest memory, eight at a time through the layer with two vectors of
sixteen numbers each; nothing of size (N, N, 32) exists. The way back computes messages anew.

Every jet is taken for itself and its edges in one order, so that results are the same bits in any batch.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numba import njit

from jetexplore.distances import compilation
from jetexplore.models.edgevectors import (
    HIDDEN,
    ROWS,
    add_row,
    first_layer,
    gate_row,
    head,
    head_back,
    head_sum,
    outer_sum,
    second_layer,
    second_layer_back,
    sum_rows,
)

BLOCK = 64  # edges whose two hidden layers are kept: 16 kB
SHARE = 8  # jets whose gradients by the weights are summed together, whoever computes them


def _compiled(function: Callable) -> Callable:
    place = compilation.folder(Path(__file__).resolve().parent, ("edgekernel", "edgevectors"), "edges")
    if place is None:
        return njit(nogil=True, error_model="numpy")(function)
    with compilation.cached_in(place):
        return njit(nogil=True, error_model="numpy", cache=True)(function)


@_compiled
def give(
    counts: np.ndarray, first: int, last: int, longest: int, x: np.ndarray, w1: np.ndarray, b1: np.ndarray,
    own: np.ndarray, other: np.ndarray,
) -> None:  # fmt: skip
    """Apply the first layer to particles instead of edges: W (x_i, x_j - x_i) = (W_a - W_b) x_i + W_b x_j.

    Parameters
    ----------
    counts, first, last, longest
        As for `forward`.
    x : ndarray of float32, shape (n * longest, F)
        Features of the particles.
    w1, b1 : ndarray of float32, shape (32, 2 F), (32,)
        First layer, outputs by inputs.
    own, other : ndarray of float32, shape (n * longest, 32)
        Filled for particles that are there.
    """
    features = x.shape[1]
    to_own, to_other = np.empty((features, HIDDEN), np.float32), np.empty((features, HIDDEN), np.float32)
    for f in range(features):
        for h in range(HIDDEN):
            to_own[f, h], to_other[f, h] = w1[h, f] - w1[h, features + f], w1[h, features + f]
    for jet in range(first, last):
        for row in range(jet * longest, jet * longest + counts[jet]):
            for h in range(HIDDEN):
                own[row, h], other[row, h] = b1[h], np.float32(0)
            for f in range(features):
                value = x[row, f]
                for h in range(HIDDEN):
                    own[row, h] += value * to_own[f, h]
                    other[row, h] += value * to_other[f, h]


@_compiled
def last_layer(
    counts: np.ndarray, first: int, last: int, longest: int, mean: np.ndarray, w3: np.ndarray, b3: np.ndarray,
    y: np.ndarray,
) -> None:  # fmt: skip
    """Apply a linear last layer to averages of the second instead of to each message, which is the same.

    Parameters
    ----------
    counts, first, last, longest
        As for `forward`.
    mean : ndarray of float32, shape ((n * longest + 8) * 32,)
        Averages of the second layer, with room for eight more particles.
    w3, b3 : ndarray of float32, shape (out * 32,), (out,)
        Last layer, outputs by inputs.
    y : ndarray of float32, shape (n * longest * out,)
        Filled for particles that have neighbours.
    """
    out = len(b3)
    message = np.zeros(ROWS, np.float32)
    for jet in range(first, last):
        n = counts[jet] if counts[jet] > 1 else 0
        for k in range(0, n, ROWS):
            row = jet * longest + k
            for c in range(out):
                head(mean, row * HIDDEN, w3, c * HIDDEN, message, 0)
                for r in range(min(ROWS, n - k)):
                    y[(row + r) * out + c] = message[r] + b3[c]


@_compiled
def forward(
    counts: np.ndarray, first: int, last: int, longest: int, own: np.ndarray, other: np.ndarray, w2: np.ndarray,
    b2: np.ndarray, w3: np.ndarray, b3: np.ndarray, y: np.ndarray,
) -> None:  # fmt: skip
    """Average the messages to each particle of some jets.

    Parameters
    ----------
    counts : ndarray of int64, shape (n,)
        Particles of each jet.
    first, last, longest : int
        The first jet, one past the last, places for particles a jet.
    own, other : ndarray of float32, shape (n * longest * 32,)
        What each particle gives to the first layer of messages it receives and sends.
    w2, b2 : ndarray of float32, shape (32 * 32,), (32,)
        Second layer, inputs by outputs.
    w3, b3 : ndarray of float32, shape (out * 32,), (out,)
        Last layer, outputs by inputs; empty for none, then the second layer is averaged.
    y : ndarray of float32, shape (n * longest * (out or 32),)
        Filled; zeros to begin with.
    """
    out = len(b3)
    wide = out if out else HIDDEN
    x, z = np.zeros(BLOCK * HIDDEN, np.float32), np.zeros(BLOCK * HIDDEN, np.float32)
    message = np.zeros(ROWS * max(out, 1), np.float32)
    for jet in range(first, last):
        n = counts[jet]
        at, edges = jet * longest, n * (n - 1)
        i, j, u, v = 0, 1, 0, 1  # particles of the edge that comes next on its way in, and out
        for start in range(0, edges, BLOCK):
            many = min(BLOCK, edges - start)
            for e in range(many):
                first_layer(own, (at + i) * HIDDEN, other, (at + j) * HIDDEN, x, e * HIDDEN)
                i, j = _next(i, j, n)
            for e in range(0, many, ROWS):
                second_layer(x, e * HIDDEN, w2, b2, z)
            if out == 0:
                for e in range(many):
                    add_row(z, e * HIDDEN, y, (at + u) * HIDDEN)
                    u, v = _next(u, v, n)
            else:
                for e in range(0, many, ROWS):
                    for c in range(out):
                        head(z, e * HIDDEN, w3, c * HIDDEN, message, c * ROWS)
                    for k in range(min(ROWS, many - e)):
                        for c in range(out):
                            value = message[c * ROWS + k] + b3[c]
                            y[(at + u) * out + c] += np.float32(0) if value <= 0 else value
                        u, v = _next(u, v, n)
        for k in range(at * wide, (at + n) * wide):
            y[k] /= np.float32(max(n - 1, 1))


@_compiled
def backward(
    counts: np.ndarray, first: int, last: int, longest: int, own: np.ndarray, other: np.ndarray, w2: np.ndarray,
    w2_back: np.ndarray, b2: np.ndarray, w3: np.ndarray, b3: np.ndarray, slope: np.ndarray, own_slope: np.ndarray,
    other_slope: np.ndarray, w2_slope: np.ndarray, b2_slope: np.ndarray, w3_slope: np.ndarray, b3_slope: np.ndarray,
) -> None:  # fmt: skip
    """Go back from gradients by the averages to those by all that `forward` is given.

    Parameters
    ----------
    counts, first, last, longest, own, other, w2, b2, w3, b3
        As for `forward`.
    w2_back : ndarray of float32, shape (32 * 32,)
        Second layer, outputs by inputs.
    slope : ndarray of float32, shape (n * longest * (out or 32),)
        Gradients by the averages.
    own_slope, other_slope, w2_slope, b2_slope, w3_slope, b3_slope : ndarray of float32
        Added to, each of the shape of what it belongs to; that by the second layer is outputs by inputs.
    """
    out = len(b3)
    x, z = np.zeros(BLOCK * HIDDEN, np.float32), np.zeros(BLOCK * HIDDEN, np.float32)
    message, slopes = np.zeros(ROWS * max(out, 1), np.float32), np.zeros(BLOCK * max(out, 1), np.float32)
    row = np.zeros(HIDDEN, np.float32)
    for jet in range(first, last):
        n = counts[jet]
        at, edges = jet * longest, n * (n - 1)
        i, j, u, v, s, t = 0, 1, 0, 1, 0, 1
        part = np.float32(1) / np.float32(max(n - 1, 1))
        ready = -1
        for start in range(0, edges, BLOCK):
            many = min(BLOCK, edges - start)
            for e in range(many):
                first_layer(own, (at + i) * HIDDEN, other, (at + j) * HIDDEN, x, e * HIDDEN)
                i, j = _next(i, j, n)
            for e in range(0, many, ROWS):
                second_layer(x, e * HIDDEN, w2, b2, z)
                for c in range(out):
                    head(z, e * HIDDEN, w3, c * HIDDEN, message, c * ROWS)
                for k in range(min(ROWS, many - e)):
                    if out == 0:
                        if u != ready:
                            for h in range(HIDDEN):
                                row[h] = slope[(at + u) * HIDDEN + h] * part
                            ready = u
                        gate_row(row, 0, z, (e + k) * HIDDEN)
                    else:
                        for c in range(out):
                            on = message[c * ROWS + k] + b3[c] > 0
                            value = slope[(at + u) * out + c] * part if on else np.float32(0)
                            slopes[(e + k) * out + c] = value
                    u, v = _next(u, v, n)
            if out > 0:
                for c in range(out):
                    total = 0.0
                    for e in range(many):
                        total += slopes[e * out + c]
                    b3_slope[c] += np.float32(total)
                    head_sum(slopes, out, c, many, z, w3_slope)
                head_back(slopes, out, many, z, 0, w3)
            sum_rows(z, many, b2_slope, 0)
            outer_sum(z, x, many, w2_slope)
            for e in range(0, many, ROWS):
                second_layer_back(z, e * HIDDEN, w2_back, x)
            for e in range(many):
                add_row(x, e * HIDDEN, own_slope, (at + s) * HIDDEN)
                add_row(x, e * HIDDEN, other_slope, (at + t) * HIDDEN)
                s, t = _next(s, t, n)


@njit(forceinline=True)
def _next(i: int, j: int, n: int) -> tuple[int, int]:
    # The edge after (i, j): all senders j of a receiver i, then those of the next
    j += 1
    if j == i:
        j += 1
    if j >= n:
        i += 1
        j = 0
    return i, j
