"""Building trees that read like a textbook, of the same value for all real numbers.

What rules write for every case (a seed of 1, a sum over nothing, a mask of what is not a number) is left out where it
does nothing. Nothing is reordered or collected beyond that, so the engine's own rules can still be recognized.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeGuard

import numpy as np

from ... import ops
from ...core import OPS
from .tree import Apply, Literal, Shape, Tree, alike, postorder

ADD, SUBTRACT, MULTIPLY, DIVIDE = OPS[np.add], OPS[np.subtract], OPS[np.multiply], OPS[np.divide]
NEGATIVE, POWER, MATMUL = OPS[np.negative], OPS[np.power], OPS[np.matmul]
SUM, MEAN, TRANSPOSE = OPS[np.sum], OPS[np.mean], OPS[np.transpose]
RESHAPE, BROADCAST = OPS[np.reshape], OPS[np.broadcast_to]
GETITEM, WHERE = ops.getitem, ops.where
OPPOSITE = {
    np.greater: np.less_equal, np.less_equal: np.greater, np.less: np.greater_equal, np.greater_equal: np.less,
    np.equal: np.not_equal, np.not_equal: np.equal,
}  # fmt: skip
COLUMN = ((..., None), (slice(None), None))  # indices that make a vector a matrix of one column, or of one row
ROW = ((..., None, slice(None)), (None, slice(None)), (None,))


def build(op: Any, args: tuple[Tree, ...], shape: Shape, keywords: tuple[tuple[str, Any], ...] = ()) -> Tree:
    """``op`` of ``args``, which has this shape, or something simpler of the same shape and value."""
    if _is_elementwise(op) and not keywords:
        args = _without_broadcasts(args, shape)
        if shape != () and all(arg.shape == () for arg in args):
            return _fit(build(op, args, ()), shape)
    rule = _RULES.get(op)
    found = rule(args, shape) if rule is not None else None
    return Apply(op, args, shape, keywords) if found is None else found


def is_apply(tree: Tree, op: Any) -> TypeGuard[Apply]:
    """Whether a tree applies this op."""
    return isinstance(tree, Apply) and tree.op is op


def is_number(tree: Tree, value: float) -> bool:
    """Whether a tree is this number, or an array of nothing else."""
    number = _everywhere(tree)
    return isinstance(number, Literal) and _is_real(number.value) and bool(number.value == value)


def _is_real(value: Any) -> bool:
    return isinstance(value, int | float | np.number)


def _is_elementwise(op: Any) -> bool:
    return op is not MATMUL and isinstance(getattr(op, "forward", op), np.ufunc)


def _everywhere(tree: Tree) -> Tree | None:
    """The one value without axes that all elements have, if the tree shows it."""
    if tree.shape == ():
        return tree
    return tree.args[0] if is_apply(tree, BROADCAST) and tree.args[0].shape == () else None


def _without_broadcasts(args: tuple[Tree, ...], shape: Shape) -> tuple[Tree, ...]:
    """Arguments as they were before they were broadcast, where an elementwise op does that by itself."""
    numbers = [_everywhere(arg) for arg in args]
    if all(numbers):
        return tuple([number for number in numbers if number is not None])
    plain = list(args)
    for i, arg in enumerate(args):
        if not isinstance(arg, Apply) or arg.op not in (BROADCAST, RESHAPE):
            continue
        inner = arg.args[0]
        ones = (1,) * (len(arg.shape) - len(inner.shape))
        if arg.op is BROADCAST or arg.shape == ones + inner.shape:
            shapes = [inner.shape if k == i else other.shape for k, other in enumerate(plain)]
            if np.broadcast_shapes(*shapes) == shape:
                plain[i] = inner
    return tuple(plain)


def _fit(tree: Tree, shape: Shape) -> Tree:
    """What has this value, in the shape that it should have."""
    return tree if tree.shape == shape else build(BROADCAST, (tree, Literal(shape)), shape)


def _minus(tree: Tree) -> Tree:
    return build(NEGATIVE, (tree,), tree.shape)


def _opposite(tree: Tree) -> Tree | None:
    """What a tree is the negative of, if it is written as one."""
    if isinstance(tree, Literal) and _is_real(tree.value) and tree.value < 0:
        return Literal(-tree.value)
    return tree.args[0] if is_apply(tree, NEGATIVE) else None


# Arithmetic


def _first(args: tuple[Tree, ...], shape: Shape) -> Tree:
    return args[0]


def _nothing(args: tuple[Tree, ...], shape: Shape) -> Tree:
    return _fit(Literal(0), shape)


def _negative(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    (x,) = args
    return x if is_number(x, 0) else _opposite(x)


def _add(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    x, y = args
    if is_number(y, 0):
        return _fit(x, shape)
    if is_number(x, 0):
        return _fit(y, shape)
    if (positive := _opposite(y)) is not None:
        return build(SUBTRACT, (x, positive), shape)
    return build(MULTIPLY, (Literal(2), x), shape) if alike(x, y) else None


def _subtract(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    x, y = args
    if is_number(y, 0):
        return _fit(x, shape)
    if is_number(x, 0):
        return _fit(_minus(y), shape)
    if (positive := _opposite(y)) is not None:
        return build(ADD, (x, positive), shape)
    return None


def _multiply(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    x, y = args
    if isinstance(y, Literal) and not isinstance(x, Literal):  # numbers come first
        x, y = y, x
    for one, other in ((x, y), (y, x)):
        if is_number(one, 1):
            return _fit(other, shape)
        if is_number(one, 0):
            return _fit(Literal(0), shape)
        if (positive := _opposite(one)) is not None:
            return _minus(build(MULTIPLY, (positive, other) if one is x else (other, positive), shape))
        if is_apply(one, DIVIDE) and is_number(one.args[0], 1):
            return build(DIVIDE, (other, one.args[1]), shape)
    if is_apply(y, MULTIPLY) and isinstance(number := y.args[0], Literal) and number.shape == ():
        if isinstance(x, Literal) and x.shape == ():
            return build(MULTIPLY, (Literal(x.value * number.value), y.args[1]), shape)
        return build(MULTIPLY, (number, build(MULTIPLY, (x, y.args[1]), shape)), shape)
    if alike(x, y):
        return build(POWER, (x, Literal(2)), shape)
    if is_apply(x, MULTIPLY) and alike(x.args[1], y):
        return build(MULTIPLY, (x.args[0], build(POWER, (y, Literal(2)), y.shape)), shape)
    column, row = vector_of(x, COLUMN), vector_of(y, ROW) or y
    if column is not None and len(row.shape) == 1:
        return Apply(np.outer, (column, row), shape)
    return Apply(MULTIPLY, (x, y), shape)


def _divide(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    x, y = args
    if is_number(y, 1):
        return _fit(x, shape)
    if is_number(x, 0):
        return _fit(Literal(0), shape)
    if (positive := _opposite(x)) is not None:
        return _minus(build(DIVIDE, (positive, y), shape))
    if (positive := _opposite(y)) is not None:
        return _minus(build(DIVIDE, (x, positive), shape))
    whole: Tree | None = Literal(1) if is_number(x, 0.5) else None
    if is_apply(x, MULTIPLY) and is_number(x.args[0], 0.5):
        whole = x.args[1]
    if whole is not None:  # half of it over y
        return build(DIVIDE, (whole, build(MULTIPLY, (Literal(2), y), y.shape)), shape)
    return None


def _power(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    x, y = args
    if is_number(y, 1):
        return _fit(x, shape)
    return _fit(Literal(1), shape) if is_number(y, 0) else None


# Matrices, sums and shapes


def _matmul(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    x, y = args
    if is_apply(x, NEGATIVE):
        return _minus(build(MATMUL, (x.args[0], y), shape))
    return _minus(build(MATMUL, (x, y.args[0]), shape)) if is_apply(y, NEGATIVE) else None


def _transpose(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    x, axes = args
    n = len(shape)
    order = axes.value if isinstance(axes, Literal) and axes.value else range(n)[::-1]
    if [i % n for i in order] == list(range(n)):
        return x
    return x.args[0] if is_apply(x, TRANSPOSE) and n == 2 else None


def _reduction(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    """A sum or a mean over no axes, or over such of length 1 that stay, is what it is of."""
    return args[0] if args[0].shape == shape else None


def _sum(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    x = args[0]
    if is_apply(x, NEGATIVE):
        return _minus(build(SUM, (x.args[0], *args[1:]), shape))
    return _reduction(args, shape)


def _broadcast(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    x = args[0]
    if x.shape == shape:
        return x
    return _fit(x.args[0], shape) if is_apply(x, BROADCAST) and _can_become(x.args[0], shape) else None


def _can_become(tree: Tree, shape: Shape) -> bool:
    lead = len(shape) - len(tree.shape)
    return lead >= 0 and all(n in (1, m) for n, m in zip(tree.shape, shape[lead:]))


def _reshape(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    x = args[0]
    if x.shape == shape:
        return x
    if (everywhere := _everywhere(x)) is not None:
        return _fit(everywhere, shape)
    return build(RESHAPE, (x.args[0], args[1]), shape) if is_apply(x, RESHAPE) else None


def _getitem(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    """Elements that are all alike; and a product with a vector that was made a matrix and back."""
    x, index = args
    if (everywhere := _everywhere(x)) is not None:
        return _fit(everywhere, shape)
    if is_apply(x, MATMUL) and isinstance(index, Literal):
        a, b = x.args
        if index.value == (..., 0) and (vector := vector_of(b, COLUMN)) is not None:
            return build(MATMUL, (a, vector), shape)
        if index.value == (..., 0, slice(None)) and (vector := vector_of(a, ROW)) is not None:
            return build(MATMUL, (vector, b), shape)
    return None


def vector_of(tree: Tree, indices: tuple) -> Tree | None:
    """The vector that was made a matrix of one column or row by one of these indices."""
    if not is_apply(tree, GETITEM) or not isinstance(tree.args[1], Literal) or len(tree.args[0].shape) != 1:
        return None
    index = tree.args[1].value
    return tree.args[0] if (index if isinstance(index, tuple) else (index,)) in indices else None


# Conditions


def _where(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    """In the branch of a condition, the same condition is decided."""
    condition, x, y = args
    for decided, choice in ((1, x), (0, y)):
        if is_number(condition, decided):
            return _fit(choice, shape)
    chosen = _decided(x, condition, 1), _decided(y, condition, 2)
    return None if chosen == (x, y) else build(WHERE, (condition, *chosen), shape)


def _decided(branch: Tree, condition: Tree, chosen: int) -> Tree:
    """A branch of ``where`` with this condition, without questions to it in the arguments of elementwise ops."""
    done: dict[Tree, Tree] = {}
    for tree in postorder(branch, into=_is_elementwise):
        done[tree] = tree
        if is_apply(tree, WHERE) and tree.args[0] is condition:
            done[tree] = _fit(tree.args[chosen], tree.shape)
        elif isinstance(tree, Apply) and _is_elementwise(tree.op):
            args = tuple([done[arg] for arg in tree.args])
            if args != tree.args:
                done[tree] = build(tree.op, args, tree.shape, tree.keywords)
    return done[branch]


def _comparison(compare: np.ufunc) -> Callable:
    """Of two numbers, or of a value with itself: only NaN is not equal to itself, and it is no number."""

    def rule(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
        x, y = args
        if isinstance(x, Literal) and isinstance(y, Literal) and _is_real(x.value) and _is_real(y.value):
            return _fit(Literal(bool(compare(x.value, y.value))), shape)
        return _fit(Literal(bool(compare(0, 0))), shape) if x is y else None

    return rule


def _and(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    x, y = args
    if is_number(x, 0) or is_number(y, 0):
        return _fit(Literal(False), shape)
    if is_number(y, 1):
        return _fit(x, shape)
    return _fit(y, shape) if is_number(x, 1) else None


def _or(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    x, y = args
    if is_number(y, 0):
        return _fit(x, shape)
    return _fit(y, shape) if is_number(x, 0) else None


def _not(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    (x,) = args
    return build(OPPOSITE[x.op], x.args, shape) if isinstance(x, Apply) and x.op in OPPOSITE else None


NEVER_WRITTEN = {
    OPS[np.positive]: _first, ops.identity: _first, OPS["copy"]: _first, OPS[np.conjugate]: _first,
    OPS[np.real]: _first, OPS[np.imag]: _nothing,
}  # fmt: skip
"""Ops that do nothing to real numbers, or leave nothing of them."""

_RULES = {
    **NEVER_WRITTEN, NEGATIVE: _negative, ADD: _add, SUBTRACT: _subtract, MULTIPLY: _multiply, DIVIDE: _divide,
    POWER: _power, MATMUL: _matmul, TRANSPOSE: _transpose, SUM: _sum, MEAN: _reduction, BROADCAST: _broadcast,
    RESHAPE: _reshape, GETITEM: _getitem, WHERE: _where, np.logical_not: _not, np.invert: _not,
    np.bitwise_and: _and, np.logical_and: _and, np.bitwise_or: _or, np.logical_or: _or,
    **{compare: _comparison(compare) for compare in OPPOSITE},
}  # fmt: skip
