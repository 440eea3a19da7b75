"""Instructions that numba has no name for: the lowest set bit, and the lowest reduced cost eight columns at a time.

LLVM does not turn a running minimum of floating-point numbers into vector code by itself; here the vectors are
written out. They are of eight numbers; on a processor with shorter ones LLVM splits them.
"""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 8
BIG = 1e300  # cost of arcs that do not exist; finite, so that differences stay numbers

_DOUBLE, _INT = ir.DoubleType(), ir.IntType(64)
_DOUBLES, _INTS = ir.VectorType(_DOUBLE, LANES), ir.VectorType(_INT, LANES)


@intrinsic
def lowest_bit(context: object, word: types.Type) -> tuple[types.Type, Callable]:
    """Index of the lowest set bit of a word that is not zero."""

    def generate(context: object, builder: ir.IRBuilder, signature: object, arguments: list) -> ir.Value:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


def _lowest(rows: int) -> Callable:
    # The lowest of (cost - u) - v over ``rows`` rows, and its column
    @intrinsic
    def lowest(context: object, cost: object, at: object, wide: object, u: object, row: object, v: object) -> tuple:
        array, whole = types.Array(types.float64, 1, "C"), types.int64
        result = types.Tuple((types.float64, types.int64))

        def generate(context: object, builder: ir.IRBuilder, signature: object, arguments: list) -> ir.Value:
            table, potential, other = (
                context.make_array(signature.args[k])(context, builder, arguments[k]).data for k in (0, 3, 5)
            )
            at, wide, row = arguments[1], arguments[2], arguments[4]
            shifts = [_splat(builder, builder.load(_step(builder, potential, row, r))) for r in range(rows)]
            best = cgutils.alloca_once_value(builder, ir.Constant(_DOUBLES, [BIG] * LANES))
            where = cgutils.alloca_once_value(builder, ir.Constant(_INTS, [0] * LANES))
            with cgutils.for_range_slice(builder, _INT(0), wide, _INT(LANES), _INT) as (column, _):
                low, place = None, builder.add(at, column)
                for shift in shifts:
                    value = builder.fsub(_vector(builder, _step(builder, table, place)), shift)
                    low = value if low is None else _less(builder, value, low)[0]
                    place = builder.add(place, wide)
                low = builder.fsub(low, _vector(builder, _step(builder, other, column)))
                lower, less = _less(builder, low, builder.load(best))
                builder.store(lower, best)
                builder.store(builder.select(less, _splat(builder, column), builder.load(where)), where)
            return _pick(context, builder, result, builder.load(best), builder.load(where))

        return result(array, whole, whole, array, whole, array), generate

    return lowest


lowest_of_row, lowest_of_block = _lowest(1), _lowest(LANES)


def _step(builder: ir.IRBuilder, pointer: ir.Value, start: ir.Value, more: int = 0) -> ir.Value:
    return builder.gep(pointer, [builder.add(start, _INT(more))])


def _vector(builder: ir.IRBuilder, pointer: ir.Value) -> ir.Value:
    return builder.load(builder.bitcast(pointer, _DOUBLES.as_pointer()), align=8)


def _splat(builder: ir.IRBuilder, value: ir.Value) -> ir.Value:
    kind = ir.VectorType(value.type, LANES)
    first = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.IntType(32)(0))
    return builder.shuffle_vector(first, first, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))


def _less(builder: ir.IRBuilder, value: ir.Value, low: ir.Value) -> tuple[ir.Value, ir.Value]:
    less = builder.fcmp_ordered("<", value, low)
    return builder.select(less, value, low), less


def _pick(context: object, builder: ir.IRBuilder, result: types.Type, best: ir.Value, where: ir.Value) -> ir.Value:
    # The lowest lane by halving, then the first lane that holds it
    low, half = best, LANES
    while half > 1:
        half //= 2
        mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [(k + half) % LANES for k in range(LANES)])
        low = _less(builder, builder.shuffle_vector(low, low, mask), low)[0]
    equal = builder.bitcast(builder.fcmp_ordered("==", best, low), ir.IntType(LANES))
    lane = builder.zext(builder.cttz(equal, ir.Constant(ir.IntType(1), 1)), _INT)
    column = builder.add(builder.extract_element(where, lane), lane)
    return context.make_tuple(builder, result, [builder.extract_element(low, ir.IntType(32)(0)), column])
