"""The network simplex against a slow readable twin, and its certificate against trees that are not optimal."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jetexplore.distances import basis, simplex, vogel


def vogel_twin(cost, a, b):
    """Vogel's approximation: the line of highest regret takes as much as it can along its lowest cost.

    Gives arcs ``(row, column, flow)``, each with the line it crosses out; lines are rows, then columns.
    """
    n, m = cost.shape
    left, is_open, arcs = np.concatenate([a, b]), np.ones(n + m, bool), []
    while is_open.sum() > 1:
        rows, columns = np.flatnonzero(is_open[:n]), np.flatnonzero(is_open[n:])
        if len(rows) == 1 or len(columns) == 1:
            i, j = rows[0], columns[0]
            crossed = i if len(columns) == 1 else n + j
        else:
            regret = np.full(n + m, -1.0)
            lowest = np.sort(cost[np.ix_(rows, columns)], 1)
            regret[rows] = lowest[:, 1] - lowest[:, 0]
            lowest = np.sort(cost[np.ix_(rows, columns)], 0)
            regret[n + columns] = lowest[1] - lowest[0]
            line = int(regret.argmax())
            i, j = (
                (line, columns[cost[line, columns].argmin()])
                if line < n
                else (rows[cost[rows, line - n].argmin()], line - n)
            )
            crossed = i if left[i] < left[n + j] else n + j
        flow = left[crossed]
        left[[i, n + j]] -= flow
        is_open[crossed] = False
        arcs.append((int(i), int(j), max(float(flow), 0.0), int(crossed)))
    return arcs


def simplex_twin(cost, a, b):
    """The network simplex with one integer of bits a node: the arcs on its way to the root."""
    n, m = cost.shape
    start = vogel_twin(cost, a, b)
    ends, flow = [(i, j) for i, j, _, _ in start], [f for _, _, f, _ in start]
    path, potential = [0] * (n + m), np.zeros(n + m)
    for k in reversed(range(n + m - 1)):  # the arc crosses out its lower end; its upper end is nearer to the root
        i, j, _, lower = start[k]
        upper = n + j if lower == i else i
        path[lower] = path[upper] | 1 << k
        potential[lower] = cost[i, j] - potential[upper]
    while True:
        reduced = cost - potential[:n, None] - potential[n:]
        i, j = np.unravel_index(reduced.argmin(), reduced.shape)
        if reduced[i, j] > -1e-12:
            return sum(f * cost[e] for f, e in zip(flow, ends, strict=True)), potential, flow, ends
        row, column = path[i], path[n + j]
        cycle, gives, takes = row ^ column, [], []
        for k in (k for k in range(n + m - 1) if cycle >> k & 1):
            s, t = ends[k]
            row_is_lower = path[s] >> k & 1  # the lower end of an arc has it on its path
            # on the new arc flow runs from row to column, so above the row it falls on arcs from rows to columns
            (gives if bool(row_is_lower) == bool(row >> k & 1) else takes).append(k)
            assert bool(row_is_lower) != bool(path[n + t] >> k & 1)
        leaving = min(gives, key=lambda k: flow[k])
        step = flow[leaving]
        for k in gives:
            flow[k] -= step
        for k in takes:
            flow[k] += step
        below = [x for x in range(n + m) if path[x] >> leaving & 1]
        change = reduced[i, j] if row >> leaving & 1 else -reduced[i, j]
        for x in below:
            potential[x] += change if x < n else -change
            path[x] ^= cycle ^ 1 << leaving
        ends[leaving], flow[leaving] = (int(i), int(j)), step


def problem(n, m, seed, whole=False):
    rng = np.random.default_rng(seed)
    a, b = (rng.integers(1, 4, size).astype(float) if whole else rng.pareto(1, size) + 0.01 for size in (n, m))
    points = [rng.integers(0, 6, (size, 2)) if whole else rng.normal(0, 1, (size, 2)) for size in (n, m)]
    return np.linalg.norm(points[0][:, None] - points[1], axis=-1), a / a.sum(), b / b.sum()


def filled(cost, a, b):
    n, m = cost.shape
    (base, wide), w = basis.padded(n, m), basis.basis(n, m)
    w.cost.reshape(base, wide)[:n, :m], w.turned.reshape(wide, base)[:m, :n] = cost, cost.T
    w.mass[:n], w.mass[base : base + m] = a, b
    return base, wide, w


def solve(cost, a, b):
    base, _, w = filled(cost, a, b)
    result = np.zeros(4)
    simplex.solve(*cost.shape, w, result)
    return result, w, base


@settings(max_examples=150, deadline=None)
@given(n=st.integers(1, 40), m=st.integers(1, 40), seed=st.integers(0, 2**32), whole=st.booleans())
def test_equals_the_slow_twin(n, m, seed, whole):
    cost, a, b = problem(n, m, seed, whole)
    result, w, base = solve(cost, a, b)
    expected, potential, _, _ = simplex_twin(cost, a, b)
    assert result[0] == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert expected == pytest.approx(potential[:n] @ a + potential[n:] @ b, rel=1e-9, abs=1e-9)
    assert result[1] <= result[0] * (1 + 1e-14) + 1e-16
    reduced = cost - w.potential[:n, None] - w.potential[base : base + m]
    assert reduced.min() >= -1e-14


@settings(max_examples=100, deadline=None)
@given(n=st.integers(1, 150), m=st.integers(1, 150), seed=st.integers(0, 2**32))
def test_starts_where_vogel_does(n, m, seed):
    cost, a, b = problem(n, m, seed)
    base, wide, w = filled(cost, a, b)
    top = vogel.allocate(n, m, base, wide, w)
    arcs = vogel_twin(cost, a, b)
    ours = sorted(zip(w.source[: n + m - 1].tolist(), w.target[: n + m - 1].tolist(), strict=True))
    assert ours == sorted((i, j) for i, j, _, _ in arcs)
    assert w.flow[: n + m - 1] @ cost[w.source[: n + m - 1], w.target[: n + m - 1]] == pytest.approx(
        sum(f * cost[i, j] for i, j, f, _ in arcs), rel=1e-12
    )
    crossed = {c if c < n else base + c - n for *_, c in arcs}
    assert top in set(range(n)) | set(range(base, base + m)) - crossed


def test_the_certificate_knows_a_tree_that_is_not_optimal(monkeypatch):
    """Cost and potentials of any tree agree; the certificate must not."""
    cost, a, b = problem(60, 50, 3)
    best = solve(cost, a, b)[0]
    base, wide, w = filled(cost, a, b)
    top = vogel.allocate(60, 50, base, wide, w)
    basis.plant(60, 50, base, wide, top, 0, w)
    assert w.potential[:60] @ a + w.potential[base : base + 50] @ b == pytest.approx(
        w.flow[:109] @ cost[w.source[:109], w.target[:109]], rel=1e-12
    )
    result = np.zeros(4)
    simplex.values(60, 50, base, wide, w, result)
    assert result[1] < best[0] * (1 - 1e-3) < best[0] < result[0] * (1 - 1e-3)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 300), (300, 1), (64, 1), (65, 64), (8, 57), (32, 33)])
def test_trees_that_fill_their_words(n, m):
    cost, a, b = problem(n, m, n + m)
    result, _, _ = solve(cost, a, b)
    assert result[0] == pytest.approx(simplex_twin(cost, a, b)[0], rel=1e-9)


def test_every_path_ends_at_the_root():
    """After all pivots the bits of each node are still the arcs of its way up."""
    cost, a, b = problem(90, 70, 5)
    _, w, base = solve(cost, a, b)
    nodes = base + basis.padded(90, 70)[1]
    bits = {
        x: {k for k in range(159) if int(w.path[k // 64 * nodes + x]) >> k % 64 & 1}
        for x in [*range(90), *range(base, base + 70)]
    }
    (root,) = [x for x in bits if not bits[x]]
    for x in bits:
        at, seen = x, set()
        while at != root:
            (up,) = [k for k in bits[at] if at in {int(w.source[k]), base + int(w.target[k])} and k not in seen]
            seen.add(up)
            ends = {int(w.source[up]), base + int(w.target[up])}
            (at,) = ends - {at}
        assert seen == bits[x]
