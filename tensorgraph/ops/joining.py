"""NumPy's functions that join arrays, as programs of ``concatenate``."""

from __future__ import annotations

import numpy as np

from ..core import implements, samples_of
from ..errors import ShapeError
from .operands import as_operands
from .rearranging import atleast_2d, atleast_3d, expand_dims
from .shaping import concatenate, copy, reshape, transpose


@implements(np.concatenate)
def numpy_concatenate(arrays, axis=0, *, dtype=None, casting="same_kind"):
    arrays = as_operands(arrays)
    if axis is None:
        arrays, axis = [reshape(a, -1) for a in arrays], 0
    return concatenate(*arrays, axis=axis, dtype=dtype, casting=casting)


@samples_of(numpy_concatenate)
def _(n, draw):
    yield [draw(n, 3), draw(2, 3)], 0
    yield (draw(2, n), draw(2, 3)), -1
    yield [draw(n, 2), draw(3), 1.5], None
    yield [draw(n, 3), draw(2, 3)], {"dtype": np.longdouble, "casting": "safe"}


@implements(np.stack)
def stack(arrays, axis=0, *, dtype=None, casting="same_kind"):
    return concatenate(*[expand_dims(a, axis) for a in as_operands(arrays)], axis=axis, dtype=dtype, casting=casting)


@samples_of(stack)
def _(n, draw):
    yield ([draw(n, 3), draw(n, 3)],)
    yield (draw(n), draw(n), draw(n)), 1
    yield [draw(n, 3), draw(n, 3)], {"axis": -2}
    yield ([draw(), 1.5, draw()],)
    yield [draw(n, 3), draw(n, 3)], 1, {"dtype": np.longdouble}


@implements(np.vstack)
def vstack(tup, *, dtype=None, casting="same_kind"):
    return concatenate(*_at_least(atleast_2d, tup), dtype=dtype, casting=casting)


@samples_of(vstack)
def _(n, draw):
    yield ([draw(n), draw(2, n), draw(1, n)],)
    yield ((draw(), draw(), 1.5),)
    yield (draw(n, 2), draw(3, 2)), {"dtype": np.longdouble}


@implements(np.hstack)
def hstack(tup, *, dtype=None, casting="same_kind"):
    arrays = _at_least(np.atleast_1d, tup)
    return concatenate(*arrays, axis=0 if arrays[0].ndim == 1 else 1, dtype=dtype, casting=casting)


@samples_of(hstack)
def _(n, draw):
    yield ([draw(n), draw(2), draw(), 1.5],)
    yield ((draw(n, 2), draw(n, 3)),)
    yield (draw(2, n, 2), draw(2, 1, 2)), {"dtype": np.longdouble}


@implements(np.dstack)
def dstack(tup):
    return concatenate(*_at_least(atleast_3d, tup), axis=2)


@samples_of(dstack)
def _(n, draw):
    yield ([draw(n), draw(1, n), draw(1, n, 2)],)
    yield ((draw(n, 2), draw(n, 2)),)
    yield ([draw(), 1.5],)


def _at_least(grow, arrays):
    return [grow(a) for a in as_operands(arrays)]


@implements(np.column_stack)
def column_stack(tup):
    return concatenate(*[a if a.ndim > 1 else transpose(atleast_2d(a)) for a in as_operands(tup)], axis=1)


@samples_of(column_stack)
def _(n, draw):
    yield ([draw(n), draw(n, 2), draw(n)],)
    yield ((draw(), 1.5),)
    yield ((draw(n, 2, 2), draw(n, 1, 2)),)


@implements(np.append)
def append(arr, values, axis=None):
    return numpy_concatenate([arr, values], axis)


@samples_of(append)
def _(n, draw):
    yield draw(n, 2), draw(3)
    yield draw(n, 2), 1.5
    yield draw(n, 2), draw(1, 2), 0
    yield draw(2, n), draw(2, 3), {"axis": -1}


@implements(np.block)
def block(arrays):
    depth = _depth(arrays, "arrays")
    blocks = iter(as_operands(_blocks(arrays)))

    def grown(part):
        return [grown(each) for each in part] if isinstance(part, list) else next(blocks)

    nested = grown(arrays)
    ndim = max([depth, *[a.ndim for a in _blocks(nested)]])

    def joined(part, axis):
        if not isinstance(part, list):
            return reshape(part, (1,) * (ndim - part.ndim) + part.shape)
        return concatenate(*[joined(each, axis + 1) for each in part], axis=axis)

    return joined(nested, -depth) if depth else copy(nested)


def _blocks(nested):
    """The arrays in nested lists, in order."""
    return [each for part in nested for each in _blocks(part)] if isinstance(nested, list) else [nested]


def _depth(nested, name):
    """How deep lists are nested: the same everywhere, and none of them empty."""
    if isinstance(nested, tuple):
        raise ShapeError(f"np.block: {name} is a tuple; blocks are arranged in lists")
    if not isinstance(nested, list):
        return 0
    if not nested:
        raise ShapeError(f"np.block: the list {name} is empty")
    depths = [_depth(part, f"{name}[{i}]") for i, part in enumerate(nested)]
    if len(set(depths)) > 1:
        other = next(i for i, depth in enumerate(depths) if depth != depths[0])
        raise ShapeError(
            f"np.block: lists must be nested equally deep; under {name}[0] there are {depths[0]} levels, "
            f"under {name}[{other}] {depths[other]}"
        )
    return depths[0] + 1


@samples_of(block)
def _(n, draw):
    yield ([[draw(n, 2), draw(n, 3)], [draw(1, 5)]],)
    yield ([draw(n), draw(), 1.5],)
    yield ([[draw(1, n, 2), draw(n, 1)]],)
    yield (draw(n, 2),)
