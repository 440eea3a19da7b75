"""Instructions that numba has no name for, eight numbers at a time.

LLVM turns no running minimum of floating-point numbers into vector code by itself, and what it makes of short loops
spends more on their ends than on their middles; here the vectors are written out. They are of eight numbers; on a
processor with shorter ones LLVM splits them.

A number and the place it came from travel together: costs are not negative, so their bits compare as they do, and the
place takes the lowest few bits. What is lost there decides between candidates only, never a result.
"""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 8
SPAN = 256  # columns of a block at most: with eight rows, 11 bits say which arc of it is the lowest
BIG = 1e300  # cost of arcs that do not exist; finite, so that differences stay numbers

_BIT, _BYTE, _INT, _REAL = ir.IntType(1), ir.IntType(8), ir.IntType(64), ir.DoubleType()
_BITS, _BYTES, _INTS, _REALS = (ir.VectorType(kind, LANES) for kind in (_BIT, _BYTE, _INT, _REAL))
_ONES = (1 << 64) - 1
_FREE = ("nnan", "nsz")  # no number here is none, and zeros have no sign: then a minimum is one instruction

whole, word, real = types.int64, types.uint64, types.float64
integers, words, reals = (types.Array(kind, 1, "C") for kind in (whole, word, real))


def _vectors(result: types.Type, *kinds: types.Type) -> Callable:
    # An intrinsic from a body that is given the builder and its arguments, arrays as pointers to their first number
    def wrap(body: Callable) -> Callable:
        names = ", ".join(f"a{k}" for k in range(len(kinds)))

        def typed(context: object, *arguments: object) -> tuple:
            def generate(context: object, builder: ir.IRBuilder, signature: object, values: list) -> ir.Value:
                given = [
                    context.make_array(kind)(context, builder, value).data if isinstance(kind, types.Array) else value
                    for kind, value in zip(kinds, values, strict=True)
                ]
                found = body(builder, *given)
                if isinstance(result, types.BaseTuple):
                    return context.make_tuple(builder, result, found)
                return context.get_dummy_value() if found is None else found

            return result(*kinds), generate

        scope = {"typed": typed}
        exec(f"def {body.__name__}(context, {names}): return typed(context, {names})", scope)
        made = scope[body.__name__]
        made.__doc__ = body.__doc__
        made.__module__ = __name__
        return intrinsic(made)

    return wrap


# ---- numbers, vectors and masks


def _at(b: ir.IRBuilder, array: ir.Value, place: ir.Value, kind: ir.Type = _REALS) -> ir.Value:
    return b.bitcast(b.gep(array, [place]), kind.as_pointer())


def _load(b: ir.IRBuilder, array: ir.Value, place: ir.Value, kind: ir.Type = _REALS) -> ir.Value:
    return b.load(_at(b, array, place, kind), align=8)


def _store(b: ir.IRBuilder, value: ir.Value, array: ir.Value, place: ir.Value) -> None:
    b.store(value, _at(b, array, place, value.type), align=8)


def _splat(b: ir.IRBuilder, value: ir.Value) -> ir.Value:
    kind = ir.VectorType(value.type, LANES)
    first = b.insert_element(ir.Constant(kind, ir.Undefined), value, ir.IntType(32)(0))
    return b.shuffle_vector(first, first, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))


def _step(b: ir.IRBuilder, lanes: ir.Value, by: int) -> ir.Value:
    # Lanes moved round by so many
    order = [(k + by) % LANES for k in range(LANES)]
    return b.shuffle_vector(lanes, lanes, ir.Constant(ir.VectorType(ir.IntType(32), LANES), order))


def _lane(b: ir.IRBuilder, lanes: ir.Value) -> ir.Value:
    return b.extract_element(lanes, ir.IntType(32)(0))


def _mask(b: ir.IRBuilder, bits: ir.Value, shift: int | ir.Value) -> ir.Value:
    # Eight bits of a word as truth values
    shift = _INT(shift) if isinstance(shift, int) else shift
    return b.bitcast(b.trunc(b.lshr(bits, shift), _BYTE), _BITS)


