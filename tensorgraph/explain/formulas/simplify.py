"""Building trees so that they read like a textbook, with the same value for all real numbers.

What the engine's rules write for every case (a seed of 1, sums over nothing, a mask of what is not a number) is left
out where it does nothing. Rules may be in a wrong place for NaN and infinities only: they are no real numbers.
"""

from __future__ import annotations

from typing import Any, TypeGuard

import numpy as np

from ... import ops
from ...core import OPS
from .tree import Apply, Literal, Shape, Tree, postorder

ADD, SUBTRACT, MULTIPLY, DIVIDE = OPS[np.add], OPS[np.subtract], OPS[np.multiply], OPS[np.divide]
NEGATIVE, POWER, MATMUL, POSITIVE = OPS[np.negative], OPS[np.power], OPS[np.matmul], OPS[np.positive]
SUM, MEAN, TRANSPOSE = OPS[np.sum], OPS[np.mean], OPS[np.transpose]
RESHAPE, BROADCAST, ASTYPE = OPS[np.reshape], OPS[np.broadcast_to], OPS[np.astype]
GETITEM, WHERE, IDENTITY = ops.getitem, ops.where, ops.identity
OPPOSITE = {
    np.greater: np.less_equal, np.less_equal: np.greater, np.less: np.greater_equal, np.greater_equal: np.less,
    np.equal: np.not_equal, np.not_equal: np.equal,
}  # fmt: skip


def build(op: Any, args: tuple[Tree, ...], shape: Shape, keywords: tuple[tuple[str, Any], ...] = ()) -> Tree:
    """``op`` of ``args``, which has this shape, or something simpler of the same shape and value."""
    if _is_elementwise(op) and not keywords:
        args = _without_broadcasts(args, shape)
        if shape != () and all(arg.shape == () for arg in args):
            return build(BROADCAST, (build(op, args, ()), Literal(shape)), shape)
    rule = _RULES.get(op)
    found = rule(args, shape) if rule is not None else None
    return Apply(op, args, shape, keywords) if found is None else found


def is_number(tree: Tree, value: float) -> bool:
    """Whether a tree is this number, or an array of nothing else."""
    if is_apply(tree, BROADCAST):
        tree = tree.args[0]
    return isinstance(tree, Literal) and isinstance(tree.value, int | float | np.number) and bool(tree.value == value)


def is_apply(tree: Tree, op: Any) -> TypeGuard[Apply]:
    """Whether a tree applies this op."""
    return isinstance(tree, Apply) and tree.op is op


def _is_elementwise(op: Any) -> bool:
    return op is not MATMUL and isinstance(getattr(op, "forward", op), np.ufunc)


def _without_broadcasts(args: tuple[Tree, ...], shape: Shape) -> tuple[Tree, ...]:
    """Arguments as they were before they were broadcast, where the elementwise op does that by itself."""
    plain = list(args)
    for i, arg in enumerate(args):
        if not isinstance(arg, Apply) or arg.op not in (BROADCAST, RESHAPE):
            continue
        inner = arg.args[0]
        lead = len(arg.shape) - len(inner.shape)
        if arg.op is RESHAPE and arg.shape != (1,) * lead + inner.shape:
            continue
        shapes = [inner.shape if k == i else other.shape for k, other in enumerate(plain)]
        if len(args) > 1 and np.broadcast_shapes(*shapes) == shape:
            plain[i] = inner
    if all(arg.shape == () or is_apply(arg, BROADCAST) and arg.args[0].shape == () for arg in plain):
        return tuple([arg if arg.shape == () else arg.args[0] for arg in plain])
    return tuple(plain)


def _fit(tree: Tree, shape: Shape) -> Tree:
    """What has this value, in the shape that it should have."""
    return tree if tree.shape == shape else build(BROADCAST, (tree, Literal(shape)), shape)


def _minus(tree: Tree) -> Tree:
    return build(NEGATIVE, (tree,), tree.shape)


def _opposite(tree: Tree) -> Tree | None:
    """What a tree is the negative of, if it is written as one."""
    if isinstance(tree, Literal) and isinstance(tree.value, int | float | np.number) and tree.value < 0:
        return Literal(-tree.value)
    return tree.args[0] if is_apply(tree, NEGATIVE) else None


def _first(args: tuple[Tree, ...], shape: Shape) -> Tree:
    return args[0]


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
    return None


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
    if x is y:
        return build(POWER, (x, Literal(2)), shape)
    if isinstance(x, Apply) and x.op is MULTIPLY and x.args[1] is y:
        return build(MULTIPLY, (x.args[0], build(POWER, (y, Literal(2)), y.shape)), shape)
    if (pair := _outer_product(x, y)) is not None:
        return Apply(np.outer, pair, shape)
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
    half = Literal(1) if is_number(x, 0.5) else None
    if is_apply(x, MULTIPLY) and is_number(x.args[0], 0.5):
        half = x.args[1]
    if half is not None:  # (a / 2) / b
        return build(DIVIDE, (half, build(MULTIPLY, (Literal(2), y), y.shape)), shape)
    return None


