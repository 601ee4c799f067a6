"""NumPy's functions that join, split and rearrange, and methods of Tensor, as programs of the ops in ``shaping``."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..core import Tensor, implements, method, plain, samples_of
from ..errors import ArgumentError, UnsupportedFunctionError
from .indexing import getitem
from .shaping import broadcast_to, concatenate, pad, reshape, transpose


def as_operand(value):
    """A tensor or an array of any kind as it is, anything else as an ndarray."""
    return value if isinstance(value, Tensor) or hasattr(value, "__array_namespace__") else np.asarray(value)


def as_operands(values):
    """All as operands; a number among them takes the dtype that it has beside the others, and so widens none."""
    values = [v.item() if isinstance(v, np.ndarray | np.generic) and not v.ndim else v for v in values]
    values = [v if isinstance(v, int | float | complex) else as_operand(v) for v in values]
    dtype = np.result_type(*[getattr(v, "dtype", v) for v in values])
    like = next(plain(v) for v in values if hasattr(v, "dtype"))
    return [v if hasattr(v, "dtype") else np.full_like(like, v, dtype=dtype, shape=()) for v in values]


def refuse_options(name, options):
    """Refuse arguments of a NumPy function that have no meaning for tensors, by name."""
    for option in options:
        raise UnsupportedFunctionError(f"{name}: {option}= is not supported on tensors")


@implements(np.concatenate)
def numpy_concatenate(arrays, axis=0, **options):
    refuse_options("np.concatenate", options)
    arrays = as_operands(arrays)
    return concatenate(*[reshape(a, -1) for a in arrays], axis=0) if axis is None else concatenate(*arrays, axis=axis)


@samples_of(numpy_concatenate)
def _(n, draw):
    yield [draw(n, 3), draw(2, 3)], 0
    yield (draw(2, n), draw(2, 3)), -1
    yield [draw(n, 2), draw(3), 1.5], None


@implements(np.stack)
def stack(arrays, axis=0, **options):
    refuse_options("np.stack", options)
    return concatenate(*[expand_dims(a, axis) for a in as_operands(arrays)], axis=axis)


@samples_of(stack)
def _(n, draw):
    yield ([draw(n, 3), draw(n, 3)],)
    yield (draw(n), draw(n), draw(n)), 1
    yield [draw(n, 3), draw(n, 3)], {"axis": -2}
    yield ([draw(), 1.5, draw()],)


@implements(np.split)
def split(ary, indices_or_sections, axis=0):
    length, sections = ary.shape[axis], indices_or_sections
    if np.ndim(sections) == 0 and (sections <= 0 or length % sections):
        raise ArgumentError(f"np.split: an axis of length {length} does not divide into {sections} equal parts")
    return array_split(ary, sections, axis)


@samples_of(split)
def _(n, draw):
    yield draw(2 * n, 3), 2
    yield draw(n, 6), 3, -1
    yield from _split_at_indices(n, draw)


@implements(np.array_split)
def array_split(ary, indices_or_sections, axis=0):
    length = ary.shape[axis]
    if np.ndim(indices_or_sections) == 0:
        sections = int(indices_or_sections)
        if sections <= 0:
            raise ArgumentError(f"np.array_split: the number of parts must be positive; got {sections}")
        least, longer = divmod(length, sections)  # the first parts are one longer
        bounds = [i * least + min(i, longer) for i in range(sections + 1)]
    else:
        bounds = [0, *indices_or_sections, length]
    before = (slice(None),) * (axis % ary.ndim)
    return [getitem(ary, (*before, slice(start, stop))) for start, stop in pairwise(bounds)]


@samples_of(array_split)
def _(n, draw):
    yield draw(n, 2), 2
    yield draw(n, 5), 3, {"axis": 1}
    yield from _split_at_indices(n, draw)


def _split_at_indices(n, draw):
    yield draw(n + 3, 2), [1, n + 1]
    yield draw(n, 4), (1, -1), 1
    yield draw(n, 2), [2]


@implements(np.pad)
def numpy_pad(array, pad_width, mode="constant", **options):
    if mode != "constant":
        raise UnsupportedFunctionError(f"np.pad: mode={mode!r} is not supported on tensors; only 'constant' is")
    value = options.pop("constant_values", 0)
    refuse_options("np.pad", options)
    widths = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2)).tolist()
    return pad(array, tuple(map(tuple, widths)), value) if widths else copy(array)


@samples_of(numpy_pad)
def _(n, draw):
    yield draw(n, 3), 2
    yield draw(n, 3), (0, 1), "constant"
    yield draw(n, 3), ((1, 0), (2, 3)), {"constant_values": -1.5}


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


@implements(np.ravel)
@method
def ravel(a, order="C"):
    """All elements in one axis, in C order."""
    if order != "C":
        raise UnsupportedFunctionError(f"ravel: only order='C' is supported on tensors; got {order!r}")
    return reshape(a, -1)


@implements(np.copy)
@method
def copy(a, order="K"):
    """The same values in memory of their own; gradients flow through."""
    return +a


@implements(np.atleast_1d)
def atleast_1d(*tensors):
    results = [t if len(t.shape) >= 1 else reshape(t, 1) for t in map(as_operand, tensors)]
    return results[0] if len(results) == 1 else tuple(results)


for each in (ravel, copy, atleast_1d):

    @samples_of(each)
    def _(n, draw):
        yield (draw(n, 2, 3),)
        yield (draw(),)


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


@method
def flatten(self):
    """All elements in one axis."""
    return reshape(self, -1)
