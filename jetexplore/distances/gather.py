"""Which transport problem is a pair of jets? Sparse images and particle clouds become masses and costs, then plans."""

from __future__ import annotations

import numpy as np

from jetexplore.distances.basis import Basis, padded
from jetexplore.distances.compilation import compiled, inlined
from jetexplore.distances.simplex import solve
from jetexplore.distances.vectors import BIG, LANES, look_up, transpose_block


@inlined
def image_pair(
    i: int, j: int, x_offsets: np.ndarray, x_codes: np.ndarray, x_mass: np.ndarray,
    y_offsets: np.ndarray, y_codes: np.ndarray, y_mass: np.ndarray, table: np.ndarray, cancel: bool,
    codes: np.ndarray, masses: np.ndarray, w: Basis,
) -> tuple[int, int, bool]:  # fmt: skip
    """Make the transport problem of two sparse images.

    Parameters
    ----------
    i, j : int
        The images.
    x_offsets, x_codes, x_mass, y_offsets, y_codes, y_mass : ndarray
        Sparse images; the difference of two codes, counted from the middle of ``table``, is their cost.
    table : ndarray
        Cost of each offset between pixels.
    cancel : bool
        Leave out mass common to both, which is exact if the cost is a metric.
    codes, masses : ndarray
        Scratch, twice as long as the largest image and a vector.
    w : Basis
        Its ``cost``, ``turned`` and ``mass`` are filled.

    Returns
    -------
    n, m : int
        Rows and columns; 0, 0 if no mass has to move.
    turned : bool
        The rows are pixels of y; those of x come first in ``codes``, those of y in its second half.
    """
    # Walk along both lists of pixels, which ascend; where they meet only the difference has to move. Every step writes
    # to both sides and then counts what was worth it: whether pixels meet cannot be foretold, and branches would be
    # taken wrongly half of the time.
    s, s_end, t, t_end = x_offsets[i], x_offsets[i + 1], y_offsets[j], y_offsets[j + 1]
    half, n, m = len(codes) // 2, 0, 0
    while s < s_end and t < t_end:
        from_x, from_y = x_codes[s], y_codes[t]
        give, take = x_mass[s], y_mass[t]
        met = from_x == from_y and cancel
        codes[n], masses[n] = from_x, give - take if met else give
        codes[half + m], masses[half + m] = from_y, take - give if met else take
        n += (from_x < from_y) | (met & (give > take)) | ((from_x == from_y) & (not cancel))
        m += (from_y < from_x) | (met & (take > give)) | ((from_x == from_y) & (not cancel))
        s += from_x <= from_y
        t += from_y <= from_x
    for k in range(s, s_end):
        codes[n], masses[n] = x_codes[k], x_mass[k]
        n += 1
    for k in range(t, t_end):
        codes[half + m], masses[half + m] = y_codes[k], y_mass[k]
        m += 1
    rows, columns, turned = 0, half, n < m  # the longer side gives the rows
    if turned:
        rows, columns, n, m = half, 0, m, n
    if m == 0:
        return 0, 0, turned
    base, wide = padded(n, m)
    for k in range(m, wide):
        codes[columns + k] = codes[columns]  # the padding is looked up as well
    given, taken = 0.0, 0.0
    for r in range(n):
        w.mass[r] = masses[rows + r]
        given += masses[rows + r]
        look_up(table, len(table) // 2 + codes[rows + r], codes, columns, m, w.cost, r * wide)
    for c in range(m):
        taken += masses[columns + c]
    for c in range(m):  # what is left of nearly equal images differs by more than its own rounding
        w.mass[base + c] = masses[columns + c] * (given / taken)
    _complete(n, base, wide, w)
    return n, m, turned


@inlined
def _complete(n: int, base: int, wide: int, w: Basis) -> None:
    for k in range(n * wide, base * wide):
        w.cost[k] = BIG
    for r in range(0, base, LANES):
        for c in range(0, wide, LANES):
            transpose_block(w.cost, r * wide + c, wide, w.turned, c * base + r, base)


@compiled
def solve_images(
    i: np.ndarray, j: np.ndarray, x_offsets: np.ndarray, x_codes: np.ndarray, x_mass: np.ndarray,
    y_offsets: np.ndarray, y_codes: np.ndarray, y_mass: np.ndarray, table: np.ndarray, cancel: bool,
    first: int, last: int, w: Basis, result: np.ndarray,
) -> None:  # fmt: skip
    """Solve pairs of sparse images.

    Parameters
    ----------
    i, j : ndarray of int
        Pairs.
    x_offsets, x_codes, x_mass, y_offsets, y_codes, y_mass, table, cancel
        As in `image_pair`.
    first, last : int
        Pairs to solve.
    w : Basis
        Scratch, large enough for the largest pair; holds the last problem and its tree.
    result : ndarray, shape (n_pairs, 4)
        Filled as by `simplex.solve`.
    """
    longest = 0
    for k in range(first, last):
        longest = max(longest, x_offsets[i[k] + 1] - x_offsets[i[k]], y_offsets[j[k] + 1] - y_offsets[j[k]])
    codes, masses = np.empty(2 * (longest + LANES), np.int64), np.empty(2 * (longest + LANES))
    for k in range(first, last):
        n, m, _ = image_pair(
            i[k], j[k], x_offsets, x_codes, x_mass, y_offsets, y_codes, y_mass, table, cancel, codes, masses, w
        )
        solve(n, m, w, result[k])


@inlined
def cloud_pair(
    i: int, j: int, x_offsets: np.ndarray, x_eta: np.ndarray, x_phi: np.ndarray, x_weight: np.ndarray,
    y_offsets: np.ndarray, y_eta: np.ndarray, y_phi: np.ndarray, y_weight: np.ndarray,
    scale: float, power: float, balanced: bool, w: Basis,
) -> tuple[int, int]:  # fmt: skip
    """Make the transport problem of two particle clouds, the lighter one with one more point at cost 1 from all.

    Parameters
    ----------
    i, j : int
        The clouds.
    x_offsets, x_eta, x_phi, x_weight, y_offsets, y_eta, y_phi, y_weight : ndarray
        Particle clouds, with phi in [-pi, pi).
    scale, power : float
        The cost of moving by a distance is (distance / scale)^power.
    balanced : bool
        All clouds have the same weight to rounding: no more point is needed.
    w : Basis
        Its ``cost``, ``turned`` and ``mass`` are filled.

    Returns
    -------
    tuple of int
        Rows and columns.
    """
    s, t = x_offsets[i], y_offsets[j]
    n, m = x_offsets[i + 1] - s, y_offsets[j + 1] - t
    given, taken = 0.0, 0.0
    for k in range(n):
        given += x_weight[s + k]
    for k in range(m):
        taken += y_weight[t + k]
    excess = 0.0 if balanced else given - taken
    rows, columns = n + (excess < 0), m + (excess > 0)
    base, wide = padded(rows, columns)
    for r in range(rows):
        w.mass[r] = x_weight[s + r] if r < n else -excess
        for c in range(columns):
            value = 1.0
            if r < n and c < m:
                eta_step, phi_step = x_eta[s + r] - y_eta[t + c], abs(x_phi[s + r] - y_phi[t + c])
                phi_step = min(phi_step, 2 * np.pi - phi_step)
                value = np.sqrt(eta_step * eta_step + phi_step * phi_step) / scale
                value = value if power == 1 else value**power
            w.cost[r * wide + c] = value
        for c in range(columns, wide):
            w.cost[r * wide + c] = BIG
    for c in range(columns):
        w.mass[base + c] = y_weight[t + c] if c < m else excess
    _complete(rows, base, wide, w)
    return rows, columns


@compiled
def solve_clouds(
    i: np.ndarray, j: np.ndarray, x_offsets: np.ndarray, x_eta: np.ndarray, x_phi: np.ndarray, x_weight: np.ndarray,
    y_offsets: np.ndarray, y_eta: np.ndarray, y_phi: np.ndarray, y_weight: np.ndarray,
    scale: float, power: float, balanced: bool, first: int, last: int, w: Basis, result: np.ndarray,
) -> None:  # fmt: skip
    """Solve pairs of particle clouds.

    Parameters
    ----------
    i, j : ndarray of int
        Pairs.
    x_offsets, x_eta, x_phi, x_weight, y_offsets, y_eta, y_phi, y_weight, scale, power, balanced
        As in `cloud_pair`.
    first, last : int
        Pairs to solve.
    w : Basis
        Scratch, large enough for the largest pair; holds the last problem and its tree.
    result : ndarray, shape (n_pairs, 4)
        Filled as by `simplex.solve`.
    """
    for k in range(first, last):
        n, m = cloud_pair(
            i[k], j[k], x_offsets, x_eta, x_phi, x_weight, y_offsets, y_eta, y_phi, y_weight,
            scale, power, balanced, w,
        )  # fmt: skip
        solve(n, m, w, result[k])


@compiled
def solve_table(a: np.ndarray, b: np.ndarray, cost: np.ndarray, w: Basis, result: np.ndarray) -> None:
    """Solve one problem with any costs.

    Parameters
    ----------
    a, b : ndarray, shape (n,), (m,)
        Masses, of equal sums to rounding.
    cost : ndarray, shape (n, m)
        Costs.
    w : Basis
        Scratch of that size; holds the problem and its tree.
    result : ndarray, shape (4,)
        Filled as by `simplex.solve`.
    """
    n, m = cost.shape
    base, wide = padded(n, m)
    for r in range(n):
        w.mass[r] = a[r]
        for c in range(m):
            w.cost[r * wide + c] = cost[r, c]
        for c in range(m, wide):
            w.cost[r * wide + c] = BIG
    for c in range(m):
        w.mass[base + c] = b[c]
    _complete(n, base, wide, w)
    solve(n, m, w, result)
