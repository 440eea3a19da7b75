"""Which transport problem is a pair of jets? Sparse images and particle clouds become masses and costs."""

from __future__ import annotations

import numpy as np

from jetexplore.distances.tree import compiled, padded


@compiled
def images(
    i: np.ndarray, j: np.ndarray, x_offsets: np.ndarray, x_codes: np.ndarray, x_mass: np.ndarray,
    y_offsets: np.ndarray, y_codes: np.ndarray, y_mass: np.ndarray, table: np.ndarray, cancel: bool,
    first: int, last: int, shape: np.ndarray, cost: np.ndarray, supply: np.ndarray, demand: np.ndarray,
) -> None:  # fmt: skip
    """Gather pairs of sparse images; mass common to both is left out if ``cancel``.

    Parameters
    ----------
    i, j : ndarray of int
        Pairs.
    x_offsets, x_codes, x_mass, y_offsets, y_codes, y_mass : ndarray
        Sparse images; the difference of two codes, counted from the middle of ``table``, is their cost.
    table : ndarray
        Cost of each offset between pixels.
    cancel : bool
        Leave out common mass, which is exact if the cost is a metric.
    first, last : int
        Pairs to gather.
    shape, cost, supply, demand : ndarray
        Filled as `simplex.solve` reads them.
    """
    at_cost, at_row, at_column, middle = 0, 0, 0, len(table) // 2
    longest = 0
    for k in range(first, last):
        longest = max(longest, x_offsets[i[k] + 1] - x_offsets[i[k]], y_offsets[j[k] + 1] - y_offsets[j[k]])
    codes, mass = np.empty((2, longest), np.int64), np.empty((2, longest))
    for k in range(first, last):
        x, y = slice(x_offsets[i[k]], x_offsets[i[k] + 1]), slice(y_offsets[j[k]], y_offsets[j[k] + 1])
        n, m = _merge(x_codes[x], x_mass[x], y_codes[y], y_mass[y], cancel, codes, mass)
        row = 0 if n >= m else 1  # the longer side gives the rows
        n, m = max(n, m), min(n, m)
        if m == 0:
            n = 0
        shape[k - first, 0], shape[k - first, 1] = n, m
        for c in range(m):
            demand[at_column + c] = mass[1 - row, c]
        tall, wide = padded(n, m)
        for r in range(n):
            supply[at_row + r] = mass[row, r]
            line = cost[at_cost + r * wide : at_cost + r * wide + m]
            for c in range(m):
                line[c] = table[middle + codes[row, r] - codes[1 - row, c]]
        at_cost, at_row, at_column = at_cost + tall * wide, at_row + n, at_column + m


@compiled
def _merge(
    x: np.ndarray, x_mass: np.ndarray, y: np.ndarray, y_mass: np.ndarray, cancel: bool,
    codes: np.ndarray, mass: np.ndarray,
) -> tuple[int, int]:  # fmt: skip
    # Walk along both lists of pixels, which ascend; where they meet only the difference has to move
    n, m, s, t = 0, 0, 0, 0
    while s < len(x) or t < len(y):
        shift = -1 if t == len(y) else (1 if s == len(x) else x[s] - y[t])
        excess = x_mass[s] - y_mass[t] if shift == 0 and cancel else 0.0
        if shift < 0 or (shift == 0 and (excess > 0 or not cancel)):
            codes[0, n], mass[0, n] = x[s], excess if excess > 0 else x_mass[s]
            n += 1
        if shift > 0 or (shift == 0 and (excess < 0 or not cancel)):
            codes[1, m], mass[1, m] = y[t], -excess if excess < 0 else y_mass[t]
            m += 1
        s += shift <= 0
        t += shift >= 0
    return n, m


@compiled
def clouds(
    i: np.ndarray, j: np.ndarray, x_offsets: np.ndarray, x_eta: np.ndarray, x_phi: np.ndarray, x_weight: np.ndarray,
    y_offsets: np.ndarray, y_eta: np.ndarray, y_phi: np.ndarray, y_weight: np.ndarray,
    scale: float, power: float, balanced: bool,
    first: int, last: int, shape: np.ndarray, cost: np.ndarray, supply: np.ndarray, demand: np.ndarray,
) -> None:  # fmt: skip
    """Gather pairs of particle clouds, the lighter one with one more point at cost 1 from all.

    Parameters
    ----------
    i, j : ndarray of int
        Pairs.
    x_offsets, x_eta, x_phi, x_weight, y_offsets, y_eta, y_phi, y_weight : ndarray
        Particle clouds, with phi in [-pi, pi).
    scale, power : float
        The cost of moving by a distance is (distance / scale)^power.
    balanced : bool
        All clouds have the same weight to rounding: no more point is needed.
    first, last : int
        Pairs to gather.
    shape, cost, supply, demand : ndarray
        Filled as `simplex.solve` reads them.
    """
    at_cost, at_row, at_column = 0, 0, 0
    for k in range(first, last):
        x, y = slice(x_offsets[i[k]], x_offsets[i[k] + 1]), slice(y_offsets[j[k]], y_offsets[j[k] + 1])
        eta, phi, weight = (x_eta[x], y_eta[y]), (x_phi[x], y_phi[y]), (x_weight[x], y_weight[y])
        row = 0 if len(eta[0]) >= len(eta[1]) else 1
        n, m = len(eta[row]), len(eta[1 - row])
        excess = 0.0 if balanced else np.sum(weight[row]) - np.sum(weight[1 - row])
        extra_row, extra_column = int(excess < 0), int(excess > 0)
        wide = padded(n + extra_row, m + extra_column)[1]
        table = cost[at_cost : at_cost + (n + extra_row) * wide].reshape((n + extra_row, wide))
        for r in range(n + extra_row):
            for c in range(m + extra_column):
                table[r, c] = 1.0
        for c in range(m):
            demand[at_column + c] = weight[1 - row][c]
        for r in range(n):
            supply[at_row + r] = weight[row][r]
            for c in range(m):
                eta_step = eta[row][r] - eta[1 - row][c]
                phi_step = abs(phi[row][r] - phi[1 - row][c])
                phi_step = min(phi_step, 2 * np.pi - phi_step)
                distance = np.sqrt(eta_step * eta_step + phi_step * phi_step) / scale
                table[r, c] = distance if power == 1 else distance**power
        if excess < 0:
            supply[at_row + n] = -excess
        if excess > 0:
            demand[at_column + m] = excess
        n, m = n + extra_row, m + extra_column
        shape[k - first, 0], shape[k - first, 1] = n, m
        at_cost, at_row, at_column = at_cost + padded(n, m)[0] * wide, at_row + n, at_column + m
