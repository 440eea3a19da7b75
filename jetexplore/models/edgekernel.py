"""What does an edge convolution cost that never leaves the registers? Two compiled passes over the edges of each jet.

Of the three layers of a message, the first is linear in what the two particles give, so it is applied to particles
(`edgeconv`); here is what is left for each edge: 32 sums, a layer of 32 by 32, and the last layer where a ReLU follows
it. Edges go through in blocks that stay in the fastest memory, eight at a time through the layer with two vectors of
sixteen numbers each; nothing of size (N, N, 32) exists. The way back computes messages anew.

Every jet is taken for itself and its edges in one order, so that results are the same bits in any batch.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

HIDDEN = 32  # nodes of both hidden layers
LANES = 16
ROWS = 8  # edges that go through the layer together: 16 sums, half of the registers of AVX-512
BLOCK = 64  # edges whose two hidden layers are kept: 16 kB
SHARE = 8  # jets whose gradients by the weights are summed together, whoever computes them

_INT, _REAL = ir.IntType(64), ir.FloatType()
_REALS = ir.VectorType(_REAL, LANES)
_FAST = ("contract", "nsz")
_ZERO = ir.Constant(_REALS, [0.0] * LANES)
_array, _whole = types.Array(types.float32, 1, "C"), types.int64


def _vectors(*kinds: types.Type) -> Callable:
    # An instruction from a body that is given the builder, arrays as pointers to their first number, and places
    def wrap(body: Callable) -> Callable:
        names = ", ".join(f"a{k}" for k in range(len(kinds)))

        def typed(context: object, *arguments: object) -> tuple:
            def generate(context: object, builder: ir.IRBuilder, signature: object, values: list) -> ir.Value:
                given = [
                    context.make_array(kind)(context, builder, value).data if kind is _array else value
                    for kind, value in zip(kinds, values, strict=True)
                ]
                body(builder, *given)
                return context.get_dummy_value()

            return types.void(*kinds), generate

        scope = {"typed": typed}
        exec(f"def {body.__name__}(context, {names}): return typed(context, {names})", scope)
        made = scope[body.__name__]
        made.__doc__, made.__module__ = body.__doc__, __name__
        return intrinsic(made)

    return wrap


def _load(b: ir.IRBuilder, array: ir.Value, at: ir.Value, kind: ir.Type = _REALS) -> ir.Value:
    return b.load(b.bitcast(b.gep(array, [at]), kind.as_pointer()), align=4)


def _store(b: ir.IRBuilder, value: ir.Value, array: ir.Value, at: ir.Value) -> None:
    b.store(value, b.bitcast(b.gep(array, [at]), value.type.as_pointer()), align=4)


def _splat(b: ir.IRBuilder, value: ir.Value) -> ir.Value:
    first = b.insert_element(ir.Constant(_REALS, ir.Undefined), value, ir.IntType(32)(0))
    return b.shuffle_vector(first, first, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))


def _plus(b: ir.IRBuilder, total: ir.Value, x: ir.Value, y: ir.Value) -> ir.Value:
    return b.fadd(total, b.fmul(x, y, flags=_FAST), flags=_FAST)


def _positive(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    return b.select(b.fcmp_ordered("<=", x, _ZERO), _ZERO, x)  # what is no number stays none


def _both(b: ir.IRBuilder, at: ir.Value) -> tuple[ir.Value, ir.Value]:
    return at, b.add(at, _INT(LANES))


def _layer(b: ir.IRBuilder, x: ir.Value, at: ir.Value, w: ir.Value, start: list[ir.Value]) -> list[list[ir.Value]]:
    # Rows of x, (8, 32), times w, (32, 32), as 8 pairs of vectors
    sums = [[cgutils.alloca_once_value(b, value) for value in start] for _ in range(ROWS)]
    for row in sums:
        for slot, value in zip(row, start, strict=True):
            b.store(value, slot)
    with cgutils.for_range_slice(b, _INT(0), _INT(HIDDEN), _INT(2), _INT) as (first, _):
        for k in (first, b.add(first, _INT(1))):
            lines = [_load(b, w, place) for place in _both(b, b.mul(k, _INT(HIDDEN)))]
            for r, row in enumerate(sums):
                value = _splat(b, _load(b, x, b.add(b.add(at, k), _INT(r * HIDDEN)), _REAL))
                for slot, line in zip(row, lines, strict=True):
                    b.store(_plus(b, b.load(slot), value, line), slot)
    return [[b.load(slot) for slot in row] for row in sums]


@_vectors(_array, _whole, _array, _whole, _array, _whole)
def first_layer(b, own, i, other, j, hidden, to) -> None:  # noqa: ANN001
    """ReLU of the sum of what two particles give, for one edge."""
    for p, q, r in zip(_both(b, i), _both(b, j), _both(b, to), strict=True):
        _store(b, _positive(b, b.fadd(_load(b, own, p), _load(b, other, q))), hidden, r)


@_vectors(_array, _whole, _array, _array, _array)
def second_layer(b, x, at, w, bias, y) -> None:  # noqa: ANN001
    """ReLU of the second layer, for eight edges."""
    start = [_load(b, bias, place) for place in _both(b, _INT(0))]
    for r, row in enumerate(_layer(b, x, at, w, start)):
        for value, place in zip(row, _both(b, b.add(at, _INT(r * HIDDEN))), strict=True):
            _store(b, _positive(b, value), y, place)


@_vectors(_array, _whole, _array, _array)
def second_layer_back(b, y, at, w, x) -> None:  # noqa: ANN001
    """Gradients before the first ReLU from those before the second, in place of its outputs, for eight edges."""
    for r, row in enumerate(_layer(b, y, at, w, [_ZERO, _ZERO])):
        for value, place in zip(row, _both(b, b.add(at, _INT(r * HIDDEN))), strict=True):
            _store(b, b.select(b.fcmp_ordered(">", _load(b, x, place), _ZERO), value, _ZERO), x, place)


@_vectors(_array, _array, _whole, _array)
def outer_sum(b, y, x, n, total) -> None:  # noqa: ANN001
    """Add the products of all gradients and all inputs of the second layer to (32, 32), over n edges."""
    for part in range(0, HIDDEN, ROWS):
        lines = [_INT((part + r) * HIDDEN) for r in range(ROWS)]
        sums = [[cgutils.alloca_once_value(b, _ZERO) for _ in range(2)] for _ in range(ROWS)]
        for row, line in zip(sums, lines, strict=True):
            for slot, place in zip(row, _both(b, line), strict=True):
                b.store(_load(b, total, place), slot)
        with cgutils.for_range_slice(b, _INT(0), n, _INT(1), _INT) as (edge, _):
            at = b.mul(edge, _INT(HIDDEN))
            inputs = [_load(b, x, place) for place in _both(b, at)]
            for r, row in enumerate(sums):
                value = _splat(b, _load(b, y, b.add(at, _INT(part + r)), _REAL))
                for slot, some in zip(row, inputs, strict=True):
                    b.store(_plus(b, b.load(slot), value, some), slot)
        for row, line in zip(sums, lines, strict=True):
            for slot, place in zip(row, _both(b, line), strict=True):
                _store(b, b.load(slot), total, place)


@_vectors(_array, _whole, _array, _whole)
def add_row(b, x, at, total, to) -> None:  # noqa: ANN001
    """Add 32 numbers to others."""
    for p, q in zip(_both(b, at), _both(b, to), strict=True):
        _store(b, b.fadd(_load(b, total, q), _load(b, x, p)), total, q)


@_vectors(_array, _whole, _array, _whole)
def gate_row(b, x, at, hidden, to) -> None:  # noqa: ANN001
    """Put gradients in place of a hidden layer where it is positive, for one edge."""
    for p, q in zip(_both(b, at), _both(b, to), strict=True):
        _store(b, b.select(b.fcmp_ordered(">", _load(b, hidden, q), _ZERO), _load(b, x, p), _ZERO), hidden, q)


@_vectors(_array, _whole, _array, _whole, _array, _whole)
def head(b, hidden, at, w, line, y, to) -> None:  # noqa: ANN001
    """One number of the last layer for eight edges, without its bias."""
    lines = [_load(b, w, place) for place in _both(b, line)]
    parts = []
    for r in range(ROWS):
        first, second = (_load(b, hidden, place) for place in _both(b, b.add(at, _INT(r * HIDDEN))))
        parts.append(_plus(b, b.fmul(first, lines[0]), second, lines[1]))
    many = ir.VectorType(ir.IntType(32), LANES)
    even, odd = (ir.Constant(many, list(range(start, 2 * LANES, 2))) for start in (0, 1))
    while len(parts) > 1:  # neighbours are added, of two vectors into one
        pairs = zip(parts[::2], parts[1::2], strict=True)
        parts = [b.fadd(b.shuffle_vector(x, z, even), b.shuffle_vector(x, z, odd)) for x, z in pairs]
    few = ir.VectorType(ir.IntType(32), ROWS)
    even, odd = (ir.Constant(few, list(range(start, LANES, 2))) for start in (0, 1))
    x = parts[0]
    _store(b, b.fadd(b.shuffle_vector(x, x, even), b.shuffle_vector(x, x, odd)), y, to)


@_vectors(_array, _whole, _whole, _array, _whole, _array)
def head_back(b, slopes, out, n, hidden, at, w) -> None:  # noqa: ANN001
    """Gradients through the last layer of n edges, in place of their hidden layers; slopes are edges by outputs."""
    with cgutils.for_range_slice(b, _INT(0), n, _INT(1), _INT) as (edge, _):
        places = _both(b, b.add(at, b.mul(edge, _INT(HIDDEN))))
        sums = [cgutils.alloca_once_value(b, _ZERO) for _ in range(2)]
        for slot in sums:
            b.store(_ZERO, slot)
        with cgutils.for_range_slice(b, _INT(0), out, _INT(1), _INT) as (c, _):
            slope = _splat(b, _load(b, slopes, b.add(b.mul(edge, out), c), _REAL))
            for slot, place in zip(sums, _both(b, b.mul(c, _INT(HIDDEN))), strict=True):
                b.store(_plus(b, b.load(slot), slope, _load(b, w, place)), slot)
        for slot, place in zip(sums, places, strict=True):
            on = b.fcmp_ordered(">", _load(b, hidden, place), _ZERO)
            _store(b, b.select(on, b.load(slot), _ZERO), hidden, place)


@_vectors(_array, _whole, _whole, _whole, _array, _array)
def head_sum(b, slopes, out, c, n, hidden, total) -> None:  # noqa: ANN001
    """Add the products of gradients by one number of the last layer and its inputs, over n edges."""
    places = _both(b, b.mul(c, _INT(HIDDEN)))
    sums = [cgutils.alloca_once_value(b, _ZERO) for _ in range(2)]
    for slot, place in zip(sums, places, strict=True):
        b.store(_load(b, total, place), slot)
    with cgutils.for_range_slice(b, _INT(0), n, _INT(1), _INT) as (edge, _):
        slope = _splat(b, _load(b, slopes, b.add(b.mul(edge, out), c), _REAL))
        for slot, place in zip(sums, _both(b, b.mul(edge, _INT(HIDDEN))), strict=True):
            b.store(_plus(b, b.load(slot), slope, _load(b, hidden, place)), slot)
    for slot, place in zip(sums, places, strict=True):
        _store(b, b.load(slot), total, place)


@_vectors(_array, _whole, _array, _whole)
def sum_rows(b, x, n, total, to) -> None:  # noqa: ANN001
    """Add n rows of 32 numbers to another, in their order."""
    places = _both(b, to)
    sums = [cgutils.alloca_once_value(b, _ZERO) for _ in range(2)]
    for slot in sums:
        b.store(_ZERO, slot)
    with cgutils.for_range_slice(b, _INT(0), n, _INT(1), _INT) as (edge, _):
        for slot, place in zip(sums, _both(b, b.mul(edge, _INT(HIDDEN))), strict=True):
            b.store(b.fadd(b.load(slot), _load(b, x, place)), slot)
    for slot, place in zip(sums, places, strict=True):
        _store(b, b.fadd(_load(b, total, place), b.load(slot)), total, place)


_OPTIONS = {"nogil": True, "cache": True, "error_model": "numpy"}


@njit(**_OPTIONS)
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


@njit(**_OPTIONS)
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


@njit(**_OPTIONS)
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


@njit(**_OPTIONS)
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
