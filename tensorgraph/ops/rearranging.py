"""NumPy's functions that rearrange axes and elements, as programs of the ops in ``shaping``."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..core import implements, method, op, samples_of
from ..errors import ArgumentError, IndexingError, ShapeError
from .indexing import getitem
from .operands import as_operand
from .shaping import broadcast_to, reshape, transpose


@implements(np.expand_dims)
def expand_dims(a, axis):
    count = len(axis) if isinstance(axis, tuple | list) else 1
    places = normalize_axis_tuple(axis, len(a.shape) + count)
    lengths = iter(a.shape)
    return reshape(a, tuple([1 if i in places else next(lengths) for i in range(len(a.shape) + count)]))


@samples_of(expand_dims)
def _(n, draw):
    yield draw(n, 3), 0
    yield draw(n, 3), -1
    yield draw(n, 3), (1, -1)
    yield draw(), 0


@implements(np.squeeze)
@method
def squeeze(a, axis=None):
    """Drop axes of length 1: all of them, or those named."""
    if axis is None:
        return reshape(a, tuple([n for n in a.shape if n != 1]))
    axes = normalize_axis_tuple(axis, a.ndim)
    if any(a.shape[i] != 1 for i in axes):
        raise ArgumentError(f"squeeze: only axes of length 1 can go; axis={axis} of shape {a.shape}")
    return reshape(a, tuple([n for i, n in enumerate(a.shape) if i not in axes]))


@samples_of(squeeze)
def _(n, draw):
    yield (draw(1, n, 1),)
    yield draw(n, 1, 2, 1), 1
    yield draw(n, 1, 2, 1), (-1, 1)


@implements(np.swapaxes)
@method
def swapaxes(a, axis1, axis2):
    """Exchange two axes."""
    axis1, axis2 = normalize_axis_tuple(axis1, a.ndim)[0], normalize_axis_tuple(axis2, a.ndim)[0]
    axes = list(range(a.ndim))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return transpose(a, tuple(axes))


@samples_of(swapaxes)
def _(n, draw):
    yield draw(n, 2, 3), 0, 2
    yield draw(n, 2, 3), -1, 1
    yield draw(n, 2), 1, 1


@implements(np.moveaxis)
def moveaxis(a, source, destination):
    sources, destinations = normalize_axis_tuple(source, a.ndim), normalize_axis_tuple(destination, a.ndim)
    order = [i for i in range(a.ndim) if i not in sources]
    for place, axis in sorted(zip(destinations, sources, strict=True)):
        order.insert(place, axis)
    return transpose(a, tuple(order))


@samples_of(moveaxis)
def _(n, draw):
    yield draw(n, 2, 3), 0, -1
    yield draw(n, 2, 3), -1, 0
    yield draw(n, 2, 3, 4), (0, 1), (2, 0)
    yield draw(n, 2, 3, 4), [3, 1], [0, -1]


@implements(np.atleast_1d)
def atleast_1d(*arys):
    return _each(arys, lambda a: a if a.ndim else reshape(a, (1,)))


@implements(np.atleast_2d)
def atleast_2d(*arys):
    return _each(arys, lambda a: a if a.ndim > 1 else reshape(a, (1, math.prod(a.shape))))


@implements(np.atleast_3d)
def atleast_3d(*arys):
    return _each(arys, lambda a: a if a.ndim > 2 else expand_dims(atleast_2d(a), -1))


def _each(arrays, grow):
    results = [grow(as_operand(a)) for a in arrays]
    return results[0] if len(results) == 1 else tuple(results)


for each in (atleast_1d, atleast_2d, atleast_3d):

    @samples_of(each)
    def _(n, draw):
        yield (draw(n, 2, 3),)
        yield (draw(),)
        yield draw(n), draw(n, 2)


@implements(np.broadcast_arrays)
def broadcast_arrays(*tensors):
    tensors = [as_operand(t) for t in tensors]
    shape = np.broadcast_shapes(*[t.shape for t in tensors])
    return tuple([broadcast_to(t, shape) for t in tensors])


@samples_of(broadcast_arrays)
def _(n, draw):
    yield draw(n, 1), draw(3), draw()
    yield (draw(n, 2),)


@implements(np.flip)
def flip(m, axis=None):
    axes = range(m.ndim) if axis is None else normalize_axis_tuple(axis, m.ndim)
    return getitem(m, tuple([slice(None, None, -1) if i in axes else slice(None) for i in range(m.ndim)]))


@samples_of(flip)
def _(n, draw):
    yield (draw(n, 2, 3),)
    yield draw(n, 2, 3), 0
    yield draw(n, 2, 3), (-1, 0)


@implements(np.flipud)
def flipud(m):
    return flip(m, 0)


@implements(np.fliplr)
def fliplr(m):
    return flip(m, 1)


@samples_of(flipud)
def _(n, draw):
    yield (draw(n),)
    yield (draw(n, 3),)


@samples_of(fliplr)
def _(n, draw):
    yield (draw(n, 3),)
    yield (draw(2, n, 2),)


@implements(np.rot90)
def rot90(m, k=1, axes=(0, 1)):
    first, second = normalize_axis_tuple(axes, m.ndim)
    turned = flip(m, {1: second, 2: (first, second), 3: first}[k % 4]) if k % 4 else getitem(m, ...)
    return swapaxes(turned, first, second) if k % 2 else turned


@samples_of(rot90)
def _(n, draw):
    yield (draw(n, 3),)
    for k in (0, 2, 3, -3):
        yield draw(n, 3), k
    yield draw(2, n, 3), 1, (2, 0)
    yield draw(2, n, 3), {"k": -1, "axes": (-1, 1)}


@implements(np.rollaxis)
def rollaxis(a, axis, start=0):
    axis, place = normalize_axis_index(axis, a.ndim), start + a.ndim * (start < 0)
    if not 0 <= place <= a.ndim:
        raise IndexingError(f"np.rollaxis: start={start} is out of bounds for an array of {a.ndim} axes")
    return moveaxis(a, axis, place - (axis < place))


@samples_of(rollaxis)
def _(n, draw):
    yield draw(n, 2, 3), 2
    yield draw(n, 2, 3), 0, 3
    yield draw(n, 2, 3), -1, {"start": -2}


@implements(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x, /):
    if x.ndim < 2:
        raise ShapeError(f"np.matrix_transpose: needs an array of at least 2 axes; got shape {x.shape}")
    return swapaxes(x, -1, -2)


@samples_of(matrix_transpose)
def _(n, draw):
    yield (draw(n, 3),)
    yield (draw(2, n, 3),)


@op(np.roll)
def roll(a, shift, axis=None):
    """Elements moved along axes, or along all in one; those that leave at the end come back at the beginning."""
    return np.roll(a, shift, axis)


@roll.grad("a")
def roll_da(g, shift, axis):
    return np.roll(g, [-s for s in shift] if np.ndim(shift) else -shift, axis)


@roll.samples
def _(n, draw):
    yield draw(n, 3), 2
    yield draw(n, 3), -1, 1
    yield draw(n, 4), (1, 2), (0, 1)
    yield draw(n, 4), [1, 2], {"axis": 1}
    yield draw(n, 4), 1, {"axis": (0, -1)}