def _power(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    x, y = args
    if is_number(y, 1):
        return _fit(x, shape)
    return _fit(Literal(1), shape) if is_number(y, 0) else None


def _matmul(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    x, y = args
    for one in args:
        if is_apply(one, NEGATIVE):
            positive = one.args[0]
            return _minus(build(MATMUL, (positive, y) if one is x else (x, positive), shape))
    return None


def _broadcast(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    x = args[0]
    if x.shape == shape:
        return x
    if is_apply(x, BROADCAST) or x.shape == (1,) * len(x.shape) and is_apply(x, RESHAPE):
        return build(BROADCAST, (x.args[0], Literal(shape)), shape) if _may(x.args[0], shape) else None
    return None


def _may(tree: Tree, shape: Shape) -> bool:
    """Whether a tree can be broadcast to this shape."""
    lead = len(shape) - len(tree.shape)
    return lead >= 0 and all(n in (1, m) for n, m in zip(tree.shape, shape[lead:]))


def _reshape(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    x = args[0]
    if x.shape == shape:
        return x
    if x.shape == () or is_apply(x, BROADCAST) and x.args[0].shape == ():
        return _fit(x if x.shape == () else x.args[0], shape)
    if is_apply(x, RESHAPE):
        return build(RESHAPE, (x.args[0], args[1]), shape)
    return None


def _reduction(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    """A sum or a mean over no axes, or over such of length 1, is what it is of."""
    return args[0] if args[0].shape == shape else None


def _sum(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    x = args[0]
    if is_apply(x, NEGATIVE) and x.shape != shape:
        return _minus(build(SUM, (x.args[0], *args[1:]), shape))
    return _reduction(args, shape)


def _transpose(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    x, axes = args
    order = axes.value if isinstance(axes, Literal) and axes.value else range(len(shape))[::-1]
    if [i % len(shape) for i in order] == list(range(len(shape))):
        return x
    return x.args[0] if is_apply(x, TRANSPOSE) and len(shape) == 2 else None


def _index(tree: Tree) -> Any:
    """What an application of getitem reads, as a tuple; None for anything else, and where arrays are in it."""
    if not is_apply(tree, GETITEM) or not isinstance(tree.args[1], Literal):
        return None
    index = tree.args[1].value
    return index if isinstance(index, tuple) else (index,)


ROW = ((..., None, slice(None)), (None, slice(None)), (None,), (..., None, 0))
COLUMN = ((..., None), (slice(None), None))


def _outer_product(x: Tree, y: Tree) -> tuple[Tree, Tree] | None:
    """a and b, where this is the product of a column a and a row b."""
    if _index(x) not in COLUMN or len(x.shape) != 2:
        return None
    row = y.args[0] if _index(y) in ROW[:3] else y
    return (x.args[0], row) if len(row.shape) == 1 else None


def _getitem(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    """A product with a vector that was made a matrix and back is a product with the vector."""
    x, index = args
    if x.shape == ():  # new axes are all that it can get
        return _fit(x, shape)
    if is_apply(x, BROADCAST) and x.args[0].shape == ():
        return _fit(x.args[0], shape)
    if not is_apply(x, MATMUL) or not isinstance(index, Literal):
        return None
    a, b = x.args
    if index.value == (..., 0) and _index(b) in COLUMN and len(b.shape) == 2:
        return build(MATMUL, (a, b.args[0]), shape)
    if index.value == (..., 0, slice(None)) and _index(a) in ROW[:1] and len(a.shape) == 2:
        return build(MATMUL, (a.args[0], b), shape)
    return None


def _where(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    """In the branch of a condition, the same condition is decided."""
    condition, x, y = args
    chosen = _decided(x, condition, 1), _decided(y, condition, 2)
    return None if chosen == (x, y) else build(WHERE, (condition, *chosen), shape)


def _decided(branch: Tree, condition: Tree, chosen: int) -> Tree:
    """A branch of ``where`` with this condition, without questions to it in the arguments of elementwise ops."""
    done: dict[Tree, Tree] = {}
    for tree in postorder(branch, into=_is_elementwise):
        done[tree] = tree
        if isinstance(tree, Apply) and tree.op is WHERE and tree.args[0] is condition:
            done[tree] = _fit(tree.args[chosen], tree.shape)
        elif isinstance(tree, Apply) and _is_elementwise(tree.op):
            args = tuple([done[arg] for arg in tree.args])
            if args != tree.args:
                done[tree] = build(tree.op, args, tree.shape, tree.keywords)
    return done[branch]


def _not_equal(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    return _fit(Literal(False), shape) if args[0] is args[1] else None


def _or(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    x, y = args
    for one, other in ((x, y), (y, x)):
        if is_number(one, 0):
            return _fit(other, shape)
    return None


def _not(args: tuple[Tree, ...], shape: Shape) -> Tree | None:
    (x,) = args
    return build(OPPOSITE[x.op], x.args, shape) if isinstance(x, Apply) and x.op in OPPOSITE else None


_RULES = {
    POSITIVE: _first, IDENTITY: _first, NEGATIVE: _negative, ADD: _add, SUBTRACT: _subtract, MULTIPLY: _multiply,
    DIVIDE: _divide, POWER: _power, MATMUL: _matmul, BROADCAST: _broadcast, RESHAPE: _reshape, SUM: _sum,
    MEAN: _reduction, TRANSPOSE: _transpose, GETITEM: _getitem, WHERE: _where, np.not_equal: _not_equal,
    np.bitwise_or: _or, np.logical_or: _or, np.logical_not: _not, np.invert: _not,
}  # fmt: skip
