"""What vector instructions does an edge convolution need? Rows of 32 numbers as two vectors of sixteen, for LLVM.

Each takes flat arrays and places in them, for slices cost more than what is done with them.
"""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

HIDDEN = 32  # nodes of both hidden layers
LANES = 16
ROWS = 8  # edges that go through the layer together: 16 sums, half of the registers of AVX-512

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