def _word(b: ir.IRBuilder, mask: ir.Value, shift: int) -> ir.Value:
    return b.shl(b.zext(b.bitcast(mask, _BYTE), _INT), _INT(shift))


def _low(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    if x.type == _REALS or x.type == _REAL:
        return b.select(b.fcmp_ordered("<", x, y, flags=_FREE), x, y, flags=_FREE)
    return b.select(b.icmp_unsigned("<", x, y), x, y)


def _high(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    return b.select(b.icmp_unsigned(">", x, y), x, y)


def _lowest(b: ir.IRBuilder, lanes: ir.Value) -> ir.Value:
    for by in (4, 2, 1):
        lanes = _low(b, lanes, _step(b, lanes, by))
    return _lane(b, lanes)


def _tag(b: ir.IRBuilder, value: ir.Value, keep: ir.Value, place: ir.Value) -> ir.Value:
    return b.or_(b.and_(value, keep), place)


def _count(b: ir.IRBuilder) -> ir.Value:
    return ir.Constant(_INTS, list(range(LANES)))


# ---- the words of the solver


@intrinsic
def lowest_bit(context: object, word: types.Type) -> tuple[types.Type, Callable]:
    """Index of the lowest set bit of a word that is not zero."""

    def generate(context: object, builder: ir.IRBuilder, signature: object, arguments: list) -> ir.Value:
        return builder.cttz(arguments[0], ir.Constant(_BIT, 1))

    return types.int64(types.uint64), generate


@intrinsic
def count_bits(context: object, word: types.Type) -> tuple[types.Type, Callable]:
    """Number of set bits of a word."""

    def generate(context: object, builder: ir.IRBuilder, signature: object, arguments: list) -> ir.Value:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate


@intrinsic
def bits_of(context: object, number: types.Type) -> tuple[types.Type, Callable]:
    """Bits of a floating-point number."""

    def generate(context: object, builder: ir.IRBuilder, signature: object, arguments: list) -> ir.Value:
        return builder.bitcast(arguments[0], _INT)

    return types.uint64(types.float64), generate


@intrinsic
def number_of(context: object, bits: types.Type) -> tuple[types.Type, Callable]:
    """Floating-point number of these bits."""

    def generate(context: object, builder: ir.IRBuilder, signature: object, arguments: list) -> ir.Value:
        return builder.bitcast(arguments[0], _REAL)

    return types.float64(types.uint64), generate


@_vectors(types.void, reals, whole, integers, whole, whole, reals, whole)
def look_up(b, table, start, codes, at, n, values, to) -> None:
    """Read a table at a place less each of so many codes, and fill the last vector with `BIG`."""
    # Number by number: to gather eight at once takes longer on many processors
    with cgutils.for_range_slice(b, _INT(0), n, _INT(LANES), _INT) as (k, _):
        found = ir.Constant(_REALS, ir.Undefined)
        for lane in range(LANES):
            code = b.load(b.gep(codes, [b.add(b.add(at, k), _INT(lane))]))
            value = b.load(b.gep(table, [b.sub(start, code)]))
            found = b.insert_element(found, value, ir.IntType(32)(lane))
        real_ones = b.icmp_signed("<", b.add(_splat(b, k), _count(b)), _splat(b, n))
        found = b.select(real_ones, found, ir.Constant(_REALS, [BIG] * LANES))
        _store(b, found, values, b.add(to, k))


@_vectors(types.void, reals, whole, whole, reals, whole, whole)
def transpose_block(b, values, at, wide, turned, to, tall) -> None:
    """Exchange rows and columns of a block of eight by eight."""
    lines = [_load(b, values, b.add(at, b.mul(wide, _INT(r)))) for r in range(LANES)]
    for half in (4, 2, 1):  # of each pair of rows so far apart, exchange the halves that stand crosswise
        for r in range(LANES):
            if r & half:
                continue
            x, y = lines[r], lines[r + half]
            upper = [k if not k & half else LANES + k - half for k in range(LANES)]
            lower = [k + half if not k & half else LANES + k for k in range(LANES)]
            kind = ir.VectorType(ir.IntType(32), LANES)
            lines[r] = b.shuffle_vector(x, y, ir.Constant(kind, upper))
            lines[r + half] = b.shuffle_vector(x, y, ir.Constant(kind, lower))
    for r, line in enumerate(lines):
        _store(b, line, turned, b.add(to, b.mul(tall, _INT(r))))


@_vectors(types.void, reals, whole, whole, words, whole, word, words, whole, whole)
def three_lowest(b, cost, at, wide, is_open, opens, keep, best, line, lines) -> None:
    """The three lowest costs of a line among what is open, each with its place, in three rows of ``best``."""
    lost, kept = ir.Constant(_INTS, [_ONES] * LANES), _splat(b, keep)
    slots = [cgutils.alloca_once_value(b, lost) for _ in range(3)]
    with cgutils.for_range_slice(b, _INT(0), wide, _INT(LANES), _INT) as (k, _):
        bits = b.load(b.gep(is_open, [b.add(opens, b.lshr(k, _INT(6)))]))
        value = _tag(b, _load(b, cost, b.add(at, k), _INTS), kept, b.add(_splat(b, k), _count(b)))
        _insert(b, slots, b.select(_mask(b, bits, b.and_(k, _INT(63))), value, lost))
    x, y, z = (b.load(slot) for slot in slots)
    for by in (4, 2, 1):
        u, v, w = _step(b, x, by), _step(b, y, by), _step(b, z, by)
        least, most, next_one = _low(b, x, u), _high(b, x, u), _low(b, y, v)
        x, y, z = least, _low(b, most, next_one), _low(b, _high(b, most, next_one), _low(b, z, w))
    for k, lanes in enumerate((x, y, z)):
        _put(b, best, b.add(line, b.mul(lines, _INT(k))), _lane(b, lanes))


@_vectors(types.void, reals, whole, whole, whole, word, words, whole, whole)
def three_lowest_each(b, cost, at, stride, n, keep, best, to, lines) -> None:
    """The three lowest costs of eight columns side by side, each with the line it is in."""
    lost, kept = ir.Constant(_INTS, [_ONES] * LANES), _splat(b, keep)
    slots = [cgutils.alloca_once_value(b, lost) for _ in range(3)]
    with cgutils.for_range_slice(b, _INT(0), n, _INT(1), _INT) as (k, _):
        _insert(b, slots, _tag(b, _load(b, cost, b.add(at, b.mul(k, stride)), _INTS), kept, _splat(b, k)))
    for k, slot in enumerate(slots):
        _store(b, b.load(slot), best, b.add(to, b.mul(lines, _INT(k))))


def _insert(b: ir.IRBuilder, slots: list[ir.Value], value: ir.Value) -> None:
    # Into three that ascend
    for slot in slots:
        held = b.load(slot)
        b.store(_low(b, held, value), slot)
        value = _high(b, held, value)


@_vectors(word, words, whole, whole, whole, word, word, word)
def strike(b, best, at, n, lines, place, places, is_open) -> ir.Value:
    """Strike a place from the three lowest of up to 64 lines; bits of the open ones left with one."""
    few, lost = cgutils.alloca_once_value(b, _INT(0)), ir.Constant(_INTS, [_ONES] * LANES)
    mask, gone = _splat(b, places), _splat(b, place)
    with cgutils.for_range_slice(b, _INT(0), n, _INT(LANES), _INT) as (k, _):
        start = b.add(at, k)
        held = [_load(b, best, b.add(start, b.mul(lines, _INT(q))), _INTS) for q in range(3)]
        struck, after = None, [*held[1:], lost]
        for q in range(3):
            here = b.icmp_unsigned("==", b.and_(held[q], mask), gone)
            struck = here if struck is None else b.or_(struck, here)
            held[q] = b.select(struck, after[q], held[q])
            _store(b, held[q], best, b.add(start, b.mul(lines, _INT(q))))
        alone = b.and_(_mask(b, is_open, k), b.icmp_unsigned("==", held[1], lost))
        b.store(b.or_(b.load(few), b.shl(b.zext(b.bitcast(alone, _BYTE), _INT), k)), few)
    return b.load(few)


@_vectors(word, words, whole, whole, whole, word, word)
def highest_regret(b, best, at, n, lines, keep, is_open) -> ir.Value:
    """The highest difference of the two lowest of up to 64 open lines, with its line counted from one."""
    kept, zero = _splat(b, keep), ir.Constant(_INTS, [0] * LANES)
    most = cgutils.alloca_once_value(b, zero)
    with cgutils.for_range_slice(b, _INT(0), n, _INT(LANES), _INT) as (k, _):
        start = b.add(at, k)
        low, next_low = (
            b.bitcast(_load(b, best, b.add(start, b.mul(lines, _INT(q))), _INTS), _REALS) for q in range(2)
        )
        place = b.add(_splat(b, b.add(start, _INT(1))), _count(b))
        value = _tag(b, b.bitcast(b.fsub(next_low, low), _INTS), kept, place)
        b.store(_high(b, b.load(most), b.select(_mask(b, is_open, k), value, zero)), most)
    lanes = b.load(most)
    for by in (4, 2, 1):
        lanes = _high(b, lanes, _step(b, lanes, by))
    return _lane(b, lanes)


def _put(b: ir.IRBuilder, values: ir.Value, place: ir.Value, value: ir.Value) -> None:
    # By way of its whole vector: a vector read soon after need not wait for the memory
    start = b.and_(place, _INT(-LANES))
    here = b.icmp_unsigned("==", _splat(b, b.sub(place, start)), _count(b))
    _store(b, b.select(here, _splat(b, value), _load(b, values, start, _INTS)), values, start)


@_vectors(real, reals, whole, whole, reals, whole, whole, whole)
def lowest_of_block(b, cost, at, wide, potential, row, column, n) -> ir.Value:
    """The lowest reduced cost of eight rows and so many columns; its last bits are 8 times its column, and its row."""
    kept = ir.Constant(_INTS, [_ONES ^ (LANES * SPAN - 1)] * LANES)
    shifts = [_splat(b, b.load(b.gep(potential, [b.add(row, _INT(r))]))) for r in range(LANES)]
    best = cgutils.alloca_once_value(b, ir.Constant(_REALS, [BIG] * LANES))
    with cgutils.for_range_slice(b, _INT(0), n, _INT(LANES), _INT) as (k, _):
        v, place = _load(b, potential, b.add(column, k)), b.add(at, k)
        columns = b.shl(b.add(_splat(b, k), _count(b)), ir.Constant(_INTS, [3] * LANES))
        found = []
        for r, shift in enumerate(shifts):
            value = b.fsub(b.fsub(_load(b, cost, place), v), shift)
            tag = b.or_(columns, ir.Constant(_INTS, [r] * LANES))
            found.append(b.bitcast(_tag(b, b.bitcast(value, _INTS), kept, tag), _REALS))
            place = b.add(place, wide)
        while len(found) > 1:
            found = [_low(b, x, y) for x, y in zip(found[::2], found[1::2], strict=True)]
        b.store(_low(b, b.load(best), found[0]), best)
    return _lowest(b, b.load(best))


@_vectors(types.void, reals, whole, whole, whole, reals, whole, whole)
def lower(b, turned, at, tall, n, potential, row, column) -> None:
    """Lower the potentials of eight rows until no reduced cost is below zero."""
    slot = cgutils.alloca_once_value(b, _load(b, potential, row))
    with cgutils.for_range_slice(b, _INT(0), n, _INT(1), _INT) as (k, _):
        v = _splat(b, b.load(b.gep(potential, [b.add(column, k)])))
        b.store(_low(b, b.load(slot), b.fsub(_load(b, turned, b.add(at, b.mul(k, tall))), v)), slot)
    _store(b, b.load(slot), potential, row)


@_vectors(real, reals, whole, word)
def lowest_flow(b, flow, at, mask) -> ir.Value:
    """The lowest of those of 64 flows whose bits are set."""
    lost = ir.Constant(_REALS, [BIG] * LANES)
    found = [b.select(_mask(b, mask, k), _load(b, flow, b.add(at, _INT(k))), lost) for k in range(0, 64, LANES)]
    while len(found) > 1:
        found = [_low(b, x, y) for x, y in zip(found[::2], found[1::2], strict=True)]
    return _lowest(b, found[0])


@_vectors(word, reals, whole, word, word, real)
def shift_flow(b, flow, at, less, more, by) -> ir.Value:
    """Take from some of 64 flows and give to others; bits of those that gave all they had."""
    empty, step, zero = _INT(0), _splat(b, by), ir.Constant(_REALS, [0.0] * LANES)
    for k in range(0, 64, LANES):
        place, giving = b.add(at, _INT(k)), _mask(b, less, k)
        value = _load(b, flow, place)
        empty = b.or_(empty, _word(b, b.and_(giving, b.fcmp_ordered("==", value, step)), k))
        change = b.select(giving, b.fneg(step), b.select(_mask(b, more, k), step, zero))
        _store(b, b.fadd(value, change), flow, place)
    return empty


@_vectors(whole, words, whole, whole, word, integers, words)
def below(b, path, at, n, bit, vectors, marks) -> ir.Value:
    """List the vectors of nodes in which some have a bit in their paths, and which of each; their number."""
    bits, zero = _splat(b, bit), ir.Constant(_INTS, [0] * LANES)
    count = cgutils.alloca_once_value(b, _INT(0))
    with cgutils.for_range_slice(b, _INT(0), n, _INT(LANES), _INT) as (k, _):
        found = b.icmp_unsigned("!=", b.and_(_load(b, path, b.add(at, k), _INTS), bits), zero)
        mark, to = b.zext(b.bitcast(found, _BYTE), _INT), b.load(count)
        b.store(k, b.gep(vectors, [to]))
        b.store(mark, b.gep(marks, [to]))
        b.store(b.add(to, b.zext(b.icmp_unsigned("!=", mark, _INT(0)), _INT)), count)
    return b.load(count)


@_vectors(types.void, reals, whole, integers, words, whole, real)
def raise_potentials(b, potential, base, vectors, marks, n, by) -> None:
    """Change the potentials of the marked nodes of so many vectors, rows up and columns down."""
    step, none = _splat(b, by), ir.Constant(_REALS, [0.0] * LANES)
    with cgutils.for_range_slice(b, _INT(0), n, _INT(1), _INT) as (k, _):
        place = b.load(b.gep(vectors, [k]))
        change = b.select(b.icmp_signed("<", place, base), step, b.fneg(step))
        change = b.select(_mask(b, b.load(b.gep(marks, [k])), 0), change, none)
        _store(b, b.fadd(_load(b, potential, place), change), potential, place)


@_vectors(types.void, words, whole, integers, words, whole, word)
def flip_paths(b, path, at, vectors, marks, n, bits) -> None:
    """Turn some bits of the paths of the marked nodes of so many vectors."""
    flipped, zero = _splat(b, bits), ir.Constant(_INTS, [0] * LANES)
    with cgutils.for_range_slice(b, _INT(0), n, _INT(1), _INT) as (k, _):
        place = b.add(at, b.load(b.gep(vectors, [k])))
        change = b.select(_mask(b, b.load(b.gep(marks, [k])), 0), flipped, zero)
        _store(b, b.xor(_load(b, path, place, _INTS), change), path, place)
